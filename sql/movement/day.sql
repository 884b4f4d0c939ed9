/* ---
description: Waterfall of each day with an export of the running quarter, for it and for the next one, with the deals that moved
materialize: table
checks:
  - unique: [day, period, line, deal_id]
  - not_null: [day, period, start_day, line, deals, amount]
--- */
-- One row is a deal that moved on a line of a day's waterfall of a quarter; on start, end and unchanged one row is all their deals together.
-- A day reaches from the export before it to its own. The end of a day is the start of the next one, because each is as it was known then.
WITH booking AS (
  SELECT w.end_day AS day, w.period, w.start_day, b.*, b.line NOT IN ('start', 'end', 'unchanged') AS is_move
  FROM movement.booking AS b
  JOIN movement.window AS w ON w.window = b.window
  WHERE b.is_daily
)
SELECT
  day,
  period,
  start_day,
  line,
  CASE WHEN is_move THEN deal_id END AS deal_id,
  max(CASE WHEN is_move THEN deal_name END) AS deal_name,
  max(CASE WHEN is_move THEN account_name END) AS account_name,
  max(CASE WHEN is_move THEN owner_name END) AS owner_name,
  count(*) AS deals,
  CAST(sum(amount) AS DECIMAL(18,4)) AS amount
FROM booking
GROUP BY day, period, start_day, line, CASE WHEN is_move THEN deal_id END
