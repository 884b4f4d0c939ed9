//! Selectors, as dbt has them: which models and reports a command is about.
//!
//! ```text
//! kpi.win_rate  kpi.*  tag:weekly  path:sql/kpi  source:crm.deal  report:executive
//! +a  a+  2+a+1     with what it reads and what reads it, so many steps far
//! @a                with what reads it, and all that those read
//! "a b"  a,b        any of them; all of them at once
//! state:modified    whose SQL says something else than at the last run, or is new; state:new
//! ```

mod grammar;

use std::collections::{BTreeMap, BTreeSet};

pub use grammar::Selector;
use grammar::{Method, Part, State};

use super::{Catalogue, Model, Report};
use crate::error::{Error, Kind, Result};
use crate::lake::TableName;
use crate::problem;

/// Declared tables and models.
type Names = BTreeSet<TableName>;

/// What selectors choose from.
#[derive(Debug, Clone, Copy)]
pub struct Among<'c> {
    pub catalogue: &'c Catalogue,
    /// [`Model::code`] of each model as the last run read it, for `state:`.
    pub last_run: &'c BTreeMap<String, String>,
    /// Whether a choice of nothing is none to be told as a mistake.
    pub may_be_empty: bool,
}

impl Selector {
    /// The models that the selectors choose together, without those that the excluding ones choose; of all, where none but
    /// excluding ones are given.
    ///
    /// A part that is none's name is a mistake; so are parts that have nothing in common, and a choice of which nothing is
    /// left, unless that may be.
    pub fn models(selectors: &[Self], among: Among<'_>) -> Result<BTreeSet<TableName>> {
        let catalogue = among.catalogue;
        let mut chosen: Names = catalogue.models.keys().cloned().collect();
        if selectors.iter().any(|selector| !selector.excludes) {
            chosen.clear();
            for selector in selectors.iter().filter(|selector| !selector.excludes) {
                for group in &selector.groups {
                    chosen.extend(of_group(group, among)?);
                }
            }
        }
        // A report may be made of what the lake holds.
        let names_report = |selector: &Self| selector.groups.iter().flatten().any(Part::is_report);
        let may_be_empty =
            among.may_be_empty || chosen.is_empty() || selectors.iter().any(|of| !of.excludes && names_report(of));
        for group in selectors.iter().filter(|selector| selector.excludes).flat_map(|selector| &selector.groups) {
            // A report is left out without what it reads: others may read that too.
            let taken = of_group(group, Among { may_be_empty: true, ..among })?;
            if !group.iter().any(|part| part.is_report() && part.up == 0) {
                chosen.retain(|name| !taken.contains(name));
            }
        }
        if chosen.is_empty() && !may_be_empty {
            return Err(Error::new(Kind::Project, "nothing is left of what is selected")
                .help("exclude less, or see what is selected with forecastle list --select"));
        }
        Ok(chosen)
    }

    /// Whether the selectors let a report be made.
    pub fn takes_report(selectors: &[Self], name: &str) -> bool {
        let names_it = |selector: &&Self| {
            let is_it = |part: &Part| matches!(&part.method, Method::Report(report) if report == name);
            selector.groups.iter().any(|group| group.iter().all(is_it))
        };
        let mut taking = selectors.iter().filter(|selector| !selector.excludes).peekable();
        let is_chosen = taking.peek().is_none() || taking.any(|selector| names_it(&selector));
        is_chosen && !selectors.iter().filter(|selector| selector.excludes).any(|selector| names_it(&selector))
    }
}

impl Part {
    fn is_report(&self) -> bool {
        matches!(self.method, Method::Report(_))
    }
}

/// The models that all parts choose.
fn of_group(group: &[Part], among: Among<'_>) -> Result<Names> {
    let mut chosen: Option<Names> = None;
    for part in group {
        let of_part = of_part(part, among)?;
        chosen = Some(match chosen {
            Some(chosen) => chosen.intersection(&of_part).cloned().collect(),
            None => of_part,
        });
    }
    let chosen = chosen.unwrap_or_default();
    if chosen.is_empty() && group.len() > 1 && !among.may_be_empty {
        let written: Vec<&str> = group.iter().map(|part| part.written.as_str()).collect();
        return Err(Error::new(Kind::Project, format!("`{}` selects nothing", written.join(",")))
            .help("no model is in all of its parts; parts with a space between them are added up"));
    }
    Ok(chosen)
}

