-- One row is a day with an export, a region, a segment and a stage in which deals were open.
-- The pack tells of the ends of months and of today (sales.open_deal_then); every day is told by the versions of deals: what they add on the day
-- that they begin and take off on the day that they end, summed up along the days.
WITH state AS (
  SELECT h.valid_from, h.valid_to, a.region, h.segment, h.stage, h.amount, h.amount * h.probability AS weighted
  FROM crm.deal_history AS h
  JOIN crm.account AS a ON a.account_id = h.account_id
  WHERE h.status = 'open'
),
turn AS (
  SELECT valid_from AS day, region, segment, stage, 1 AS deals, amount, weighted FROM state
  UNION ALL
  SELECT valid_to AS day, region, segment, stage, -1 AS deals, -amount AS amount, -weighted AS weighted FROM state WHERE valid_to IS NOT NULL
),
net AS (
  SELECT
    day,
    region,
    segment,
    stage,
    sum(deals) AS deals,
    sum(CASE WHEN amount IS NOT NULL THEN deals END) AS deals_with_amount,
    sum(amount) AS amount,
    sum(weighted) AS weighted
  FROM turn
  GROUP BY day, region, segment, stage
),
slice AS (
  SELECT s.snapshot_on AS day, n.region, n.segment, n.stage
  FROM lake.snapshot AS s
  CROSS JOIN (SELECT DISTINCT region, segment, stage FROM net) AS n
  WHERE s.table_name = 'crm.deal'
),
standing AS (
  SELECT
    s.day,
    s.region,
    s.segment,
    s.stage,
    sum(n.deals) OVER up_to AS deals,
    sum(n.deals_with_amount) OVER up_to AS deals_with_amount,
    sum(n.amount) OVER up_to AS amount,
    sum(n.weighted) OVER up_to AS weighted
  FROM slice AS s
  LEFT JOIN net AS n ON n.day = s.day AND n.region = s.region AND n.segment = s.segment AND n.stage = s.stage
  WINDOW up_to AS (PARTITION BY s.region, s.segment, s.stage ORDER BY s.day)
)
SELECT
  day AS snapshot_date,
  region,
  segment,
  stage,
  deals AS n,
  CASE WHEN deals_with_amount > 0 THEN amount END AS amount,
  CASE WHEN deals_with_amount > 0 THEN CAST(weighted AS DOUBLE) END AS weighted
FROM standing
WHERE deals > 0
