/* ---
description: The won deals behind each commission statement, by credited amount (commission)
materialize: view
checks:
  - unique: [rep_id, month, deal_id]
  - not_null: [rep_id, month, deal_id, share]
--- */
-- One row is a rep's share of a won deal in the fiscal month that it closed in. credited_amount = deal_amount × share; credited_so_far adds up the
-- month's deals in the order they closed, and attainment_so_far holds that against the target.
-- commission is the statement's, handed out by credited amount: tiers pay for a month and not for a deal. The deals add up to it exactly; where one
-- of them has a negative amount, or none has any, it cannot be handed out.
WITH credited AS (
  SELECT
    s.rep_id,
    s.month,
    c.deal_id,
    c.closed_on,
    c.share,
    c.amount,
    s.target,
    s.credited_amount AS amount_of_month,
    s.commission AS commission_of_month,
    min(c.amount) OVER (PARTITION BY s.rep_id, s.month) AS least_amount,
    CAST(coalesce(sum(c.amount) OVER in_order, 0) AS DECIMAL(18,4)) AS so_far
  FROM sales.credit AS c
  JOIN commission.statement AS s ON s.rep_id = c.rep_id AND c.closed_on >= s.month_start AND c.closed_on <= s.month_end
  WHERE c.status = 'won' AND c.closed_on <= current_date
  WINDOW in_order AS (PARTITION BY s.rep_id, s.month ORDER BY c.closed_on, c.deal_id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
),
handed_out AS (
  SELECT
    *,
    CASE
      WHEN amount_of_month > 0 AND least_amount >= 0 THEN CAST(commission_of_month * so_far / amount_of_month AS DECIMAL(18,4))
    END AS commission_so_far
  FROM credited
)
SELECT
  h.rep_id,
  h.month,
  h.deal_id,
  d.name AS deal_name,
  d.account_name,
  h.closed_on,
  d.amount_reporting AS deal_amount,
  h.share,
  h.amount AS credited_amount,
  h.so_far AS credited_so_far,
  ratio(h.so_far, h.target) AS attainment_so_far,
  CAST(
    h.commission_so_far - coalesce(
      lag(h.commission_so_far) OVER (PARTITION BY h.rep_id, h.month ORDER BY h.closed_on, h.deal_id), 0
    ) AS DECIMAL(18,4)
  ) AS commission
FROM handed_out AS h
JOIN sales.deal AS d ON d.deal_id = h.deal_id
