-- One row is a rep: someone who sells, or manages those who do.
CREATE TABLE rep (
  rep_id TEXT NOT NULL COMMENT 'Key of the rep in the CRM',
  name TEXT COMMENT 'Name of the rep',
  manager_id TEXT COMMENT 'Manager of the rep; key of crm.rep',
  team TEXT COMMENT 'Team of the rep',
  territory_id TEXT COMMENT 'Territory of the rep; key of crm.territory',
  role TEXT COMMENT 'Role of the rep; names the commission plan',
  hired_on DATE COMMENT 'Day the rep joined',
  ramp_months INTEGER COMMENT 'Months from joining until full productivity is expected',
  is_active BOOLEAN COMMENT 'True while the rep works here',
  PRIMARY KEY (rep_id)
);
