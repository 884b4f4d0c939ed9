//! The catalogue: what the project's SQL and report files hold, parsed.
//!
//! Folder = schema, file = table: `sql/crm/deal.sql` is `crm.deal`, `sql/forecast/method/stage.sql` is
//! `forecast_method.stage`. A file that begins with CREATE declares a table that exports fill; a SELECT is
//! a model; what lies in `sql/check/` is a check, what lies in `sql/function/` a function.

mod check;
mod companion;
mod graph;
mod incremental;
mod metric;
mod model;
mod planned;
mod report;
mod rule;
mod select;
mod test_file;

use std::collections::{BTreeMap, BTreeSet};

pub use check::{Check, CheckOutcome, Measure, Subject};
pub use companion::Companion;
pub use incremental::Incremental;
pub use metric::{MetricFile, level_sql};
pub use model::Model;
pub use planned::Planned;
pub use report::{Each, Report, ReportQuery};
pub use select::{Among, Selector};
pub use test_file::{TestFile, load_tests};

use crate::lake::TableName;
use crate::problem::{self, Problem};
use crate::project::{self, Files, ProjectFile};
use crate::query::metric::METRIC;
use crate::query::{
    Checked, DeclaredTable, Folders, Metrics, Selection, Shorthands, Sql, UserFunction, UserFunctions, declared,
    user_function,
};
use crate::together;

/// Everything that a project declares, by name.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    pub tables: BTreeMap<TableName, DeclaredTable>,
    /// The views of metrics among them.
    pub models: BTreeMap<TableName, Model>,
    pub metrics: Metrics,
    /// The models of each folder.
    pub folders: Folders,
    /// Where each metric that can be read is written, by id.
    pub metric_files: BTreeMap<String, MetricFile>,
    /// The user's own functions.
    pub functions: UserFunctions,
    /// Rules of front matter, then files of `sql/check/`, by name.
    pub checks: Vec<Check>,
    pub reports: BTreeMap<String, Report>,
    /// Every mistake that the files show without being planned, in file order.
    pub problems: Vec<Problem>,
    /// Relations that a mistake told elsewhere keeps from being read.
    broken: BTreeSet<String>,
    /// Functions whose files have a mistake.
    broken_functions: BTreeSet<String>,
}

/// Folders below `sql/` with a meaning of their own.
const CHECK: &str = "check";
const FUNCTION: &str = "function";

/// Parses the layered files.
pub fn load(files: &Files) -> Catalogue {
    load_over(files, &Checked::default())
}

/// Likewise; what is known from before of what files read is not looked for again.
pub fn load_over(files: &Files, checked: &Checked) -> Catalogue {
    let mut catalogue = Catalogue::default();
    catalogue.add_metrics(files);
    catalogue.folders = folders(files);
    // Tests hold nothing up but themselves: they are read by whoever runs or checks them.
    let is_read = |path: &str| metric::metric_path(path).is_none() && project::tested(path).is_none();
    let written: Vec<(&str, &ProjectFile)> = (files.iter())
        .filter(|(path, _)| is_read(path))
        .filter_map(|(path, file)| Some((path.strip_prefix("sql/")?, file)))
        .collect();
    let shorthands = catalogue.shorthands();
    let all = together::map(&written, |(path, file)| {
        let name = name(path, file).map_err(|found| vec![found])?;
        let held = Held::read(&name, file, shorthands, checked);
        Ok((name, held))
    });
    for read in all {
        let found = read.and_then(|(name, held)| catalogue.add(name, held));
        catalogue.problems.extend(found.err().unwrap_or_default());
    }
    for (path, file) in files.iter().filter_map(|(path, file)| Some((path.strip_prefix("reports/")?, file))) {
        let found = catalogue.add_report(path, file);
        catalogue.problems.extend(found.err().unwrap_or_default());
    }
    let of_models: Vec<Check> = catalogue.models.values().flat_map(|model| model.checks.clone()).collect();
    catalogue.checks.splice(0..0, of_models);
    let taken = [catalogue.taken_names(), catalogue.taken_columns()].concat();
    catalogue.problems.extend(taken);
    let reading = catalogue.reading_problems();
    catalogue.problems.extend(reading);
    let warnings: Vec<Problem> =
        catalogue.selections(|_| true).flat_map(|selection| selection.warnings.clone()).collect();
    catalogue.problems.extend(warnings);
    problem::sort(&mut catalogue.problems);
    catalogue
}

/// The models of each folder, those with a mistake among them.
fn folders(files: &Files) -> Folders {
    let mut folders = Folders::new();
    for (path, file) in files.iter().filter(|(path, _)| project::tested(path).is_none()) {
        let Some(Ok(name)) = path.strip_prefix("sql/").map(|rest| name(rest, file)) else { continue };
        let is_model = !matches!(name.schema(), CHECK | FUNCTION | METRIC);
        if is_model && !declared::is_declaration(&Sql::file(&file.source)) {
            folders.entry(name.schema().to_owned()).or_default().insert(name.table().to_owned());
        }
    }
    folders
}

