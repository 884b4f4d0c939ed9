//! The care of the lake, as the program is asked for it.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;

use parquet::file::reader::{FileReader, SerializedFileReader};
use serde_json::Value;

use crate::command::Program;
use crate::project::TestProject;

const ANN: &str = "1,ann,Qualify,Open,100,2026-10-01";
const BOB: &str = "2,bob,Propose,Open,250.50,2026-10-03";

/// Two days, of which the first was corrected later.
fn corrected() -> (TestProject, Program) {
    let project = TestProject::small();
    let program = Program::in_folder(project.root());
    project.deals("2026-11-02", &[ANN]);
    program.runs_to(0, &["run"]);
    project.deals("2026-11-03", &[ANN, BOB]);
    program.runs_to(0, &["run"]);
    project.deals("2026-11-02", &[ANN, BOB]);
    program.runs_to(0, &["run", "--day", "2026-11-02"]);
    (project, program)
}

#[test]
fn the_log_tells_commits_newest_first_and_marks_corrections() {
    let (_project, program) = corrected();
    let said = program.runs_to(0, &["lake", "log"]);
    assert_eq!(said.stderr, "");
    let lines: Vec<&str> = said.stdout.lines().collect();
    let heads: Vec<&&str> = lines.iter().filter(|line| line.starts_with("commit ")).collect();
    assert_eq!(heads.len(), 3, "{}", said.stdout);
    assert!(
        heads[0].starts_with("commit 3  2026-11-02  20") && heads[0].ends_with("nightly for 2026-11-02  correction")
    );
    assert!(heads[2].starts_with("commit 1  2026-11-02  20") && heads[2].ends_with("nightly for 2026-11-02"));
    assert!(lines.contains(&"  replaced  crm.deal 2 (1 before)"), "{}", said.stdout);
    assert!(lines.contains(&"  added     crm.deal 2 · models: 2 tables"), "{}", said.stdout);
    assert_eq!(program.runs_to(0, &["lake", "log", "--limit", "1"]).stdout.matches("commit ").count(), 1);

    let json = program.runs_to(0, &["lake", "log", "--format", "json"]).stdout;
    let rows: Vec<Value> = json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let corrections: Vec<&Value> = rows.iter().filter(|row| row["is_correction"] == true).collect();
    let [correction] = corrections.as_slice() else { panic!("{json}") };
    for (column, wanted) in [
        ("commit", Value::from(3)),
        ("change", Value::from("replaced")),
        ("role", Value::from("snapshot")),
        ("table_name", Value::from("crm.deal")),
        ("version_on", Value::from("2026-11-02")),
        ("row_count", Value::from(2)),
        ("row_count_before", Value::from(1)),
    ] {
        assert_eq!(correction[column], wanted, "{column}");
    }
    let csv = program.runs_to(0, &["lake", "log", "--format", "csv"]).stdout;
    assert!(csv.starts_with("commit,day,made_at,message,change,role,table_name,version_on,"), "{csv}");
    assert_eq!(csv.lines().count(), rows.len() + 1);
}

#[test]
fn the_log_tells_also_of_commits_that_changed_no_rows() {
    let project = TestProject::small();
    let program = Program::in_folder(project.root());
    project.deals("2026-11-02", &[ANN, BOB]);
    // Bob's deal is kept as it was.
    project.deals("2026-11-03", &[ANN, "2,bob,Propose,Open,some,2026-10-03"]);
    program.runs_to(0, &["run"]);
    project.deals("2026-11-02", &["1,ann,Close,Open,100,2026-10-01", BOB]);
    program.runs_to(0, &["run", "--day", "2026-11-02"]);
    let said = program.runs_to(0, &["lake", "log", "--limit", "1"]).stdout;
    let lines: Vec<&str> = said.lines().collect();
    assert!(
        lines[0].starts_with("commit 4  2026-11-03  ")
            && lines[0].ends_with("  nightly for 2026-11-03, after a correction"),
        "{said}"
    );
    assert_eq!(lines[1..], ["  confirmed crm.deal 2, the same rows again"], "{said}");
    // A file that is mended comes back with the bytes it had.
    data(&project, "crm.deal", "2026-11-02-snapshot-").iter().for_each(|path| std::fs::remove_file(path).unwrap());
    program.runs_to(0, &["run", "--day", "2026-11-02"]);
    let said = program.runs_to(0, &["lake", "log", "--limit", "1"]).stdout;
    assert!(said.ends_with("\n  confirmed crm.deal 2, the same rows again\n"), "{said}");
}

