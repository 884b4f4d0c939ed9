//! `forecastle run`: progress while it goes on, a summary when it has ended.

use std::collections::BTreeMap;

use jiff::Timestamp;
use uuid::Uuid;

use forecastle::day::Day;
use forecastle::error::{Error, Kind, Result};
use forecastle::lake::{Lake, Pin, Role};
use forecastle::project::{PipelineFile, Project};
use forecastle::run::{self, DayRecord, Days, ModelOutcome, PastRecord, Record, ReportOutcome, Request, SourceOutcome};

use super::Host;
use super::args;
use super::exit::Outcome;
use super::progress::Progress;
use super::terminal::result;
use super::validate::count;

/// So many offenders of each check are listed; the lake keeps more.
const SHOWN_OFFENDERS: usize = 20;

pub const PROGRAM: &str = concat!("forecastle ", env!("CARGO_PKG_VERSION"));

pub async fn run(host: &Host, arguments: &args::Run) -> Result<Outcome> {
    let project = host.project()?;
    let file = project.pipeline(arguments.pipeline.as_deref())?;
    let prepared = run::prepare(&project, file, &host.environment).await?;
    prepared.warnings.iter().for_each(|found| host.terminal.problem(found));
    let days = match (arguments.day, arguments.from, arguments.to) {
        (Some(day), _, _) => Days::One(day),
        (None, None, None) => Days::Missing,
        (None, from, to) => Days::Between(from.unwrap_or(Day::FIRST), to.unwrap_or(Day::LAST)),
    };
    let select = args::selectors(&arguments.select, &arguments.exclude);
    let request = Request {
        days,
        select,
        sources_only: arguments.sources_only,
        full_refresh: arguments.full_refresh,
        allow_empty: arguments.allow_empty,
    };
    if arguments.dry_run {
        return dry_run(host, &project, file, &prepared, &request);
    }
    let started = Timestamp::now();
    let uuid = Uuid::new_v4();
    let stamp = started.strftime("%Y%m%dT%H%M%SZ");
    let run_host = run::Host {
        program: PROGRAM.to_owned(),
        run_id: format!("{stamp}-{}", &uuid.simple().to_string()[..8]),
        now: &Timestamp::now,
        fresh_uuid: &Uuid::new_v4,
        environment: &host.environment,
        threads: host.threads,
    };
    let mut progress = Progress::new(&host.terminal);
    let mut observe = |event: run::Event<'_>| progress.observe(&event);
    let result = tokio::select! {
        // In this order, because signals are listened for from when they are first asked for.
        biased;
        // Nothing of a run is visible before its commit, so breaking off is safe at any moment.
        code = signal() => {
            host.terminal.say("stopped: what was committed stays, what was not is as if it had never begun");
            std::process::exit(code);
        }
        result = run::run(&project, file, &prepared, &request, &run_host, &mut observe) => result,
    };
    progress.clear();
    let record = result?;
    let offenders = match (arguments.show_offenders, record.days.last(), pin(&project, file)?) {
        (true, Some(last), Some(pin)) => run::offenders::kept(&pin, last.day)?,
        _ => Vec::new(),
    };
    summary(host, &record, started, &offenders);
    Ok(Outcome::from(record.status))
}

/// The exit code of the signal that came: 130 for an interrupt, 143 for a request to end.
async fn signal() -> i32 {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => 130,
                _ = terminate.recv() => 143,
            }
        }
        Err(_) => {
            let _ = tokio::signal::ctrl_c().await;
            130
        }
    }
}

fn dry_run(
    host: &Host,
    project: &Project,
    file: &PipelineFile,
    prepared: &run::Prepared,
    request: &Request,
) -> Result<Outcome> {
    let pin = pin(project, file)?;
    let plan = run::plan(prepared, file, pin.as_ref(), &last_code(project, file)?, request)?;
    let say = result;
    let listed: Vec<String> = plan.days.iter().map(ToString::to_string).collect();
    say(&format!("days     {} ({})", count(plan.days.len(), "day"), shortened(&listed)));
    let sources: Vec<String> = prepared.jobs.iter().map(|job| job.table.name.to_string()).collect();
    say(&format!("sources  {}", sources.join(", ")));
    let newest = plan.days.last().map(ToString::to_string).unwrap_or_default();
    say(&format!(
        "models   for {newest}: {}",
        plan.models.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    ));
    for filled in pin.iter().flat_map(|pin| run::due(prepared, file, pin, &plan)) {
        say(&format!("earlier  {}: {}", filled.model, super::progress::words(&filled)));
    }
    say(&format!("reports  for {newest}: {}", plan.reports.join(", ")));
    host.terminal.say("nothing was done");
    Ok(Outcome::Done)
}

