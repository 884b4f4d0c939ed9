//! The shipped mappings of CRMs, each over a day's exports in the shapes of that CRM, with the traps of mapping it; and mappings
//! that are guessed from exports nobody has described.

use std::fs;

use forecastle::run::{Days, Record, Request};

use crate::command::Program;
use crate::needed::{real_data, repository};
use crate::project::{Outcomes, TestProject, copy, day, told};

/// The day of the exports in `testdata/crm`. Moments in them are at 03:30 UTC on it: the day before in New York.
const ON: &str = "2026-04-01";
/// Files that are kept by hand, beside the exports.
const BY_HAND: [&str; 3] = ["quota.csv", "stage.csv", "fx_rate.csv"];
/// What is asked of the deals of each CRM.
const DEALS: &str = "SELECT deal_id, stage, status, forecast_category, amount, currency, probability, created_on, expected_close_on, \
                     closed_on FROM crm.deal ORDER BY deal_id";

/// A project with the shipped mapping of a CRM.
fn mapped(crm: &str) -> TestProject {
    let project = TestProject::empty();
    let pipeline = forecastle::project::shipped(&format!("pipelines/crm/{crm}.yaml")).unwrap();
    project.write("pipelines/nightly.yaml", pipeline);
    without_models(project)
}

/// The same project with the shipped tables alone: it is planned in no time.
fn without_models(project: TestProject) -> TestProject {
    project.edit("pipelines/nightly.yaml", "reports: [executive]", "reports: []\npack: none");
    copy(&repository().join("sql/crm"), &project.path("sql/crm"));
    project
}

/// The exports of `testdata/crm` in the lake through the shipped mapping, and every row of them in a table.
fn loaded(crm: &str) -> TestProject {
    let project = mapped(crm);
    for entry in fs::read_dir(repository().join("testdata/crm").join(crm)).unwrap() {
        let (path, name) = entry.map(|entry| (entry.path(), entry.file_name().into_string().unwrap())).unwrap();
        let to = if BY_HAND.contains(&name.as_str()) { name } else { format!("exports/{ON}/{name}") };
        project.write(&to, fs::read(path).unwrap());
    }
    let record = load(&project, ON);
    let sources = &record.days.last().unwrap().sources;
    for source in sources {
        let (outcome, counts) = record.source(&source.table);
        assert_eq!(format!("{outcome:?} {}", counts.rejected), "Loaded 0", "{}", source.table);
    }
    project
}

fn load(project: &TestProject, on: &str) -> Record {
    let request = Request {
        days: Days::One(day(on)),
        select: Vec::new(),
        sources_only: true,
        full_refresh: false,
        allow_empty: false,
    };
    project.try_run(&request).unwrap_or_else(|error| panic!("{}", told(&error)))
}

#[test]
fn every_mapping_of_a_crm_is_valid() {
    let all = forecastle::project::shipped_paths();
    let names: Vec<&str> =
        all.iter().filter_map(|path| path.strip_prefix("pipelines/crm/")?.strip_suffix(".yaml")).collect();
    assert_eq!(names, ["dynamics", "hubspot", "odoo", "pipedrive", "salesforce", "salesforce_report"]);
    for name in names {
        let validated = mapped(name).validate().unwrap_or_else(|error| panic!("{}", told(&error)));
        assert_eq!(validated.problems, [], "{name}");
    }
}

