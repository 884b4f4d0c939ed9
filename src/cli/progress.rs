//! Progress of a run: a bar on a terminal, a line per day elsewhere, an event each for machines.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use forecastle::run::{Event, ModelOutcome};

use super::terminal::Terminal;

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
