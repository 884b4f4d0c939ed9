/* ---
description: Deals that no figure counts, each with the reason
materialize: table
checks:
  - unique: [deal_id]
  - not_null: [deal_id, kind]
  - accepted: {column: kind, values: [deleted, merged, excluded, vanished]}
--- */
-- One row is a deal that is left out: deleted, merged into another, excluded by hand, or vanished from the export.
-- Where several reasons hold, the first in that order stands.
WITH exclusion AS (
  SELECT entity, entity_id, coalesce(reason, 'no reason given') AS reason
  FROM crm.exclusion
  WHERE valid_from <= current_date AND (valid_to IS NULL OR valid_to > current_date)
),
cause AS (
  SELECT deal_id, 1 AS place, 'deleted' AS kind, 'deleted in the CRM' AS reason
  FROM crm.deal
  WHERE status = 'deleted'
  UNION ALL
  SELECT deal_id, 2 AS place, 'merged' AS kind, 'merged into another deal' AS reason
  FROM crm.deal
  WHERE status = 'merged'
  UNION ALL
  SELECT d.deal_id, 3 AS place, 'excluded' AS kind, e.reason
  FROM crm.deal AS d
  JOIN exclusion AS e ON e.entity = 'deal' AND e.entity_id = d.deal_id
  UNION ALL
  SELECT d.deal_id, 4 AS place, 'excluded' AS kind, e.reason
  FROM crm.deal AS d
  JOIN exclusion AS e ON e.entity = 'account' AND e.entity_id = d.account_id
  UNION ALL
  SELECT d.deal_id, 5 AS place, 'excluded' AS kind, e.reason
  FROM crm.deal AS d
  JOIN exclusion AS e ON e.entity = 'rep' AND e.entity_id = d.owner_id
),
first_cause AS (
  SELECT deal_id, kind, reason, row_number() OVER (PARTITION BY deal_id ORDER BY place, reason) AS nth
  FROM cause
),
gone AS (
  SELECT h.deal_id, h.valid_from, h.name, h.account_id, h.owner_id, h.status, h.amount, h.currency
  FROM crm.deal_history AS h
  LEFT ANTI JOIN crm.deal AS d ON d.deal_id = h.deal_id
),
vanished AS (
  SELECT g.*, row_number() OVER (PARTITION BY g.deal_id ORDER BY g.valid_from DESC) AS nth
  FROM gone AS g
),
left_out AS (
  SELECT d.deal_id, d.name, d.account_id, d.owner_id, d.status, d.amount, d.currency, c.kind, c.reason
  FROM first_cause AS c
  JOIN crm.deal AS d ON d.deal_id = c.deal_id
  WHERE c.nth = 1
  UNION ALL
  SELECT deal_id, name, account_id, owner_id, status, amount, currency, 'vanished' AS kind, 'no longer in the export' AS reason
  FROM vanished
  WHERE nth = 1
)
SELECT
  l.deal_id,
  l.name,
  l.account_id,
  l.owner_id,
  l.status,
  l.kind,
  l.reason,
  l.amount,
  l.currency,
  CAST(l.amount * r.rate AS DECIMAL(18,4)) AS amount_reporting
FROM left_out AS l
LEFT JOIN sales.plan_rate AS r ON r.currency = l.currency
