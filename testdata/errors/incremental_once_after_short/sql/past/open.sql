/* ---
materialize: incremental
every: month
once_after: {period: week, days: 7}
--- */
SELECT count(*) AS n FROM crm.deal
