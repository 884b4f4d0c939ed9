/* ---
checks:
  - expression: amont >= 0
--- */
SELECT deal_id, amount FROM crm.deal
