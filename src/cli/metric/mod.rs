//! `forecastle metric`: the figures that are defined, and one of them sliced.

mod line;
mod shown;

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;

use forecastle::catalogue::Catalogue;
use forecastle::error::{Error, Kind, Result};
use forecastle::problem::{self, SourceFile};
use forecastle::project::MetricSlice;
use forecastle::query::Sql;
use forecastle::run;

use super::Host;
use super::args::{self, Format, MetricFormat};
use super::exit::Outcome;
use super::terminal::result;
use super::{inspect, query, rows};

pub async fn metric(host: &Host, arguments: &args::Metric) -> Result<Outcome> {
    let project = host.project()?;
    let file = project.pipeline(arguments.pipeline.as_deref())?;
    let prepared = run::prepare(&project, file, &host.environment).await?;
    let Some(name) = &arguments.name else {
        list(host, &prepared.catalogue);
        return Ok(Outcome::Done);
    };
    let metrics = &prepared.catalogue.metrics;
    let Some(metric) = metrics.known.get(&name.to_lowercase()) else {
        let found = Error::new(Kind::Project, format!("there is no metric `{name}`"));
        return Err(found.help(problem::did_you_mean(name, metrics.ids())));
    };
    if arguments.format == MetricFormat::Line && arguments.grain.is_none() {
        return Err(Error::new(Kind::Project, "a line is drawn over periods, and there is no grain")
            .help("add one, as in --grain month"));
    }
    let slice = MetricSlice {
        by: arguments.by.clone(),
        grain: arguments.grain.clone(),
        condition: arguments.condition.clone(),
        from: arguments.from,
        to: arguments.to,
        trailing: arguments.trailing,
        compare: arguments.compare.clone(),
    };
    let order: Vec<String> = arguments
        .by
        .iter()
        .map(|dimension| format!("\"{}\"", dimension.to_lowercase().replace('"', "\"\"")))
        .chain(arguments.grain.iter().map(|_| "period_start".to_owned()))
        .map(|column| format!("{column} NULLS LAST"))
        .collect();
    let ordered = if order.is_empty() { String::new() } else { format!("\nORDER BY {}", order.join(", ")) };
    let text = format!("SELECT * FROM {}{ordered}", slice.call(&metric.id));
    let sql = Sql::file(&SourceFile::new("<metric>", text));
    let seen = query::Seen::open(&project, file, arguments.day, None)?;
    seen.tell_if_later(host);
    let run::Answer { schema, rows, warnings: _ } =
        query::answer(file, &prepared, &sql, &seen, arguments.limits).await?;
    let format = match arguments.format {
        MetricFormat::Csv => Format::Csv,
        MetricFormat::Json => Format::Json,
        MetricFormat::Table | MetricFormat::Line => {
            let failed = |error| Error::new(Kind::Io, format!("could not read the rows: {error}"));
            let rows: RecordBatch = concat_batches(&schema, &rows).map_err(failed)?;
            host.terminal.say(&format!("{}: {}", metric.header.label, metric.header.description));
            let unit = metric.header.unit;
            let lines = match arguments.format {
                MetricFormat::Line => line::draw(&rows, &arguments.by, unit, line::Signs::of(host)),
                _ => shown::table(&rows, unit),
            };
            lines.iter().for_each(|line| result(line));
            return Ok(Outcome::Done);
        }
    };
    rows::print(&schema, &rows, format)?;
    Ok(Outcome::Done)
}

/// Every metric: its id, unit, label, and what it can be sliced by.
fn list(host: &Host, catalogue: &Catalogue) {
    let metrics = &catalogue.metrics;
    let line = |metric| {
        let dimensions = metrics.dimensions(metric).join(", ");
        [metric.id.clone(), metric.header.unit.name().to_owned(), metric.header.label.clone(), dimensions]
    };
    let lines: Vec<[String; 4]> = metrics.known.values().map(line).collect();
    if lines.is_empty() {
        host.terminal.say("there are no metrics: sql/metric/win_rate.sql would define win_rate");
    }
    inspect::print(&lines);
}
