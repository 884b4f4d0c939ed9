//! Incremental models: a partition a day, computed as that day saw the lake, filled where it lacks, and kept.

use forecastle::error::Kind;
use forecastle::lake::Role;
use forecastle::run::{Days, FilledRecord, ModelOutcome, Record, Request, Status};

use crate::command::Program;
use crate::project::{Outcomes, TestProject, day, told};

const DAYS: [&str; 5] = ["2026-11-02", "2026-11-03", "2026-11-04", "2026-11-05", "2026-11-06"];

/// A deal is added each day and one of them grows; on the fourth day come a huge one, another owner and a broken row, and one
/// deal is gone.
fn exports(project: &TestProject, on: &[&str]) {
    for on in on {
        let nth = DAYS.iter().position(|day| day == on).unwrap();
        let mut rows: Vec<String> =
            (0..=nth).map(|deal| format!("{deal},ann,Qualify,Open,{}00,2026-10-01", deal + 1)).collect();
        rows.push(format!("grows,bob,Propose,Open,{}.50,2026-10-03", nth + 1));
        if nth < 3 {
            rows.push("goes,bob,Propose,Won,10,2026-09-01".to_owned());
        } else {
            rows[0] = rows[0].replace("ann", "cleo");
            rows.push("canary,cleo,Qualify,Open,999999,2026-11-05".to_owned());
            rows.push("broken,cleo,Qualify,Open,much,2026-11-05".to_owned());
        }
        project.deals(on, &rows.iter().map(String::as_str).collect::<Vec<_>>());
    }
}

fn incremental(project: &TestProject, name: &str, header: &str, select: &str) {
    project.write(
        &format!("sql/past/{name}.sql"),
        format!("/* ---\nmaterialize: incremental\n{header}--- */\n{select}\n"),
    );
}

/// Every way in which SQL can reach for other days.
const LOOKS: [(&str, &str, &str); 15] = [
    ("plain", "", "SELECT count(*) AS n, sum(amount) AS amount, max(owner_id) AS owner FROM crm.deal"),
    ("view", "", "SELECT count(*) AS n, sum(amount) AS amount, max(age_days) AS age FROM kpi.open_deal"),
    ("upstream", "", "SELECT day, deals, amount FROM kpi.total"),
    (
        "window",
        "",
        "SELECT deal_id, sum(amount) OVER (ORDER BY deal_id ROWS BETWEEN 1 PRECEDING AND 5 FOLLOWING) AS s FROM crm.deal",
    ),
    ("history", "", "SELECT deal_id, owner_id, amount, valid_from, valid_to FROM crm.deal_history"),
    ("changes", "", "SELECT * EXCLUDE (changed_on), changed_on FROM crm.deal_change"),
    (
        "snapshots",
        "",
        "SELECT snapshot_on, count(*) AS n, sum(amount) AS amount FROM crm.deal_snapshot GROUP BY snapshot_on",
    ),
    ("list", "", "SELECT * FROM lake.snapshot"),
    ("rejects", "", "SELECT count(*) AS n FROM crm.deal_reject"),
    (
        "travels",
        "",
        "SELECT count(*) AS n FROM as_of('crm.deal', current_date - 1) AS was JOIN crm.deal AS is USING (deal_id)",
    ),
    ("series", "", "SELECT day AS seen_on, count(*) AS n FROM each('crm.deal', every => 'day') GROUP BY day"),
    ("joined", "", "SELECT a.day AS other_day, a.n, b.amount FROM past.plain AS a CROSS JOIN past.upstream AS b"),
    (
        "itself",
        "columns: {n: BIGINT, top: \"DECIMAL(18, 4)\"}\nchecks:\n  - not_null: [\"n\"]\n",
        "SELECT (SELECT count(*) FROM past.itself) AS n, CAST(greatest(max(amount), (SELECT coalesce(max(top), 0) FROM past.itself)) AS DECIMAL(18, 4)) AS top FROM crm.deal",
    ),
    (
        "metric",
        "",
        "SELECT period, value, previous_value FROM metric('open_amount', grain => 'month', compare => ['previous'])",
    ),
    ("weekly", "every: week\n", "SELECT current_date AS day, sum(n) AS n FROM past.plain"),
];

