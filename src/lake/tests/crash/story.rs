//! What is done to a lake, cut off by a crash at every moment.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::super::*;
use super::leaves::Moment;
use crate::lake::fault::{self, Fault};
use crate::lake::recorder::{self, Deed, Record, Sync};

/// All files with their content, by their place in a folder.
pub type Files = Vec<(PathBuf, Vec<u8>)>;

pub struct Story<'s> {
    /// A folder, in which a lake may lie.
    pub before: &'s dyn Fn() -> TempDir,
    /// What is done there; tells the recorder what it is told.
    pub act: &'s dyn Fn(&Path) -> Result<()>,
    /// Panics unless the lake in a folder is whole, and what was told is so, and doing it again ends with these files.
    pub check: &'s dyn Fn(TempDir, usize, &Files),
}

/// How many choices by chance the long form looks at beyond the others at every moment; `None` in the short form.
fn by_chance() -> Option<usize> {
    let text = std::env::var("FORECASTLE_CRASH_STATES").ok()?;
    Some(text.parse().expect("FORECASTLE_CRASH_STATES is a number"))
}

/// All files of a folder.
pub fn files(folder: &Path) -> Files {
    content(folder).into_iter().map(|(path, bytes)| (path.strip_prefix(folder).unwrap().to_owned(), bytes)).collect()
}

impl Story<'_> {
    /// Proves that all is well whatever a crash leaves: of what is done once, and of what is done after it was begun and
    /// the process died, anywhere. Proves of each rename, link and sync that it may not be left out; but for these syncs,
    /// named by the end of the source file and of what is synced.
    pub fn prove(&self, needless: &[(&str, &str)]) {
        let (record, smooth) = self.record();
        let mut proof =
            Proof { story: self, smooth, passed: BTreeSet::new(), needed: BTreeSet::new(), unproved: BTreeSet::new() };
        let all = Crashes { record: &record, left_out: None, is_seen: &|_| true, by_chance: by_chance() };
        proof.explore(&all).unwrap_or_else(|said| panic!("{said}"));
        proof.leave_out_names();
        proof.leave_out_syncs(&record, 0, &|_| true);
        proof.die_anywhere();

        let unproved: Vec<&Sync> = proof.unproved.difference(&proof.needed).collect();
        let is_of =
            |sync: &Sync, (file, path): &(&str, &str)| sync.place.file().ends_with(file) && sync.path.ends_with(path);
        for sync in &unproved {
            assert!(needless.iter().any(|needless| is_of(sync, needless)), "this may be left out: {sync:?}");
        }
        for needless in needless {
            assert!(unproved.iter().any(|sync| is_of(sync, needless)), "{needless:?} may not be left out");
        }
    }

    /// Does it all, and gives what was done and the files at the end.
    fn record(&self) -> (Record, Files) {
        let folder = (self.before)();
        recorder::start(folder.path());
        (self.act)(folder.path()).unwrap();
        let record = recorder::stop();
        (record, files(folder.path()))
    }
}

/// Which crashes are looked at.
struct Crashes<'c> {
    record: &'c Record,
    /// A sync that is not made.
    left_out: Option<usize>,
    /// Those after these steps.
    is_seen: &'c dyn Fn(usize) -> bool,
    by_chance: Option<usize>,
}

struct Proof<'s> {
    story: &'s Story<'s>,
    smooth: Files,
    /// What was left and found well, with how far success was told.
    passed: BTreeSet<(u64, usize)>,
    /// What was left out and missed.
    needed: BTreeSet<Sync>,
    /// What was left out somewhere and not missed there.
    unproved: BTreeSet<Sync>,
}

