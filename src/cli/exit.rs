//! How a command ends: one place maps what happened to an exit code and prints the failure once.

use std::process::ExitCode;

use forecastle::error::{Error, Kind, Result};
use forecastle::run::Status;

use super::terminal::Terminal;

/// How a command that did not fail went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Done,
    ChecksFailed,
    /// A report is not what the lake gives.
    Different,
    ReportsFailed,
    Failed,
}

impl From<Status> for Outcome {
    fn from(status: Status) -> Self {
        match status {
            Status::Done => Self::Done,
            Status::ChecksFailed => Self::ChecksFailed,
            Status::ReportsFailed => Self::ReportsFailed,
            Status::Failed | Status::Stopped | Status::Unfinished => Self::Failed,
        }
    }
}

pub fn code(terminal: &Terminal, done: Result<Outcome>) -> ExitCode {
    let code = match done {
        Ok(Outcome::Done) => 0,
        Ok(Outcome::ChecksFailed | Outcome::Different) => 3,
        Ok(Outcome::ReportsFailed) => 4,
        Ok(Outcome::Failed) => 1,
        Err(error) => {
            terminal.error(&error);
            of_kind(&error)
        }
    };
    ExitCode::from(code)
}

fn of_kind(error: &Error) -> u8 {
    match error.kind {
        Kind::Damaged => 65,
        Kind::Io => 74,
        Kind::Busy => 75,
        Kind::Project => 2,
        Kind::Failed => 1,
        Kind::Delivery => 4,
    }
}
