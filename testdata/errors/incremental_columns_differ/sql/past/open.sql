/* ---
materialize: incremental
columns: {n: INTEGER}
--- */
SELECT count(*) AS n
FROM past.open
