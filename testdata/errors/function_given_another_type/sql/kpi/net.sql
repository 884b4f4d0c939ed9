SELECT stage, sum(net(stage)) AS net FROM crm.deal GROUP BY stage
