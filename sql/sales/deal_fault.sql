/* ---
description: Faults in the data of deals, one rule each
materialize: table
checks:
  - unique: [deal_id, fault]
--- */
-- One row is a fault of a deal. Rules on open deals look at today; rules on closed ones at the trailing days.
-- A rule whose column no deal fills is not applied: kpi.hygiene says that it is not available.
WITH chance AS (
  SELECT s.pipeline, s.stage, s.rank, coalesce(own.probability, every.probability, s.default_probability) AS probability
  FROM crm.stage AS s
  LEFT JOIN setting.stage_probability AS own ON own.pipeline = s.pipeline AND own.stage = s.stage
  LEFT JOIN setting.stage_probability AS every ON every.pipeline IS NULL AND every.stage = s.stage
  WHERE s.kind = 'open'
),
stage_range AS (
  SELECT
    pipeline,
    stage,
    coalesce(lag(probability) OVER by_rank, 0.0) AS least_probability,
    coalesce(lead(probability) OVER by_rank, 1.0) AS most_probability
  FROM chance
  WHERE probability IS NOT NULL
  WINDOW by_rank AS (PARTITION BY pipeline ORDER BY rank)
),
present_stay AS (
  SELECT deal_id, pipeline, stage, entered_on FROM sales.stage_stay WHERE left_on IS NULL
),
open_deal AS (
  SELECT
    d.*,
    s.least_probability,
    s.most_probability,
    days_between(y.entered_on, current_date) > l.p90_days AS is_overstayed,
    count(d.last_activity_on) OVER () AS deals_with_activity,
    count(d.next_step) OVER () AS deals_with_next_step,
    count(*) OVER (PARTITION BY d.account_id, lower(trim(d.name))) AS deals_of_that_name
  FROM sales.deal AS d
  LEFT JOIN stage_range AS s ON s.pipeline = d.pipeline AND s.stage = d.stage
  LEFT JOIN present_stay AS y ON y.deal_id = d.deal_id AND y.pipeline = d.pipeline AND y.stage = d.stage
  LEFT JOIN sales.stage_limit AS l ON l.pipeline = d.pipeline AND l.stage = d.stage
  WHERE d.status = 'open'
),
closed_deal AS (
  SELECT d.*, count(d.lost_reason) OVER () AS deals_with_reason
  FROM sales.deal AS d
  WHERE d.status <> 'open' AND d.closed_on <= current_date AND days_between(d.closed_on, current_date) < setting('trailing_days')
),
found AS (
  SELECT deal_id, 'amount_missing' AS fault FROM open_deal WHERE amount IS NULL OR amount = 0
  UNION ALL
  SELECT deal_id, 'currency_missing' AS fault FROM open_deal WHERE amount <> 0 AND currency IS NULL
  UNION ALL
  SELECT deal_id, 'rate_missing' AS fault FROM open_deal WHERE amount IS NOT NULL AND currency IS NOT NULL AND amount_reporting IS NULL
  UNION ALL
  SELECT deal_id, 'expected_close_missing' AS fault FROM open_deal WHERE expected_close_on IS NULL
  UNION ALL
  SELECT deal_id, 'expected_close_past' AS fault FROM open_deal WHERE expected_close_on < current_date
  UNION ALL
  SELECT deal_id, 'expected_close_far' AS fault FROM open_deal WHERE days_between(current_date, expected_close_on) > setting('far_close_days')
  UNION ALL
  SELECT deal_id, 'activity_stale' AS fault
  FROM open_deal
  WHERE deals_with_activity > 0 AND days_between(coalesce(last_activity_on, created_on), current_date) > setting('silent_days')
  UNION ALL
  SELECT deal_id, 'next_step_missing' AS fault FROM open_deal WHERE deals_with_next_step > 0 AND next_step IS NULL
  UNION ALL
  SELECT deal_id, 'stage_overstayed' AS fault FROM open_deal WHERE is_overstayed
  UNION ALL
  SELECT deal_id, 'owner_inactive' AS fault FROM open_deal WHERE NOT owner_is_active
  UNION ALL
  SELECT deal_id, 'probability_contradicts_stage' AS fault
  FROM open_deal
  WHERE own_probability < least_probability OR own_probability > most_probability
  UNION ALL
  SELECT deal_id, 'name_duplicate' AS fault
  FROM open_deal
  WHERE deals_of_that_name > 1 AND account_id IS NOT NULL AND name IS NOT NULL
  UNION ALL
  SELECT deal_id, 'closed_before_created' AS fault FROM closed_deal WHERE closed_on < created_on
  UNION ALL
  SELECT deal_id, 'reason_missing' AS fault
  FROM closed_deal
  WHERE deals_with_reason > 0 AND status IN ('lost', 'disqualified') AND lost_reason IS NULL
)
SELECT
  d.deal_id,
  f.fault,
  d.status,
  d.name,
  d.account_name,
  d.owner_id,
  d.owner_name,
  d.stage,
  d.amount_at_stake
FROM found AS f
JOIN sales.deal AS d ON d.deal_id = f.deal_id
