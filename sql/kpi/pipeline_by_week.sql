/* ---
description: Open pipeline at the end of each of the last thirteen weeks, and what was created, pushed, won and lost in them
materialize: table
checks:
  - unique: [week_end]
  - unique: [back]
  - not_null: [week_end, back, created_deals, created_amount, won_deals, won_amount, lost_deals, lost_amount]
  - expression: (open_deals IS NULL) = (snapshot_on IS NULL)
--- */
-- One row is seven days; the last ones end on the day of the run, and there back is 0. What was open is told by the last snapshot up to the week's
-- end, and NULL where none is near enough (sales.day_asked); overdue is what was open then with an expected close before that day. Pushes are by the
-- day they were seen, and NULL where no snapshot is of the week, or none is from before it. Amounts are at today's plan rates: of what was open that
-- of then, of what was created, pushed, won and lost what is at stake today.
WITH week AS (
  SELECT
    w.back,
    CAST(current_date - 7 * w.back - 6 AS DATE) AS week_start,
    CAST(current_date - 7 * w.back AS DATE) AS week_end
  FROM (SELECT unnest(generate_series(0, 12)) AS back) AS w
),
shown AS (
  SELECT w.back, w.week_start, w.week_end, max(a.snapshot_on) AS snapshot_on
  FROM week AS w
  LEFT JOIN sales.day_asked AS a ON a.asked_for IN ('week end', 'today') AND a.asked_on = w.week_end
  GROUP BY w.back, w.week_start, w.week_end
),
open_then AS (
  SELECT
    s.back,
    count(d.deal_id) AS deals,
    coalesce(sum(d.amount_reporting), 0) AS amount,
    coalesce(sum(d.amount_reporting * d.probability), 0) AS weighted_amount,
    count(*) FILTER (WHERE d.expected_close_on < s.week_end) AS overdue_deals,
    coalesce(sum(d.amount_reporting) FILTER (WHERE d.expected_close_on < s.week_end), 0) AS overdue_amount
  FROM shown AS s
  LEFT JOIN sales.deal_then AS d ON d.snapshot_on = s.snapshot_on AND d.status = 'open'
  WHERE s.snapshot_on IS NOT NULL
  GROUP BY s.back
),
created AS (
  SELECT w.back, count(*) AS deals, sum(d.amount_at_stake) AS amount
  FROM week AS w
  JOIN sales.deal AS d ON d.created_on >= w.week_start AND d.created_on <= w.week_end
  GROUP BY w.back
),
looked_at AS (
  SELECT DISTINCT w.back
  FROM week AS w
  JOIN lake.snapshot AS s ON s.snapshot_on >= w.week_start AND s.snapshot_on <= w.week_end
  WHERE s.table_name = 'crm.deal' AND s.snapshot_on > (SELECT min(snapshot_on) FROM lake.snapshot WHERE table_name = 'crm.deal')
),
pushed_deal AS (
  SELECT w.back, c.deal_id, count(*) AS pushes, sum(c.days_moved) AS days
  FROM week AS w
  JOIN sales.open_deal_change AS c ON c.changed_on >= w.week_start AND c.changed_on <= w.week_end
  WHERE c.days_moved > 0
  GROUP BY w.back, c.deal_id
),
pushed AS (
  SELECT p.back, count(*) AS deals, sum(p.pushes) AS pushes, sum(p.days) AS days, sum(d.amount_at_stake) AS amount
  FROM pushed_deal AS p
  JOIN sales.deal AS d ON d.deal_id = p.deal_id
  GROUP BY p.back
),
closed AS (
  SELECT
    w.back,
    count(*) FILTER (WHERE d.status = 'won') AS won_deals,
    sum(d.amount_at_stake) FILTER (WHERE d.status = 'won') AS won_amount,
    count(*) FILTER (WHERE d.status = 'lost') AS lost_deals,
    sum(d.amount_at_stake) FILTER (WHERE d.status = 'lost') AS lost_amount
  FROM week AS w
  JOIN sales.deal AS d ON d.closed_on >= w.week_start AND d.closed_on <= w.week_end
  WHERE d.status IN ('won', 'lost')
  GROUP BY w.back
)
SELECT
  s.back,
  s.week_start,
  s.week_end,
  s.snapshot_on,
  o.deals AS open_deals,
  CAST(o.amount AS DECIMAL(18,4)) AS open_amount,
  CAST(o.weighted_amount AS DECIMAL(18,4)) AS weighted_amount,
  o.overdue_deals,
  CAST(o.overdue_amount AS DECIMAL(18,4)) AS overdue_amount,
  coalesce(c.deals, 0) AS created_deals,
  CAST(coalesce(c.amount, 0) AS DECIMAL(18,4)) AS created_amount,
  CASE WHEN l.back IS NOT NULL THEN coalesce(p.deals, 0) END AS pushed_deals,
  CASE WHEN l.back IS NOT NULL THEN coalesce(p.pushes, 0) END AS pushes,
  CASE WHEN l.back IS NOT NULL THEN coalesce(p.days, 0) END AS days_pushed,
  CAST(CASE WHEN l.back IS NOT NULL THEN coalesce(p.amount, 0) END AS DECIMAL(18,4)) AS pushed_amount,
  coalesce(x.won_deals, 0) AS won_deals,
  CAST(coalesce(x.won_amount, 0) AS DECIMAL(18,4)) AS won_amount,
  coalesce(x.lost_deals, 0) AS lost_deals,
  CAST(coalesce(x.lost_amount, 0) AS DECIMAL(18,4)) AS lost_amount
FROM shown AS s
LEFT JOIN open_then AS o ON o.back = s.back
LEFT JOIN created AS c ON c.back = s.back
LEFT JOIN looked_at AS l ON l.back = s.back
LEFT JOIN pushed AS p ON p.back = s.back
LEFT JOIN closed AS x ON x.back = s.back
