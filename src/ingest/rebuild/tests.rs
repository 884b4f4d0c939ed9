//! A few deals and events by hand; each test tells what the days before the first export come to.

use arrow::array::{Date32Array, Decimal128Array, TimestampMicrosecondArray};
use arrow::util::display::{ArrayFormatter, FormatOptions};

use super::*;
use crate::problem::SourceFile;
use crate::query::{Sql, declared};

fn table(name: &str, text: &str) -> DeclaredTable {
    let path = format!("sql/{}.sql", name.replace('.', "/"));
    declared::parse(name.parse().unwrap(), Sql::file(&SourceFile::new(&path, text))).unwrap()
}

fn deal() -> DeclaredTable {
    table(
        "crm.deal",
        "CREATE TABLE deal (deal_id TEXT, stage TEXT NOT NULL, status TEXT NOT NULL, amount DECIMAL(18,4), created_on DATE, \
         PRIMARY KEY (deal_id), CHECK (status IN ('open', 'won', 'lost')))",
    )
}

fn event() -> DeclaredTable {
    table(
        "crm.deal_event",
        "CREATE TABLE deal_event (deal_id TEXT, at TIMESTAMP, column_name TEXT, old_value TEXT, new_value TEXT, \
         PRIMARY KEY (deal_id, at, column_name))",
    )
}

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn new_york() -> TimeZone {
    jiff::tz::TimeZoneDatabase::bundled().get("America/New_York").unwrap()
}

/// The first export is of this day.
const FIRST: &str = "2026-11-02";

/// Deal, stage, status, amount, day of creation; in the order of the deals.
type Deal<'a> = (&'a str, &'a str, &'a str, i128, &'a str);
/// Deal, moment, column, value before and after.
type Change<'a> = (&'a str, &'a str, &'a str, Option<&'a str>, Option<&'a str>);

