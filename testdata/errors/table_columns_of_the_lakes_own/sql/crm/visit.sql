-- One row is a visit.
CREATE TABLE visit (
  deal_id TEXT NOT NULL COMMENT 'Deal it was about; key of crm.deal',
  changed_on DATE NOT NULL COMMENT 'Day of the entry',
  valid_from DATE COMMENT 'The history then says known_from and known_to',
  known_to DATE COMMENT 'Last day of what is known',
  day DATE COMMENT 'each() then says known_on',
  known_on DATE COMMENT 'Day of the visit',
  PRIMARY KEY (deal_id, changed_on)
);