impl Proof<'_> {
    /// Fails with the first crash that leaves anything that is not well.
    fn explore(&mut self, crashes: &Crashes<'_>) -> std::result::Result<(), String> {
        let Crashes { record, left_out, is_seen, by_chance } = crashes;
        let nothing = BTreeSet::new();
        let mut moment = Moment::before(record, if by_chance.is_some() { &nothing } else { &record.scratch });
        for (number, deed) in record.deeds.iter().enumerate().filter(|(number, _)| Some(*number) != *left_out) {
            let is_in_sight = moment.advance(number, deed);
            // What is written in one go may be there in part anyway.
            let goes_on = matches!((deed, record.deeds.get(number + 1)),
                (Deed::Wrote(file, ..), Some(Deed::Wrote(next, ..))) if file == next);
            if goes_on || !is_in_sight || !is_seen(number) {
                continue;
            }
            for choice in moment.choices(by_chance.unwrap_or(1)) {
                let key = (moment.digest(&choice), moment.told);
                if self.passed.contains(&key) {
                    continue;
                }
                let folder = folder();
                moment.lay(&choice, folder.path());
                caught(|| (self.story.check)(folder, moment.told, &self.smooth))
                    .map_err(|said| format!("a crash after step {number} {deed:?} leaves by {choice:?}: {said}"))?;
                self.passed.insert(key);
            }
        }
        Ok(())
    }

    /// Leaves out each rename and link in turn: that is noticed at once, or by what lies there afterwards.
    fn leave_out_names(&mut self) {
        for names in 0.. {
            let folder = (self.story.before)();
            recorder::start(folder.path());
            recorder::leave_out_after(names);
            let outcome = caught(|| (self.story.act)(folder.path()).map_err(|error| error.to_string()));
            let is_left_out = recorder::end_leaving_out();
            let record = recorder::stop();
            if !is_left_out {
                assert!(names > 0, "nothing was left out");
                return;
            }
            let all = Crashes { record: &record, left_out: None, is_seen: &|_| true, by_chance: None };
            let is_noticed =
                !matches!(outcome, Ok(Ok(()))) || files(folder.path()) != self.smooth || self.explore(&all).is_err();
            assert!(is_noticed, "name {names} may be left out");
        }
    }

    /// Leaves out each sync from a step on in turn.
    fn leave_out_syncs(&mut self, record: &Record, first: usize, is_seen: &dyn Fn(usize) -> bool) {
        for (number, deed) in record.deeds.iter().enumerate().skip(first) {
            let Deed::Synced(_, sync) = deed else { continue };
            if self.needed.contains(sync) {
                continue;
            }
            let is_seen = |moment: usize| moment > number && is_seen(moment);
            // Most is missed in what was told, the rest only for a moment.
            let is_told = |moment: usize| is_seen(moment) && is_told(&record.deeds[moment]);
            let crashes = Crashes { record, left_out: Some(number), is_seen: &is_told, by_chance: None };
            let explored =
                self.explore(&crashes).and_then(|()| self.explore(&Crashes { is_seen: &is_seen, ..crashes }));
            match explored {
                Ok(()) => self.unproved.insert(sync.clone()),
                Err(_) => self.needed.insert(sync.clone()),
            };
        }
    }

    /// Lets the process die before each call in turn, and does it all again.
    fn die_anywhere(&mut self) {
        for calls in 0.. {
            let folder = (self.story.before)();
            recorder::start(folder.path());
            fault::after(calls, Fault::Death);
            let outcome = (self.story.act)(folder.path());
            let is_dead = fault::end();
            let again = recorder::deeds();
            if is_dead {
                (self.story.act)(folder.path()).unwrap();
            }
            let record = recorder::stop();
            if !is_dead {
                outcome.unwrap();
                return;
            }
            // What the first one leaves has been looked at.
            let is_told = |number: usize| number >= again && is_told(&record.deeds[number]);
            let is_any = |number: usize| number >= again;
            let is_seen: &dyn Fn(usize) -> bool = if by_chance().is_some() { &is_any } else { &is_told };
            self.explore(&Crashes { record: &record, left_out: None, is_seen, by_chance: None })
                .unwrap_or_else(|said| panic!("after a death after {calls} calls: {said}"));
            self.leave_out_syncs(&record, again, &is_told);
        }
    }
}

fn is_told(deed: &Deed) -> bool {
    matches!(deed, Deed::Told(_))
}

/// The words of a panic as an error.
fn caught<T>(act: impl FnOnce() -> T) -> std::result::Result<T, String> {
    catch_unwind(AssertUnwindSafe(act)).map_err(|panic| match panic.downcast::<String>() {
        Ok(said) => *said,
        Err(panic) => panic.downcast_ref::<&str>().copied().unwrap_or("a panic").to_owned(),
    })
}
