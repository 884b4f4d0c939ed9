/* ---
description: Faults in the data of deals, how often each occurs and what it is worth
materialize: table
checks:
  - unique: [fault]
  - not_null: [fault, label, is_available]
  - between: {column: share_of_deals, min: 0, max: 1}
--- */
-- One row is a rule of data hygiene, also when no deal breaks it; a rule that the exports cannot answer is not available.
WITH rule AS (
  SELECT * FROM (
    VALUES
      ('amount_missing', 1, 'open', 'No amount'),
      ('currency_missing', 2, 'open', 'No currency'),
      ('rate_missing', 3, 'open', 'No plan rate for the currency'),
      ('expected_close_missing', 4, 'open', 'No expected close'),
      ('expected_close_past', 5, 'open', 'Expected close in the past'),
      ('expected_close_far', 6, 'open', concat('Expected close over ', setting('far_close_days'), ' days away')),
      ('activity_stale', 7, 'open', concat('No activity for ', setting('silent_days'), ' days')),
      ('next_step_missing', 8, 'open', 'No next step'),
      ('stage_overstayed', 9, 'open', concat('In its stage longer than ', CAST(setting('age_percentile') * 100 AS BIGINT), ' % of won deals')),
      ('owner_inactive', 10, 'open', 'Owner has left'),
      ('probability_contradicts_stage', 11, 'open', 'Probability contradicts the stage'),
      ('name_duplicate', 12, 'open', 'Same name twice in an account'),
      ('closed_before_created', 13, 'closed', 'Closed before it was created'),
      ('reason_missing', 14, 'closed', 'Lost without a reason')
  ) AS v (fault, rank, applies_to, label)
),
limited AS (
  SELECT count(*) AS stages FROM sales.stage_limit
),
looked_at AS (
  SELECT
    d.*,
    CASE
      WHEN d.status = 'open' THEN 'open'
      WHEN d.closed_on <= current_date AND days_between(d.closed_on, current_date) < setting('trailing_days') THEN 'closed'
    END AS state
  FROM sales.deal AS d
),
base AS (
  SELECT
    count(*) FILTER (WHERE state = 'open') AS open_deals,
    sum(amount_at_stake) FILTER (WHERE state = 'open') AS open_amount,
    count(last_activity_on) FILTER (WHERE state = 'open') AS deals_with_activity,
    count(next_step) FILTER (WHERE state = 'open') AS deals_with_next_step,
    count(owner_is_active) FILTER (WHERE state = 'open') AS deals_with_known_owner,
    count(stage_probability) FILTER (WHERE state = 'open') AS deals_with_stage_probability,
    count(*) FILTER (WHERE state = 'closed') AS closed_deals,
    sum(amount_at_stake) FILTER (WHERE state = 'closed') AS closed_amount,
    count(lost_reason) FILTER (WHERE state = 'closed') AS deals_with_reason
  FROM looked_at
),
available AS (
  SELECT
    r.*,
    CASE r.fault
      WHEN 'activity_stale' THEN b.deals_with_activity > 0
      WHEN 'next_step_missing' THEN b.deals_with_next_step > 0
      WHEN 'stage_overstayed' THEN l.stages > 0
      WHEN 'owner_inactive' THEN b.deals_with_known_owner > 0
      WHEN 'probability_contradicts_stage' THEN b.deals_with_stage_probability > 0
      WHEN 'reason_missing' THEN b.deals_with_reason > 0
      ELSE true
    END AS is_available,
    CASE r.applies_to WHEN 'open' THEN b.open_deals ELSE b.closed_deals END AS of_deals,
    CASE r.applies_to WHEN 'open' THEN b.open_amount ELSE b.closed_amount END AS of_amount
  FROM rule AS r
  CROSS JOIN base AS b
  CROSS JOIN limited AS l
),
counted AS (
  SELECT fault, count(*) AS deals, sum(amount_at_stake) AS amount
  FROM sales.deal_fault
  GROUP BY fault
)
SELECT
  a.fault,
  a.rank,
  a.applies_to,
  a.label,
  a.is_available,
  CASE WHEN a.is_available THEN coalesce(c.deals, 0) END AS deals,
  CAST(CASE WHEN a.is_available THEN coalesce(c.amount, 0) END AS DECIMAL(18,4)) AS amount,
  a.of_deals,
  CAST(coalesce(a.of_amount, 0) AS DECIMAL(18,4)) AS of_amount,
  CASE WHEN a.is_available THEN ratio(coalesce(c.deals, 0), a.of_deals) END AS share_of_deals,
  CASE WHEN a.is_available THEN ratio(coalesce(c.amount, 0), a.of_amount) END AS share_of_amount
FROM available AS a
LEFT JOIN counted AS c ON c.fault = a.fault
