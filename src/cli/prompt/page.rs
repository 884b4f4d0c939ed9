//! Answers that are longer than the screen go through a pager.

use std::io::{IsTerminal, Write};
use std::process::{Command, Stdio};

use forecastle::error::{Error, Kind, Result};

/// Long lines are cut, not folded, and can be scrolled to.
const USUAL: &str = "less -S";

/// Shows a text; through the pager, if it has more lines than the terminal or wider ones.
pub fn show(text: &str, pager: Option<&str>) -> Result<()> {
    let fits = terminal_size::terminal_size().is_none_or(|(width, height)| {
        let lines_fit = text.lines().count() < usize::from(height.0);
        lines_fit && text.lines().all(|line| line.chars().count() <= usize::from(width.0))
    });
    let pager = pager.filter(|pager| !pager.trim().is_empty()).unwrap_or(USUAL);
    // Where there is no pager, the text is still wanted.
    if !fits && std::io::stdout().is_terminal() && through(pager, text).is_ok_and(|shown| shown) {
        return Ok(());
    }
    let written = std::io::stdout().lock().write_all(text.as_bytes());
    written.map_err(|error| Error::new(Kind::Io, format!("could not write the rows: {error}")))
}

/// Whether the pager was there to show it.
fn through(pager: &str, text: &str) -> std::io::Result<bool> {
    // What a shell ends with that cannot run a program, or finds none.
    const MISSING: [Option<i32>; 2] = [Some(126), Some(127)];
    let mut started = Command::new("sh").arg("-c").arg(pager).stdin(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    if let Some(mut page) = started.stdin.take() {
        // Whoever leaves the pager has seen enough.
        let _ = page.write_all(text.as_bytes());
    }
    Ok(!MISSING.contains(&started.wait()?.code()))
}
