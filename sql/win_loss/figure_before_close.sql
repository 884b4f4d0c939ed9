/* ---
description: Age, days in stage, activities, pushes and amount of deals so many days before they closed, won beside lost
materialize: view
--- */
-- One row is a figure so many days before the close: its median and quartiles over the won deals that were open then and tell it, beside the lost
-- ones. Amounts are in the reporting currency, activities those of the last 30 days. Fewer than 30 deals on either side are thin.
WITH told AS (
  SELECT
    b.days_before,
    b.status,
    f.figure,
    f.rank,
    CASE f.figure
      WHEN 'age_days' THEN CAST(b.age_days AS DOUBLE)
      WHEN 'days_in_stage' THEN CAST(b.days_in_stage AS DOUBLE)
      WHEN 'activities' THEN CAST(b.activities AS DOUBLE)
      WHEN 'pushes' THEN CAST(b.pushes AS DOUBLE)
      WHEN 'amount' THEN CAST(b.amount_reporting AS DOUBLE)
    END AS value
  FROM (VALUES ('age_days', 1), ('days_in_stage', 2), ('activities', 3), ('pushes', 4), ('amount', 5)) AS f (figure, rank)
  CROSS JOIN win_loss.deal_before_close AS b
)
SELECT
  days_before,
  figure,
  rank,
  count(value) FILTER (WHERE status = 'won') AS won,
  quantile(value, 0.25) FILTER (WHERE status = 'won') AS won_p25,
  quantile(value, 0.5) FILTER (WHERE status = 'won') AS won_median,
  quantile(value, 0.75) FILTER (WHERE status = 'won') AS won_p75,
  count(value) FILTER (WHERE status = 'lost') AS lost,
  quantile(value, 0.25) FILTER (WHERE status = 'lost') AS lost_p25,
  quantile(value, 0.5) FILTER (WHERE status = 'lost') AS lost_median,
  quantile(value, 0.75) FILTER (WHERE status = 'lost') AS lost_p75,
  least(count(value) FILTER (WHERE status = 'won'), count(value) FILTER (WHERE status = 'lost')) < 30 AS is_thin
FROM told
GROUP BY days_before, figure, rank
