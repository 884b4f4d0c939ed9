//! The prompt of `forecastle query`, on a terminal of its own.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::needed;
use crate::project::TestProject;

/// Types lines at the prompt, and gives what was shown and how the program ended.
fn talk(python: &mut Command, project: &TestProject, arguments: &[&str], lines: &str) -> (String, bool) {
    let mut talking = python
        .arg(needed::repository().join("tests/it/prompt.py"))
        .arg(env!("CARGO_BIN_EXE_forecastle"))
        .args(["--project", project.path("").to_str().unwrap(), "query"])
        .args(arguments)
        .env("XDG_STATE_HOME", project.path("state"))
        .env("TERM", "xterm")
        .env("PAGER", "sed s/^/paged:/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    talking.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let done = talking.wait_with_output().unwrap();
    (String::from_utf8_lossy(&done.stdout).into_owned(), done.status.success())
}

fn small() -> TestProject {
    let project = TestProject::small();
    project.deals("2026-11-02", &["1,ann,Qualify,Open,100,2026-10-01"]);
    project.deals("2026-11-03", &["1,ann,Propose,Open,120,2026-10-01", "2,bob,Propose,Won,260,2026-10-03"]);
    project.run();
    project
}

#[test]
fn queries_and_commands_are_answered_until_the_user_leaves() {
    let Some(mut python) = needed::python("queries_and_commands_are_answered_until_the_user_leaves") else { return };
    let project = small();
    let lines = r"SELECT deal_id, amount
+FROM crm.deal
+ORDER BY deal_id;
\day 2026-11-02
SELECT count(*) AS then FROM crm.deal;
\day 2026-11-01
SELECT amont FROM crm.deal;
\d crm.deal
\x
SELECT owner_id FROM crm.deal;
\format csv
\x
\timing
SELECT stage FROM crm.deal;
\tming
SELECT generate_series FROM (SELECT unnest(range(0, 40)) AS generate_series);
SELECT given up<ctrl-c>
\q
";
    let (shown, ended_well) = talk(&mut python, &project, &[], lines);
    assert!(ended_well, "{shown}");
    for wanted in [
        "as of 2026-11-03; \\? for help, \\q to leave",
        "| 1       | 120.0000 |\n| 2       | 260.0000 |",
        "2026-11-02> SELECT count(*)",
        "| then |\n+------+\n| 1    |",
        "the lake knows nothing of 2026-11-01",
        "did you mean `amount`?",
        "rows as lists: on",
        "-- row 1\nowner_id  ann",
        "stage\nQualify\n1 row in 0.",
        "there is no command `\\tming`",
        "did you mean `\\timing`?",
        "paged:39",
    ] {
        assert!(shown.contains(wanted), "{wanted:?} is missing in\n{shown}");
    }

    // The next time, the arrow brings back earlier lines, and Tab completes.
    let lines = "<up><up>\nSELECT 1 AS one FROM crm.dea<tab> LIMIT 1;\n<ctrl-d>\n";
    let (shown, ended_well) = talk(&mut Command::new("python3"), &project, &["--day", "2026-11-03"], lines);
    assert!(ended_well && shown.contains("paged:| 39"), "{shown}");
    assert!(shown.contains("FROM crm.deal LIMIT 1;") && shown.contains("| one |\n+-----+\n| 1 "), "{shown}");
}

#[test]
fn a_query_without_an_end_is_stopped_by_hand_and_the_prompt_goes_on() {
    let Some(mut python) = needed::python("a_query_without_an_end_is_stopped_by_hand_and_the_prompt_goes_on") else {
        return;
    };
    let project = small();
    let endless = "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n;";
    let (shown, ended_well) =
        talk(&mut python, &project, &[], &format!("{endless}\n!<ctrl-c>\nSELECT 40 + 2 AS answer;\n\\q\n"));
    assert!(ended_well && shown.contains("the query was stopped") && shown.contains("| 42"), "{shown}");
}
