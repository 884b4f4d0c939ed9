-- One row is a target set for a rep, a team, a territory or the company, in force from a day on.
CREATE TABLE quota (
  scope TEXT NOT NULL COMMENT 'Whom the target is set for',
  scope_id TEXT NOT NULL COMMENT 'Which one: rep_id, name of the team, territory_id, or company',
  metric TEXT NOT NULL COMMENT 'What the target counts; bookings is the won amount',
  period_start DATE NOT NULL COMMENT 'First day the target is for',
  period_end DATE COMMENT 'Last day the target is for, inclusive; NULL means until the next target of the same scope and metric starts',
  amount DECIMAL(18,4) NOT NULL COMMENT 'The target for the whole period, in its own currency',
  currency TEXT COMMENT 'Currency of the amount, ISO 4217 code',
  PRIMARY KEY (scope, scope_id, metric, period_start),
  CHECK (scope IN ('rep', 'team', 'territory', 'company'))
);
