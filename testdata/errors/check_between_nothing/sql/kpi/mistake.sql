/* ---
checks:
  - between: {column: amount, min: 5, max: 1}
--- */
SELECT deal_id, amount FROM crm.deal
