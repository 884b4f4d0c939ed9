-- One row is a slice of the win rate.
SELECT *
FROM metric('win_rate', compare => ['previous'])
