-- One row is a deal that moved in the last two weeks.
SELECT deal_id
FROM as_of('crm.deal', current_date - INTERVAL '14 days')
JOIN as_of('crm.deal', current_date - INTERVAL '7 days') USING (deal_id)
