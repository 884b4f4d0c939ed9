/* ---
label: New customers
description: Accounts that won their first deal, by the day it closed; those that the CRM calls a customer since an earlier day are none
unit: count
good: up
time: closed_on
dimensions: [owner_id, owner_name, team, manager_name, territory_id, territory_name, region, segment, industry, pipeline, deal_type, lead_source, product]
--- */
-- One row is the first deal that an account won.
SELECT d.*, 1 AS value
FROM (
  SELECT *, row_number() OVER (PARTITION BY account_id ORDER BY closed_on, deal_id) AS place
  FROM sales.deal
  WHERE status = 'won' AND account_id IS NOT NULL
) AS d
LEFT JOIN crm.account AS a ON a.account_id = d.account_id
WHERE d.place = 1 AND (a.first_won_on IS NULL OR a.first_won_on >= d.closed_on)
