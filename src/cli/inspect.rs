//! `forecastle list` and `forecastle runs`: what there is, and what was done.

use std::collections::BTreeMap;
use std::io::Write;

use forecastle::catalogue::{self, Among, Selector};
use forecastle::error::{Error, Kind, Result};
use forecastle::lake::Lake;
use forecastle::project::{self, Layer, Materialize, Pack};
use forecastle::run::Record;

use super::Host;
use super::exit::Outcome;
use super::run::last_code;

/// Lists what the project holds, one line each: kind, name, layer, what it is.
pub async fn list(host: &Host, select: &[Selector], may_be_empty: bool) -> Result<Outcome> {
    let project = host.project()?;
    let with_pack = project.pipelines.iter().all(|file| file.pipeline.pack == Pack::Shipped);
    let catalogue = catalogue::load(&project::load_files(&project.root, with_pack)?);
    // With several pipelines none is meant.
    let last_run = project.pipeline(None).map_or_else(|_| Ok(BTreeMap::new()), |file| last_code(&project, file))?;
    let chosen = Selector::models(select, Among { catalogue: &catalogue, last_run: &last_run, may_be_empty })?;
    let everything = select.is_empty();
    let mut lines: Vec<[String; 4]> = Vec::new();
    let layer = |layer: Layer| if layer == Layer::Pack { "pack" } else { "project" }.to_owned();
    if everything {
        for file in &project.pipelines {
            let described = file.pipeline.description.clone().unwrap_or_default();
            lines.push(["pipeline".to_owned(), file.pipeline.name.clone(), "project".to_owned(), described]);
        }
        for (name, table) in &catalogue.tables {
            lines.push(["table".to_owned(), name.to_string(), String::new(), first_comment(&table.sql.text)]);
        }
    }
    for model in catalogue.order().into_iter().filter(|model| chosen.contains(&model.name)) {
        let kind = match model.header.materialize {
            _ if model.is_metric() => "metric",
            Materialize::View => "view",
            Materialize::Table => "model",
            Materialize::Incremental => "incremental",
        };
        let described = model.header.description.clone().unwrap_or_else(|| first_comment(&model.sql.text));
        lines.push([kind.to_owned(), model.name.to_string(), layer(model.layer), described]);
    }
    if everything {
        for check in &catalogue.checks {
            lines.push([
                "check".to_owned(),
                check.name.clone(),
                String::new(),
                check.description.clone().unwrap_or_default(),
            ]);
        }
    }
    for report in catalogue.reports.values().filter(|report| Selector::takes_report(select, &report.name)) {
        lines.push(["report".to_owned(), report.name.clone(), layer(report.layer), report.header.title.clone()]);
    }
    print(&lines);
    catalogue.problems.iter().for_each(|found| host.terminal.problem(found));
    if catalogue.problems.is_empty() {
        Ok(Outcome::Done)
    } else {
        Err(Error::new(Kind::Project, "some files have mistakes and are not listed").help("run forecastle validate"))
    }
}

/// The sentence that heads a file: what one row is.
fn first_comment(sql: &str) -> String {
    let line = sql.lines().find_map(|line| line.trim().strip_prefix("--"));
    line.map(|line| line.trim().to_owned()).unwrap_or_default()
}

/// Lists past runs, newest first.
pub fn runs(host: &Host, limit: usize) -> Result<Outcome> {
    let project = host.project()?;
    let mut lakes: Vec<String> = project.pipelines.iter().map(|file| file.pipeline.lake.clone()).collect();
    lakes.sort();
    lakes.dedup();
    let mut records: Vec<Record> = Vec::new();
    for lake in lakes {
        let root = project.root.join(lake);
        if !root.join("LAKE.json").exists() {
            continue;
        }
        let lake = Lake::open(&root)?;
        for id in lake.run_ids()? {
            records.extend(lake.read_run::<Record>(&id)?);
        }
    }
    records.sort_by(|a, b| b.started_at.cmp(&a.started_at).then_with(|| b.run_id.cmp(&a.run_id)));
    if records.is_empty() {
        host.terminal.say("there were no runs yet");
    }
    let lines: Vec<[String; 4]> = records
        .iter()
        .take(limit)
        .map(|record| {
            let days = match record.days.as_slice() {
                [] => "no day".to_owned(),
                [only] => only.day.to_string(),
                [first, .., last] => format!("{} to {}", first.day, last.day),
            };
            let took =
                record.ended_at.map(|ended| format!("{:.1} s", ended.duration_since(record.started_at).as_secs_f64()));
            let told = [
                Some(record.status.words().to_owned()),
                took,
                record.error.as_ref().and_then(|error| error.lines().next().map(str::to_owned)),
            ];
            [
                record.run_id.clone(),
                record.pipeline.clone(),
                days,
                told.into_iter().flatten().collect::<Vec<_>>().join(", "),
            ]
        })
        .collect();
    print(&lines);
    Ok(Outcome::Done)
}

/// Prints aligned columns; the last one runs free.
pub fn print(lines: &[[String; 4]]) {
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let (a, b, c) = (width(0), width(1), width(2));
    let mut out = std::io::stdout().lock();
    for [first, second, third, last] in lines {
        let text = format!("{first:a$}  {second:b$}  {third:c$}  {last}");
        if writeln!(out, "{}", text.trim_end()).is_err() {
            return;
        }
    }
}
