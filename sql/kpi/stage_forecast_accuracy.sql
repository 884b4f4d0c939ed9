/* ---
description: How far the stage method was off over the quarters that have ended, by lead (forecast_accuracy)
materialize: table
checks:
  - unique: [asked_for]
  - not_null: [asked_for, quarters, wape]
--- */
-- One row is a lead: the quarter's first snapshot, or so many weeks before its end. bias is the sum of errors and wape the sum of absolute
-- errors, both divided by the sum of actuals; mape is the mean of the single errors and second to it.
SELECT
  asked_for,
  min(days_left) AS min_days_left,
  max(days_left) AS max_days_left,
  count(*) AS quarters,
  CAST(sum(forecast) AS DECIMAL(18,4)) AS forecast,
  CAST(sum(actual) AS DECIMAL(18,4)) AS actual,
  CAST(sum(error) AS DECIMAL(18,4)) AS error,
  CAST(sum(absolute_error) AS DECIMAL(18,4)) AS absolute_error,
  ratio(sum(error), sum(actual)) AS bias,
  ratio(sum(absolute_error), sum(actual)) AS wape,
  avg(abs(error_share)) AS mape
FROM kpi.stage_forecast
WHERE is_complete AND forecast IS NOT NULL AND asked_for <> 'today'
GROUP BY asked_for
