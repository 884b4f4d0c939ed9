-- One row is the use that a person made of a sales tool on a day.
CREATE TABLE tool_usage (
  rep_id TEXT NOT NULL COMMENT 'Person; key of crm.rep',
  tool TEXT NOT NULL COMMENT 'Name of the tool',
  day DATE NOT NULL COMMENT 'Day of use',
  is_licensed BOOLEAN COMMENT 'True when the person held a licence on that day',
  is_active BOOLEAN COMMENT 'True when the person used the tool on that day',
  actions INTEGER COMMENT 'Number of things done in the tool',
  PRIMARY KEY (rep_id, tool, day)
);
