/* ---
description: Plan rates into the reporting currency that are in force on the day of the run
materialize: view
checks:
  - unique: [currency]
  - not_null: [currency, rate]
--- */
-- One row is a currency that can be converted into the reporting currency; the newest plan rate holds, the reporting currency itself counts 1.
WITH rate AS (
  SELECT
    from_currency,
    rate,
    valid_from,
    row_number() OVER (PARTITION BY from_currency ORDER BY valid_from DESC) AS place
  FROM crm.fx_rate
  WHERE rate_type = 'plan'
    AND to_currency = reporting_currency()
    AND from_currency <> reporting_currency()
    AND valid_from <= current_date
)
SELECT from_currency AS currency, rate, valid_from FROM rate WHERE place = 1
UNION ALL
SELECT reporting_currency() AS currency, CAST(1 AS DECIMAL(18,10)) AS rate, CAST(NULL AS DATE) AS valid_from
