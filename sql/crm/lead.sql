-- One row is a lead.
CREATE TABLE lead (
  lead_id TEXT NOT NULL COMMENT 'Key of the lead in the CRM',
  created_at TIMESTAMP NOT NULL COMMENT 'Moment the lead came in, UTC',
  source TEXT COMMENT 'Where the lead came from',
  owner_id TEXT COMMENT 'Rep who owns the lead; key of crm.rep',
  company TEXT COMMENT 'Company the lead works for',
  status TEXT COMMENT 'Status of the lead, as the CRM names it',
  first_response_at TIMESTAMP COMMENT 'Moment we first answered the lead, UTC',
  first_engaged_at TIMESTAMP COMMENT 'Moment the lead first answered us, UTC',
  mql_on DATE COMMENT 'Day marketing called the lead qualified',
  sql_on DATE COMMENT 'Day sales accepted the lead as qualified',
  converted_on DATE COMMENT 'Day the lead became a deal',
  converted_deal_id TEXT COMMENT 'Deal the lead became; key of crm.deal',
  disqualified_reason TEXT COMMENT 'Why the lead was given up',
  PRIMARY KEY (lead_id)
);
