SELECT model, points FROM models('scores', columns => ['points'])
