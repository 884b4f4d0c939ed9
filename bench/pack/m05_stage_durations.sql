-- One row is a segment and a stage that a deal was seen to leave.
-- The pack tells since when a deal has been in a stage, and not at all of those that stood there in the first export, and leaves out deals that have
-- vanished; the peers count the days between the exports that first show it there and elsewhere, of all deals. So here the stays are taken by
-- the day they were seen, and those of deals that have vanished are read from their versions.
WITH vanished AS (
  SELECT
    h.deal_id,
    h.segment,
    h.valid_from AS seen_on,
    CASE h.status WHEN 'open' THEN h.stage END AS stage,
    lag(h.stage) OVER (PARTITION BY h.deal_id ORDER BY h.valid_from) AS stage_before,
    h.stage AS stage_now
  FROM crm.deal_history AS h
  LEFT SEMI JOIN sales.deal_left_out AS l ON l.deal_id = h.deal_id
),
turn AS (
  SELECT s.deal_id, d.segment, s.seen_on, s.stage
  FROM sales.stage_stay AS s
  JOIN sales.deal AS d ON d.deal_id = s.deal_id
  UNION ALL
  SELECT c.deal_id, d.segment, c.seen_on, CAST(NULL AS TEXT) AS stage
  FROM sales.deal_closing AS c
  JOIN sales.deal AS d ON d.deal_id = c.deal_id
  UNION ALL
  SELECT deal_id, segment, seen_on, stage FROM vanished WHERE stage_now IS DISTINCT FROM stage_before
),
stay AS (
  SELECT segment, stage, CASE WHEN lead(deal_id) OVER in_order = deal_id THEN days_between(seen_on, lead(seen_on) OVER in_order) END AS days
  FROM turn
  WINDOW in_order AS (ORDER BY deal_id, seen_on)
)
SELECT
  segment,
  stage,
  count(*) AS n,
  avg(days) AS avg_days,
  quantile(CAST(days AS DOUBLE), 0.5) AS p50,
  quantile(CAST(days AS DOUBLE), 0.9) AS p90
FROM stay
WHERE stage IS NOT NULL AND days IS NOT NULL
GROUP BY segment, stage
