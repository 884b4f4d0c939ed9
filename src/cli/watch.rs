//! `forecastle watch`: on each save the project is checked again and, where that is asked for, run.
//!
//! The files are looked at a few times a second: a look at a project takes a millisecond or two, sees every way in which
//! editors save, and works on network drives and in containers, where the system tells of no changes.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use forecastle::error::{Error, Kind, Result};
use forecastle::problem;
use forecastle::project::Saved;
use forecastle::query::Counted;

use super::args::{self, ProblemFormat};
use super::exit::Outcome;
use super::validate::{self, count};
use super::{Host, run};

/// How long it takes at most to see a save.
const LOOK_EVERY: Duration = Duration::from_millis(150);
/// An editor that saves several files, or one in several steps, is done when nothing changed for so long.
const SETTLED_AFTER: Duration = Duration::from_millis(60);

/// Checks now and after each save, until it is stopped.
pub async fn watch(host: &Host, arguments: &args::Watch) -> Result<Outcome> {
    // What is wrong with the command is told before anything is waited for.
    host.project()?.pipeline(arguments.pipeline.as_deref()).map(drop).or_else(|error| {
        match error.problems.is_empty() {
            true => Err(error),
            // A pipeline with a mistake is what watching is for.
            false => Ok(()),
        }
    })?;
    let mut saves = saves(host.root())?;
    tokio::select! {
        // In this order: whoever stops watching while it runs wants no more of it.
        biased;
        _ = tokio::signal::ctrl_c() => {
            host.terminal.say("stopped watching");
            Ok(Outcome::Done)
        }
        done = look_and_wait(host, arguments, &mut saves) => done,
    }
}

async fn look_and_wait(
    host: &Host,
    arguments: &args::Watch,
    saves: &mut UnboundedReceiver<Vec<String>>,
) -> Result<Outcome> {
    let mut changed: Vec<String> = Vec::new();
    loop {
        let started = Instant::now();
        let mut counted = Counted::default();
        let is_well = look(host, arguments, &mut counted).await;
        let took = started.elapsed().as_millis();
        let what = if changed.is_empty() { "all files".to_owned() } else { changed.join(", ") };
        let outcome =
            if is_well { host.terminal.paint("1;32", "good") } else { host.terminal.paint("1;31", "not good") };
        // Where no pipeline could be read there is nothing to tell of statements.
        let planned = match counted {
            Counted { planned: 0, recalled: 0 } => String::new(),
            Counted { planned, recalled } => {
                format!(", {planned} of {} planned", count(planned + recalled, "statement"))
            }
        };
        host.terminal.say(&format!("{outcome}: {what}{planned}, in {took} ms; waiting for the next save"));
        let Some(next) = saves.recv().await else {
            return Err(Error::new(Kind::Io, "the project's files are watched no longer"));
        };
        changed = next;
        // What was saved while the last look went on is seen by the next one as well.
        while let Ok(more) = saves.try_recv() {
            changed.extend(more);
        }
        changed.sort();
        changed.dedup();
    }
}

/// Checks everything, then runs what is asked for; what is wrong is told here. Counts the statements that it checked.
async fn look(host: &Host, arguments: &args::Watch, counted: &mut Counted) -> bool {
    let told = |done: Result<Outcome>| match done {
        Ok(outcome) => outcome == Outcome::Done,
        Err(error) => {
            host.terminal.error(&error);
            false
        }
    };
    let looked = validate::look(host, arguments.pipeline.as_deref(), ProblemFormat::Text).await;
    let found = looked.and_then(|looked| {
        *counted = looked.validated.counted;
        validate::tell(host, looked, ProblemFormat::Text)
    });
    if !told(found) {
        return false;
    }
    if !arguments.run && arguments.report.is_none() {
        return true;
    }
    match request(host, arguments) {
        Ok(request) => told(run::run(host, &request).await),
        Err(error) => told(Err(error)),
    }
}

/// The run of a save: the chosen day, else the newest that the lake holds, else whatever has been exported.
fn request(host: &Host, arguments: &args::Watch) -> Result<args::Run> {
    let project = host.project()?;
    let file = project.pipeline(arguments.pipeline.as_deref())?;
    let day = match (arguments.day, run::pin(&project, file)?) {
        (Some(day), _) => Some(day),
        (None, Some(pin)) => run::newest_day(&pin).ok(),
        (None, None) => None,
    };
    let select = match &arguments.report {
        Some(name) => vec![format!("report:{name}").parse().map_err(|why: String| {
            Error::new(Kind::Project, why)
                .help(problem::did_you_mean(name, file.pipeline.reports.iter().map(String::as_str)))
        })?],
        None => Vec::new(),
    };
    Ok(args::Run { pipeline: arguments.pipeline.clone(), day, select, ..args::Run::default() })
}

/// Tells of saves, each time with the files that came, went or changed.
fn saves(root: &Path) -> Result<UnboundedReceiver<Vec<String>>> {
    let (tell, told) = unbounded_channel();
    let (root, before) = (root.to_owned(), Saved::look(root)?);
    thread::spawn(move || look_out(&root, before, &tell));
    Ok(told)
}

fn look_out(root: &Path, mut before: Saved, tell: &UnboundedSender<Vec<String>>) {
    while !tell.is_closed() {
        thread::sleep(LOOK_EVERY);
        // A folder that cannot be read for a moment, as while a branch is switched, says nothing.
        let Ok(mut now) = Saved::look(root) else { continue };
        if now == before {
            continue;
        }
        loop {
            thread::sleep(SETTLED_AFTER);
            match Saved::look(root) {
                Ok(next) if next == now => break,
                Ok(next) => now = next,
                Err(_) => {}
            }
        }
        let changed = now.since(&before);
        before = now;
        if !changed.is_empty() && tell.send(changed).is_err() {
            return;
        }
    }
}