fn rebuilt_in(zone: &TimeZone, deals: &[Deal<'_>], changes: &[Change<'_>]) -> Past {
    let text = |of: fn(&Deal<'_>) -> String| Arc::new(deals.iter().map(|deal| Some(of(deal))).collect::<StringArray>());
    let amounts = Decimal128Array::from_iter_values(deals.iter().map(|deal| deal.3 * 10_000));
    let first = RecordBatch::try_new(
        deal().schema(),
        vec![
            text(|deal| deal.0.to_owned()),
            text(|deal| deal.1.to_owned()),
            text(|deal| deal.2.to_owned()),
            Arc::new(amounts.with_precision_and_scale(18, 4).unwrap()),
            Arc::new(Date32Array::from_iter_values(deals.iter().map(|deal| day(deal.4).to_epoch_days()))),
        ],
    );
    let at = changes.iter().map(|change| text::moment(change.1, None, zone).unwrap());
    let events = RecordBatch::try_new(
        event().schema(),
        vec![
            Arc::new(changes.iter().map(|change| Some(change.0)).collect::<StringArray>()),
            Arc::new(TimestampMicrosecondArray::from_iter_values(at)),
            Arc::new(changes.iter().map(|change| Some(change.2)).collect::<StringArray>()),
            Arc::new(changes.iter().map(|change| change.3).collect::<StringArray>()),
            Arc::new(changes.iter().map(|change| change.4).collect::<StringArray>()),
        ],
    );
    let events = Events::read(&event(), std::iter::once(Ok(events.unwrap())), day(FIRST), zone).unwrap();
    events.rebuild(&deal(), std::iter::once(Ok(first.unwrap())), day(FIRST), zone).unwrap()
}

fn rebuilt(deals: &[Deal<'_>], changes: &[Change<'_>]) -> Past {
    rebuilt_in(&new_york(), deals, changes)
}

/// The rows of all days, each with its day before it.
fn told(mut past: Past) -> Vec<String> {
    let mut told = Vec::new();
    for day in past.days.clone() {
        let batch = past.rows(day).unwrap();
        let options = FormatOptions::default().with_null("NULL");
        let columns: Vec<_> =
            batch.columns().iter().take(4).map(|column| ArrayFormatter::try_new(column, &options).unwrap()).collect();
        for row in 0..batch.num_rows() {
            let values: Vec<String> = columns.iter().map(|column| column.value(row).to_string()).collect();
            told.push(format!("{day} {}", values.join(" ").replace(".0000", "")));
        }
    }
    told
}

#[test]
fn an_amount_that_changed_twice_is_what_it_was_in_between() {
    let past = rebuilt(
        &[("1", "Propose", "open", 300, "2026-09-01"), ("2", "Qualify", "open", 50, "2026-09-01")],
        &[
            ("1", "2026-10-05T12:00:00", "amount", Some("100"), Some("200")),
            ("1", "2026-10-20T12:00:00", "amount", Some("200"), Some("300")),
        ],
    );
    assert_eq!((past.taken, past.passed_over, past.reasons.len()), (2, 0, 0));
    // The first day is the one on which the state still stood that events changed.
    assert_eq!(
        told(past),
        [
            "2026-10-04 1 Propose open 100",
            "2026-10-04 2 Qualify open 50",
            "2026-10-05 1 Propose open 200",
            "2026-10-05 2 Qualify open 50",
            "2026-10-20 1 Propose open 300",
            "2026-10-20 2 Qualify open 50",
        ]
    );
}

#[test]
fn the_last_change_of_a_day_counts_whatever_order_events_come_in() {
    let past = rebuilt(
        &[("1", "Close", "open", 300, "2026-09-01")],
        &[
            ("1", "2026-10-05T15:00:00", "stage", Some("Propose"), Some("Close")),
            ("1", "2026-10-05T12:00:00", "stage", Some("Qualify"), Some("Propose")),
        ],
    );
    assert_eq!(told(past), ["2026-10-04 1 Qualify open 300", "2026-10-05 1 Close open 300"]);
}

#[test]
fn an_event_is_of_its_day_in_the_time_zone() {
    // 31 October, 23:30 in New York; in UTC it is 1 November.
    let changes = [("1", "2026-11-01T03:30:00Z", "amount", Some("100"), Some("300"))];
    let deals = [("1", "Close", "open", 300, "2026-09-01")];
    let days = |zone: &TimeZone| rebuilt_in(zone, &deals, &changes).days.into_iter().collect::<Vec<_>>();
    assert_eq!(days(&new_york()), [day("2026-10-30"), day("2026-10-31")]);
    assert_eq!(days(&TimeZone::UTC), [day("2026-10-31"), day("2026-11-01")]);
    // On the day of the first export it is none of the past.
    let changes = [("1", "2026-11-02T05:30:00Z", "amount", Some("100"), Some("300"))];
    assert!(rebuilt(&deals, &changes).days.is_empty());
}

#[test]
fn a_deal_begins_on_its_day_of_creation() {
    let past = rebuilt(
        &[("1", "Close", "open", 300, "2026-09-01"), ("2", "Qualify", "open", 50, "2026-10-10")],
        &[
            ("1", "2026-10-05T12:00:00", "stage", Some("Propose"), Some("Close")),
            // Told of a moment before its creation, as where creation is a day of another time zone.
            ("2", "2026-10-09T23:00:00", "amount", None, Some("40")),
            ("2", "2026-10-12T12:00:00", "amount", Some("40"), Some("50")),
        ],
    );
    assert_eq!(
        told(past),
        [
            "2026-10-04 1 Propose open 300",
            "2026-10-05 1 Close open 300",
            "2026-10-10 1 Close open 300",
            "2026-10-10 2 Qualify open 40",
            "2026-10-12 1 Close open 300",
            "2026-10-12 2 Qualify open 50",
        ]
    );
}

#[test]
fn what_was_before_may_be_left_out() {
    let past = rebuilt(
        &[("1", "Close", "open", 300, "2026-09-01")],
        &[
            ("1", "2026-10-05T12:00:00", "amount", None, Some("100")),
            ("1", "2026-10-20T12:00:00", "amount", None, Some("300")),
            ("1", "2026-10-12T12:00:00", "stage", None, Some("Propose")),
            ("1", "2026-10-20T12:00:00", "stage", None, Some("Close")),
        ],
    );
    // A deal has a stage: it begins with the first event that tells one.
    assert_eq!(
        past.reasons,
        ["1 × begins after its creation, with an event that does not say what a required column was before"]
    );
    assert_eq!(told(past), ["2026-10-12 1 Propose open 100", "2026-10-20 1 Close open 300"]);
    let past = rebuilt(
        &[("1", "Close", "open", 300, "2026-09-01")],
        &[("1", "2026-10-05T12:00:00", "amount", None, Some("100"))],
    );
    assert_eq!(past.reasons, ["1 × changed without an event before the first export"]);
    assert_eq!(told(past), ["2026-10-04 1 Close open NULL", "2026-10-05 1 Close open 100"]);
}

#[test]
fn what_does_not_fit_is_passed_over_and_told() {
    let past = rebuilt(
        &[("1", "Close", "open", 300, "2026-09-01")],
        &[
            ("1", "2026-10-05T12:00:00", "amount", Some("100"), Some("200")),
            ("1", "2026-10-08T12:00:00", "amount", Some("200"), Some("a lot")),
            ("1", "2026-10-09T12:00:00", "amount", Some("little"), Some("300")),
            ("1", "2026-10-10T12:00:00", "status", Some("sleeping"), Some("open")),
            ("1", "2026-10-11T12:00:00", "stage", Some("Propose"), None),
            ("1", "2026-10-12T12:00:00", "colour", Some("red"), Some("blue")),
            ("1", "2026-10-13T12:00:00", "deal_id", Some("0"), Some("1")),
            ("9", "2026-10-14T12:00:00", "amount", Some("1"), Some("2")),
        ],
    );
    assert_eq!((past.taken, past.passed_over), (1, 7));
    assert_eq!(
        past.reasons,
        [
            "2 × passed over: `amount` is not a number",
            "2 × passed over: no column of crm.deal that can change",
            "1 × passed over: `stage` is missing",
            "1 × passed over: `status` is none of the values that the table allows (open, won, lost)",
            "1 × passed over: of a deal that the first export does not hold",
            "1 × changed without an event before the first export",
        ]
    );
    assert_eq!(told(past), ["2026-10-04 1 Close open 100", "2026-10-05 1 Close open 200"]);
}

#[test]
fn a_closed_deal_of_which_no_event_says_since_when_is_not_closed_from_the_start() {
    let deals = [
        ("1", "Close", "won", 10, "2026-09-01"),
        ("2", "Close", "won", 20, "2026-09-01"),
        ("3", "Close", "lost", 30, "2026-10-06"),
        ("4", "Propose", "open", 40, "2026-10-06"),
    ];
    let of_status = [("1", "2026-10-05T12:00:00", "status", Some("open"), Some("won"))];
    let past = rebuilt(&deals, &of_status);
    assert_eq!(past.reasons, ["1 × a closed deal whose events do not say since when: it begins with the first export"]);
    // The second one was closed before its CRM's events begin.
    assert_eq!(
        told(past),
        [
            "2026-10-04 1 Close open 10",
            "2026-10-04 2 Close won 20",
            "2026-10-05 1 Close won 10",
            "2026-10-05 2 Close won 20",
            "2026-10-06 1 Close won 10",
            "2026-10-06 2 Close won 20",
            "2026-10-06 4 Propose open 40",
        ]
    );
    let past = rebuilt(&deals, &[("4", "2026-10-08T12:00:00", "amount", Some("30"), Some("40"))]);
    assert_eq!(told(past), ["2026-10-07 4 Propose open 30", "2026-10-08 4 Propose open 40"]);
}

#[test]
fn tables_of_another_form_cannot_be_rebuilt() {
    assert_eq!(check(&deal(), &event()), Ok(()));
    let other = table("crm.deal_event", "CREATE TABLE deal_event (deal_id TEXT, at DATE, PRIMARY KEY (deal_id, at))");
    assert_eq!(check(&deal(), &other).unwrap_err(), "crm.deal_event has no column `at TIMESTAMP`");
    let other = table("crm.deal", "CREATE TABLE deal (id TEXT, PRIMARY KEY (id))");
    assert!(check(&other, &event()).is_err());
}
