/* ---
description: Lost and disqualified deals by reason, with the change against the period before
materialize: table
checks:
  - unique: [period, status, reason]
  - not_null: [period, status, reason, deals, amount]
  - accepted: {column: status, values: [lost, disqualified]}
  - between: {column: share_of_deals, min: 0, max: 1}
  - between: {column: share_of_amount, min: 0, max: 1}
--- */
-- One row is a reason for losing or disqualifying deals in a period, or one that was given only in the period before. Amounts are those the
-- deals had while they were last open; shares are of all deals lost (or disqualified) in the period, changes are in deals and in share.
WITH counted AS (
  SELECT p.period, d.status, coalesce(d.lost_reason, 'no reason given') AS reason, count(*) AS deals, sum(d.amount_at_stake) AS amount
  FROM sales.deal AS d
  JOIN sales.period AS p ON d.closed_on >= p.period_start AND d.closed_on <= p.period_end
  WHERE d.status IN ('lost', 'disqualified')
  GROUP BY p.period, d.status, coalesce(d.lost_reason, 'no reason given')
),
whole AS (
  SELECT period, status, sum(deals) AS deals, sum(amount) AS amount
  FROM counted
  GROUP BY period, status
),
named AS (
  SELECT period, status, reason FROM counted
  UNION
  SELECT p.period, c.status, c.reason
  FROM counted AS c
  JOIN sales.period AS p ON p.period_before = c.period
)
SELECT
  n.period,
  p.kind AS period_kind,
  p.period_start,
  p.period_end,
  p.is_complete,
  n.status,
  n.reason,
  coalesce(c.deals, 0) AS deals,
  CAST(coalesce(c.amount, 0) AS DECIMAL(18,4)) AS amount,
  ratio(coalesce(c.deals, 0), w.deals) AS share_of_deals,
  wilson_lower(coalesce(c.deals, 0), w.deals) AS share_lower,
  wilson_upper(coalesce(c.deals, 0), w.deals) AS share_upper,
  ratio(coalesce(c.amount, 0), w.amount) AS share_of_amount,
  CASE WHEN wb.deals IS NOT NULL THEN coalesce(b.deals, 0) END AS deals_before,
  CAST(CASE WHEN wb.deals IS NOT NULL THEN coalesce(b.amount, 0) END AS DECIMAL(18,4)) AS amount_before,
  ratio(coalesce(b.deals, 0), wb.deals) AS share_before,
  CASE WHEN wb.deals IS NOT NULL THEN coalesce(c.deals, 0) - coalesce(b.deals, 0) END AS change_of_deals,
  ratio(coalesce(c.deals, 0), w.deals) - ratio(coalesce(b.deals, 0), wb.deals) AS change_of_share
FROM named AS n
JOIN sales.period AS p ON p.period = n.period
LEFT JOIN counted AS c ON c.period = n.period AND c.status = n.status AND c.reason = n.reason
LEFT JOIN whole AS w ON w.period = n.period AND w.status = n.status
LEFT JOIN counted AS b ON b.period = p.period_before AND b.status = n.status AND b.reason = n.reason
LEFT JOIN whole AS wb ON wb.period = p.period_before AND wb.status = n.status
