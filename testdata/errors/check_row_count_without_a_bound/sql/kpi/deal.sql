/* ---
checks:
  - row_count: {}
--- */
SELECT deal_id, amount FROM crm.deal
