-- One row is a slice of the win rate.
SELECT *
FROM metric('open_amount', grain => 'month')
