-- One row is an activity: a call, mail, meeting, demo, task, or a slot of administration or training.
CREATE TABLE activity (
  activity_id TEXT NOT NULL COMMENT 'Key of the activity in the CRM',
  type TEXT NOT NULL COMMENT 'Kind of activity',
  direction TEXT COMMENT 'Who reached out: outbound is ours, inbound theirs',
  owner_id TEXT COMMENT 'Rep the activity belongs to; key of crm.rep',
  deal_id TEXT COMMENT 'Deal the activity is about; key of crm.deal',
  lead_id TEXT COMMENT 'Lead the activity is about; key of crm.lead',
  account_id TEXT COMMENT 'Account the activity is about; key of crm.account',
  started_at TIMESTAMP COMMENT 'Moment the activity started, UTC',
  duration_minutes INTEGER COMMENT 'Length of the activity in minutes',
  is_completed BOOLEAN COMMENT 'True when the activity took place',
  is_selling BOOLEAN COMMENT 'True when the time was spent selling',
  outcome TEXT COMMENT 'What came of the activity, as the CRM names it',
  PRIMARY KEY (activity_id),
  CHECK (type IN ('call', 'mail', 'meeting', 'demo', 'task', 'admin', 'training')),
  CHECK (direction IN ('inbound', 'outbound'))
);
