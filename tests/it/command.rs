//! The program as a whole process: exit codes, what goes to stdout and what to stderr.

use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::project::TestProject;

/// The program in a folder, with variables of its own.
pub struct Program {
    folder: PathBuf,
    variables: Vec<(String, OsString)>,
}

pub struct Said {
    pub stdout: String,
    pub stderr: String,
}

impl Program {
    pub fn in_folder(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), variables: Vec::new() }
    }

    pub fn with(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.variables.push((name.to_owned(), value.into()));
        self
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_forecastle"));
        command.current_dir(&self.folder).args(arguments).envs(self.variables.iter().cloned()).stdin(Stdio::null());
        command
    }

    /// Runs to the end, which must be this exit code.
    pub fn runs_to(&self, code: i32, arguments: &[&str]) -> Said {
        let done = self.command(arguments).output().unwrap();
        let said = Said {
            stdout: String::from_utf8_lossy(&done.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&done.stderr).into_owned(),
        };
        assert_eq!(
            done.status.code(),
            Some(code),
            "forecastle {}\n{}{}",
            arguments.join(" "),
            said.stdout,
            said.stderr
        );
        said
    }
}

const DEALS: [&str; 3] = [
    "1,ann,Qualify,Open,100,2026-10-01",
    "2,bob,Propose,Open,250.50,2026-10-03",
    "3,ann,\"Propose, then\",Won,10,2026-09-01",
];

fn small() -> (TestProject, Program) {
    let project = TestProject::small();
    project.deals("2026-11-02", &DEALS);
    let program = Program::in_folder(project.root());
    (project, program)
}

#[test]
fn help_lists_every_command_and_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::in_folder(folder.path());
    let help = program.runs_to(0, &["--help"]).stdout;
    let words = help.split_whitespace().collect::<Vec<_>>().join(" ");
    for command in
        ["init", "eject", "validate", "schema", "functions", "watch", "test", "run", "query", "list", "runs", "lake"]
    {
        assert!(help.lines().any(|line| line.trim_start().starts_with(&format!("{command} "))), "{command}:\n{help}");
        assert!(program.runs_to(0, &[command, "--help"]).stdout.contains("Usage: forecastle "), "{command}");
    }
    for code in [
        "0 done",
        "3 done, but checks or tests failed",
        "4 data committed",
        "1 a source or model failed",
        "2 the project",
        "75 busy",
        "74 disk",
        "65 the lake is damaged",
    ] {
        assert!(words.contains(code), "{code}:\n{help}");
    }
    assert!(program.runs_to(0, &["--version"]).stdout.starts_with("forecastle "));
    assert!(program.runs_to(2, &["rnu"]).stderr.contains("run"), "a mistyped command is told with the nearest");
}

#[test]
fn a_column_without_a_name_is_headed_by_its_sql() {
    let (_project, program) = small();
    program.runs_to(0, &["run"]);
    let head = |sql: &str| {
        let said = program.runs_to(0, &["query", "--format", "csv", sql]).stdout;
        said.lines().next().unwrap_or_default().to_owned()
    };
    for (sql, wanted) in [
        ("SELECT 1", "1"),
        ("SELECT 'a', 1.5 AS b, date '2026-01-01'", "'a',b,DATE '2026-01-01'"),
        ("SELECT (d.amount), amount * 2 FROM crm.deal d ORDER BY amount * 2", "amount,amount * 2"),
        (
            "SELECT stage, count(*), SUM(amount) FROM crm.deal GROUP BY stage ORDER BY count(*), sum(amount)",
            "stage,count(*),SUM(amount)",
        ),
        (
            "SELECT upper(stage) FROM crm.deal GROUP BY upper(stage) HAVING count(*) > 0 ORDER BY upper(stage)",
            "upper(stage)",
        ),
        ("SELECT DISTINCT upper(stage) FROM crm.deal ORDER BY 1", "upper(stage)"),
        ("WITH x AS (SELECT 1 AS a) SELECT a + 1 FROM x UNION ALL SELECT 2 ORDER BY 1", "a + 1"),
        (
            "SELECT rank() OVER (ORDER BY amount), * FROM crm.rep CROSS JOIN (SELECT 1 AS amount) LIMIT 0",
            "rank() OVER (ORDER BY amount),rep_id,name,hired_on,amount",
        ),
    ] {
        assert_eq!(head(sql), wanted, "{sql}");
    }
}

