SELECT deal_id, net(amount) AS net FROM crm.deal
