-- One row is a snapshot.
SELECT snapshot_on, count(*) AS deals FROM crm.deal_snapshot GROUP BY snapshot_on
