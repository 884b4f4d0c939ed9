/* ---
description: Answers of customers to surveys, with the account and who owns what they are about
materialize: view
--- */
-- One row is an answer. One about a deal that is left out stays out; whose it is, is told by its deal, else by its account.
SELECT
  f.feedback_id,
  f.scale,
  f.score,
  f.given_on,
  f.account_id,
  f.deal_id,
  coalesce(d.owner_id, a.owner_id) AS owner_id,
  coalesce(o.name, d.owner_id, a.owner_id) AS owner_name,
  o.team,
  a.name AS account_name,
  coalesce(d.segment, a.segment) AS segment,
  a.industry,
  coalesce(d.region, a.region) AS region,
  d.product
FROM crm.feedback AS f
LEFT ANTI JOIN sales.deal_left_out AS l ON l.deal_id = f.deal_id
LEFT JOIN sales.deal AS d ON d.deal_id = f.deal_id
LEFT JOIN crm.account AS a ON a.account_id = coalesce(f.account_id, d.account_id)
LEFT JOIN crm.rep AS o ON o.rep_id = coalesce(d.owner_id, a.owner_id)
