//! The pack lies under the user's own files; `init` and `eject` write what a person edits.

use forecastle::project::Layer;

use crate::command::Program;
use crate::project::{TestProject, told};

const PIPELINE: &str = "pipeline: nightly\ntimezone: UTC\ncurrency: USD\nsources:\n  - table: crm.deal\n    csv: {path: \"exports/{day}/deal.csv\"}\n    \
    map:\n      deal_id: Id\n      owner_id: Owner\n      stage: Stage\n      status: Status\n      created_on: day(Created)\n      amount: number(Amount)\nreports: []\n";

fn with_pack() -> TestProject {
    let project = TestProject::empty();
    project.write("pipelines/nightly.yaml", PIPELINE);
    project
}

#[test]
fn a_file_of_the_users_stands_over_the_packs_of_the_same_path() {
    let project = with_pack();
    let layers = |project: &TestProject| {
        let prepared = project.prepare().unwrap_or_else(|error| panic!("{}", told(&error)));
        let of = |name: &str| prepared.catalogue.models.get(&name.parse().unwrap()).map(|model| model.layer);
        (of("kpi.deal_size"), of("kpi.win_rate"), of("custom.note"))
    };
    assert_eq!(layers(&project), (Some(Layer::Pack), Some(Layer::Pack), None));
    project.write(
        "sql/kpi/deal_size.sql",
        forecastle::project::shipped("sql/kpi/deal_size.sql").unwrap() + "\n-- as we count it\n",
    );
    project.write("sql/custom/note.sql", "SELECT deal_id FROM sales.deal");
    assert_eq!(layers(&project), (Some(Layer::User), Some(Layer::Pack), Some(Layer::User)));
}

#[test]
fn an_override_that_breaks_the_packs_models_is_told_where_they_read_it() {
    let project = with_pack();
    project.write("sql/sales/plan_rate.sql", "SELECT 'USD' AS currency, 1 AS rates");
    let error = project.fail_to_prepare();
    let places: Vec<String> = error.problems.iter().map(|found| found.place.source.path.clone()).collect();
    let reads_rates = |path: &String| path.starts_with("sql/sales/") || path == "sql/metric/sales_cost.sql";
    assert!(places.iter().all(reads_rates), "{}", told(&error));
    assert!(
        error.help.as_ref().is_some_and(|help| help.contains("not checked") && help.contains("kpi.win_rate")),
        "{:?}",
        error.help
    );
}

#[test]
fn a_project_without_the_pack_holds_only_its_own_files() {
    let project = TestProject::small();
    let prepared = project.prepare().unwrap();
    let names: Vec<String> = prepared.catalogue.models.keys().map(ToString::to_string).collect();
    assert_eq!(names, ["kpi.open_deal", "kpi.pipeline", "kpi.total"]);
    assert_eq!(prepared.catalogue.reports.keys().collect::<Vec<_>>(), ["summary"]);
    project.edit("pipelines/nightly.yaml", "pack: none", "pack: shipped");
    assert!(project.fail_to_prepare().problems.len() > 1, "the small tables lack what the pack's models read");
}

#[test]
fn what_init_writes_is_valid_and_eject_copies_a_file_of_the_pack() {
    let home = TestProject::empty();
    let here = Program::in_folder(home.root());
    let said = here.runs_to(0, &["init", "mine"]);
    assert!(
        said.stderr.contains("next: cd mine && edit pipelines/nightly.yaml, then forecastle validate"),
        "{}",
        said.stderr
    );
    let mine = Program::in_folder(&home.path("mine"));
    assert!(mine.runs_to(0, &["validate"]).stderr.contains(": no mistakes"));
    assert!(here.runs_to(2, &["init", "mine"]).stderr.contains("mine holds a project already"));

    let paths = mine.runs_to(0, &["eject"]).stdout;
    assert!(
        paths.lines().any(|path| path == "sql/kpi/win_rate.sql")
            && paths.lines().any(|path| path == "reports/executive.md"),
        "{paths}"
    );
    mine.runs_to(0, &["eject", "sql/kpi/win_rate.sql"]);
    assert_eq!(home.read("mine/sql/kpi/win_rate.sql"), forecastle::project::shipped("sql/kpi/win_rate.sql").unwrap());
    assert!(mine.runs_to(2, &["eject", "sql/kpi/win_rate.sql"]).stderr.contains("is there already"));
    assert!(mine.runs_to(2, &["eject", "sql/kpi/winrate.sql"]).stderr.contains("did you mean `sql/kpi/win_rate.sql`?"));
    let listed = mine.runs_to(0, &["list", "--select", "kpi.win_rate"]).stdout;
    assert!(listed.contains("kpi.win_rate  project"), "{listed}");
}

#[test]
fn a_demo_made_anew_runs() {
    let home = TestProject::empty();
    let made = [
        "init",
        "--demo",
        "demo",
        "--seed",
        "7",
        "--deals",
        "60",
        "--reps",
        "4",
        "--first-day",
        "2026-10-05",
        "--last-day",
        "2026-10-20",
        "--daily-from",
        "2026-10-19",
    ];
    Program::in_folder(home.root()).runs_to(0, &made);
    let said = Program::in_folder(&home.path("demo")).runs_to(0, &["run"]);
    assert_eq!(said.stdout, "", "stdout is for results");
    assert!(said.stderr.contains("nightly 2026-10-05 to 2026-10-20 (4 days) · 4 commits"), "{}", said.stderr);
    assert!(home.path("demo/out/reports/executive/2026-10-20/index.html").exists());
    assert!(home.path("demo/out/reports/executive/latest/report.md").exists());
}

#[test]
fn the_repository_itself_is_a_project_that_validates() {
    let said = Program::in_folder(crate::needed::repository()).runs_to(0, &["validate"]);
    assert!(said.stderr.contains("1 pipeline, ") && said.stderr.contains(": no mistakes"), "{}", said.stderr);
}