/// The models that a part chooses: those that it names, and those around them.
fn of_part(part: &Part, among: Among<'_>) -> Result<Names> {
    let catalogue = among.catalogue;
    let named = named(part, among)?;
    let mut chosen = named.clone();
    if part.is_whole {
        chosen = around(chosen, usize::MAX, |name| readers(catalogue, name));
        chosen = around(chosen, usize::MAX, |name| read_by(catalogue, name));
    }
    chosen.extend(around(named.clone(), part.up, |name| read_by(catalogue, name)));
    chosen.extend(around(named, part.down, |name| readers(catalogue, name)));
    chosen.retain(|name| catalogue.models.contains_key(name));
    if chosen.is_empty() && matches!(part.method, Method::Source(_)) {
        return Err(Error::new(Kind::Project, format!("`{}` selects no model", part.written))
            .help(format!("write `{}+` for the models that read it", part.written.trim_end_matches('+'))));
    }
    Ok(chosen)
}

/// The models or declared tables that a part names; a report stands for all that it needs.
fn named(part: &Part, among: Among<'_>) -> Result<Names> {
    let catalogue = among.catalogue;
    let models = |wanted: &dyn Fn(&Model) -> bool| -> Names {
        catalogue.models.values().filter(|model| wanted(model)).map(|model| model.name.clone()).collect()
    };
    let (found, known): (Names, Vec<String>) = match &part.method {
        Method::Name(pattern) => {
            let names = catalogue.models.keys().map(ToString::to_string).collect();
            (models(&|model| pattern.matches(&model.name.to_string())), names)
        }
        Method::Tag(pattern) => {
            let tags: BTreeSet<&String> = catalogue.models.values().flat_map(|model| &model.header.tags).collect();
            let tags = tags.into_iter().map(|tag| format!("tag:{tag}")).collect();
            (models(&|model| model.header.tags.iter().any(|tag| pattern.matches(tag))), tags)
        }
        Method::Path(pattern) => {
            let path = |model: &Model| model.sql.start().source.path.clone();
            let is_below = |model: &Model| {
                let path = path(model);
                let ends = path.match_indices('/').map(|(slash, _)| slash).chain([path.len()]);
                ends.into_iter().any(|end| pattern.matches(&path[..end]))
            };
            (models(&is_below), catalogue.models.values().map(|model| format!("path:{}", path(model))).collect())
        }
        Method::Source(pattern) => {
            let tables = catalogue.tables.keys();
            let found = tables.clone().filter(|name| pattern.matches(&name.to_string())).cloned().collect();
            (found, tables.map(|name| format!("source:{name}")).collect())
        }
        Method::State(state) => {
            let last = |model: &Model| among.last_run.get(&model.name.to_string());
            let found = models(&|model| match state {
                State::Modified => last(model).is_none_or(|last| *last != model.code()),
                State::New => last(model).is_none(),
            });
            if found.is_empty() && !among.may_be_empty {
                let said = match state {
                    State::Modified => "no model says anything else than at the last run",
                    State::New => "the last run knew every model",
                };
                return Err(Error::new(Kind::Project, format!("`{}` selects nothing: {said}", part.written))
                    .help("where that is no mistake, add --allow-empty"));
            }
            return Ok(found);
        }
        Method::Report(name) => {
            let Some(report) = catalogue.reports.get(name) else {
                let names: Vec<&str> = catalogue.reports.keys().map(String::as_str).collect();
                return Err(Error::new(Kind::Project, format!("there is no report `{name}`"))
                    .help(problem::did_you_mean(name, names)));
            };
            // A report over declared tables alone needs no model.
            return Ok(around(read_by_report(catalogue, report), usize::MAX, |name| read_by(catalogue, name)));
        }
    };
    if found.is_empty() {
        let bare = part.written.trim_matches(|c: char| c == '+' || c == '@' || c.is_ascii_digit());
        return Err(Error::new(Kind::Project, format!("`{}` selects nothing", part.written))
            .help(problem::did_you_mean(bare, known.iter().map(String::as_str).collect::<Vec<_>>())));
    }
    Ok(found)
}

fn read_by_report(catalogue: &Catalogue, report: &Report) -> Names {
    let relations = report.queries.values().flat_map(|query| &query.selection.relations);
    let read: BTreeSet<&str> = relations.map(|relation| relation.name.as_str()).collect();
    catalogue.models.keys().filter(|name| read.contains(name.to_string().as_str())).cloned().collect()
}

