/* ---
description: Win rates side by side (win_rate.narrow, win_rate.broad, win_rate.of_total, win_rate.value) for the company, its teams and reps
materialize: table
checks:
  - unique: [scope, scope_id, period]
  - not_null: [scope, scope_id, period, won, lost, disqualified]
  - accepted: {column: scope, values: [company, team, rep]}
  - between: {column: narrow, min: 0, max: 1}
  - between: {column: broad, min: 0, max: 1}
  - between: {column: of_total, min: 0, max: 1}
  - expression: (value_lower <= value AND value <= value_upper) OR value_lower IS NULL
--- */
-- One row is the company, a team or a rep in a period in which it closed a deal. narrow is won of won and lost, broad counts the
-- disqualified too, of_total is won of all that was open at some time in the period, value is won of won and lost money, where a lost
-- deal counts the amount it had while it was last open. A rate of fewer deals than the setting thin_sample is thin.
-- The interval of value is over deals: won by lost money has the variance Σ won² / (Σ won)² + Σ lost² / (Σ lost)² on the logarithmic scale, times
-- n / (n − 1), by linearization (Cochran 1977, Sampling Techniques, chapter 6). Deals of one size make it the logit interval of counts (Woolf 1955),
-- a single large deal makes it wide. Where all money was won, or all was lost, it tells nothing of how far that holds, and is NULL.
WITH sliced AS (
  SELECT
    s.scope,
    CASE s.scope WHEN 'company' THEN 'company' WHEN 'team' THEN coalesce(d.team, 'no team') ELSE d.owner_id END AS scope_id,
    CASE s.scope WHEN 'company' THEN 'Company' WHEN 'team' THEN coalesce(d.team, 'no team') ELSE d.owner_name END AS name,
    d.team,
    d.status,
    d.amount_at_stake,
    d.created_on,
    d.closed_on
  FROM (VALUES ('company'), ('team'), ('rep')) AS s (scope)
  CROSS JOIN sales.deal AS d
),
closed AS (
  SELECT
    d.scope,
    d.scope_id,
    d.name,
    CASE WHEN d.scope = 'rep' THEN max(d.team) END AS team,
    p.period,
    count(*) FILTER (WHERE d.status = 'won') AS won,
    count(*) FILTER (WHERE d.status = 'lost') AS lost,
    count(*) FILTER (WHERE d.status = 'disqualified') AS disqualified,
    CAST(coalesce(sum(d.amount_at_stake) FILTER (WHERE d.status = 'won'), 0) AS DECIMAL(18,4)) AS won_amount,
    CAST(coalesce(sum(d.amount_at_stake) FILTER (WHERE d.status = 'lost'), 0) AS DECIMAL(18,4)) AS lost_amount,
    count(d.amount_at_stake) FILTER (WHERE d.status IN ('won', 'lost')) AS decided_with_amount,
    sum(d.amount_at_stake * d.amount_at_stake) FILTER (WHERE d.status = 'won') AS won_squares,
    sum(d.amount_at_stake * d.amount_at_stake) FILTER (WHERE d.status = 'lost') AS lost_squares
  FROM sliced AS d
  JOIN sales.period AS p ON d.closed_on >= p.period_start AND d.closed_on <= p.period_end
  WHERE d.status <> 'open'
  GROUP BY d.scope, d.scope_id, d.name, p.period
),
present AS (
  SELECT d.scope, d.scope_id, p.period, count(*) AS deals
  FROM sliced AS d
  JOIN sales.period AS p ON d.created_on <= p.period_end AND (d.closed_on IS NULL OR d.closed_on >= p.period_start)
  GROUP BY d.scope, d.scope_id, p.period
),
spread AS (
  SELECT
    scope,
    scope_id,
    period,
    ratio(won_amount, lost_amount) AS odds,
    exp(1.959964 * sqrt(
      (ratio(won_squares, won_amount * won_amount) + ratio(lost_squares, lost_amount * lost_amount))
        * ratio(decided_with_amount, decided_with_amount - 1)
    )) AS factor
  FROM closed
  WHERE won_amount > 0 AND lost_amount > 0
)
SELECT
  c.scope,
  c.scope_id,
  c.name,
  c.team,
  c.period,
  p.kind AS period_kind,
  p.period_start,
  p.period_end,
  p.is_complete,
  c.won,
  c.lost,
  c.disqualified,
  c.won + c.lost AS decided,
  c.won + c.lost + c.disqualified AS closed,
  t.deals AS present,
  ratio(c.won, c.won + c.lost) AS narrow,
  wilson_lower(c.won, c.won + c.lost) AS narrow_lower,
  wilson_upper(c.won, c.won + c.lost) AS narrow_upper,
  ratio(c.won, c.won + c.lost + c.disqualified) AS broad,
  wilson_lower(c.won, c.won + c.lost + c.disqualified) AS broad_lower,
  wilson_upper(c.won, c.won + c.lost + c.disqualified) AS broad_upper,
  ratio(c.won, t.deals) AS of_total,
  c.won_amount,
  c.lost_amount,
  ratio(c.won_amount, c.won_amount + c.lost_amount) AS value,
  s.odds / (s.odds + s.factor) AS value_lower,
  s.odds * s.factor / (s.odds * s.factor + 1) AS value_upper,
  c.won + c.lost < setting('thin_sample') AS is_thin
FROM closed AS c
JOIN sales.period AS p ON p.period = c.period
LEFT JOIN present AS t ON t.scope = c.scope AND t.scope_id = c.scope_id AND t.period = c.period
LEFT JOIN spread AS s ON s.scope = c.scope AND s.scope_id = c.scope_id AND s.period = c.period
