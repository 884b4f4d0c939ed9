SELECT count(*) AS deals
FORM crm.deal
