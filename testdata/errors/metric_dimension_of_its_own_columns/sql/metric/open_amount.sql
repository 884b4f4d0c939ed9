/* ---
label: Open amount
description: Amount of the open deals
unit: money
dimensions: [stage, period]
--- */
-- One row is an open deal.
SELECT *, amount AS value
FROM crm.deal
WHERE status = 'open'
