-- One row is the company.
SELECT value
FROM metric('open_deals', trailing => 90)
