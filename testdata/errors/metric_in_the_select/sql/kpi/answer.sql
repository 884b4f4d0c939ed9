SELECT metric('win_rate') AS rate
