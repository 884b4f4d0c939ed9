SELECT count(*) AS deals
FROM crm.deal
WHERE created_on < current_date - setting('silent_day')