/// What a model reads: models, and declared tables by whatever the lake tells of them.
fn read_by(catalogue: &Catalogue, name: &TableName) -> Names {
    let Some(model) = catalogue.models.get(name) else { return Names::new() };
    let tables = model.relations().iter().filter_map(|relation| catalogue.declared(&relation.name));
    let tables = tables.map(|table| table.name.clone());
    catalogue.upstream(model).cloned().chain(tables).collect()
}

/// The models that read a model or a declared table.
fn readers(catalogue: &Catalogue, name: &TableName) -> Names {
    catalogue.models.keys().filter(|reader| read_by(catalogue, reader).contains(name)).cloned().collect()
}

/// The names with all that can be reached from them in so many steps.
fn around(start: Names, steps: usize, next: impl Fn(&TableName) -> Names) -> Names {
    let mut all = start.clone();
    let mut last: Vec<TableName> = start.into_iter().collect();
    for _ in 0..steps {
        last = last.iter().flat_map(&next).filter(|name| all.insert(name.clone())).collect();
        if last.is_empty() {
            break;
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::SourceFile;
    use crate::project::{Files, Layer, ProjectFile};

    fn among(catalogue: &Catalogue) -> Among<'_> {
        static NONE: BTreeMap<String, String> = BTreeMap::new();
        Among { catalogue, last_run: &NONE, may_be_empty: false }
    }

    #[test]
    fn a_state_is_that_of_the_sql_since_the_last_run() {
        let catalogue = catalogue();
        let mut last_run: BTreeMap<String, String> =
            catalogue.models.values().map(|model| (model.name.to_string(), model.code())).collect();
        let chosen = |last_run: &BTreeMap<String, String>, selector: &str, may_be_empty: bool| {
            let selectors = [selector.parse().unwrap()];
            Selector::models(&selectors, Among { catalogue: &catalogue, last_run, may_be_empty })
                .map(|names| names.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
                .map_err(|error| error.message)
        };
        let said = "`state:modified` selects nothing: no model says anything else than at the last run";
        assert_eq!(chosen(&last_run, "state:modified", false), Err(said.to_owned()));
        assert_eq!(chosen(&last_run, "state:modified", true), Ok(String::new()));
        last_run.insert("s.two".to_owned(), "other".to_owned());
        last_run.remove("k.alone");
        assert_eq!(chosen(&last_run, "state:modified", false), Ok("k.alone s.two".to_owned()));
        assert_eq!(chosen(&last_run, "state:modified+", false), Ok("k.alone k.four k.three s.two".to_owned()));
        assert_eq!(chosen(&last_run, "state:new", false), Ok("k.alone".to_owned()));
        assert_eq!(chosen(&last_run, "state:modified,s.*", false), Ok("s.two".to_owned()));
        assert_eq!(chosen(&last_run, "state:new,s.*", true), Ok(String::new()));
    }

    /// raw.a and raw.b are declared; s.one reads a, s.two reads a's history and b, k.three reads one and two, k.four reads
    /// three, k.alone reads nothing. The report r reads k.three.
    fn catalogue() -> Catalogue {
        let table = |name: &str| format!("CREATE TABLE {name} (id TEXT, PRIMARY KEY (id))");
        let tagged = |sql: &str| format!("/* ---\ntags: [weekly, money]\n--- */\n{sql}");
        let texts = [
            ("sql/raw/a.sql", table("a")),
            ("sql/raw/b.sql", table("b")),
            ("sql/s/one.sql", "SELECT id FROM raw.a".to_owned()),
            ("sql/s/two.sql", tagged("SELECT h.id FROM raw.a_history AS h JOIN raw.b AS b ON b.id = h.id")),
            ("sql/k/three.sql", tagged("SELECT o.id FROM s.one AS o JOIN s.two AS t ON t.id = o.id")),
            ("sql/k/four.sql", "SELECT id FROM k.three".to_owned()),
            ("sql/k/alone.sql", "SELECT 1 AS id".to_owned()),
            ("reports/r.md", "---\ntitle: R\nqueries:\n  q: SELECT id FROM k.three\n---\n".to_owned()),
        ];
        let files: Files = texts
            .map(|(path, text)| {
                (path.to_owned(), ProjectFile { source: SourceFile::new(path, text), layer: Layer::User })
            })
            .into();
        let catalogue = super::super::load(&files);
        assert_eq!(catalogue.problems, []);
        catalogue
    }

    fn selectors(select: &[&str], exclude: &[&str]) -> Vec<Selector> {
        let parse = |text: &&str| text.parse::<Selector>().unwrap();
        select.iter().map(parse).chain(exclude.iter().map(parse).map(Selector::excluding)).collect()
    }

    fn chosen(select: &[&str], exclude: &[&str]) -> String {
        match Selector::models(&selectors(select, exclude), among(&catalogue())) {
            Ok(names) => names.iter().map(TableName::table).collect::<Vec<_>>().join(" "),
            Err(error) => format!("{}: {}", error.message, error.help.unwrap_or_default()),
        }
    }

    #[test]
    fn every_way_to_select_chooses_what_it_says() {
        for (select, wanted) in [
            ("k.three", "three"),
            ("k.*", "alone four three"),
            ("*", "alone four three one two"),
            ("tag:weekly", "three two"),
            ("tag:mon*", "three two"),
            ("path:sql/k", "alone four three"),
            ("path:sql/k/", "alone four three"),
            ("path:sql/s/one.sql", "one"),
            ("path:sql/*/t*.sql", "three two"),
            ("report:r", "three one two"),
            ("+k.four", "four three one two"),
            ("1+k.four", "four three"),
            ("2+k.four", "four three one two"),
            ("s.one+", "four three one"),
            ("s.one+1", "three one"),
            ("1+k.three+1", "four three one two"),
            ("0+k.three", "three"),
            ("@s.one", "four three one two"),
            ("@k.alone", "alone"),
            ("source:raw.b+", "four three two"),
            ("source:raw.b+1", "two"),
            ("source:raw.a+1", "one two"),
            ("source:raw.*+1", "one two"),
            ("@source:raw.b", "four three one two"),
            ("s.one k.alone", "alone one"),
            ("tag:weekly,path:sql/k", "three"),
            ("+k.four,source:raw.b+ k.alone", "alone four three two"),
        ] {
            assert_eq!(chosen(&[select], &[]), wanted, "{select}");
        }
        assert_eq!(chosen(&["s.one", "k.alone"], &[]), "alone one");
        assert_eq!(chosen(&[], &[]), "alone four three one two");
    }

    #[test]
    fn exclusions_are_taken_from_what_is_selected_or_from_all() {
        assert_eq!(chosen(&["+k.four"], &["s.*"]), "four three");
        assert_eq!(chosen(&["+k.four"], &["s.one", "tag:weekly"]), "four");
        assert_eq!(chosen(&[], &["k.three+"]), "alone one two");
        assert_eq!(chosen(&[], &["tag:weekly,path:sql/k"]), "alone four one two");
        assert_eq!(chosen(&["k.*"], &["report:r"]), "alone four three");
        assert_eq!(chosen(&["k.*"], &["+report:r"]), "alone four");
        assert_eq!(chosen(&["report:r"], &["*"]), "", "the report is made of what the lake holds");
    }

    #[test]
    fn a_choice_of_nothing_is_told_with_what_to_do() {
        for (select, exclude, told) in [
            ("k.tree", "", "`k.tree` selects nothing: did you mean `k.three`?"),
            ("2+k.tree+", "", "`2+k.tree+` selects nothing: did you mean `k.three`?"),
            ("tag:weakly", "", "`tag:weakly` selects nothing: did you mean `tag:weekly`?"),
            ("path:sql/k/for.sql", "", "did you mean `path:sql/k/four.sql`?"),
            ("source:raw.c+", "", "did you mean `source:raw.a`?"),
            ("source:raw.a", "", "`source:raw.a` selects no model: write `source:raw.a+` for the models that read it"),
            ("report:s", "", "there is no report `s`: there are: `r`"),
            ("s.one,k.*", "", "`s.one,k.*` selects nothing: no model is in all of its parts"),
            ("k.three", "k.*", "nothing is left of what is selected"),
            ("k.three", "k.tree", "`k.tree` selects nothing"),
        ] {
            let exclude: Vec<&str> = Some(exclude).filter(|text| !text.is_empty()).into_iter().collect();
            let found = chosen(&[select], &exclude);
            assert!(found.contains(told), "{select} without {exclude:?}: {found}");
        }
    }

    #[test]
    fn a_report_is_made_where_it_is_named_or_nothing_is() {
        let takes = |select: &[&str], exclude: &[&str]| Selector::takes_report(&selectors(select, exclude), "r");
        assert!(takes(&[], &[]) && takes(&["report:r"], &[]) && takes(&["k.alone report:r"], &[]));
        assert!(!takes(&["k.three"], &[]) && !takes(&["report:other"], &[]) && !takes(&["report:r,k.*"], &[]));
        assert!(takes(&[], &["k.alone"]) && !takes(&[], &["report:r"]) && !takes(&["report:r"], &["+report:r"]));
    }
}
