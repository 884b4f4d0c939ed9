SELECT setting('own.bigdeal') AS limit_amount
