-- One row is a record that is to be left out of every figure, and why.
CREATE TABLE exclusion (
  entity TEXT NOT NULL COMMENT 'What is left out; an account or a rep takes its deals along',
  entity_id TEXT NOT NULL COMMENT 'Which one: deal_id, account_id, rep_id or lead_id',
  valid_from DATE NOT NULL COMMENT 'First day it is left out',
  reason TEXT COMMENT 'Why it is left out, such as test',
  valid_to DATE COMMENT 'Day it is counted again, exclusive; NULL means it stays out',
  PRIMARY KEY (entity, entity_id, valid_from),
  CHECK (entity IN ('deal', 'account', 'rep', 'lead'))
);
