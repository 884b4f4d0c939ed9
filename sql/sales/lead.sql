/* ---
description: Leads that count, how soon each was answered and engaged, and how far it came
materialize: view
--- */
-- One row is a lead. Excluded ones and those of excluded reps stay out. created_on is the day in UTC.
-- Minutes are those of the clock; an answer from before the lead came is a fault of the data and has none. A step that was skipped is taken.
-- Where no lead at all has an answer, an engagement or a step, the exports do not tell: whether one had it is then NULL.
-- is_won is of the deal that the lead became; one that is left out was not won.
WITH left_out AS (
  SELECT entity, entity_id
  FROM crm.exclusion
  WHERE valid_from <= current_date AND (valid_to IS NULL OR valid_to > current_date)
),
told AS (
  SELECT
    count(first_response_at) > 0 AS of_answers,
    count(first_engaged_at) > 0 AS of_engagement,
    count(mql_on) > 0 AS of_mql,
    count(sql_on) > 0 AS of_sql,
    count(converted_on) > 0 OR count(converted_deal_id) > 0 AS of_deals,
    count(converted_deal_id) > 0 AS of_wins
  FROM crm.lead
),
lead AS (
  SELECT
    l.*,
    l.converted_on IS NOT NULL OR l.converted_deal_id IS NOT NULL AS has_deal,
    (date_part('epoch', l.first_response_at) - date_part('epoch', l.created_at)) / 60 AS minutes_to_answer,
    (date_part('epoch', l.first_engaged_at) - date_part('epoch', l.created_at)) / 60 AS minutes_to_engage
  FROM crm.lead AS l
  LEFT ANTI JOIN left_out AS x ON x.entity = 'lead' AND x.entity_id = l.lead_id
  LEFT ANTI JOIN left_out AS y ON y.entity = 'rep' AND y.entity_id = l.owner_id
)
SELECT
  l.lead_id,
  l.source AS lead_source,
  l.owner_id,
  coalesce(o.name, l.owner_id) AS owner_name,
  o.team,
  coalesce(m.name, o.manager_id) AS manager_name,
  CAST(l.created_at AS DATE) AS created_on,
  CASE WHEN t.of_answers THEN l.first_response_at IS NOT NULL END AS is_answered,
  CASE WHEN l.minutes_to_answer >= 0 THEN l.minutes_to_answer END AS response_minutes,
  CASE WHEN t.of_engagement THEN l.first_engaged_at IS NOT NULL END AS is_engaged,
  CASE WHEN l.minutes_to_engage >= 0 THEN l.minutes_to_engage END AS engagement_minutes,
  CASE WHEN t.of_mql THEN l.mql_on IS NOT NULL OR l.sql_on IS NOT NULL OR l.has_deal END AS is_mql,
  CASE WHEN t.of_sql THEN l.sql_on IS NOT NULL OR l.has_deal END AS is_sql,
  CASE WHEN t.of_deals THEN l.has_deal END AS is_deal,
  CASE WHEN t.of_wins THEN coalesce(d.status = 'won', false) END AS is_won,
  l.converted_deal_id AS deal_id
FROM told AS t
CROSS JOIN lead AS l
LEFT JOIN crm.rep AS o ON o.rep_id = l.owner_id
LEFT JOIN crm.rep AS m ON m.rep_id = o.manager_id
LEFT JOIN sales.deal AS d ON d.deal_id = l.converted_deal_id
