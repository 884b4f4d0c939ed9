-- One row is somebody who sells.
CREATE TABLE rep (
  rep_id TEXT NOT NULL COMMENT 'Key of the rep in the CRM',
  name TEXT COMMENT 'Name of the rep',
  hired_on DATE COMMENT 'First day of work',
  PRIMARY KEY (rep_id)
);
