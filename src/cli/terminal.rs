//! What people see on stderr: coloured words on a terminal, plain ones elsewhere, JSON for machines.

use std::io::{IsTerminal, Write};

use forecastle::error::Error;
use forecastle::problem::Problem;

use super::args::LogFormat;

/// stderr, and how it is to be written.
pub struct Terminal {
    format: LogFormat,
    is_coloured: bool,
    is_terminal: bool,
}

impl Terminal {
    pub fn new(format: LogFormat) -> Self {
        let is_terminal = std::io::stderr().is_terminal();
        let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self { format, is_terminal, is_coloured: is_terminal && !no_colour }
    }

    /// Whether progress bars may be drawn.
    pub fn has_bars(&self) -> bool {
        self.is_terminal && self.format == LogFormat::Text
    }

    pub fn is_json(&self) -> bool {
        self.format == LogFormat::Json
    }

    /// One line for a person; for a machine an event with the same words.
    pub fn say(&self, text: &str) {
        match self.format {
            LogFormat::Text => line(text),
            LogFormat::Json => self.event("message", serde_json::json!({"text": text})),
        }
    }

    /// One JSON line.
    pub fn event(&self, event: &str, mut fields: serde_json::Value) {
        if let Some(object) = fields.as_object_mut() {
            object.insert("event".to_owned(), event.into());
        }
        line(&fields.to_string());
    }

    pub fn warn(&self, text: &str) {
        match self.format {
            LogFormat::Text => line(&format!("{}: {text}", self.paint("1;33", "warning"))),
            LogFormat::Json => self.event("warning", serde_json::json!({"text": text})),
        }
    }

    pub fn problem(&self, problem: &Problem) {
        match self.format {
            LogFormat::Text => line(&format!("{}\n", problem.render(self.is_coloured))),
            LogFormat::Json => self.event("problem", problem.to_json()),
        }
    }

    /// A failure, told once.
    pub fn error(&self, error: &Error) {
        error.problems.iter().for_each(|problem| self.problem(problem));
        match self.format {
            LogFormat::Text => {
                line(&format!("{}: {}", self.paint("1;31", "error"), error.message));
                if let Some(help) = &error.help {
                    line(&format!("{}: {help}", self.paint("1;36", "help")));
                }
            }
            LogFormat::Json => self.event("error", serde_json::json!({"message": error.message, "help": error.help})),
        }
    }

    /// Text in an ANSI style, where colours are wanted.
    pub fn paint(&self, style: &str, text: &str) -> String {
        if self.is_coloured { format!("\u{1b}[{style}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

/// Writes a line of a result to stdout. Whoever closed it, as `| head` does, has seen enough.
pub fn result(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// A closed stderr is nobody's error.
fn line(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}
