//! `forecastle schema`: what an editor needs to complete and check YAML.

use std::fs;
use std::path::Path;

use forecastle::error::{Doing, Result};
use forecastle::project::schema::Kind;

use super::Host;
use super::exit::Outcome;
use super::terminal::result;

/// Prints one schema; with a folder writes all of them; with neither lists what there is.
pub fn schema(host: &Host, kind: Option<Kind>, folder: Option<&Path>) -> Result<Outcome> {
    match (kind, folder) {
        (_, Some(folder)) => write(host, folder)?,
        (Some(kind), None) => result(&text(kind)),
        (None, None) => {
            Kind::ALL.iter().for_each(|kind| result(&format!("{:<10}{}", kind.name(), kind.of())));
        }
    }
    Ok(Outcome::Done)
}

fn write(host: &Host, folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).doing("create the folder", folder)?;
    for kind in Kind::ALL {
        let path = folder.join(format!("{kind}.schema.json"));
        fs::write(&path, text(kind) + "\n").doing("write", &path)?;
        host.terminal.say(&format!("wrote {}", path.display()));
    }
    Ok(())
}

fn text(kind: Kind) -> String {
    format!("{:#}", kind.schema())
}