#[test]
fn salesforce_tells_the_status_by_flags_and_its_ids_in_18_characters() {
    let project = loaded("salesforce");
    assert_eq!(
        project.ask(ON, DEALS),
        [
            // Created at 03:30 UTC; a category that was renamed; what was deleted is there, and told.
            "006Ab000003RtAaIAK | Negotiation | open | commit | 120000.0000 | USD | 0.600000 | 2026-03-31 | 2026-06-30 | NULL",
            "006Ab000003RtBbIAK | Proposal | open | most_likely | 50000.0000 | USD | 0.500000 | 2026-03-02 | 2026-05-15 | NULL",
            "006Ab000003RtCcIAK | Signed elsewhere | lost | omitted | 90000.0000 | USD | 0.000000 | 2026-01-06 | 2026-03-30 | NULL",
            "006Ab000003RtaAIAS | Proposal | open | commit | 80000.0000 | USD | 0.400000 | 2026-03-30 | 2026-06-15 | NULL",
            "006Ab000003RtbBIAS | Signed | won | closed | 70000.0000 | USD | 1.000000 | 2026-01-05 | 2026-03-31 | NULL",
            "006Ab000003RtcCIAS | Proposal | deleted | pipeline | 11000.0000 | USD | 0.500000 | 2026-01-07 | 2026-05-01 | NULL",
        ]
    );
    // One editable close date, so there is none; the history tells by its categories when a deal was won or lost.
    let sql = "SELECT deal_id, CAST(at AS DATE), new_value FROM crm.deal_event WHERE column_name = 'status' AND new_value <> 'open' ORDER BY 1";
    assert_eq!(
        project.ask(ON, sql),
        ["006Ab000003RtCcIAK | 2026-03-30 | lost", "006Ab000003RtbBIAS | 2026-04-01 | won"]
    );
    // The people who sell, without the account that synchronises; the deal, the lead and the contact that tasks are about.
    assert_eq!(project.ask(ON, "SELECT name FROM crm.rep ORDER BY 1"), ["Ann Lee", "Bob Ray"]);
    let sql = "SELECT type, deal_id IS NOT NULL, lead_id IS NOT NULL, duration_minutes FROM crm.activity ORDER BY type";
    assert_eq!(project.ask(ON, sql), ["call | true | false | 10", "mail | false | true | NULL"]);
    let sql = "SELECT type, sum(share), count(*) FROM crm.deal_split GROUP BY type ORDER BY type";
    assert_eq!(project.ask(ON, sql), ["overlay | 1.000000 | 1", "revenue | 1.000000 | 2"]);
    assert_eq!(
        project.ask(ON, "SELECT from_currency, rate FROM crm.fx_rate ORDER BY 1"),
        ["EUR | 1.2500000000", "USD | 1.0000000000"]
    );
}

#[test]
fn a_report_of_salesforce_is_joined_by_the_same_ids_as_its_exports() {
    let project = loaded("salesforce_report");
    assert_eq!(
        project.ask(ON, DEALS),
        [
            "006Ab000003RtAaIAK | Negotiation | open | commit | 120000.0000 | USD | 0.600000 | 2026-03-31 | 2026-06-30 | NULL",
            "006Ab000003RtCcIAK | Signed elsewhere | lost | omitted | 90000.0000 | USD | 0.000000 | 2026-01-06 | 2026-03-30 | NULL",
            "006Ab000003RtaAIAS | Proposal | open | most_likely | 80000.0000 | USD | 0.400000 | 2026-03-01 | 2026-06-15 | NULL",
            "006Ab000003RtbBIAS | Signed | won | closed | 70000.5000 | USD | 1.000000 | 2026-01-05 | 2026-03-31 | NULL",
        ]
    );
    let sql = "SELECT a.name, count(*) FROM crm.deal AS d JOIN crm.account AS a USING (account_id) GROUP BY a.name";
    assert_eq!(project.ask(ON, sql), ["Harbour | 3"]);
    assert_eq!(
        project.ask(ON, "SELECT rep_id, manager_id, is_active FROM crm.rep ORDER BY 1"),
        ["Ann Lee | NULL | true", "Bob Ray | Ann Lee | false"]
    );
}

#[test]
fn hubspot_writes_flags_as_text_and_moments_in_utc() {
    let project = loaded("hubspot");
    assert_eq!(
        project.ask(ON, DEALS),
        [
            // Closed at 03:30 UTC on 1 April, which is 31 March in New York: the quarter before.
            "1001 | closedwon | won | closed | 70000.0000 | USD | 1.000000 | 2026-01-05 | 2026-03-31 | NULL",
            "1002 | closedlost | lost | omitted | 90000.0000 | EUR | 0.000000 | 2026-01-06 | 2026-03-30 | NULL",
            "1003 | contractsent | open | commit | 120000.0000 | USD | 0.900000 | 2026-03-31 | 2026-06-30 | NULL",
        ]
    );
    assert_eq!(
        project.ask(ON, "SELECT stage, rank, kind, default_probability FROM crm.stage ORDER BY rank"),
        ["contractsent | 0 | open | 0.900000", "closedwon | 1 | won | 1.000000", "closedlost | 2 | lost | 0.000000"]
    );
    assert_eq!(
        project.ask(ON, "SELECT name, is_active FROM crm.rep ORDER BY 1"),
        ["Ann Lee | true", "Bob Ray | false"]
    );
    assert_eq!(project.ask(ON, "SELECT owner_id FROM crm.deal WHERE deal_id = '1003'"), ["nobody"]);
    assert_eq!(
        project.ask(ON, "SELECT column_name, count(*) FROM crm.deal_event GROUP BY 1 ORDER BY 1"),
        ["amount | 2", "expected_close_on | 1", "stage | 1", "status | 1"]
    );
}

