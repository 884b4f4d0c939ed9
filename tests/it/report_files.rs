//! What a report leaves in its folder: its files in the formats it names, and a folder for each of its pages.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use calamine::{Data, Reader, open_workbook_auto};
use forecastle::hash::sha256;
use serde_json::Value;

use crate::project::TestProject;

const DAY: &str = "2026-01-05";

fn manifest(project: &TestProject, folder: &str) -> Value {
    serde_json::from_str(&project.read(&format!("{folder}/manifest.json"))).unwrap()
}

/// Every file below a folder but the manifest, by its path.
fn files(project: &TestProject, folder: &str) -> BTreeSet<String> {
    fn below(home: &Path, folder: &Path, found: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() {
                below(home, &path, found);
            } else if entry.file_name() != "manifest.json" {
                found.insert(path.strip_prefix(home).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    let mut found = BTreeSet::new();
    let home = project.path(folder);
    below(&home, &home, &mut found);
    found
}

/// The files that the manifest tells, each with the hash that it has.
fn told(project: &TestProject, folder: &str) -> BTreeSet<String> {
    let manifest = manifest(project, folder);
    let told = manifest["files"].as_array().unwrap().iter().map(|file| {
        let (path, hash) = (file[0].as_str().unwrap(), file[1].as_str().unwrap());
        assert_eq!(sha256(fs::read(project.path(&format!("{folder}/{path}"))).unwrap()), hash, "{path}");
        path.to_owned()
    });
    told.collect()
}

/// Links of a page to files beside it.
fn links(html: &str) -> impl Iterator<Item = &str> {
    let found = html.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    found.filter(|link| !link.starts_with('#'))
}

#[test]
fn the_rows_of_a_report_lie_beside_it_as_csv_and_as_a_workbook() {
    let project = TestProject::small();
    project.deals(DAY, &["D1,u1,\"=1+1, \"\"new\"\"\",Open,1234.5,2026-01-01", "D2,u1,Demo,Open,0.01,2026-01-02"]);
    project.run();
    for folder in [format!("out/reports/summary/{DAY}"), "out/reports/summary/latest".to_owned()] {
        let found = files(&project, &folder);
        assert_eq!(
            found.into_iter().collect::<Vec<_>>(),
            ["data/table-stages.csv", "index.html", "report.md", "report.xlsx"]
        );
        assert_eq!(told(&project, &folder), files(&project, &folder));
        assert_eq!(
            project.read(&format!("{folder}/data/table-stages.csv")),
            "stage,deals,amount\r\n\"'=1+1, \"\"new\"\"\",1,1234.5\r\nDemo,1,0.01\r\n"
        );
        let mut workbook = open_workbook_auto(project.path(&format!("{folder}/report.xlsx"))).unwrap();
        assert_eq!(workbook.sheet_names(), ["Report", "table-stages"]);
        let rows: Vec<Vec<Data>> =
            workbook.worksheet_range("table-stages").unwrap().rows().map(<[Data]>::to_vec).collect();
        let text = |text: &str| Data::String(text.to_owned());
        assert_eq!(rows[1], [text("=1+1, \"new\""), Data::Float(1.0), Data::Float(1234.5)]);
        assert_eq!(rows[3], [text("Total"), Data::Float(2.0), Data::Float(1234.51)]);
        assert!(workbook.worksheet_formula("table-stages").unwrap().is_empty());
        for link in links(&project.read(&format!("{folder}/index.html"))) {
            assert!(project.path(&format!("{folder}/{link}")).is_file(), "{link}");
        }
    }
}

#[test]
fn a_report_that_names_its_formats_has_no_others_and_gives_up_those_it_had() {
    let project = TestProject::small();
    project.deals(DAY, &["D1,u1,Demo,Open,5,2026-01-01"]);
    project.run();
    let folder = format!("out/reports/summary/{DAY}");
    project.edit("reports/summary.md", "title: Summary\n", "title: Summary\nformats: [html, csv]\n");
    project.run_day(DAY);
    assert_eq!(files(&project, &folder).into_iter().collect::<Vec<_>>(), ["data/table-stages.csv", "index.html"]);
    assert_eq!(told(&project, &folder), files(&project, &folder));
}

const REP: &str = "---
title: Rep report
each: person.owner_id
queries:
  person: SELECT owner_id, max(stage) AS title FROM crm.deal WHERE owner_id IS NOT NULL GROUP BY owner_id ORDER BY owner_id
  deal: SELECT deal_id, owner_id, amount FROM crm.deal ORDER BY deal_id
  total: SELECT deals FROM kpi.total
---
# {{ deal | length }} of {{ total[0].deals }} deals

{{ table(deal, columns=['deal_id', {'column': 'amount', 'format': 'money'}], total=true, message='Deals') }}
";

fn with_pages(deals: &[&str]) -> TestProject {
    let project = TestProject::small();
    project.write("reports/rep.md", REP).edit("pipelines/nightly.yaml", "reports: [summary]", "reports: [rep]");
    project.deals(DAY, deals);
    project
}

#[test]
fn one_template_makes_a_page_for_each_key_and_a_list_of_them() {
    let project = with_pages(&[
        "D1,u1,Anna,Open,10.25,2026-01-01",
        "D2,../../evil,<script>alert(1)</script>,Open,20,2026-01-01",
        "D3,u1,Anna,Open,30.25,2026-01-01",
        "D4,=cmd|'/C calc'!A0,Chi,Open,40,2026-01-01",
        "D5,U1,Dee,Open,50,2026-01-01",
        "D6,,Nobody,Open,60,2026-01-01",
    ]);
    project.run();
    let folder = format!("out/reports/rep/{DAY}");
    assert_eq!(told(&project, &folder), files(&project, &folder));
    let manifest = manifest(&project, &folder);
    assert_eq!(manifest["headline"], "Rep report: 4 pages");
    let pages = manifest["pages"].as_array().unwrap();
    assert_eq!(pages.len(), 4);
    let list = project.read(&format!("{folder}/index.html"));
    let listed: Vec<&str> = links(&list).filter(|link| link.contains('/')).collect();
    assert_eq!(listed.len(), 4, "{listed:?}");
    assert!(!list.contains("<script>alert"), "names are text");
    for page in pages {
        let (name, headline) = (page["folder"].as_str().unwrap(), page["headline"].as_str().unwrap());
        assert!(name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'), "{name}");
        let html = project.read(&format!("{folder}/{name}/index.html"));
        assert!(html.contains(&format!("<h1>{headline}</h1>")) && list.contains(headline), "{name}: {headline}");
        for link in links(&html) {
            assert!(project.path(&format!("{folder}/{name}/{link}")).is_file(), "{name}: {link}");
        }
    }
    assert_eq!(project.read(&format!("{folder}/u1/data/table-deal.csv")), "deal_id,amount\r\nD1,10.25\r\nD3,30.25\r\n");
    assert!(project.read(&format!("{folder}/u1/index.html")).contains("<h1>2 of 6 deals</h1>"));
    // The same state gives the same bytes, and a page whose key has gone leaves nothing behind.
    let record = project.run_day(DAY);
    assert_eq!(format!("{:?}", record.days[0].reports[0].outcome), "Unchanged");
    project.deals(DAY, &["D1,u1,Anna,Open,10,2026-01-01"]);
    project.run_day(DAY);
    let kept = ["index.html", "report.md", "u1/data/table-deal.csv", "u1/index.html", "u1/report.md", "u1/report.xlsx"];
    assert_eq!(files(&project, &folder).into_iter().collect::<Vec<_>>(), kept);
}

#[test]
fn a_key_without_a_value_or_twice_fails_the_report_and_keeps_its_last_files() {
    let project = with_pages(&["D1,u1,Anna,Open,10,2026-01-01"]);
    project.run();
    project.edit("reports/rep.md", "WHERE owner_id IS NOT NULL GROUP BY owner_id ", "GROUP BY owner_id, deal_id ");
    project.deals(DAY, &["D1,u1,Anna,Open,10,2026-01-01", "D2,u1,Anna,Open,10,2026-01-01"]);
    let outcome = |project: &TestProject| format!("{:?}", project.run_day(DAY).days[0].reports[0].outcome);
    let double = outcome(&project);
    assert!(double.contains("rows 1 and 2 of the query `person` have the same `owner_id`"), "{double}");
    project.deals(DAY, &["D1,,Anna,Open,10,2026-01-01"]);
    let missing = outcome(&project);
    assert!(missing.contains("row 1 of the query `person` has no `owner_id`"), "{missing}");
    assert!(missing.contains("reports/rep.md:3:"), "{missing}");
    assert!(project.read(&format!("out/reports/rep/{DAY}/u1/index.html")).contains("1 of 1 deals"));
}
