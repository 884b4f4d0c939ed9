-- One row is a slice of the win rate.
SELECT stage, rate
FROM metric('win_rate', by => ['stage'])
