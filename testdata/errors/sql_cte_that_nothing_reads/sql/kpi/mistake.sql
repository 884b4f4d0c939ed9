WITH won AS (SELECT deal_id FROM crm.deal WHERE status = 'won'),
lost AS (SELECT deal_id FROM crm.deal WHERE status = 'lost')
SELECT deal_id FROM won
