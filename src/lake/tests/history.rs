//! History gives back every day as it came, whatever came before and after it.

use std::collections::{BTreeMap, BTreeSet};

use datafusion::catalog::TableProvider;
use datafusion::prelude::SessionContext;

use super::*;
use crate::lake::provider::{as_read, history_as_read};

/// What is done to the lake.
#[derive(Debug)]
enum Step {
    /// So many days later a snapshot comes with these deals.
    Later(i32, Vec<(i64, u8)>),
    /// The newest day comes again.
    Again(Vec<(i64, u8)>),
    /// So many snapshots ago a day is corrected, or one comes late for the day before it.
    Corrected(usize, bool, Vec<(i64, u8)>),
    /// Days that many before the first export are rebuilt, in the place of all that were; those without deals as before.
    Rebuilt(BTreeMap<i32, Option<Vec<(i64, u8)>>>),
}

/// Some deals, about half of those that there are.
fn rows(chance: &mut Chance) -> Vec<(i64, u8)> {
    let mut rows = Vec::new();
    for id in 0..12 {
        if chance.below(2) == 0 {
            rows.push((id, chance.below(3) as u8));
        }
    }
    rows
}

fn steps(seed: u64) -> Vec<Step> {
    let mut chance = Chance(seed);
    (0..=chance.below(14))
        .map(|_| match chance.below(9) {
            0 => Step::Again(rows(&mut chance)),
            8 => {
                let day = |chance: &mut Chance| {
                    let deals = (chance.below(3) == 0).then(|| rows(chance));
                    (1 + 5 * chance.below(12) as i32, deals)
                };
                Step::Rebuilt((0..chance.below(5)).map(|_| day(&mut chance)).collect())
            }
            1 => Step::Corrected(chance.below(6), chance.below(2) == 0, rows(&mut chance)),
            _ => Step::Later(1 + chance.below(20) as i32, rows(&mut chance)),
        })
        .collect()
}

/// Numbers without a pattern, the same for the same seed (SplitMix64, Steele and others 2014).
pub struct Chance(pub u64);

impl Chance {
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }
}

/// The snapshots that the lake ought to hold.
type Books = BTreeMap<Day, Vec<(i64, Option<String>)>>;

fn name(value: u8) -> Option<String> {
    (value > 0).then(|| format!("name {value}"))
}

/// Does the steps, a commit each.
fn play(test: &TestLake, steps: &[Step]) -> Books {
    let mut books = Books::new();
    for step in steps {
        let newest = books.keys().last().copied().unwrap_or(day("2026-01-20"));
        let (of, rows) = match step {
            Step::Later(days, rows) => (newest.plus(*days).unwrap(), rows),
            Step::Again(rows) => (newest, rows),
            Step::Corrected(back, late, rows) => {
                let of = books.keys().rev().nth(*back).copied().unwrap_or(newest);
                (if *late { of.plus(-1).unwrap() } else { of }, rows)
            }
            Step::Rebuilt(days) => {
                rebuild(test, days, &mut books);
                continue;
            }
        };
        let rows: Vec<(i64, Option<String>)> = rows.iter().map(|(id, value)| (*id, name(*value))).collect();
        let borrowed: Vec<Row<'_>> = rows.iter().map(|(id, name)| (*id, name.as_deref())).collect();
        test.commit(&of.to_string(), &borrowed);
        books.insert(of, rows);
    }
    books
}

/// Rebuilds days before the first export.
fn rebuild(test: &TestLake, days: &BTreeMap<i32, Option<Vec<(i64, u8)>>>, books: &mut Books) {
    let pin = test.pin();
    let Some(first) = pin.exports(&deal()).next().map(|version| version.day) else { return };
    let held: BTreeSet<Day> = pin.rebuilt(&deal()).map(|version| version.day).collect();
    let mut wanted = Books::new();
    for (back, rows) in days {
        let of = first.plus(-back).unwrap();
        let made = |rows: &Vec<(i64, u8)>| rows.iter().map(|(id, value)| (*id, name(*value))).collect();
        wanted.insert(of, rows.as_ref().map_or_else(|| books.get(&of).cloned().unwrap_or_default(), made));
    }
    let given: BTreeSet<Day> = wanted.keys().copied().collect();
    let gone: BTreeSet<Day> = held.difference(&given).copied().collect();
    let changed = wanted.iter().filter(|(of, rows)| !held.contains(of) || books.get(of) != Some(rows)).count();
    let batch = |of: Day| deals(&wanted[&of].iter().map(|(id, name)| (*id, name.as_deref())).collect::<Vec<_>>());
    let facts = [(Origin::FACT.to_owned(), Origin::Events.name().into())].into_iter().collect();
    let mut writer = test.lake.lock("rebuild").unwrap();
    let mut transaction = writer.begin(first).unwrap();
    let form = deals(&[]).schema();
    let told = transaction.replace(&deal(), (&form, &[0]), &given, &gone, &facts, |of| Ok(batch(of))).unwrap();
    assert_eq!(told, changed + gone.len());
    let commit = transaction.commit(meta(2)).unwrap().commit;
    assert_eq!(commit.is_some(), told > 0);
    books.retain(|of, _| !gone.contains(of));
    books.extend(wanted);
}

