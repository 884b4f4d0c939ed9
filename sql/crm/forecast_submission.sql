-- One row is a forecast call made by a person.
CREATE TABLE forecast_submission (
  submission_id TEXT NOT NULL COMMENT 'Key of the submission',
  submitted_on DATE NOT NULL COMMENT 'Day the call was made',
  submitter_id TEXT COMMENT 'Person who made the call; key of crm.rep',
  scope TEXT NOT NULL COMMENT 'Whom the call is for',
  scope_id TEXT NOT NULL COMMENT 'Which one: rep_id, name of the team, territory_id, or company',
  period_start DATE NOT NULL COMMENT 'First day of the period the call is for',
  category TEXT NOT NULL COMMENT 'Category the call is for',
  amount DECIMAL(18,4) COMMENT 'Amount called, in the reporting currency',
  note TEXT COMMENT 'What the submitter said beside the figure',
  PRIMARY KEY (submission_id),
  CHECK (scope IN ('rep', 'team', 'territory', 'company')),
  CHECK (category IN ('omitted', 'pipeline', 'best_case', 'most_likely', 'commit', 'closed'))
);
