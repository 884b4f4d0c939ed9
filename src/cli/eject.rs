//! `forecastle eject`: a file of the pack, copied for a person to change.

use forecastle::error::{Error, Kind, Result};
use forecastle::{problem, project};

use super::Host;
use super::exit::Outcome;
use super::init::write;
use super::terminal::result;

pub fn eject(host: &Host, path: Option<&str>) -> Result<Outcome> {
    let paths = project::shipped_paths();
    let Some(path) = path else {
        paths.iter().for_each(|path| result(path));
        return Ok(Outcome::Done);
    };
    let Some(text) = project::shipped(path) else {
        return Err(Error::new(Kind::Project, format!("the pack has no file {path}"))
            .help(problem::did_you_mean(path, paths.iter().map(String::as_str).collect::<Vec<_>>())));
    };
    let full = host.root().join(path);
    if full.exists() {
        return Err(Error::new(Kind::Project, format!("{} is there already", full.display()))
            .help("it stands over the pack's; remove it to get the pack's back"));
    }
    write(&full, &text)?;
    host.terminal.say(&format!("wrote {}: from now on it stands over the pack's", full.display()));
    Ok(Outcome::Done)
}
