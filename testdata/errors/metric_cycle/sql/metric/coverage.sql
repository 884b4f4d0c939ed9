/* ---
label: Coverage
description: Pipeline by what is needed
unit: ratio
--- */
SELECT open_amount AS numerator, needed AS denominator
