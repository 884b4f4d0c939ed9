/* ---
label: Open amount
description: Amount of the open deals
unit: money
levels:
  - {where: scope = 'company', dimensions: []}
  - {where: stage IS NOT NULL, dimensions: [stage]}
--- */
-- One row is an open deal.
SELECT *, amount AS value
FROM crm.deal
WHERE status = 'open'
