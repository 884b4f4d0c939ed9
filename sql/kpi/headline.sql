/* ---
description: The figures of the top of the executive report, each with what it is compared with
materialize: table
checks:
  - unique: [day]
  - not_null: [day, quarter, won_amount, open_deals, open_amount]
  - between: {column: win_rate, min: 0, max: 1}
  - between: {column: pipeline_efficiency, min: 0, max: 1}
--- */
-- One row is the company on the day of the run.
WITH quarter AS (
  SELECT
    period AS quarter,
    period_start AS quarter_start,
    period_end AS quarter_end,
    period_start - INTERVAL '1 year' AS last_year_start,
    current_date - INTERVAL '1 year' AS last_year_day
  FROM sales.period
  WHERE kind = 'quarter' AND period = fiscal_quarter(current_date)
),
won AS (
  SELECT quarter, deals, amount, quota, attainment, amount_last_year FROM kpi.won_by_quarter
),
last_quarter AS (
  SELECT w.*
  FROM won AS w
  JOIN sales.period AS p ON p.period_before = w.quarter
  JOIN quarter AS q ON q.quarter = p.period
),
last_year_to_date AS (
  SELECT count(*) AS deals, sum(d.amount_reporting) AS amount
  FROM sales.deal AS d
  JOIN quarter AS q ON d.closed_on >= q.last_year_start AND d.closed_on <= q.last_year_day
  WHERE d.status = 'won'
),
pipeline AS (
  SELECT
    count(*) AS deals,
    count(*) FILTER (WHERE d.amount_reporting IS NULL) AS deals_without_amount,
    coalesce(sum(d.amount_reporting), 0) AS amount,
    coalesce(sum(d.weighted_amount), 0) AS weighted_amount,
    count(*) FILTER (WHERE d.expected_quarter = fiscal_quarter(current_date)) AS deals_this_quarter,
    coalesce(sum(d.amount_reporting) FILTER (WHERE d.expected_quarter = fiscal_quarter(current_date)), 0) AS amount_this_quarter
  FROM sales.deal AS d
  WHERE d.status = 'open'
),
pipeline_before AS (
  SELECT max(m.deals) AS deals, max(m.amount) AS amount, max(m.weighted_amount) AS weighted_amount
  FROM kpi.pipeline_by_month AS m
  JOIN quarter AS q ON m.asked_on = q.quarter_start - INTERVAL '1 day'
),
pipeline_last_year AS (
  SELECT m.asked_on, m.deals, m.amount, m.weighted_amount
  FROM kpi.pipeline_by_month AS m
  JOIN quarter AS q ON m.asked_on <= q.last_year_day AND m.asked_on > q.last_year_day - INTERVAL '31 days'
  ORDER BY m.asked_on DESC
  LIMIT 1
),
forecast AS (
  SELECT
    max(forecast) FILTER (WHERE asked_for = 'today') AS forecast,
    max(open_weighted) FILTER (WHERE asked_for = 'today') AS open_weighted,
    max(forecast) FILTER (WHERE asked_for = 'quarter start') AS forecast_at_start,
    max(asked_on) FILTER (WHERE asked_for = 'quarter start') AS forecast_at_start_on
  FROM kpi.stage_forecast
  WHERE quarter = fiscal_quarter(current_date)
),
lead_ranked AS (
  SELECT
    a.asked_for,
    a.quarters,
    a.wape,
    a.bias,
    row_number() OVER (
      ORDER BY abs(a.max_days_left - days_between(current_date, q.quarter_end)), a.max_days_left
    ) AS nth
  FROM kpi.stage_forecast_accuracy AS a
  CROSS JOIN quarter AS q
),
rate AS (
  SELECT * FROM kpi.win_rate WHERE scope = 'company'
),
cycle AS (
  SELECT * FROM kpi.cycle_length WHERE counted_from = 'created' AND status = 'won'
),
size AS (
  SELECT * FROM kpi.deal_size WHERE status = 'won'
),
attained AS (
  SELECT
    quarter,
    reps,
    reps_reached,
    rate,
    rate_lower,
    rate_upper,
    lag(rate) OVER (ORDER BY last_day) AS rate_before,
    row_number() OVER (ORDER BY last_day DESC) AS nth
  FROM kpi.attainment_rate
  WHERE scope = 'company' AND is_complete
),
faulty AS (
  SELECT count(*) AS deals, coalesce(sum(d.amount_reporting), 0) AS amount
  FROM sales.deal AS d
  LEFT SEMI JOIN sales.deal_fault AS f ON f.deal_id = d.deal_id
  WHERE d.status = 'open'
),
left_out AS (
  SELECT coalesce(sum(deals), 0) AS deals, coalesce(sum(amount), 0) AS amount FROM kpi.left_out
)
SELECT
  current_date AS day,
  reporting_currency() AS currency,
  q.quarter,
  q.quarter_start,
  q.quarter_end,
  days_between(current_date, q.quarter_end) AS days_left,
  w.deals AS won_deals,
  w.amount AS won_amount,
  w.quota,
  w.attainment,
  CAST(y.amount AS DECIMAL(18,4)) AS won_amount_last_year_to_date,
  ratio(w.amount - y.amount, y.amount) AS won_change_on_last_year,
  w.amount_last_year AS won_amount_last_year,
  l.quarter AS last_quarter,
  l.deals AS last_quarter_deals,
  l.amount AS last_quarter_amount,
  l.quota AS last_quarter_quota,
  l.attainment AS last_quarter_attainment,
  l.amount_last_year AS last_quarter_amount_last_year,
  f.forecast,
  f.open_weighted AS forecast_open_weighted,
  CAST(f.forecast - w.quota AS DECIMAL(18,4)) AS forecast_over_quota,
  ratio(f.forecast, w.quota) AS forecast_attainment,
  f.forecast_at_start,
  f.forecast_at_start_on,
  e.asked_for AS forecast_lead,
  e.quarters AS forecast_quarters,
  e.wape AS forecast_wape,
  e.bias AS forecast_bias,
  p.deals AS open_deals,
  p.deals_without_amount AS open_deals_without_amount,
  CAST(p.amount AS DECIMAL(18,4)) AS open_amount,
  CAST(p.weighted_amount AS DECIMAL(18,4)) AS weighted_amount,
  b.deals AS open_deals_at_start,
  b.amount AS open_amount_at_start,
  b.weighted_amount AS weighted_amount_at_start,
  py.asked_on AS last_year_on,
  py.deals AS open_deals_last_year,
  py.amount AS open_amount_last_year,
  py.weighted_amount AS weighted_amount_last_year,
  p.deals_this_quarter AS open_deals_this_quarter,
  CAST(p.amount_this_quarter AS DECIMAL(18,4)) AS open_amount_this_quarter,
  CASE WHEN w.quota > w.amount THEN ratio(p.amount_this_quarter, w.quota - w.amount) END AS coverage,
  w.amount >= w.quota AS is_target_met,
  r.won AS trailing_won,
  r.decided AS trailing_decided,
  r.narrow AS win_rate,
  r.narrow_lower AS win_rate_lower,
  r.narrow_upper AS win_rate_upper,
  r.broad AS win_rate_broad,
  r.value AS win_rate_value,
  rb.narrow AS win_rate_before,
  rb.decided AS trailing_decided_before,
  r.narrow - rb.narrow AS win_rate_change,
  c.deals AS cycle_deals,
  c.negative_deals AS cycle_negative_deals,
  c.median_days AS cycle_median,
  c.p25_days AS cycle_p25,
  c.p75_days AS cycle_p75,
  c.mean_days AS cycle_mean,
  cb.median_days AS cycle_median_before,
  cb.mean_days AS cycle_mean_before,
  s.deals AS size_deals,
  s.mean_amount AS size_mean,
  s.median_amount AS size_median,
  sb.mean_amount AS size_mean_before,
  sb.median_amount AS size_median_before,
  p.deals * r.narrow * ratio(s.amount, s.deals) / nullif(c.mean_days, 0) AS velocity_per_day,
  t.quarter AS attainment_quarter,
  t.reps AS attainment_reps,
  t.reps_reached AS attainment_reps_reached,
  t.rate AS attainment_rate,
  t.rate_lower AS attainment_rate_lower,
  t.rate_upper AS attainment_rate_upper,
  t.rate_before AS attainment_rate_before,
  g.deals AS faulty_deals,
  CAST(g.amount AS DECIMAL(18,4)) AS faulty_amount,
  1 - ratio(g.amount, p.amount) AS pipeline_efficiency,
  o.deals AS left_out_deals,
  CAST(o.amount AS DECIMAL(18,4)) AS left_out_amount
FROM quarter AS q
JOIN won AS w ON w.quarter = q.quarter
CROSS JOIN last_year_to_date AS y
CROSS JOIN pipeline AS p
CROSS JOIN pipeline_before AS b
CROSS JOIN forecast AS f
CROSS JOIN faulty AS g
CROSS JOIN left_out AS o
LEFT JOIN last_quarter AS l ON true
LEFT JOIN pipeline_last_year AS py ON true
LEFT JOIN lead_ranked AS e ON e.nth = 1
LEFT JOIN rate AS r ON r.period = concat('trailing_', setting('trailing_days'))
LEFT JOIN rate AS rb ON rb.period = concat('trailing_', setting('trailing_days'), '_before')
LEFT JOIN cycle AS c ON c.period = concat('trailing_', setting('trailing_days'))
LEFT JOIN cycle AS cb ON cb.period = concat('trailing_', setting('trailing_days'), '_before')
LEFT JOIN size AS s ON s.period = concat('trailing_', setting('trailing_days'))
LEFT JOIN size AS sb ON sb.period = concat('trailing_', setting('trailing_days'), '_before')
LEFT JOIN attained AS t ON t.nth = 1