#[test]
fn a_run_ends_with_0_and_tells_a_person_what_it_did() {
    let (project, program) = small();
    let said = program.runs_to(0, &["run"]);
    assert_eq!(said.stdout, "");
    for told in [
        "nightly 2026-11-02 · 1 commit",
        "tables    deal 3 · rep absent",
        "models    2 built",
        "checks    3 passed, 0 warned, 0 failed",
        "out/reports/summary/2026-11-02/index.html",
        "2 open deals are worth USD\u{a0}351",
    ] {
        assert!(said.stderr.contains(told), "{told}:\n{}", said.stderr);
    }
    assert!(!said.stderr.contains('\u{1b}'), "no colours and no bars where there is no terminal");
    assert!(project.path("out/reports/summary/latest/index.html").exists());
    // From a folder within the project, and for another one.
    let below = Program::in_folder(&project.path("sql/kpi"));
    assert!(below.runs_to(0, &["run"]).stderr.contains("0 commits"));
    let elsewhere = tempfile::tempdir().unwrap();
    Program::in_folder(elsewhere.path()).runs_to(0, &["--project", project.root().to_str().unwrap(), "validate"]);
    assert!(Program::in_folder(elsewhere.path()).runs_to(2, &["run"]).stderr.contains("is no Forecastle project"));
}

#[test]
fn a_mistake_in_the_project_ends_with_2_and_nothing_runs() {
    let (project, program) = small();
    project.edit("sql/kpi/pipeline.sql", "sum(amount)", "sum(amuont)");
    for command in ["run", "validate"] {
        let said = program.runs_to(2, &[command]);
        assert!(
            said.stderr.contains("sql/kpi/pipeline.sql:10:") && said.stderr.contains("did you mean `amount`?"),
            "{}",
            said.stderr
        );
        assert_eq!(said.stdout, "");
    }
    assert!(!project.path("lake").exists());
    program.runs_to(2, &["run", "--day", "2026-13-01"]);
    program.runs_to(2, &["run", "--from", "2026-11-02"]);
    program.runs_to(2, &["run", "other"]);
}

#[test]
fn a_source_or_model_that_fails_ends_with_1() {
    let (project, program) = small();
    assert!(
        program
            .runs_to(1, &["run", "--day", "2026-11-03"])
            .stderr
            .contains("no file matches exports/2026-11-03/deal.csv")
    );
    project.edit("sql/kpi/pipeline.sql", "count(*) AS deals", "1 / (count(*) - 1) AS deals");
    let said = program.runs_to(1, &["run"]);
    assert!(
        said.stderr.contains("kpi.pipeline failed") && said.stderr.contains("kpi.total not built: kpi.pipeline failed"),
        "{}",
        said.stderr
    );
}

#[test]
fn a_day_that_builds_on_a_corrected_one_and_has_lost_its_export_is_told() {
    let (project, program) = small();
    project.deals("2026-11-03", &["1,ann,Qualify,Open,some,2026-10-01", "2,bob,Propose,Open,5,2026-10-03"]);
    program.runs_to(0, &["run"]);
    project.deals("2026-11-02", &["1,ann,Qualify,Open,70,2026-10-01", DEALS[1], DEALS[2]]);
    project.remove("exports/2026-11-03/deal.csv");
    let said = program.runs_to(0, &["run", "--day", "2026-11-02"]);
    let told = "crm.deal of 2026-11-03 took rows over from a day that was corrected, and its export is gone: put it back and run again";
    assert_eq!(said.stderr.matches(told).count(), 1, "{}", said.stderr);
}

#[test]
fn failed_checks_end_with_3_and_a_failed_report_with_4() {
    let (project, program) = small();
    project.deals("2026-11-02", &["1,ann,Qualify,Open,-100,2026-10-01"]);
    let said = program.runs_to(3, &["run"]);
    assert!(said.stderr.contains("error kpi.pipeline/between(amount): 1 row\n"), "{}", said.stderr);
    let offenders = ["query", "--check", "kpi.pipeline/between(amount)", "--format", "csv"];
    assert_eq!(program.runs_to(0, &offenders).stdout, "stage,deals,amount\nQualify,1,-100.0000\n");
    let said = program.runs_to(2, &["query", "--check", "kpi.pipeline/betwen(amount)"]);
    assert!(said.stderr.contains("did you mean `kpi.pipeline/between(amount)`?"), "{}", said.stderr);
    let of = |name: &str| program.runs_to(0, &["query", "--check", name, "--format", "csv"]).stdout;
    assert_eq!((of("owner_missing"), of("check.owner_missing")), ("deal_id\n".to_owned(), "deal_id\n".to_owned()));
    let said = program.runs_to(2, &["query", "--check", "owner_mising"]);
    assert!(said.stderr.contains("did you mean `check.owner_missing`?"), "{}", said.stderr);
    project.deals("2026-11-02", &DEALS);
    project.edit("reports/summary.md", "total[0].amount", "total[1].amount");
    let said = program.runs_to(4, &["run"]);
    assert!(said.stderr.contains("reports/summary.md:7:"), "{}", said.stderr);
    assert!(!project.path("out/reports/summary").exists());
    assert_eq!(project.commits(), 2, "the data is committed");
}

