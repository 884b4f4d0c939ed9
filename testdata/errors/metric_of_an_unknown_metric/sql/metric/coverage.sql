/* ---
label: Coverage
description: Open amount by quota
unit: ratio
--- */
SELECT open_amout AS numerator, quota AS denominator
