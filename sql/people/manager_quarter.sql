/* ---
description: Managers by fiscal quarter with all who report to them, near or far; won amount, quota, attainment and open pipeline
materialize: table
checks:
  - unique: [manager_id, quarter]
  - not_null: [manager_id, quarter, reps, won_amount, own_won_amount]
--- */
-- One row is a manager, someone whom another rep reports to, in a fiscal quarter up to the running one. Figures are those of all below him at any
-- depth and of himself (own_won_amount); hierarchy is that of the day of the run. Amounts are credited ones, so shared deals add up.
-- The quota is the sum of the reps' below, each day with its share, and NULL where none has one. Reps are those with a quota or a won deal in the
-- quarter. expected_amount is open on the day of the run and expected to close in the quarter, of the deals that he and those below own.
WITH quarter AS (
  SELECT period AS quarter, period_start, period_end, is_complete FROM sales.period WHERE kind = 'quarter'
),
manager AS (
  SELECT DISTINCT manager_id FROM sales.reports_to WHERE depth > 0
),
part AS (
  SELECT
    rep_id,
    fiscal_quarter(closed_on) AS quarter,
    count(*) AS deals,
    sum(amount) AS won_amount,
    CAST(NULL AS DECIMAL(18,4)) AS quota,
    CAST(NULL AS DECIMAL(18,4)) AS expected_amount
  FROM sales.credit
  WHERE status = 'won'
  GROUP BY rep_id, fiscal_quarter(closed_on)
  UNION ALL
  SELECT
    scope_id AS rep_id,
    fiscal_quarter(day) AS quarter,
    0 AS deals,
    CAST(NULL AS DECIMAL(18,4)) AS won_amount,
    sum(amount) AS quota,
    CAST(NULL AS DECIMAL(18,4)) AS expected_amount
  FROM sales.quota_day
  WHERE scope = 'rep'
  GROUP BY scope_id, fiscal_quarter(day)
  UNION ALL
  SELECT
    owner_id AS rep_id,
    expected_quarter AS quarter,
    0 AS deals,
    CAST(NULL AS DECIMAL(18,4)) AS won_amount,
    CAST(NULL AS DECIMAL(18,4)) AS quota,
    sum(amount_reporting) AS expected_amount
  FROM sales.deal
  WHERE status = 'open'
  GROUP BY owner_id, expected_quarter
),
rolled_up AS (
  SELECT
    t.manager_id,
    p.quarter,
    count(DISTINCT CASE WHEN p.quota > 0 OR p.deals > 0 THEN p.rep_id END) AS reps,
    sum(p.deals) AS deals,
    sum(p.won_amount) AS won_amount,
    sum(CASE WHEN t.depth = 0 THEN p.won_amount END) AS own_won_amount,
    CAST(sum(p.quota) AS DECIMAL(18,4)) AS quota,
    sum(p.expected_amount) AS expected_amount
  FROM part AS p
  JOIN sales.reports_to AS t ON t.rep_id = p.rep_id
  GROUP BY t.manager_id, p.quarter
)
SELECT
  m.manager_id,
  coalesce(r.name, m.manager_id) AS manager_name,
  r.team,
  r.manager_id AS reports_to,
  q.quarter,
  q.period_start,
  q.period_end,
  q.is_complete,
  coalesce(c.reps, 0) AS reps,
  coalesce(c.deals, 0) AS shares_won,
  CAST(coalesce(c.won_amount, 0) AS DECIMAL(18,4)) AS won_amount,
  CAST(coalesce(c.own_won_amount, 0) AS DECIMAL(18,4)) AS own_won_amount,
  c.quota,
  ratio(coalesce(c.won_amount, 0), c.quota) AS attainment,
  CASE WHEN NOT q.is_complete THEN CAST(coalesce(c.expected_amount, 0) AS DECIMAL(18,4)) END AS expected_amount
FROM manager AS m
CROSS JOIN quarter AS q
LEFT JOIN rolled_up AS c ON c.manager_id = m.manager_id AND c.quarter = q.quarter
LEFT JOIN crm.rep AS r ON r.rep_id = m.manager_id
