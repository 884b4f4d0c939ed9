/* ---
label: Cost of sales and marketing
description: What sources of leads and the sales team cost, by the first day of the period that each cost is for; NULL where no cost is known
unit: money
good: down
time: period_start
dimensions: [lead_source]
without_rows: unknown
--- */
-- One row is what a source cost in a period, at the plan rate; one of a currency without a rate adds nothing.
SELECT c.source AS lead_source, c.period_start, CAST(c.amount * r.rate AS DECIMAL(18,4)) AS value
FROM crm.campaign_cost AS c
LEFT JOIN sales.plan_rate AS r ON r.currency = coalesce(c.currency, reporting_currency())
