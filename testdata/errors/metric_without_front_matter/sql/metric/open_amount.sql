-- One row is an open deal.
SELECT *, amount AS value FROM crm.deal WHERE status = 'open'
