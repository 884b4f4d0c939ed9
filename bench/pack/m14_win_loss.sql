-- One row is a quarter, reason, source, segment and region in which a deal was won or lost.
SELECT
  period_start(closed_on, 'quarter') AS close_quarter,
  lost_reason AS loss_reason,
  lead_source,
  segment,
  region,
  count(*) AS n,
  sum(amount_reporting) AS amount,
  count(DISTINCT account_id) AS accounts,
  avg(cycle_days) AS avg_cycle
FROM sales.deal
WHERE status IN ('won', 'lost')
GROUP BY period_start(closed_on, 'quarter'), lost_reason, lead_source, segment, region
