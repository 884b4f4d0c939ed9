/* ---
checks:
  - references: {column: owner_id, table: crm.reps, key: rep_id}
--- */
SELECT deal_id, owner_id FROM crm.deal
