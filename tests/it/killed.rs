//! A run that is killed leaves whole commits; the next run goes on from there, and nothing shows that it ever happened.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use forecastle::lake::{Pin, Role};

use crate::command::Program;
use crate::needed::{rounds, strace};
use crate::project::TestProject;

/// Runs that are killed at random in all, unless `FORECASTLE_ROUNDS` says another number, and at most in one lake.
const KILLS: u32 = 20;
const KILLS_OF_A_LAKE: u32 = 4;
/// The days of the exports; a month ends among them. A run that is killed call by call has the last of them only.
const DAYS: [&str; 8] =
    ["2026-10-26", "2026-10-27", "2026-10-28", "2026-10-29", "2026-10-30", "2026-10-31", "2026-11-01", "2026-11-02"];
const LAST: &str = DAYS[7];

fn small(days: &[&str]) -> TestProject {
    let project = TestProject::small();
    for (nth, on) in (0..).zip(days) {
        let deals: Vec<String> = (0..200)
            .map(|id| {
                format!(
                    "{id},ann,Qualify,{},{},2026-10-01",
                    if (id + nth) % 7 == 0 { "Won" } else { "Open" },
                    id * 3 + nth
                )
            })
            .collect();
        project.deals(on, &deals.iter().map(String::as_str).collect::<Vec<_>>());
        project.write(&format!("exports/{on}/rep.csv"), format!("Id,Name,Hired\nann,Ann {nth},2020-01-01\n"));
    }
    project
}

#[test]
fn a_run_killed_at_any_moment_is_taken_up_by_the_next_as_if_nothing_had_been() {
    let undisturbed = small(&DAYS);
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
        let project = small(&DAYS);
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
            assert_whole(&project, &undisturbed);
        }
        assert_taken_up(&project, &undisturbed);
    }
}

#[test]
fn a_run_killed_at_a_system_call_is_taken_up_by_the_next() {
    let Some(strace) = strace("a_run_killed_at_a_system_call_is_taken_up_by_the_next") else { return };
    let days = &DAYS[4..];
    let undisturbed = small(days);
    Program::in_folder(undisturbed.root()).runs_to(0, &["run"]);
    let traced = |project: &TestProject, options: &[&str]| {
        let run = Program::in_folder(project.root()).command(&["run"]);
        let mut command = Command::new(&strace);
        command.args(["-f", "-qq", "-o"]).arg(project.path("trace")).args(options);
        command.arg(run.get_program()).args(run.get_args()).current_dir(project.root());
        command.envs(run.get_envs().filter_map(|(name, value)| Some((name, value?))));
        assert!(command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok());
        let trace = project.read("trace");
        project.remove("trace");
        trace
    };
    // Every call that makes, fills, confirms, names or removes a file.
    const CALLS: &str = "openat,write,fsync,fdatasync,rename,link,linkat,mkdir,unlink,unlinkat,rmdir,flock";
    let counted = small(days);
    // Calls are counted thread by thread: the first thread that gets that far ends them all.
    let mut calls: BTreeMap<String, usize> = BTreeMap::new();
    for line in traced(&counted, &["-e", &format!("trace={CALLS}")]).lines() {
        *calls.entry(line.split_whitespace().next().unwrap_or_default().to_owned()).or_default() += 1;
    }
    let calls = calls.into_values().max().unwrap();
    let kills = calls.min(rounds(KILLS) as usize);
    for nth in 0..kills {
        // Spread over the run; with as many rounds as calls it is every one of them.
        let at = 1 + nth * calls / kills;
        let project = small(days);
        let inject = format!("inject={CALLS}:signal=KILL:when={at}");
        let trace = traced(&project, &["-e", &format!("trace={CALLS}"), "-e", &inject]);
        let nights = trace.lines().filter(|call| call.contains("/lake/commits/") && call.ends_with("= 0"));
        let nights = nights.filter(|call| call.contains("link(") || call.contains("linkat(")).count();
        assert_whole(&project, &undisturbed);
        if nights > 0 {
            assert!(project.commits() >= nights as u64, "call {at}: a night that was committed is lost\n{trace}");
        }
        assert_taken_up(&project, &undisturbed);
    }
    // Past the harness, which shows nothing of a test that passes.
    let _ = writeln!(std::io::stderr(), "killed at {kills} of {calls} calls");
}

/// What a killed run left: the lake opens, if it was made, and each night in it is as if no run had been killed.
fn assert_whole(project: &TestProject, undisturbed: &TestProject) {
    if !project.path("lake/LAKE.json").exists() {
        return;
    }
    let (pin, whole) = (project.pin(), undisturbed.pin());
    assert!(project.lake().verify(&pin).unwrap().is_empty(), "every file is what its commit says");
    let log = project.lake().log().unwrap();
    let nights: Vec<_> = log.iter().map(|commit| commit.day).collect();
    let all: Vec<_> = undisturbed.lake().log().unwrap().iter().map(|commit| commit.day).collect();
    assert_eq!(nights, all[..nights.len()]);
    for role in [Role::Snapshot, Role::Reject] {
        for table in whole.tables(role) {
            let of = |pin: &Pin, day| pin.on(table, role, day).map(|version| (version.rows, version.state));
            nights.iter().for_each(|day| assert_eq!(of(&pin, *day), of(&whole, *day), "{table} of {day}"));
            assert!(pin.days(table, role).iter().all(|day| nights.contains(day)), "{table} has half a night");
        }
    }
}

/// All files of a folder, by their place in it.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(open) = folders.pop() {
        for entry in std::fs::read_dir(open).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.insert(path.strip_prefix(folder).unwrap().to_owned(), std::fs::read(&path).unwrap());
            }
        }
    }
    files
}

/// The next run ends as if no run had been killed.
fn assert_taken_up(project: &TestProject, undisturbed: &TestProject) {
    let program = Program::in_folder(project.root());
    let said = program.runs_to(0, &["run"]);
    assert!(said.stderr.contains("report    summary"), "{}", said.stderr);
    assert_eq!(project.state(), undisturbed.state());
    for folder in ["lake/data", "lake/latest"] {
        let [found, wanted] = [project, undisturbed].map(|project| files(&project.path(folder)));
        assert!(found == wanted, "{folder}: {:?} instead of {:?}", found.keys(), wanted.keys());
    }
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
