/* ---
description: How far what past quarters were reported to have won differs from what is known now
materialize: table
checks:
  - unique: [scope, scope_id, quarter]
  - expression: explained_amount = known_amount - reported_amount
--- */
-- One row is a fiscal quarter that is over, of the company or a team. gross_amount adds up what changed regardless of sign, so that causes which
-- cancel out show.
SELECT
  scope,
  scope_id,
  quarter,
  quarter_start,
  quarter_end,
  snapshot_on,
  max(deals) FILTER (WHERE line = 'reported') AS reported_deals,
  max(deals) FILTER (WHERE line = 'known') AS known_deals,
  max(amount) FILTER (WHERE line = 'reported') AS reported_amount,
  max(amount) FILTER (WHERE line = 'known') AS known_amount,
  CAST(sum(amount) FILTER (WHERE kind = 'delta') AS DECIMAL(18,4)) AS explained_amount,
  CAST(sum(abs(amount)) FILTER (WHERE kind = 'delta') AS DECIMAL(18,4)) AS gross_amount,
  ratio(sum(amount) FILTER (WHERE kind = 'delta'), max(amount) FILTER (WHERE line = 'reported')) AS change
FROM restatement.line
GROUP BY scope, scope_id, quarter, quarter_start, quarter_end, snapshot_on
