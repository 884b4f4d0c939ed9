//! A pipeline: one YAML job, as it is written and as the program runs on it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::de::Visitor;
use serde::{Deserialize, Deserializer};

use super::schema::one_of;
use super::setting;
use crate::calendar::{Calendar, Month};
use crate::exports::{Csv, Format, Json, NdJson, Parquet, Xlsx};
use crate::holiday::Holidays;
use crate::lake::{Keep, TableName};
use crate::path;
use crate::problem::{Problem, SourceFile};
use crate::yaml::{self, Document};

/// One job: which exports fill which tables, and which reports come of it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pipeline {
    /// The pipeline's name: `forecastle run NAME`.
    #[serde(rename = "pipeline")]
    pub name: String,
    /// What the job is for, in a sentence.
    pub description: Option<String>,
    /// An IANA time zone, in which a moment becomes a day.
    pub timezone: TimeZone,
    /// The fiscal year's first month; the year is named by the calendar year in which it ends.
    #[serde(default = "january")]
    pub fiscal_year_starts: Month,
    /// The reporting currency.
    pub currency: Currency,
    /// Days of the working week on which nobody works: `2026-11-26`, or `12-25` for every year. `business_days` leaves them
    /// out.
    #[serde(default)]
    pub holidays: Holidays,
    /// Thresholds and rules of the company, which SQL asks for by `setting('silent_days')` and reads as `setting.lead_rule`;
    /// `forecastle settings` lists them.
    #[serde(default)]
    pub settings: setting::Values,
    /// The lake's folder, from the project's root.
    #[serde(default = "lake_folder")]
    pub lake: String,
    /// Where reports and artifacts go, from the project's root.
    #[serde(default = "out_folder")]
    pub out: String,
    /// Whether a run ends by writing each table's newest rows to `latest/` in the lake, for readers outside.
    #[serde(default = "is_on")]
    pub latest: bool,
    #[serde(default)]
    pub pack: Pack,
    /// Where the tables' exports come from.
    #[serde(default)]
    pub sources: Vec<Source>,
    /// The reports of a run, by name.
    #[serde(default)]
    pub reports: Vec<String>,
}

/// Whether the shipped tables, models, checks and reports lie under the project's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Pack {
    /// They lie under the project's own.
    #[default]
    Shipped,
    /// There is nothing but the project's own.
    None,
}

/// Where one declared table's export comes from and how its columns become the table's.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = one_of(&["csv", "ndjson", "json", "parquet", "xlsx"])))]
pub struct Source {
    /// The declared table that it fills.
    pub table: TableName,
    pub csv: Option<Csv>,
    pub ndjson: Option<NdJson>,
    pub json: Option<Json>,
    pub parquet: Option<Parquet>,
    pub xlsx: Option<Xlsx>,
    #[serde(default)]
    pub export: Export,
    /// Table column to a header of the export, or to a SQL expression over the export's columns.
    pub map: BTreeMap<String, String>,
    /// A SQL condition over the export's columns; rows for which it is not true are left out and counted.
    #[serde(rename = "where")]
    pub condition: Option<String>,
    /// Where a row of the export holds several of the table: what each of these is mapped from, beside what `map` says
    /// of all of them. Without any, a row of the export is one of the table.
    #[serde(default)]
    pub rows: Vec<Row>,
    #[serde(default)]
    pub rejects: Rejects,
    #[serde(default)]
    pub volume: Volume,
    /// Which past days' snapshots a run leaves as whole files in `snapshots/` of the lake, for readers outside; history
    /// holds every day without it.
    pub keep: Option<Keep>,
    /// Without it the run makes no commit when this source fails.
    #[serde(default = "yes")]
    pub required: bool,
}

impl Source {
    /// How the export is written; `None` when no format stands in the YAML, which `validate` refuses.
    pub fn format(&self) -> Option<Format> {
        let Self { csv, ndjson, json, parquet, xlsx, .. } = self.clone();
        csv.map(Format::Csv)
            .or(ndjson.map(Format::NdJson))
            .or(json.map(Format::Json))
            .or(parquet.map(Format::Parquet))
            .or(xlsx.map(Format::Xlsx))
    }

    fn formats(&self) -> usize {
        [self.csv.is_some(), self.ndjson.is_some(), self.json.is_some(), self.parquet.is_some(), self.xlsx.is_some()]
            .iter()
            .filter(|given| **given)
            .count()
    }
}

