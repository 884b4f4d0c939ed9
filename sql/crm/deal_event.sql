-- One row is a change of one column of a deal that the CRM itself remembers from before the first snapshot.
CREATE TABLE deal_event (
  deal_id TEXT NOT NULL COMMENT 'Deal that changed; key of crm.deal',
  at TIMESTAMP NOT NULL COMMENT 'Moment of the change, UTC',
  column_name TEXT NOT NULL COMMENT 'Column of crm.deal that changed',
  old_value TEXT COMMENT 'Value before the change, as text',
  new_value TEXT COMMENT 'Value after the change, as text',
  PRIMARY KEY (deal_id, at, column_name)
);
