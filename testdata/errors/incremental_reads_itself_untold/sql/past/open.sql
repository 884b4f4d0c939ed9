/* ---
materialize: incremental
--- */
SELECT count(*) AS n
FROM past.open