#[test]
fn what_was_known_then_can_be_asked_beside_what_is_known_now() {
    let (project, program) = corrected();
    let ask = |options: &[&str]| {
        let sql = "SELECT count(*) AS n FROM crm.deal";
        let arguments: Vec<&str> = ["query", sql, "--format", "csv"].iter().chain(options).copied().collect();
        program.runs_to(0, &arguments).stdout
    };
    assert_eq!(ask(&["--day", "2026-11-02"]), "n\n2\n", "as known now");
    assert_eq!(ask(&["--day", "2026-11-02", "--commit", "2"]), "n\n1\n", "as reported then");
    assert_eq!(ask(&["--commit", "1"]), "n\n1\n", "of the newest day of that commit");
    assert_eq!(ask(&["--commit", "2"]), "n\n2\n");
    assert_eq!(ask(&["--commit", "3"]), ask(&[]));
    // A model's table is the one of then, and is computed for a day of which there was none.
    let models = |commit: &str| {
        program.runs_to(0, &["query", "SELECT deals FROM kpi.total", "--format", "csv", "--commit", commit]).stdout
    };
    assert_eq!((models("1"), models("2")), ("deals\n1\n".to_owned(), "deals\n2\n".to_owned()));

    let said = program.runs_to(2, &["query", "SELECT 1", "--commit", "9"]);
    assert_eq!(said.stderr, "error: the lake has no commit 9: its newest is 3\nhelp: forecastle lake log lists them\n");
    let said = program.runs_to(2, &["query", "SELECT 1", "--commit", "1", "--day", "2026-11-01"]);
    assert!(said.stderr.contains("knows nothing of 2026-11-01 in commit 1"), "{}", said.stderr);
    program.runs_to(2, &["query", "SELECT 1", "--commit", "0"]);
    assert_eq!(project.commits(), 3);
}

#[test]
fn snapshots_that_are_kept_lie_in_the_lake_as_plain_files() {
    let project = TestProject::small();
    let deals = "    rejects: {limit: 50%}";
    project.edit("pipelines/nightly.yaml", deals, &format!("{deals}\n    keep: {{daily: 2, monthly: 2}}"));
    let program = Program::in_folder(project.root());
    for (day, rows) in [("2026-10-29", &[ANN][..]), ("2026-10-30", &[ANN, BOB]), ("2026-11-02", &[ANN])] {
        project.deals(day, rows);
    }
    program.runs_to(0, &["run", "--dry-run"]);
    assert!(!project.path("lake").exists());
    program.runs_to(0, &["run"]);
    let kept = || {
        let folder = project.path("lake/snapshots/crm.deal");
        let rows = |path: PathBuf| {
            let footer = SerializedFileReader::new(File::open(path).unwrap()).unwrap();
            footer.metadata().file_metadata().num_rows()
        };
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
        files.map(|file| (file.file_name().into_string().unwrap(), rows(file.path()))).collect::<BTreeMap<_, _>>()
    };
    let named = |files: &[(&str, i64)]| {
        files.iter().map(|(day, rows)| (format!("{day}.parquet"), *rows)).collect::<BTreeMap<_, _>>()
    };
    assert_eq!(kept(), named(&[("2026-10-30", 2), ("2026-11-02", 1)]));

    // A newer day comes, and an older one is corrected.
    project.deals("2026-11-03", &[ANN, BOB]);
    program.runs_to(0, &["run"]);
    assert_eq!(kept(), named(&[("2026-10-30", 2), ("2026-11-02", 1), ("2026-11-03", 2)]));
    project.deals("2026-10-30", &[ANN]);
    program.runs_to(0, &["run", "--day", "2026-10-30"]);
    assert_eq!(kept(), named(&[("2026-10-30", 1), ("2026-11-02", 1), ("2026-11-03", 2)]));
    assert_eq!(std::fs::read_dir(project.path("lake/snapshots")).unwrap().count(), 1, "other tables keep none");
    program.runs_to(0, &["lake", "verify"]);

    // Another pipeline that fills the same lake.
    project.write(
        "pipelines/staff.yaml",
        "pipeline: staff\ntimezone: UTC\ncurrency: USD\npack: none\nlake: ./lake\nsources:\n  - table: crm.rep\n    csv: {path: \"exports/{day}/rep.csv\"}\n    map: {rep_id: Id, name: Name, hired_on: day(Hired)}\n",
    );
    project.write("exports/2026-11-03/rep.csv", "Id,Name,Hired\nann,Ann,2020-01-02\n");
    program.runs_to(0, &["run", "staff"]);
    assert_eq!(kept().len(), 3);

    project.edit("pipelines/nightly.yaml", "\n    keep: {daily: 2, monthly: 2}", "");
    program.runs_to(0, &["run", "--dry-run"]);
    assert_eq!(kept().len(), 3);
    program.runs_to(0, &["run"]);
    assert!(!project.path("lake/snapshots/crm.deal").exists());
}

