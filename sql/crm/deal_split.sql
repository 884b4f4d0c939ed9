-- One row is the share of a deal that is credited to a rep.
CREATE TABLE deal_split (
  deal_id TEXT NOT NULL COMMENT 'Deal that is shared; key of crm.deal',
  rep_id TEXT NOT NULL COMMENT 'Rep who is credited; key of crm.rep',
  type TEXT NOT NULL COMMENT 'Revenue shares of a deal sum to 1; overlays are credited beside them and stay out of totals',
  share DECIMAL(7,6) NOT NULL COMMENT 'Share of the amount of the deal, 0 to 1',
  PRIMARY KEY (deal_id, rep_id, type),
  CHECK (type IN ('revenue', 'overlay'))
);
