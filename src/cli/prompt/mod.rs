//! The prompt of `forecastle query`: queries and commands one after the other, on a terminal.
//!
//! The lines are edited by rustyline. Their history lies in the user's own folder of state, never in the project.

mod command;
mod editor;
mod page;
mod words;

use std::path::PathBuf;
use std::time::Instant;

use rustyline::error::ReadlineError;

use forecastle::error::{Error, Kind, Result};
use forecastle::problem::SourceFile;
use forecastle::project::PipelineFile;
use forecastle::query::Sql;
use forecastle::run::{self, Answer, Prepared};

use super::Host;
use super::args::{Format, Limits};
use super::exit::Outcome;
use super::limits::within;
use super::query::Seen;
use super::rows;
use command::Next;

/// What queries are asked of, and how answers are shown.
pub struct Prompt<'p> {
    host: &'p Host,
    prepared: &'p Prepared,
    file: &'p PipelineFile,
    seen: Seen,
    limits: Limits,
    format: Format,
    /// Whether the time is told that an answer took.
    is_timed: bool,
    /// Whether a row is shown as a list of its columns.
    is_expanded: bool,
}

impl<'p> Prompt<'p> {
    pub fn new(
        host: &'p Host,
        prepared: &'p Prepared,
        file: &'p PipelineFile,
        seen: Seen,
        limits: Limits,
        format: Format,
    ) -> Result<Self> {
        if format == Format::Parquet {
            return Err(Error::new(Kind::Project, "Parquet is not for a terminal")
                .help("send it to a file: forecastle query \"SELECT ...\" --format parquet > rows.parquet"));
        }
        Ok(Self { host, prepared, file, seen, limits, format, is_timed: false, is_expanded: false })
    }

    /// Reads, answers, and reads again, until the user leaves.
    pub async fn talk(&mut self) -> Result<Outcome> {
        let failed = |error: ReadlineError| Error::new(Kind::Io, format!("could not read from the terminal: {error}"));
        let mut editor = editor::open(command::words(self.prepared)).map_err(failed)?;
        let history = history(self.host);
        if let Some(path) = &history {
            // There is none before the first time.
            let _ = editor.load_history(path);
        }
        let pipeline = &self.file.pipeline.name;
        self.host.terminal.say(&format!("{pipeline} as of {}; \\? for help, \\q to leave", self.seen.day));
        self.seen.tell_if_later(self.host);
        loop {
            match editor.readline(&format!("{}> ", self.seen.day)) {
                Ok(line) if line.trim().is_empty() => {}
                Ok(line) => {
                    let _ = editor.add_history_entry(line.trim());
                    if self.answer(line.trim()).await == Next::Leave {
                        break;
                    }
                }
                // A line is given up.
                Err(ReadlineError::Interrupted) => {}
                Err(ReadlineError::Eof) => break,
                Err(error) => return Err(failed(error)),
            }
        }
        if let Some(path) = &history {
            let saved = path.parent().map_or(Ok(()), std::fs::create_dir_all).map_err(ReadlineError::Io);
            if let Err(error) = saved.and_then(|()| editor.append_history(path)) {
                self.host.terminal.warn(&format!("the history was not saved to {}: {error}", path.display()));
            }
        }
        Ok(Outcome::Done)
    }

    async fn answer(&mut self, line: &str) -> Next {
        let done = match line.strip_prefix('\\') {
            Some(command) => self.command(command).await,
            None => self.ask(SourceFile::new("<query>", line)).await.map(|()| Next::Ask),
        };
        done.unwrap_or_else(|error| {
            if error.problems.is_empty() {
                self.host.terminal.error(&error);
            }
            // A caret under the mistake says it all.
            error.problems.iter().for_each(|found| self.host.terminal.problem(found));
            Next::Ask
        })
    }

    async fn ask(&self, text: std::sync::Arc<SourceFile>) -> Result<()> {
        let started = Instant::now();
        let sql = Sql::file(&text);
        let Seen { pin, day, .. } = &self.seen;
        let asked = run::ask(self.prepared, &self.file.pipeline, pin, *day, &sql, self.limits.memory);
        let Answer { schema, rows, warnings } = tokio::select! {
            biased;
            _ = tokio::signal::ctrl_c() => return Err(Error::failed("the query was stopped")),
            answered = within(self.limits.timeout, asked) => answered?,
        };
        let took = started.elapsed();
        warnings.iter().for_each(|found| self.host.terminal.problem(found));
        let text = if self.is_expanded { rows::expanded(&rows)? } else { rows::text(&schema, &rows, self.format)? };
        self.show(&text)?;
        if self.is_timed {
            let count: usize = rows.iter().map(arrow::array::RecordBatch::num_rows).sum();
            let noun = if count == 1 { "row" } else { "rows" };
            self.host.terminal.say(&format!("{count} {noun} in {:.3} s", took.as_secs_f64()));
        }
        Ok(())
    }

    /// Shows a text, page by page where it is long.
    fn show(&self, text: &str) -> Result<()> {
        page::show(text, self.host.environment.get("PAGER").map(String::as_str))
    }
}

/// `forecastle/history` below the user's folder of state.
fn history(host: &Host) -> Option<PathBuf> {
    let folder = |name: &str| host.environment.get(name).filter(|value| value.starts_with('/')).map(PathBuf::from);
    let state = folder("XDG_STATE_HOME").or_else(|| folder("HOME").map(|home| home.join(".local/state")))?;
    Some(state.join("forecastle/history"))
}
