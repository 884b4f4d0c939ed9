SELECT setting(stage) AS x FROM crm.deal
