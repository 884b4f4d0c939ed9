/* ---
description: What past quarters were reported to have won, what is known now, and the difference by cause
materialize: table
checks:
  - unique: [scope, scope_id, quarter, line]
  - not_null: [scope, scope_id, quarter, line, kind, deals, amount]
  - accepted: {column: kind, values: [start, delta, end]}
--- */
-- One row is a line of a restatement: reported, the causes, known; of a fiscal quarter, for the company and for each team. Start and causes add up to
-- the end exactly. A deal counts in the team of its owner, as known then where it was reported and as known now where it is known; one that changed
-- teams leaves the one and joins the other at its reported amount (owner_moved), which cancels out in the company. A deal that was
-- edited and converted at another rate is in both lines. The deals behind a line are in restatement.deal.
WITH line AS (
  SELECT * FROM (
    VALUES
      ('reported', 0, 'start', 'Reported'),
      ('late_edit', 1, 'delta', 'Amount edited later'),
      ('back_dated', 2, 'delta', 'Closed in the quarter, recorded later'),
      ('closing_moved', 3, 'delta', 'Close moved from or to another quarter'),
      ('outcome_changed', 4, 'delta', 'Won turned into lost, or lost into won'),
      ('reopened', 5, 'delta', 'Opened again'),
      ('deleted', 6, 'delta', 'Deleted'),
      ('merged', 7, 'delta', 'Merged'),
      ('excluded', 8, 'delta', 'Excluded'),
      ('restored', 9, 'delta', 'Restored'),
      ('owner_moved', 10, 'delta', 'Owner in another team'),
      ('fx', 11, 'delta', 'Plan rates'),
      ('known', 12, 'end', 'Known now')
  ) AS v (line, place, kind, label)
),
booked AS (
  SELECT quarter, team_then AS team, 'reported' AS line, reported_amount AS amount FROM restatement.deal WHERE is_reported
  UNION ALL
  SELECT quarter, team_now AS team, 'known' AS line, known_amount AS amount FROM restatement.deal WHERE is_known
  UNION ALL
  SELECT quarter, coalesce(team_now, team_then) AS team, cause AS line, flow_amount AS amount FROM restatement.deal WHERE cause <> 'stays'
  UNION ALL
  SELECT quarter, team_now AS team, 'late_edit' AS line, edit_amount AS amount FROM restatement.deal WHERE edit_amount <> 0
  UNION ALL
  SELECT quarter, team_now AS team, 'fx' AS line, fx_amount AS amount FROM restatement.deal WHERE fx_amount <> 0
),
moved AS (
  SELECT quarter, team_then AS team, 'owner_moved' AS line, CAST(0 - reported_amount AS DECIMAL(18,4)) AS amount
  FROM restatement.deal
  WHERE cause = 'stays' AND team_then <> team_now
  UNION ALL
  SELECT quarter, team_now AS team, 'owner_moved' AS line, reported_amount AS amount
  FROM restatement.deal
  WHERE cause = 'stays' AND team_then <> team_now
),
scoped AS (
  SELECT 'company' AS scope, 'company' AS scope_id, quarter, line, amount FROM booked
  UNION ALL
  SELECT 'team' AS scope, team AS scope_id, quarter, line, amount FROM booked
  UNION ALL
  SELECT 'team' AS scope, team AS scope_id, quarter, line, amount FROM moved
),
summed AS (
  SELECT scope, scope_id, quarter, line, count(*) AS deals, sum(amount) AS amount FROM scoped GROUP BY scope, scope_id, quarter, line
),
told AS (
  SELECT DISTINCT scope, scope_id, quarter FROM scoped
),
quarter AS (
  SELECT DISTINCT quarter, quarter_start, quarter_end, snapshot_on FROM restatement.deal
)
SELECT
  t.scope,
  t.scope_id,
  t.quarter,
  q.quarter_start,
  q.quarter_end,
  q.snapshot_on,
  l.line,
  l.place,
  l.kind,
  l.label,
  coalesce(s.deals, 0) AS deals,
  CAST(coalesce(s.amount, 0) AS DECIMAL(18,4)) AS amount
FROM told AS t
JOIN quarter AS q ON q.quarter = t.quarter
CROSS JOIN line AS l
LEFT JOIN summed AS s ON s.scope = t.scope AND s.scope_id = t.scope_id AND s.quarter = t.quarter AND s.line = l.line
WHERE l.line <> 'owner_moved' OR t.scope = 'team'
