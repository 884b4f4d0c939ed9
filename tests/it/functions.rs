//! Functions of the field and of the user's own, in a project.

use crate::command::Program;
use crate::project::{TestProject, day};
use forecastle::run::{Days, ModelOutcome};

const NET: &str = "-- What remains of an amount after the partner's share.\nCREATE FUNCTION net(amount DECIMAL(18,4)) RETURNS DECIMAL(18,4) RETURN amount * 0.9\n";
const MODEL: &str = "/* ---\ndescription: net\nchecks:\n- between: {column: net_amount, min: 0}\n--- */\n-- One row is a stage.\nSELECT stage, sum(net(amount)) AS net_amount, max(business_days(created_on, current_date)) AS age FROM crm.deal GROUP BY stage\n";

fn project() -> TestProject {
    let project = TestProject::small();
    project.deals("2026-11-02", &["1,ann,Qualify,Open,100,2026-10-01", "2,bob,Propose,Open,250.50,2026-10-30"]);
    project.write("sql/function/net.sql", NET).write("sql/kpi/net.sql", MODEL);
    project
}

#[test]
fn a_models_functions_are_computed_and_a_changed_one_is_computed_anew() {
    let project = project();
    project.run();
    assert_eq!(
        project.ask("2026-11-02", "SELECT stage, net_amount, age FROM kpi.net ORDER BY stage"),
        ["Propose | 225.4500 | 1", "Qualify | 90.0000 | 22"]
    );
    assert_eq!(project.ask("2026-11-02", "SELECT net(10.0)"), ["9.0000"]);
    let outcomes = |project: &TestProject| {
        let record = project.run_days(Days::One(day("2026-11-02")));
        let of_net = record.days[0].models.iter().find(|model| model.model == "kpi.net").unwrap();
        matches!(of_net.outcome, ModelOutcome::Unchanged)
    };
    assert!(outcomes(&project), "nothing changed");
    project.edit("sql/function/net.sql", "0.9", "0.8");
    assert!(!outcomes(&project), "a function changed");
    assert_eq!(project.ask("2026-11-02", "SELECT net_amount FROM kpi.net WHERE stage = 'Qualify'"), ["80.0000"]);
    project.edit("pipelines/nightly.yaml", "pack: none", "pack: none\nholidays: [2026-11-02, 10-12]");
    assert!(!outcomes(&project), "the holidays changed");
    assert_eq!(
        project.ask("2026-11-02", "SELECT stage, age FROM kpi.net ORDER BY stage"),
        ["Propose | 0", "Qualify | 20"]
    );
}

#[test]
fn functions_are_listed_with_the_projects_own_and_shown_with_an_example() {
    let project = project();
    let program = Program::in_folder(project.root());
    let listed = program.runs_to(0, &["functions"]).stdout;
    assert!(listed.contains("\nwape                   Aggregate: Σ|forecast − actual| / Σ actual.\n"), "{listed}");
    assert!(
        listed.ends_with("net                    What remains of an amount after the partner's share.\n"),
        "{listed}"
    );
    assert_eq!(
        program.runs_to(0, &["functions", "MASE"]).stdout,
        "mase(forecast, actual, scale) → DOUBLE\n\n\
         Aggregate: the mean of |forecast − actual| / scale, where the scale is the mean absolute error of the naive method over \
         earlier periods; below 1 is better than naive. Rows whose scale is not above 0 are left out.\n\n    \
         SELECT mase(forecast, actual, scale) FROM (VALUES (120, 100, 40), (90, 100, 40)) AS t (forecast, actual, scale)\n    \
         → 0.375\n\n\
         Formula: Hyndman & Koehler 2006\n"
    );
    let own = program.runs_to(0, &["functions", "net"]).stdout;
    assert!(own.starts_with("net(amount DECIMAL(18, 4)) → DECIMAL(18, 4)\n"), "{own}");
    assert!(own.contains("Declared in sql/function/net.sql:2:1"), "{own}");
    assert!(program.runs_to(0, &["functions", "date_trunc"]).stdout.starts_with("date_trunc(precision, expression)\n"));
    let said = program.runs_to(2, &["functions", "bussiness_days"]).stderr;
    assert!(
        said.contains("there is no function `bussiness_days`") && said.contains("did you mean `business_days`?"),
        "{said}"
    );
    let elsewhere = tempfile::tempdir().unwrap();
    assert!(Program::in_folder(elsewhere.path()).runs_to(0, &["functions"]).stdout.contains("brier"));
}
