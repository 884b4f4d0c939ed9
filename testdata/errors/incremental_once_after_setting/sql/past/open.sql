/* ---
materialize: incremental
every: week
once_after: {period: quarter, days: forecast_grace}
--- */
SELECT count(*) AS n FROM crm.deal
