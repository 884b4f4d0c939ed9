/* ---
description: What deals looked like 7, 30, 60 and 90 days before they were won or lost
materialize: table
checks:
  - unique: [deal_id, days_before]
  - not_null: [deal_id, days_before, status, looked_at_on, stage, age_days, pushes]
--- */
-- One row is a deal that was won or lost in the trailing days, as it was open so many days before it closed; a deal that was not yet seen open
-- on that day has no row. Amounts are at today's plan rates. activities are those held in the days of silent_days up to that day, NULL where the log
-- does not reach back so far or there is none; is_active falls back on the CRM's own last activity. Pushes are all up to that day.
WITH looked_at AS (
  SELECT d.deal_id, d.status, d.closed_on, k.days_before, CAST(d.closed_on - k.back AS DATE) AS looked_at_on
  FROM (
    VALUES (7, INTERVAL '7 days'), (30, INTERVAL '30 days'), (60, INTERVAL '60 days'), (90, INTERVAL '90 days')
  ) AS k (days_before, back)
  CROSS JOIN win_loss.deal AS d
  WHERE d.closed_on <= current_date AND days_between(d.closed_on, current_date) < setting('trailing_days')
),
state AS (
  SELECT
    l.*,
    h.stage,
    coalesce(h.pipeline, 'default') AS pipeline,
    h.forecast_category,
    h.amount,
    h.currency,
    h.created_on,
    h.stage_entered_on,
    h.last_activity_on
  FROM looked_at AS l
  JOIN crm.deal_history AS h
    ON h.deal_id = l.deal_id AND h.valid_from <= l.looked_at_on AND (h.valid_to IS NULL OR h.valid_to > l.looked_at_on)
  WHERE h.status = 'open'
),
logged AS (
  SELECT min(started_on) AS first_on FROM sales.activity WHERE is_done IS NOT NULL
),
done AS (
  SELECT s.deal_id, s.days_before, count(*) AS activities
  FROM state AS s
  JOIN sales.activity AS a ON a.deal_id = s.deal_id
  WHERE a.is_done AND a.started_on <= s.looked_at_on AND days_between(a.started_on, s.looked_at_on) < setting('silent_days')
  GROUP BY s.deal_id, s.days_before
),
pushed AS (
  SELECT s.deal_id, s.days_before, count(*) AS pushes
  FROM state AS s
  JOIN sales.open_deal_change AS c ON c.deal_id = s.deal_id AND c.changed_on <= s.looked_at_on
  WHERE c.days_moved > 0
  GROUP BY s.deal_id, s.days_before
),
counted AS (
  SELECT
    s.*,
    CASE WHEN days_between(l.first_on, s.looked_at_on) >= setting('silent_days') THEN coalesce(d.activities, 0) END AS activities,
    coalesce(p.pushes, 0) AS pushes
  FROM logged AS l
  CROSS JOIN state AS s
  LEFT JOIN done AS d ON d.deal_id = s.deal_id AND d.days_before = s.days_before
  LEFT JOIN pushed AS p ON p.deal_id = s.deal_id AND p.days_before = s.days_before
)
SELECT
  c.deal_id,
  c.days_before,
  c.status,
  c.closed_on,
  c.looked_at_on,
  c.stage,
  k.rank AS stage_rank,
  c.forecast_category,
  days_between(c.created_on, c.looked_at_on) AS age_days,
  CASE WHEN c.stage_entered_on <= c.looked_at_on THEN days_between(c.stage_entered_on, c.looked_at_on) END AS days_in_stage,
  c.activities,
  coalesce(c.activities > 0, days_between(c.last_activity_on, c.looked_at_on) < setting('silent_days')) AS is_active,
  c.pushes,
  CAST(c.amount * r.rate AS DECIMAL(18,4)) AS amount_reporting
FROM counted AS c
LEFT JOIN sales.plan_rate AS r ON r.currency = c.currency
LEFT JOIN crm.stage AS k ON k.pipeline = c.pipeline AND k.stage = c.stage
