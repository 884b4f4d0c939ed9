/* ---
description: How soon leads are answered, with median and P90, and how many are answered in time (setting lead_answer_minutes) or never
materialize: view
--- */
-- One row is a period in which leads came. Times are minutes of the clock of the leads that were answered; the shares are of all of them, those never
-- answered in the denominator. A lead that was answered before it came stays out of all but leads. Hours of business are not told apart: exports
-- give moments, and neither where the lead lives nor when anybody there is at work. Fewer leads than the setting thin_sample are thin.
WITH response AS (
  SELECT p.period, p.kind, p.period_start, p.period_end, p.is_complete, l.is_answered, l.response_minutes
  FROM sales.lead AS l
  JOIN sales.period AS p ON l.created_on >= p.period_start AND l.created_on <= p.period_end
  WHERE l.is_answered IS NOT NULL
),
measured AS (
  SELECT
    period,
    kind,
    period_start,
    period_end,
    is_complete,
    count(*) AS leads,
    count(*) FILTER (WHERE NOT is_answered OR response_minutes IS NOT NULL) AS sound,
    count(*) FILTER (WHERE NOT is_answered) AS unanswered,
    count(*) FILTER (WHERE response_minutes < setting('lead_answer_minutes')) AS answered_in_time,
    quantile(response_minutes, 0.5) AS median_minutes,
    quantile(response_minutes, 0.9) AS p90_minutes
  FROM response
  GROUP BY period, kind, period_start, period_end, is_complete
)
SELECT
  period,
  kind AS period_kind,
  period_start,
  period_end,
  is_complete,
  leads,
  unanswered,
  answered_in_time,
  median_minutes,
  p90_minutes,
  ratio(answered_in_time, sound) AS share_in_time,
  wilson_lower(answered_in_time, sound) AS in_time_lower,
  wilson_upper(answered_in_time, sound) AS in_time_upper,
  ratio(unanswered, sound) AS share_unanswered,
  wilson_lower(unanswered, sound) AS unanswered_lower,
  wilson_upper(unanswered, sound) AS unanswered_upper,
  leads < setting('thin_sample') AS is_thin
FROM measured