/// One of several rows that a row of an export holds.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// As the source's own `map`.
    pub map: BTreeMap<String, String>,
    /// Rows of the export for which it is not true do not hold this one.
    #[serde(rename = "where")]
    pub condition: Option<String>,
}

/// What an export holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Export {
    /// Every row: what is absent was deleted.
    #[default]
    Full,
    /// New and changed rows: what is absent is unchanged.
    Changes,
}

/// How many rows of an export may be rejected before the source fails.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rejects {
    /// The source fails when more than this share of its rows is rejected.
    pub limit: Share,
}

impl Default for Rejects {
    fn default() -> Self {
        Self { limit: Share(0.01) }
    }
}

/// How far a full export may differ in rows from the table before it.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Volume {
    /// The source fails when more than this share of the rows is gone.
    pub drop: Share,
    /// The source fails when more than this share of rows came on top; no limit by default.
    pub grow: Option<Share>,
}

impl Default for Volume {
    fn default() -> Self {
        Self { drop: Share(0.5), grow: None }
    }
}

/// A share of rows, written `1%` or `0.01`.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, JsonSchema)]
#[schemars(extend("type" = ["string", "number"], "pattern" = r"^\s*[0-9.]+\s*%$", "minimum" = 0, "examples" = ["1%", 0.01]))]
pub struct Share(#[schemars(with = "serde_json::Value")] pub f64);

impl<'de> Deserialize<'de> for Share {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Written;

        impl Visitor<'_> for Written {
            type Value = Share;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a share of rows like `1%` or `0.01`")
            }

            fn visit_f64<E: serde::de::Error>(self, share: f64) -> Result<Share, E> {
                let wrong = || E::custom("this is no share of rows; write it like `1%` or `0.01`");
                Some(share).filter(|share| share.is_finite() && *share >= 0.0).map(Share).ok_or_else(wrong)
            }

            // A bare 1 may be meant as one percent or as all.
            fn visit_u64<E: serde::de::Error>(self, share: u64) -> Result<Share, E> {
                match share {
                    0 => Ok(Share(0.0)),
                    _ => Err(E::custom(format!(
                        "`{share}` may be meant as a percentage or as a share; write it like `1%` or `0.01`"
                    ))),
                }
            }

            fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<Share, E> {
                Err(E::custom("this is no share of rows; write it like `1%` or `0.01`"))
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Share, E> {
                let percent = text.strip_suffix('%').and_then(|number| number.trim().parse::<f64>().ok());
                self.visit_f64(percent.map_or(f64::NAN, |percent| percent / 100.0))
            }
        }

        deserializer.deserialize_any(Written)
    }
}

/// An ISO 4217 currency code.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
#[schemars(extend("pattern" = "^[A-Z]{3}$", "examples" = ["USD"]))]
pub struct Currency(pub String);

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase()) {
            Ok(Self(text))
        } else {
            Err(serde::de::Error::custom(format!(
                "`{text}` is no currency code; write the ISO code of three capitals, like `USD`"
            )))
        }
    }
}

/// A time zone of the IANA database.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(extend("examples" = ["America/New_York", "UTC"]))]
pub struct TimeZone(#[schemars(with = "String")] pub jiff::tz::TimeZone);

impl<'de> Deserialize<'de> for TimeZone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        // The bundled database, so that a page does not depend on what the host has installed.
        jiff::tz::TimeZoneDatabase::bundled().get(&name).map(Self).map_err(|_| {
            serde::de::Error::custom(format!(
                "`{name}` is no IANA time zone; write one like `America/New_York` or `UTC`"
            ))
        })
    }
}

fn january() -> Month {
    Month::January
}

fn lake_folder() -> String {
    "lake".to_owned()
}

fn is_on() -> bool {
    true
}

fn out_folder() -> String {
    "out".to_owned()
}

fn yes() -> bool {
    true
}

impl Pipeline {
    pub fn calendar(&self) -> Calendar {
        Calendar { year_starts: self.fiscal_year_starts }
    }
}

/// A pipeline with the file it was read from.
#[derive(Debug, Clone)]
pub struct PipelineFile {
    pub pipeline: Pipeline,
    pub document: Document,
}

