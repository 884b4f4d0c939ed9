//! The prompt's commands, which begin with a backslash.

use arrow::datatypes::Schema;
use clap::ValueEnum;

use forecastle::catalogue::Companion;
use forecastle::day::Day;
use forecastle::error::{Error, Kind, Result};
use forecastle::lake;
use forecastle::problem;
use forecastle::query::{setting, sql_type};
use forecastle::run::Prepared;

use super::Prompt;
use super::words::Words;
use crate::cli::args::Format;
use crate::cli::{functions, query};

/// What comes after a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    Ask,
    Leave,
}

pub const COMMANDS: [&str; 9] = ["\\?", "\\d", "\\day", "\\f", "\\format", "\\i", "\\timing", "\\x", "\\q"];
pub const FORMATS: [&str; 3] = ["table", "csv", "json"];

const HELP: &str = "\
SELECT ...;              ask; a query may have many lines and ends with ;
\\d                       list tables and models
\\d crm.deal              list the columns of one
\\f                       list the functions of the field
\\f wilson_lower          show one, or one of the engine's own
\\i sql/kpi/win_rate.sql  ask what a file of the project or the pack asks
\\day 2026-09-30          see the tables as of that day
\\format csv              write rows as table, csv or json
\\x                       show each row as a list of its columns, or no longer
\\timing                  tell rows and time of an answer, or no longer
\\q                       leave, as Ctrl-D does; Ctrl-C gives up a line or a query
Tab completes names; the arrows bring back earlier lines, Ctrl-R looks for one.
";

impl Prompt<'_> {
    /// Does what a line without its backslash says.
    pub async fn command(&mut self, line: &str) -> Result<Next> {
        let line = line.trim_end_matches(';').trim_end();
        let (name, argument) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        match (name, argument.trim()) {
            ("q", _) => return Ok(Next::Leave),
            ("?", _) => self.show(HELP)?,
            ("d", "") => self.show(&self.list())?,
            ("d", relation) => self.show(&self.columns(&relation.to_lowercase())?)?,
            ("f", function) => {
                functions::functions(self.host, Some(function).filter(|name| !name.is_empty()))?;
            }
            ("i", "") => return Err(wrong("\\i needs a file").help("as in \\i sql/kpi/win_rate.sql")),
            ("i", path) => self.ask(query::file(self.host, path)?).await?,
            ("day", "") => return Err(wrong("\\day needs a day").help("as in \\day 2026-09-30")),
            ("day", day) => {
                self.seen.look_at(day.parse::<Day>().map_err(wrong)?)?;
                self.seen.tell_if_later(self.host);
            }
            ("format", format) => self.format = known_format(format)?,
            ("x", _) => self.is_expanded = self.toggle(self.is_expanded, "rows as lists"),
            ("timing", _) => self.is_timed = self.toggle(self.is_timed, "timing"),
            (unknown, _) => {
                let unknown = format!("\\{unknown}");
                let help = problem::nearest(&unknown, COMMANDS)
                    .map_or_else(|| "\\? lists them".to_owned(), |near| format!("did you mean `{near}`?"));
                return Err(wrong(format!("there is no command `{unknown}`")).help(help));
            }
        }
        Ok(Next::Ask)
    }

    /// Tables and models, each with what it is.
    fn list(&self) -> String {
        let catalogue = &self.prepared.catalogue;
        let tables = catalogue.tables.keys().map(|name| (name.to_string(), "table", String::new()));
        let models = catalogue.models.iter().map(|(name, model)| {
            let kind = if model.is_view() { "view" } else { "model" };
            (name.to_string(), kind, model.header.description.clone().unwrap_or_default())
        });
        let all: Vec<_> = tables.chain(models).collect();
        let width = all.iter().map(|(name, ..)| name.len()).max().unwrap_or(0);
        let mut lines: Vec<String> =
            all.iter().map(|(name, kind, described)| format!("{kind:<5}  {name:<width$}  {described}")).collect();
        let beside = Companion::ALL.map(Companion::ending).join(", ");
        lines.push(format!("each table has its {beside}; {} lists all snapshots", lake::SNAPSHOTS));
        text(&lines)
    }

    fn columns(&self, relation: &str) -> Result<String> {
        let relations = relations(self.prepared);
        let Some((_, columns)) = relations.iter().find(|(name, _)| name == relation) else {
            let names = relations.iter().map(|(name, _)| name.as_str());
            return Err(wrong(format!("there is no table or model `{relation}`"))
                .help(problem::did_you_mean(relation, names.collect::<Vec<_>>())));
        };
        let wide = |of: fn(&Column) -> usize| columns.iter().map(of).max().unwrap_or(0);
        let (names, types) = (wide(|column| column.name.chars().count()), wide(|column| column.of.len()));
        let line = |Column { name, of, comment }: &Column| format!("{name:<names$}  {of:<types$}  {comment}");
        Ok(text(&columns.iter().map(line).collect::<Vec<_>>()))
    }

    fn toggle(&self, was: bool, what: &str) -> bool {
        self.host.terminal.say(&format!("{what}: {}", if was { "off" } else { "on" }));
        !was
    }
}

