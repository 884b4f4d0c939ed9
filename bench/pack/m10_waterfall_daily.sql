-- One row is a day with an export, a region, a segment and what became of deals that were open on that day or the one before.
-- movement.day tells of the deals expected to close in the running quarter and the next; all deals of all days are told by their versions: a version
-- that begins or ends is a move, and those that go on are the open ones less those that begin.
WITH version AS (
  SELECT
    h.deal_id,
    h.valid_from,
    h.valid_to,
    a.region,
    h.segment,
    h.status,
    h.amount,
    lag(h.valid_to) OVER by_deal AS before_to,
    lag(h.status) OVER by_deal AS status_before,
    lag(h.amount) OVER by_deal AS amount_before,
    lead(h.valid_from) OVER by_deal AS next_from
  FROM crm.deal_history AS h
  JOIN crm.account AS a ON a.account_id = h.account_id
  WINDOW by_deal AS (PARTITION BY h.deal_id ORDER BY h.valid_from)
),
moved AS (
  SELECT
    valid_from AS day,
    region,
    segment,
    CASE
      WHEN before_to IS DISTINCT FROM valid_from THEN 'created'
      WHEN status_before = 'open' AND status = 'won' THEN 'won'
      WHEN status_before = 'open' AND status = 'lost' THEN 'lost'
      WHEN status_before <> 'open' THEN 'reopened'
      WHEN amount > amount_before THEN 'increased'
      WHEN amount < amount_before THEN 'decreased'
      ELSE 'unchanged'
    END AS category,
    1 AS deals,
    CASE WHEN before_to = valid_from AND status_before = 'open' THEN coalesce(amount_before, 0) ELSE 0 END AS opening,
    CASE status WHEN 'open' THEN coalesce(amount, 0) ELSE 0 END AS closing
  FROM version
  WHERE status = 'open' OR (before_to = valid_from AND status_before = 'open')
  UNION ALL
  SELECT valid_to AS day, region, segment, 'deleted' AS category, 1 AS deals, coalesce(amount, 0) AS opening, 0 AS closing
  FROM version
  WHERE status = 'open' AND valid_to IS NOT NULL AND next_from IS DISTINCT FROM valid_to
),
turn AS (
  SELECT valid_from AS day, region, segment, 1 AS begun, 1 AS deals, coalesce(amount, 0) AS begun_amount, coalesce(amount, 0) AS amount
  FROM version
  WHERE status = 'open'
  UNION ALL
  SELECT valid_to AS day, region, segment, 0 AS begun, -1 AS deals, 0 AS begun_amount, -coalesce(amount, 0) AS amount
  FROM version
  WHERE status = 'open' AND valid_to IS NOT NULL
),
net AS (
  SELECT day, region, segment, sum(begun) AS begun, sum(deals) AS deals, sum(begun_amount) AS begun_amount, sum(amount) AS amount
  FROM turn
  GROUP BY day, region, segment
),
slice AS (
  SELECT s.snapshot_on AS day, n.region, n.segment
  FROM lake.snapshot AS s
  CROSS JOIN (SELECT DISTINCT region, segment FROM net) AS n
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
  SELECT day, region, segment, category, deals, opening, closing FROM moved
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
