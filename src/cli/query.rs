//! `forecastle query`: SQL in, rows out.

use std::io::{IsTerminal, Read, Write};
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, RecordBatch, StringArray};
use arrow::datatypes::{DataType, SchemaRef};
use arrow::util::pretty::pretty_format_batches_with_options;

use forecastle::day::Day;
use forecastle::error::{Doing, Error, Kind, Result};
use forecastle::problem::{self, SourceFile};
use forecastle::project::{self, PipelineFile, Project};
use forecastle::query::Sql;
use forecastle::run;

use super::Host;
use super::args::{self, Format, Limits};
use super::exit::Outcome;
use super::limits::within;

pub async fn query(host: &Host, arguments: &args::Query) -> Result<Outcome> {
    let project = host.project()?;
    let file = project.pipeline(arguments.pipeline.as_deref())?;
    let prepared = run::prepare(&project, file, &host.environment).await?;
    let sql = match &arguments.check {
        Some(name) => offenders(&prepared, name)?,
        None => Sql::file(&written(host, arguments.sql.as_deref())?),
    };
    let (schema, rows) =
        answer(&project, file, &prepared, &sql, arguments.day, arguments.commit, arguments.limits).await?;
    print(&schema, &rows, arguments.format)?;
    Ok(Outcome::Done)
}

/// Asks the lake as of a day, the newest without one, as a commit left it.
pub async fn answer(
    project: &Project,
    file: &PipelineFile,
    prepared: &run::Prepared,
    sql: &Sql,
    day: Option<Day>,
    commit: Option<u64>,
    limits: Limits,
) -> Result<(SchemaRef, Vec<RecordBatch>)> {
    let lake = super::lake::open(project, file)?;
    let pin = commit.map_or_else(|| lake.pin(), |commit| lake.pin_at(commit))?;
    let newest = super::run::newest_day(&pin)?;
    let day = day.unwrap_or(newest);
    let oldest = super::run::oldest_day(&pin).unwrap_or(newest);
    if day < oldest {
        let then = commit.map_or_else(String::new, |commit| format!(" in commit {commit}"));
        return Err(Error::new(Kind::Project, format!("the lake knows nothing of {day}{then}"))
            .help(format!("it holds the days from {oldest} to {newest}")));
    }
    within(limits.timeout, run::ask(prepared, &file.pipeline, &pin, day, sql, limits.memory)).await
}

/// The SQL of a check, whose rows are its offenders. One of `sql/check/` may be named without its folder.
fn offenders(prepared: &run::Prepared, name: &str) -> Result<Sql> {
    let checks = &prepared.catalogue.checks;
    let is_whole = name.contains(['.', '/']);
    let whole = if is_whole { name.to_owned() } else { format!("check.{name}") };
    checks.iter().find(|check| check.name == whole).map(|check| check.sql.clone()).ok_or_else(|| {
        let names: Vec<&str> = checks.iter().map(|check| check.name.as_str()).collect();
        Error::new(Kind::Project, format!("there is no check `{name}`")).help(problem::did_you_mean(&whole, names))
    })
}

/// The SQL: of the argument, of the file that it names, or of stdin.
fn written(host: &Host, argument: Option<&str>) -> Result<Arc<SourceFile>> {
    match argument {
        Some(path) if path.ends_with(".sql") && !path.contains(char::is_whitespace) => {
            let full = host.root().join(path);
            if full.exists() {
                return Ok(SourceFile::new(path, std::fs::read_to_string(&full).doing("read", &full)?));
            }
            let shipped = project::shipped(path).ok_or_else(|| {
                Error::new(Kind::Project, format!("there is no file {path}, neither in the project nor in the pack"))
                    .help("forecastle list shows what there is")
            })?;
            Ok(SourceFile::new(path, shipped))
        }
        Some(text) => Ok(SourceFile::new("<query>", text)),
        None if std::io::stdin().is_terminal() => Err(Error::new(Kind::Project, "there is no SQL")
            .help("write it behind the command: forecastle query \"SELECT * FROM crm.deal LIMIT 5\"")),
        None => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text).doing("read SQL from", std::path::Path::new("stdin"))?;
            Ok(SourceFile::new("<stdin>", text))
        }
    }
}

/// Writes rows on stdout.
pub fn print(schema: &SchemaRef, rows: &[RecordBatch], format: Format) -> Result<()> {
    match write(schema, rows, format) {
        // Whoever reads has seen enough: `| head`.
        Err(error) if error.kind == Kind::Io && error.message.contains("Broken pipe") => Ok(()),
        other => other,
    }
}

fn write(schema: &SchemaRef, rows: &[RecordBatch], format: Format) -> Result<()> {
    let bad = |error: &dyn std::fmt::Display| Error::new(Kind::Io, format!("could not write the rows: {error}"));
    let mut out = std::io::stdout();
    match format {
        Format::Table => {
            let options = arrow::util::display::FormatOptions::default().with_null("–");
            let shown = if rows.is_empty() { vec![RecordBatch::new_empty(Arc::clone(schema))] } else { rows.to_vec() };
            let table = pretty_format_batches_with_options(&shown, &options).map_err(|error| bad(&error))?;
            writeln!(out, "{table}").map_err(|error| bad(&error))?;
        }
        Format::Csv => {
            let mut writer = arrow::csv::WriterBuilder::new().with_header(true).build(&mut out);
            let shown = if rows.is_empty() { vec![RecordBatch::new_empty(Arc::clone(schema))] } else { rows.to_vec() };
            for batch in shown {
                writer.write(&without_formulas(&batch)).map_err(|error| bad(&error))?;
            }
        }
        Format::Json => {
            let mut writer = arrow::json::WriterBuilder::new()
                .with_explicit_nulls(true)
                .build::<_, arrow::json::writer::LineDelimited>(&mut out);
            for batch in rows {
                writer.write(batch).map_err(|error| bad(&error))?;
            }
            writer.finish().map_err(|error| bad(&error))?;
        }
        Format::Parquet => {
            let mut writer = parquet::arrow::ArrowWriter::try_new(&mut out, Arc::clone(schema), None)
                .map_err(|error| bad(&error))?;
            for batch in rows {
                writer.write(batch).map_err(|error| bad(&error))?;
            }
            writer.close().map_err(|error| bad(&error))?;
        }
    }
    Ok(())
}

/// A spreadsheet takes a text that opens with one of these for a formula; an apostrophe before it makes it text.
fn without_formulas(batch: &RecordBatch) -> RecordBatch {
    let safe = |column: &ArrayRef| -> ArrayRef {
        if column.data_type() != &DataType::Utf8 {
            return Arc::clone(column);
        }
        let texts = column.as_string::<i32>().iter();
        Arc::new(
            texts
                .map(|text| {
                    text.map(|text| {
                        if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
                            format!("'{text}")
                        } else {
                            text.to_owned()
                        }
                    })
                })
                .collect::<StringArray>(),
        )
    };
    RecordBatch::try_new(batch.schema(), batch.columns().iter().map(safe).collect()).unwrap_or_else(|_| batch.clone())
}
