-- Our best deals.
/* ---
description: Deals that are large
--- */
SELECT deal_id FROM crm.deal WHERE amount > 1000