fn shortened(days: &[String]) -> String {
    match days {
        [first, .., last] if days.len() > 3 => format!("{first} to {last}"),
        _ => days.join(", "),
    }
}

/// What the run came to, for a person.
fn summary(host: &Host, record: &Record, started: Timestamp, offenders: &[(String, String)]) {
    let say = |text: &str| host.terminal.say(text);
    if host.terminal.is_json() {
        host.terminal.event(
            "done",
            serde_json::json!({"run_id": record.run_id, "status": record.status, "days": record.days.len()}),
        );
        return;
    }
    let Some(last) = record.days.last() else { return };
    let rejected: u64 = record.days.iter().flat_map(|day| &day.sources).map(|source| source.counts.rejected).sum();
    let carried: u64 = record.days.iter().flat_map(|day| &day.sources).map(|source| source.counts.carried).sum();
    let commits = record.days.iter().filter(|day| day.commit.is_some()).count();
    say("");
    let days = match record.days.as_slice() {
        [only] => only.day.to_string(),
        [first, .., last] => format!("{} to {} ({})", first.day, last.day, count(record.days.len(), "day")),
        [] => String::new(),
    };
    say(&format!(
        "{} {} · {} in {}",
        host.terminal.paint("1", &record.pipeline),
        days,
        count(commits, "commit"),
        elapsed(started)
    ));
    for followed in &record.followed {
        say(&format!("{}   read again, as it builds on a day that was corrected", followed.day));
    }
    sources(host, last);
    if rejected > 0 {
        say(&format!("  rejected  {} over all days, {carried} of them kept as they last were", rows(rejected)));
    }
    if let Some(past) = &last.past {
        rebuilt(host, past);
    }
    models_and_checks(host, last, offenders);
    for report in &last.reports {
        let what = match (&report.outcome, &report.folder) {
            (ReportOutcome::Written | ReportOutcome::Unchanged, Some(folder)) => format!("{folder}/index.html"),
            (ReportOutcome::Kept(why), _) => format!("not made, its last file stays: {why}"),
            (ReportOutcome::Failed(why), _) => format!("failed: {why}"),
            (_, None) => String::new(),
        };
        say(&format!("  report    {}  {what}", host.terminal.paint("1", &report.report)));
        if let Some(headline) = &report.headline {
            say(&format!("            {headline}"));
        }
    }
    say(&format!("  run       {}", record.run_id));
}

fn sources(host: &Host, day: &DayRecord) {
    let told: Vec<String> = day
        .sources
        .iter()
        .map(|source| {
            let name = source.table.split_once('.').map_or(source.table.as_str(), |(_, name)| name);
            match &source.outcome {
                SourceOutcome::Absent => format!("{name} absent"),
                SourceOutcome::Failed(_) => format!("{name} failed"),
                _ => match source.counts.before.map(|before| before.saturating_sub(source.counts.rows)) {
                    Some(gone) if gone > 0 => format!("{name} {} ({gone} fewer)", source.counts.rows),
                    _ => format!("{name} {}", source.counts.rows),
                },
            }
        })
        .collect();
    host.terminal.say(&format!("  tables    {}", told.join(" · ")));
    for source in &day.sources {
        if let SourceOutcome::Failed(why) = &source.outcome {
            host.terminal.say(&format!("  source    {}: {why}", host.terminal.paint("1;31", "failed")));
        }
        for reason in source.reasons.iter().take(3).chain(&source.notes) {
            host.terminal.say(&format!("            {}: {reason}", source.table));
        }
    }
}

fn rebuilt(host: &Host, past: &PastRecord) {
    let PastRecord { table, since, days, taken, passed_over, reasons, .. } = past;
    let since = since.map(|since| format!(", since {since}")).unwrap_or_default();
    let events = format!("{taken} events taken, {passed_over} passed over");
    host.terminal.say(&format!("  past      {table}: {} rebuilt{since} · {events}", count(*days, "day")));
    for reason in reasons.iter().take(5) {
        host.terminal.say(&format!("            {reason}"));
    }
}

