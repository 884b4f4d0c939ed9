/* ---
description: Leads with the score that their events give them, and when each was to be handed over to sales (lead score)
materialize: table
checks:
  - unique: [lead_id]
  - not_null: [lead_id, created_on]
--- */
-- One row is a lead that counts. Its score is the sum of the points of its events under the rules of setting.lead_rule; an event of a type without
-- a rule adds nothing and is counted as such. Events from after the day a lead became a deal stay out: what a customer does says nothing about leads.
-- It is to be handed over at the first moment at which the running score reached the threshold, whatever was taken off later.
-- Where no event of any lead is exported, scores are not available.
WITH told AS (
  SELECT count(*) > 0 AS of_events FROM crm.lead_event
),
event AS (
  SELECT e.event_id, e.lead_id, e.at, r.points
  FROM crm.lead_event AS e
  JOIN crm.lead AS l ON l.lead_id = e.lead_id
  LEFT JOIN setting.lead_rule AS r ON r.type = e.type
  WHERE CAST(e.at AS DATE) <= coalesce(l.converted_on, current_date)
),
running AS (
  SELECT
    lead_id,
    at,
    points,
    sum(points) OVER (PARTITION BY lead_id ORDER BY at, event_id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS score
  FROM event
),
scored AS (
  SELECT
    r.lead_id,
    count(*) AS events,
    count(*) FILTER (WHERE r.points IS NULL) AS events_without_rule,
    coalesce(sum(r.points), 0) AS score,
    min(CASE WHEN r.score >= setting('lead_handover_score') THEN r.at END) AS handover_at
  FROM running AS r
  GROUP BY r.lead_id
)
SELECT
  l.lead_id,
  l.lead_source,
  l.owner_id,
  l.owner_name,
  l.team,
  l.created_on,
  CASE WHEN t.of_events THEN coalesce(s.events, 0) END AS events,
  CASE WHEN t.of_events THEN coalesce(s.events_without_rule, 0) END AS events_without_rule,
  CASE WHEN t.of_events THEN coalesce(s.score, 0) END AS score,
  CASE WHEN t.of_events THEN s.handover_at IS NOT NULL END AS is_handed_over,
  s.handover_at,
  l.is_deal,
  l.is_won
FROM told AS t
CROSS JOIN sales.lead AS l
LEFT JOIN scored AS s ON s.lead_id = l.lead_id
