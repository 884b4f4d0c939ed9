WITH step AS (
  SELECT 1 AS n
  UNION ALL
  SELECT n + 1 FROM step WHERE n < 5
)
SELECT n FROM step
