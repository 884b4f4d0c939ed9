-- One row is a stage.
SELECT stage, value FROM metric('win_rate', by => ['stage'])
