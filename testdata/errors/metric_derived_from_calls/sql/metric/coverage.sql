/* ---
label: Coverage
description: Open amount by win rate
unit: ratio
--- */
SELECT a.value / b.value AS value
FROM metric('open_amount') AS a CROSS JOIN metric('win_rate') AS b