#[test]
fn pipedrive_keeps_archived_deals_apart_and_leaves_probabilities_to_the_stage() {
    let project = loaded("pipedrive");
    assert_eq!(
        project.ask(
            ON,
            "SELECT deal_id, status, amount, probability, created_on, closed_on FROM crm.deal ORDER BY deal_id"
        ),
        [
            "1 | open | 120000.0000 | 0.600000 | 2026-03-31 | NULL",
            "2 | won | 70000.5000 | NULL | 2026-01-05 | 2026-03-31",
            "3 | lost | 90000.0000 | NULL | 2026-01-05 | 2026-03-30",
            "4 | open | 50000.0000 | NULL | 2026-01-05 | NULL",
            "5 | disqualified | 30000.0000 | NULL | 2026-01-05 | NULL",
            "6 | won | 20000.0000 | NULL | 2025-11-03 | 2025-12-30",
            "7 | deleted | 10000.0000 | NULL | 2026-01-05 | NULL",
        ]
    );
    assert_eq!(project.ask(ON, "SELECT pipeline, stage, default_probability FROM crm.stage"), ["1 | 3 | 0.400000"]);
    assert_eq!(
        project.ask(ON, "SELECT started_at, duration_minutes FROM crm.activity ORDER BY 1"),
        ["2026-03-31T14:30:00 | 90", "2026-04-02T00:00:00 | NULL"]
    );
}

#[test]
fn odoo_has_lost_deals_where_archived_ones_are_exported() {
    let project = loaded("odoo");
    assert_eq!(
        project.ask(ON, "SELECT name, stage, status, probability, created_on, expected_close_on, closed_on FROM crm.deal ORDER BY deal_id"),
        [
            // Odoo writes local time without saying so: 23:30 on 31 March is that day.
            "Open | Proposition | open | 0.600000 | 2026-03-31 | 2026-06-30 | NULL",
            "Won | Won | won | 1.000000 | 2026-01-05 | 2026-03-15 | 2026-03-31",
            "Lost | Proposition | lost | 0.000000 | 2026-01-06 | 2026-04-30 | 2026-03-30",
            "Put away | New | disqualified | 0.125000 | 2026-01-06 | NULL | NULL",
        ]
    );
    let sql = "SELECT lead_id, converted_deal_id IS NOT NULL FROM crm.lead ORDER BY 1";
    assert_eq!(project.ask(ON, sql), ["__export__.crm_lead_2_aa | true", "__export__.crm_lead_5_aa | false"]);
}

#[test]
fn dynamics_counts_what_a_won_deal_really_earned() {
    let project = loaded("dynamics");
    assert_eq!(
        project.ask(ON, "SELECT name, stage, status, forecast_category, amount, currency, probability, created_on, closed_on, lost_reason FROM crm.deal ORDER BY deal_id"),
        [
            "Deal 1 | 3-Propose | open | commit | 120000.0000 | EUR | 0.600000 | 2026-03-31 | NULL | NULL",
            "Deal 2 | 3-Propose | won | closed | 70000.5000 | USD | 1.000000 | 2026-01-05 | 2026-03-31 | NULL",
            "Deal 3 | No stage | lost | closed | 90000.0000 | USD | 0.000000 | 2026-01-05 | 2026-03-30 | Out-sold",
        ]
    );
    let sql = "SELECT type, deal_id IS NOT NULL, account_id IS NOT NULL, is_completed FROM crm.activity ORDER BY type";
    assert_eq!(project.ask(ON, sql), ["call | true | false | true", "meeting | false | true | false"]);
    assert_eq!(project.ask(ON, "SELECT team FROM crm.rep"), ["Nordics"]);
}