/// Reads a pipeline's file: every mistake that can be seen without the rest of the project.
pub fn parse(source: &Arc<SourceFile>) -> Result<PipelineFile, Vec<Problem>> {
    let document = yaml::parse(source, 0..source.text.len())?;
    let pipeline: Pipeline = document.read()?;
    let mut problems = Vec::new();
    for folder in ["lake", "out"] {
        let path = if folder == "lake" { &pipeline.lake } else { &pipeline.out };
        let place = || document.place(&path![folder]);
        if !stays_inside(path) {
            problems.push(
                Problem::error(place(), format!("`{folder}` must be a folder inside the project"))
                    .help(format!("write a relative path without `..`, like `{folder}`")),
            );
        }
        let first = path.trim_start_matches("./").split('/').next().unwrap_or_default();
        if ["pipelines", "sql", "reports"].contains(&first) {
            problems.push(
                Problem::error(place(), format!("`{first}` holds the project's own files"))
                    .help(format!("name a folder of its own, like `{folder}`")),
            );
        }
    }
    for (index, written) in pipeline.sources.iter().enumerate() {
        let here = path!["sources", index];
        for (block, key, share) in
            [("rejects", "limit", written.rejects.limit), ("volume", "drop", written.volume.drop)]
        {
            if share.0 > 1.0 {
                let place = document.place(&path!["sources", index, block, key]);
                problems
                    .push(Problem::error(place, format!("`{key}` is more than all rows")).help("write at most `100%`"));
            }
        }
        if written.keep == Some(Keep::default()) {
            let place = document.place(&path!["sources", index, "keep"]);
            let found = Problem::error(place, "`keep` does not say how many snapshots");
            problems.push(found.help("write `keep: {daily: 14}`, `keep: {monthly: 12}` or both, or leave it out"));
        }
        if written.formats() != 1 {
            let found = Problem::error(
                document.key_place(&here),
                format!("the source of `{}` needs one format", written.table),
            );
            problems.push(found.help("add one of `csv:`, `ndjson:`, `json:`, `parquet:`, `xlsx:`, like `csv: {path: \"exports/{day}/Deal.csv\"}`"));
        }
        if let Some(earlier) = pipeline.sources[..index].iter().position(|other| other.table == written.table) {
            let found = Problem::error(
                document.place(&path!["sources", index, "table"]),
                format!("`{}` is filled by source {} already", written.table, earlier + 1),
            );
            problems.push(found.help("a table has one source; several files of the same shape are one source with a pattern like `deals_*.csv`"));
        }
    }
    if problems.is_empty() { Ok(PipelineFile { pipeline, document }) } else { Err(problems) }
}

/// What a pipeline that cannot be read says of the pack, so that what else is told of the project is told of the right
/// files.
pub fn pack_of_broken(source: &Arc<SourceFile>) -> Pack {
    #[derive(Deserialize)]
    struct OnlyPack {
        #[serde(default)]
        pack: Pack,
    }

    let read = match yaml::parse(source, 0..source.text.len()) {
        Ok(document) => serde_yaml::from_value(document.value().clone()),
        // Of a text that is no YAML as a whole, this one line may be.
        Err(_) => {
            let line = source.text.lines().find(|line| line.starts_with("pack:"));
            serde_yaml::from_str(line.unwrap_or_default())
        }
    };
    read.map_or_else(|_| Pack::default(), |OnlyPack { pack }| pack)
}

/// Whether a relative path stays under the folder that it starts from.
pub fn stays_inside(path: &str) -> bool {
    let path = std::path::Path::new(path);
    !path.as_os_str().is_empty()
        && path.components().all(|part| matches!(part, std::path::Component::Normal(_) | std::path::Component::CurDir))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pipeline_that_cannot_be_read_still_says_whether_it_wants_the_pack() {
        let says = |text: &str| pack_of_broken(&SourceFile::new("pipelines/nightly.yaml", text));
        for without in [
            "pipeline: nightly\npack: none\nsuorces: []\n",
            "pipeline: nightly\npack: \"none\" # no shipped files\nsuorces: []\n",
            "{pipeline: nightly, pack: none, suorces: []}\n",
            // No YAML: the rest cannot be parsed.
            "pipeline: nightly: x\npack: none # no shipped files\n",
            "pipeline: [nightly\npack: 'none'\n",
        ] {
            assert_eq!(says(without), Pack::None, "{without}");
        }
        for with in [
            "",
            "pipeline: nightly\nsuorces: []\n",
            "pipeline: nightly\npack: nnoe\n",
            "pipeline: nightly\ndescription: |\n  pack: none\n",
            "pipeline: nightly: x\n",
            "- pack: none\n",
        ] {
            assert_eq!(says(with), Pack::Shipped, "{with}");
        }
    }
}