fn looking() -> TestProject {
    let project = TestProject::small();
    project.write(
        "sql/metric/open_amount.sql",
        "/* ---\nlabel: Open amount\ndescription: Amount of open deals, by the day they were entered\nunit: money\ntime: created_on\n--- */\n\
         SELECT created_on, amount AS value FROM kpi.open_deal\n",
    );
    for (name, header, select) in LOOKS {
        incremental(&project, name, header, select);
    }
    project
}

fn partitions(project: &TestProject, up_to: &str) -> Vec<String> {
    let mut found = Vec::new();
    let pin = project.pin();
    for name in pin.tables(Role::Model).filter(|name| name.schema() == "past") {
        for of in pin.days(name, Role::Model).into_iter().filter(|of| *of <= day(up_to)) {
            found.push(format!("{name} {of} {:?}", project.model(&name.to_string(), &of.to_string())));
        }
    }
    found
}

fn refreshed(project: &TestProject, on: &str) -> Record {
    let days = Days::One(day(on));
    let request = Request { days, select: Vec::new(), sources_only: false, full_refresh: true, allow_empty: false };
    project.try_run(&request).unwrap_or_else(|error| panic!("{}", told(&error)))
}

fn filled(record: &Record) -> Vec<&FilledRecord> {
    record.days.iter().flat_map(|day| &day.filled).collect()
}

#[test]
fn no_partition_sees_a_later_day_whatever_its_sql_does() {
    // As the days came: nobody knew of the next one.
    let (innocent, knowing) = (looking(), looking());
    exports(&innocent, &DAYS[..3]);
    for on in &DAYS[..3] {
        let record = innocent.run_day(on);
        assert_eq!(record.status, Status::Done, "{:#?}", record.newest().models);
    }
    let seen = partitions(&innocent, "2026-11-04");
    assert_eq!(seen.len(), 14 * 3 + 1, "{seen:#?}");
    // All days at once: everything is in the lake when the first partition is computed.
    exports(&knowing, &DAYS);
    let record = knowing.run();
    assert_eq!(filled(&record).len(), LOOKS.len() - 1, "the weekly one lacks none before the run's day");
    let others =
        |found: Vec<String>| found.into_iter().filter(|line| !line.starts_with("past.weekly")).collect::<Vec<_>>();
    assert_eq!(others(partitions(&knowing, "2026-11-04")), others(seen.clone()));
    assert_eq!(knowing.model("past.plain", "2026-11-05"), ["6 | 1001003.5000 | cleo | 2026-11-05"], "the canary sings");
    refreshed(&knowing, "2026-11-06");
    assert_eq!(others(partitions(&knowing, "2026-11-04")), others(seen.clone()), "computed anew they are the same");
    // The same day run over a lake that holds later ones gives the same files.
    let pages = |project: &TestProject| project.report("summary", "2026-11-04");
    knowing.run_day("2026-11-04");
    assert_eq!(pages(&knowing).markdown, pages(&innocent).markdown);
    assert_eq!(partitions(&knowing, "2026-11-04"), seen, "the week's partition of that day among them");
    let question = "SELECT day, n FROM past.weekly ORDER BY day";
    assert_eq!(knowing.ask("2026-11-04", question), innocent.ask("2026-11-04", question));
}

#[test]
fn days_one_by_one_make_the_partitions_of_all_at_once() {
    let (daily, whole) = (looking(), looking().with_threads(1));
    exports(&daily, &DAYS);
    exports(&whole, &DAYS);
    for on in DAYS {
        daily.run_day(on);
    }
    whole.run();
    assert_eq!(daily.state(), whole.state());
    let commits = whole.commits();
    assert_eq!(whole.run().newest().commit, None);
    assert_eq!(whole.commits(), commits, "the same day again changes nothing");
}

