//! The company could exist, and whatever bites a report happens to it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::{Row, cents, files, is, output, unpacked};

/// Cents of US dollars at round rates, good enough for a look.
fn dollars(row: &Row) -> f64 {
    let rate =
        [("USD", 1.0), ("EUR", 1.09), ("GBP", 1.27)].into_iter().find(|(code, _)| row["CurrencyIsoCode"] == *code);
    cents(&row["Amount"]) as f64 * rate.unwrap().1
}

fn quarter(day: &str) -> String {
    let month: u32 = day[5..7].parse().unwrap();
    format!("{}Q{}", &day[..4], month.div_ceil(3))
}

#[test]
fn everything_that_makes_reports_hard_occurs() {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let mut note = |what: &'static str, is_so: bool| *seen.entry(what).or_default() += usize::from(is_so);
    let exported = output().deals();
    for ((earlier, before), (_, after)) in exported.iter().zip(&exported[1..]) {
        let before: BTreeMap<&str, &Row> = before.iter().map(|deal| (deal["Id"].as_str(), deal)).collect();
        let after_ids: BTreeSet<&str> = after.iter().map(|deal| deal["Id"].as_str()).collect();
        note("vanished", before.keys().any(|id| !after_ids.contains(id)));
        for deal in after {
            let Some(old) = before.get(deal["Id"].as_str()) else {
                note("late entry", deal["CreatedDate"][..10] < earlier[..10]);
                note("entered as won", is(deal, "IsWon"));
                continue;
            };
            let (was_open, is_open) = (!is(old, "IsClosed"), !is(deal, "IsClosed"));
            note("push", was_open && is_open && deal["CloseDate"] > old["CloseDate"]);
            note("pull-in", was_open && is_open && deal["CloseDate"] < old["CloseDate"]);
            note("owner change", deal["OwnerId"] != old["OwnerId"]);
            note("reopened", !was_open && is_open);
            note("amount moved", was_open && is_open && !old["Amount"].is_empty() && deal["Amount"] != old["Amount"]);
            note("zeroed lost", is(deal, "IsClosed") && !is(deal, "IsWon") && was_open && deal["Amount"] == "0.00");
            note("corrected after close", is(old, "IsWon") && deal["Amount"] != old["Amount"]);
            note("redated after close", is(old, "IsWon") && deal["CloseDate"] != old["CloseDate"]);
        }
    }
    let days = output().days();
    let people: Vec<(&String, Vec<Row>)> = days.iter().map(|day| (day, output().rows(day, "User"))).collect();
    let gone: BTreeSet<(&str, &str)> = (people.iter())
        .flat_map(|(day, rows)| rows.iter().map(|row| (day.as_str(), row)))
        .filter(|(_, row)| !is(row, "IsActive"))
        .map(|(day, row)| (day, row["Id"].as_str()))
        .collect();
    let mut names = String::new();
    for (day, deals) in exported {
        for deal in deals {
            note("soft deletion", is(deal, "IsDeleted") && deal["Merged_Into__c"].is_empty());
            note("merge", !deal["Merged_Into__c"].is_empty());
            note("disqualified", is(deal, "Disqualified__c"));
            note("owner gone", !is(deal, "IsClosed") && gone.contains(&(day.as_str(), deal["OwnerId"].as_str())));
            note("overdue", !is(deal, "IsClosed") && !is(deal, "IsDeleted") && deal["CloseDate"] < *day);
            note("newline in a field", deal["NextStep"].contains('\n'));
            note("no next step", !is(deal, "IsClosed") && deal["NextStep"].is_empty());
            note("empty probability", deal["Probability"].is_empty());
            note("empty amount", deal["Amount"].is_empty());
            note(
                "Forecast instead of Commit",
                deal["ForecastCategoryName"] == "Forecast" && day.as_str() < "2025-07-01",
            );
            note("Commit", deal["ForecastCategoryName"] == "Commit" && day.as_str() >= "2025-07-01");
            for code in ["USD", "EUR", "GBP"] {
                note(code, deal["CurrencyIsoCode"] == code);
            }
            names.push_str(&deal["Name"]);
        }
    }
    for letter in ["\"", ", ", "'", "&", "ü", "ș", "台", "บ"] {
        assert!(names.contains(letter), "no name has {letter}");
    }
    let missing: Vec<_> = seen.iter().filter(|(_, count)| **count == 0).collect();
    assert!(missing.is_empty(), "never: {missing:?}");
    let is_marked = |path: &Path| unpacked(path).starts_with('\u{feff}');
    let last = output().folder.path().join("exports/2026-11-13");
    let marked: Vec<_> = files(&last).into_iter().filter(|path| is_marked(path)).collect();
    assert_eq!(marked, [last.join("Opportunity.csv.gz")]);
}

