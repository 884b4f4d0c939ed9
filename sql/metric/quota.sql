/* ---
label: Quota
description: Booking target in force, each day with its share of it; set for the company, its teams and reps, which need not add up
unit: money
time: day
without_rows: unknown
levels:
  - {where: scope = 'company', dimensions: []}
  - {where: scope = 'team', dimensions: [team]}
  - {where: scope = 'rep', dimensions: [owner_id, owner_name, team]}
--- */
-- One row is a day of a quota of the company, a team or a rep.
SELECT scope, scope_id AS owner_id, name AS owner_name, nullif(team, 'no team') AS team, day, amount AS value
FROM sales.quota_day
