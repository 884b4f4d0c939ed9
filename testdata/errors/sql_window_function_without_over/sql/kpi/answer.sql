SELECT deal_id, row_number() AS nth FROM crm.deal
