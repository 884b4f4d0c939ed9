/* ---
description: Amounts that deals book on the lines of each window's waterfall
materialize: view
--- */
-- One row is a deal on a line: as part of start and of end, and of each line in between that it moved by. Of a deal that moved by none, unchanged.
SELECT window, is_daily, scope, scope_id, scope_name, line, CAST(amount AS DECIMAL(18,4)) AS amount, deal_id, deal_name, account_name, owner_name
FROM (
  SELECT
    d.window,
    d.is_daily,
    d.scope,
    d.scope_id,
    d.scope_name,
    CASE x.part
      WHEN 'start' THEN CASE WHEN d.is_in_start THEN 'start' END
      WHEN 'entered' THEN d.entered_as
      WHEN 'changed' THEN CASE WHEN d.changed_amount > 0 THEN 'increased' WHEN d.changed_amount < 0 THEN 'decreased' END
      WHEN 'fx' THEN CASE WHEN d.fx_amount <> 0 THEN 'fx' END
      WHEN 'unchanged' THEN CASE WHEN d.stayed_as = 'unchanged' THEN 'unchanged' END
      WHEN 'left' THEN d.left_as
      WHEN 'end' THEN CASE WHEN d.is_in_end THEN 'end' END
    END AS line,
    CASE x.part
      WHEN 'start' THEN coalesce(d.start_amount, 0)
      WHEN 'entered' THEN d.entered_amount
      WHEN 'changed' THEN d.changed_amount
      WHEN 'fx' THEN d.fx_amount
      WHEN 'unchanged' THEN 0
      WHEN 'left' THEN d.left_amount
      WHEN 'end' THEN coalesce(d.end_amount, 0)
    END AS amount,
    d.deal_id,
    d.deal_name,
    d.account_name,
    coalesce(d.end_owner, d.start_owner) AS owner_name
  FROM (VALUES ('start'), ('entered'), ('changed'), ('fx'), ('unchanged'), ('left'), ('end')) AS x (part)
  CROSS JOIN movement.deal AS d
)
WHERE line IS NOT NULL
