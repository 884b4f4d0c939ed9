/* ---
every: week
--- */
SELECT count(*) AS n FROM crm.deal
