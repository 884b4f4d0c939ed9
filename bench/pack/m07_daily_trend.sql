-- One row is a day with an export, a region, a segment and a stage in which deals were open.
-- The pack tells of the ends of months and of today (sales.open_deal_then); every day is told by the versions of deals: what they add on the day
-- that they begin and take off on the day that they end, summed up along the days.
-- Deals have the segment of their account here.
WITH state AS (
  SELECT h.valid_from, h.valid_to, a.region, a.segment, h.stage, h.amount, h.amount * h.probability AS weighted
  FROM crm.deal_history AS h
  JOIN crm.account AS a ON a.account_id = h.account_id
  WHERE h.status = 'open'
),
turn AS (
  SELECT
    CASE x.deals WHEN 1 THEN s.valid_from ELSE s.valid_to END AS day,
    s.region,
    s.segment,
    s.stage,
    x.deals,
    CASE x.deals WHEN 1 THEN s.amount ELSE -s.amount END AS amount,
    CASE x.deals WHEN 1 THEN s.weighted ELSE -s.weighted END AS weighted
  FROM (VALUES (1), (-1)) AS x (deals)
  CROSS JOIN state AS s
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
  SELECT s.snapshot_on AS day, a.region, a.segment, k.stage
  FROM (SELECT DISTINCT region, segment FROM crm.account) AS a
  CROSS JOIN crm.stage AS k
  CROSS JOIN lake.snapshot AS s
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
