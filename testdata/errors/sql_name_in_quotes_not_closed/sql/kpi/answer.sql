SELECT deal_id AS "The deal FROM crm.deal