#[test]
fn the_mapping_of_salesforce_gives_the_known_answers_of_a_raw_export() {
    let Some(data) = real_data("the_mapping_of_salesforce_gives_the_known_answers_of_a_raw_export") else { return };
    let project = mapped("salesforce");
    let on = "2024-12-31";
    for file in ["Opportunity", "Account", "Lead"] {
        let export = fs::read(data.join(format!("salesforce-export/{file}.csv"))).unwrap();
        project.write(&format!("exports/{on}/{file}.csv"), export);
    }
    let record = load(&project, on);
    assert_eq!((record.source("crm.deal").1.rejected, record.source("crm.account").1.rejected), (0, 0));
    let sql = "SELECT status, count(*), sum(amount) FROM crm.deal WHERE status <> 'open' GROUP BY status ORDER BY status DESC";
    let closed = project.ask(on, sql);
    assert_eq!(closed[0], "won | 12 | 10542562.9800");
    assert!(closed[1].starts_with("lost | 3 | "), "{closed:?}");
}

#[test]
fn init_for_a_crm_says_what_to_export_and_where_to_put_it() {
    let home = TestProject::empty();
    let here = Program::in_folder(home.root());
    let said = here.runs_to(0, &["init", "mine", "--crm", "odoo"]).stderr;
    assert!(said.contains("exports/{day}/crm_lead.csv") && said.contains("crm.deal, needed"), "{said}");
    let told = home.read("mine/exports/README.md");
    assert!(told.contains("| `exports/{day}/crm_lead.csv` | `crm.deal` | yes |"), "{told}");
    assert!(Program::in_folder(&home.path("mine")).runs_to(0, &["validate"]).stderr.contains(": no mistakes"));

    let wrong = here.runs_to(2, &["init", "other", "--crm", "salesforse"]).stderr;
    assert!(wrong.contains("there is no mapping for a CRM called `salesforse`"), "{wrong}");
    assert!(wrong.contains("did you mean `salesforce`?"), "{wrong}");
    let wrong = here.runs_to(2, &["init", "other", "--crm", "zoho"]).stderr;
    assert!(wrong.contains("`hubspot`") && wrong.contains("--from EXPORT"), "{wrong}");
    assert!(!home.path("other").exists(), "nothing is written before all is known");
}

const UNKNOWN: &str = "Deal Number;Title;Customer;Salesperson;Sales Stage;Amount;Currency;Chance;Creation Date;Expected Close Date;Mood\n\
    7;Crane;Harbour;Ann;Offer;1.200.000,50;EUR;60;31.03.2026;30.06.2026;fine\n\
    8;Winch;Harbour;;Closed Won;70.000,00;EUR;100;15.01.2026;31.03.2026;\n\
    9;Rope;Pier;Bob;Closed Lost;9.000,00;EUR;0;16.01.2026;30.03.2026;bad\n";

#[test]
fn init_from_an_unknown_export_guesses_its_mapping_and_says_from_what() {
    let home = TestProject::empty();
    home.write("from the CRM 2026-04-01/Deals.csv", UNKNOWN);
    let here = Program::in_folder(home.root());
    here.runs_to(0, &["init", "mine", "--from", "from the CRM 2026-04-01/Deals.csv"]);
    let pipeline = home.read("mine/pipelines/nightly.yaml");
    for line in [
        "csv: {path: \"exports/{day}/Deals.csv\", delimiter: ';'}",
        "currency: EUR ",
        "deal_id: Deal Number  # ",
        "owner_id: coalesce(Salesperson, 'unknown')  # 1 of 3 rows have none",
        "amount: number(Amount, ',')  # 3 of 3 values are numbers like 1.234,5",
        "probability: number(Chance) / 100  # 3 of 3 values are numbers like 1234.5, between 0 and 100",
        "created_on: day(\"Creation Date\", '%d.%m.%Y')  # 3 of 3 values are days like 31.01.2024",
        "# told by the words of Sales Stage; taken for open: Offer",
        "WHEN 'Closed Won' THEN 'won'",
        "# not mapped: Mood",
    ] {
        assert!(pipeline.contains(line), "`{line}` is not in\n{pipeline}");
    }
    let mine = TestProject::empty();
    copy(&home.path("mine"), mine.root());
    let mine = without_models(mine);
    let record = load(&mine, ON);
    assert_eq!((record.source("crm.deal").1.rows, record.source("crm.deal").1.rejected), (3, 0));
    assert_eq!(
        mine.ask(ON, "SELECT deal_id, status, amount, probability, created_on, owner_id FROM crm.deal ORDER BY 1"),
        [
            "7 | open | 1200000.5000 | 0.600000 | 2026-03-31 | Ann",
            "8 | won | 70000.0000 | 1.000000 | 2026-01-15 | unknown",
            "9 | lost | 9000.0000 | 0.000000 | 2026-01-16 | Bob",
        ]
    );
}

