SELECT stage, sum(to_reporting_currency(amount, 'EUR')) AS amount FROM crm.deal GROUP BY stage
