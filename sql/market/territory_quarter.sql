/* ---
description: Won deals, win rate, quota and attainment by territory and fiscal quarter, each with all territories below it
materialize: table
checks:
  - unique: [territory_id, quarter]
  - not_null: [territory_name, quarter, won, lost, won_amount, own_won_amount]
  - between: {column: win_rate, min: 0, max: 1}
--- */
-- One row is a territory in a fiscal quarter, up to the running one, with the deals of all territories that lie in it, at any depth; hierarchy and
-- territories of deals are those on the day of the run. own_won_amount is that of the territory itself. Deals without a territory stand in rows
-- without territory_id, where there are any: with the territories of level 0 they add up to the company.
-- A quota is the territory's own (quota_is_own), else that of those below it, and NULL where nobody has one.
WITH quarter AS (
  SELECT period AS quarter, period_start, period_end, is_complete FROM sales.period WHERE kind = 'quarter'
),
place AS (
  SELECT territory_id, territory_name, parent_id, level, region FROM sales.territory
  UNION ALL
  SELECT
    CAST(NULL AS TEXT) AS territory_id,
    'no territory' AS territory_name,
    CAST(NULL AS TEXT) AS parent_id,
    CAST(NULL AS BIGINT) AS level,
    CAST(NULL AS TEXT) AS region
  WHERE EXISTS (SELECT 1 FROM sales.deal WHERE territory_id IS NULL)
),
closed AS (
  SELECT
    territory_id,
    closed_quarter AS quarter,
    count(*) FILTER (WHERE status = 'won') AS won,
    count(*) FILTER (WHERE status = 'lost') AS lost,
    sum(amount_reporting) FILTER (WHERE status = 'won') AS won_amount,
    count(amount_reporting) FILTER (WHERE status = 'won') AS won_with_amount,
    sum(cycle_days) FILTER (WHERE status = 'won' AND cycle_days >= 0) AS cycle_days,
    count(cycle_days) FILTER (WHERE status = 'won' AND cycle_days >= 0) AS won_with_cycle
  FROM sales.deal
  WHERE status IN ('won', 'lost')
  GROUP BY territory_id, closed_quarter
),
rolled_up AS (
  SELECT
    t.above_id AS territory_id,
    c.quarter,
    sum(c.won) AS won,
    sum(c.lost) AS lost,
    CAST(sum(c.won_amount) AS DECIMAL(18,4)) AS won_amount,
    CAST(sum(CASE WHEN coalesce(t.depth, 0) = 0 THEN c.won_amount END) AS DECIMAL(18,4)) AS own_won_amount,
    sum(c.won_with_amount) AS won_with_amount,
    sum(c.cycle_days) AS cycle_days,
    sum(c.won_with_cycle) AS won_with_cycle
  FROM closed AS c
  LEFT JOIN sales.territory_tree AS t ON t.territory_id = c.territory_id
  GROUP BY t.above_id, c.quarter
)
SELECT
  p.territory_id,
  p.territory_name,
  p.parent_id,
  p.level,
  p.region,
  q.quarter,
  q.period_start,
  q.period_end,
  q.is_complete,
  coalesce(c.won, 0) AS won,
  coalesce(c.lost, 0) AS lost,
  ratio(c.won, c.won + c.lost) AS win_rate,
  wilson_lower(c.won, c.won + c.lost) AS win_rate_lower,
  wilson_upper(c.won, c.won + c.lost) AS win_rate_upper,
  coalesce(c.won + c.lost, 0) < setting('thin_sample') AS is_thin,
  coalesce(c.won_amount, CAST(0 AS DECIMAL(18,4))) AS won_amount,
  coalesce(c.own_won_amount, CAST(0 AS DECIMAL(18,4))) AS own_won_amount,
  CAST(safe_divide(c.won_amount, c.won_with_amount) AS DECIMAL(18,4)) AS mean_won_amount,
  ratio(c.cycle_days, c.won_with_cycle) AS mean_cycle_days,
  t.amount AS quota,
  t.is_own AS quota_is_own,
  ratio(coalesce(c.won_amount, 0), t.amount) AS attainment
FROM place AS p
CROSS JOIN quarter AS q
LEFT JOIN rolled_up AS c ON (c.territory_id IS NOT DISTINCT FROM p.territory_id) AND c.quarter = q.quarter
LEFT JOIN sales.territory_quota AS t ON t.territory_id = p.territory_id AND t.quarter = q.quarter
