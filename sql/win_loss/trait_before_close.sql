/* ---
description: Stage, forecast category, activity and pushes of deals so many days before they closed, won beside lost
materialize: view
--- */
-- One row is a value of a trait so many days before the close: the share of the won deals open then that had it, that of the lost ones, and the
-- win rate of those that had it, each with its 95 % Wilson interval. Deals that do not tell the trait are in no share. Fewer than 30 deals with
-- the value are thin.
WITH told AS (
  SELECT
    b.days_before,
    b.status,
    t.trait,
    CASE t.trait
      WHEN 'stage' THEN b.stage
      WHEN 'forecast_category' THEN b.forecast_category
      WHEN 'activity' THEN CASE WHEN b.is_active THEN 'active' WHEN NOT b.is_active THEN 'silent' END
      WHEN 'pushes' THEN CASE b.pushes WHEN 0 THEN 'never' WHEN 1 THEN 'once' ELSE 'twice or more' END
    END AS value,
    CASE t.trait WHEN 'stage' THEN b.stage_rank WHEN 'pushes' THEN least(b.pushes, 2) END AS rank
  FROM (VALUES ('stage'), ('forecast_category'), ('activity'), ('pushes')) AS t (trait)
  CROSS JOIN win_loss.deal_before_close AS b
),
counted AS (
  SELECT
    days_before,
    trait,
    value,
    min(rank) AS rank,
    count(*) FILTER (WHERE status = 'won') AS won,
    count(*) FILTER (WHERE status = 'lost') AS lost
  FROM told
  WHERE value IS NOT NULL
  GROUP BY days_before, trait, value
),
whole AS (
  SELECT days_before, trait, sum(won) AS won, sum(lost) AS lost FROM counted GROUP BY days_before, trait
)
SELECT
  c.days_before,
  c.trait,
  c.value,
  row_number() OVER (PARTITION BY c.days_before, c.trait ORDER BY c.rank NULLS LAST, c.won + c.lost DESC, c.value) AS place,
  c.won,
  w.won AS of_won,
  ratio(c.won, w.won) AS share_of_won,
  wilson_lower(c.won, w.won) AS share_of_won_lower,
  wilson_upper(c.won, w.won) AS share_of_won_upper,
  c.lost,
  w.lost AS of_lost,
  ratio(c.lost, w.lost) AS share_of_lost,
  wilson_lower(c.lost, w.lost) AS share_of_lost_lower,
  wilson_upper(c.lost, w.lost) AS share_of_lost_upper,
  ratio(c.won, c.won + c.lost) AS win_rate,
  wilson_lower(c.won, c.won + c.lost) AS win_rate_lower,
  wilson_upper(c.won, c.won + c.lost) AS win_rate_upper,
  c.won + c.lost < 30 AS is_thin
FROM counted AS c
JOIN whole AS w ON w.days_before = c.days_before AND w.trait = c.trait
