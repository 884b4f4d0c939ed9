SELECT stage, quantile(amount, 95) AS large FROM crm.deal GROUP BY stage
