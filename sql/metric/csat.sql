/* ---
label: Customer satisfaction
description: Mean score of the answers on the CSAT scale, by the day they were given (satisfaction)
unit: number
good: up
time: given_on
dimensions: [owner_id, owner_name, team, account_name, segment, industry, region, product]
--- */
-- One row is an answer on the CSAT scale.
SELECT *, score AS numerator, 1 AS denominator
FROM sales.feedback
WHERE scale = 'csat'
