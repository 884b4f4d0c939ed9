-- One row is an exchange rate, in force from a day until the next one of the same currencies and type.
CREATE TABLE fx_rate (
  from_currency TEXT NOT NULL COMMENT 'Currency that is converted, ISO 4217 code',
  to_currency TEXT NOT NULL COMMENT 'Currency it is converted into, ISO 4217 code',
  rate_type TEXT NOT NULL COMMENT 'plan rates are fixed for reporting, spot rates are those of the day',
  valid_from DATE NOT NULL COMMENT 'First day of the rate',
  rate DECIMAL(18,10) NOT NULL COMMENT 'Units of to_currency for one unit of from_currency',
  PRIMARY KEY (from_currency, to_currency, rate_type, valid_from),
  CHECK (rate_type IN ('plan', 'spot'))
);