/// What a SQL file holds.
enum Held {
    Check(Check),
    Function(UserFunction),
    Table(DeclaredTable),
    Model(Box<Model>),
}

impl Held {
    fn read(
        name: &TableName,
        file: &ProjectFile,
        shorthands: Shorthands<'_>,
        checked: &Checked,
    ) -> Result<Self, Vec<Problem>> {
        let sql = Sql::file(&file.source);
        let one = |found: Problem| vec![found];
        if name.schema() == CHECK {
            check::parse(name, file, shorthands, checked).map(Self::Check)
        } else if name.schema() == FUNCTION {
            user_function::parse(name.table(), sql).map(Self::Function).map_err(one)
        } else if declared::is_declaration(&sql) {
            declared::parse(name.clone(), sql).map(Self::Table).map_err(one)
        } else {
            model::parse(name.clone(), file, shorthands, checked).map(|model| Self::Model(Box::new(model)))
        }
    }
}

/// The files of models and checks, to be read ahead.
pub fn statements(files: &Files) -> Vec<Sql> {
    let is_select = |path: &str| {
        let of_function = path.strip_prefix("sql/").is_some_and(|rest| rest.split('/').next() == Some(FUNCTION));
        path.starts_with("sql/") && !of_function && project::tested(path).is_none()
    };
    let written = files.iter().filter(|(path, _)| is_select(path) && metric::metric_path(path).is_none());
    written.map(|(_, file)| Sql::file(&file.source)).filter(|sql| !declared::is_declaration(sql)).collect()
}

impl Catalogue {
    /// Whether a relation has a file with a mistake, which is told there.
    pub fn is_broken(&self, relation: &str) -> bool {
        self.broken.contains(relation)
    }

    /// Whether a statement calls a function whose file has a mistake, which is told there.
    pub fn calls_broken(&self, selection: &Selection) -> bool {
        selection.calls.iter().any(|called| self.broken_functions.contains(called))
    }

    /// What statements may call in FROM that stands for other SQL.
    pub fn shorthands(&self) -> Shorthands<'_> {
        Shorthands { metrics: &self.metrics, folders: &self.folders }
    }

    /// The statements of models that are wanted, of checks and of reports.
    fn selections(&self, is_wanted: impl Fn(&Model) -> bool) -> impl Iterator<Item = &Selection> {
        let models = self.models.values().filter(move |model| is_wanted(model)).map(|model| &model.selection);
        let checks = self.checks.iter().map(|check| &check.selection);
        let queries = self.reports.values().flat_map(|report| report.queries.values());
        models.chain(checks).chain(queries.map(|query| &query.selection))
    }

    fn add(&mut self, name: TableName, held: Result<Held, Vec<Problem>>) -> Result<(), Vec<Problem>> {
        match held {
            Ok(Held::Check(check)) => self.checks.push(check),
            Ok(Held::Function(function)) => drop(self.functions.insert(function.name.clone(), function)),
            Ok(Held::Table(table)) => drop(self.tables.insert(name, table)),
            Ok(Held::Model(model)) => drop(self.models.insert(name, *model)),
            Err(problems) => {
                match name.schema() {
                    CHECK => {}
                    FUNCTION => drop(self.broken_functions.insert(name.table().to_owned())),
                    _ => {
                        let beside = Companion::ALL.map(|companion| format!("{name}{}", companion.ending()));
                        self.broken.extend(beside);
                        self.broken.insert(name.to_string());
                    }
                }
                return Err(problems);
            }
        }
        Ok(())
    }

    fn add_report(&mut self, path: &str, file: &ProjectFile) -> Result<(), Vec<Problem>> {
        let name = path.strip_suffix(".md").unwrap_or(path);
        let (report, problems) = report::parse(name, file, self.shorthands())?;
        self.reports.insert(name.to_owned(), report);
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }
}

/// The name that a SQL file's path gives, written without `sql/`.
fn name(path: &str, file: &ProjectFile) -> Result<TableName, Problem> {
    let whole_file = || file.source.place(0..0);
    let stem = path.strip_suffix(".sql").unwrap_or(path);
    let Some((folder, table)) = stem.rsplit_once('/') else {
        return Err(Problem::error(whole_file(), "a SQL file lies in a folder that names its schema")
            .help(format!("move it, for example to sql/kpi/{path}")));
    };
    TableName::new(&folder.replace('/', "_"), table).map_err(|why| {
        Problem::error(whole_file(), why).help("rename the file or its folder: lower-case letters, digits and _")
    })
}
