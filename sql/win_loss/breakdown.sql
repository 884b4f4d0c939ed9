/* ---
description: Deals won and lost by reason, competitor, stage, segment, source, product, size band and rep, with the change against the period before
materialize: table
checks:
  - unique: [period, dimension, value]
  - not_null: [period, dimension, value, label, lost, is_available, is_thin]
  - accepted: {column: dimension, values: [reason, competitor, stage_left, segment, lead_source, product, size_band, rep]}
  - between: {column: win_rate, min: 0, max: 1}
  - between: {column: share_of_lost, min: 0, max: 1}
--- */
-- One row is a value of a dimension in a period, or one that occurred only in the period before; deals that tell none stand under 'not told'.
-- win_rate is won of won and lost (win_rate.narrow), share_of_lost is of all deals lost in the period, both with their 95 % Wilson interval. Only
-- lost deals have a reason, so reasons have no win rate; of stage_left it is the win rate of the deals that closed out of that stage. Amounts
-- are at stake: a lost deal counts the amount of its last open version. The interval of a change of win rates is Newcombe's (1998, method 10).
-- Counts of the running period have no change, because it is not whole. A dimension that no deal at all tells is not available.
WITH told AS (
  SELECT
    d.deal_id,
    d.status,
    d.closed_on,
    d.amount_at_stake,
    n.dimension,
    CASE n.dimension
      WHEN 'reason' THEN d.lost_reason
      WHEN 'competitor' THEN d.competitor
      WHEN 'stage_left' THEN d.stage_left
      WHEN 'segment' THEN d.segment
      WHEN 'lead_source' THEN d.lead_source
      WHEN 'product' THEN d.product
      WHEN 'size_band' THEN d.size_band
      WHEN 'rep' THEN d.owner_id
    END AS value,
    CASE WHEN n.dimension = 'rep' THEN d.owner_name END AS name
  FROM (
    VALUES ('reason'), ('competitor'), ('stage_left'), ('segment'), ('lead_source'), ('product'), ('size_band'), ('rep')
  ) AS n (dimension)
  CROSS JOIN win_loss.deal AS d
  WHERE n.dimension <> 'reason' OR d.status = 'lost'
),
available AS (
  SELECT dimension, count(value) > 0 AS is_available FROM told GROUP BY dimension
),
counted AS (
  SELECT
    p.period,
    t.dimension,
    coalesce(t.value, 'not told') AS value,
    max(t.name) AS name,
    count(*) FILTER (WHERE t.status = 'won') AS won,
    count(*) FILTER (WHERE t.status = 'lost') AS lost,
    CAST(coalesce(sum(t.amount_at_stake) FILTER (WHERE t.status = 'won'), 0) AS DECIMAL(18,4)) AS won_amount,
    CAST(coalesce(sum(t.amount_at_stake) FILTER (WHERE t.status = 'lost'), 0) AS DECIMAL(18,4)) AS lost_amount
  FROM told AS t
  JOIN sales.period AS p ON t.closed_on >= p.period_start AND t.closed_on <= p.period_end
  GROUP BY p.period, t.dimension, coalesce(t.value, 'not told')
),
whole AS (
  SELECT period, dimension, sum(lost) AS lost, sum(lost_amount) AS lost_amount FROM counted GROUP BY period, dimension
),
named AS (
  SELECT period, dimension, value, name FROM counted
  UNION ALL
  SELECT p.period, c.dimension, c.value, c.name
  FROM counted AS c
  JOIN sales.period AS p ON p.period_before = c.period
),
entry AS (
  SELECT period, dimension, value, max(name) AS name FROM named GROUP BY period, dimension, value
),
compared AS (
  SELECT
    e.period,
    e.dimension,
    e.value,
    coalesce(e.name, e.value) AS label,
    wb.lost IS NOT NULL AS has_before,
    e.dimension <> 'reason' AS has_rate,
    coalesce(c.won, 0) AS won,
    coalesce(c.lost, 0) AS lost,
    coalesce(c.won_amount, 0.0000) AS won_amount,
    coalesce(c.lost_amount, 0.0000) AS lost_amount,
    coalesce(w.lost, 0) AS lost_in_all,
    w.lost_amount AS lost_amount_in_all,
    coalesce(b.won, 0) AS won_before,
    coalesce(b.lost, 0) AS lost_before,
    coalesce(b.won_amount, 0.0000) AS won_amount_before,
    coalesce(b.lost_amount, 0.0000) AS lost_amount_before,
    wb.lost AS lost_in_all_before
  FROM entry AS e
  JOIN sales.period AS p ON p.period = e.period
  LEFT JOIN counted AS c ON c.period = e.period AND c.dimension = e.dimension AND c.value = e.value
  LEFT JOIN whole AS w ON w.period = e.period AND w.dimension = e.dimension
  LEFT JOIN counted AS b ON b.period = p.period_before AND b.dimension = e.dimension AND b.value = e.value
  LEFT JOIN whole AS wb ON wb.period = p.period_before AND wb.dimension = e.dimension
),
rated AS (
  SELECT
    *,
    CASE WHEN has_rate THEN ratio(won, won + lost) END AS rate,
    CASE WHEN has_rate THEN wilson_lower(won, won + lost) END AS rate_lower,
    CASE WHEN has_rate THEN wilson_upper(won, won + lost) END AS rate_upper,
    CASE WHEN has_rate THEN ratio(won_before, won_before + lost_before) END AS rate_before,
    CASE WHEN has_rate THEN wilson_lower(won_before, won_before + lost_before) END AS rate_before_lower,
    CASE WHEN has_rate THEN wilson_upper(won_before, won_before + lost_before) END AS rate_before_upper
  FROM compared
)
SELECT
  r.period,
  p.kind AS period_kind,
  p.period_start,
  p.period_end,
  p.is_complete,
  r.dimension,
  r.value,
  r.label,
  row_number() OVER (PARTITION BY r.period, r.dimension ORDER BY r.won + r.lost DESC, r.value) AS place,
  a.is_available,
  CASE WHEN r.has_rate THEN r.won END AS won,
  r.lost,
  CAST(CASE WHEN r.has_rate THEN r.won_amount END AS DECIMAL(18,4)) AS won_amount,
  CAST(r.lost_amount AS DECIMAL(18,4)) AS lost_amount,
  r.rate AS win_rate,
  r.rate_lower AS win_rate_lower,
  r.rate_upper AS win_rate_upper,
  CASE WHEN r.has_rate THEN ratio(r.won_amount, r.won_amount + r.lost_amount) END AS win_rate_value,
  ratio(r.lost, r.lost_in_all) AS share_of_lost,
  wilson_lower(r.lost, r.lost_in_all) AS share_of_lost_lower,
  wilson_upper(r.lost, r.lost_in_all) AS share_of_lost_upper,
  ratio(r.lost_amount, r.lost_amount_in_all) AS share_of_lost_amount,
  CASE WHEN r.has_rate THEN r.won + r.lost ELSE r.lost_in_all END < 30 AS is_thin,
  CASE WHEN r.has_before AND r.has_rate THEN r.won_before END AS won_before,
  CASE WHEN r.has_before THEN r.lost_before END AS lost_before,
  CAST(CASE WHEN r.has_before AND r.has_rate THEN r.won_amount_before END AS DECIMAL(18,4)) AS won_amount_before,
  CAST(CASE WHEN r.has_before THEN r.lost_amount_before END AS DECIMAL(18,4)) AS lost_amount_before,
  r.rate_before AS win_rate_before,
  ratio(r.lost_before, r.lost_in_all_before) AS share_of_lost_before,
  CASE WHEN p.is_complete AND r.has_before AND r.has_rate THEN r.won - r.won_before END AS change_of_won,
  CASE WHEN p.is_complete AND r.has_before THEN r.lost - r.lost_before END AS change_of_lost,
  CAST(CASE WHEN p.is_complete AND r.has_before THEN r.lost_amount - r.lost_amount_before END AS DECIMAL(18,4)) AS change_of_lost_amount,
  r.rate - r.rate_before AS change_of_win_rate,
  r.rate - r.rate_before - sqrt(power(r.rate - r.rate_lower, 2) + power(r.rate_before_upper - r.rate_before, 2)) AS change_of_win_rate_lower,
  r.rate - r.rate_before + sqrt(power(r.rate_upper - r.rate, 2) + power(r.rate_before - r.rate_before_lower, 2)) AS change_of_win_rate_upper,
  ratio(r.lost, r.lost_in_all) - ratio(r.lost_before, r.lost_in_all_before) AS change_of_share_of_lost
FROM rated AS r
JOIN sales.period AS p ON p.period = r.period
JOIN available AS a ON a.dimension = r.dimension
