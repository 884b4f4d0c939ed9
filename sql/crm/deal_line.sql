-- One row is a product on a deal.
CREATE TABLE deal_line (
  deal_id TEXT NOT NULL COMMENT 'Deal the line is on; key of crm.deal',
  line_no INTEGER NOT NULL COMMENT 'Number of the line within its deal',
  product TEXT COMMENT 'Product offered',
  quantity DECIMAL(18,4) COMMENT 'Units offered',
  amount DECIMAL(18,4) COMMENT 'Value of the line in the currency of its deal',
  PRIMARY KEY (deal_id, line_no)
);
