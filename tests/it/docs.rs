//! `forecastle docs`: the project as a page and as JSON.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::command::Program;
use crate::needed::repository;
use crate::project::TestProject;

fn written(project: &TestProject) -> (String, Value) {
    let said = Program::in_folder(project.root()).runs_to(0, &["docs"]);
    assert_eq!(said.stdout, "out/docs/index.html\nout/artifacts/catalogue.json\n");
    let catalogue = serde_json::from_str(&project.read("out/artifacts/catalogue.json")).unwrap();
    (project.read("out/docs/index.html"), catalogue)
}

#[test]
fn everything_of_a_project_is_on_the_page_under_its_name() {
    let project = TestProject::small();
    project.edit("sql/kpi/total.sql", "materialize: table", "materialize: table\nowner: <revops@example.com>");
    project.write("sql/kpi/total.test.yaml", "tests:\n  - {name: it is one row, expect: [{stages: 0}]}\n");
    let (page, catalogue) = written(&project);
    for id in [
        "crm.deal",
        "crm.deal.amount",
        "kpi.total",
        "kpi.total.amount",
        "report:summary",
        "report:summary#table-stages",
        "report:summary.stages",
        "check.owner_missing",
        "kpi.pipeline/unique(stage)",
        "pipeline:nightly",
    ] {
        assert!(page.contains(&format!("id=\"{id}\"")), "{id}");
    }
    for text in [
        "One row is a stage with open deals.",
        "Value of the deal",
        "One of open, won, lost",
        "&lt;revops@example.com&gt;",
        "it is one row",
        "<a href=\"#kpi.pipeline.amount\">kpi.pipeline.amount</a> <span class=\"how\">aggregation</span>",
        "<b>SELECT</b>",
        "<code>number(Amount)</code>",
    ] {
        assert!(page.contains(text), "{text}");
    }
    let model = catalogue["models"].as_array().unwrap().iter().find(|model| model["name"] == "kpi.total").unwrap();
    assert_eq!(model["reads"], serde_json::json!(["kpi.pipeline"]));
    assert_eq!(model["read_by"], serde_json::json!(["report:summary"]));
    assert!(model["expanded_sql"].as_str().unwrap().contains("kpi.pipeline"));
    // A column that is passed on unchanged means what the declared one means.
    let open = catalogue["models"].as_array().unwrap().iter().find(|model| model["name"] == "kpi.open_deal").unwrap();
    let amount = open["columns"].as_array().unwrap().iter().find(|column| column["name"] == "amount").unwrap();
    assert_eq!(amount["description"], "Value of the deal");
}

#[test]
fn a_metric_is_told_with_what_it_is_of_and_whoever_calls_it_reads_it() {
    let project = TestProject::small();
    let header = "label: Open amount\ndescription: What the open deals are worth\nunit: money\ngood: up\ntime: created_on\ndimensions: [stage]";
    let sql = "SELECT stage, created_on, amount AS value FROM kpi.open_deal";
    project.write("sql/metric/open_amount.sql", format!("/* ---\n{header}\n--- */\n{sql}\n"));
    project.write("sql/kpi/by_stage.sql", "SELECT stage, value FROM metric('open_amount', by => ['stage'])\n");
    let (page, catalogue) = written(&project);
    for text in [
        "id=\"metric.open_amount\"",
        "<h2 id=\"metrics\">Metrics</h2>",
        "money · more is better",
        "As the engine gets it",
    ] {
        assert!(page.contains(text), "{text}");
    }
    let models = catalogue["models"].as_array().unwrap();
    let metric = models.iter().find(|model| model["name"] == "metric.open_amount").unwrap();
    assert_eq!(metric["metric"]["dimensions"], serde_json::json!(["stage"]));
    assert_eq!(metric["read_by"], serde_json::json!(["kpi.by_stage"]));
    let lineage = Program::in_folder(project.root()).runs_to(0, &["lineage", "kpi.by_stage", "--depth", "1"]).stdout;
    assert_eq!(lineage, "kpi.by_stage  model\n└─ metric.open_amount  metric  …\n");
}

#[test]
fn the_page_needs_nothing_beside_it_and_every_link_leads_somewhere() {
    let project = TestProject::small();
    let (page, _) = written(&project);
    assert!(page.contains("Content-Security-Policy"));
    for outside in ["http://", "https://", "src=", "@import", "url("] {
        let found = page.match_indices(outside).filter(|(at, _)| !page[*at..].starts_with("url(#"));
        assert_eq!(found.count(), 0, "{outside}");
    }
    let ids: BTreeSet<&str> = attribute(&page, " id=\"").collect();
    assert_eq!(ids.len(), attribute(&page, " id=\"").count(), "no id stands twice");
    for link in attribute(&page, "href=\"#") {
        assert!(ids.contains(link), "{link} leads nowhere");
    }
    let again = written(&project).0;
    assert_eq!(page, again, "the same project gives the same bytes");
}

fn attribute<'p>(page: &'p str, opening: &'p str) -> impl Iterator<Item = &'p str> {
    page.match_indices(opening).filter_map(move |(at, _)| page[at + opening.len()..].split('"').next())
}

#[test]
fn every_field_of_the_artifacts_is_documented() {
    let project = TestProject::small();
    let (_, catalogue) = written(&project);
    project.deals("2026-11-13", &["d1,o1,Qualify,Open,90,2026-11-01"]);
    project.run();
    project.edit("sql/kpi/pipeline.sql", "count(*)", "1 + count(*)");
    let program = Program::in_folder(project.root());
    let json = |arguments: &[&str]| serde_json::from_str::<Value>(&program.runs_to(0, arguments).stdout).unwrap();
    let mut fields = BTreeSet::new();
    gather(&catalogue, &mut fields);
    gather(&json(&["lineage", "kpi.total.amount", "--format", "json"]), &mut fields);
    gather(&json(&["diff", "kpi.pipeline", "--format", "json"]), &mut fields);
    let documented = std::fs::read_to_string(repository().join("src/docs/artifacts.md")).unwrap();
    let missing: Vec<&String> = fields.iter().filter(|field| !documented.contains(&format!("`{field}`"))).collect();
    assert!(missing.is_empty(), "src/docs/artifacts.md says nothing of {missing:?}");
}

/// The names of fields; what stands below `map` and `key` is named by the project.
fn gather(value: &Value, fields: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                fields.insert(name.clone());
                if name != "map" && !(name == "key" && value.is_object()) {
                    gather(value, fields);
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| gather(item, fields)),
        _ => {}
    }
}