#[test]
fn sql_that_says_something_else_is_computed_again_and_comments_are_not() {
    let project = TestProject::small();
    exports(&project, &DAYS);
    incremental(&project, "open", "", "SELECT count(*) AS n FROM kpi.open_deal");
    incremental(&project, "above", "", "SELECT sum(n) AS n FROM past.open");
    let first = project.run();
    let told = |record: &Record| -> Vec<String> {
        let line = |of: &&FilledRecord| format!("{} {} {} {}", of.model, of.missing, of.changed, of.done);
        filled(record).iter().map(line).collect()
    };
    assert_eq!(told(&first), ["past.open 4 0 4", "past.above 4 0 4"]);
    project.edit("sql/past/open.sql", "SELECT count(*)", "-- Open deals\nSELECT  count( * )");
    assert!(filled(&project.run()).is_empty(), "it says the same");
    // A view below changes what both say, and there are as many open deals of each owner.
    project.edit("sql/kpi/open_deal.sql", "WHERE status = 'open'", "WHERE status = 'open' AND owner_id = 'ann'");
    assert_eq!(told(&project.run()), ["past.open 0 4 4", "past.above 0 4 4"]);
    assert_eq!(
        project.ask("2026-11-06", "SELECT day, n FROM past.open ORDER BY day LIMIT 2"),
        ["2026-11-02 | 1", "2026-11-03 | 2"]
    );
    assert!(filled(&project.run()).is_empty());
    // The same rows by other SQL are told once.
    project.edit("sql/past/open.sql", "count( * )", "count(*) + 0");
    assert_eq!(told(&project.run()), ["past.open 0 4 4", "past.above 0 4 4"]);
    assert!(filled(&project.run()).is_empty());
}

const FEWER: [&str; 2] = ["0,ann,Qualify,Open,1,2026-10-01", "goes,bob,Propose,Won,10,2026-09-01"];

#[test]
fn a_dry_run_tells_which_days_are_computed_again_and_why() {
    let project = TestProject::small();
    exports(&project, &DAYS);
    incremental(&project, "counted", "", "SELECT count(*) AS n FROM crm.deal");
    project.run();
    incremental(&project, "counted", "", "SELECT count(*) + 1 AS n FROM crm.deal");
    let said = Program::in_folder(project.root()).runs_to(0, &["run", "--dry-run"]).stdout;
    assert!(said.contains("earlier  past.counted: its SQL or a setting has changed: computing 4 days again"), "{said}");
    let said = Program::in_folder(project.root()).runs_to(0, &["run", "--dry-run", "--select", "kpi.total"]).stdout;
    assert!(!said.contains("earlier"), "{said}");
}

#[test]
fn a_corrected_past_leaves_what_was_said_unless_it_is_asked_to_follow() {
    let project = TestProject::small();
    exports(&project, &DAYS);
    incremental(&project, "said", "", "SELECT count(*) AS n FROM crm.deal");
    incremental(&project, "known", "on_correction: recompute\n", "SELECT count(*) AS n FROM crm.deal");
    project.run();
    let of = |name: &str| project.ask("2026-11-06", &format!("SELECT n FROM past.{name} ORDER BY day"));
    assert_eq!(of("said"), ["3", "4", "5", "6", "7"]);
    project.deals("2026-11-03", &FEWER);
    project.run_day("2026-11-03");
    assert_eq!(of("said"), ["3", "4", "5", "6", "7"], "the older day's run does not say otherwise, either");
    let record = project.run_day("2026-11-06");
    assert_eq!(
        filled(&record).iter().map(|of| (of.model.as_str(), of.corrected)).collect::<Vec<_>>(),
        [("past.known", 2)]
    );
    assert_eq!(of("known"), ["3", "2", "5", "6", "7"]);
    assert_eq!(of("said"), ["3", "4", "5", "6", "7"]);
    refreshed(&project, "2026-11-06");
    assert_eq!(of("said"), ["3", "2", "5", "6", "7"]);
    // The newest day's export may come again: nothing has been said on it for good.
    project.deals(
        "2026-11-06",
        &[&FEWER[..], &["1,ann,Qualify,Open,2,2026-10-01", "2,ann,Qualify,Open,3,2026-10-01"]].concat(),
    );
    project.run_day("2026-11-06");
    assert_eq!(of("said"), ["3", "2", "5", "6", "4"]);
}

