/* ---
label: Coverage
description: Open amount in words
unit: ratio
--- */
SELECT concat(open_amount, ' USD') AS value
