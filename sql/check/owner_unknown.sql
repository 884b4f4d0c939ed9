/* ---
description: Deals whose owner is not in crm.rep
severity: warn
--- */
-- One row is a deal that counts whose owner is unknown. Where no rep is exported at all, there is nothing to compare with.
SELECT d.deal_id, d.owner_id
FROM sales.deal AS d
LEFT ANTI JOIN crm.rep AS r ON r.rep_id = d.owner_id
WHERE EXISTS (SELECT 1 FROM crm.rep)
