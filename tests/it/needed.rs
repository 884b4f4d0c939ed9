//! What some tests need from outside the repository.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The repository's folder.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The folder of the real CRM data, or `None` after `test` was named as skipped.
pub fn real_data(test: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("FORECASTLE_DATA").map_or_else(|| repository().join("../shared/data"), PathBuf::from);
    match folder.canonicalize() {
        Ok(folder) => Some(folder),
        Err(_) => skip(test, &format!("{} is not there", folder.display())),
    }
}

/// The Python interpreter, or `None` after `test` was named as skipped.
pub fn python(test: &str) -> Option<Command> {
    match Command::new("python3").arg("--version").output() {
        Ok(said) if said.status.success() => Some(Command::new("python3")),
        _ => skip(test, "python3 is not there"),
    }
}

/// The program that traces system calls, or `None` after `test` was named as skipped.
pub fn strace(test: &str) -> Option<PathBuf> {
    match Command::new("strace").arg("--version").output() {
        Ok(said) if said.status.success() => Some(PathBuf::from("strace")),
        _ => skip(test, "strace is not there"),
    }
}

/// How often a test is to try: `FORECASTLE_ROUNDS` for the long form, else `short`.
pub fn rounds(short: u32) -> u32 {
    std::env::var("FORECASTLE_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(short)
}

/// Runs a command to its end; its output is shown when it fails.
pub fn succeed(command: &mut Command) -> String {
    let done = command.output().unwrap_or_else(|error| panic!("could not start {command:?}: {error}"));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(done.status.success(), "{command:?} failed\n{}{}", text(&done.stdout), text(&done.stderr));
    text(&done.stdout)
}

fn skip<T>(test: &str, why: &str) -> Option<T> {
    assert!(std::env::var_os("CI").is_none(), "{test} cannot be skipped where CI is set: {why}");
    // Past the harness, which shows nothing of a test that passes.
    let _ = writeln!(std::io::stderr(), "skipped: {test}, because {why}");
    None
}
