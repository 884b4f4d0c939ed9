/* ---
label: Win rate of all deals
description: Deals won of all that were there at some time of the period, created by its end and not closed before its start (win_rate.of_total)
unit: percent
good: up
--- */
SELECT won_deals AS numerator, present_deals AS denominator
