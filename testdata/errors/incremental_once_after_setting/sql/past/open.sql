/* ---
materialize: incremental
every: week
once_after: {period: quarter, days: lead_mature_day}
--- */
SELECT count(*) AS n FROM crm.deal
