SELECT setting('lead_rule') AS rules
