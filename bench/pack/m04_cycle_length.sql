-- One row is a segment, type of deal and quarter in which one was won.
-- kpi.cycle_length and the metric cycle_days leave out deals that closed before they were created; here they count, as the peers do it.
SELECT
  segment,
  CASE deal_type WHEN 'new' THEN 'New Business' ELSE initcap(deal_type) END AS opp_type,
  period_start(closed_on, 'quarter') AS close_quarter,
  count(*) AS n,
  avg(cycle_days) AS avg_days,
  quantile(CAST(cycle_days AS DOUBLE), 0.25) AS p25,
  quantile(CAST(cycle_days AS DOUBLE), 0.5) AS p50,
  quantile(CAST(cycle_days AS DOUBLE), 0.75) AS p75,
  quantile(CAST(cycle_days AS DOUBLE), 0.9) AS p90
FROM sales.deal
WHERE status = 'won'
GROUP BY segment, deal_type, period_start(closed_on, 'quarter')
