SELECT deal_id, sum(amount) OVER w AS running FROM crm.deal
