SELECT deal_id
FROM crm.deal
WHERE row_number() OVER (PARTITION BY owner_id ORDER BY amount DESC) = 1
