-- One row is a silent deal.
SELECT deal_id, r.points FROM crm.deal CROSS JOIN setting.lead_rule AS r WHERE created_on < current_date - setting('silent_days')
