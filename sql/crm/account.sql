-- One row is an account: a customer or a prospect.
CREATE TABLE account (
  account_id TEXT NOT NULL COMMENT 'Key of the account in the CRM',
  name TEXT COMMENT 'Name of the account',
  parent_id TEXT COMMENT 'Account this one belongs to; key of crm.account',
  industry TEXT COMMENT 'Industry of the account',
  segment TEXT COMMENT 'Market segment of the account',
  size TEXT COMMENT 'Size class of the account, as the CRM names it',
  country TEXT COMMENT 'Country of the account',
  region TEXT COMMENT 'Sales region of the account',
  territory_id TEXT COMMENT 'Territory of the account; key of crm.territory',
  owner_id TEXT COMMENT 'Rep who owns the account; key of crm.rep',
  first_won_on DATE COMMENT 'Day the account became a customer',
  churned_on DATE COMMENT 'Day the account ceased to be a customer',
  PRIMARY KEY (account_id)
);
