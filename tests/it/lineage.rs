//! `forecastle lineage`: from a tile of a page back to a column of an export, and the other way.

use serde_json::Value;

use crate::command::Program;
use crate::project::TestProject;
use crate::rebuilt;

fn told(project: &TestProject, arguments: &[&str]) -> String {
    let arguments: Vec<&str> = ["lineage"].iter().chain(arguments).copied().collect();
    Program::in_folder(project.root()).runs_to(0, &arguments).stdout
}

#[test]
fn a_column_is_traced_back_to_the_export() {
    let project = TestProject::small();
    assert_eq!(
        told(&project, &["kpi.total.amount"]),
        "\
kpi.total.amount  DECIMAL(38, 4)
└─ kpi.pipeline.amount  DECIMAL(28, 4)  aggregation
   └─ kpi.open_deal.amount  DECIMAL(18, 4)  aggregation
      └─ crm.deal.amount  DECIMAL(18, 4)  identity
         └─ export:nightly/crm.deal.Amount  in exports/{day}/deal.csv  transformation
"
    );
    assert_eq!(
        told(&project, &["kpi.open_deal.amount", "--depth", "1"]),
        "kpi.open_deal.amount  DECIMAL(18, 4)\n├─ crm.deal.amount  DECIMAL(18, 4)  identity  …\n└─ by filter: crm.deal.status\n"
    );
    // What only counts rows comes from rows, and what only decides is followed when it is asked for.
    assert!(told(&project, &["kpi.pipeline.deals"]).contains("└─ rows of crm.deal  table  identity\n"));
    let all = told(&project, &["kpi.total.amount", "--indirect"]);
    assert!(
        all.contains("export:nightly/crm.deal.Status  in exports/{day}/deal.csv  transformation, conditional"),
        "{all}"
    );
}

#[test]
fn what_a_column_was_before_the_first_export_comes_from_the_events() {
    let project = rebuilt::remembered();
    assert_eq!(
        told(&project, &["crm.deal.stage"]),
        "\
crm.deal.stage  TEXT
├─ crm.deal_event.new_value  TEXT  transformation
│  └─ export:nightly/crm.deal_event.New  in exports/{day}/event.csv  identity
├─ crm.deal_event.old_value  TEXT  transformation
│  └─ export:nightly/crm.deal_event.Old  in exports/{day}/event.csv  identity
└─ export:nightly/crm.deal.Stage  in exports/{day}/deal.csv  identity
"
    );
    assert!(!told(&project, &["crm.deal.deal_id"]).contains("event"), "a key never changes");
    assert!(told(&project, &["kpi.total"]).contains("crm.deal_event"));
}

#[test]
fn a_column_is_followed_to_the_tiles_of_a_page() {
    let project = TestProject::small();
    assert_eq!(
        told(&project, &["kpi.pipeline.amount", "--down"]),
        "\
kpi.pipeline.amount  DECIMAL(28, 4)
├─ kpi.total.amount  DECIMAL(38, 4)  aggregation
│  └─ report:summary.total.amount  DECIMAL(38, 4)  identity
│     └─ report:summary#text  tile  identity
│        └─ report:summary  report  identity
└─ report:summary.stages.amount  DECIMAL(28, 4)  identity
   └─ report:summary#table-stages  tile  identity
      └─ report:summary  report  identity
"
    );
    assert_eq!(
        told(&project, &["crm.deal.status", "--down", "--depth", "1"]),
        "\
crm.deal.status  TEXT
├─ crm.deal_change.value_after  TEXT  transformation
├─ crm.deal_change.value_before  TEXT  transformation
├─ crm.deal_history.status  TEXT  identity
├─ crm.deal_snapshot.status  TEXT  identity
└─ decides by filter: rows of kpi.open_deal
"
    );
}

#[test]
fn a_whole_relation_is_traced_by_relations() {
    let project = TestProject::small();
    assert_eq!(
        told(&project, &["kpi.total"]),
        "\
kpi.total  model
└─ kpi.pipeline  model
   └─ kpi.open_deal  model
      └─ crm.deal  table
         └─ export:nightly/crm.deal  export  in exports/{day}/deal.csv
"
    );
    let report = told(&project, &["report:summary", "--depth", "3"]);
    assert!(report.contains("└─ report:summary.total  query\n      └─ kpi.total  model  …"), "{report}");
    assert_eq!(told(&project, &["report:summary", "--down"]), "report:summary  report\n   nothing reads it\n");
}

#[test]
fn machines_and_markdown_get_the_same_graph() {
    let project = TestProject::small();
    let told_as_json: Value =
        serde_json::from_str(&told(&project, &["kpi.open_deal.amount", "--format", "json"])).unwrap();
    assert_eq!(told_as_json["target"], "kpi.open_deal.amount");
    let edges = told_as_json["edges"].as_array().unwrap();
    let status = edges.iter().find(|edge| edge["from"] == "crm.deal.status").unwrap();
    assert_eq!(status["transformations"], serde_json::json!([{"type": "INDIRECT", "subtype": "FILTER"}]));
    let chart = told(&project, &["kpi.open_deal.amount", "--format", "mermaid", "--depth", "1"]);
    assert_eq!(
        chart,
        "\
flowchart LR
  subgraph r0[\"crm.deal\"]
    n0[\"amount\"]
    n1[\"status\"]
  end
  subgraph r1[\"kpi.open_deal\"]
    n2[\"amount\"]
  end
  n0 -->|identity| n2
  n1 -.->|filter| n2
  style n2 stroke-width:3px
"
    );
}

#[test]
fn an_unknown_name_gets_the_one_that_was_meant() {
    let project = TestProject::small();
    let program = Program::in_folder(project.root());
    for (name, wanted) in [
        ("kpi.totl", "there is no table, model or report `kpi.totl`\nhelp: did you mean `kpi.total`?"),
        ("kpi.totl.amount", "help: did you mean `kpi.total.amount`?"),
        ("total", "help: did you mean `kpi.total`?"),
        ("kpi.total.amuont", "`kpi.total` has no column `amuont`\nhelp: did you mean `amount`?"),
        ("report:sumary", "help: did you mean `report:summary`?"),
    ] {
        let said = program.runs_to(2, &["lineage", name]);
        assert!(said.stderr.contains(wanted), "{name}: {}", said.stderr);
    }
    project.edit("sql/kpi/total.sql", "FROM kpi.pipeline", "FROM kpi.pipelin");
    assert!(program.runs_to(2, &["lineage", "kpi.total"]).stderr.contains("the project has mistakes"));
}
