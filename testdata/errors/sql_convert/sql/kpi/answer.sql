SELECT deal_id, CONVERT(amount, DOUBLE) AS amount FROM crm.deal
