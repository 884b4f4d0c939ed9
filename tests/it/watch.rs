//! `forecastle watch`, as one who edits meets it.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use crate::command::Program;
use crate::project::TestProject;

/// The program while it watches, and the lines that it tells.
struct Watching {
    program: Child,
    lines: Receiver<String>,
}

impl Watching {
    fn start(project: &TestProject, arguments: &[&str]) -> Self {
        let mut command = Program::in_folder(project.root()).command(arguments);
        let mut program = command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let told = BufReader::new(program.stderr.take().unwrap());
        let (tell, lines) = channel();
        std::thread::spawn(move || told.lines().map_while(Result::ok).all(|line| tell.send(line).is_ok()));
        Self { program, lines }
    }

    /// What it tells until it waits again.
    fn told(&self) -> String {
        let mut told = String::new();
        loop {
            let line = self
                .lines
                .recv_timeout(Duration::from_secs(120))
                .unwrap_or_else(|_| panic!("it says no more:\n{told}"));
            told += &line;
            told += "\n";
            if line.ends_with("ms; waiting for the next save") {
                return told;
            }
        }
    }

    fn interrupt(mut self) -> Option<i32> {
        let interrupted = Command::new("kill").args(["-INT", &self.program.id().to_string()]).status().unwrap();
        assert!(interrupted.success());
        self.program.wait().unwrap().code()
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

#[test]
fn each_save_is_checked_until_it_is_stopped() {
    let project = TestProject::small();
    let watching = Watching::start(&project, &["watch"]);
    let first = watching.told();
    assert!(first.contains("no mistakes\n"), "{first}");
    assert!(first.contains("good: all files, 7 of 7 statements planned, in "), "{first}");

    project.edit("sql/kpi/pipeline.sql", "sum(amount)", "sum(amuont)");
    let wrong = watching.told();
    assert!(wrong.contains("sql/kpi/pipeline.sql:10:") && wrong.contains("did you mean `amount`?"), "{wrong}");
    assert!(wrong.contains("not good: sql/kpi/pipeline.sql, 1 of 3 statements planned, in "), "{wrong}");

    // A pipeline that is no YAML, a file that is none of the project, and a save by rename.
    let pipeline = project.read("pipelines/nightly.yaml");
    project.write("pipelines/nightly.yaml", "pipeline: [");
    let broken = watching.told();
    assert!(broken.contains("pipelines/nightly.yaml:1:"), "{broken}");
    project.write("sql/kpi/.pipeline.sql.swp", "x").write("pipelines/nightly.yaml.new", &pipeline);
    fs::rename(project.path("pipelines/nightly.yaml.new"), project.path("pipelines/nightly.yaml")).unwrap();
    assert!(watching.told().contains("not good: pipelines/nightly.yaml, "));
    project.edit("sql/kpi/pipeline.sql", "sum(amuont)", "sum(amount)");
    let mended = watching.told();
    // As it was before: all is known.
    assert!(mended.contains("good: sql/kpi/pipeline.sql, 0 of 7 statements planned, in "), "{mended}");
    assert!(!mended.contains("not good"), "{mended}");
    assert_eq!(watching.interrupt(), Some(0));
}

#[test]
fn a_save_is_built_and_rendered_for_the_day() {
    let project = TestProject::small();
    project.deals("2026-11-02", &["1,ann,Qualify,Open,100,2026-10-01"]);
    project.deals("2026-11-03", &["1,ann,Qualify,Open,700,2026-10-01"]);
    let watching = Watching::start(&project, &["watch", "--report", "summary", "--day", "2026-11-03"]);
    let first = watching.told();
    assert!(
        first.contains("out/reports/summary/2026-11-03/index.html") && first.contains("good: all files"),
        "{first}"
    );
    let report = project.read("reports/summary.md");
    project.write("reports/summary.md", report.replacen("\n# ", "\n# Renamed: ", 1));
    watching.told();
    assert!(project.read("out/reports/summary/2026-11-03/report.md").contains("Renamed: "));
    assert_eq!(watching.interrupt(), Some(0));
}

#[test]
fn what_cannot_be_watched_is_told_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let said = Program::in_folder(folder.path()).runs_to(2, &["watch"]);
    assert!(said.stderr.contains("is no Forecastle project"), "{}", said.stderr);
    let project = TestProject::small();
    let said = Program::in_folder(project.root()).runs_to(2, &["watch", "nigthly"]);
    assert!(said.stderr.contains("did you mean `nightly`?"), "{}", said.stderr);
}
