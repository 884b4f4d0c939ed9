SELECT model, points
FROM models('score', columns => ['deal_id', 'points'])
