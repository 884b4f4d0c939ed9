//! The days before the first export, rebuilt from the changes that the CRM itself remembers.

use forecastle::run::{Days, Record, Request, SourceOutcome, Status};

use crate::needed::real_data;
use crate::project::{Outcomes, TestProject};

const EVENTS: &str = "exports/2026-11-02/event.csv";
const HEADER: &str = "Id,At,Column,Old,New\n";
const HISTORY: &str = "SELECT deal_id, stage, status, amount, valid_from, valid_to FROM crm.deal_history ORDER BY 1, 5";
const ORIGINS: &str =
    "SELECT snapshot_on, row_count, origin FROM lake.snapshot WHERE table_name = 'crm.deal' ORDER BY snapshot_on";

/// Two deals, exported on two days, and what the CRM remembers of one of them.
pub fn remembered() -> TestProject {
    let project = TestProject::small();
    project.write(
        "sql/crm/deal_event.sql",
        "-- One row is a change.\nCREATE TABLE deal_event (deal_id TEXT, at TIMESTAMP, column_name TEXT, old_value TEXT, \
         new_value TEXT, PRIMARY KEY (deal_id, at, column_name));\n",
    );
    project.edit(
        "pipelines/nightly.yaml",
        "reports: [summary]",
        "  - table: crm.deal_event\n    csv: {path: \"exports/{day}/event.csv\"}\n    required: false\n    \
         map: {deal_id: Id, at: moment(At), column_name: Column, old_value: Old, new_value: New}\nreports: [summary]",
    );
    project.deals("2026-11-02", &["1,ann,Close,Won,300,2026-09-01", "2,bob,Propose,Open,250.50,2026-10-10"]);
    project.deals("2026-11-03", &["1,ann,Close,Won,310,2026-09-01", "2,bob,Propose,Open,250.50,2026-10-10"]);
    project.write(
        EVENTS,
        format!(
            "{HEADER}1,2026-09-20T10:00:00,amount,100,300\n1,2026-10-20T10:00:00,stage,Propose,Close\n\
             1,2026-10-20T10:00:00,status,open,won\n"
        ),
    );
    project
}

#[test]
fn versions_from_before_the_first_export_are_known_and_marked() {
    let project = remembered();
    let record = project.run();
    assert_eq!(record.status, Status::Done);
    let past = record.newest().past.clone().expect("the past was rebuilt");
    assert_eq!((past.days, past.taken, past.passed_over, past.reasons.len()), (4, 3, 0, 0));
    assert_eq!((past.before.to_string(), past.since.unwrap().to_string()), ("2026-11-02".into(), "2026-09-19".into()));
    assert_eq!(
        project.ask("2026-11-03", HISTORY),
        [
            "1 | Propose | open | 100.0000 | 2026-09-19 | 2026-09-20",
            "1 | Propose | open | 300.0000 | 2026-09-20 | 2026-10-20",
            "1 | Close | won | 300.0000 | 2026-10-20 | 2026-11-03",
            "1 | Close | won | 310.0000 | 2026-11-03 | NULL",
            "2 | Propose | open | 250.5000 | 2026-10-10 | NULL",
        ]
    );
    assert_eq!(
        project.ask("2026-11-03", ORIGINS),
        [
            "2026-09-19 | 1 | events",
            "2026-09-20 | 1 | events",
            "2026-10-10 | 2 | events",
            "2026-10-20 | 2 | events",
            "2026-11-02 | 2 | export",
            "2026-11-03 | 2 | export",
        ]
    );
    let before = "SELECT count(*) FROM crm.deal_history AS h JOIN lake.snapshot AS s \
                  ON s.table_name = 'crm.deal' AND s.snapshot_on = h.valid_from WHERE s.origin = 'events'";
    assert_eq!(project.ask("2026-11-03", before), ["4"]);
    let as_of = "SELECT deal_id, amount FROM as_of('crm.deal', DATE '2026-10-01')";
    assert_eq!(project.ask("2026-11-03", as_of), ["1 | 300.0000"]);
    assert_eq!(project.ask("2026-09-19", "SELECT sum(amount) FROM crm.deal"), ["100.0000"]);
    assert!(project.lake().verify(&project.pin()).unwrap().is_empty());
}