fn collect(provider: Arc<dyn TableProvider>) -> Vec<RecordBatch> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let context = SessionContext::new();
    runtime.block_on(async { context.read_table(provider).unwrap().collect().await.unwrap() })
}

/// Batches as lines of text, sorted.
fn lines(batches: &[RecordBatch]) -> Vec<String> {
    let mut lines = Vec::new();
    for batch in batches {
        let options = arrow::util::display::FormatOptions::default();
        let columns: Vec<_> = batch
            .columns()
            .iter()
            .map(|column| arrow::util::display::ArrayFormatter::try_new(column, &options).unwrap())
            .collect();
        lines.extend(
            (0..batch.num_rows())
                .map(|row| columns.iter().map(|column| column.value(row).to_string()).collect::<Vec<_>>().join("|")),
        );
    }
    lines.sort();
    lines
}

/// The versions that the snapshots up to a day come to.
fn versions(books: &Books, up_to: Day) -> Vec<String> {
    let mut open: BTreeMap<i64, (Option<String>, Day)> = BTreeMap::new();
    let mut told = Vec::new();
    let line = |id: i64, name: &Option<String>, from: Day, to: String| {
        format!("{id}|{}|{from}|{to}", name.as_deref().unwrap_or(""))
    };
    for (of, rows) in books.range(..=up_to) {
        let now: BTreeMap<i64, &Option<String>> = rows.iter().map(|(id, name)| (*id, name)).collect();
        let ended: Vec<i64> = open
            .iter()
            .filter(|(id, (name, _))| now.get(id).is_none_or(|now| *now != name))
            .map(|(id, _)| *id)
            .collect();
        for id in ended {
            let (name, from) = open.remove(&id).unwrap();
            told.push(line(id, &name, from, of.to_string()));
        }
        for (id, name) in rows {
            open.entry(*id).or_insert_with(|| (name.clone(), *of));
        }
    }
    told.extend(open.iter().map(|(id, (name, from))| line(*id, name, *from, String::new())));
    told.sort();
    told
}

fn check(pin: &Pin, books: &Books) {
    let schema = deals(&[]).schema();
    assert_eq!(pin.days(&deal(), Role::Snapshot), books.keys().copied().collect::<Vec<_>>());
    for (of, rows) in books {
        assert_eq!(read_deals(pin, &of.to_string()).as_ref(), Some(rows), "{of}");
        let line = |(id, name): &(i64, Option<String>)| format!("{id}|{}", name.as_deref().unwrap_or(""));
        let mut wanted: Vec<String> = rows.iter().map(line).collect();
        wanted.sort();
        assert_eq!(lines(&collect(pin.table(&deal(), Role::Snapshot, *of, &as_read(&schema)))), wanted, "{of}");
        assert_eq!(lines(&collect(pin.history(&deal(), *of, &schema))), versions(books, *of), "{of}");
        let mut wanted: Vec<String> = (books.range(..=of))
            .flat_map(|(of, rows)| rows.iter().map(move |row| format!("{}|{of}", line(row))))
            .collect();
        wanted.sort();
        assert_eq!(lines(&collect(pin.snapshots(&deal(), *of, &schema))), wanted, "{of}");
    }
}

