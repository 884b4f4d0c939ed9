-- One row is a sales territory.
CREATE TABLE territory (
  territory_id TEXT NOT NULL COMMENT 'Key of the territory',
  name TEXT COMMENT 'Name of the territory',
  parent_id TEXT COMMENT 'Territory this one lies in; key of crm.territory',
  region TEXT COMMENT 'Sales region of the territory',
  PRIMARY KEY (territory_id)
);