#[test]
fn a_period_keeps_its_last_day_and_none_lies_before_the_start() {
    let project = TestProject::small();
    let days = ["2026-10-29", "2026-10-30", "2026-11-02", "2026-11-03", "2026-11-10", "2026-11-11"];
    incremental(&project, "weekly", "every: week\n", "SELECT count(*) AS n FROM crm.deal");
    incremental(&project, "late", "start: 2026-11-03\n", "SELECT count(*) AS n FROM crm.deal");
    // October is final on 3 November, in the week of which no export lies later.
    let once = "every: week\nonce_after: {period: month, days: 3}\n";
    incremental(&project, "once", once, "SELECT count(*) AS n FROM crm.deal");
    let once = "every: week\nonce_after: {period: month, days: lead_mature_days}\n";
    incremental(&project, "once_late", once, "SELECT count(*) AS n FROM crm.deal");
    for on in days {
        project.deals(on, &["0,ann,Qualify,Open,1,2026-10-01"]);
        project.run_day(on);
    }
    let of = |name: &str, on: &str| project.ask(on, &format!("SELECT day FROM past.{name} ORDER BY day"));
    assert_eq!(of("weekly", "2026-11-11"), ["2026-10-30", "2026-11-03", "2026-11-11"]);
    assert_eq!(of("weekly", "2026-11-03"), ["2026-10-30", "2026-11-03"]);
    assert_eq!(of("late", "2026-11-11"), ["2026-11-03", "2026-11-10", "2026-11-11"]);
    assert_eq!(of("once", "2026-11-11"), ["2026-10-30", "2026-11-03"]);
    assert_eq!(of("once", "2026-11-02"), ["2026-10-30"]);
    assert_eq!(of("once_late", "2026-11-11"), ["2026-10-30"], "the setting says 90 days");
    assert_eq!(project.pin().days(&"past.weekly".parse().unwrap(), Role::Model).len(), 3, "others have left the lake");
    // Days that are not asked for are not read, and what is left of them is the same.
    assert_eq!(
        project.ask("2026-11-11", "SELECT day, n FROM past.late WHERE day > DATE '2026-11-03' AND day < '2026-11-11'"),
        ["2026-11-10 | 1"]
    );
    project.edit("sql/past/late.sql", "start: 2026-11-03", "start: 2026-11-10");
    project.run_day("2026-11-11");
    assert_eq!(of("late", "2026-11-11"), ["2026-11-10", "2026-11-11"]);
}

#[test]
fn a_day_that_fails_holds_back_what_reads_the_model_and_what_was_computed_stays() {
    let project = TestProject::small();
    exports(&project, &DAYS);
    incremental(&project, "fails", "", "SELECT 10 / (count(*) - 5) AS n FROM crm.deal");
    incremental(&project, "above", "", "SELECT sum(n) AS n FROM past.fails");
    let record = project.run();
    let said = "of 2026-11-04: division by zero (look at sql/past/fails.sql:5:8)";
    let ModelOutcome::Failed(why) = record.model("past.fails") else { panic!("{record:?}") };
    assert!(why.starts_with("of 2026-11-04: "), "{why} instead of {said}");
    assert_eq!(record.model("past.above"), ModelOutcome::Skipped("past.fails failed".to_owned()));
    assert_eq!(record.model("kpi.total"), ModelOutcome::Built, "nothing else waits for it");
    assert!(project.has_model("past.fails", "2026-11-02") && !project.has_model("past.fails", "2026-11-06"));
    project.edit("sql/past/fails.sql", "--- */\n", "start: 2026-11-05\n--- */\n");
    let record = project.run();
    assert_eq!((record.model("past.fails"), record.model("past.above")), (ModelOutcome::Built, ModelOutcome::Built));
}

