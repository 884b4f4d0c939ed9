/* ---
description: How long deals that were won stayed in each stage, but for the few that stayed longest
materialize: view
checks:
  - unique: [pipeline, stage]
  - between: {column: p90_days, min: 0, max: 36500}
--- */
-- One row is a stage in which enough stays of deals that were won are known from beginning to end; an open deal that has stood there longer than
-- p90_days has overstayed.
WITH least AS (
  SELECT 10 AS least_stays -- stays of won deals, so that their P90 tells something
),
stay AS (
  SELECT s.pipeline, s.stage, days_between(s.entered_on, s.left_on) AS days
  FROM sales.stage_stay AS s
  JOIN sales.deal AS d ON d.deal_id = s.deal_id
  WHERE d.status = 'won' AND s.entered_on IS NOT NULL AND s.left_on IS NOT NULL
)
SELECT y.pipeline, y.stage, count(*) AS stays, quantile(y.days, setting('age_percentile')) AS p90_days
FROM stay AS y
CROSS JOIN least AS s
GROUP BY y.pipeline, y.stage, s.least_stays
HAVING count(*) >= s.least_stays
