//! What a report leaves in its folder: its files, in the formats that it names.

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
