SELECT * FROM setting.silent_days
