/* ---
materialize: incremental
every: fortnight
--- */
SELECT count(*) AS n FROM crm.deal
