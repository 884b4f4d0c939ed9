/* ---
description: What each tier of a rep's commission plan pays in a fiscal month, with the arithmetic (commission)
materialize: table
checks:
  - unique: [rep_id, month, from_attainment]
  - not_null: [rep_id, month, from_attainment, rate, base, mode]
  - accepted: {column: outcome, values: [paid, replaced, not_reached]}
  - expression: commission >= 0 AND commission <= uncapped
--- */
-- One row is a tier of the plan of a rep's role in a fiscal month; the plan is the one in force at the end of the month, or on the day of the run
-- while the month lasts, and before its first export the first one known. Read from left to right: commission = base_amount × rate, at most the cap.
-- A tier is reached when the credited amount is at least from_attainment of the target, from_amount. What it then pays on is the base_amount:
--   cliff        all revenue of the month (or the target), on top of what other tiers pay
--   marginal     the revenue from from_amount on up to where the next tier begins, whatever that tier's mode is
--   retroactive  all revenue of the month (or the target), in place of all lower tiers; a higher tier adds to it
-- A tier that a reached retroactive one stands above is replaced and pays nothing. A tier that cannot be told without a target has no outcome.
-- Where the exports tell no plan at all, those of setting.commission_plan are in force on every day.
WITH plan_seen AS (
  SELECT min(valid_from) AS first_on FROM crm.commission_plan_history
),
plan_version AS (
  SELECT role, from_attainment, rate, base, mode, cap, valid_from, valid_to FROM crm.commission_plan_history
  UNION ALL
  SELECT s.role, s.from_attainment, s.rate, s.base, s.mode, s.cap, CAST(NULL AS DATE) AS valid_from, CAST(NULL AS DATE) AS valid_to
  FROM setting.commission_plan AS s
  CROSS JOIN plan_seen AS f
  WHERE f.first_on IS NULL
),
plan AS (
  SELECT
    m.rep_id,
    m.month,
    p.from_attainment,
    lead(p.from_attainment) OVER (PARTITION BY m.rep_id, m.month ORDER BY p.from_attainment) AS until_attainment,
    p.rate,
    p.base,
    p.mode,
    p.cap,
    m.target,
    m.credited_amount
  FROM plan_seen AS f
  CROSS JOIN commission.rep_month AS m
  JOIN plan_version AS p
    ON p.role = m.role
    AND (p.valid_from IS NULL OR p.valid_from <= greatest(least(m.month_end, current_date), f.first_on))
    AND (p.valid_to IS NULL OR p.valid_to > greatest(least(m.month_end, current_date), f.first_on))
),
bounded AS (
  SELECT
    *,
    CAST(CASE WHEN from_attainment = 0 THEN 0 ELSE from_attainment * target END AS DECIMAL(18,4)) AS from_amount,
    CAST(until_attainment * target AS DECIMAL(18,4)) AS until_amount
  FROM plan
),
reached AS (
  SELECT
    *,
    credited_amount >= from_amount AS is_reached,
    max(CASE WHEN mode = 'retroactive' AND credited_amount >= from_amount THEN from_attainment END)
      OVER (PARTITION BY rep_id, month) AS retroactive_from,
    bool_and((credited_amount >= from_amount) IS NOT NULL) OVER (PARTITION BY rep_id, month) AS is_known
  FROM bounded
),
decided AS (
  SELECT
    *,
    CASE
      WHEN NOT is_known OR (base = 'target' AND target IS NULL) THEN CAST(NULL AS TEXT)
      WHEN NOT is_reached THEN 'not_reached'
      WHEN from_attainment < retroactive_from THEN 'replaced'
      ELSE 'paid'
    END AS outcome
  FROM reached
),
based AS (
  SELECT
    *,
    CAST(
      CASE
        WHEN outcome IS NULL THEN NULL
        WHEN outcome <> 'paid' THEN 0
        WHEN mode = 'marginal' THEN least(credited_amount, coalesce(until_amount, credited_amount)) - from_amount
        WHEN base = 'target' THEN target
        ELSE credited_amount
      END AS DECIMAL(18,4)
    ) AS base_amount
  FROM decided
),
paid AS (
  SELECT *, CAST(base_amount * rate AS DECIMAL(18,4)) AS uncapped FROM based
)
SELECT
  rep_id,
  month,
  from_attainment,
  until_attainment,
  mode,
  base,
  target,
  credited_amount,
  from_amount,
  until_amount,
  outcome,
  base_amount,
  rate,
  uncapped,
  cap,
  CASE WHEN uncapped > cap THEN cap ELSE uncapped END AS commission
FROM paid
