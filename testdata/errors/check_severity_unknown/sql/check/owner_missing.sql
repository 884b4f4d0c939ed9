/* ---
description: Deals without an owner
severity: fatal
--- */
SELECT deal_id FROM crm.deal WHERE owner_id IS NULL
