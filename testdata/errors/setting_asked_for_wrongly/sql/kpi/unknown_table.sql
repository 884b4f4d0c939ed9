SELECT * FROM setting.lead_rules
