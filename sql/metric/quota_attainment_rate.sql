/* ---
label: Reps who reached quota
description: Share of the reps with a quota who reached it (quota_attainment_rate), by the last day of the quota
unit: percent
good: up
time: last_day
dimensions: [team]
aggregation: proportion
--- */
-- One row is a rep's quota; one of nothing is not counted.
SELECT team, last_day, CASE WHEN is_reached THEN 1 ELSE 0 END AS numerator, 1 AS denominator
FROM kpi.quota_attainment
WHERE scope = 'rep' AND quota > 0
