/* ---
description: How many of the leads of a time reached each step (MQL, SQL, deal, won), by source, beside those of the time before (lead_conversion)
materialize: table
checks:
  - unique: [span, scope, source, place]
  - not_null: [span, first_on, last_on, scope, place, step, leads, all_leads]
  - accepted: {column: scope, values: [all, source]}
  - between: {column: share, min: 0, max: 1}
  - between: {column: share_of_leads, min: 0, max: 1}
--- */
-- One row is a step that leads of a span reached, of all leads or of those of a source; a step that the exports tell nothing of has no row, and neither
-- has a span without leads. Spans are the fiscal quarters in which leads came, each held against the same quarter of the year before, and mature: the
-- leads of so many days (setting trailing_days) that have had lead_mature_days to become a deal, held against mature_before, as many days before.
-- share is of the leads at the step above, share_of_leads of all. change is the share less that of before, with the 95 % interval that Newcombe makes of
-- the two Wilson intervals (1998, method 10): where it does not hold 0, the shares differ beyond chance. What came before has had longer to be won.
WITH step AS (
  SELECT * FROM (VALUES (1, 'Lead'), (2, 'MQL'), (3, 'SQL'), (4, 'Deal'), (5, 'Won')) AS v (place, step)
),
span AS (
  SELECT DISTINCT
    fiscal_quarter(created_on) AS span,
    period_start(created_on, 'quarter') AS first_on,
    period_end(created_on, 'quarter') AS last_on,
    fiscal_quarter(period_start(created_on, 'quarter') - INTERVAL '1 year') AS span_before
  FROM sales.lead
  UNION ALL
  SELECT
    'mature' AS span,
    current_date - (setting('lead_mature_days') + setting('trailing_days') - 1) AS first_on,
    current_date - setting('lead_mature_days') AS last_on,
    'mature_before' AS span_before
  UNION ALL
  SELECT
    'mature_before' AS span,
    current_date - (setting('lead_mature_days') + 2 * setting('trailing_days') - 1) AS first_on,
    current_date - (setting('lead_mature_days') + setting('trailing_days')) AS last_on,
    CAST(NULL AS TEXT) AS span_before
),
scoped AS (
  SELECT 'all' AS scope, CAST(NULL AS TEXT) AS source, created_on, is_mql, is_sql, is_deal, is_won FROM sales.lead
  UNION ALL
  SELECT 'source' AS scope, coalesce(lead_source, 'no source') AS source, created_on, is_mql, is_sql, is_deal, is_won FROM sales.lead
),
taken AS (
  SELECT
    s.span,
    s.first_on,
    s.last_on,
    s.span_before,
    l.scope,
    l.source,
    t.place,
    t.step,
    CASE t.place WHEN 1 THEN true WHEN 2 THEN l.is_mql WHEN 3 THEN l.is_sql WHEN 4 THEN l.is_deal ELSE l.is_won END AS is_taken
  FROM scoped AS l
  JOIN span AS s ON l.created_on >= s.first_on AND l.created_on <= s.last_on
  CROSS JOIN step AS t
),
counted AS (
  SELECT span, first_on, last_on, span_before, scope, source, place, step, count(*) AS all_leads, count(*) FILTER (WHERE is_taken) AS leads
  FROM taken
  GROUP BY span, first_on, last_on, span_before, scope, source, place, step
  HAVING count(is_taken) > 0
),
held AS (
  SELECT c.*, lag(c.leads) OVER (PARTITION BY c.span, c.scope, c.source ORDER BY c.place) AS of_leads
  FROM counted AS c
),
shared AS (
  SELECT h.*, ratio(leads, of_leads) AS share, wilson_lower(leads, of_leads) AS share_lower, wilson_upper(leads, of_leads) AS share_upper
  FROM held AS h
)
SELECT
  n.span,
  n.first_on,
  n.last_on,
  n.last_on < current_date AS is_complete,
  n.last_on <= current_date - setting('lead_mature_days') AS is_mature,
  n.scope,
  n.source,
  n.place,
  n.step,
  n.all_leads,
  n.leads,
  ratio(n.leads, n.all_leads) AS share_of_leads,
  wilson_lower(n.leads, n.all_leads) AS share_of_leads_lower,
  wilson_upper(n.leads, n.all_leads) AS share_of_leads_upper,
  n.of_leads,
  n.share,
  n.share_lower,
  n.share_upper,
  b.leads AS leads_before,
  b.of_leads AS of_leads_before,
  b.share AS share_before,
  n.share - b.share AS change,
  n.share - b.share - sqrt(power(n.share - n.share_lower, 2) + power(b.share_upper - b.share, 2)) AS change_lower,
  n.share - b.share + sqrt(power(n.share_upper - n.share, 2) + power(b.share - b.share_lower, 2)) AS change_upper,
  n.of_leads < setting('thin_sample') AS is_thin
FROM shared AS n
LEFT JOIN shared AS b ON b.span = n.span_before AND b.scope = n.scope AND b.place = n.place AND b.source IS NOT DISTINCT FROM n.source
