/* ---
label: Remaining quota
description: Quota less the amount credited so far; NULL once it is met
unit: money
good: down
--- */
SELECT CASE WHEN quota > credited_amount THEN quota - credited_amount END AS value
