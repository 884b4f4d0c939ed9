//! Forecastle turns the nightly exports of a CRM into reports that a sales leadership can trust.
//!
//! # The way of the data
//!
//! ```text
//!  exports ──▶ ingest ──▶ lake ──▶ models ──▶ checks ──▶ reports
//!  CSV, JSON    map, cast   Parquet   SQL        SQL        HTML, Markdown,
//!  XLSX, …      reject      commits   (DataFusion)          CSV, XLSX
//!                  ╰──────── one transaction, one commit ───────╯
//! ```
//!
//! A run is for a *day*. It reads each source's export of that day, stages the rows as declared tables, builds the models
//! over what the lake knew by that day, checks them, answers the reports' queries, publishes all of it as one commit, and
//! then writes the reports.
//!
//! # The modules
//!
//! They are listed below in the order of the data's way, and a module uses only modules listed above it; a test keeps that.
//! The stages `ingest`, `models`, `checks` and `reports` never use each other: they hand over through tables in the lake,
//! and `run` is the only place that knows them all.
//!
//! - [`problem`], [`error`]: what is wrong in a user's file, with its place, and what stops a command
//! - [`hash`]: SHA-256 as text
//! - [`limit`]: how long work may take and how much memory it may use
//! - [`together`]: work on many items, several at once
//! - [`day`], [`calendar`]: the business date and the fiscal periods around it
//! - [`holiday`]: the days on which nobody works
//! - [`yaml`]: YAML as typed values, every mistake with its line and column
//! - [`sql_type`]: the engine's types by the names that SQL has for them
//! - [`exports`]: files of a CRM as batches of text, with the line of every row
//! - [`lake`]: all tables as of every day in one folder, kept as histories of their rows; one atomic commit a night
//! - [`project`]: a project's files, the user's own over the shipped pack, and its pipelines
//! - [`query`]: SQL that is read-only by construction, declared tables, metrics, the engine and its functions
//! - [`catalogue`]: what the project's SQL and reports declare, and who reads whom
//! - [`ingest`]: an export becomes its table's rows of the day, and its rejects
//! - [`models`]: planned without data, built for a day, tested over given rows
//! - [`checks`]: rules whose rows are offenders
//! - [`reports`]: answers and a template become pages, their Markdown, and files of their data
//! - [`draft`]: a first mapping of exports that nobody has described
//! - [`lineage`]: what every column and row comes from, from a page's tile back to a column of an export
//! - [`run`]: the story of a run, and its record
//! - [`docs`]: the project as one page, and as JSON
//! - [`diff`]: what a change of SQL, of day or of commit does to a relation's rows
//! - [`demo`]: a made-up company whose CRM writes exports
//!
//! # What is absent
//!
//! The library never prints, and never reads the clock, the environment or chance: they come in as arguments, so that every
//! run can be repeated. No SQL of a user's writes anything. No query sees a day later than its run's. A run infers
//! nothing from an export. No file becomes visible half written. No network is used.

pub mod problem;
pub mod error;

pub mod hash;
pub mod limit;
pub mod together;
pub mod day;
pub mod calendar;
pub mod holiday;
pub mod yaml;
pub mod sql_type;

pub mod exports;
pub mod lake;
pub mod project;
pub mod query;
pub mod catalogue;

pub mod ingest;
pub mod models;
pub mod checks;
pub mod reports;

pub mod draft;
pub mod lineage;

pub mod run;
pub mod docs;
pub mod diff;
pub mod demo;
