/* ---
description: Products of deals, from their lines where they have any, else the one that the deal names
materialize: view
checks:
  - unique: [deal_id, line_no]
  - not_null: [deal_id, status, product, units]
--- */
-- One row is a line of a deal that counts; a deal without lines is one line, number 0, of its own product and amount. Amounts are in the reporting
-- currency, at the plan rate in force on the day of the run. Where no quantity is given a line counts as one unit.
SELECT
  d.deal_id,
  l.line_no,
  d.status,
  d.closed_on,
  d.region,
  coalesce(l.product, 'no product') AS product,
  CASE WHEN l.quantity > 0 THEN l.quantity ELSE CAST(1 AS DECIMAL(18,4)) END AS units,
  CAST(l.amount * r.rate AS DECIMAL(18,4)) AS amount_reporting
FROM sales.deal AS d
JOIN crm.deal_line AS l ON l.deal_id = d.deal_id
LEFT JOIN sales.plan_rate AS r ON r.currency = d.currency
UNION ALL
SELECT
  d.deal_id,
  CAST(0 AS INTEGER) AS line_no,
  d.status,
  d.closed_on,
  d.region,
  coalesce(d.product, 'no product') AS product,
  CAST(1 AS DECIMAL(18,4)) AS units,
  d.amount_reporting
FROM sales.deal AS d
LEFT ANTI JOIN crm.deal_line AS l ON l.deal_id = d.deal_id
