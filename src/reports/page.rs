//! What stands around a report's body: the masthead, notices, definitions and provenance, all given by the caller.

use std::collections::{BTreeMap, BTreeSet};

use super::block::Notice;
use super::print::clean;
use super::table::Cell;
use crate::day::Day;
use crate::project::ReportFormat;

/// A link in the masthead to another page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    pub label: String,
    /// The folder of its files, relative to the page's.
    pub folder: String,
}

/// An entry of the glossary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// As in `win_rate.narrow`.
    pub id: String,
    pub label: String,
    /// One or two sentences.
    pub text: String,
}

/// Everything around the body.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// The report's name; the headline too, when the template has no `# ` heading.
    pub title: String,
    /// Whom the report is about: the organisation, the pipeline.
    pub who: String,
    /// The business date of the run.
    pub day: Day,
    /// The newest moment or day that the data knows of, as it shall be written.
    pub data_as_of: String,
    /// The reporting currency's ISO code.
    pub currency: Option<String>,
    /// The first month of the fiscal year, 1 to 12.
    pub fiscal_year_starts: i8,
    /// Further bits of the line under the headline: `4 of 4 sources loaded`.
    pub facts: Vec<String>,
    /// To other pages; links to the report's own files follow from its formats.
    pub links: Vec<Link>,
    /// What the report is written as.
    pub formats: BTreeSet<ReportFormat>,
    /// What the reader must know before anything else.
    pub notices: Vec<Notice>,
    pub glossary: Vec<Definition>,
    /// Groups of (label, value), for the page's foot.
    pub provenance: Vec<(String, Vec<(String, String)>)>,
    /// What the template may read beside its queries.
    pub variables: BTreeMap<String, Cell>,
}

impl Page {
    /// The page with every text on one line, without characters that turn or forge what stands around them.
    pub fn cleaned(&self) -> Page {
        let one = |text: &String| clean(text).into_owned();
        let pair = |(label, value): &(String, String)| (one(label), one(value));
        Page {
            title: one(&self.title),
            who: one(&self.who),
            data_as_of: one(&self.data_as_of),
            currency: self.currency.as_ref().map(one),
            facts: self.facts.iter().map(one).collect(),
            links: self.links.iter().map(|link| Link { label: one(&link.label), folder: one(&link.folder) }).collect(),
            notices: self.notices.iter().map(|notice| Notice { kind: notice.kind, text: one(&notice.text) }).collect(),
            glossary: self
                .glossary
                .iter()
                .map(|entry| Definition { id: one(&entry.id), label: one(&entry.label), text: one(&entry.text) })
                .collect(),
            provenance: self
                .provenance
                .iter()
                .map(|(group, facts)| (one(group), facts.iter().map(pair).collect()))
                .collect(),
            formats: self.formats.clone(),
            day: self.day,
            fiscal_year_starts: self.fiscal_year_starts,
            variables: self.variables.clone(),
        }
    }
}
