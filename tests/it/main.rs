//! The project as its users meet it: small projects in folders of their own, run through the library, and a few times
//! through the program. `TestProject` is the one fixture.
//!
//! Tests on real data look for it in `FORECASTLE_DATA`, else in `../shared/data`; tests against the oracle need
//! `python3`. Where either is absent such a test names itself as skipped; where `CI` is set it fails.

mod needed;
mod oracle;
mod project;
mod rows;
mod shared;

mod checks;
mod command;
mod crm;
mod demo;
mod diff;
mod docs;
mod exports;
mod formats;
mod functions;
mod history;
mod killed;
mod known;
mod known_answers;
mod lake;
mod layers;
mod limits;
mod lineage;
mod metrics;
mod mistakes;
mod models;
mod module_order;
mod movement;
mod partitions;
mod past;
mod prompt;
mod questions;
mod rebuilt;
mod repeated;
mod reports;
mod report_files;
mod schemas;
mod settings;
mod tested;
mod together;
mod watch;
