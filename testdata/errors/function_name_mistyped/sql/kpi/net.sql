SELECT stage, sum(net_fo(amount)) AS net FROM crm.deal GROUP BY stage
