-- One row is a tier of the commission plan of a role.
CREATE TABLE commission_plan (
  role TEXT NOT NULL COMMENT 'Role the plan is for, as crm.rep names it',
  from_attainment DECIMAL(18,6) NOT NULL COMMENT 'Quota attainment from which the tier pays; 1 is the whole quota',
  rate DECIMAL(7,6) NOT NULL COMMENT 'Commission as a share of the base; 0.1 is ten per cent',
  base TEXT NOT NULL COMMENT 'What the rate is applied to: won revenue or the target',
  mode TEXT NOT NULL COMMENT 'cliff pays once the tier is reached, marginal pays on what lies within the tier, retroactive pays on everything once the tier is reached',
  cap DECIMAL(18,4) COMMENT 'Most that the tier pays in a period; NULL means no cap',
  PRIMARY KEY (role, from_attainment),
  CHECK (base IN ('revenue', 'target')),
  CHECK (mode IN ('cliff', 'marginal', 'retroactive'))
);