#[test]
fn what_cannot_be_guessed_is_left_to_the_person_and_told() {
    let home = TestProject::empty();
    home.write("deals.csv", "Id,Stage,Amount\n1,Offer,5\n2,Won,6\n")
        .write("notes.csv", "Text\nhello\n")
        .write("deals.doc", "x");
    let here = Program::in_folder(home.root());
    let said = here.runs_to(0, &["init", "mine", "--from", "deals.csv", "--from", "notes.csv"]).stderr;
    assert!(said.contains("deals.csv: crm.deal") && said.contains("you must say what is created_on"), "{said}");
    assert!(said.contains("notes.csv: its columns are those of no known table"), "{said}");
    let said = Program::in_folder(&home.path("mine")).runs_to(2, &["validate"]).stderr;
    assert!(said.contains("`created_on` of crm.deal must be mapped: it is required"), "{said}");
    assert!(here.runs_to(2, &["init", "other", "--from", "notes.csv"]).stderr.contains("--from crm.deal=FILE"));
    assert!(here.runs_to(2, &["init", "other", "--from", "deals.doc"]).stderr.contains("name it .csv"));
    assert!(!home.path("other").exists(), "nothing is written before all is known");
}

#[test]
fn mappings_guessed_from_real_exports_give_their_known_answers() {
    let Some(data) = real_data("mappings_guessed_from_real_exports_give_their_known_answers") else { return };
    let home = TestProject::empty();
    let here = Program::in_folder(home.root());
    let file = |path: &str| data.join(path).to_str().unwrap().to_owned();
    let guessed = |folder: &str, files: &[String]| {
        let from = files.iter().flat_map(|file| ["--from", file.as_str()]);
        here.runs_to(0, &["init", folder].into_iter().chain(from).collect::<Vec<_>>());
        let project = TestProject::empty();
        copy(&home.path(folder), project.root());
        let project = without_models(project);
        let day =
            fs::read_dir(project.path("exports")).unwrap().next().unwrap().unwrap().file_name().into_string().unwrap();
        let record = load(&project, &day);
        (project, record, day)
    };
    let sums = "SELECT status, count(*), sum(amount) FROM crm.deal GROUP BY status ORDER BY status DESC";

    let files =
        ["Opportunities", "Accounts", "Owners", "Territories"].map(|name| file(&format!("regional-sales/{name}.csv")));
    let (project, record, day) = guessed("regional", &files);
    let rows = ["crm.deal", "crm.account", "crm.rep", "crm.territory"].map(|table| record.source(table).1.rows);
    assert_eq!(rows, [20_000, 300, 20, 51]);
    assert_eq!(
        project.ask(&day, sums),
        ["won | 7282 | 26435925.0000", "open | 5333 | 27812381.0000", "lost | 7385 | 23003910.0000"]
    );
    let weighted = "SELECT sum(amount * probability) FROM crm.deal WHERE status = 'open'";
    assert!(project.ask(&day, weighted)[0].starts_with("10893405.5"));

    let files = ["Opportunity", "Account", "Lead", "Task"].map(|name| file(&format!("salesforce-export/{name}.csv")));
    let (project, record, day) = guessed("salesforce", &files);
    assert_eq!(record.source("crm.deal").1.rejected, 0);
    assert!(project.ask(&day, sums).contains(&"won | 12 | 10542562.9800".to_owned()));

    let files = ["Opportunity", "Account"].map(|name| file(&format!("salesforce-history/{name}.csv")));
    let (project, ..) = guessed("history", &files);
    assert!(project.read("pipelines/nightly.yaml").contains("'%m/%d/%y'"));
}
