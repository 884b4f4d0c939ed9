/* ---
description: Waterfall of each window for the company, line by line, between its two days (net)
materialize: table
checks:
  - unique: [window, line]
--- */
-- One row is a line of a window's waterfall: start, what entered, changed and left, end. Start and the lines in between add up to end, exactly.
-- A window that begins before the first export is not available, and its figures are NULL.
SELECT window, period, start_day, end_day, scope, rank, line, kind, direction, label, deals, amount
FROM movement.waterfall_by_scope
WHERE scope = 'company'
