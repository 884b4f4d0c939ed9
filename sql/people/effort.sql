/* ---
description: How reps spend their time and what their deals took, by period (selling_time, meetings, follow_ups)
materialize: table
checks:
  - unique: [owner_id, period]
  - not_null: [owner_id, period]
  - between: {column: selling_time, min: 0, max: 1}
--- */
-- One row is a rep in a period in which he logged an activity or closed a deal whose whole life lies within the log of activities.
-- Minutes are those of activities that took place, of known length, of which it is known whether they were selling. Meetings are those and demos,
-- held with prospects. Follow-ups are outbound activities on a deal before it closed, won beside lost; demos are held against the deals won.
-- What the exports do not tell is NULL: without a log of activities there are no rows.
WITH told AS (
  SELECT count(is_done) > 0 AS of_done FROM sales.activity
),
logged AS (
  SELECT
    owner_id,
    started_on AS day,
    count(*) AS activities,
    sum(duration_minutes) FILTER (WHERE is_selling IS NOT NULL) AS minutes,
    sum(duration_minutes) FILTER (WHERE is_selling) AS selling_minutes,
    count(*) FILTER (WHERE is_done AND is_prospect AND type IN ('meeting', 'demo')) AS meetings
  FROM sales.activity
  WHERE coalesce(is_done, true) AND owner_id IS NOT NULL AND started_on <= current_date
  GROUP BY owner_id, started_on
),
closed AS (
  SELECT d.owner_id, a.closed_on AS day, a.status, a.outbound, a.demos
  FROM sales.deal_activity AS a
  JOIN sales.deal AS d ON d.deal_id = a.deal_id
),
work AS (
  SELECT
    l.owner_id,
    p.period,
    sum(l.activities) AS activities,
    sum(l.minutes) AS minutes,
    coalesce(sum(l.selling_minutes), 0) AS selling_minutes,
    sum(l.meetings) AS meetings
  FROM logged AS l
  JOIN sales.period AS p ON l.day >= p.period_start AND l.day <= p.period_end
  GROUP BY l.owner_id, p.period
),
outcome AS (
  SELECT
    c.owner_id,
    p.period,
    count(*) FILTER (WHERE c.status = 'won') AS won,
    count(*) FILTER (WHERE c.status = 'lost') AS lost,
    sum(c.outbound) FILTER (WHERE c.status = 'won') AS follow_ups_won,
    sum(c.outbound) FILTER (WHERE c.status = 'lost') AS follow_ups_lost,
    sum(c.demos) AS demos
  FROM closed AS c
  JOIN sales.period AS p ON c.day >= p.period_start AND c.day <= p.period_end
  GROUP BY c.owner_id, p.period
)
SELECT
  coalesce(w.owner_id, o.owner_id) AS owner_id,
  coalesce(r.name, w.owner_id, o.owner_id) AS owner_name,
  r.team,
  r.manager_id,
  p.period,
  p.kind AS period_kind,
  p.period_start,
  p.period_end,
  p.is_complete,
  coalesce(w.activities, 0) AS activities,
  w.minutes,
  CASE WHEN w.minutes IS NOT NULL THEN w.selling_minutes END AS selling_minutes,
  ratio(w.selling_minutes, w.minutes) AS selling_time,
  CASE WHEN t.of_done THEN coalesce(w.meetings, 0) END AS meetings,
  coalesce(o.won, 0) AS won,
  coalesce(o.lost, 0) AS lost,
  ratio(o.follow_ups_won, o.won) AS follow_ups_per_win,
  ratio(o.follow_ups_lost, o.lost) AS follow_ups_per_loss,
  o.demos,
  ratio(o.demos, o.won) AS demos_per_win
FROM work AS w
FULL JOIN outcome AS o ON o.owner_id = w.owner_id AND o.period = w.period
JOIN sales.period AS p ON p.period = coalesce(w.period, o.period)
CROSS JOIN told AS t
LEFT JOIN crm.rep AS r ON r.rep_id = coalesce(w.owner_id, o.owner_id)
