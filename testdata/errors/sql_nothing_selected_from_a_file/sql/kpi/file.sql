SELECT * FROM 'exports/2026-11-02/deal.csv'
