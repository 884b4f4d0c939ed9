SELECT stage, amount FROM crm.deal ORDER BY 5 DESC
