/* ---
label: Recent
description: Amount
unit: money
--- */
SELECT trailing(amount, setting('trailing_dayz')) AS value
