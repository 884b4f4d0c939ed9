/* ---
label: Sales velocity
description: Won amount that the pipeline makes a day, open deals x win rate x average deal size / sales cycle (velocity); the last three over the deals closed in the trailing days (setting trailing_days); it does not add up
unit: money
good: up
--- */
SELECT open_deals * trailing(win_rate, setting('trailing_days')) * trailing(deal_size, setting('trailing_days')) / trailing(cycle_days, setting('trailing_days')) AS value
