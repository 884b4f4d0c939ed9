/* ---
description: How many leads of each band of scores became deals and were won, so that the rules of scoring can be judged (lead score)
materialize: view
checks:
  - unique: [band_no]
  - not_null: [band_no, band, leads]
--- */
-- One row is a band of scores; all bands are there, also those without leads. Counted are leads with a score that are old enough to have become a
-- deal: younger ones would make the bands they stand in look worse. Rules that sort well have conversions that rise from band to band with
-- intervals that do not overlap. Fewer than 30 leads are thin.
WITH setting AS (
  SELECT 90 AS mature_days -- days: a lead younger than this is not counted
),
band AS (
  SELECT band_no, band, from_score, below_score -- points: a band has the scores from from_score on that are below below_score; NULL is no bound
  FROM (
    VALUES (1, 'below 0', NULL, 0), (2, '0 to 9', 0, 10), (3, '10 to 19', 10, 20), (4, '20 to 29', 20, 30), (5, '30 and more', 30, NULL)
  ) AS b (band_no, band, from_score, below_score)
),
mature AS (
  SELECT l.*
  FROM lead.score AS l
  CROSS JOIN setting AS s
  WHERE l.score IS NOT NULL AND days_between(l.created_on, current_date) >= s.mature_days
),
counted AS (
  SELECT
    b.band_no,
    b.band,
    b.from_score,
    count(l.lead_id) AS leads,
    count(l.is_deal) AS leads_of_deals,
    count(*) FILTER (WHERE l.is_deal) AS deals,
    count(l.is_won) AS leads_of_wins,
    count(*) FILTER (WHERE l.is_won) AS wins
  FROM band AS b
  LEFT JOIN mature AS l ON (b.from_score IS NULL OR l.score >= b.from_score) AND (b.below_score IS NULL OR l.score < b.below_score)
  GROUP BY b.band_no, b.band, b.from_score
)
SELECT
  band_no,
  band,
  from_score,
  leads,
  CASE WHEN leads_of_deals > 0 THEN deals END AS deals,
  ratio(deals, leads_of_deals) AS conversion,
  wilson_lower(deals, leads_of_deals) AS conversion_lower,
  wilson_upper(deals, leads_of_deals) AS conversion_upper,
  CASE WHEN leads_of_wins > 0 THEN wins END AS wins,
  ratio(wins, leads_of_wins) AS win_share,
  wilson_lower(wins, leads_of_wins) AS win_share_lower,
  wilson_upper(wins, leads_of_wins) AS win_share_upper,
  leads < 30 AS is_thin
FROM counted
