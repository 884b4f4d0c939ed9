-- One row is a stage and an owner with open deals in it.
SELECT
  stage,
  owner_id,
  owner_name AS rep_name,
  count(*) AS n,
  sum(amount_reporting) AS amount,
  CAST(sum(weighted_amount) AS DOUBLE) AS weighted,
  avg(age_days) AS avg_age_days
FROM sales.deal
WHERE status = 'open'
GROUP BY stage, owner_id, owner_name
