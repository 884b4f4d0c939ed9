/* ---
description: Won amount, win rate and mean price by product and region, with the change against the period before (products × markets)
materialize: table
checks:
  - unique: [period, product, region]
  - not_null: [period, product, region, won, lost, won_amount]
  - between: {column: win_rate, min: 0, max: 1}
--- */
-- One row is a product in a region in a period in which a deal with it was won or lost, or was in the period before. Products are those of the lines
-- of a deal, else the deal's own. A deal with several products is won or lost in each of them, and each has the amount of its lines.
-- mean_price is the won amount by units; where no quantity is given, a line or a deal counts as one unit. Changes are against the period before, of
-- complete periods only: win_rate_change in points, the others as a share of what was; NULL where there was nothing to compare with.
WITH counted AS (
  SELECT
    p.period,
    d.product,
    coalesce(d.region, 'no region') AS region,
    count(DISTINCT CASE d.status WHEN 'won' THEN d.deal_id END) AS won,
    count(DISTINCT CASE d.status WHEN 'lost' THEN d.deal_id END) AS lost,
    sum(d.amount_reporting) FILTER (WHERE d.status = 'won') AS amount,
    sum(d.units) FILTER (WHERE d.status = 'won' AND d.amount_reporting IS NOT NULL) AS units
  FROM sales.deal_product AS d
  JOIN sales.period AS p ON d.closed_on >= p.period_start AND d.closed_on <= p.period_end
  WHERE d.status IN ('won', 'lost')
  GROUP BY p.period, d.product, coalesce(d.region, 'no region')
),
measured AS (
  SELECT
    period,
    product,
    region,
    won,
    lost,
    CAST(coalesce(amount, 0) AS DECIMAL(18,4)) AS won_amount,
    units,
    ratio(won, won + lost) AS win_rate,
    CAST(safe_divide(amount, units) AS DECIMAL(18,4)) AS mean_price
  FROM counted
),
named AS (
  SELECT period, product, region FROM counted
  UNION
  SELECT p.period, c.product, c.region
  FROM counted AS c
  JOIN sales.period AS p ON p.period_before = c.period
)
SELECT
  n.period,
  p.kind AS period_kind,
  p.period_start,
  p.period_end,
  p.is_complete,
  n.product,
  n.region,
  coalesce(c.won, 0) AS won,
  coalesce(c.lost, 0) AS lost,
  c.win_rate,
  wilson_lower(c.won, c.won + c.lost) AS win_rate_lower,
  wilson_upper(c.won, c.won + c.lost) AS win_rate_upper,
  coalesce(c.won + c.lost, 0) < setting('thin_sample') AS is_thin,
  coalesce(c.won_amount, CAST(0 AS DECIMAL(18,4))) AS won_amount,
  c.units,
  c.mean_price,
  b.won_amount AS won_amount_before,
  b.win_rate AS win_rate_before,
  b.mean_price AS mean_price_before,
  CASE WHEN p.is_complete THEN ratio(coalesce(c.won_amount, CAST(0 AS DECIMAL(18,4))) - b.won_amount, b.won_amount) END AS won_amount_change,
  CASE WHEN p.is_complete THEN c.win_rate - b.win_rate END AS win_rate_change,
  CASE WHEN p.is_complete THEN ratio(c.mean_price - b.mean_price, b.mean_price) END AS mean_price_change
FROM named AS n
JOIN sales.period AS p ON p.period = n.period
LEFT JOIN measured AS c ON c.period = n.period AND c.product = n.product AND c.region = n.region
LEFT JOIN measured AS b ON b.period = p.period_before AND b.product = n.product AND b.region = n.region
