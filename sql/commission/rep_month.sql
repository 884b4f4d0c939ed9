/* ---
description: Reps in each fiscal month with their target, what they are credited with, and the role whose commission plan holds (commission)
materialize: table
checks:
  - unique: [rep_id, month]
  - not_null: [rep_id, month, month_start, month_end, deals, credited_amount]
--- */
-- One row is a rep in a fiscal month that has begun, in which he has a target or is credited with a won deal; excluded reps stay out.
-- The target is the month's share of his booking targets, by days. Shares of deals are those of the splits; overlays are not paid here.
-- The role is the one he had at the end of the month, or on the day of the run while the month lasts; before the first export, the first one known.
WITH left_out AS (
  SELECT entity_id AS rep_id
  FROM crm.exclusion
  WHERE entity = 'rep' AND valid_from <= current_date AND (valid_to IS NULL OR valid_to > current_date)
),
target AS (
  SELECT scope_id AS rep_id, fiscal_month(day) AS month, min(day) AS on_day, CAST(sum(amount) AS DECIMAL(18,4)) AS amount
  FROM sales.quota_day
  WHERE scope = 'rep' AND period_start(day, 'month') <= current_date
  GROUP BY scope_id, fiscal_month(day)
  HAVING sum(amount) > 0
),
credited AS (
  SELECT rep_id, fiscal_month(closed_on) AS month, min(closed_on) AS on_day, count(*) AS deals, CAST(sum(amount) AS DECIMAL(18,4)) AS amount
  FROM sales.credit
  WHERE status = 'won' AND closed_on <= current_date
  GROUP BY rep_id, fiscal_month(closed_on)
),
rep_month AS (
  SELECT
    coalesce(t.rep_id, c.rep_id) AS rep_id,
    coalesce(t.month, c.month) AS month,
    CAST(period_start(coalesce(t.on_day, c.on_day), 'month') AS DATE) AS month_start,
    CAST(period_end(coalesce(t.on_day, c.on_day), 'month') AS DATE) AS month_end,
    t.amount AS target,
    coalesce(c.deals, 0) AS deals,
    coalesce(c.amount, 0) AS credited_amount
  FROM target AS t
  FULL JOIN credited AS c ON c.rep_id = t.rep_id AND c.month = t.month
),
first_seen AS (
  SELECT rep_id, min(valid_from) AS first_on FROM crm.rep_history GROUP BY rep_id
),
version AS (
  SELECT m.rep_id, m.month, max(h.valid_from) AS valid_from
  FROM rep_month AS m
  JOIN first_seen AS f ON f.rep_id = m.rep_id
  JOIN crm.rep_history AS h ON h.rep_id = m.rep_id AND h.valid_from <= greatest(least(m.month_end, current_date), f.first_on)
  GROUP BY m.rep_id, m.month
)
SELECT
  m.rep_id,
  coalesce(h.name, m.rep_id) AS rep_name,
  h.team,
  h.role,
  m.month,
  m.month_start,
  m.month_end,
  m.month_end < current_date AS is_complete,
  m.target,
  m.deals,
  CAST(m.credited_amount AS DECIMAL(18,4)) AS credited_amount,
  ratio(m.credited_amount, m.target) AS attainment
FROM rep_month AS m
LEFT ANTI JOIN left_out AS x ON x.rep_id = m.rep_id
LEFT JOIN version AS v ON v.rep_id = m.rep_id AND v.month = m.month
LEFT JOIN crm.rep_history AS h ON h.rep_id = v.rep_id AND h.valid_from = v.valid_from
