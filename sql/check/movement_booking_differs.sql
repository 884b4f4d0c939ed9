/* ---
description: The won line of a waterfall is not what was booked of its period in the window, or its end is not the open pipeline
severity: error
--- */
-- One row is a window up to today's export whose won or end line differs from sales.deal; there must be none. Booked in the window is what counts as
-- won in the period today and did not on the first day.
WITH today AS (
  SELECT * FROM movement.window WHERE is_available AND end_day = current_date
),
known AS (
  SELECT
    t.window,
    CAST(coalesce(sum(d.amount_reporting) FILTER (WHERE d.status = 'won' AND s.deal_id IS NULL), 0) AS DECIMAL(18,4)) AS won,
    CAST(coalesce(sum(d.amount_reporting) FILTER (WHERE d.status = 'open'), 0) AS DECIMAL(18,4)) AS open
  FROM today AS t
  LEFT JOIN sales.deal AS d
    ON (d.status = 'won' AND d.closed_on BETWEEN t.period_start AND t.period_end)
    OR (d.status = 'open' AND d.expected_close_on BETWEEN t.period_start AND t.period_end)
  LEFT JOIN sales.deal_state AS s
    ON s.day = t.start_day AND s.deal_id = d.deal_id AND s.counts_as = 'won' AND s.dated_on BETWEEN t.period_start AND t.period_end
  GROUP BY t.window
),
shown AS (
  SELECT
    window,
    CAST(coalesce(sum(amount) FILTER (WHERE line = 'won'), 0) AS DECIMAL(18,4)) AS won,
    CAST(coalesce(sum(amount) FILTER (WHERE line = 'end'), 0) AS DECIMAL(18,4)) AS open
  FROM movement.booking
  WHERE scope = 'company'
  GROUP BY window
)
SELECT k.window, k.won AS booked, -s.won AS won_line, k.open AS open_pipeline, s.open AS end_line
FROM known AS k
LEFT JOIN shown AS s ON s.window = k.window
WHERE k.won + coalesce(s.won, 0) <> 0 OR k.open <> coalesce(s.open, 0)
