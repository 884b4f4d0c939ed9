//! What is known of a project's SQL from before: whatever is edited, all that is said is what would be said without it.

use std::fs;

use forecastle::query::Counted;
use forecastle::run::Validated;

use crate::command::Program;
use crate::project::TestProject;

/// How many edits; more of them by `FORECASTLE_ROUNDS`.
fn rounds() -> u64 {
    std::env::var("FORECASTLE_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(60)
}

/// A file and what it may come to hold; `None` is no file. The first is what it holds before any edit.
type Edited = (&'static str, Vec<Option<String>>);

/// Files of every kind, each right and wrong in several ways.
fn edited(project: &TestProject) -> Vec<Edited> {
    let of = |path: &'static str, edits: &[(&str, &str)]| {
        let text = project.read(path);
        let edit = |(from, to): &(&str, &str)| {
            assert!(text.contains(from), "`{from}` in {path}");
            Some(text.replacen(from, to, 1))
        };
        (path, [Some(text.clone())].into_iter().chain(edits.iter().map(edit)).collect::<Vec<_>>())
    };
    let written = |path: &'static str, texts: &[Option<&str>]| {
        (path, texts.iter().map(|text| text.map(str::to_owned)).collect::<Vec<_>>())
    };
    vec![
        of(
            "sql/crm/deal.sql",
            &[
                ("amount DECIMAL(18,4)", "amount DOUBLE"),
                ("amount DECIMAL(18,4)", "amount TEXT"),
                ("amount DECIMAL(18,4)", "amount DECIMAL(18,4) NOT NULL"),
                ("amount DECIMAL", "value DECIMAL"),
                ("created_on DATE", "created_on DATE COMMENT 'twice'"),
                ("stage TEXT", "stage TEXT, region TEXT"),
            ],
        ),
        of(
            "sql/kpi/open_deal.sql",
            &[
                ("materialize: view", "materialize: table"),
                ("amount, created_on", "band(amount) AS amount, created_on"),
                ("amount, created_on", "CAST(amount AS BIGINT) AS amount, created_on"),
                ("FROM crm.deal", "FROM as_of('crm.deal', DATE '2026-01-01')"),
                ("FROM crm.deal", "FROM crm.deal_history"),
                ("FROM crm.deal", "FROM crm.dael"),
                ("status = 'open'", "status = 1"),
                ("-- One row is", "-- One line is"),
                ("SELECT", "SELECT 1 + AS x,"),
            ],
        ),
        of(
            "sql/kpi/pipeline.sql",
            &[
                ("- unique: [stage]", "- unique: [stag]"),
                ("column: amount, min: 0", "column: amount, min: 'none'"),
                ("sum(amount) AS amount", "max(amount) AS amount"),
                ("sum(amount) AS amount", "sum(amount) AS worth"),
                ("kpi.open_deal", "metric('open', by => ['stage'])"),
            ],
        ),
        of(
            "sql/kpi/total.sql",
            &[
                ("coalesce(sum(amount), 0) AS amount", "(SELECT value FROM metric('open')) AS amount"),
                ("count(*) AS stages", "band(count(*)) AS stages"),
                ("FROM kpi.pipeline", "FROM kpi.total"),
            ],
        ),
        written(
            "sql/function/band.sql",
            &[
                Some("CREATE FUNCTION band(x DOUBLE) RETURNS DOUBLE RETURN x / 2"),
                Some("CREATE FUNCTION band(x DOUBLE) RETURNS TEXT RETURN CASE WHEN x > 1 THEN 'a' ELSE 'b' END"),
                Some("CREATE FUNCTION band(x TEXT) RETURNS TEXT RETURN upper(x)"),
                Some("CREATE FUNCTION band(x DOUBLE) RETURNS DOUBLE RETURN y / 2"),
                None,
            ],
        ),
        written(
            "sql/metric/open.sql",
            &[
                Some(
                    "/* ---\nlabel: Open\ndescription: Open\nunit: count\ndimensions: [stage]\naggregation: sum\n--- */\nSELECT *, amount AS value FROM crm.deal",
                ),
                Some(
                    "/* ---\nlabel: Open\ndescription: Open\nunit: count\ndimensions: [stage]\naggregation: max\n--- */\nSELECT *, amount AS value FROM crm.deal",
                ),
                Some(
                    "/* ---\nlabel: Open\ndescription: Open\nunit: count\ndimensions: [owner_id]\naggregation: sum\n--- */\nSELECT *, 1 AS value FROM crm.deal",
                ),
                Some(
                    "/* ---\nlabel: Open\ndescription: Open\nunit: count\naggregation: sum\n--- */\nSELECT *, stage AS value FROM crm.deal",
                ),
                None,
            ],
        ),
        of(
            "sql/check/owner_missing.sql",
            &[
                ("owner_id IS NULL", "owner_id > 1"),
                ("owner_id IS NULL", "owner = 1"),
                ("severity: warn", "severity: error"),
            ],
        ),
        of(
            "reports/summary.md",
            &[
                ("SELECT day, deals, amount", "SELECT day, deals, stages AS amount"),
                ("SELECT day, deals, amount", "SELECT day, deals"),
                ("total[0].deals", "total[0].dael"),
                ("| money", "| mony"),
                ("ORDER BY stage", "ORDER BY amuont"),
            ],
        ),
        of(
            "pipelines/nightly.yaml",
            &[
                ("currency: USD", "currency: EUR"),
                ("currency: USD", "currency: USD\nfiscal_year_starts: february"),
                ("timezone: America/New_York", "timezone: America/New_Yrok"),
                ("amount: number(Amount)", "amuont: number(Amount)"),
                ("reports: [summary]", "reports: [sumary]"),
            ],
        ),
        written(
            "sql/kpi/total.test.yaml",
            &[
                None,
                Some(
                    "day: 2026-11-02\ntests:\n  - name: one\n    given:\n      kpi.pipeline:\n        - {stage: a, deals: 1, amount: 2}\n    expect:\n      - {deals: 1, amount: 2}\n",
                ),
                Some(
                    "day: 2026-11-02\ntests:\n  - name: one\n    given:\n      kpi.pipeline:\n        - {stage: a, dael: 1}\n    expect:\n      - {deals: 1}\n",
                ),
            ],
        ),
    ]
}