#[test]
fn the_care_of_a_lake_before_the_first_run_says_to_run() {
    let project = TestProject::small();
    let said = Program::in_folder(project.root()).runs_to(2, &["lake", "log"]);
    assert_eq!(said.stderr, "error: there is no lake yet in the folder `lake`\nhelp: run `forecastle run` first\n");
    assert!(!project.path("lake").exists());
}

#[test]
fn what_only_old_commits_name_goes_in_two_steps_and_their_data_is_told_as_collected() {
    let (project, program) = corrected();
    let files = || std::fs::read_dir(project.path("lake/data/crm.deal")).unwrap().count();
    let there = files();
    assert_eq!(program.runs_to(0, &["lake", "gc"]).stdout, "there is nothing to collect\n");
    let told = program.runs_to(0, &["lake", "gc", "--grace", "0", "--dry-run"]).stdout;
    assert!(told.starts_with("note    /") && told.contains("\nwould be noted: "), "{told}");
    assert!(!project.path("lake/gc.json").exists());
    let noted = program.runs_to(0, &["lake", "gc", "--grace", "0"]).stdout;
    assert!(noted.starts_with("noted: ") && files() == there, "{noted}");
    // What is noted goes only if it still may.
    assert_eq!(program.runs_to(0, &["lake", "gc"]).stdout, "there is nothing to collect\n");
    assert_eq!(files(), there);
    let removed = program.runs_to(0, &["lake", "gc", "--grace", "0"]).stdout;
    assert!(removed.starts_with("removed: ") && files() < there, "{removed}");

    let sql = "SELECT count(*) AS n FROM crm.deal";
    assert_eq!(program.runs_to(0, &["query", sql, "--format", "csv"]).stdout, "n\n2\n");
    let said = program.runs_to(2, &["query", sql, "--commit", "1"]);
    assert_eq!(
        said.stderr,
        "error: gc has collected the data of crm.deal of 2026-11-02 as commit 1 left it\nhelp: commits from 3 on can be asked; older ones in a backup of the lake\n"
    );
    program.runs_to(0, &["run"]);
}

/// The data files of a table whose names have this in them.
fn data(project: &TestProject, table: &str, of: &str) -> Vec<std::path::PathBuf> {
    let files = std::fs::read_dir(project.path(&format!("lake/data/{table}"))).unwrap();
    let mut files: Vec<_> = files.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.to_str().unwrap().contains(of));
    files
}

