//! The exports are whole, consistent, equal for equal options, and agree with the simulator's own books.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::{Row, cents, files, is, output};
use crate::day::Day;
use crate::demo::{Options, csv, write};
use crate::error::Kind;
use crate::hash::Sha256;

fn small(seed: u64) -> Options {
    let day = |text: &str| text.parse::<Day>().unwrap();
    let (first_day, last_day) = (day("2025-01-06"), day("2025-03-07"));
    Options { seed, deals: 60, reps: 4, first_day, last_day, daily_from: Some(day("2025-03-03")) }
}

/// The hash of all files below a folder, names and bytes.
fn hash(options: &Options) -> String {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), options).unwrap();
    let mut hash = Sha256::new();
    for path in files(folder.path()) {
        hash.update(path.strip_prefix(folder.path()).unwrap().to_str().unwrap());
        hash.update(std::fs::read(&path).unwrap());
    }
    hash.finish_hex()
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
    assert_eq!(hash(&small(3)), hash(&small(3)));
    assert_ne!(hash(&small(3)), hash(&small(4)));
}

#[test]
fn the_test_data_is_what_the_simulator_makes() {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/demo");
    let made = output().folder.path();
    let names =
        |root: &Path| files(root).iter().map(|path| path.strip_prefix(root).unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!(names(&shipped), names(made));
    for name in names(made) {
        let same = std::fs::read(shipped.join(&name)).unwrap() == std::fs::read(made.join(&name)).unwrap();
        assert!(same, "{} differs: remove testdata/demo and make it anew", name.display());
    }
}

#[test]
fn what_is_written_is_what_is_told() {
    let written = &output().written;
    let all = files(output().folder.path());
    assert_eq!(written.files, all.len());
    assert_eq!(written.bytes, all.iter().map(|path| path.metadata().unwrap().len()).sum::<u64>());
    assert_eq!((written.days.len(), written.reps), (105, 12));
    assert_eq!(output().days()[0], "2025-01-06");
    assert_eq!(output().days().last().unwrap(), "2026-11-13");
    assert_eq!(output().days().iter().filter(|day| day.as_str() >= "2026-11-02").count(), 10);
    assert!((370..=450).contains(&written.deals), "{}", written.deals);
    let accounts = written.accounts as f64 / written.deals as f64;
    assert!((0.5..=0.7).contains(&accounts), "{accounts}");
}

#[test]
fn the_shipped_size_stays_small() {
    let size = |below: &str| {
        files(&output().folder.path().join(below)).iter().map(|path| path.metadata().unwrap().len()).sum::<u64>()
    };
    assert!(size("exports") < 2_400_000, "{}", size("exports"));
    assert!(size("truth") < 500_000, "{}", size("truth"));
}

#[test]
fn sizes_are_options() {
    let folder = tempfile::tempdir().unwrap();
    let weekly = Options { daily_from: None, deals: 200, reps: 1, ..small(5) };
    let written = write(folder.path(), &weekly).unwrap();
    assert_eq!((written.days.len(), written.reps), (9, 1));
    assert!((150..=260).contains(&written.deals), "{}", written.deals);
}

#[test]
fn wrong_options_are_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let day = |text: &str| text.parse::<Day>().unwrap();
    let good = small(1);
    for wrong in [
        Options { reps: 0, ..good },
        Options { deals: 0, ..good },
        Options { last_day: day("2025-01-05"), ..good },
        Options { last_day: day("2125-01-05"), ..good },
        Options { first_day: day("2025-01-07"), last_day: day("2025-01-12"), daily_from: None, ..good },
    ] {
        let error = write(folder.path(), &wrong).unwrap_err();
        assert!(error.kind == Kind::Project && error.help.is_some(), "{error}");
        assert!(files(folder.path()).is_empty());
    }
    std::fs::create_dir(folder.path().join("exports")).unwrap();
    assert_eq!(write(folder.path(), &good).unwrap_err().kind, Kind::Project);
}

#[test]
fn ids_are_unique_in_every_export() {
    let are_unique = |rows: &[Row]| {
        let ids: BTreeSet<&str> = rows.iter().map(|row| row["Id"].as_str()).collect();
        ids.len() == rows.len() && ids.iter().all(|id| id.len() == 18)
    };
    assert!(output().deals().iter().all(|(_, deals)| are_unique(deals)));
    for day in output().days().iter().rev().step_by(7) {
        for file in ["Account", "User", "Territory2", "Quota", "Task", "Lead", "ForecastSubmission"] {
            assert!(are_unique(&output().rows(day, file)), "{file} of {day}");
        }
    }
}

