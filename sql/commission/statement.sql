/* ---
description: Commission of each rep and fiscal month by the plan of his role (commission)
materialize: table
checks:
  - unique: [rep_id, month]
  - not_null: [rep_id, month, deals, credited_amount]
  - accepted: {column: missing, values: [role, plan, target]}
  - expression: (commission IS NULL) = (missing IS NOT NULL)
--- */
-- One row is a rep in a fiscal month: the sum of what the tiers in commission.tier pay; the deals are in commission.deal.
-- Without a role, a plan for it, or a target that the plan needs there is no commission, and missing says which: it is then NULL, and not 0.
-- cut_off is what caps took off. amount_to_next is what is still to be credited in the month to reach the next tier.
WITH tier AS (
  SELECT
    rep_id,
    month,
    count(*) AS tiers,
    count(*) FILTER (WHERE outcome = 'paid') AS tiers_paid,
    count(outcome) = count(*) AS is_known,
    CAST(sum(uncapped) AS DECIMAL(18,4)) AS uncapped,
    CAST(sum(commission) AS DECIMAL(18,4)) AS commission,
    min(CASE outcome WHEN 'not_reached' THEN from_attainment END) AS next_attainment,
    min(CASE outcome WHEN 'not_reached' THEN from_amount END) AS next_amount
  FROM commission.tier
  GROUP BY rep_id, month
)
SELECT
  m.rep_id,
  m.rep_name,
  m.team,
  m.role,
  m.month,
  m.month_start,
  m.month_end,
  m.is_complete,
  m.target,
  m.deals,
  m.credited_amount,
  m.attainment,
  t.tiers,
  CASE WHEN t.is_known THEN t.tiers_paid END AS tiers_paid,
  CASE WHEN t.is_known THEN CAST(t.uncapped - t.commission AS DECIMAL(18,4)) END AS cut_off,
  CASE WHEN t.is_known THEN t.commission END AS commission,
  CASE
    WHEN m.role IS NULL THEN 'role'
    WHEN t.tiers IS NULL THEN 'plan'
    WHEN NOT t.is_known THEN 'target'
  END AS missing,
  CASE WHEN t.is_known THEN t.next_attainment END AS next_attainment,
  CASE WHEN t.is_known THEN CAST(t.next_amount - m.credited_amount AS DECIMAL(18,4)) END AS amount_to_next
FROM commission.rep_month AS m
LEFT JOIN tier AS t ON t.rep_id = m.rep_id AND t.month = m.month
