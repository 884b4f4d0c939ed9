SELECT deal_id, CAST(amount AS MONEY) AS amount FROM crm.deal
