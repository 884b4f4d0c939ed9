-- One row is a quota of a rep, also of a quarter that has not begun: kpi.quota_attainment tells of those that have.
WITH quarter AS (
  SELECT
    owner_id,
    period_start(CASE status WHEN 'open' THEN expected_close_on ELSE closed_on END, 'quarter') AS quarter_start,
    CAST(sum(CASE status WHEN 'won' THEN amount_reporting ELSE 0 END) AS DOUBLE) AS won,
    CAST(sum(CASE status WHEN 'open' THEN amount_reporting ELSE 0 END) AS DOUBLE) AS open_amount
  FROM sales.deal
  GROUP BY owner_id, period_start(CASE status WHEN 'open' THEN expected_close_on ELSE closed_on END, 'quarter')
),
attained AS (
  SELECT
    q.scope_id AS owner_id,
    q.name AS rep_name,
    q.team AS region,
    q.period_start AS quarter_start,
    CAST(q.amount AS DOUBLE) AS quota,
    d.won,
    d.open_amount
  FROM sales.quota AS q
  LEFT JOIN quarter AS d ON d.owner_id = q.scope_id AND d.quarter_start = q.period_start
  WHERE q.scope = 'rep'
)
SELECT
  owner_id,
  rep_name,
  region,
  quarter_start,
  quota,
  won,
  open_amount,
  ratio(won, quota) AS attainment,
  CASE WHEN quota > won THEN open_amount / (quota - won) END AS coverage,
  rank() OVER (PARTITION BY quarter_start ORDER BY ratio(won, quota) DESC NULLS LAST) AS rk
FROM attained
