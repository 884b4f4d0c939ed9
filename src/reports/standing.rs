//! What a report's manifest tells of its page beside its files: the state it is of, how it stands, its main figure, and
//! the pages of the same day that it took the place of.
//!
//! A page's bytes depend on state and day alone, so none of its history stands on it: the manifest and the shelf tell it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::block::NoticeKind;
use super::format::Scale;
use super::number::Number;
use super::page::Page;
use super::provenance::State;
use super::publish::Manifest;
use crate::hash::sha256;

/// The pages of a day that are remembered after they were replaced, the newest of them.
const MOST_REVISIONS: usize = 20;

/// What a page is made of, and how it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    pub title: String,
    /// Whom the report is about.
    pub who: String,
    /// The commit that first published the state that the page is of.
    pub commit: Option<u64>,
    /// When it did.
    pub published_at: Option<Timestamp>,
    /// The hash of all tables as of the day.
    pub state: String,
    pub template: String,
    pub sql: String,
    pub program: String,
    pub status: Status,
    pub checks: usize,
    pub checks_passed: usize,
}

/// How far a page is to be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// A check that stops what depends on it failed.
    ChecksFailed,
    /// Exports are missing or old, or rows of them could not be taken.
    Partial,
    Fine,
}

/// The first key figure of a page that has a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MainFigure {
    pub label: String,
    /// With all digits, as `-1234.5`; a share of 1 where the unit is `%`.
    pub value: String,
    pub unit: String,
    /// As a sentence writes it: `USD 3.43m`.
    pub shown: String,
}

/// A page that another one of the same day took the place of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revision {
    /// The commit that its state was first published by.
    pub commit: Option<u64>,
    pub headline: String,
    /// The SHA-256 of its page.
    pub page: String,
    /// The files that came, went, or have other bytes since.
    pub changed: Vec<String>,
    /// What was no longer the same; empty where that is not known.
    pub because: Vec<Cause>,
}

/// What a page depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    Data,
    Template,
    Sql,
    Program,
}

impl Standing {
    /// Of a page around a state; `published_at` is when that state's commit was made.
    pub fn of(state: &State<'_>, page: &Page, published_at: Option<Timestamp>) -> Self {
        let is_partial = page.notices.iter().any(|notice| notice.kind == NoticeKind::Warn);
        Self {
            title: page.title.clone(),
            who: page.who.clone(),
            commit: state.pin.first_published(state.day),
            published_at,
            state: state.pin.state_hash(state.day),
            template: sha256(&state.report.source.text),
            sql: state.sql_hash(),
            program: state.program.to_owned(),
            status: match state.checks.iter().any(|check| check.stops()) {
                true => Status::ChecksFailed,
                false if is_partial => Status::Partial,
                false => Status::Fine,
            },
            checks: state.checks.len(),
            checks_passed: state.checks.iter().filter(|check| check.is_passed()).count(),
        }
    }

    fn causes(&self, now: &Standing) -> Vec<Cause> {
        let differs = [
            (Cause::Data, (&self.state, self.commit) != (&now.state, now.commit)),
            (Cause::Template, self.template != now.template),
            (Cause::Sql, self.sql != now.sql),
            (Cause::Program, self.program != now.program),
        ];
        differs.into_iter().filter(|(_, differs)| *differs).map(|(cause, _)| cause).collect()
    }
}

impl MainFigure {
    pub fn of(label: &str, number: Number, scale: &Scale) -> Self {
        let (is_negative, whole, fraction) = number.exact();
        let (sign, point) = (if is_negative { "-" } else { "" }, if fraction.is_empty() { "" } else { "." });
        Self {
            label: label.to_owned(),
            value: format!("{sign}{whole}{point}{fraction}"),
            unit: scale.unit.word().to_owned(),
            shown: scale.sentence(number),
        }
    }

    /// For drawing only.
    pub fn number(&self) -> Option<Number> {
        self.value.parse().ok().and_then(Number::of_float)
    }
}

