/* ---
description: The open pipeline as one figure
materialize: table
--- */
-- One row is the company on the day of the run.
SELECT current_date AS day, count(*) AS stages coalesce(sum(deals), 0) AS deals, coalesce(sum(amount), 0) AS amount
FROM kpi.pipeline
