//! `forecastle diff`: what a change of SQL, of day or of commit does to rows.

use clap::{Args, ValueEnum};

use forecastle::catalogue::{Among, Selector};
use forecastle::day::Day;
use forecastle::diff::{self, Difference, Origin, Side};
use forecastle::error::{Error, Kind, Result};
use forecastle::lake::TableName;
use forecastle::project;
use forecastle::run;

use super::Host;
use super::exit::Outcome;
use super::lineage::name_of;
use super::run::{PROGRAM, last_code, newest_day};
use super::terminal::result;
use super::validate::count;

#[derive(Debug, Args)]
pub struct Arguments {
    /// A model or a table, or models as in `list --select`: kpi.win_rate, kpi.*, tag:NAME; without any all models that the
    /// lake holds
    #[arg(value_name = "MODEL")]
    pub select: Vec<String>,

    /// The day of the rows after; without it the newest that the lake holds
    #[arg(long, value_name = "DAY")]
    pub day: Option<Day>,

    /// What stands before: another day, or the folder of another state of the project; without it the rows that the lake holds
    #[arg(long, value_name = "DAY|DIR")]
    pub against: Option<String>,

    /// Before are the rows as this commit left them, after those that the lake holds now
    #[arg(long, value_name = "NUMBER", conflicts_with = "against", value_parser = clap::value_parser!(u64).range(1..))]
    pub commit: Option<u64>,

    /// The columns that tell rows apart; without them those of the table's key or of the model's `unique` check
    #[arg(long, value_name = "COLUMN,…", value_delimiter = ',')]
    pub key: Vec<String>,

    /// How many rows are shown of each kind
    #[arg(long, default_value_t = 10, value_name = "N")]
    pub limit: usize,

    /// The pipeline whose lake and settings are used; without it the only one, or `nightly`
    #[arg(long, value_name = "NAME")]
    pub pipeline: Option<String>,

    /// How it is written on stdout
    #[arg(long, value_enum, default_value_t = Format::Table, value_name = "FORMAT")]
    pub format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Table,
    /// One document
    Json,
    /// For a pull request
    Markdown,
}

/// What stands before.
enum Against {
    /// The rows that the lake holds.
    Held,
    Day(Day),
    Folder(String),
    Commit(u64),
}

pub async fn diff(host: &Host, arguments: &Arguments) -> Result<Outcome> {
    let project = host.project()?;
    let file = project.pipeline(arguments.pipeline.as_deref())?;
    let prepared = run::prepare(&project, file, &host.environment).await?;
    let lake = super::lake::open(&project, file)?;
    let pin = lake.pin()?;
    let day = arguments.day.map_or_else(|| newest_day(&pin), Ok)?;
    let against = against(arguments)?;
    let among = Among { catalogue: &prepared.catalogue, last_run: &last_code(&project, file)?, may_be_empty: false };
    let (relations, is_all) = relations(&arguments.select, among)?;
    let here =
        Origin { prepared: &prepared, pipeline: &file.pipeline, pin: &pin, day, is_held: false, program: PROGRAM };

    // What stands before may be another project, or another state of the lake.
    let folder = match &against {
        Against::Folder(folder) => {
            let other = project::load(folder.as_ref()).map_err(|_| no_project(folder))?.without_cache();
            let of_other = other.pipeline(Some(&file.pipeline.name))?.clone();
            let prepared = run::prepare(&other, &of_other, &host.environment).await?;
            Some((prepared, of_other))
        }
        _ => None,
    };
    let then = if let Against::Commit(commit) = against { Some(lake.pin_at(commit)?) } else { None };
    let (before, label_before, after, label_after) = match (&against, &folder, &then) {
        (Against::Folder(path), Some((prepared, file)), _) => {
            let name = name_of(path.as_ref()).unwrap_or_else(|| path.clone());
            let before = Origin { prepared, pipeline: &file.pipeline, ..here };
            (before, format!("the SQL of {name}, {day}"), here, format!("the SQL at hand, {day}"))
        }
        (Against::Commit(commit), _, Some(then)) => {
            let before = Origin { pin: then, is_held: true, ..here };
            (
                before,
                format!("commit {commit}, {day}"),
                Origin { is_held: true, ..here },
                format!("commit {}, {day}", pin.commit()),
            )
        }
        (Against::Day(other), ..) => (Origin { day: *other, ..here }, other.to_string(), here, day.to_string()),
        _ => (Origin { is_held: true, ..here }, format!("the lake of {day}"), here, format!("the SQL at hand, {day}")),
    };

    let mut differences = Vec::new();
    let mut same = 0;
    let mut missing = Vec::new();
    for relation in &relations {
        let sides = (side(before, relation, &label_before).await?, side(after, relation, &label_after).await?);
        let (before, after) = match sides {
            (Some(before), Some(after)) => (before, after),
            (lacking, _) if is_all => {
                missing.push((relation, lacking.is_none()));
                continue;
            }
            (lacking, _) => return Err(not_held(relation, lacking.is_none(), &label_before, &label_after)),
        };
        // Rows that the lake holds are those that the SQL would give, where nothing of either has changed since.
        let is_untouched = matches!(against, Against::Held) && before.is_read && after.is_read;
        if is_untouched && is_all {
            same += 1;
            continue;
        }
        let wanted: Vec<String> = arguments.key.iter().map(|column| column.trim().to_lowercase()).collect();
        let wanted = (!wanted.is_empty()).then_some(wanted.as_slice());
        let usual = diff::key_of(&prepared.catalogue, relation);
        let found = diff::compare(relation, &before, &after, &usual, wanted, arguments.limit).await?;
        if is_all && found.is_none() { same += 1 } else { differences.push(found) }
    }
    print(&differences, arguments.format);
    for (relation, is_before) in &missing {
        let label = if *is_before { &label_before } else { &label_after };
        host.terminal.warn(&format!("{relation} is not compared: it is not in {label}"));
    }
    if is_all {
        let differing = differences.len();
        let verb = if differing == 1 { "differs" } else { "differ" };
        host.terminal.say(&format!("{} compared: {differing} {verb}", count(same + differing, "model")));
    }
    Ok(Outcome::Done)
}