#[test]
fn every_reference_leads_to_a_row_of_the_same_day() {
    for (day, deals) in output().deals().iter().rev().step_by(7) {
        let ids =
            |file| output().rows(day, file).into_iter().map(|row| row["Id"].clone()).collect::<BTreeSet<String>>();
        let (accounts, people, territories) = (ids("Account"), ids("User"), ids("Territory2"));
        for deal in deals {
            assert!(accounts.contains(&deal["AccountId"]) && people.contains(&deal["OwnerId"]), "{day}");
            assert!(territories.contains(&deal["Territory2Id"]), "{day}");
        }
        for task in output().rows(day, "Task") {
            assert!(people.contains(&task["OwnerId"]), "{day}");
            assert!(task["AccountId"].is_empty() || accounts.contains(&task["AccountId"]), "{day}");
        }
        for quota in output().rows(day, "Quota").iter().filter(|quota| quota["Scope__c"] == "rep") {
            assert!(people.contains(&quota["ScopeId__c"]), "{day}");
        }
        for submission in output().rows(day, "ForecastSubmission") {
            assert!(people.contains(&submission["SubmitterId"]), "{day}");
        }
    }
}

#[test]
fn what_the_systems_beside_the_crm_export_has_keys_and_fits_the_crm() {
    let files: [(&str, &[&str]); 8] = [
        ("OpportunityLineItem", &["OpportunityId", "LineNo__c"]),
        ("OpportunitySplit", &["OpportunityId", "SplitOwnerId", "SplitType"]),
        ("OrderLine", &["OrderId", "LineNo"]),
        ("LeadEvent", &["EventId"]),
        ("ToolUsage", &["UserId", "Tool", "Day"]),
        ("SurveyResponse", &["Id"]),
        ("CampaignCost", &["LeadSource", "Month"]),
        ("CommissionPlan", &["Role", "FromAttainment"]),
    ];
    for (day, deals) in output().deals() {
        let is_first_of_month = output().days().iter().find(|other| other[..7] == day[..7]) == Some(day);
        for (file, key) in files {
            let is_monthly = ["CampaignCost", "CommissionPlan"].contains(&file);
            let path = output().folder.path().join("exports").join(day).join(format!("{file}.csv.gz"));
            assert_eq!(path.exists(), !is_monthly || is_first_of_month, "{file} of {day}");
            if path.exists() {
                let rows = output().rows(day, file);
                let keys: BTreeSet<Vec<&String>> =
                    rows.iter().map(|row| key.iter().map(|name| &row[*name]).collect()).collect();
                assert_eq!(keys.len(), rows.len(), "{file} of {day} has a key twice");
            }
        }
        let amounts: BTreeMap<&str, i64> =
            deals.iter().map(|deal| (deal["Id"].as_str(), cents(&deal["Amount"]))).collect();
        let mut lines: BTreeMap<String, i64> = BTreeMap::new();
        for line in output().rows(day, "OpportunityLineItem") {
            *lines.entry(line["OpportunityId"].clone()).or_default() += cents(&line["TotalPrice"]);
        }
        assert!(lines.iter().all(|(deal, sum)| amounts[deal.as_str()] == *sum), "{day}");
        let mut shares: BTreeMap<String, i32> = BTreeMap::new();
        for split in output().rows(day, "OpportunitySplit").iter().filter(|split| split["SplitType"] == "Revenue") {
            *shares.entry(split["OpportunityId"].clone()).or_default() +=
                split["SplitPercentage"].parse::<i32>().unwrap();
        }
        assert!(shares.values().all(|sum| *sum == 100), "{day}");
    }
}

