/* ---
materialize: incremental
days_of: crm.deals
--- */
SELECT count(*) AS n FROM crm.deal