/// Lines, without the blanks at their ends.
fn text(lines: &[String]) -> String {
    lines.iter().map(|line| format!("{}\n", line.trim_end())).collect()
}

fn wrong(why: impl Into<String>) -> Error {
    Error::new(Kind::Project, why)
}

fn known_format(format: &str) -> Result<Format> {
    let known =
        Format::from_str(format, true).ok().filter(|_| FORMATS.iter().any(|name| name.eq_ignore_ascii_case(format)));
    known.ok_or_else(|| {
        wrong(format!("there is no format `{format}` here")).help(problem::did_you_mean(format, FORMATS))
    })
}

/// A column as the prompt tells of it.
struct Column {
    name: String,
    of: String,
    comment: String,
}

/// Everything that can stand in FROM, by name, with its columns.
fn relations(prepared: &Prepared) -> Vec<(String, Vec<Column>)> {
    let of_schema = |schema: &Schema| -> Vec<Column> {
        let fields = schema.fields().iter();
        fields
            .map(|of| Column { name: of.name().clone(), of: sql_type(of.data_type()), comment: String::new() })
            .collect()
    };
    let mut relations = Vec::new();
    for (name, table) in &prepared.catalogue.tables {
        let columns = table.columns.iter().map(|column| Column {
            name: column.name.clone(),
            of: sql_type(&column.data_type),
            comment: column.comment.clone().unwrap_or_default(),
        });
        relations.push((name.to_string(), columns.collect()));
        relations.extend(
            Companion::ALL.map(|beside| (format!("{name}{}", beside.ending()), of_schema(&beside.schema(table)))),
        );
    }
    let models = prepared.planned.schemas.iter();
    relations.extend(models.map(|(name, schema)| (name.to_string(), of_schema(schema))));
    relations.push((lake::SNAPSHOTS.to_owned(), of_schema(&lake::snapshot_schema())));
    relations.extend(setting::tables().map(|(name, table)| {
        let columns = table.columns().iter().map(|column| Column {
            name: column.name.to_owned(),
            of: sql_type(&setting::data_type(column.of)),
            comment: column.description.to_owned(),
        });
        (name, columns.collect())
    }));
    relations
}

/// What the prompt completes.
pub fn words(prepared: &Prepared) -> Words {
    let names = |columns: Vec<Column>| columns.into_iter().map(|column| column.name).collect();
    let mut functions = functions::names(&prepared.catalogue.functions);
    functions.sort();
    functions.dedup();
    Words {
        relations: relations(prepared).into_iter().map(|(name, columns)| (name, names(columns))).collect(),
        functions,
        metrics: prepared.catalogue.metrics.known.keys().cloned().collect(),
    }
}