#[test]
fn a_long_fill_is_committed_in_parts_and_taken_up_where_it_ended() {
    let project = TestProject::small();
    let days: Vec<String> = (1..=28).map(|nth| format!("2026-10-{nth:02}")).collect();
    for on in &days {
        project.deals(on, &["0,ann,Qualify,Open,1,2026-10-01"]);
    }
    incremental(&project, "long", "", "SELECT count(*) AS n FROM crm.deal");
    let record = project.run();
    let [filled] = filled(&record)[..] else { panic!("{record:?}") };
    // The fixture's clock goes on by a second each time somebody looks at it.
    assert!(filled.commits.len() > 1 && filled.done == 27, "{filled:?}");
    // A run that was killed has left some of them: here one is taken out again.
    let name = "past.long".parse().unwrap();
    let lake = project.lake();
    let mut writer = lake.lock("by-hand").unwrap();
    let mut transaction = writer.begin(day("2026-10-28")).unwrap();
    transaction.remove(&name, Role::Model, day("2026-10-13")).unwrap();
    let meta = forecastle::lake::CommitMeta {
        uuid: uuid::Uuid::from_u128(7),
        made_at: jiff::Timestamp::UNIX_EPOCH,
        program: "a test".to_owned(),
        message: "taken out".to_owned(),
    };
    transaction.commit(meta).unwrap();
    drop(writer);
    let again = project.run();
    assert_eq!(again.days[0].filled.iter().map(|of| (of.from, of.done)).collect::<Vec<_>>(), [(day("2026-10-13"), 1)]);
}

#[test]
fn what_was_not_run_yet_is_computed_by_whoever_asks() {
    let project = TestProject::small();
    exports(&project, &DAYS[..2]);
    project.run();
    incremental(&project, "fresh", "", "SELECT count(*) AS n FROM crm.deal");
    assert_eq!(project.ask("2026-11-03", "SELECT day, n FROM past.fresh"), ["2026-11-03 | 4"]);
    let record = project.run_selected(Days::One(day("2026-11-03")), &["kpi.total"]);
    assert!(filled(&record).is_empty(), "nobody selected it");
    project.run();
    assert_eq!(
        project.ask("2026-11-03", "SELECT day, n FROM past.fresh ORDER BY day"),
        ["2026-11-02 | 3", "2026-11-03 | 4"]
    );
    // Its SQL makes another column now: until the next run earlier days have none.
    project.edit("sql/past/fresh.sql", "count(*) AS n", "count(*) AS n, max(deal_id) AS last");
    assert_eq!(
        project.ask("2026-11-03", "SELECT day, n, last FROM past.fresh ORDER BY day"),
        ["2026-11-02 | 3 | NULL", "2026-11-03 | 4 | NULL"]
    );
    project.run();
    assert_eq!(project.ask("2026-11-03", "SELECT last FROM past.fresh ORDER BY day"), ["grows", "grows"]);
}

#[test]
fn a_row_of_another_day_than_its_partition_is_refused() {
    let project = TestProject::small();
    exports(&project, &DAYS[..1]);
    incremental(&project, "shifted", "", "SELECT current_date - 1 AS day, count(*) AS n FROM crm.deal");
    let ModelOutcome::Failed(why) = project.run().model("past.shifted") else { panic!() };
    assert_eq!(
        why,
        "its column `day` tells the day of its partition, 2026-11-02, and one row says 2026-11-01 (write `current_date AS day`, or give what is another day another name)"
    );
    incremental(&project, "shifted", "", "SELECT count(*) AS day FROM crm.deal");
    assert_eq!(project.fail_to_prepare().kind, Kind::Project);
}

