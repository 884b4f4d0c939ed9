//! Progress of a run: a bar on a terminal, a line per day elsewhere, an event each for machines.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use forecastle::run::{Event, FilledRecord, ModelOutcome};

use super::terminal::Terminal;
use super::validate::count;

pub struct Progress<'t> {
    terminal: &'t Terminal,
    bar: Option<ProgressBar>,
}

impl<'t> Progress<'t> {
    pub fn new(terminal: &'t Terminal) -> Self {
        Self { terminal, bar: bar(terminal) }
    }

    /// Shows what happened.
    pub fn observe(&mut self, event: &Event<'_>) {
        if self.terminal.is_json() {
            return self.tell(event);
        }
        match (event, &self.bar) {
            (Event::Day { day, nth, of }, Some(bar)) => {
                bar.set_length(*of as u64);
                bar.set_position(*nth as u64 - 1);
                bar.set_message(day.to_string());
            }
            (Event::Day { day, nth, of }, None) if *of > 1 => self.terminal.say(&format!("day {nth} of {of}: {day}")),
            (Event::Source(source), Some(bar)) => bar.set_message(source.table.clone()),
            (Event::Filling(filled), _) => self.say(&format!("{}: {}", filled.model, words(filled))),
            (Event::Filled(filled), Some(bar)) => {
                bar.set_message(format!("{} {} of {}", filled.model, filled.done, filled.due()));
            }
            (Event::Model(model), Some(bar)) => bar.set_message(model.model.clone()),
            (Event::Check(check), Some(bar)) => bar.set_message(check.check.clone()),
            (Event::Report(report), Some(bar)) => bar.set_message(report.report.clone()),
            (Event::Committed { .. }, Some(bar)) => bar.inc(1),
            _ => {}
        }
        match event {
            Event::Model(model) => {
                if let ModelOutcome::Failed(why) = &model.outcome {
                    self.above(&format!("{} failed: {why}", model.model));
                }
            }
            Event::Warning(text) => self.above(text),
            _ => {}
        }
    }

    fn say(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| self.terminal.say(text)),
            None => self.terminal.say(text),
        }
    }

    fn above(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| self.terminal.warn(text)),
            None => self.terminal.warn(text),
        }
    }

    fn tell(&self, event: &Event<'_>) {
        let (name, fields) = match event {
            Event::Day { day, nth, of } => ("day", serde_json::json!({"day": day, "nth": nth, "of": of})),
            Event::Source(source) => ("source", serde_json::json!({"source": source})),
            Event::Past(past) => ("past", serde_json::json!({"past": past})),
            Event::Filling(filled) => ("filling", serde_json::json!({"filling": filled})),
            Event::Filled(filled) => ("filled", serde_json::json!({"filled": filled})),
            Event::Model(model) => ("model", serde_json::json!({"model": model})),
            Event::Check(check) => ("check", serde_json::json!({"check": check})),
            Event::Committed { day, commit } => ("commit", serde_json::json!({"day": day, "commit": commit})),
            Event::Report(report) => ("report", serde_json::json!({"report": report})),
            Event::Warning(text) => ("warning", serde_json::json!({"text": text})),
        };
        self.terminal.event(name, fields);
    }

    pub fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// Which days of an incremental model are to be computed, and why.
pub fn words(filled: &FilledRecord) -> String {
    let days = |days: usize| count(days, "day");
    let mut parts = Vec::new();
    if filled.missing > 0 {
        parts.push(format!("computing {} that it has no rows of yet", days(filled.missing)));
    }
    if filled.changed > 0 {
        parts.push(format!("its SQL or a setting has changed: computing {} again", days(filled.changed)));
    }
    if filled.corrected > 0 {
        parts.push(format!("exports have been corrected: computing {} again", days(filled.corrected)));
    }
    if filled.refreshed > 0 {
        parts.push(format!("computing {} again, as asked", days(filled.refreshed)));
    }
    let (from, to) = (filled.from, filled.to);
    let span = if from == to { format!("{from}") } else { format!("{from} to {to}") };
    format!("{} ({span})", parts.join("; "))
}

/// A bar, on a terminal only.
fn bar(terminal: &Terminal) -> Option<ProgressBar> {
    terminal.has_bars().then(|| {
        let style = ProgressStyle::with_template("{spinner} {bar:30} {pos}/{len} {msg}")
            .expect("the template is a constant that parses");
        let bar = ProgressBar::new(1).with_style(style);
        bar.enable_steady_tick(Duration::from_millis(120));
        bar
    })
}

/// How many of how many things are done: a bar on a terminal, nothing elsewhere.
pub struct Bar(Option<ProgressBar>);

impl Bar {
    pub fn new(terminal: &Terminal) -> Self {
        Self(bar(terminal))
    }

    pub fn show(&self, done: usize, of: usize) {
        if let Some(bar) = &self.0 {
            bar.set_length(of as u64);
            bar.set_position(done as u64);
        }
    }

    pub fn clear(&self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
