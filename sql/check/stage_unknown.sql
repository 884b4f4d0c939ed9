/* ---
description: Open deals in a stage that is not in crm.stage
severity: warn
--- */
-- One row is an open deal without a place in its pipeline. Where no stage is exported at all, there is nothing to compare with.
SELECT d.deal_id, d.pipeline, d.stage
FROM sales.deal AS d
LEFT ANTI JOIN crm.stage AS s ON s.pipeline = d.pipeline AND s.stage = d.stage
WHERE d.status = 'open' AND EXISTS (SELECT 1 FROM crm.stage)
