/* ---
label: Coverage
description: Coverage of coverage
unit: ratio
--- */
SELECT coverage * 2 AS value
