/* ---
label: Quota attainment
description: Credited won amount of the quota (quota_attainment), whole periods; NULL where there is no quota
unit: percent
good: up
--- */
SELECT credited_amount AS numerator, quota AS denominator