#[test]
fn a_lake_that_another_run_holds_ends_with_75() {
    let (project, program) = small();
    program.runs_to(0, &["run"]);
    let lake = project.lake();
    let writer = lake.lock("the-other-run").unwrap();
    let said = program.runs_to(75, &["run"]);
    assert!(said.stderr.contains("the-other-run"), "{}", said.stderr);
    // Readers take no lock.
    program.runs_to(0, &["query", "SELECT 1"]);
    drop(writer);
    program.runs_to(0, &["run"]);
}

#[test]
fn a_flipped_byte_in_a_commit_ends_with_65_and_names_the_file() {
    let (project, program) = small();
    program.runs_to(0, &["run"]);
    project.deals("2026-11-03", &DEALS);
    program.runs_to(0, &["run"]);
    let commit = project.path("lake/commits/00000000000000000001.json");
    let mut bytes = fs::read(&commit).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&commit, bytes).unwrap();
    for arguments in [&["run"][..], &["query", "SELECT 1"]] {
        let said = program.runs_to(65, arguments);
        assert!(said.stderr.contains("00000000000000000001.json"), "{}", said.stderr);
    }
}

#[test]
fn a_question_before_the_first_run_ends_with_2_and_says_to_run() {
    let (project, program) = small();
    let said = program.runs_to(2, &["query", "SELECT 1"]);
    assert_eq!(said.stderr, "error: there is no lake yet in the folder `lake`\nhelp: run `forecastle run` first\n");
    assert!(!project.path("lake").exists());
}

