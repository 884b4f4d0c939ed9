/* ---
description: Reps of the last complete fiscal quarter by how high they stand and where they are heading (rep quadrants)
materialize: table
checks:
  - unique: [rep_id]
  - not_null: [rep_id, quarter, won_amount, won_amount_before, change, quadrant]
  - accepted: {column: measured_by, values: [quota, peers]}
  - accepted:
      column: quadrant
      values: [rising_star, falling_star, improving_laggard, deteriorating_laggard, ramping, insufficient_history, no_yardstick]
--- */
-- One row is an active rep who has a target in the last complete fiscal quarter, or was ever credited with a deal; excluded reps stay out.
-- standing is the credited won amount by the target; without a target it is the amount by the median of the peers: all of the same role who have no
-- target either, himself among them, were past their ramp and sold in both quarters. It is high from 1 on. change is against the quarter before;
-- above 0 it is up, and an amount that stayed the same is not.
-- Who was still ramping when the quarter began stands apart (ramping), and so does who has not had two full quarters, or whose company's deals do not
-- reach back as far (insufficient_history). Where there is neither a target nor a median above 0 to stand against, there is no_yardstick.
-- A rep whose day of joining is not known is taken to have joined with the first deal that was credited to him.
WITH quarter AS (
  SELECT
    fiscal_quarter(period_start(current_date, 'quarter') - INTERVAL '1 day') AS quarter,
    CAST(period_start(period_start(current_date, 'quarter') - INTERVAL '1 day', 'quarter') AS DATE) AS quarter_start,
    CAST(period_start(current_date, 'quarter') - INTERVAL '1 day' AS DATE) AS quarter_end
),
span AS (
  SELECT
    quarter,
    quarter_start,
    quarter_end,
    fiscal_quarter(quarter_start - INTERVAL '1 day') AS quarter_before,
    CAST(period_start(quarter_start - INTERVAL '1 day', 'quarter') AS DATE) AS before_start
  FROM quarter
),
left_out AS (
  SELECT entity_id AS rep_id
  FROM crm.exclusion
  WHERE entity = 'rep' AND valid_from <= current_date AND (valid_to IS NULL OR valid_to > current_date)
),
history AS (
  SELECT min(created_on) AS first_on FROM sales.deal
),
target AS (
  SELECT q.scope_id AS rep_id, CAST(sum(q.amount) AS DECIMAL(18,4)) AS amount
  FROM sales.quota_day AS q
  JOIN span AS s ON q.day >= s.quarter_start AND q.day <= s.quarter_end
  WHERE q.scope = 'rep'
  GROUP BY q.scope_id
  HAVING sum(q.amount) > 0
),
credited AS (
  SELECT
    c.rep_id,
    min(d.created_on) AS first_on,
    count(*) FILTER (WHERE c.status = 'won' AND c.closed_on >= s.quarter_start AND c.closed_on <= s.quarter_end) AS deals,
    sum(c.amount) FILTER (WHERE c.status = 'won' AND c.closed_on >= s.quarter_start AND c.closed_on <= s.quarter_end) AS amount,
    sum(c.amount) FILTER (WHERE c.status = 'won' AND c.closed_on >= s.before_start AND c.closed_on < s.quarter_start) AS amount_before
  FROM span AS s
  CROSS JOIN sales.credit AS c
  JOIN sales.deal AS d ON d.deal_id = c.deal_id
  GROUP BY c.rep_id
),
counted AS (
  SELECT
    r.*,
    CAST(r.hired_on + CAST(concat(coalesce(r.ramp_months, setting('ramp_months')), ' months') AS INTERVAL) AS DATE) AS ramped_on
  FROM crm.rep AS r
  LEFT ANTI JOIN left_out AS x ON x.rep_id = r.rep_id
),
rep AS (
  SELECT
    r.rep_id,
    coalesce(r.name, r.rep_id) AS rep_name,
    r.role,
    r.team,
    r.manager_id,
    s.quarter,
    s.quarter_before,
    r.ramped_on,
    coalesce(c.deals, 0) AS deals,
    CAST(coalesce(c.amount, 0) AS DECIMAL(18,4)) AS won_amount,
    CAST(coalesce(c.amount_before, 0) AS DECIMAL(18,4)) AS won_amount_before,
    t.amount AS quota,
    coalesce(r.ramped_on > s.quarter_start, false) AS is_ramping,
    coalesce(greatest(h.first_on, coalesce(r.hired_on, c.first_on)) <= s.before_start, false) AS has_history
  FROM counted AS r
  CROSS JOIN span AS s
  CROSS JOIN history AS h
  LEFT JOIN target AS t ON t.rep_id = r.rep_id
  LEFT JOIN credited AS c ON c.rep_id = r.rep_id
  WHERE coalesce(r.is_active, true) AND (t.rep_id IS NOT NULL OR c.rep_id IS NOT NULL)
),
peer AS (
  SELECT role, count(*) AS reps, CAST(median(CAST(won_amount AS DECIMAL(20,6))) AS DECIMAL(18,4)) AS amount
  FROM rep
  WHERE quota IS NULL AND NOT is_ramping AND has_history
  GROUP BY role
),
measured AS (
  SELECT
    r.*,
    p.reps AS peers,
    p.amount AS peer_median,
    CASE WHEN r.quota IS NOT NULL THEN 'quota' WHEN p.amount > 0 THEN 'peers' END AS measured_by,
    coalesce(r.quota, CASE WHEN p.amount > 0 THEN p.amount END) AS yardstick
  FROM rep AS r
  LEFT JOIN peer AS p ON r.quota IS NULL AND p.role IS NOT DISTINCT FROM r.role
)
SELECT
  m.rep_id,
  m.rep_name,
  m.role,
  m.team,
  m.manager_id,
  coalesce(b.name, m.manager_id) AS manager_name,
  m.quarter,
  m.quarter_before,
  m.ramped_on,
  m.deals,
  m.won_amount,
  m.won_amount_before,
  CAST(m.won_amount - m.won_amount_before AS DECIMAL(18,4)) AS change,
  m.quota,
  m.peers,
  m.peer_median,
  m.measured_by,
  ratio(m.won_amount, m.yardstick) AS standing,
  CASE
    WHEN m.is_ramping THEN 'ramping'
    WHEN NOT m.has_history THEN 'insufficient_history'
    WHEN m.yardstick IS NULL THEN 'no_yardstick'
    WHEN m.won_amount >= m.yardstick AND m.won_amount > m.won_amount_before THEN 'rising_star'
    WHEN m.won_amount >= m.yardstick THEN 'falling_star'
    WHEN m.won_amount > m.won_amount_before THEN 'improving_laggard'
    ELSE 'deteriorating_laggard'
  END AS quadrant
FROM measured AS m
LEFT JOIN crm.rep AS b ON b.rep_id = m.manager_id