/// A manifest with the history of the one whose place it takes.
pub fn following(before: Option<Manifest>, now: Manifest) -> Manifest {
    let Some(before) = before.filter(|before| (&before.report, before.day) == (&now.report, now.day)) else {
        return now;
    };
    let changed = changed(&before.files, &now.files);
    let mut revisions = before.revisions;
    if !changed.is_empty() {
        let standing = before.standing.as_ref();
        revisions.push(Revision {
            commit: standing.and_then(|standing| standing.commit),
            headline: before.headline,
            page: before
                .files
                .iter()
                .find(|(path, _)| path == "index.html")
                .map(|(_, hash)| hash.clone())
                .unwrap_or_default(),
            changed,
            because: standing.zip(now.standing.as_ref()).map(|(before, now)| before.causes(now)).unwrap_or_default(),
        });
    }
    revisions.drain(..revisions.len().saturating_sub(MOST_REVISIONS));
    Manifest { revisions, ..now }
}

/// The paths of files that are not the same in both, in order.
fn changed(before: &[(String, String)], now: &[(String, String)]) -> Vec<String> {
    let held: BTreeMap<_, _> = before.iter().map(|(path, hash)| (path, hash)).collect();
    let holds: BTreeMap<_, _> = now.iter().map(|(path, hash)| (path, hash)).collect();
    let mut paths: Vec<String> = held.keys().chain(holds.keys()).map(|path| (*path).clone()).collect();
    paths.sort();
    paths.dedup();
    paths.retain(|path| held.get(path) != holds.get(path));
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(headline: &str, page: &str, state: &str) -> Manifest {
        Manifest {
            report: "x".to_owned(),
            day: "2026-11-12".parse().unwrap(),
            headline: headline.to_owned(),
            pages: Vec::new(),
            files: vec![("index.html".to_owned(), page.to_owned()), ("report.md".to_owned(), "same".to_owned())],
            figure: None,
            standing: Some(Standing {
                title: "X".to_owned(),
                who: "We".to_owned(),
                commit: Some(1),
                published_at: None,
                state: state.to_owned(),
                template: "t".to_owned(),
                sql: "s".to_owned(),
                program: "p".to_owned(),
                status: Status::Fine,
                checks: 2,
                checks_passed: 2,
            }),
            revisions: Vec::new(),
        }
    }

    #[test]
    fn a_page_that_takes_the_place_of_another_remembers_it() {
        let first = following(None, manifest("one", "a", "1"));
        assert_eq!(first.revisions, []);
        let second = following(Some(first), manifest("two", "b", "2"));
        let revision = Revision {
            commit: Some(1),
            headline: "one".to_owned(),
            page: "a".to_owned(),
            changed: vec!["index.html".to_owned()],
            because: vec![Cause::Data],
        };
        assert_eq!(second.revisions, std::slice::from_ref(&revision));
        let same = following(Some(second.clone()), manifest("two", "b", "2"));
        assert_eq!(same, second, "nothing was replaced");
        let many = (0..50).fold(second, |before, nth| following(Some(before), manifest("n", &nth.to_string(), "2")));
        assert_eq!(many.revisions.len(), MOST_REVISIONS);
        assert_eq!(many.revisions.last().unwrap().page, "48");
    }

    #[test]
    fn a_manifest_without_a_standing_is_followed_for_reasons_unknown() {
        let old = Manifest { standing: None, ..manifest("one", "a", "1") };
        let now = following(Some(old), manifest("two", "b", "2"));
        assert_eq!((now.revisions[0].commit, now.revisions[0].because.as_slice()), (None, [].as_slice()));
        let other = Manifest { report: "y".to_owned(), ..manifest("one", "a", "1") };
        assert_eq!(following(Some(other), manifest("two", "b", "2")).revisions, [], "of another report");
    }

    #[test]
    fn files_that_came_and_went_are_changed() {
        let files = |list: &[(&str, &str)]| -> Vec<(String, String)> {
            list.iter().map(|(path, hash)| ((*path).to_owned(), (*hash).to_owned())).collect()
        };
        let before = files(&[("a", "1"), ("b", "1"), ("c", "1")]);
        assert_eq!(changed(&before, &files(&[("a", "1"), ("b", "2"), ("d", "1")])), ["b", "c", "d"]);
    }
}
