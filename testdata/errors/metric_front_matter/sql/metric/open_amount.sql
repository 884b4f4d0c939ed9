/* ---
label: Open amount
description: Amount of the open deals
unit: dollars
dimension: [stage]
dimensions: [owner_id, stage]
--- */
-- One row is an open deal.
SELECT *, amount AS value
FROM crm.deal
WHERE status = 'open'
