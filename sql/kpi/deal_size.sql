/* ---
description: Mean and median amount of won deals by period, and of the deals open today (deal_size.won, deal_size.open)
materialize: table
checks:
  - unique: [status, period]
  - not_null: [status, period, deals, deals_without_amount]
  - accepted: {column: status, values: [won, open]}
--- */
-- One row is the won deals of a period, or the deals open on the day of the run, under today. Deals without an amount are counted apart.
WITH sized AS (
  SELECT d.status, p.period, p.period_start, p.period_end, p.kind AS period_kind, d.amount_reporting
  FROM sales.deal AS d
  JOIN sales.period AS p ON d.closed_on >= p.period_start AND d.closed_on <= p.period_end
  WHERE d.status = 'won'
  UNION ALL
  SELECT status, 'today' AS period, current_date AS period_start, current_date AS period_end, 'today' AS period_kind, amount_reporting
  FROM sales.deal
  WHERE status = 'open'
)
SELECT
  status,
  period,
  period_kind,
  period_start,
  period_end,
  count(amount_reporting) AS deals,
  count(*) - count(amount_reporting) AS deals_without_amount,
  CAST(coalesce(sum(amount_reporting), 0) AS DECIMAL(18,4)) AS amount,
  CAST(sum(amount_reporting) / nullif(count(amount_reporting), 0) AS DECIMAL(18,4)) AS mean_amount,
  CAST(median(CAST(amount_reporting AS DECIMAL(20,6))) AS DECIMAL(18,4)) AS median_amount,
  count(amount_reporting) < setting('thin_sample') AS is_thin
FROM sized
GROUP BY status, period, period_kind, period_start, period_end
