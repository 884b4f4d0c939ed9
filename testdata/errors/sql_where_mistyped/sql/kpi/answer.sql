SELECT count(*) AS deals
FROM crm.deal
WHER stage = 'Qualify'