#[test]
fn win_rate_and_quarter_ends_are_believable() {
    let deals = output().last_deals();
    let won: Vec<&Row> = deals.iter().copied().filter(|deal| is(deal, "IsWon")).collect();
    let lost =
        deals.iter().filter(|deal| is(deal, "IsClosed") && !is(deal, "IsWon") && !is(deal, "Disqualified__c")).count();
    let win_rate = won.len() as f64 / (won.len() + lost) as f64;
    assert!((0.2..=0.6).contains(&win_rate), "{win_rate}");
    let in_last_fortnight = won.iter().filter(|deal| {
        let (month, day) = (&deal["CloseDate"][5..7], &deal["CloseDate"][8..]);
        ["03", "06", "09", "12"].contains(&month) && day >= "17"
    });
    // A fortnight is 15 % of a quarter.
    let share = in_last_fortnight.count() as f64 / won.len() as f64;
    assert!((0.25..=0.6).contains(&share), "{share}");
    let open = deals.iter().filter(|deal| !is(deal, "IsClosed")).count();
    assert!((30..=90).contains(&open), "{open}");
}

#[test]
fn attainment_is_believable() {
    let mut bookings: BTreeMap<(String, String), f64> = BTreeMap::new();
    for deal in output().last_deals().into_iter().filter(|deal| is(deal, "IsWon")) {
        for scope in [deal["OwnerId"].as_str(), "company"] {
            *bookings.entry((scope.to_owned(), quarter(&deal["CloseDate"]))).or_default() += dollars(deal);
        }
    }
    let mut reps: BTreeMap<String, (f64, f64)> = BTreeMap::new();
    let quotas = output().rows("2026-11-13", "Quota");
    let complete = quotas.iter().filter(|quota| quota["PeriodEnd__c"].as_str() < "2026-11-13");
    for quota in complete {
        let period = quarter(&quota["PeriodStart__c"]);
        let booked = bookings.get(&(quota["ScopeId__c"].clone(), period.clone())).copied().unwrap_or(0.0);
        let target = cents(&quota["Amount"]) as f64;
        match quota["Scope__c"].as_str() {
            "company" => assert!((0.5..=1.5).contains(&(booked / target)), "{period}: {}", booked / target),
            "rep" => {
                let entry = reps.entry(quota["ScopeId__c"].clone()).or_default();
                *entry = (entry.0 + booked, entry.1 + target);
            }
            _ => {}
        }
    }
    let mut attainments: Vec<f64> = reps.values().map(|(booked, target)| booked / target).collect();
    attainments.sort_by(f64::total_cmp);
    let middle = attainments[attainments.len() / 2];
    assert!((0.6..=1.2).contains(&middle), "{attainments:?}");
    let usual = attainments.iter().filter(|share| (0.4..=1.6).contains(*share)).count();
    assert!(usual * 4 >= attainments.len() * 3, "{attainments:?}");
}

#[test]
fn people_work_on_deals_and_leads() {
    let (mut tasks, mut leads) = (BTreeMap::new(), BTreeMap::new());
    for day in output().days() {
        tasks.extend(output().rows(&day, "Task").into_iter().map(|row| (row["Id"].clone(), row)));
        leads.extend(output().rows(&day, "Lead").into_iter().map(|row| (row["Id"].clone(), row)));
    }
    let of_deals = tasks.values().filter(|task| !task["WhatId"].is_empty()).count();
    let per_deal = of_deals as f64 / output().written.deals as f64;
    assert!((5.0..=9.0).contains(&per_deal), "{per_deal}");
    let kinds: BTreeSet<&str> = tasks.values().map(|task| task["Type"].as_str()).collect();
    assert_eq!(
        kinds.into_iter().collect::<Vec<_>>(),
        ["Admin", "Call", "Demo", "Email", "Meeting", "Task", "Training"]
    );
    let minutes = |selling: &str| {
        let of = tasks.values().filter(|task| task["IsSelling__c"] == selling);
        of.map(|task| task["DurationMinutes__c"].parse::<f64>().unwrap()).sum::<f64>()
    };
    let selling = minutes("true") / (minutes("true") + minutes("false"));
    assert!((0.35..=0.75).contains(&selling), "{selling}");
    for lead in leads.values() {
        let order = [&lead["CreatedDate"], &lead["FirstResponseAt__c"], &lead["FirstEngagedAt__c"]];
        let given: Vec<&&String> = order.iter().filter(|moment| !moment.is_empty()).collect();
        assert!(given.is_sorted(), "{given:?}");
        assert_eq!(lead["Status"] == "Converted", !lead["ConvertedOpportunityId"].is_empty());
        assert_eq!(lead["Status"] == "Disqualified", !lead["DisqualifiedReason__c"].is_empty());
    }
    let converted = leads.values().filter(|lead| lead["Status"] == "Converted").count() as f64 / leads.len() as f64;
    assert!((0.15..=0.4).contains(&converted), "{converted}");
}

