WITH won (deal, owner) AS (
  SELECT deal_id FROM crm.deal WHERE status = 'won'
)
SELECT deal, owner FROM won
