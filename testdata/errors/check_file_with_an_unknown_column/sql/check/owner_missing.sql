/* ---
description: Deals without an owner
severity: warn
--- */
SELECT deal_id FROM crm.deal WHERE ownerid IS NULL
