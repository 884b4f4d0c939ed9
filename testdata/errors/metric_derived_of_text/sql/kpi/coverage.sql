-- One row is the company.
SELECT value FROM metric('coverage')
