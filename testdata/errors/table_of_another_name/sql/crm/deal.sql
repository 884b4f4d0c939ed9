-- One row is a deal.
CREATE TABLE deals (
  deal_id TEXT NOT NULL COMMENT 'Key of the deal in the CRM',
  owner_id TEXT COMMENT 'Rep who owns the deal; key of crm.rep',
  stage TEXT COMMENT 'Stage the deal stands in',
  status TEXT NOT NULL COMMENT 'What became of the deal so far',
  amount DECIMAL(18,4) COMMENT 'Value of the deal',
  created_on DATE COMMENT 'Day the deal was entered',
  PRIMARY KEY (deal_id),
  CHECK (status IN ('open', 'won', 'lost'))
);
