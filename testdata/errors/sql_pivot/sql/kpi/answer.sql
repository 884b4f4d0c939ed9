SELECT * FROM crm.deal PIVOT (sum(amount) FOR stage IN ('Qualify', 'Propose'))
