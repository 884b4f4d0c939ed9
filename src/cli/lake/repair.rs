//! `forecastle lake repair`: what was mended, what is still damaged, and what to do about that.

use forecastle::error::{Error, Kind, Result};
use forecastle::lake::{Lake, Repaired};
use forecastle::run;

use super::super::Host;
use super::super::exit::Outcome;
use super::super::progress::Bar;
use super::super::terminal::result;
use super::super::validate::count;
use super::run_id;
use super::verify::damaged;

/// `latest` is what the pipeline says of the folder.
pub fn repair(host: &Host, lake: &Lake, latest: bool) -> Result<Outcome> {
    let bar = Bar::new(&host.terminal);
    let claims = run::claims(lake)?;
    let repaired = lake.repair(&run_id("repair"), latest, &mut |done, of| bar.show(done, of));
    bar.clear();
    let Repaired { done, mut left } = repaired?;
    left.extend(lake.lost(&claims)?.damages);
    done.iter().for_each(|done| result(done));
    for damage in &left {
        damaged(damage);
        result(&format!("  {}", damage.help));
    }
    if !left.is_empty() {
        return Err(Error::new(Kind::Damaged, format!("the lake is still damaged: {}", count(left.len(), "file")))
            .help("do what is said of each, then run forecastle lake verify"));
    }
    host.terminal.say(if done.is_empty() { "the lake is whole: there was nothing to do" } else { "the lake is whole" });
    Ok(Outcome::Done)
}
