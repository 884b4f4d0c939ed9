/* ---
description: Days from creation, or from qualification, to close (cycle_days), with median, quartiles, P90 and mean, of won deals and beside them of lost ones
materialize: table
checks:
  - unique: [counted_from, status, period]
  - not_null: [counted_from, status, period, deals, negative_deals]
  - accepted: {column: counted_from, values: [created, qualified]}
  - accepted: {column: status, values: [won, lost]}
  - between: {column: median_days, min: 0, max: 36500}
--- */
-- One row is the won or the lost deals closed in a period, counted from creation or from qualification (deals that have such a day).
-- Deals closed before that day are a fault of the data: counted, and left out of the days.
WITH measured AS (
  SELECT status, closed_on, 'created' AS counted_from, cycle_days AS days FROM sales.deal WHERE status IN ('won', 'lost')
  UNION ALL
  SELECT status, closed_on, 'qualified' AS counted_from, qualified_cycle_days AS days
  FROM sales.deal
  WHERE status IN ('won', 'lost') AND qualified_on IS NOT NULL
)
SELECT
  m.counted_from,
  m.status,
  p.period,
  p.kind AS period_kind,
  p.period_start,
  p.period_end,
  p.is_complete,
  count(*) FILTER (WHERE m.days >= 0) AS deals,
  count(*) FILTER (WHERE m.days < 0) AS negative_deals,
  quantile(CAST(m.days AS DOUBLE), 0.5) FILTER (WHERE m.days >= 0) AS median_days,
  quantile(CAST(m.days AS DOUBLE), 0.25) FILTER (WHERE m.days >= 0) AS p25_days,
  quantile(CAST(m.days AS DOUBLE), 0.75) FILTER (WHERE m.days >= 0) AS p75_days,
  quantile(CAST(m.days AS DOUBLE), 0.9) FILTER (WHERE m.days >= 0) AS p90_days,
  ratio(sum(m.days) FILTER (WHERE m.days >= 0), count(*) FILTER (WHERE m.days >= 0)) AS mean_days,
  count(*) FILTER (WHERE m.days >= 0) < setting('thin_sample') AS is_thin
FROM measured AS m
JOIN sales.period AS p ON m.closed_on >= p.period_start AND m.closed_on <= p.period_end
GROUP BY m.counted_from, m.status, p.period, p.kind, p.period_start, p.period_end, p.is_complete
