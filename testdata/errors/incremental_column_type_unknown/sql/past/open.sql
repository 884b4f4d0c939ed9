/* ---
materialize: incremental
columns:
  n: BIGNUM
--- */
SELECT count(*) AS n
FROM past.open