#[test]
fn a_property_history_of_hubspot_rebuilds_them_as_well() {
    let project = remembered();
    let pipeline = project.read("pipelines/nightly.yaml");
    let map = "    map: {deal_id: Id, at: moment(At), column_name: Column, old_value: Old, new_value: New}\n";
    let of_hubspot = "    map: {deal_id: deal_id, at: moment(timestamp)}
    rows:
      - where: name = 'dealstage'
        map: {column_name: \"'stage'\", new_value: value}
      - where: name = 'dealstage'
        map:
          column_name: \"'status'\"
          new_value: CASE value WHEN 'closedwon' THEN 'won' WHEN 'closedlost' THEN 'lost' ELSE 'open' END
      - where: name = 'amount'
        map: {column_name: \"'amount'\", new_value: value}
";
    assert!(pipeline.contains(map));
    project.write("pipelines/nightly.yaml", pipeline.replace(map, of_hubspot));
    // One row is a value that a property took, the first ones those that the deal was made with.
    project.write(
        EVENTS,
        "deal_id,timestamp,_fivetran_synced,source,name,source_id,value\n\
         1,2026-09-01 09:00:00.123,2026-11-02 01:00:00,CRM_UI,dealstage,u1,qualifiedtobuy\n\
         1,2026-09-01 09:00:00.123,2026-11-02 01:00:00,CRM_UI,amount,u1,100\n\
         1,2026-09-05 12:00:00.5,2026-11-02 01:00:00,CALCULATED,hs_analytics_source,,DIRECT_TRAFFIC\n\
         1,2026-09-20 10:00:00.001,2026-11-02 01:00:00,CRM_UI,amount,u1,300\n\
         1,2026-10-20 10:00:00.999,2026-11-02 01:00:00,CRM_UI,dealstage,u1,closedwon\n",
    );
    project.deals("2026-11-02", &["1,ann,closedwon,Won,300,2026-09-01"]);
    project.remove("exports/2026-11-03/deal.csv");
    let past = project.run().newest().past.clone().unwrap();
    assert_eq!((past.taken, past.passed_over), (6, 0), "{:?}", past.reasons);
    assert_eq!(
        project.ask("2026-11-02", HISTORY),
        [
            "1 | qualifiedtobuy | open | 100.0000 | 2026-09-01 | 2026-09-20",
            "1 | qualifiedtobuy | open | 300.0000 | 2026-09-20 | 2026-10-20",
            "1 | closedwon | won | 300.0000 | 2026-10-20 | NULL",
        ]
    );
}

#[test]
fn what_is_rebuilt_already_is_left_alone() {
    let project = remembered();
    project.run();
    let (state, commits) = (project.state(), project.commits());
    for record in [project.run(), project.run_day("2026-11-03"), project.run_day("2026-11-02")] {
        assert!(record.newest().past.is_none());
    }
    assert_eq!((project.state(), project.commits()), (state, commits));
    // Events of later days are none of the past.
    project.write("exports/2026-11-04/event.csv", project.read(EVENTS) + "1,2026-11-03T10:00:00,amount,300,310\n");
    project.deals("2026-11-04", &["1,ann,Close,Won,310,2026-09-01"]);
    assert!(project.run().newest().past.is_none());
}

#[test]
fn other_events_rebuild_other_days() {
    let project = remembered();
    project.run();
    let exported = project.ask("2026-11-03", &format!("{ORIGINS} DESC LIMIT 2"));
    project.write(
        EVENTS,
        format!("{HEADER}1,2026-10-20T10:00:00,amount,200,300\n1,2026-10-25T10:00:00,status,open,won\n"),
    );
    let record = project.run_day("2026-11-02");
    let past = record.newest().past.clone().unwrap();
    // 10-10 has gone, as have 09-19 and 09-20; 10-19 and 10-25 are new, and 10-20 is another one.
    assert_eq!((past.days, past.changed, past.commit.is_some()), (3, 6, true));
    assert_eq!(
        project.ask("2026-11-03", HISTORY)[..3],
        [
            "1 | Close | open | 200.0000 | 2026-10-19 | 2026-10-20",
            "1 | Close | open | 300.0000 | 2026-10-20 | 2026-10-25",
            "1 | Close | won | 300.0000 | 2026-10-25 | 2026-11-03",
        ]
    );
    assert_eq!(project.ask("2026-11-03", &format!("{ORIGINS} DESC LIMIT 2")), exported);
    project.write(EVENTS, HEADER);
    project.edit(
        "pipelines/nightly.yaml",
        "    required: false\n    map: {deal_id",
        "    volume: {drop: 100%}\n    map: {deal_id",
    );
    assert_eq!(project.run_day("2026-11-02").newest().past.clone().unwrap().days, 0);
    assert_eq!(project.ask("2026-11-03", ORIGINS).len(), 2);
}

#[test]
fn an_older_export_takes_the_place_of_what_was_rebuilt() {
    let project = remembered();
    project.run();
    // It holds what was rebuilt for that day, and is an export all the same.
    project.deals("2026-10-10", &["1,ann,Propose,Open,300,2026-09-01", "2,bob,Propose,Open,250.50,2026-10-10"]);
    let record = project.run();
    assert_eq!(record.days.iter().map(|day| day.day.to_string()).collect::<Vec<_>>(), ["2026-10-10"]);
    assert_eq!(record.source("crm.deal").0, SourceOutcome::Loaded);
    assert_eq!(
        project.ask("2026-11-03", ORIGINS),
        [
            "2026-09-19 | 1 | events",
            "2026-09-20 | 1 | events",
            "2026-10-10 | 2 | export",
            "2026-11-02 | 2 | export",
            "2026-11-03 | 2 | export",
        ]
    );
    assert_eq!(
        project.ask("2026-11-03", "SELECT amount, valid_from FROM crm.deal_history WHERE deal_id = '1' ORDER BY 2"),
        ["100.0000 | 2026-09-19", "300.0000 | 2026-09-20", "300.0000 | 2026-11-02", "310.0000 | 2026-11-03"]
    );
}

#[test]
fn a_rebuilt_day_has_no_export_to_run() {
    let project = remembered();
    project.run();
    let error = project.fail_to_run("2026-10-10");
    assert!(error.message.contains("2026-10-10 was not committed"), "{}", error.message);
    // Nor are rows of it carried on where the first export cannot read them.
    project.deals("2026-11-02", &["1,ann,Close,Won,300,2026-09-01", "2,bob,Propose,Open,nothing,2026-10-10"]);
    let (_, counts) = project.run_day("2026-11-02").source("crm.deal");
    assert_eq!((counts.rejected, counts.carried, counts.rows, counts.before), (1, 0, 1, None));
}

#[test]
fn sources_alone_rebuild_the_past_as_well() {
    let project = remembered();
    let request = Request {
        days: Days::Missing,
        select: Vec::new(),
        sources_only: true,
        full_refresh: false,
        allow_empty: false,
    };
    let record: Record = project.try_run(&request).unwrap();
    assert_eq!(record.newest().past.as_ref().map(|past| past.days), Some(4));
    assert!(!project.has_model("kpi.total", "2026-11-03"));
}

#[test]
fn events_that_tell_nothing_are_told_and_change_nothing() {
    let project = remembered();
    project.write(EVENTS, format!("{HEADER}1,2026-09-20T10:00:00,colour,red,blue\n"));
    let record = project.run();
    let past = record.newest().past.clone().unwrap();
    assert_eq!(past.reasons, ["1 × passed over: no column of crm.deal that can change"]);
    assert_eq!((past.days, past.commit, project.commits()), (0, None, 2));
}

#[test]
fn a_field_history_tells_one_column_by_row_and_what_follows_from_it() {
    let project = remembered();
    project.edit(
        "pipelines/nightly.yaml",
        "    map: {deal_id: Id, at: moment(At), column_name: Column, old_value: Old, new_value: New}\n",
        "    map: {deal_id: OpportunityId, at: moment(CreatedDate)}
    where: Field <> 'created'
    rows:
      - map:
          column_name: CASE Field WHEN 'Amount' THEN 'amount' WHEN 'StageName' THEN 'stage' ELSE Field END
          old_value: OldValue
          new_value: NewValue
      - where: Field = 'StageName'
        map:
          column_name: \"'status'\"
          old_value: CASE OldValue WHEN 'Close' THEN 'won' ELSE 'open' END
          new_value: CASE NewValue WHEN 'Close' THEN 'won' ELSE 'open' END
",
    );
    project.write(
        EVENTS,
        "OpportunityId,CreatedDate,Field,OldValue,NewValue\n\
         1,2026-09-01T14:00:00.000+0000,created,,\n\
         1,2026-09-20T14:00:00.000+0000,Amount,100,300\n\
         1,2026-10-20T14:00:00.000+0000,StageName,Propose,Close\n\
         2,2026-10-12T14:00:00.000+0000,Territory__c,North,South\n",
    );
    let record = project.run();
    let first = record.days[0].sources.iter().find(|source| source.table == "crm.deal_event");
    let counts = first.unwrap().counts;
    assert_eq!((counts.left_out, counts.read, counts.rejected, counts.rows), (1, 4, 0, 4));
    let past = record.newest().past.clone().unwrap();
    assert_eq!((past.days, past.taken, past.passed_over), (4, 3, 1));
    assert_eq!(
        project.ask("2026-11-03", HISTORY)[..3],
        [
            "1 | Propose | open | 100.0000 | 2026-09-19 | 2026-09-20",
            "1 | Propose | open | 300.0000 | 2026-09-20 | 2026-10-20",
            "1 | Close | won | 300.0000 | 2026-10-20 | 2026-11-03",
        ]
    );
}

/// The figures come from the two files alone, by a few lines of Python: for each deal the last row of OpportunityHistory
/// up to the end of the day gives stage, amount and probability; `Closed Won` is won, `Closed Lost` lost, all else open.
#[test]
fn the_history_of_a_salesforce_organisation_tells_the_days_before_its_export() {
    let Some(data) = real_data("the_history_of_a_salesforce_organisation_tells_the_days_before_its_export") else {
        return;
    };
    let project = TestProject::copy_of("salesforce-history").with_variable("FORECASTLE_DATA", &data);
    let record = project.run_day("2026-03-10");
    assert_eq!(record.status, Status::Done);
    // 48 rows of history, each telling five columns.
    let (_, counts) = record.source("crm.deal_event");
    assert_eq!((counts.read, counts.rejected, counts.rows), (240, 0, 240));
    let past = record.newest().past.clone().unwrap();
    assert_eq!((past.days, past.taken, past.passed_over), (3, 240, 0));
    // The close dates of 25 deals are not those of their last row.
    assert_eq!(past.reasons, ["25 × changed without an event before the first export"]);
    let by_status = "status, count(*), coalesce(sum(amount), 0), coalesce(sum(amount * probability), 0)";
    let on = |day: &str| {
        let sql = format!("SELECT {by_status} FROM as_of('crm.deal', DATE '{day}') GROUP BY status ORDER BY status");
        let rows = project.ask("2026-03-10", &sql).into_iter();
        rows.map(|row| row.replace(".0000000000", "").replace(".0000", "")).collect::<Vec<_>>()
    };
    assert!(on("2026-02-22").is_empty());
    assert_eq!(on("2026-02-23"), ["open | 13 | 2115000 | 1094500", "won | 18 | 3645000 | 3645000"]);
    for day in ["2026-02-24", "2026-03-06"] {
        assert_eq!(on(day), ["lost | 1 | 0 | 0", "open | 16 | 2115000 | 1094500", "won | 19 | 3645000 | 3645000"]);
    }
    // Seven deals that were won are lost after all.
    for day in ["2026-03-07", "2026-03-10"] {
        assert_eq!(on(day), ["lost | 8 | 830000 | 0", "open | 16 | 2115000 | 1094500", "won | 12 | 2815000 | 2815000"]);
    }
    let closings = "SELECT count(*), count(reopened_on), min(seen_on), max(seen_on) FROM sales.deal_closing";
    assert_eq!(project.ask("2026-03-10", closings), ["20 | 0 | 2026-02-23 | 2026-02-24"]);
}
