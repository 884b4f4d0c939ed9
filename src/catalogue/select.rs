//! Selectors, as dbt has them: `kpi.win_rate`, `+kpi.win_rate`, `sales.deal+`, `kpi.*`, `tag:weekly`, `path:sql/kpi`,
//! `report:executive`.

use std::collections::BTreeSet;
use std::str::FromStr;

use super::Catalogue;
use crate::error::{Error, Kind, Result};
use crate::lake::TableName;
use crate::problem;

/// Chooses models or a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selector {
    written: String,
    method: Method,
    /// With everything that the chosen ones read.
    upstream: bool,
    /// With everything that reads the chosen ones.
    downstream: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Method {
    /// A name, `*` standing for any letters.
    Name(glob::Pattern),
    Tag(String),
    Path(String),
    Report(String),
}

impl FromStr for Selector {
    type Err = String;

    fn from_str(written: &str) -> std::result::Result<Self, String> {
        let (upstream, rest) = written.strip_prefix('+').map_or((false, written), |rest| (true, rest));
        let (downstream, rest) = rest.strip_suffix('+').map_or((false, rest), |rest| (true, rest));
        if rest.is_empty() {
            return Err(
                "a selector names something, as in `kpi.win_rate`, `+kpi.win_rate`, `tag:weekly`, `path:sql/kpi`"
                    .to_owned(),
            );
        }
        let method = match rest.split_once(':') {
            Some(("tag", tag)) => Method::Tag(tag.to_owned()),
            Some(("path", path)) => Method::Path(path.trim_end_matches('/').to_owned()),
            Some(("report", name)) => Method::Report(name.to_owned()),
            Some((other, _)) => {
                return Err(format!("`{other}:` is no way to select; there are `tag:`, `path:` and `report:`"));
            }
            None => Method::Name(
                glob::Pattern::new(rest).map_err(|error| format!("`{rest}` is not a name: {}", error.msg))?,
            ),
        };
        Ok(Self { written: written.to_owned(), method, upstream, downstream })
    }
}

impl Selector {
    /// The models that the selectors choose together; all, if there are none.
    pub fn models(selectors: &[Self], catalogue: &Catalogue) -> Result<BTreeSet<TableName>> {
        if selectors.is_empty() {
            return Ok(catalogue.models.keys().cloned().collect());
        }
        let mut chosen = BTreeSet::new();
        for selector in selectors {
            chosen.extend(selector.choose(catalogue)?);
        }
        Ok(chosen)
    }

    /// Whether the selectors let a report be made.
    pub fn takes_report(selectors: &[Self], name: &str) -> bool {
        selectors.is_empty()
            || selectors.iter().any(|selector| matches!(&selector.method, Method::Report(report) if report == name))
    }

    fn choose(&self, catalogue: &Catalogue) -> Result<BTreeSet<TableName>> {
        let mut chosen: BTreeSet<TableName> = match &self.method {
            Method::Name(pattern) => {
                catalogue.models.keys().filter(|name| pattern.matches(&name.to_string())).cloned().collect()
            }
            Method::Tag(tag) => catalogue
                .models
                .values()
                .filter(|model| model.header.tags.contains(tag))
                .map(|model| model.name.clone())
                .collect(),
            Method::Path(path) => catalogue
                .models
                .values()
                .filter(|model| {
                    let file = model.sql.start().source.path.clone();
                    file == *path || file.strip_prefix(path.as_str()).is_some_and(|rest| rest.starts_with('/'))
                })
                .map(|model| model.name.clone())
                .collect(),
            Method::Report(report) => {
                let Some(report) = catalogue.reports.get(report) else {
                    let names: Vec<&str> = catalogue.reports.keys().map(String::as_str).collect();
                    return Err(Error::new(Kind::Project, format!("there is no report `{report}`"))
                        .help(problem::did_you_mean(report, names)));
                };
                let reads = |name: &&TableName| {
                    report
                        .queries
                        .values()
                        .any(|query| query.selection.relations.iter().any(|relation| relation.name == name.to_string()))
                };
                let direct: BTreeSet<TableName> = catalogue.models.keys().filter(reads).cloned().collect();
                return Ok(closure(direct, |name| upstream(catalogue, name)));
            }
        };
        if chosen.is_empty() {
            let names: Vec<String> = catalogue.models.keys().map(ToString::to_string).collect();
            let bare = self.written.trim_matches('+');
            return Err(Error::new(Kind::Project, format!("`{}` selects nothing", self.written))
                .help(problem::did_you_mean(bare, names.iter().map(String::as_str).collect::<Vec<_>>())));
        }
        let named = chosen.clone();
        if self.upstream {
            chosen.extend(closure(named.clone(), |name| upstream(catalogue, name)));
        }
        if self.downstream {
            chosen.extend(closure(named, |name| {
                catalogue
                    .models
                    .values()
                    .filter(|model| catalogue.upstream(model).any(|read| read == name))
                    .map(|model| model.name.clone())
                    .collect()
            }));
        }
        Ok(chosen)
    }
}

fn upstream(catalogue: &Catalogue, name: &TableName) -> Vec<TableName> {
    catalogue.models.get(name).map(|model| catalogue.upstream(model).cloned().collect()).unwrap_or_default()
}

fn closure(start: BTreeSet<TableName>, next: impl Fn(&TableName) -> Vec<TableName>) -> BTreeSet<TableName> {
    let mut all = start.clone();
    let mut open: Vec<TableName> = start.into_iter().collect();
    while let Some(name) = open.pop() {
        for found in next(&name) {
            if all.insert(found.clone()) {
                open.push(found);
            }
        }
    }
    all
}