fn spoil(path: &std::path::Path) {
    let mut bytes = std::fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn a_damaged_lake_ends_with_65_until_it_is_mended_by_a_repair_and_the_exports() {
    let project = TestProject::small();
    let program = Program::in_folder(project.root());
    for (of, rows) in [("2026-11-02", &[ANN][..]), ("2026-11-03", &[ANN, BOB]), ("2026-11-04", &[BOB])] {
        project.deals(of, rows);
    }
    program.runs_to(0, &["run"]);
    let said = program.runs_to(0, &["lake", "verify"]);
    assert_eq!(said.stdout, "");
    assert!(said.stderr.starts_with("looked at 3 commits, 0 checkpoints, "), "{}", said.stderr);
    assert!(program.runs_to(0, &["lake", "repair"]).stderr.contains("there was nothing to do"));
    let state = project.state();

    let base = data(&project, "crm.deal", "2026-11-02-snapshot-").remove(0);
    let change = data(&project, "crm.deal", "2026-11-03-snapshot-").into_iter();
    let change = change.into_iter().find(|path| !path.to_str().unwrap().contains("ended")).unwrap();
    let model = data(&project, "kpi.total", "2026-11-04-model-").remove(0);
    [&base, &change, &model].into_iter().for_each(|path| spoil(path));
    let said = program.runs_to(65, &["lake", "verify"]);
    for path in [&base, &change, &model] {
        let told = format!("{} has other bytes than were committed\n", path.display());
        assert!(said.stdout.contains(&told), "{told}:\n{}", said.stdout);
    }
    assert!(said.stderr.contains("error: the lake is damaged: 3 files\n"), "{}", said.stderr);
    program.runs_to(65, &["query", "SELECT * FROM crm.deal"]);
    let said = program.runs_to(65, &["lake", "repair"]);
    for of in ["2026-11-02", "2026-11-03", "2026-11-04"] {
        assert!(said.stdout.contains(&format!("or make it anew with `forecastle run --day {of}`")), "{}", said.stdout);
    }
    for of in ["2026-11-02", "2026-11-03", "2026-11-04"] {
        program.runs_to(0, &["run", "--day", of]);
    }
    program.runs_to(0, &["lake", "verify"]);
    assert_eq!(project.state(), state);
}

#[test]
fn a_repair_shows_nothing_in_latest_where_the_pipeline_says_so() {
    let (project, program) = corrected();
    let shown = || std::fs::read_dir(project.path("lake/latest")).unwrap().count();
    assert_eq!(shown(), 3);
    project.edit("pipelines/nightly.yaml", "pack: none\n", "pack: none\nlatest: false\n");
    let said = program.runs_to(0, &["lake", "repair"]);
    assert_eq!((said.stdout.matches("removed ").count(), shown()), (3, 0), "{}", said.stdout);
    assert!(said.stdout.contains("lake/latest/crm.deal.parquet: no run brings it up to date\n"), "{}", said.stdout);
    let said = program.runs_to(0, &["lake", "repair"]);
    assert!(said.stderr.contains("there was nothing to do") && shown() == 0, "{}", said.stderr);
}

#[test]
fn a_damaged_copy_for_other_programs_is_no_damage_of_the_lake() {
    let (project, program) = corrected();
    project.edit(
        "pipelines/nightly.yaml",
        "    rejects: {limit: 50%}\n",
        "    rejects: {limit: 50%}\n    keep: {daily: 2}\n",
    );
    program.runs_to(0, &["run", "--day", "2026-11-03"]);
    let copy = project.path("lake/snapshots/crm.deal/2026-11-03.parquet");
    std::fs::write(&copy, "spoiled").unwrap();
    let said = program.runs_to(4, &["lake", "verify"]);
    assert_eq!(said.stdout, format!("{} does not show what the lake holds\n", copy.display()));
    let told = "error: the lake is whole, but a copy for other programs is damaged\nhelp: forecastle lake repair takes it away, and `forecastle run` makes it anew\n";
    assert!(said.stderr.ends_with(told), "{}", said.stderr);
    program.runs_to(0, &["query", "SELECT * FROM crm.deal"]);
    std::fs::remove_file(project.path("lake/latest/crm.deal.parquet")).unwrap();
    project.write("lake/latest/crm.deal.parquet", "spoiled");
    let said = program.runs_to(4, &["lake", "verify"]);
    assert!(said.stderr.contains("but 2 copies for other programs are damaged\n"), "{}", said.stderr);
    program.runs_to(0, &["lake", "repair"]);
    program.runs_to(0, &["run"]);
    assert!(copy.exists());
    program.runs_to(0, &["lake", "verify"]);
}

#[test]
fn a_newest_commit_that_went_is_missed_by_what_the_runs_say() {
    let (project, program) = corrected();
    project.deals("2026-11-04", &[BOB]);
    program.runs_to(0, &["run"]);
    let state = project.state();
    std::fs::remove_file(project.path("lake/commits/00000000000000000004.json")).unwrap();
    let said = program.runs_to(65, &["lake", "verify"]);
    let first = said.stdout.lines().next().unwrap();
    assert!(first.contains("/commits/00000000000000000004.json is missing: the run 2"), "{}", said.stdout);
    assert!(first.ends_with(" says that it committed it, for 2026-11-04"), "{}", said.stdout);
    assert!(said.stderr.contains(" is named by no commit: it may be of a lost one\n"), "{}", said.stderr);
    let said = program.runs_to(65, &["lake", "repair"]);
    assert!(said.stdout.ends_with("or run that day again: forecastle run --day 2026-11-04\n"), "{}", said.stdout);
    program.runs_to(0, &["run", "--day", "2026-11-04"]);
    let said = program.runs_to(0, &["lake", "verify"]);
    assert!(said.stderr.contains("commit 4 is not the one that the run 2"), "{}", said.stderr);
    assert_eq!(project.state(), state);
}

#[test]
fn every_commit_is_looked_at_and_a_damaged_one_is_named() {
    let (project, program) = corrected();
    let commit = project.path("lake/commits/00000000000000000002.json");
    spoil(&commit);
    let said = program.runs_to(65, &["lake", "verify"]);
    assert!(said.stdout.contains("00000000000000000002.json is damaged"), "{}", said.stdout);
    for care in ["repair", "log", "gc"] {
        let said = program.runs_to(65, &["lake", care]);
        let told = format!("{}{}", said.stdout, said.stderr);
        assert!(told.contains("00000000000000000002.json") && told.contains("backup"), "{care}: {told}");
    }
}
