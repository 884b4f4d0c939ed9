/* ---
label: Cost per new customer
description: Cost of sales and marketing in the period by the customers that were won for the first time in it (cac); NULL where no cost is known, or no customer was new
unit: money
good: down
--- */
SELECT sales_cost AS numerator, new_customers AS denominator
