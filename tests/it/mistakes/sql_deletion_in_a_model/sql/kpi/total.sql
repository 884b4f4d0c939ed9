DELETE FROM crm.deal
