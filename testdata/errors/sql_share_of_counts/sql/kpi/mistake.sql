SELECT count(*) FILTER (WHERE status = 'won') / count(*) AS win_rate
FROM crm.deal
