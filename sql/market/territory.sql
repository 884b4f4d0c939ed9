/* ---
description: Territories on the day of the run, each with all below it; accounts, reps, open pipeline, and how far it is in the running quarter
materialize: table
checks:
  - unique: [territory_id]
  - not_null: [territory_name, quarter, accounts, reps, open_deals, open_amount, won_amount]
--- */
-- One row is a territory with all territories that lie in it, at any depth; columns named own_ are of the territory itself. What has no territory
-- stands in a row without territory_id, where there is any: with the territories of level 0 it adds up to the company. Of territories that lie in
-- each other in a circle each has all of the circle.
-- A deal is in its own territory, else in that of its account, else in that of its owner. Reps are the active ones, without managers: nobody reports
-- to them. Excluded accounts and reps stay out. expected_amount is of open deals that are expected to close in the running quarter.
WITH left_out AS (
  SELECT entity, entity_id
  FROM crm.exclusion
  WHERE valid_from <= current_date AND (valid_to IS NULL OR valid_to > current_date)
),
account AS (
  SELECT a.territory_id, count(*) AS accounts
  FROM crm.account AS a
  LEFT ANTI JOIN left_out AS x ON x.entity = 'account' AND x.entity_id = a.account_id
  GROUP BY a.territory_id
),
rep AS (
  SELECT r.territory_id, count(*) AS reps
  FROM crm.rep AS r
  LEFT ANTI JOIN left_out AS x ON x.entity = 'rep' AND x.entity_id = r.rep_id
  LEFT ANTI JOIN crm.rep AS b ON b.manager_id = r.rep_id
  WHERE coalesce(r.is_active, true)
  GROUP BY r.territory_id
),
pipeline AS (
  SELECT
    territory_id,
    count(*) AS deals,
    sum(amount_reporting) AS amount,
    sum(weighted_amount) AS weighted_amount,
    sum(amount_reporting) FILTER (WHERE expected_quarter = fiscal_quarter(current_date)) AS expected_amount
  FROM sales.deal
  WHERE status = 'open'
  GROUP BY territory_id
),
whole AS (
  SELECT territory_id FROM account
  UNION
  SELECT territory_id FROM rep
  UNION
  SELECT territory_id FROM pipeline
),
part AS (
  SELECT
    w.territory_id,
    coalesce(a.accounts, 0) AS accounts,
    coalesce(r.reps, 0) AS reps,
    coalesce(p.deals, 0) AS open_deals,
    coalesce(p.amount, 0) AS open_amount,
    coalesce(p.weighted_amount, 0) AS weighted_amount,
    coalesce(p.expected_amount, 0) AS expected_amount
  FROM whole AS w
  LEFT JOIN account AS a ON a.territory_id IS NOT DISTINCT FROM w.territory_id
  LEFT JOIN rep AS r ON r.territory_id IS NOT DISTINCT FROM w.territory_id
  LEFT JOIN pipeline AS p ON p.territory_id IS NOT DISTINCT FROM w.territory_id
),
rolled_up AS (
  SELECT
    t.above_id AS territory_id,
    sum(p.accounts) AS accounts,
    sum(CASE WHEN coalesce(t.depth, 0) = 0 THEN p.accounts ELSE 0 END) AS own_accounts,
    sum(p.reps) AS reps,
    sum(CASE WHEN coalesce(t.depth, 0) = 0 THEN p.reps ELSE 0 END) AS own_reps,
    sum(p.open_deals) AS open_deals,
    sum(p.open_amount) AS open_amount,
    sum(CASE WHEN coalesce(t.depth, 0) = 0 THEN p.open_amount ELSE 0 END) AS own_open_amount,
    sum(p.weighted_amount) AS weighted_amount,
    sum(p.expected_amount) AS expected_amount
  FROM part AS p
  LEFT JOIN sales.territory_tree AS t ON t.territory_id = p.territory_id
  GROUP BY t.above_id
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
  WHERE EXISTS (SELECT 1 FROM rolled_up WHERE territory_id IS NULL) OR EXISTS (SELECT 1 FROM sales.deal WHERE territory_id IS NULL)
),
running AS (
  SELECT territory_id, won, won_amount, own_won_amount, quota, quota_is_own, attainment
  FROM market.territory_quarter
  WHERE quarter = fiscal_quarter(current_date)
)
SELECT
  p.territory_id,
  p.territory_name,
  p.parent_id,
  p.level,
  p.region,
  fiscal_quarter(current_date) AS quarter,
  coalesce(c.accounts, 0) AS accounts,
  coalesce(c.own_accounts, 0) AS own_accounts,
  coalesce(c.reps, 0) AS reps,
  coalesce(c.own_reps, 0) AS own_reps,
  ratio(c.accounts, c.reps) AS accounts_per_rep,
  coalesce(c.open_deals, 0) AS open_deals,
  CAST(coalesce(c.open_amount, 0) AS DECIMAL(18,4)) AS open_amount,
  CAST(coalesce(c.own_open_amount, 0) AS DECIMAL(18,4)) AS own_open_amount,
  CAST(coalesce(c.weighted_amount, 0) AS DECIMAL(18,4)) AS weighted_amount,
  CAST(coalesce(c.expected_amount, 0) AS DECIMAL(18,4)) AS expected_amount,
  coalesce(w.won, 0) AS won,
  CAST(coalesce(w.won_amount, 0) AS DECIMAL(18,4)) AS won_amount,
  CAST(coalesce(w.own_won_amount, 0) AS DECIMAL(18,4)) AS own_won_amount,
  w.quota,
  w.quota_is_own,
  w.attainment,
  CASE WHEN w.quota > w.won_amount THEN ratio(coalesce(c.expected_amount, 0), w.quota - w.won_amount) END AS coverage,
  CAST(safe_divide(w.quota, c.reps) AS DECIMAL(18,4)) AS quota_per_rep
FROM place AS p
LEFT JOIN rolled_up AS c ON c.territory_id IS NOT DISTINCT FROM p.territory_id
LEFT JOIN running AS w ON w.territory_id IS NOT DISTINCT FROM p.territory_id
