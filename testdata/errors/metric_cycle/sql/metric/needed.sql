/* ---
label: Needed
description: What coverage asks for
unit: ratio
--- */
SELECT open_amount * coverage AS value
