-- One row is an answer that a customer gave to a survey.
CREATE TABLE feedback (
  feedback_id TEXT NOT NULL COMMENT 'Key of the answer',
  account_id TEXT COMMENT 'Account that answered; key of crm.account',
  deal_id TEXT COMMENT 'Deal the answer is about; key of crm.deal',
  given_on DATE NOT NULL COMMENT 'Day of the answer',
  score DECIMAL(9,4) NOT NULL COMMENT 'The answer on its scale: nps is 0 to 10, csat as the survey defines it',
  scale TEXT NOT NULL COMMENT 'Scale of the score',
  PRIMARY KEY (feedback_id),
  CHECK (scale IN ('csat', 'nps'))
);
