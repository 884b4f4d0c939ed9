WITH won AS (SELECT deal_id FROM crm.deal WHERE status = 'won'),
lost AS (
  WITH won AS (SELECT deal_id FROM crm.deal WHERE status = 'lost')
  SELECT deal_id FROM won
)
SELECT deal_id FROM won
UNION ALL
SELECT deal_id FROM lost