#[test]
fn stdout_carries_the_answer_and_nothing_else_in_every_format() {
    let (project, program) = small();
    program.runs_to(0, &["run"]);
    let sql = "SELECT deal_id, stage, amount, created_on, owner_id = 'bob' AS is_bob, NULL AS nothing FROM crm.deal ORDER BY deal_id";
    let answer = |format: &str| {
        let said = program.runs_to(0, &["query", sql, "--format", format]);
        assert_eq!(said.stderr, "", "{format}");
        said.stdout
    };
    assert_eq!(
        answer("csv"),
        "deal_id,stage,amount,created_on,is_bob,nothing\n1,Qualify,100.0000,2026-10-01,false,\n2,Propose,250.5000,2026-10-03,true,\n3,\"Propose, then\",10.0000,2026-09-01,false,\n"
    );
    let objects: Vec<Value> = answer("json").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(
        (objects.len(), &objects[1]["stage"], &objects[1]["is_bob"], &objects[2]["nothing"]),
        (3, &Value::from("Propose"), &Value::from(true), &Value::Null)
    );
    let table = answer("table");
    assert!(table.contains("| 2       | Propose       | 250.5000 |") && table.lines().count() == 7, "{table}");
    let packed = program.command(&["query", sql, "--format", "parquet"]).output().unwrap();
    assert!(packed.stdout.starts_with(b"PAR1") && packed.stdout.ends_with(b"PAR1") && packed.stderr.is_empty());
    // Of a file, of stdin, of a day.
    project.write("count.sql", "-- how many\nSELECT count(*) AS n FROM crm.deal");
    assert_eq!(program.runs_to(0, &["query", "count.sql", "--format", "csv"]).stdout, "n\n3\n");
    let later = ["query", "SELECT count(*) AS n FROM crm.deal", "--day", "2026-12-24", "--format", "csv"];
    assert_eq!(program.runs_to(0, &later).stdout, "n\n3\n");
    let earlier = program.runs_to(2, &["query", "SELECT 1", "--day", "2026-11-01"]);
    assert!(earlier.stdout.is_empty() && earlier.stderr.contains("knows nothing of 2026-11-01"), "{}", earlier.stderr);
    let mut asked =
        program.command(&["query", "--format", "csv"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    asked.stdin.take().unwrap().write_all(b"SELECT 7 AS n").unwrap();
    assert_eq!(asked.wait_with_output().unwrap().stdout, b"n\n7\n");
    assert_eq!(program.runs_to(2, &["query", "SELECT amuont FROM crm.deal"]).stdout, "");
}

#[test]
fn a_dry_run_tells_the_plan_and_does_nothing() {
    let (project, program) = small();
    project.deals("2026-11-03", &DEALS);
    let said = program.runs_to(0, &["run", "--dry-run"]);
    assert_eq!(
        said.stdout,
        "days     2 days (2026-11-02, 2026-11-03)\nsources  crm.deal, crm.rep\nmodels   for 2026-11-03: kpi.pipeline, kpi.total\nreports  for 2026-11-03: summary\n"
    );
    assert!(!project.path("lake").exists() && !project.path("out").exists());
}

#[test]
fn past_runs_and_what_there_is_are_listed() {
    let (_project, program) = small();
    assert_eq!(program.runs_to(0, &["runs"]).stdout, "");
    program.runs_to(0, &["run"]);
    program.runs_to(1, &["run", "--day", "2026-11-05"]);
    let runs = program.runs_to(0, &["runs"]).stdout;
    let lines: Vec<&str> = runs.lines().collect();
    assert_eq!(lines.len(), 2, "{runs}");
    assert!(lines[0].contains("nightly  2026-11-05  failed, ") && lines[0].contains("was not committed"), "{runs}");
    assert!(lines[1].contains("nightly  2026-11-02  done, "), "{runs}");
    assert_eq!(program.runs_to(0, &["runs", "--limit", "1"]).stdout.lines().count(), 1);
    let listed = program.runs_to(0, &["list"]).stdout;
    for line in [
        "pipeline  nightly",
        "table     crm.deal",
        "view      kpi.open_deal",
        "model     kpi.pipeline",
        "check     check.owner_missing",
        "report    summary",
    ] {
        assert!(listed.lines().any(|listed| listed.starts_with(line)), "{line}:\n{listed}");
    }
    let chosen = program.runs_to(0, &["list", "--select", "+kpi.total"]).stdout;
    assert_eq!(
        chosen.lines().map(|line| line.split_whitespace().nth(1).unwrap()).collect::<Vec<_>>(),
        ["kpi.open_deal", "kpi.pipeline", "kpi.total"]
    );
    let chosen = program.runs_to(
        0,
        &["list", "--select", "source:crm.deal+2", "--select", "report:summary", "--exclude", "kpi.pipeline"],
    );
    let chosen = chosen.stdout;
    assert_eq!(
        chosen.lines().map(|line| line.split_whitespace().nth(1).unwrap()).collect::<Vec<_>>(),
        ["kpi.open_deal", "kpi.total", "summary"]
    );
}

#[test]
fn machines_get_one_json_object_per_line() {
    let (project, program) = small();
    let events = |said: &Said| -> Vec<Value> {
        said.stderr.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect()
    };
    let run = events(&program.runs_to(0, &["run", "--log-format", "json"]));
    assert_eq!(run.last().unwrap()["event"], "done");
    assert!(run.len() > 5);
    project.edit("sql/kpi/total.sql", "sum(deals)", "sum(dels)");
    let mistakes = events(&program.runs_to(2, &["validate", "--log-format", "json"]));
    assert_eq!(
        (mistakes[0]["event"].as_str(), mistakes[0]["file"].as_str()),
        (Some("problem"), Some("sql/kpi/total.sql"))
    );
}

#[test]
fn an_editor_gets_every_problem_on_stdout_and_nothing_else() {
    let (project, program) = small();
    let read = |said: &Said| serde_json::from_str::<Vec<Value>>(&said.stdout).unwrap();
    let sound = program.runs_to(0, &["validate", "--format", "json"]);
    assert!(read(&sound).is_empty() && sound.stderr.contains("no mistakes"), "{}", sound.stderr);
    project.edit("sql/kpi/pipeline.sql", "sum(amount)", "sum(amuont)");
    project.edit("pipelines/nightly.yaml", "currency: USD", "currency: USD\nsuorces: []");
    for arguments in [&["validate", "--format", "json"][..], &["validate", "nightly", "--format", "json"]] {
        let said = program.runs_to(2, arguments);
        let mistyped = &read(&said)[0];
        assert_eq!(mistyped["message"], "unknown key `suorces`");
        assert_eq!(mistyped["help"], "did you mean `sources`?");
        assert_eq!(mistyped["file"], "pipelines/nightly.yaml");
        assert!(!said.stderr.contains("suorces"), "{}", said.stderr);
    }
    let said = program.runs_to(2, &["validate", "--format", "json"]);
    let column = &read(&said)[1];
    assert_eq!(
        [
            &column["severity"],
            &column["file"],
            &column["line"],
            &column["column"],
            &column["end_line"],
            &column["end_column"]
        ]
        .map(ToString::to_string),
        ["\"error\"", "\"sql/kpi/pipeline.sql\"", "10", "65", "10", "71"]
    );
    assert!(said.stderr.contains("2 mistakes found"), "{}", said.stderr);
}

#[test]
fn colours_are_for_terminals_that_want_them() {
    let has_script = Command::new("script").arg("--version").output().is_ok_and(|said| said.status.success());
    if !has_script {
        assert!(std::env::var_os("CI").is_none(), "`script`, which plays a terminal, is not there");
        let _ = writeln!(
            std::io::stderr(),
            "skipped: colours_are_for_terminals_that_want_them, because `script` is not there"
        );
        return;
    }
    let (project, _) = small();
    project.edit("sql/kpi/total.sql", "sum(deals)", "sum(dels)");
    let on_terminal = |no_color: &str| {
        let shown = format!("{} validate", env!("CARGO_BIN_EXE_forecastle"));
        let said = Command::new("script")
            .args(["-qec", &shown, "/dev/null"])
            .current_dir(project.root())
            .env("NO_COLOR", no_color)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        String::from_utf8_lossy(&said.stdout).into_owned()
    };
    assert!(on_terminal("").contains("\u{1b}[1;31merror"), "{:?}", on_terminal(""));
    assert!(on_terminal("1").contains("error: ") && !on_terminal("1").contains('\u{1b}'), "{:?}", on_terminal("1"));
}

/// So many exports that a run of them can be stopped on its way.
fn many_days() -> TestProject {
    let project = TestProject::small();
    for nth in 0..150 {
        let on = crate::project::day("2026-01-01").plus(nth).unwrap().to_string();
        project.deals(&on, &DEALS);
    }
    project
}

#[test]
fn a_run_that_is_asked_to_end_as_it_begins_leaves_its_record_or_no_trace() {
    let project = many_days();
    let program = Program::in_folder(project.root());
    for after in (0..200).step_by(10) {
        fs::remove_dir_all(project.path("lake")).ok();
        let mut run = program.command(&["run"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(after));
        let asked = Command::new("kill").args(["-s", "TERM", &run.id().to_string()]).status().unwrap();
        assert!(asked.success() && !run.wait().unwrap().success());
        let runs = program.runs_to(0, &["runs"]).stdout;
        let lines: Vec<&str> = runs.lines().collect();
        match lines.as_slice() {
            [] => assert!(!project.path("lake").exists()),
            [one] => assert!(one.contains("  stopped, "), "{after} ms: {one}"),
            _ => panic!("{runs}"),
        }
    }
}

#[test]
fn a_run_that_is_asked_to_end_does_so_at_once_and_leaves_whole_days() {
    let project = many_days();
    for (signal, code) in [("TERM", 143), ("INT", 130)] {
        let mut run = Program::in_folder(project.root())
            .command(&["run"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let held = || fs::read_dir(project.path("lake/commits")).map_or(0, |entries| entries.count());
        let (before, started) = (held(), Instant::now());
        while held() < before + 3 {
            assert!(started.elapsed() < Duration::from_secs(60), "the run does not come forward");
            assert!(run.try_wait().unwrap().is_none(), "the run has ended before it was asked to");
            std::thread::sleep(Duration::from_millis(5));
        }
        let asked = Command::new("kill").args(["-s", signal, &run.id().to_string()]).status().unwrap();
        assert!(asked.success());
        assert_eq!(run.wait().unwrap().code(), Some(code), "{signal}");
        let runs = Program::in_folder(project.root()).runs_to(0, &["runs", "--limit", "1"]).stdout;
        assert!(runs.contains("  nightly  2026-") && runs.contains("  stopped, "), "{runs}");
        let pin = project.pin();
        assert!(pin.commit() < 150 && project.lake().verify(&pin).unwrap().is_empty());
    }
}
