/* ---
checks:
  - freshness: {column: amount, days: 3}
--- */
SELECT deal_id, amount FROM crm.deal
