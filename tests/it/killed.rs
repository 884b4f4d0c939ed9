//! A run that is killed leaves whole commits; the next run goes on from there, and nothing shows that it ever happened.

use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::command::Program;
use crate::project::TestProject;

/// Runs that are killed in all, and at most in one lake.
const KILLS: u32 = 20;
const KILLS_OF_A_LAKE: u32 = 4;

fn small() -> TestProject {
    let project = TestProject::small();
    for nth in 0..8 {
        let on = crate::project::day("2026-11-02").plus(nth).unwrap().to_string();
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
    while kills < KILLS {
        lakes += 1;
        assert!(lakes <= 3 * KILLS, "runs end before they are killed: {kills} kills in {lakes} lakes");
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
        let said = program.runs_to(0, &["run"]);
        assert!(said.stderr.contains("report    summary"), "{}", said.stderr);
        assert_eq!(project.state(), undisturbed.state());
        let pin = project.pin();
        assert!(project.lake().verify(&pin).unwrap().is_empty(), "every file is what its commit says");
        assert_eq!(project.lake().log().unwrap().len() as u64, pin.commit());
        for table in ["crm.deal", "crm.rep", "kpi.pipeline", "kpi.total"] {
            let sql = format!("SELECT * FROM {table} ORDER BY 1");
            assert_eq!(project.ask("2026-11-09", &sql), undisturbed.ask("2026-11-09", &sql), "{table}");
        }
        assert_eq!(project.report("summary", "2026-11-09"), undisturbed.report("summary", "2026-11-09"));
        assert_eq!(project.report("summary", "latest"), undisturbed.report("summary", "latest"));
        // Nothing unfinished is left where readers look.
        let left: Vec<_> = std::fs::read_dir(project.path("lake/staging")).unwrap().collect();
        assert!(left.is_empty(), "{left:?}");
        let made = std::fs::read_dir(project.path("out/reports/summary")).unwrap();
        let mut shown: Vec<String> = made.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        shown.retain(|name| !name.starts_with('.'));
        shown.sort();
        assert_eq!(shown, ["2026-11-09", "latest"]);
    }
}
