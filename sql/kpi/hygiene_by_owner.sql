/* ---
description: Faults in the data of deals by owner, how many of the owner's deals have each and what they are worth
materialize: view
--- */
-- One row is an owner and a rule of data hygiene that a deal of the owner breaks, or 'any' for deals that break at least one, each deal once.
-- of_deals are all that the rule looks at: the owner's open deals, or, of rules on closed ones, those closed in the trailing days; of 'any' both.
WITH looked_at AS (
  SELECT d.owner_id, d.owner_name, d.team, CASE d.status WHEN 'open' THEN 'open' ELSE 'closed' END AS state, d.amount_at_stake
  FROM sales.deal AS d
  WHERE d.status = 'open' OR (d.closed_on <= current_date AND days_between(d.closed_on, current_date) < setting('trailing_days'))
),
base AS (
  SELECT
    owner_id,
    max(owner_name) AS owner_name,
    max(team) AS team,
    count(*) AS all_deals,
    count(*) FILTER (WHERE state = 'open') AS open_deals,
    count(*) FILTER (WHERE state = 'closed') AS closed_deals
  FROM looked_at
  GROUP BY owner_id
),
any_fault AS (
  SELECT DISTINCT deal_id, owner_id, amount_at_stake FROM sales.deal_fault
),
counted AS (
  SELECT owner_id, fault, count(*) AS deals, sum(amount_at_stake) AS amount FROM sales.deal_fault GROUP BY owner_id, fault
  UNION ALL
  SELECT owner_id, 'any' AS fault, count(*) AS deals, sum(amount_at_stake) AS amount FROM any_fault GROUP BY owner_id
),
based AS (
  SELECT
    c.*,
    coalesce(h.label, 'Any fault') AS label,
    coalesce(h.rank, 0) AS rank,
    b.owner_name,
    b.team,
    CASE h.applies_to WHEN 'open' THEN b.open_deals WHEN 'closed' THEN b.closed_deals ELSE b.all_deals END AS of_deals
  FROM counted AS c
  JOIN base AS b ON b.owner_id = c.owner_id
  LEFT JOIN kpi.hygiene AS h ON h.fault = c.fault
)
SELECT
  owner_id,
  owner_name,
  team,
  fault,
  rank,
  label,
  deals,
  CAST(coalesce(amount, 0) AS DECIMAL(18,4)) AS amount,
  of_deals,
  ratio(deals, of_deals) AS share_of_deals
FROM based
