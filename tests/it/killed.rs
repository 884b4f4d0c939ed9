//! A run that is killed leaves whole commits; the next run goes on from there, and nothing shows that it ever happened.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::command::Program;
use crate::needed::{rounds, strace};
use crate::project::TestProject;

/// Runs that are killed at random in all, unless `FORECASTLE_ROUNDS` says another number, and at most in one lake.
const KILLS: u32 = 20;
const KILLS_OF_A_LAKE: u32 = 4;
/// The days of the exports; a month ends among them.
const FIRST: &str = "2026-10-28";
const LAST: &str = "2026-11-04";

fn small() -> TestProject {
    let project = TestProject::small();
    for nth in 0..8 {
        let on = crate::project::day(FIRST).plus(nth).unwrap().to_string();
        let deals: Vec<String> = (0..200)
            .map(|id| {
                format!(
                    "{id},ann,Qualify,{},{},2026-10-01",
                    if (id + nth) % 7 == 0 { "Won" } else { "Open" },
                    id * 3 + nth
                )
            })
            .collect();
        project.deals(&on, &deals.iter().map(String::as_str).collect::<Vec<_>>());
        project.write(&format!("exports/{on}/rep.csv"), format!("Id,Name,Hired\nann,Ann {nth},2020-01-01\n"));
    }
    project
}

#[test]
fn a_run_killed_at_any_moment_is_taken_up_by_the_next_as_if_nothing_had_been() {
    let undisturbed = small();
    let started = Instant::now();
    Program::in_folder(undisturbed.root()).runs_to(0, &["run"]);
    let whole = started.elapsed();

    // Moments from a generator with a fixed start: the same on each run of this test, as far as a clock can repeat them.
    let mut chance: u64 = 0x2545_f491_4f6c_dd1d;
    let mut next_share = move || {
        chance ^= chance << 13;
        chance ^= chance >> 7;
        chance ^= chance << 17;
        f64::from(u32::try_from(chance >> 40).unwrap()) / f64::from(1 << 24)
    };
    let (mut kills, mut lakes) = (0, 0);
    while kills < rounds(KILLS) {
        lakes += 1;
        assert!(lakes <= 3 * rounds(KILLS), "runs end before they are killed: {kills} kills in {lakes} lakes");
        let project = small();
        let program = Program::in_folder(project.root());
        for _ in 0..KILLS_OF_A_LAKE {
            let mut run = program.command(&["run"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            std::thread::sleep(whole.mul_f64(next_share()).max(Duration::from_millis(1)));
            let is_going = run.try_wait().unwrap().is_none();
            run.kill().unwrap();
            run.wait().unwrap();
            if !is_going {
                break;
            }
            kills += 1;
        }
        assert_taken_up(&project, &undisturbed);
    }
}

#[test]
fn a_run_killed_at_a_system_call_is_taken_up_by_the_next() {
    let Some(strace) = strace("a_run_killed_at_a_system_call_is_taken_up_by_the_next") else { return };
    let undisturbed = small();
    Program::in_folder(undisturbed.root()).runs_to(0, &["run"]);
    let traced = |project: &TestProject, options: &[&str]| {
        let run = Program::in_folder(project.root()).command(&["run"]);
        let mut command = Command::new(&strace);
        command.args(["-f", "-qq", "-o"]).arg(project.path("trace")).args(options);
        command.arg(run.get_program()).args(run.get_args()).current_dir(project.root());
        command.envs(run.get_envs().filter_map(|(name, value)| Some((name, value?))));
        assert!(command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok());
        project.read("trace")
    };
    // Every call that makes, fills, confirms, names or removes a file.
    const CALLS: &str = "openat,write,fsync,fdatasync,rename,link,linkat,mkdir,unlink,unlinkat,rmdir,flock";
    let counted = small();
    // Calls are counted thread by thread: the first thread that gets that far ends them all.
    let mut calls: BTreeMap<String, usize> = BTreeMap::new();
    for line in traced(&counted, &["-e", &format!("trace={CALLS}")]).lines() {
        *calls.entry(line.split_whitespace().next().unwrap_or_default().to_owned()).or_default() += 1;
    }
    let calls = calls.into_values().max().unwrap();
    let kills = rounds(KILLS) as usize;
    for nth in 0..kills {
        // Spread over the run; with as many rounds as calls it is every one of them.
        let at = 1 + nth * calls / kills;
        let project = small();
        traced(&project, &["-e", &format!("trace={CALLS}"), "-e", &format!("inject={CALLS}:signal=KILL:when={at}")]);
        project.remove("trace");
        assert_taken_up(&project, &undisturbed);
    }
}

/// The next run ends as if no run had been killed.
fn assert_taken_up(project: &TestProject, undisturbed: &TestProject) {
    let program = Program::in_folder(project.root());
    let said = program.runs_to(0, &["run"]);
    assert!(said.stderr.contains("report    summary"), "{}", said.stderr);
    assert_eq!(project.state(), undisturbed.state());
    let pin = project.pin();
    assert!(project.lake().verify(&pin).unwrap().is_empty(), "every file is what its commit says");
    assert_eq!(project.lake().log().unwrap().len() as u64, pin.commit());
    for table in ["crm.deal", "crm.rep", "kpi.pipeline", "kpi.total"] {
        let sql = format!("SELECT * FROM {table} ORDER BY 1");
        assert_eq!(project.ask(LAST, &sql), undisturbed.ask(LAST, &sql), "{table}");
    }
    assert_eq!(project.report("summary", LAST), undisturbed.report("summary", LAST));
    assert_eq!(project.report("summary", "latest"), undisturbed.report("summary", "latest"));
    // Nothing unfinished is left where readers look.
    let left: Vec<_> = std::fs::read_dir(project.path("lake/staging")).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
    let made = std::fs::read_dir(project.path("out/reports/summary")).unwrap();
    let mut shown: Vec<String> = made.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    shown.retain(|name| !name.starts_with('.'));
    shown.sort();
    assert_eq!(shown, [LAST, "latest"]);
}
