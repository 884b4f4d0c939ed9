//! `forecastle lake verify`: each damaged file on stdout, what was looked at on stderr.

use forecastle::error::{Error, Kind, Result};
use forecastle::lake::{Claim, Damage, Lake, Lost, Verified};
use forecastle::run;

use super::super::Host;
use super::super::exit::Outcome;
use super::super::progress::Bar;
use super::super::terminal::result;
use super::super::validate::count;
use super::files;

pub fn verify(host: &Host, lake: &Lake) -> Result<Outcome> {
    let bar = Bar::new(&host.terminal);
    // First, so that what a run commits meanwhile is not missed.
    let claims = run::claims(lake)?;
    let verified = lake.verify_all(&mut |done, of| bar.show(done, of));
    bar.clear();
    let verified = verified?;
    let lost = lake.lost(&claims)?;
    tell(host, &verified, &lost);
    let (copies, damages): (Vec<&Damage>, Vec<&Damage>) =
        verified.damages.iter().chain(&lost.damages).partition(|damage| damage.is_copy());
    match (damages.len(), copies.len()) {
        (0, 0) => Ok(Outcome::Done),
        (0, copies) => {
            let (copies, them) = match copies {
                1 => ("a copy for other programs is".to_owned(), "it"),
                copies => (format!("{copies} copies for other programs are"), "them"),
            };
            Err(Error::new(Kind::Delivery, format!("the lake is whole, but {copies} damaged"))
                .help(format!("forecastle lake repair takes {them} away, and `forecastle run` makes {them} anew")))
        }
        (damages, _) => Err(Error::new(Kind::Damaged, format!("the lake is damaged: {}", count(damages, "file")))
            .help("forecastle lake repair mends what can be mended, and says what to do about the rest")),
    }
}

fn tell(host: &Host, verified: &Verified, lost: &Lost) {
    lost.damages.iter().chain(&verified.damages).for_each(damaged);
    let why = if lost.damages.is_empty() { "a run goes on, or died; gc removes it" } else { "it may be of a lost one" };
    for path in &verified.unnamed {
        host.terminal.say(&format!("{} is named by no commit: {why}", path.display()));
    }
    for Claim { commit, run_id, day } in &lost.overtaken {
        let said = format!("commit {commit} is not the one that the run {run_id} says that it made for {day}");
        host.terminal.say(&format!("{said}: that one was lost, and another run followed"));
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
