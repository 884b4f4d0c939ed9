/* ---
label: Pipeline coverage
description: Open amount expected to close in the period by the quota that remains of it (coverage); NULL once the quota is met
unit: ratio
good: up
--- */
SELECT pipeline_value AS numerator, remaining_quota AS denominator
