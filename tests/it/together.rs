//! Several runs at once: one of them writes, the others say so, and nothing is there twice.

use std::process::Stdio;

use crate::command::Program;
use crate::needed::rounds;
use crate::project::{TestProject, day};

const AT_ONCE: usize = 8;

#[test]
fn of_runs_at_once_one_writes_and_the_others_are_busy_or_find_nothing_to_do() {
    let project = TestProject::small();
    let program = Program::in_folder(project.root());
    for round in 0..rounds(4) {
        let on = day("2026-11-02").plus(i32::try_from(round).unwrap()).unwrap().to_string();
        project.deals(&on, &[&format!("1,ann,Qualify,Open,{},2026-10-01", 100 + round)]);
        let start = |_| {
            let mut run = program.command(&["run"]);
            run.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
        };
        let runs: Vec<_> = (0..AT_ONCE).map(start).collect();
        let codes: Vec<Option<i32>> = runs.into_iter().map(|mut run| run.wait().unwrap().code()).collect();
        assert!(codes.contains(&Some(0)), "round {round}: {codes:?}");
        assert!(codes.iter().all(|code| [Some(0), Some(75)].contains(code)), "round {round}: {codes:?}");
        assert_eq!(project.commits(), u64::from(round) + 1, "round {round}: {codes:?}");
        assert_eq!(project.ask(&on, "SELECT deal_id, amount FROM crm.deal"), [format!("1 | {}.0000", 100 + round)]);
    }
    let pin = project.pin();
    assert!(project.lake().verify(&pin).unwrap().is_empty());
    assert!(std::fs::read_dir(project.path("lake/staging")).unwrap().next().is_none());
}
