SELECT model, points FROM models('score')
