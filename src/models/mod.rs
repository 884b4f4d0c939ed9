//! Models: planned without data, then built in the order of what they read.
//!
//! `plan` is what `validate` runs: each planned schema feeds the next model. `build` writes one model's rows
//! for the run's day; which models may be built at the same time is the run's matter. `test` runs models over rows that a test
//! gives, without a lake.

mod build;
mod metric;
pub mod partition;
mod plan;
pub mod test;

pub use build::{Fingerprints, build, register_declared, register_model, register_view};
pub use plan::plan;
