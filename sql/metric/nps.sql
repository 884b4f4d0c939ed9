/* ---
label: Net promoter score
description: Share of promoters (9 and 10) less that of detractors (0 to 6) of the answers on the NPS scale, by the day they were given (satisfaction); -100 % to 100 %
unit: percent
good: up
time: given_on
dimensions: [owner_id, owner_name, team, account_name, segment, industry, region, product]
--- */
-- One row is an answer on the NPS scale.
SELECT *, CASE WHEN score >= 9 THEN 1 WHEN score <= 6 THEN -1 ELSE 0 END AS numerator, 1 AS denominator
FROM sales.feedback
WHERE scale = 'nps'
