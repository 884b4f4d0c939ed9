SELECT deal_id, amount
FROM crm.deal AS d
WHERE NOT (d.stge = 'Open' AND d.amount > 0)
