/* ---
description: How many leads of each band of scores became deals and were won, so that the rules of scoring can be judged (lead score)
materialize: view
checks:
  - unique: [band_no]
  - not_null: [band_no, band, leads]
--- */
-- One row is a band of setting.lead_band, up to where the next one begins; all are there, also those without leads. Counted are leads with a score
-- that are old enough to have become a deal: younger ones would make the bands they stand in look worse. Rules that sort well have conversions
-- that rise from band to band with intervals that do not overlap.
WITH band AS (
  SELECT
    row_number() OVER (ORDER BY from_score NULLS FIRST) AS band_no,
    name AS band,
    from_score,
    lead(from_score) OVER (ORDER BY from_score NULLS FIRST) AS below_score
  FROM setting.lead_band
),
mature AS (
  SELECT * FROM lead.score WHERE score IS NOT NULL AND created_on <= current_date - setting('lead_mature_days')
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
  leads < setting('thin_sample') AS is_thin
FROM counted
