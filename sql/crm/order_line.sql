-- One row is a line of a purchase.
CREATE TABLE order_line (
  order_id TEXT NOT NULL COMMENT 'Key of the purchase',
  line_no INTEGER NOT NULL COMMENT 'Number of the line within its purchase',
  account_id TEXT COMMENT 'Account that bought; key of crm.account',
  ordered_on DATE NOT NULL COMMENT 'Day of the purchase',
  product TEXT COMMENT 'Product bought',
  amount DECIMAL(18,4) COMMENT 'Value of the line in its own currency',
  currency TEXT COMMENT 'Currency of the amount, ISO 4217 code',
  PRIMARY KEY (order_id, line_no)
);
