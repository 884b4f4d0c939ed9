//! Queries that would take for ever, or all memory.

use std::time::{Duration, Instant};

use crate::command::Program;
use crate::project::TestProject;

fn project() -> TestProject {
    let project = TestProject::small();
    project.deals("2026-11-02", &["1,ann,Qualify,Open,100,2026-10-01"]);
    project.run();
    project
}

#[test]
fn a_query_without_an_end_is_broken_off_in_time_and_says_what_to_do() {
    let project = project();
    let program = Program::in_folder(project.root());
    for sql in [
        "SELECT count(*) FROM generate_series(1, 10000000) AS a, generate_series(1, 10000000) AS b WHERE a.value * b.value = -1",
        "SELECT sum(a.value) FROM generate_series(1, 10000000) AS a CROSS JOIN generate_series(1, 10000000) AS b",
        "WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t) SELECT count(*) FROM t WHERE n < 0",
        "SELECT count(DISTINCT value % 7) FROM generate_series(1, 1000000000000)",
    ] {
        let started = Instant::now();
        let said = program.runs_to(1, &["query", "--timeout", "1s", sql]);
        assert!(started.elapsed() < Duration::from_secs(60), "{sql} took {:?}", started.elapsed());
        assert!(said.stderr.starts_with("error: the query did not end within 1s\n"), "{sql}: {}", said.stderr);
        assert!(said.stderr.contains("a join without its condition or a recursion without an end"), "{}", said.stderr);
        assert!(said.stderr.contains("--timeout 10m") && said.stdout.is_empty(), "{}", said.stderr);
    }
}

#[test]
fn a_query_that_needs_more_memory_than_it_may_use_says_so() {
    let project = project();
    let program = Program::in_folder(project.root());
    for (sql, what) in [
        ("SELECT a.value, b.value FROM generate_series(1, 100000) AS a, generate_series(1, 100000) AS b", "the answer"),
        (
            "SELECT count(*) FROM generate_series(1, 3000000) AS a JOIN generate_series(1, 3000000) AS b ON a.value = b.value",
            "the query",
        ),
    ] {
        let said = program.runs_to(1, &["query", "--memory", "16MiB", sql]);
        let wanted = format!(
            "error: {what} needs more than the 16MiB of memory that it may use\nhelp: aggregate sooner, look for a join without its condition, add a LIMIT; or allow more: --memory 4GiB\n"
        );
        assert_eq!(said.stderr, wanted, "{sql}");
    }
    let said = program.runs_to(2, &["query", "--memory", "16", "SELECT 1"]);
    assert!(said.stderr.contains("`16` is no amount of memory: write it like 512MiB or 4GiB"), "{}", said.stderr);
}
