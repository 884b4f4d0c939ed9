-- One row is what a source of leads or the sales team cost in a period.
CREATE TABLE campaign_cost (
  source TEXT NOT NULL COMMENT 'What was paid for: a lead source, or sales',
  period_start DATE NOT NULL COMMENT 'First day of the period the cost belongs to',
  amount DECIMAL(18,4) NOT NULL COMMENT 'Cost in its own currency',
  currency TEXT COMMENT 'Currency of the amount, ISO 4217 code',
  PRIMARY KEY (source, period_start)
);
