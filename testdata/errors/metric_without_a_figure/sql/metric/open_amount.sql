/* ---
label: Open amount
description: Amount of the open deals
unit: money
dimensions: [owner_id, stage]
--- */
-- One row is an open deal.
SELECT stage, amount
FROM crm.deal
WHERE status = 'open'
