/* ---
label: Coverage
description: Open amount twice
unit: ratio
dimensions: [stage]
--- */
SELECT open_amount * 2 AS value