#[test]
fn the_true_chances_foretell_the_wins() {
    let truth = output().truth("deal_truth");
    let decided: Vec<&Row> = (truth.iter())
        .filter(|deal| deal["created_on"].as_str() < "2026-03-01" && !is(deal, "is_test"))
        .filter(|deal| ["won", "lost", "disqualified"].contains(&deal["outcome"].as_str()))
        .collect();
    let foretold: f64 = decided.iter().map(|deal| deal["probability_at_creation"].parse::<f64>().unwrap()).sum();
    let won = decided.iter().filter(|deal| deal["outcome"] == "won").count() as f64;
    assert!((foretold - won).abs() < 0.08 * decided.len() as f64, "{foretold} against {won} of {}", decided.len());
    let differs =
        truth.iter().filter(|deal| !deal["true_cause"].is_empty() && deal["true_cause"] != deal["entered_reason"]);
    assert!(differs.count() > 20);
    let chances = output().truth("deal_probability");
    assert!(chances.iter().all(|row| (0.0..=1.0).contains(&row["true_probability"].parse::<f64>().unwrap())));
}

#[test]
fn the_systems_beside_the_crm_have_faults_of_their_own() {
    let all = |file: &str| -> Vec<Row> { output().days().iter().flat_map(|day| output().rows(day, file)).collect() };
    let mut leads: BTreeMap<String, Row> = BTreeMap::new();
    leads.extend(all("Lead").into_iter().map(|lead| (lead["Id"].clone(), lead)));
    let events = all("LeadEvent");
    assert!(events.iter().any(|event| !leads.contains_key(&event["LeadId"])), "all events are of known leads");
    let is_of_customer = |event: &Row| {
        let converted_on = leads.get(&event["LeadId"]).map_or("", |lead| &lead["ConvertedDate"]);
        !converted_on.is_empty() && event["OccurredAt"][..10] > *converted_on
    };
    assert!(events.iter().any(is_of_customer), "nobody goes on reading mails");
    let uses = all("ToolUsage");
    assert!(uses.iter().any(|row| is(row, "IsActive") && !is(row, "IsLicensed")), "nobody borrows a licence");
    assert!(uses.iter().any(|row| !is(row, "IsActive")), "every licence is used");
    let answers = all("SurveyResponse");
    let ids: BTreeSet<&String> = answers.iter().map(|answer| &answer["Id"]).collect();
    assert!(ids.len() < answers.len(), "no answer was corrected");
    assert!(answers.iter().any(|answer| answer["AccountId"].is_empty()));
    let orders = all("OrderLine");
    assert!(
        orders.iter().any(|line| line["AccountId"].is_empty()) && orders.iter().any(|line| line["Amount"].is_empty())
    );
    let quoted: BTreeSet<String> =
        all("OpportunityLineItem").into_iter().map(|line| line["OpportunityId"].clone()).collect();
    assert!(output().last_deals().iter().any(|deal| !quoted.contains(&deal["Id"])), "every deal has lines");
    let show_of_october = |day: &str| -> i64 {
        let costs = output().rows(day, "CampaignCost");
        cents(
            &costs.iter().find(|cost| cost["LeadSource"] == "Trade Show" && cost["Month"] == "2025-10-01").unwrap()["Amount"],
        )
    };
    assert!(show_of_october("2025-11-03") < show_of_october("2025-12-01"), "no invoice comes late");
}
