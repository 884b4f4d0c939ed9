SELECT current_date - setting('own.region') AS day