/// How many histories are made up for a test; more of them by `FORECASTLE_ROUNDS`.
fn histories() -> u64 {
    std::env::var("FORECASTLE_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(60)
}

#[test]
fn every_day_is_given_back_as_it_came() {
    for seed in 0..histories() {
        let steps = steps(seed);
        println!("seed {seed}: {steps:?}");
        let test = TestLake::new();
        let books = play(&test, &steps);
        // Nothing was rebuilt, as there was no export.
        let Some(newest) = books.values().last() else { continue };
        check(&test.pin(), &books);
        let verified = test.lake.verify_all(&mut |_, _| ()).unwrap();
        assert_eq!((verified.damages, verified.versions), (Vec::new(), books.len()));
        assert_eq!(&test.latest(), newest);
    }
}

#[test]
fn history_built_in_any_order_is_the_same_history() {
    for seed in histories()..2 * histories() {
        let steps = steps(seed);
        println!("seed {seed}: {steps:?}");
        let test = TestLake::new();
        let books = play(&test, &steps);
        let other = TestLake::new();
        for (of, rows) in &books {
            let borrowed: Vec<Row<'_>> = rows.iter().map(|(id, name)| (*id, name.as_deref())).collect();
            other.commit(&of.to_string(), &borrowed);
        }
        for of in books.keys() {
            assert_eq!(other.pin().state_hash(*of), test.pin().state_hash(*of));
        }
        check(&other.pin(), &books);
    }
}

#[test]
fn a_day_costs_what_changed_on_it() {
    let test = TestLake::new();
    let mut rows: Vec<(i64, Option<String>)> = (0..5_000).map(|id| (id, Some(format!("Deal {}", id * 7919)))).collect();
    let commit = |rows: &[(i64, Option<String>)], of: &str| {
        let borrowed: Vec<Row<'_>> = rows.iter().map(|(id, name)| (*id, name.as_deref())).collect();
        test.commit(of, &borrowed);
        test.pin().on(&deal(), Role::Snapshot, day(of)).unwrap().clone()
    };
    let base = commit(&rows, "2026-11-01");
    let same = commit(&rows, "2026-11-02");
    assert_eq!((same.bytes(), same.rows), (0, 5_000));
    rows[17].1 = None;
    rows.remove(4_000);
    let changed = commit(&rows, "2026-11-03");
    assert!(changed.bytes() * 10 < base.bytes(), "{} of {}", changed.bytes(), base.bytes());
    let file = changed.rows_file().unwrap();
    assert_eq!((file.rows, changed.rows), (1, 4_999));
    // A new month begins with all rows, and puts the one before into one file.
    let closing = commit(&rows, "2026-12-01");
    assert_eq!(closing.rows_file().unwrap().rows, 4_999);
    let november: Vec<String> = ["01", "02", "03"]
        .map(|of| test.pin().on(&deal(), Role::Snapshot, day(&format!("2026-11-{of}"))).unwrap().clone())
        .iter()
        .map(|version| version.rows_file().unwrap().path.clone())
        .collect();
    assert!(november[0].contains("2026-11-01-month-") && november.iter().all(|path| *path == november[0]));
    assert_eq!(test.pin().first_published(day("2026-11-03")), Some(3), "no day of November came to say anything else");
}

#[test]
fn a_column_that_comes_or_goes_makes_no_version_of_its_own() {
    let test = TestLake::new();
    let wide = |of: &str, rows: &[(i64, &str, Option<&str>)]| {
        let ids: Int64Array = rows.iter().map(|row| row.0).collect();
        let names: StringArray = rows.iter().map(|row| Some(row.1)).collect();
        let cities: StringArray = rows.iter().map(|row| row.2).collect();
        let batch = RecordBatch::try_from_iter_with_nullable([
            ("deal_id", Arc::new(ids) as ArrayRef, false),
            ("name", Arc::new(names), true),
            ("city", Arc::new(cities), true),
        ])
        .unwrap();
        let mut writer = test.lake.lock("run").unwrap();
        let mut transaction = writer.begin(day(of)).unwrap();
        let mut table = transaction.table(&deal(), Role::Snapshot, day(of), batch.schema_ref(), &[0]).unwrap();
        table.write(&batch).unwrap();
        transaction.add(table.finish().unwrap(), Facts::new()).unwrap();
        transaction.commit(meta(1)).unwrap();
        batch.schema()
    };
    test.commit("2026-11-01", &[(1, Some("Anchor")), (2, Some("Buoy"))]);
    let schema = wide("2026-11-02", &[(1, "Anchor", None), (2, "Buoy", Some("Kiel"))]);
    test.commit("2026-11-03", &[(1, Some("Anchor")), (2, Some("Buoy"))]);
    assert_eq!(
        lines(&collect(test.pin().history(&deal(), day("2026-11-03"), &schema))),
        [
            "1|Anchor||2026-11-01|",
            "2|Buoy|Kiel|2026-11-02|2026-11-03",
            "2|Buoy||2026-11-01|2026-11-02",
            "2|Buoy||2026-11-03|"
        ]
    );
    let read = |of: &str| lines(&collect(test.pin().table(&deal(), Role::Snapshot, day(of), &as_read(&schema))));
    assert_eq!(read("2026-11-01"), ["1|Anchor|", "2|Buoy|"]);
    assert_eq!(read("2026-11-02"), ["1|Anchor|", "2|Buoy|Kiel"]);
    assert_eq!(read("2026-11-03"), ["1|Anchor|", "2|Buoy|"]);
}

#[test]
fn a_table_with_days_of_its_own_has_other_names_for_those_of_its_versions() {
    let named = |columns: &[&str]| {
        let fields: Vec<arrow::datatypes::Field> = columns
            .iter()
            .map(|name| arrow::datatypes::Field::new(*name, arrow::datatypes::DataType::Date32, true))
            .collect();
        let schema = history_as_read(&Arc::new(arrow::datatypes::Schema::new(fields)));
        schema.fields().iter().map(|field| field.name().clone()).collect::<Vec<_>>()
    };
    assert_eq!(named(&["a"]), ["a", "valid_from", "valid_to"]);
    assert_eq!(named(&["a", "valid_from"]), ["a", "valid_from", "known_from", "known_to"]);
}

#[test]
fn what_a_lake_of_format_1_holds_whole_goes_on_as_history() {
    let test = TestLake::new();
    let path = test.path("LAKE.json");
    let old = std::fs::read_to_string(&path).unwrap().replace("\"format\": 2", "\"format\": 1");
    std::fs::write(&path, old).unwrap();
    let lake = Lake::open(&test.path("")).unwrap();
    let mut writer = lake.lock("run-1").unwrap();
    let mut transaction = writer.begin(day("2026-11-20")).unwrap();
    let batch = deals(&[(1, Some("Anchor")), (2, Some("Buoy"))]);
    let mut table = transaction.table(&deal(), Role::Snapshot, day("2026-11-20"), batch.schema_ref(), &[]).unwrap();
    table.write(&batch).unwrap();
    transaction.add(table.finish().unwrap(), Facts::new()).unwrap();
    transaction.commit(meta(1)).unwrap();
    drop(writer);
    commit_deals(&lake, "2026-11-21", &[(1, Some("Anchor")), (2, Some("Bollard"))]).unwrap();
    let history = lake.pin().unwrap().history(&deal(), day("2026-11-21"), &batch.schema());
    let wanted = ["1|Anchor|2026-11-20|", "2|Bollard|2026-11-21|", "2|Buoy|2026-11-20|2026-11-21"];
    assert_eq!(lines(&collect(history)), wanted);
}

#[test]
fn a_correction_leaves_the_months_after_it_where_they_lie_as_soon_as_they_begin_as_before() {
    let test = TestLake::new();
    let days = ["2026-01-05", "2026-01-20", "2026-02-03", "2026-02-20", "2026-03-02", "2026-03-20", "2026-04-01"];
    let row = |nth: usize| [(1, Some(format!("name {nth}"))), (2, Some("always".to_owned()))];
    let commit = |of: &str, rows: &[(i64, Option<String>)]| {
        let borrowed: Vec<Row<'_>> = rows.iter().map(|(id, name)| (*id, name.as_deref())).collect();
        let commit = test.commit(of, &borrowed).commit.unwrap();
        commit.added.iter().map(|version| version.day.to_string()).collect::<Vec<_>>()
    };
    for (nth, of) in days.iter().enumerate() {
        commit(of, &row(nth));
    }
    // February begins with the same rows since the same days, so that only the place of what it ended changes.
    let mut corrected = row(1);
    corrected[0].1 = Some("another".to_owned());
    assert_eq!(commit(days[1], &corrected), days[1..3]);
    // A row that never changed before is so since another day in all that follows.
    corrected[1].1 = Some("once".to_owned());
    assert_eq!(commit(days[1], &corrected), days[1..]);
    let mut books: Books = days.iter().enumerate().map(|(nth, of)| (day(of), row(nth).to_vec())).collect();
    books.insert(day(days[1]), corrected.to_vec());
    check(&test.pin(), &books);
    assert!(test.lake.verify_all(&mut |_, _| ()).unwrap().damages.is_empty());
}
