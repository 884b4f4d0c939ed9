-- One row is a stage of a pipeline.
CREATE TABLE stage (
  pipeline TEXT NOT NULL COMMENT 'Pipeline the stage belongs to; default where the CRM has a single one',
  stage TEXT NOT NULL COMMENT 'Name of the stage as deals carry it',
  rank INTEGER COMMENT 'Place of the stage in its pipeline, lowest first',
  kind TEXT NOT NULL COMMENT 'Whether deals in the stage are open, won or lost',
  default_probability DECIMAL(7,6) COMMENT 'Chance of winning a deal in this stage, 0 to 1',
  typical_days INTEGER COMMENT 'Days a deal usually stays in the stage',
  PRIMARY KEY (pipeline, stage),
  CHECK (kind IN ('open', 'won', 'lost'))
);
