//! The commands and their options.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use forecastle::catalogue::Selector;
use forecastle::day::Day;
use forecastle::limit::{Memory, Timeout};
use forecastle::project::schema::Kind;

const EXIT_CODES: &str = "\
Exit codes: 0 done · 3 done, but checks or tests failed, or a report is not what the lake gives · 4 data committed, but a report failed
            1 a source or model failed · 2 the project or the command is wrong, nothing ran · 75 busy, try later · 74 disk or network · 65 the lake is damaged";

/// Turns the nightly exports of a CRM into reports, and tells how far they can be trusted.
#[derive(Debug, Parser)]
#[command(name = "forecastle", version, after_help = EXIT_CODES, max_term_width = 110, arg_required_else_help = true)]
pub struct Arguments {
    /// The project's folder; without it the one at hand, or the nearest above it with `pipelines/`
    #[arg(long, global = true, value_name = "DIR")]
    pub project: Option<PathBuf>,

    /// How messages are written on stderr
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text, value_name = "FORMAT")]
    pub log_format: LogFormat,

    /// Check all SQL anew, and leave what is known of it from before (in .forecastle/) as it is
    #[arg(long, global = true)]
    pub no_cache: bool,

    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people
    Text,
    /// One JSON object per line
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ProblemFormat {
    /// Each with its line and a caret
    Text,
    /// One array of {severity, message, help, file, line, column, end_line, end_column}: lines and columns from 1, columns
    /// in characters, the end exclusive
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SettingsFormat {
    /// For people
    Text,
    /// One array of {sql, name, value, default, unit, description, allowed, set_at}
    Json,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a new project: for a CRM, from exports that you have, or with a demo
    Init(Init),
    /// Copy a file of the shipped pack into the project, to change it there
    Eject {
        /// A path of the pack, like sql/kpi/win_rate.sql; without it all paths are listed
        path: Option<String>,
    },
    /// Check everything without data: YAML, SQL with types, templates, and the headers of exports that are there
    Validate(Validate),
    /// Print the JSON Schema of a kind of YAML, by which editors complete and check it; without one, list the kinds
    Schema {
        /// Of which YAML
        kind: Option<Kind>,

        /// Write all of them into this folder instead, as pipeline.schema.json and so on
        #[arg(long, value_name = "DIR", conflicts_with = "kind")]
        write: Option<PathBuf>,
    },
    /// List the functions that SQL can call, or show one with its formula and an example
    Functions {
        /// One of them, of the product, of sql/function/ or of the engine
        name: Option<String>,
    },
    /// List the thresholds and rules that the pipeline decides for all SQL, or show one
    Settings {
        /// One of them, like silent_days or lead_rule
        name: Option<String>,

        /// The pipeline that says them; without it the only one, or `nightly`
        #[arg(long, value_name = "NAME")]
        pipeline: Option<String>,

        /// How they are written on stdout
        #[arg(long, value_enum, default_value_t = SettingsFormat::Text, value_name = "FORMAT")]
        format: SettingsFormat,
    },
    /// Test models over the rows that lie beside them in .test.yaml files, without exports and lake
    Test {
        /// Only these models, as in `list --select`: kpi.win_rate, kpi.*, tag:NAME, path:sql/kpi
        #[arg(value_name = "MODEL")]
        select: Vec<Selector>,

        /// The pipeline whose settings are used; without it the only one, or `nightly`
        #[arg(long, value_name = "NAME")]
        pipeline: Option<String>,

        /// Let a selection of nothing pass
        #[arg(long)]
        allow_empty: bool,
    },
    /// Check the project again on each save, and run it where that is wished; Ctrl-C ends it
    Watch(Watch),
    /// Run a pipeline: exports into the lake, models, checks, reports
    Run(Run),
    /// Ask the lake in SQL; without an argument at a prompt, or of stdin where that is no terminal
    Query(Query),
    /// Show a metric, sliced; without a name, list all that are defined
    Metric(Metric),
    /// List tables, models, metrics, checks and reports
    List {
        /// Only these: kpi.win_rate, kpi.*, tag:NAME, path:sql/kpi, source:crm.deal+, report:NAME, state:modified, state:new;
        /// `+` adds what they read (+a, 2+a) or what reads them (a+, a+1), `@a` both; a space means or, a comma and
        #[arg(long, value_name = "SELECTOR")]
        select: Vec<Selector>,

        /// All but these
        #[arg(long, value_name = "SELECTOR")]
        exclude: Vec<Selector>,

        /// Let a selection of nothing pass
        #[arg(long)]
        allow_empty: bool,
    },
    /// Show what a column, model, table or report comes from, back to the exports; or what comes of it
    Lineage(super::lineage::Arguments),
    /// Show what changed SQL does to the rows of models; or another day, another folder's SQL, or what a commit did
    Diff(super::diff::Arguments),
    /// Write the project down as one page, out/docs/index.html, and as JSON, out/artifacts/catalogue.json
    Docs {
        /// The pipeline whose `out` folder is used; without it the only one, or `nightly`
        #[arg(long, value_name = "NAME")]
        pipeline: Option<String>,
    },
    /// Show past runs, newest first
    Runs {
        /// How many
        #[arg(long, default_value_t = 20, value_name = "N")]
        limit: usize,
    },
    /// List the pages that were made, or verify that one is what the lake gives, to the byte
    Report(super::report::Arguments),
    /// Look after the lake: what its commits did, whether all of it is whole, what may go
    Lake(Lake),
}

#[derive(Debug, Args)]
pub struct Lake {
    /// The pipeline whose lake it is; without it the only one, or `nightly`
    #[arg(long, global = true, value_name = "NAME")]
    pub pipeline: Option<String>,

    #[command(subcommand)]
    pub care: Care,
}

#[derive(Debug, Subcommand)]
pub enum Care {
    /// Show what each commit added, replaced and removed, newest first, and which were corrections of the past
    Log {
        /// How many commits
        #[arg(long, default_value_t = 20, value_name = "N")]
        limit: usize,

        /// How they are written on stdout
        #[arg(long, value_enum, default_value_t = Format::Table, value_name = "FORMAT")]
        format: Format,
    },
    /// Look whether the lake holds what was committed: every hash, every file, every day of every table
    Verify,
    /// Remove data files that only old commits name: noted by one call, removed by the first after the grace
    Gc {
        /// Keep what was current within so many days, and wait as long before what was noted is removed
        #[arg(long, default_value_t = 7, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(..=36500))]
        grace: u32,

        /// List what would be removed or noted, and do nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Mend what can be mended without guessing, and say what to do about the rest
    Repair,
}

#[derive(Debug, Args)]
pub struct Init {
    /// The new project's folder
    #[arg(default_value = ".")]
    pub folder: PathBuf,

    /// With the mapping of a CRM: salesforce, salesforce_report, hubspot, pipedrive, odoo, dynamics; says what to export
    #[arg(long, value_name = "NAME", conflicts_with_all = ["from", "demo"])]
    pub crm: Option<String>,

    /// With a mapping guessed from an export, each line with what speaks for it; several for several tables, and
    /// crm.deal=FILE for one whose name does not say what it is
    #[arg(long, value_name = "FILE", conflicts_with = "demo")]
    pub from: Vec<String>,

    /// With the exports of a made-up company, ready to run
    #[arg(long)]
    pub demo: bool,

    /// What the demo's chance is drawn from: the same seed makes the same files
    #[arg(long, requires = "demo", value_name = "NUMBER")]
    pub seed: Option<u64>,

    /// About how many deals the demo has
    #[arg(long, requires = "demo", value_name = "N")]
    pub deals: Option<u32>,

    /// How many people sell in the demo
    #[arg(long, requires = "demo", value_name = "N")]
    pub reps: Option<u32>,

    /// The demo's first export
    #[arg(long, requires = "demo", value_name = "DAY")]
    pub first_day: Option<Day>,

    /// The demo's last export
    #[arg(long, requires = "demo", value_name = "DAY")]
    pub last_day: Option<Day>,

    /// From this day on the demo has an export every working day, before that every Monday
    #[arg(long, requires = "demo", value_name = "DAY")]
    pub daily_from: Option<Day>,
}

#[derive(Debug, Args)]
pub struct Watch {
    /// The pipeline to check and to run; without it all are checked, and the only one, or `nightly`, is run
    pub pipeline: Option<String>,

    /// After each save without a mistake build what changed and make the reports
    #[arg(long)]
    pub run: bool,

    /// Build and make this report only
    #[arg(long, value_name = "NAME")]
    pub report: Option<String>,

    /// The day to run; without it the newest that the lake holds
    #[arg(long, value_name = "DAY")]
    pub day: Option<Day>,
}

#[derive(Debug, Args)]
pub struct Validate {
    /// Check for this pipeline only
    pub pipeline: Option<String>,

    /// How problems are told: for people on stderr, or for editors on stdout
    #[arg(long, value_enum, default_value_t = ProblemFormat::Text, value_name = "FORMAT")]
    pub format: ProblemFormat,

    /// Tell also how many SQL statements were planned, and how many were known to be right from before
    #[arg(long, short)]
    pub verbose: bool,
}

#[derive(Debug, Default, Args)]
pub struct Run {
    /// The pipeline's name; without it the only one, or `nightly`
    pub pipeline: Option<String>,

    /// Run this day; without it every exported day that the lake lacks, oldest first
    #[arg(long, value_name = "DAY", conflicts_with_all = ["from", "to"])]
    pub day: Option<Day>,

    /// Run the exported days from this one
    #[arg(long, value_name = "DAY")]
    pub from: Option<Day>,

    /// Run the exported days up to this one
    #[arg(long, value_name = "DAY")]
    pub to: Option<Day>,

    /// Build only these models, make only these reports: kpi.win_rate, kpi.*, tag:NAME, path:sql/kpi, source:crm.deal+,
    /// report:NAME, state:modified, state:new; `+` adds what they read (+a, 2+a) or what reads them (a+, a+1), `@a` both; a space means or, a comma and
    #[arg(long, value_name = "SELECTOR")]
    pub select: Vec<Selector>,

    /// Build and make all but these
    #[arg(long, value_name = "SELECTOR")]
    pub exclude: Vec<Selector>,

    /// Let a selection of nothing pass, as of `state:modified` where nothing was
    #[arg(long)]
    pub allow_empty: bool,

    /// Load the exports and do no more: for years of old exports
    #[arg(long, conflicts_with_all = ["select", "exclude"])]
    pub sources_only: bool,

    /// Compute all days of the incremental models anew, those that were corrected or computed by other SQL among them
    #[arg(long, conflicts_with = "sources_only")]
    pub full_refresh: bool,

    /// List the keys of the rows that break a check
    #[arg(long)]
    pub show_offenders: bool,

    /// Tell what would be done, and do nothing
    #[arg(long)]
    pub dry_run: bool,
}

#[derive(Debug, Args)]
pub struct Query {
    /// A SELECT, or the path of a .sql file of the project or the pack
    pub sql: Option<String>,

    /// Show the offenders of this check instead, like sales.deal/unique(deal_id)
    #[arg(long, value_name = "NAME", conflicts_with = "sql")]
    pub check: Option<String>,

    /// See the tables as of this day; without it as of the newest that the lake holds
    #[arg(long, value_name = "DAY")]
    pub day: Option<Day>,

    /// See the lake as this commit left it: what was known then; without it what is known now
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    pub commit: Option<u64>,

    /// The pipeline whose lake and settings are used; without it the only one, or `nightly`
    #[arg(long, value_name = "NAME")]
    pub pipeline: Option<String>,

    #[command(flatten)]
    pub limits: Limits,

    /// How rows are written on stdout
    #[arg(long, value_enum, default_value_t = Format::Table, value_name = "FORMAT")]
    pub format: Format,
}

/// What a question may take.
#[derive(Debug, Clone, Copy, Args)]
pub struct Limits {
    /// Break the query off when it takes longer: 30s, 10m
    #[arg(long, default_value = "60s", value_name = "TIME")]
    pub timeout: Timeout,

    /// Break the query off when it and its result need more memory: 512MiB, 4GiB
    #[arg(long, default_value = "1GiB", value_name = "SIZE")]
    pub memory: Memory,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Aligned columns
    Table,
    Csv,
    /// One object per line
    Json,
    Parquet,
}

#[derive(Debug, Args)]
pub struct Metric {
    /// The metric, like win_rate; without it all are listed
    pub name: Option<String>,

    /// Slice by these dimensions, with commas between them
    #[arg(long, value_name = "DIMENSION", value_delimiter = ',', requires = "name")]
    pub by: Vec<String>,

    /// A figure for each day, week, month, quarter or year; months and longer are fiscal
    #[arg(long, value_name = "GRAIN", requires = "name")]
    pub grain: Option<String>,

    /// Only what meets this condition over dimensions, like "region = 'EMEA'"
    #[arg(long = "where", value_name = "CONDITION", requires = "name")]
    pub condition: Option<String>,

    /// From this day on; with a grain, from the period that holds it
    #[arg(long, value_name = "DAY", requires = "name")]
    pub from: Option<Day>,

    /// Up to this day; with a grain, to the end of the period that holds it
    #[arg(long, value_name = "DAY", requires = "name")]
    pub to: Option<Day>,

    /// Over so many days up to the end of each period, or up to the day
    #[arg(long, value_name = "DAYS", requires = "name")]
    pub trailing: Option<u32>,

    /// Beside it the previous period, the same of last year, or the target: previous, last_year, target
    #[arg(long, value_name = "WITH", value_delimiter = ',', requires = "name")]
    pub compare: Vec<String>,

    /// As known on this day; without it on the newest that the lake holds
    #[arg(long, value_name = "DAY")]
    pub day: Option<Day>,

    /// The pipeline whose lake and settings are used; without it the only one, or `nightly`
    #[arg(long, value_name = "NAME")]
    pub pipeline: Option<String>,

    #[command(flatten)]
    pub limits: Limits,

    /// How it is written on stdout
    #[arg(long, value_enum, default_value_t = MetricFormat::Table, value_name = "FORMAT")]
    pub format: MetricFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum MetricFormat {
    /// Aligned columns, rounded for people
    Table,
    Csv,
    /// One object per line
    Json,
    /// A line drawn over the periods, one for each slice
    Line,
}

/// What was selected and what was excluded, as one list.
pub fn selectors(select: &[Selector], exclude: &[Selector]) -> Vec<Selector> {
    select.iter().cloned().chain(exclude.iter().cloned().map(Selector::excluding)).collect()
}
