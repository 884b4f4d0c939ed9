/* ---
label: Amount
description: Amount
unit: money
time: created_on
--- */
SELECT *, amount AS value FROM crm.deal
