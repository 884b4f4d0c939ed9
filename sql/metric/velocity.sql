/* ---
label: Sales velocity
description: Won amount that the pipeline makes a day, open deals x win rate x average deal size / sales cycle (velocity); the last three over the deals closed in 365 days; it does not add up
unit: money
good: up
--- */
SELECT open_deals * trailing(win_rate, 365) * trailing(deal_size, 365) / trailing(cycle_days, 365) AS value
