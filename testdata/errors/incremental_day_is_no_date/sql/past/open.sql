/* ---
materialize: incremental
--- */
SELECT count(*) AS day FROM crm.deal
