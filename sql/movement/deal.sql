/* ---
description: Deals that the waterfall of each window is made of, with how they entered, stayed and left, and what that books
materialize: table
checks:
  - unique: [window, scope, scope_id, deal_id]
  - not_null: [window, scope, scope_id, deal_id, is_in_start, is_in_end, entered_amount, changed_amount, fx_amount, left_amount]
  - accepted: {column: scope, values: [company, team, owner, territory]}
  - accepted:
      column: entered_as
      values: [created, late_arrival, restored, reopened, transferred_in, dated_in, pulled_in, pushed_in]
  - accepted: {column: stayed_as, values: [unchanged, increased, decreased, fx]}
  - accepted:
      column: left_as
      values: [won, lost, won_other_period, lost_other_period, disqualified, pushed_out, pulled_out, undated, transferred_out,
        deleted, excluded, merged]
  - expression: |-
      is_in_start = (entered_as IS NULL) AND is_in_end = (left_as IS NULL) AND (is_in_start AND is_in_end) = (stayed_as IS NOT NULL)
  - expression: |-
      CASE WHEN is_in_start THEN coalesce(start_amount, 0) ELSE 0 END + entered_amount + changed_amount + fx_amount + left_amount
      = CASE WHEN is_in_end THEN coalesce(end_amount, 0) ELSE 0 END
--- */
-- One row is a deal in a window, seen by the company, or by a team, an owner or a territory that had it on either day; daily windows are seen by the
-- company alone. It is in start when it was open there on the first day and expected to close in the window's period, and in end likewise; a deal in
-- neither is here if it was won or lost in between. start_amount and end_amount are what it was worth on the two days, each at its own day's rate,
-- whether or not the waterfall counts them; NULL is not known. The other amounts are signed as they are booked; what is not known books 0.
WITH sided AS (
  SELECT w.window, x.side, coalesce(d.dated_on BETWEEN w.period_start AND w.period_end, false) AS is_in_period, d.*
  FROM movement.window AS w
  CROSS JOIN (VALUES ('start'), ('end')) AS x (side)
  JOIN sales.deal_state AS d ON d.day = CASE x.side WHEN 'start' THEN w.start_day ELSE w.end_day END
  WHERE w.is_available
),
-- Closed as it was on the first day already, a deal has been booked before. One that was lost and is won, or left out and counts, has not.
due AS (
  SELECT
    coalesce(s.window, e.window) AS window,
    coalesce(s.deal_id, e.deal_id) AS deal_id,
    coalesce(e.name, s.name) AS deal_name,
    coalesce(e.account_name, s.account_name) AS account_name,
    coalesce(s.counts_as = 'open' AND s.is_in_period, false) AS is_due_at_start,
    coalesce(e.counts_as = 'open' AND e.is_in_period, false) AS is_due_at_end,
    coalesce(e.counts_as IN ('won', 'lost') AND e.is_in_period, false)
      AND NOT coalesce(s.counts_as = e.counts_as AND s.is_in_period, false) AS is_newly_closed,
    e.is_in_period AS is_in_period_at_end,
    e.created_on,
    e.first_seen_on,
    s.counts_as AS start_as,
    e.counts_as AS end_as,
    s.dated_on AS start_dated_on,
    e.dated_on AS end_dated_on,
    s.owner_id AS start_owner_id,
    e.owner_id AS end_owner_id,
    s.owner_name AS start_owner,
    e.owner_name AS end_owner,
    s.team AS start_team,
    e.team AS end_team,
    s.territory_id AS start_territory_id,
    e.territory_id AS end_territory_id,
    s.territory_name AS start_territory,
    e.territory_name AS end_territory,
    s.stage AS start_stage,
    e.stage AS end_stage,
    s.amount_reporting AS start_amount,
    e.amount_reporting AS end_amount,
    CASE WHEN e.currency = s.currency THEN CAST(s.amount * e.rate AS DECIMAL(18,4)) ELSE s.amount_reporting END AS revalued_amount
  FROM (SELECT * FROM sided WHERE side = 'start') AS s
  FULL JOIN (SELECT * FROM sided WHERE side = 'end') AS e ON e.window = s.window AND e.deal_id = s.deal_id
),
taking_part AS (
  SELECT d.*, w.period, w.period_start, w.period_end, w.start_day, w.end_day, w.is_daily
  FROM due AS d
  JOIN movement.window AS w ON w.window = d.window
  WHERE d.is_due_at_start OR d.is_due_at_end OR d.is_newly_closed
),
owned AS (
  SELECT
    t.*,
    x.scope,
    CASE x.scope WHEN 'company' THEN x.scope WHEN 'team' THEN start_team WHEN 'owner' THEN start_owner_id ELSE start_territory_id END AS start_id,
    CASE x.scope WHEN 'company' THEN x.scope WHEN 'team' THEN end_team WHEN 'owner' THEN end_owner_id ELSE end_territory_id END AS end_id,
    CASE x.scope WHEN 'company' THEN 'Company' WHEN 'team' THEN start_team WHEN 'owner' THEN start_owner ELSE start_territory END AS start_name,
    CASE x.scope WHEN 'company' THEN 'Company' WHEN 'team' THEN end_team WHEN 'owner' THEN end_owner ELSE end_territory END AS end_name
  FROM (VALUES ('company'), ('team'), ('owner'), ('territory')) AS x (scope)
  CROSS JOIN taking_part AS t
  WHERE x.scope = 'company' OR NOT t.is_daily
),
-- A deal that changed hands is seen twice: by who had it on the first day, and by who had it on the last.
seen AS (
  SELECT
    o.*,
    CASE x.side WHEN 'start' THEN start_id ELSE end_id END AS scope_id,
    CASE WHEN x.side = 'end' OR end_id = start_id THEN end_name ELSE start_name END AS scope_name,
    x.side = 'start' AS was_here,
    x.side = 'end' OR coalesce(end_id = start_id, false) AS is_here
  FROM (VALUES ('start'), ('end')) AS x (side)
  CROSS JOIN owned AS o
  WHERE (x.side = 'start' AND start_id IS NOT NULL) OR (x.side = 'end' AND end_id <> coalesce(start_id, ''))
),
standing AS (
  SELECT
    *,
    is_due_at_start AND was_here AS is_in_start,
    is_due_at_end AND is_here AS is_in_end,
    is_newly_closed AND is_here AS is_closed_here
  FROM seen
  WHERE (is_due_at_start AND was_here) OR (is_due_at_end AND is_here) OR (is_newly_closed AND is_here)
),
classified AS (
  SELECT
    *,
    CASE
      WHEN is_in_start THEN NULL
      WHEN start_as IS NULL AND first_seen_on > start_day THEN CASE WHEN created_on < start_day THEN 'late_arrival' ELSE 'created' END
      WHEN start_as IS NULL OR start_as IN ('deleted', 'excluded', 'merged') THEN 'restored'
      WHEN start_as <> 'open' AND start_as <> end_as THEN 'reopened'
      WHEN NOT was_here THEN 'transferred_in'
      WHEN start_dated_on IS NULL THEN 'dated_in'
      WHEN start_dated_on > period_end THEN 'pulled_in'
      ELSE 'pushed_in'
    END AS entered_as,
    -- What closes in the period is booked by who has it then, so that the won line of each is its bookings: who had it before has passed it on.
    CASE
      WHEN is_in_end THEN NULL
      WHEN end_as IS NULL THEN 'deleted'
      WHEN end_as IN ('deleted', 'excluded', 'merged') THEN end_as
      WHEN end_as IN ('won', 'lost') AND NOT is_in_period_at_end THEN end_as || '_other_period'
      WHEN end_as = 'disqualified' THEN end_as
      WHEN NOT is_here THEN 'transferred_out'
      WHEN end_as IN ('won', 'lost') THEN end_as
      WHEN end_dated_on IS NULL THEN 'undated'
      WHEN end_dated_on > period_end THEN 'pushed_out'
      ELSE 'pulled_out'
    END AS left_as
  FROM standing
),
-- A deal that stays is worth more or less by the rate alone (its start amount at the end's rate), and by what was done to it: the rest, and all of it
-- where its currency is another one.
booked AS (
  SELECT
    *,
    CAST(CASE WHEN NOT is_in_start THEN coalesce(end_amount, 0) ELSE 0 END AS DECIMAL(18,4)) AS entered_amount,
    CAST(
      CASE
        WHEN NOT is_in_start THEN 0
        WHEN is_in_end THEN coalesce(end_amount, 0) - coalesce(revalued_amount, 0)
        WHEN left_as IN ('won', 'lost', 'won_other_period', 'lost_other_period') THEN coalesce(end_amount, 0) - coalesce(start_amount, 0)
        ELSE 0
      END AS DECIMAL(18,4)
    ) AS changed_amount,
    CAST(
      CASE WHEN is_in_start AND is_in_end THEN coalesce(revalued_amount, 0) - coalesce(start_amount, 0) ELSE 0 END AS DECIMAL(18,4)
    ) AS fx_amount,
    CAST(
      CASE
        WHEN is_in_end THEN 0
        WHEN left_as IN ('won', 'lost', 'won_other_period', 'lost_other_period') THEN -coalesce(end_amount, 0)
        ELSE -coalesce(start_amount, 0)
      END AS DECIMAL(18,4)
    ) AS left_amount
  FROM classified
)
SELECT
  window,
  period,
  start_day,
  end_day,
  is_daily,
  scope,
  scope_id,
  scope_name,
  deal_id,
  deal_name,
  account_name,
  entered_as,
  CASE
    WHEN NOT (is_in_start AND is_in_end) THEN NULL
    WHEN changed_amount > 0 THEN 'increased'
    WHEN changed_amount < 0 THEN 'decreased'
    WHEN fx_amount <> 0 THEN 'fx'
    ELSE 'unchanged'
  END AS stayed_as,
  left_as,
  is_in_start,
  is_in_end,
  start_amount,
  end_amount,
  entered_amount,
  changed_amount,
  fx_amount,
  left_amount,
  start_owner_id,
  end_owner_id,
  start_owner,
  end_owner,
  start_team,
  end_team,
  start_stage,
  end_stage,
  start_as,
  end_as,
  start_dated_on,
  end_dated_on
FROM booked