#[test]
fn the_partitions_of_a_month_that_is_over_share_a_file() {
    let project = TestProject::small();
    let days = ["2026-08-03", "2026-08-17", "2026-08-31", "2026-09-14", "2026-09-28", "2026-10-05", "2026-11-02"];
    let deal = |id: usize, amount: usize| format!("{id},ann,Qualify,Open,{amount},2026-08-01");
    for (nth, on) in days.iter().enumerate() {
        let rows: Vec<String> = (0..=nth).map(|id| deal(id, nth)).collect();
        project.deals(on, &rows.iter().map(String::as_str).collect::<Vec<_>>());
    }
    incremental(&project, "each", "on_correction: recompute\n", "SELECT deal_id, amount FROM crm.deal");
    project.run_day("2026-08-03");
    let request = Request {
        days: Days::Between(day("2026-08-17"), day("2026-10-05")),
        select: Vec::new(),
        sources_only: true,
        full_refresh: false,
        allow_empty: false,
    };
    project.try_run(&request).unwrap();
    let record = project.run_day("2026-11-02");
    assert_eq!(filled(&record).iter().map(|of| of.done).sum::<usize>(), 5);

    let lies_in = |on: &str| {
        let pin = project.pin();
        let version = pin.on(&"past.each".parse().unwrap(), Role::Model, day(on)).cloned().unwrap();
        serde_json::to_value(&version).unwrap()["files"][0]["path"].as_str().unwrap().to_owned()
    };
    let files = || days.map(lies_in);
    let months = |files: &[String]| files.chunk_by(|one, other| one == other).map(<[_]>::len).collect::<Vec<_>>();
    assert_eq!(months(&files()), [3, 2, 1, 1]);

    let seen = |on: &str| project.ask(on, "SELECT day, count(*), sum(amount) FROM past.each GROUP BY day ORDER BY day");
    let said = |nth: usize| format!("{} | {} | {}.0000", days[nth], nth + 1, nth * (nth + 1));
    let all: Vec<String> = (0..days.len()).map(said).collect();
    assert_eq!(seen("2026-11-02"), all);
    // A past day sees no later one, though it lies in the same file; a filter on days reads some of a file.
    assert_eq!(seen("2026-08-17"), all[..2]);
    let on = |condition: &str| {
        project.ask("2026-11-02", &format!("SELECT DISTINCT day FROM past.each WHERE {condition} ORDER BY day"))
    };
    assert_eq!(on("day BETWEEN DATE '2026-08-31' AND DATE '2026-09-14'"), ["2026-08-31", "2026-09-14"]);
    assert_eq!(on("day = DATE '2026-08-17'"), ["2026-08-17"]);

    // One day of a closed month is corrected: the month is put together anew, and the old rows are gone.
    let before = lies_in("2026-08-03");
    project.deals("2026-08-17", &[&deal(0, 50)]);
    project.run_day("2026-08-17");
    project.run_day("2026-11-02");
    assert_eq!(months(&files()), [3, 2, 1, 1]);
    assert_ne!(lies_in("2026-08-03"), before);
    let mut corrected = all.clone();
    corrected[1] = "2026-08-17 | 1 | 50.0000".to_owned();
    assert_eq!(seen("2026-11-02"), corrected);
    let lake = project.lake();
    let verified = lake.verify_all(&mut |_, _| {}).unwrap();
    assert!(verified.damages.is_empty(), "{:?}", verified.damages);

    // A file that was spoiled is found, and all that lay in it can be computed again.
    let spoiled = project.path("lake").join(lies_in("2026-09-14"));
    std::fs::write(&spoiled, vec![0; std::fs::metadata(&spoiled).unwrap().len() as usize]).unwrap();
    let verified = lake.verify_all(&mut |_, _| {}).unwrap();
    assert!(verified.damages.iter().any(|damage| damage.help.contains("forecastle run --full-refresh")));
    project.run_day("2026-11-02");
    refreshed(&project, "2026-11-02");
    assert_eq!((months(&files()), seen("2026-11-02")), (vec![3, 2, 1, 1], corrected));
    assert!(lake.verify(&project.pin()).unwrap().is_empty());
}