/// One side of a relation; `None` where the project or the lake of that side has none of it.
async fn side(origin: Origin<'_>, relation: &TableName, label: &str) -> Result<Option<Side>> {
    let catalogue = &origin.prepared.catalogue;
    if !catalogue.models.contains_key(relation) && !catalogue.tables.contains_key(relation) {
        return Ok(None);
    }
    diff::open(origin, relation, label.to_owned()).await
}

fn not_held(relation: &TableName, is_before: bool, before: &str, after: &str) -> Error {
    let label = if is_before { before } else { after };
    Error::new(Kind::Project, format!("{relation} is not in {label}, so there is nothing to compare"))
        .help("a view and a new model are not in the lake; compare two folders with --against DIR, or two days with --against DAY")
}

fn against(arguments: &Arguments) -> Result<Against> {
    match (&arguments.against, arguments.commit) {
        (_, Some(commit)) => Ok(Against::Commit(commit)),
        (None, None) => Ok(Against::Held),
        (Some(text), None) => match text.parse::<Day>() {
            Ok(day) => Ok(Against::Day(day)),
            Err(_) if std::path::Path::new(text).is_dir() => Ok(Against::Folder(text.clone())),
            Err(_) => Err(no_project(text)),
        },
    }
}

/// What is compared, in the order in which models are built; and whether that is everything.
fn relations(select: &[String], among: Among<'_>) -> Result<(Vec<TableName>, bool)> {
    let catalogue = among.catalogue;
    let (mut tables, mut selectors) = (Vec::new(), Vec::new());
    for written in select {
        match written.parse::<TableName>().ok().filter(|name| catalogue.tables.contains_key(name)) {
            Some(table) => tables.push(table),
            None => {
                selectors.push(written.parse::<Selector>().map_err(|why| Error::new(Kind::Project, why.to_string()))?)
            }
        }
    }
    let is_all = select.is_empty();
    let chosen = match selectors.is_empty() && !is_all {
        true => Default::default(),
        false => Selector::models(&selectors, among)?,
    };
    let models =
        catalogue.order().into_iter().filter(|model| chosen.contains(&model.name) && !(is_all && model.is_view()));
    tables.extend(models.map(|model| model.name.clone()));
    Ok((tables, is_all))
}

fn print(differences: &[Difference], format: Format) {
    match format {
        Format::Json => result(&format!("{:#}", serde_json::json!({"differences": differences}))),
        Format::Table | Format::Markdown => {
            let write = if format == Format::Table { diff::table } else { diff::markdown };
            let told: Vec<String> = differences.iter().map(write).collect();
            if !told.is_empty() {
                result(&told.join("\n\n"));
            }
        }
    }
}

/// A path that is no project.
fn no_project(path: &str) -> Error {
    Error::new(Kind::Project, format!("`{path}` is neither a day nor the folder of a project"))
        .help("write a day like 2026-11-20, or the folder that holds another state of the project")
}
