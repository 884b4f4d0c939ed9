/* ---
description: Win rates of deals with and without each type of activity, compared within the same segment and size band
materialize: table
checks:
  - unique: [type, band]
  - not_null: [type, band, compared_with, deals, won, deals_without, won_without, is_thin]
  - accepted: {column: compared_with, values: [none, some]}
  - between: {column: win_rate, min: 0, max: 1}
  - between: {column: lift, min: -1, max: 1}
--- */
-- One row is a type of activity and a band of how many of them a deal had before it closed. A band is compared with deals that had none of that
-- type (compared_with none), and band 0 with all that had some. deals, won and win_rate are those of all deals; what is named adjusted is of the
-- strata (segment and size band) in which there are deals of both kinds, so that big deals do not pose as meetings. The adjusted rates weigh the
-- strata as Mantel and Haenszel do, w = n1·n0 / (n1 + n0) (risk difference of Greenland & Robins 1985); lift is their difference. Its 95 %
-- interval is the stratified one of Newcombe (Yan & Su 2010): each adjusted rate has the Wilson interval of 1 / Σ(w² / n) deals, w adding up to 1,
-- and the two are joined by Newcombe's rule (1998, method 10). It says what goes with winning and not what makes it: deals that live longer gather
-- more activities. Fewer than 30 compared deals on either side are thin.
WITH side AS (
  SELECT type, band, segment, size_band, true AS has_it, is_won FROM win_loss.activity_count
  UNION ALL
  SELECT c.type, b.band, c.segment, c.size_band, false AS has_it, c.is_won
  FROM win_loss.activity_count AS c
  JOIN (VALUES ('0'), ('1–2'), ('3–5'), ('6+')) AS b (band) ON (b.band = '0') <> (c.band = '0')
  WHERE c.band = '0' OR b.band = '0'
),
stratum AS (
  SELECT
    type,
    band,
    segment,
    size_band,
    CAST(count(*) FILTER (WHERE has_it) AS DOUBLE) AS deals,
    CAST(count(*) FILTER (WHERE has_it AND is_won) AS DOUBLE) AS won,
    CAST(count(*) FILTER (WHERE NOT has_it) AS DOUBLE) AS deals_without,
    CAST(count(*) FILTER (WHERE NOT has_it AND is_won) AS DOUBLE) AS won_without
  FROM side
  GROUP BY type, band, segment, size_band
),
weighted AS (
  SELECT
    *,
    deals > 0 AND deals_without > 0 AS is_compared,
    deals * deals_without / (deals + deals_without) AS weight,
    sum(deals * deals_without / (deals + deals_without)) OVER (PARTITION BY type, band) AS weights
  FROM stratum
),
adjusted AS (
  SELECT
    type,
    band,
    CAST(sum(deals) AS BIGINT) AS deals,
    CAST(sum(won) AS BIGINT) AS won,
    CAST(sum(deals_without) AS BIGINT) AS deals_without,
    CAST(sum(won_without) AS BIGINT) AS won_without,
    count(*) FILTER (WHERE is_compared) AS strata,
    CAST(coalesce(sum(deals) FILTER (WHERE is_compared), 0) AS BIGINT) AS compared,
    CAST(coalesce(sum(deals_without) FILTER (WHERE is_compared), 0) AS BIGINT) AS compared_without,
    sum(weight / weights * won / deals) FILTER (WHERE is_compared) AS rate,
    sum(weight / weights * won_without / deals_without) FILTER (WHERE is_compared) AS rate_without,
    1 / sum(weight / weights * weight / weights / deals) FILTER (WHERE is_compared) AS trials,
    1 / sum(weight / weights * weight / weights / deals_without) FILTER (WHERE is_compared) AS trials_without
  FROM weighted
  GROUP BY type, band
),
bounded AS (
  SELECT
    *,
    wilson_lower(rate * trials, trials) AS rate_lower,
    wilson_upper(rate * trials, trials) AS rate_upper,
    wilson_lower(rate_without * trials_without, trials_without) AS rate_without_lower,
    wilson_upper(rate_without * trials_without, trials_without) AS rate_without_upper
  FROM adjusted
)
SELECT
  type,
  band,
  CASE band WHEN '0' THEN 'some' ELSE 'none' END AS compared_with,
  deals,
  won,
  ratio(won, deals) AS win_rate,
  wilson_lower(won, deals) AS win_rate_lower,
  wilson_upper(won, deals) AS win_rate_upper,
  deals_without,
  won_without,
  ratio(won_without, deals_without) AS win_rate_without,
  wilson_lower(won_without, deals_without) AS win_rate_without_lower,
  wilson_upper(won_without, deals_without) AS win_rate_without_upper,
  strata,
  compared AS adjusted_deals,
  compared_without AS adjusted_deals_without,
  rate AS adjusted_win_rate,
  rate_without AS adjusted_win_rate_without,
  rate - rate_without AS lift,
  rate - rate_without - sqrt(power(rate - rate_lower, 2) + power(rate_without_upper - rate_without, 2)) AS lift_lower,
  rate - rate_without + sqrt(power(rate_upper - rate, 2) + power(rate_without - rate_without_lower, 2)) AS lift_upper,
  least(compared, compared_without) < 30 AS is_thin
FROM bounded
WHERE deals > 0
