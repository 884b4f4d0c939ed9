//! Whether a report's files are what the lake gives: they are made once more, as of the day and the commit that they tell, and
//! compared byte by byte; and what was corrected since is told.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::again::{Asked, make_again};
use super::{Host, Prepared};
use crate::day::Day;
use crate::error::{Error, Kind, Result};
use crate::lake::{Lake, Pin, Role};
use crate::problem;
use crate::project::{PipelineFile, Project};
use crate::reports::{Changed, Fault, Given, PAGE, Told, label};

/// What was found out about a report's files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    pub report: String,
    pub day: Day,
    /// The commit whose state they tell, where there was one.
    pub commit: Option<u64>,
    /// How many files were compared.
    pub files: usize,
    /// In what they are not what the lake gives, and why; nothing, where they are.
    pub findings: Vec<Finding>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// A file is not as it should be.
    File(Fault),
    /// The page was made by other SQL, another template, another version, or with other checks or sources.
    Made(Changed),
    /// The lake's commit of that number has another state of the day than the page tells: it was made over another lake, or
    /// what it tells was altered.
    OtherState { commit: u64 },
    /// Snapshots of the day or of days before it were corrected, by this commit the last time: a run gives another page.
    Corrected { commit: u64, tables: BTreeSet<String> },
}

impl Verified {
    pub fn is_same(&self) -> bool {
        self.findings.is_empty()
    }

    /// Whether the files are those that were made of the state that they tell, whatever has become of that state.
    pub fn is_genuine(&self) -> bool {
        self.findings.iter().all(|finding| matches!(finding, Finding::Corrected { .. }))
    }
}

/// Compares a report's files with what the lake gives. What has to be computed is kept below `scratch` for a while.
pub async fn verify(
    project: &Project,
    file: &PipelineFile,
    prepared: &Prepared,
    lake: &Lake,
    given: &Given,
    scratch: &Path,
    host: &Host<'_>,
) -> Result<Verified> {
    let (Some(report), Some(day)) = (given.told.report(), given.told.day()) else {
        return Err(Error::new(Kind::Project, "a page that does not tell its report and day cannot be verified"));
    };
    if !prepared.templates.contains_key(report) {
        let names: Vec<&str> = prepared.templates.keys().map(String::as_str).collect();
        return Err(Error::new(Kind::Project, format!("there is no report `{report}` in this project"))
            .help(problem::did_you_mean(report, names)));
    }
    let newest = lake.pin()?;
    let mut findings = Vec::new();
    let pin = match given.told.commit() {
        Some(commit) => state_of(lake, &newest, commit, &given.told, day, &mut findings)?,
        None => newest.clone(),
    };
    let asked = Asked { report, day, commit: pin.commit() };
    let made = make_again(project, file, prepared, lake, asked, scratch, host).await?;
    findings.extend(given.faults_by_manifest().into_iter().map(Finding::File));
    let faults = given.faults(&made);
    let is_known = |fault: &Fault| findings.contains(&Finding::File(fault.clone()));
    let new: Vec<Fault> = faults.into_iter().filter(|fault| !is_known(fault)).collect();
    findings.extend(new.into_iter().map(Finding::File));
    let page = made.files.get(PAGE).map(|bytes| String::from_utf8_lossy(bytes));
    if let Some(now) = page.and_then(|page| Told::of_html(&page)) {
        findings.extend(given.told.changed(&now).into_iter().map(Finding::Made));
    }
    findings.extend(corrected(&pin, &newest, day));
    let (report, commit) = (report.to_owned(), given.told.commit());
    Ok(Verified { report, day, commit, files: given.files.len(), findings })
}

/// The lake as it was when a commit's state of the day was still its last: with all that was computed over it.
fn state_of(lake: &Lake, newest: &Pin, commit: u64, told: &Told, day: Day, findings: &mut Vec<Finding>) -> Result<Pin> {
    if commit > newest.commit() {
        let message = format!("the page is of commit {commit}, and the lake's newest is {}", newest.commit());
        return Err(Error::new(Kind::Project, message)
            .help("it was made over another lake, or that lake has lost commits: forecastle lake verify tells"));
    }
    let is_its_last = |pin: &Pin| pin.first_published(day) == Some(commit);
    if commit == 0 || !is_its_last(&lake.pin_at(commit)?) {
        findings.push(Finding::OtherState { commit });
        return Ok(newest.clone());
    }
    // From some commit on it is no longer, and never is again.
    let (mut low, mut high) = (commit, newest.commit());
    while low < high {
        let middle = low + (high - low).div_ceil(2);
        match is_its_last(&lake.pin_at(middle)?) {
            true => low = middle,
            false => high = middle - 1,
        }
    }
    let pin = lake.pin_at(low)?;
    if told.state().is_none_or(|state| state.is_empty() || !pin.state_hash(day).starts_with(state)) {
        findings.push(Finding::OtherState { commit });
    }
    Ok(pin)
}

/// The tables whose snapshots up to the day are no longer what they were.
fn corrected(then: &Pin, now: &Pin, day: Day) -> Option<Finding> {
    let commit = now.first_published(day).filter(|commit| Some(*commit) != then.first_published(day))?;
    let states = |pin: &Pin| -> BTreeMap<(String, Day), String> {
        let mut states = BTreeMap::new();
        for table in pin.tables(Role::Snapshot) {
            for of in pin.days(table, Role::Snapshot).into_iter().filter(|of| *of <= day) {
                let state = pin.on(table, Role::Snapshot, of).map(|version| version.state.to_string());
                states.insert((table.to_string(), of), state.unwrap_or_default());
            }
        }
        states
    };
    let (then, now) = (states(then), states(now));
    let differs = |key: &&(String, Day)| then.get(*key) != now.get(*key);
    let tables = then.keys().chain(now.keys()).filter(differs).map(|(table, _)| table.clone()).collect();
    Some(Finding::Corrected { commit, tables })
}

impl Finding {
    /// Whether it tells why the bytes are others, rather than that they are.
    pub fn is_cause(&self) -> bool {
        let alters = |changed: &Changed| {
            let labels = [label::SQL, label::TEMPLATE, label::PROGRAM];
            labels.contains(&changed.label.as_str())
        };
        matches!(self, Finding::Made(changed) if alters(changed))
    }
}
