SELECT models('score', 'points') AS points FROM crm.deal
