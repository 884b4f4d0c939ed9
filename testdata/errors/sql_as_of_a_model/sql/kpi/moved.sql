-- One row is the company, two weeks ago and on the day of the run.
SELECT was.amount AS amount_before, now.amount
FROM as_of('kpi.total', current_date - INTERVAL '14 days') AS was, kpi.total AS now
