/* ---
description: Won amount by fiscal quarter beside the company's quota and the same quarter of last year (quota_attainment)
materialize: table
checks:
  - unique: [quarter]
  - not_null: [quarter, deals, amount]
--- */
-- One row is a fiscal quarter up to the running one, which has no change on last year yet.
-- A quota that runs over several quarters counts in each by its share of days.
WITH won AS (
  SELECT closed_quarter AS quarter, count(*) AS deals, sum(amount_reporting) AS amount
  FROM sales.deal
  WHERE status = 'won'
  GROUP BY closed_quarter
),
quarter_quota AS (
  SELECT
    p.period AS quarter,
    sum(
      CASE
        WHEN q.period_end IS NULL OR (q.period_start >= p.period_start AND q.period_end <= p.period_end) THEN q.amount
        ELSE CAST(
          q.amount * (days_between(greatest(q.period_start, p.period_start), least(q.period_end, p.period_end)) + 1)
            / (days_between(q.period_start, q.period_end) + 1) AS DECIMAL(18,4)
        )
      END
    ) AS amount
  FROM sales.period AS p
  JOIN sales.quota AS q
    ON CASE
      WHEN q.period_end IS NULL THEN q.quarter = p.period
      ELSE q.period_start <= p.period_end AND q.period_end >= p.period_start
    END
  WHERE p.kind = 'quarter' AND q.scope = 'company'
  GROUP BY p.period
)
SELECT
  p.period AS quarter,
  p.period_start,
  p.period_end,
  p.is_complete,
  coalesce(w.deals, 0) AS deals,
  CAST(coalesce(w.amount, 0) AS DECIMAL(18,4)) AS amount,
  CAST(q.amount AS DECIMAL(18,4)) AS quota,
  CAST(coalesce(w.amount, 0) - q.amount AS DECIMAL(18,4)) AS over_quota,
  ratio(coalesce(w.amount, 0), q.amount) AS attainment,
  CAST(CASE WHEN before.period IS NOT NULL THEN coalesce(b.amount, 0) END AS DECIMAL(18,4)) AS amount_before,
  CAST(CASE WHEN last_year.period IS NOT NULL THEN coalesce(y.amount, 0) END AS DECIMAL(18,4)) AS amount_last_year,
  CASE WHEN p.is_complete THEN ratio(coalesce(w.amount, 0) - y.amount, y.amount) END AS change_on_last_year
FROM sales.period AS p
LEFT JOIN won AS w ON w.quarter = p.period
LEFT JOIN quarter_quota AS q ON q.quarter = p.period
LEFT JOIN sales.period AS before ON before.period = p.period_before
LEFT JOIN won AS b ON b.quarter = p.period_before
LEFT JOIN sales.period AS last_year ON last_year.period = p.period_last_year
LEFT JOIN won AS y ON y.quarter = p.period_last_year
WHERE p.kind = 'quarter'