fn put(project: &TestProject, path: &str, text: Option<&String>) {
    match text {
        Some(text) => drop(project.write(path, text)),
        None => drop(fs::remove_file(project.path(path))),
    }
}

/// All that is said of a project.
fn said(validated: &Validated) -> String {
    let Validated { problems, not_checked, models, metrics, checks, reports, tests, counted: _ } = validated;
    let problems: Vec<String> = problems.iter().map(|problem| problem.render(false)).collect();
    format!("{}\n{not_checked:?} {models} {metrics} {checks} {reports} {tests}", problems.join("\n\n"))
}

#[test]
fn after_any_edit_all_is_said_that_is_said_without_what_is_known() {
    let project = TestProject::small();
    let files = edited(&project);
    files.iter().for_each(|(path, variants)| put(&project, path, variants[0].as_ref()));
    let first = project.validate().unwrap();
    assert_eq!(said(&first), said(&project.validate_anew().unwrap()));
    assert!(first.problems.is_empty(), "{}", said(&first));
    // Any numbers do, so that they are the same ones each time.
    let mut state = 7_u64;
    let mut chance = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    let (mut all, mut broken) = (Counted::default(), 0);
    for round in 0..rounds() {
        for _ in 0..=chance(2) {
            let (path, variants) = &files[chance(files.len())];
            // Half of the time back to what is right, so that not all is broken in the end.
            let to = if chance(2) == 0 { 0 } else { chance(variants.len()) };
            put(&project, path, variants[to].as_ref());
        }
        let (with, without) = (project.validate().unwrap(), project.validate_anew().unwrap());
        assert_eq!(said(&with), said(&without), "in round {round}");
        assert_eq!(without.counted.planned + without.counted.recalled, with.counted.planned + with.counted.recalled);
        all.planned += with.counted.planned;
        all.recalled += with.counted.recalled;
        broken += usize::from(!with.problems.is_empty());
    }
    assert!(all.recalled > 2 * all.planned, "{all:?}");
    assert!(broken > 5, "the edits break too little: {broken}");
}

#[test]
fn of_an_edit_only_what_depends_on_it_is_planned_again() {
    let project = TestProject::small();
    let all = project.validate().unwrap().counted;
    assert_eq!(
        (all.planned, all.recalled),
        (7, 0),
        "3 models, 2 queries, 2 checks: that columns are there needs no plan"
    );
    for (path, from, to, planned, why) in [
        ("sql/kpi/total.sql", "AS stages", "AS groups", 2, "the model, and the query of what has other columns now"),
        ("sql/kpi/total.sql", "sum(amount), 0)", "sum(amount), 1)", 1, "its columns are as they were"),
        ("sql/crm/rep.sql", "name TEXT", "first_name TEXT", 0, "nothing reads it"),
        ("reports/summary.md", "## Stages", "## By stage", 0, "no query is another"),
        ("pipelines/nightly.yaml", "currency: USD", "currency: EUR", 0, "names and types depend on no setting"),
    ] {
        project.edit(path, from, to);
        let counted = project.validate().unwrap().counted;
        assert_eq!((counted.planned, counted.recalled), (planned, 7 - planned), "{path}: {why}");
    }
}

#[test]
fn the_program_tells_what_was_planned_and_goes_without_when_asked_to() {
    let project = TestProject::small();
    let program = Program::in_folder(project.root());
    let summary = "1 pipeline, 3 models, 3 checks, 1 report, 0 tests: no mistakes\n";
    let first = program.runs_to(0, &["validate", "--verbose"]).stderr;
    assert_eq!(first, format!("7 statements: 7 planned, 0 known from before\n{summary}"));
    assert_eq!(program.runs_to(0, &["validate"]).stderr, summary);
    let again = program.runs_to(0, &["validate", "-v"]).stderr;
    assert_eq!(again, format!("7 statements: 0 planned, 7 known from before\n{summary}"));
    let without = program.runs_to(0, &["validate", "-v", "--no-cache"]).stderr;
    assert_eq!(without, first);
    // `test` and `run` know it too; whoever deletes it loses nothing.
    fs::remove_dir_all(project.path(".forecastle")).unwrap();
    program.runs_to(0, &["validate", "--no-cache"]);
    assert!(!project.path(".forecastle").exists());
    project.deals("2026-11-02", &["1,ann,Qualify,Open,100,2026-10-01"]);
    program.runs_to(0, &["run"]);
    let after_run = program.runs_to(0, &["validate", "-v"]).stderr;
    assert!(after_run.starts_with("7 statements: 0 planned, 7 known from before\n"), "{after_run}");
}
