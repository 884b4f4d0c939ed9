-- One row is a day with an export, a region, a segment and what became of deals that were open on that day or the one before.
-- movement.day tells of the deals expected to close in the running quarter and the next; all deals of all days are told by their versions: where one
-- begins or ends is a move (bench.daily_move), and those that go on are the open ones less those that begin.
WITH net AS (
  SELECT
    day,
    region,
    segment,
    sum(open_after - open_before) AS deals,
    sum(open_after) AS begun,
    sum(closing - opening) AS amount,
    sum(closing) AS begun_amount
  FROM bench.daily_move
  GROUP BY day, region, segment
),
slice AS (
  SELECT s.snapshot_on AS day, n.region, n.segment
  FROM (SELECT DISTINCT region, segment FROM net) AS n
  CROSS JOIN lake.snapshot AS s
  WHERE s.table_name = 'crm.deal'
),
lasting AS (
  SELECT
    s.day,
    s.region,
    s.segment,
    sum(n.deals) OVER up_to - coalesce(n.begun, 0) AS deals,
    CAST(sum(n.amount) OVER up_to - coalesce(n.begun_amount, 0) AS DECIMAL(18,4)) AS amount
  FROM slice AS s
  LEFT JOIN net AS n ON n.day = s.day AND n.region = s.region AND n.segment = s.segment
  WINDOW up_to AS (PARTITION BY s.region, s.segment ORDER BY s.day)
),
booked AS (
  SELECT day, region, segment, category, deals, opening, closing FROM bench.daily_move
  UNION ALL
  SELECT day, region, segment, 'unchanged' AS category, deals, amount AS opening, amount AS closing FROM lasting WHERE deals > 0
)
SELECT
  day AS snapshot_date,
  region,
  segment,
  category,
  sum(deals) AS n,
  sum(opening) AS opening,
  sum(closing) AS closing,
  sum(closing - opening) AS delta
FROM booked
WHERE day > (SELECT min(snapshot_on) FROM lake.snapshot WHERE table_name = 'crm.deal')
GROUP BY day, region, segment, category
