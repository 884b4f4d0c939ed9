//! The whole shipped demo, run once for all tests that only read it.

use std::sync::OnceLock;

use forecastle::run::Record;

use crate::project::TestProject;

/// The demo's newest exported day.
pub const LAST: &str = "2026-11-13";

/// The demo with every exported day in its lake, and what the run that put them there said.
pub fn whole_demo() -> &'static (TestProject, Record) {
    static DEMO: OnceLock<(TestProject, Record)> = OnceLock::new();
    DEMO.get_or_init(|| {
        let project = TestProject::demo(|_| true);
        let record = project.run();
        (project, record)
    })
}
