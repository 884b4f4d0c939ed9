/* ---
description: Stays of deals in the stages they were open in, read from their versions
materialize: table
checks:
  - unique: [deal_id, seen_on]
  - not_null: [deal_id, seen_on, pipeline, stage, is_first]
  - expression: left_on >= entered_on
--- */
-- One row is a stay of a deal that counts in a stage, from the day it entered until it stood in another one, or closed; a return is another stay.
-- The day is what the CRM says the stage was entered on, where that lies between the versions that show it; else that of the snapshot that first
-- shows it. A deal that is first seen after the first snapshot came on the day it was created; when those of the first snapshot came is not known
-- unless the CRM says it. Of a deal that closes the close day ends the stay. left_on is NULL while it lasts.
-- Versions are compared with the one before in one pass over all of them in order: a window for each deal takes several times as long.
WITH beginning AS (
  SELECT min(valid_from) AS first_on FROM crm.deal_history
),
version AS (
  SELECT
    h.deal_id,
    h.valid_from,
    h.status,
    coalesce(h.pipeline, 'default') AS pipeline,
    h.stage,
    h.stage_entered_on,
    h.created_on,
    coalesce(lag(h.deal_id) OVER in_order = h.deal_id, false) AS is_later,
    lag(h.valid_from) OVER in_order AS seen_before,
    lag(h.status) OVER in_order AS status_before,
    lag(h.stage) OVER in_order AS stage_before,
    lag(coalesce(h.pipeline, 'default')) OVER in_order AS pipeline_before
  FROM crm.deal_history AS h
  LEFT SEMI JOIN sales.deal AS d ON d.deal_id = h.deal_id
  WHERE h.status IN ('open', 'won', 'lost', 'disqualified')
  WINDOW in_order AS (ORDER BY h.deal_id, h.valid_from)
),
changed AS (
  SELECT *
  FROM version
  WHERE NOT is_later
    OR (status = 'open') <> (status_before = 'open')
    OR (status = 'open' AND (stage <> stage_before OR pipeline <> pipeline_before))
),
turn AS (
  SELECT
    v.deal_id,
    v.valid_from,
    v.status,
    v.pipeline,
    v.stage,
    NOT v.is_later AS is_first,
    CASE
      WHEN v.status <> 'open' THEN c.closed_on
      WHEN v.stage_entered_on <= v.valid_from AND (NOT v.is_later OR v.stage_entered_on > v.seen_before) THEN v.stage_entered_on
      WHEN v.is_later THEN v.valid_from
      WHEN v.valid_from > b.first_on THEN least(v.created_on, v.valid_from)
    END AS turned_on
  FROM beginning AS b
  CROSS JOIN changed AS v
  LEFT JOIN sales.deal_closing AS c ON c.deal_id = v.deal_id AND c.seen_on = v.valid_from
),
stay AS (
  SELECT
    deal_id,
    valid_from AS seen_on,
    status,
    pipeline,
    stage,
    is_first,
    turned_on AS entered_on,
    CASE WHEN lead(deal_id) OVER in_order = deal_id THEN lead(turned_on) OVER in_order END AS turned_on,
    CASE WHEN lead(deal_id) OVER in_order = deal_id THEN lead(status) OVER in_order END AS turned_to
  FROM turn
  WINDOW in_order AS (ORDER BY deal_id, valid_from)
)
SELECT
  deal_id,
  seen_on,
  pipeline,
  stage,
  is_first,
  entered_on,
  CASE WHEN turned_to IS NOT NULL THEN greatest(turned_on, entered_on) END AS left_on,
  nullif(turned_to, 'open') AS closed_as
FROM stay
WHERE status = 'open'
