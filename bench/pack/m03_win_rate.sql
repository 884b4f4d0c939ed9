-- One row is an owner and a segment in a quarter in which a deal closed.
-- The pack counts a lost deal at the amount it had while it was last open (amount_at_stake); here at that of today, as the peers do.
SELECT
  owner_id,
  segment,
  period_start(closed_on, 'quarter') AS close_quarter,
  sum(numerator) AS won,
  sum(denominator - numerator) AS lost,
  ratio(sum(numerator), sum(denominator)) AS win_rate,
  sum(amount_reporting) FILTER (WHERE status = 'won') AS won_amount,
  sum(amount_reporting) FILTER (WHERE status = 'lost') AS lost_amount
FROM metric.win_rate
GROUP BY owner_id, segment, period_start(closed_on, 'quarter')