fn models_and_checks(host: &Host, day: &DayRecord, offenders: &[(String, String)]) {
    let say = |text: &str| host.terminal.say(text);
    let of = |wanted: fn(&ModelOutcome) -> bool| day.models.iter().filter(|model| wanted(&model.outcome)).count();
    let built = of(|outcome| *outcome == ModelOutcome::Built);
    let unchanged = of(|outcome| *outcome == ModelOutcome::Unchanged);
    let failed = of(|outcome| matches!(outcome, ModelOutcome::Failed(_)));
    let skipped = of(|outcome| matches!(outcome, ModelOutcome::Skipped(_)));
    let told: Vec<String> = [(built, "built"), (unchanged, "unchanged"), (failed, "failed"), (skipped, "not built")]
        .into_iter()
        .filter(|(count, word)| *count > 0 || *word == "built")
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    for model in &day.models {
        match &model.outcome {
            ModelOutcome::Failed(why) => {
                say(&format!("  model     {} {}: {why}", model.model, host.terminal.paint("1;31", "failed")))
            }
            ModelOutcome::Skipped(why) => say(&format!("  model     {} not built: {why}", model.model)),
            _ => {}
        }
    }
    let filled: usize = day.filled.iter().map(|filled| filled.done).sum();
    let of_past = if filled > 0 { format!(", {} of earlier days", count(filled, "partition")) } else { String::new() };
    say(&format!("  models    {}{of_past}", told.join(", ")));
    let passed = day.checks.iter().filter(|check| check.is_passed()).count();
    let failed = day.checks.iter().filter(|check| check.stops()).count();
    let warned = day.checks.len() - passed - failed;
    say(&format!(
        "  checks    {passed} passed, {warned} warned, {failed} failed{}",
        if day.checks_skipped.is_empty() { String::new() } else { format!(", {} not run", day.checks_skipped.len()) }
    ));
    for check in day.checks.iter().filter(|check| !check.is_passed()) {
        let severity =
            if check.stops() { host.terminal.paint("1;31", "error") } else { host.terminal.paint("1;33", "warn") };
        let told = check.note.clone().unwrap_or_else(|| rows(check.offenders));
        say(&format!("            {severity} {}: {told}", check.check));
        let keys: Vec<&String> = offenders.iter().filter(|(of, _)| *of == check.check).map(|(_, key)| key).collect();
        keys.iter().take(SHOWN_OFFENDERS).for_each(|key| say(&format!("              {key}")));
        if keys.len() > SHOWN_OFFENDERS {
            let more = check.offenders - SHOWN_OFFENDERS as u64;
            say(&format!("              and {more} more"));
        }
    }
}

fn rows(number: u64) -> String {
    count(usize::try_from(number).unwrap_or(usize::MAX), "row")
}

fn elapsed(started: Timestamp) -> String {
    let seconds = Timestamp::now().duration_since(started).as_secs_f64();
    format!("{seconds:.1} s")
}

/// The newest commit of a pipeline's lake; `None` before the first run.
pub fn pin(project: &Project, file: &PipelineFile) -> Result<Option<Pin>> {
    let root = project.root.join(&file.pipeline.lake);
    match root.join("LAKE.json").exists() {
        true => Lake::open(&root)?.pin().map(Some),
        false => Ok(None),
    }
}

/// The SQL of models as a pipeline's last run read it; none before the first run.
pub fn last_code(project: &Project, file: &PipelineFile) -> Result<BTreeMap<String, String>> {
    let root = project.root.join(&file.pipeline.lake);
    match root.join("LAKE.json").exists() {
        true => run::last_code(&Lake::open(&root)?),
        false => Ok(BTreeMap::new()),
    }
}

/// The newest day that the lake knows of.
pub fn newest_day(pin: &Pin) -> Result<Day> {
    let newest = pin.tables(Role::Snapshot).filter_map(|table| pin.days(table, Role::Snapshot).last().copied()).max();
    newest.ok_or_else(|| Error::new(Kind::Project, "the lake is empty").help("run `forecastle run` first"))
}

/// The oldest day that the lake knows of.
pub fn oldest_day(pin: &Pin) -> Option<Day> {
    pin.tables(Role::Snapshot).filter_map(|table| pin.days(table, Role::Snapshot).first().copied()).min()
}
