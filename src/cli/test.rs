//! `forecastle test`: models over the rows of their tests.

use std::time::Instant;

use forecastle::catalogue::Selector;
use forecastle::error::Result;
use forecastle::models::test::{Test, Verdict};
use forecastle::run;

use super::Host;
use super::exit::Outcome;
use super::run::last_code;
use super::terminal::result;
use super::validate::count;

/// Tells each test in a line, and below it where and how it differs.
pub async fn test(host: &Host, pipeline: Option<&str>, select: &[Selector], allow_empty: bool) -> Result<Outcome> {
    let started = Instant::now();
    let project = host.project()?;
    let file = project.pipeline(pipeline)?;
    let last_run = last_code(&project, file)?;
    let tested = run::test(&project, file, select, &last_run, allow_empty).await?;
    let width = tested.iter().map(|(test, _)| test.model.name.to_string().len()).max().unwrap_or(0);
    for (test, verdict) in &tested {
        if host.terminal.is_json() { tell(host, test, verdict) } else { print(test, verdict, width) }
    }
    let failed = tested.iter().filter(|(_, verdict)| *verdict != Verdict::Passed).count();
    let took = started.elapsed().as_secs_f64();
    host.terminal.say(&match tested.len() {
        0 if allow_empty && !select.is_empty() => "nothing is selected that has tests".to_owned(),
        0 => "there are no tests: sql/kpi/win_rate.test.yaml would test sql/kpi/win_rate.sql".to_owned(),
        all => format!("{}: {} passed, {failed} failed, in {took:.2} s", count(all, "test"), all - failed),
    });
    Ok(if failed == 0 { Outcome::Done } else { Outcome::ChecksFailed })
}

fn print(test: &Test, verdict: &Verdict, width: usize) {
    let model = format!("{:width$}", test.model.name.to_string());
    match verdict {
        Verdict::Passed => result(&format!("passed  {model}  {}", test.name)),
        Verdict::Differs(difference) => {
            result(&format!("FAILED  {model}  {}: {} ({})\n", test.name, difference.summary(), test.place));
            difference.to_string().lines().for_each(|line| result(&format!("        {line}")));
            result("");
        }
        Verdict::Broke(why) => result(&format!("FAILED  {model}  {}: {why} ({})", test.name, test.place)),
    }
}

fn tell(host: &Host, test: &Test, verdict: &Verdict) {
    let (outcome, why, table) = match verdict {
        Verdict::Passed => ("passed", None, None),
        Verdict::Differs(difference) => ("differs", Some(difference.summary()), Some(difference.to_string())),
        Verdict::Broke(why) => ("broke", Some(why.clone()), None),
    };
    let (line, column) = test.place.line_column();
    host.terminal.event(
        "test",
        serde_json::json!({"model": test.model.name, "test": test.name, "outcome": outcome, "why": why, "table": table,
            "file": test.place.source.path, "line": line, "column": column}),
    );
}
