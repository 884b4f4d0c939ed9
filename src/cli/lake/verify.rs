//! `forecastle lake verify`: each damaged file on stdout, what was looked at on stderr.

use forecastle::error::{Error, Kind, Result};
use forecastle::lake::{Damage, Lake, Verified};

use super::super::Host;
use super::super::exit::Outcome;
use super::super::progress::Bar;
use super::super::terminal::result;
use super::super::validate::count;
use super::files;

pub fn verify(host: &Host, lake: &Lake) -> Result<Outcome> {
    let bar = Bar::new(&host.terminal);
    let verified = lake.verify_all(&mut |done, of| bar.show(done, of));
    bar.clear();
    let verified = verified?;
    tell(host, &verified);
    match verified.damages.len() {
        0 => Ok(Outcome::Done),
        damages => Err(Error::new(Kind::Damaged, format!("the lake is damaged: {}", count(damages, "file")))
            .help("forecastle lake repair mends what can be mended, and says what to do about the rest")),
    }
}

fn tell(host: &Host, verified: &Verified) {
    verified.damages.iter().for_each(damaged);
    for path in &verified.unnamed {
        host.terminal.say(&format!("{} is named by no commit: a run goes on, or died; gc removes it", path.display()));
    }
    if verified.collected > 0 {
        let collected = count(verified.collected, "file");
        host.terminal.say(&format!("{collected} that only old commits name: collected by gc"));
    }
    host.terminal.say(&format!(
        "looked at {}, {}, {} and {}",
        count(verified.commits, "commit"),
        count(verified.checkpoints, "checkpoint"),
        files(verified.files, verified.bytes),
        count(verified.versions, "version"),
    ));
}

/// A line with the file and what is wrong with it.
pub fn damaged(damage: &Damage) {
    result(&format!("{} {}", damage.path.display(), damage.what));
}
