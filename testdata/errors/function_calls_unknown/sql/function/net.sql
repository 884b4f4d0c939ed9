-- What remains.
CREATE FUNCTION net(amount DECIMAL(18,4)) RETURNS DECIMAL(18,4)
RETURN saef_divide(amount, 2)
