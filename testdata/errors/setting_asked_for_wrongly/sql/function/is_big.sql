CREATE FUNCTION is_big(amount DECIMAL(18,4)) RETURNS BOOLEAN RETURN amount > setting('own.large_deal')