#[test]
fn closed_deals_are_consistent() {
    let mut known: BTreeSet<String> = BTreeSet::new();
    for (day, deals) in output().deals() {
        known.extend(deals.iter().map(|deal| deal["Id"].clone()));
        for deal in deals {
            let stage = deal["StageName"].as_str();
            assert_eq!(is(deal, "IsClosed"), stage.starts_with("Closed"), "{day}");
            assert_eq!(is(deal, "IsWon"), stage == "Closed Won", "{day}");
            // An evening of New York already has the next day's date in UTC.
            let is_evening = &deal["CreatedDate"][11..13] < "05";
            assert!(deal["CloseDate"].as_str() >= &deal["CreatedDate"][..10] || is_evening, "{day}");
            match stage {
                "Closed Won" => {
                    assert_eq!(
                        (deal["Probability"].as_str(), deal["ForecastCategoryName"].as_str()),
                        ("100", "Closed")
                    );
                    assert!(
                        cents(&deal["Amount"]) > 0 && deal["Lost_Reason__c"].is_empty() && deal["CloseDate"] <= *day
                    );
                }
                "Closed Lost" => {
                    assert_eq!((deal["Probability"].as_str(), deal["ForecastCategoryName"].as_str()), ("0", "Omitted"));
                    assert!(deal["CloseDate"] <= *day);
                }
                _ => assert!(deal["Lost_Reason__c"].is_empty()),
            }
            assert!(!is(deal, "Disqualified__c") || stage == "Closed Lost", "{day}");
            if !deal["Merged_Into__c"].is_empty() {
                assert!(is(deal, "IsDeleted") && deal["Merged_Into__c"] != deal["Id"], "{day}");
                assert!(known.contains(&deal["Merged_Into__c"]), "{day}: merged into a deal that never was");
            }
        }
    }
}

#[test]
fn the_books_agree_with_a_recount_of_the_exported_rows() {
    let states = output().truth("daily_state");
    assert_eq!(states.len(), output().written.days.len() * 6);
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    for (day, deals) in output().deals() {
        let excluded: BTreeSet<String> = (output().rows(day, "ExclusionList").into_iter())
            .filter(|row| row["Entity"] == "deal")
            .map(|row| row["EntityId"].clone())
            .collect();
        seen.extend(deals.iter().map(|deal| (deal["Id"].clone(), deal["CurrencyIsoCode"].clone())));
        let present: BTreeSet<&String> = deals.iter().map(|deal| &deal["Id"]).collect();
        for state in states.iter().filter(|state| state["day"] == *day) {
            let counts = |deal: &&Row| {
                deal["CurrencyIsoCode"] == state["currency"]
                    && (state["scope"] == "all" || !excluded.contains(&deal["Id"]))
            };
            let of = |wanted: &dyn Fn(&Row) -> bool| {
                deals.iter().filter(counts).filter(|deal| wanted(deal)).collect::<Vec<_>>()
            };
            let sum = |deals: &[&Row]| deals.iter().map(|deal| cents(&deal["Amount"])).sum::<i64>();
            let open = of(&|deal| !is(deal, "IsDeleted") && !is(deal, "IsClosed"));
            let won = of(&|deal| !is(deal, "IsDeleted") && is(deal, "IsWon"));
            let lost = of(&|deal| !is(deal, "IsDeleted") && is(deal, "IsClosed") && !is(deal, "IsWon"));
            let disqualified = lost.iter().filter(|deal| is(deal, "Disqualified__c")).count();
            let merged = of(&|deal| !deal["Merged_Into__c"].is_empty());
            let deleted = of(&|deal| is(deal, "IsDeleted")).len() - merged.len();
            let recount = [
                ("open_deals", open.len().to_string()),
                ("open_amount", csv::money(sum(&open))),
                ("open_without_amount", open.iter().filter(|deal| deal["Amount"].is_empty()).count().to_string()),
                ("won_deals", won.len().to_string()),
                ("won_amount", csv::money(sum(&won))),
                ("lost_deals", (lost.len() - disqualified).to_string()),
                ("disqualified_deals", disqualified.to_string()),
                ("deleted_deals", deleted.to_string()),
                ("merged_deals", merged.len().to_string()),
            ];
            for (column, counted) in recount {
                assert_eq!(state[column], counted, "{column} of {day}, {} {}", state["scope"], state["currency"]);
            }
            // Deals that came and went between two exports are in the books alone.
            let gone = seen.iter().filter(|(id, code)| **code == state["currency"] && !present.contains(id)).count();
            assert!(state["vanished_deals"].parse::<usize>().unwrap() >= gone, "{day}");
        }
    }
}

#[test]
fn exports_of_changes_hold_what_is_new_or_changed_and_nothing_else() {
    for file in ["Task", "Lead", "ForecastSubmission"] {
        let mut known: BTreeMap<String, Row> = BTreeMap::new();
        let mut changed = 0;
        for (position, day) in output().days().iter().enumerate() {
            let rows = output().rows(day, file);
            assert!(position > 0 || rows.len() > 80, "{file}: the first export has everything");
            for row in rows {
                let before = known.insert(row["Id"].clone(), row.clone());
                assert_ne!(before.as_ref(), Some(&row), "{file} of {day} repeats a row");
                changed += usize::from(before.is_some());
            }
        }
        assert_eq!(changed == 0, file == "ForecastSubmission", "{file}");
    }
}
