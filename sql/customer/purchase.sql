/* ---
description: Purchases of accounts, from orders where they are exported, else from deals won
materialize: table
checks:
  - unique: [purchase_id]
  - not_null: [purchase_id, source, account_id, bought_on]
  - accepted: {column: source, values: [order, deal]}
--- */
-- One row is a purchase of an account up to the day of the run: an order with all of its lines, or, where no order at all is exported, a won deal.
-- An order and the deal that led to it are the same purchase, which is why they are never mixed. Excluded accounts stay out, and so do purchases
-- without an account. Amounts are in the reporting currency, at the plan rate in force on the day of the run; NULL where no line has one.
WITH left_out AS (
  SELECT entity_id AS account_id
  FROM crm.exclusion
  WHERE entity = 'account' AND valid_from <= current_date AND (valid_to IS NULL OR valid_to > current_date)
)
SELECT
  concat('order ', l.order_id) AS purchase_id,
  'order' AS source,
  l.account_id,
  min(l.ordered_on) AS bought_on,
  CAST(sum(l.amount * r.rate) AS DECIMAL(18,4)) AS amount_reporting
FROM crm.order_line AS l
LEFT JOIN sales.plan_rate AS r ON r.currency = coalesce(l.currency, reporting_currency())
LEFT ANTI JOIN left_out AS x ON x.account_id = l.account_id
WHERE l.account_id IS NOT NULL AND l.ordered_on <= current_date
GROUP BY l.order_id, l.account_id
UNION ALL
SELECT concat('deal ', deal_id) AS purchase_id, 'deal' AS source, account_id, closed_on AS bought_on, amount_reporting
FROM sales.deal
WHERE status = 'won' AND account_id IS NOT NULL AND closed_on <= current_date AND NOT EXISTS (SELECT 1 FROM crm.order_line)
