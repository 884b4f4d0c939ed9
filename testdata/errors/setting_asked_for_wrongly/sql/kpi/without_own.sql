SELECT setting('threshold') AS limit_amount
