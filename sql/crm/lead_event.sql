-- One row is something that a lead did, or is.
CREATE TABLE lead_event (
  event_id TEXT NOT NULL COMMENT 'Key of the event',
  lead_id TEXT NOT NULL COMMENT 'Lead the event is about; key of crm.lead',
  type TEXT NOT NULL COMMENT 'Kind of event, such as pricing_page, email_open, email_click, wrong_company_details or persona_fit',
  at TIMESTAMP NOT NULL COMMENT 'Moment of the event, UTC',
  PRIMARY KEY (event_id)
);
