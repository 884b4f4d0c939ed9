/* ---
description: Lines of a waterfall in the order in which they are shown, from its start to its end
materialize: view
--- */
-- One row is a line. A deal enters by at most one line and leaves by at most one; its change is booked on increased, decreased or fx.
SELECT
  rank,
  line,
  CASE WHEN line IN ('start', 'end') THEN line ELSE 'delta' END AS kind,
  direction,
  label
FROM (
  VALUES
    (1, 'start', NULL, 'Start'),
    (2, 'created', 'enters', 'Created'),
    (3, 'late_arrival', 'enters', 'Created before, first seen since'),
    (4, 'restored', 'enters', 'Restored'),
    (5, 'reopened', 'enters', 'Reopened'),
    (6, 'transferred_in', 'enters', 'Transferred in'),
    (7, 'dated_in', 'enters', 'Date set'),
    (8, 'pulled_in', 'enters', 'Pulled in from a later period'),
    (9, 'pushed_in', 'enters', 'Pushed in from an earlier period'),
    (10, 'increased', 'stays', 'Increased'),
    (11, 'decreased', 'stays', 'Decreased'),
    (12, 'fx', 'stays', 'Exchange rates'),
    (13, 'unchanged', 'stays', 'Unchanged'),
    (14, 'won', 'leaves', 'Won'),
    (15, 'lost', 'leaves', 'Lost'),
    (16, 'won_other_period', 'leaves', 'Won, closed in another period'),
    (17, 'lost_other_period', 'leaves', 'Lost, closed in another period'),
    (18, 'disqualified', 'leaves', 'Disqualified'),
    (19, 'pushed_out', 'leaves', 'Pushed out to a later period'),
    (20, 'pulled_out', 'leaves', 'Pulled out to an earlier period'),
    (21, 'undated', 'leaves', 'Date removed'),
    (22, 'transferred_out', 'leaves', 'Transferred out'),
    (23, 'deleted', 'leaves', 'Deleted'),
    (24, 'excluded', 'leaves', 'Excluded'),
    (25, 'merged', 'leaves', 'Merged'),
    (26, 'end', NULL, 'End')
) AS line (rank, line, direction, label)
