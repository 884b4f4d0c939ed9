//! Random exports, day after day: what is in the lake is what a table of the last good rows would hold, whatever the
//! size that is held in memory, the order of the rows, and whether the records of the day before are recognised.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Date32Type, Decimal128Type};
use tempfile::TempDir;
use uuid::Uuid;

use super::*;
use crate::calendar::{Calendar, Month};
use crate::lake::{CommitMeta, Lake, Origin, Role, TableName};
use crate::problem::SourceFile;
use crate::query::{Sql, declared, session};
use crate::yaml;

const PIPELINE: &str = r#"
sources:
  - table: crm.deal
    csv: {path: "deal.csv"}
    export: EXPORT
    where: WHERE
    rejects: {limit: LIMIT}
    volume: {drop: 100%}
    map: {deal_id: deal, name: name, amount: number(amount), since: "SINCE"}
"#;

/// A lake with one table, and a folder for its export.
struct Bench {
    folder: TempDir,
    lake: Lake,
    since: &'static str,
    amount: &'static str,
    condition: &'static str,
    limit: &'static str,
    export: &'static str,
    held: Held,
    forgets: bool,
    /// What each commit warns of.
    warnings: usize,
}

/// All of a small export.
const ALL: Held = Held { bytes: usize::MAX, rejects: u64::MAX };

impl Bench {
    fn new(export: &'static str, held: Held, forgets: bool) -> Self {
        let memory = std::path::Path::new("/dev/shm");
        let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap();
        let lake = Lake::open_or_create(&folder.path().join("lake"), Uuid::from_u128(7)).unwrap();
        Self {
            folder,
            lake,
            since: "since",
            amount: "DECIMAL(18,2)",
            condition: "deal <> 'test'",
            limit: "100%",
            export,
            held,
            forgets,
            warnings: 0,
        }
    }

    fn job(&self, day: Day) -> Job {
        let name: TableName = "crm.deal".parse().unwrap();
        let text =
            "CREATE TABLE deal (deal_id TEXT, name TEXT, amount AMOUNT NOT NULL, since DATE, PRIMARY KEY (deal_id))";
        let text = &text.replace("AMOUNT", self.amount);
        let table = declared::parse(name, Sql::file(&SourceFile::new("sql/crm/deal.sql", text))).unwrap();
        let text = PIPELINE
            .replace("EXPORT", self.export)
            .replace("SINCE", self.since)
            .replace("WHERE", self.condition)
            .replace("LIMIT", self.limit);
        let file = SourceFile::new("pipelines/nightly.yaml", &text);
        let document = Arc::new(yaml::parse(&file, 0..text.len()).unwrap());
        #[derive(serde::Deserialize)]
        struct Sources {
            sources: Vec<Source>,
        }
        let Sources { mut sources } = document.read().unwrap();
        let source = sources.remove(0);
        let calendar = Calendar { year_starts: Month::January };
        let settings = Settings {
            day,
            calendar,
            timezone: jiff::tz::TimeZone::UTC,
            currency: "EUR".to_owned(),
            holidays: Arc::default(),
            values: Arc::default(),
        };
        let engine = session::open_for_mapping(&settings).unwrap();
        let roots = Roots::new(self.folder.path(), &[]).unwrap();
        let (format, place) = (source.format().unwrap(), Place { document, index: 0 });
        Job { source, place, table, format, roots, settings, engine }
    }

    /// Loads an export of a day and commits it; gives the counts and the reasons of rejects.
    fn load(&self, day: Day, text: &str) -> Result<(Counts, Vec<String>)> {
        let file = self.folder.path().join("deal.csv");
        std::fs::write(&file, text).unwrap();
        if self.forgets {
            let _ = std::fs::remove_dir_all(self.folder.path().join("lake/cache"));
        }
        let job = self.job(day);
        let mut writer = self.lake.lock("run").unwrap();
        let mut transaction = writer.begin(day).unwrap();
        let name = &job.table.name;
        let table = transaction.table(name, Role::Snapshot, day, &job.table.schema(), &job.table.key)?;
        let rejects = transaction.table(name, Role::Reject, day, &declared::reject_schema(), &[])?;
        let view = transaction.view();
        let loaded = job.load_holding(self.held, &[file], &view, table, rejects)?;
        transaction.add(loaded.table, loaded.facts)?;
        match loaded.rejects {
            Some(rejects) => drop(transaction.add(rejects, Facts::new())?),
            None => drop(transaction.remove(name, Role::Reject, day)?),
        }
        let made_at = jiff::Timestamp::from_second(i64::from(day.to_epoch_days()) * 86_400).unwrap();
        let (uuid, program, message) = (Uuid::from_u128(1), "test".to_owned(), String::new());
        let outcome = transaction.commit(CommitMeta { uuid, made_at, program, message })?;
        assert_eq!(outcome.warnings.len(), self.warnings, "{:?}", outcome.warnings);
        Ok((loaded.counts, loaded.reasons))
    }

    fn rows(&self, role: Role, day: Day) -> Vec<RecordBatch> {
        let pin = self.lake.pin().unwrap();
        let version = pin.on(&"crm.deal".parse().unwrap(), role, day).cloned();
        version.iter().flat_map(|version| pin.read(version).unwrap()).map(Result::unwrap).collect()
    }

    /// The deals as of a day: name, amount in cents, day since.
    fn deals(&self, day: Day) -> Table {
        let mut deals = Table::new();
        for batch in self.rows(Role::Snapshot, day) {
            let text = |at: usize| batch.column(at).as_string::<i32>();
            for row in 0..batch.num_rows() {
                let name = text(1).is_valid(row).then(|| text(1).value(row).to_owned());
                let amount = batch.column(2).as_primitive::<Decimal128Type>().value(row);
                let since = batch.column(3).as_primitive::<Date32Type>();
                let deal = (name, amount, since.is_valid(row).then(|| since.value(row)));
                assert!(deals.insert(text(0).value(row).to_owned(), deal).is_none());
            }
        }
        deals
    }

    /// Every file of data with its content.
    fn data(&self) -> BTreeMap<String, Vec<u8>> {
        let folder = self.folder.path().join("lake/data/crm.deal");
        let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
        files
            .map(|file| (file.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&file).unwrap()))
            .collect()
    }
}

type Deal = (Option<String>, i128, Option<i32>);
type Table = BTreeMap<String, Deal>;

/// SplitMix64.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit
    }

    fn is(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

/// A line of an export, and what it is to come to.
#[derive(Clone)]
enum Line {
    Good(String, Deal),
    /// A row whose amount cannot be read.
    Unfit(String),
    /// A row with a field too few; its key can be read.
    Short(String),
    LeftOut,
}

impl Line {
    fn text(&self, unmapped: u64) -> String {
        match self {
            Self::Good(id, (name, amount, since)) => {
                let name = name.as_deref().unwrap_or_default().replace('"', "\"\"");
                let since = since.map(|since| Day::from_epoch_days(since).unwrap().to_string()).unwrap_or_default();
                format!("{id},\"{name}\",{}.{:02},{since},{unmapped}\n", amount / 100, amount % 100)
            }
            Self::Unfit(id) => format!("{id},x,much,2026-01-01,{unmapped}\n"),
            Self::Short(id) => format!("{id},x,1\n"),
            Self::LeftOut => format!("test,x,1,2026-01-01,{unmapped}\n"),
        }
    }
}

fn day(of: i32) -> Day {
    let first: Day = "2026-03-20".parse().unwrap();
    Day::from_epoch_days(first.to_epoch_days() + of).unwrap()
}

fn random_deal(chance: &mut Chance) -> Deal {
    let names = [None, Some("Anchor"), Some("Buoy, big"), Some("Line 1\nLine 2"), Some("say \"ahoy\""), Some("Zoë")];
    let name = names[chance.below(6) as usize].map(str::to_owned);
    (name, i128::from(chance.below(3000)), chance.is(80).then(|| 20_000 + chance.below(9) as i32))
}

/// The next day's lines: most as they were, some changed, new, gone, spoiled or doubled; in one of several orders.
fn next_lines(lines: &[Line], chance: &mut Chance, shuffles: bool) -> Vec<Line> {
    let mut next: Vec<Line> = Vec::new();
    for line in lines {
        match chance.below(20) {
            0 => {}
            1 => next.push(Line::LeftOut),
            2 | 3 => {
                if let Line::Good(id, _) | Line::Unfit(id) | Line::Short(id) = line {
                    next.push(match chance.below(6) {
                        0 => Line::Unfit(id.clone()),
                        1 => Line::Short(id.clone()),
                        _ => Line::Good(id.clone(), random_deal(chance)),
                    });
                }
            }
            4 => next.extend([line.clone(), line.clone()]),
            5 => {
                next.push(line.clone());
                if let Line::Good(id, _) = line {
                    let again = Line::Good(id.clone(), random_deal(chance));
                    let at = next.len() - chance.below(2) as usize;
                    next.insert(at, again);
                }
            }
            _ => next.push(line.clone()),
        }
    }
    for _ in 0..chance.below(4) {
        next.push(Line::Good(format!("d{:03}", chance.below(200)), random_deal(chance)));
    }
    let id = |line: &Line| match line {
        Line::Good(id, _) | Line::Unfit(id) | Line::Short(id) => id.clone(),
        Line::LeftOut => "test".to_owned(),
    };
    match shuffles {
        true => (1..next.len()).rev().for_each(|at| next.swap(at, chance.below(at as u64 + 1) as usize)),
        false => next.sort_by_key(id),
    }
    next
}

/// What a table of the last good rows holds after an export.
fn expected(before: &Table, lines: &[Line], export: &str) -> (Table, Counts) {
    let (mut table, mut counts) = (Table::new(), Counts::default());
    let mut rejected = Vec::new();
    for line in lines {
        counts.read += 1;
        match line {
            Line::Good(id, _) if table.contains_key(id) => counts.rejected += 1,
            Line::Good(id, deal) => drop(table.insert(id.clone(), deal.clone())),
            Line::Unfit(id) | Line::Short(id) => {
                counts.rejected += 1;
                rejected.push(id.clone());
            }
            Line::LeftOut => {
                counts.read -= 1;
                counts.left_out += 1;
            }
        }
    }
    for (id, deal) in before {
        let is_rejected = rejected.contains(id);
        if !table.contains_key(id) && (is_rejected || export == "changes") {
            counts.carried += u64::from(is_rejected);
            table.insert(id.clone(), deal.clone());
        }
    }
    counts.rows = table.len() as u64;
    (table, counts)
}

fn text(lines: &[Line], chance: &mut Chance) -> String {
    let mut text = "deal,name,amount,since,seen\n".to_owned();
    for line in lines {
        // A column that is not mapped: the record changes, its row does not.
        let seen = u64::from(chance.is(10));
        write!(text, "{}", line.text(seen)).unwrap();
    }
    text
}

/// How many random tables; more of them by `FORECASTLE_ROUNDS`.
fn rounds() -> u64 {
    std::env::var("FORECASTLE_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(10)
}

#[test]
fn whatever_is_held_or_recognised_the_lake_holds_the_last_good_rows() {
    let mut refused = 0;
    for seed in 0..rounds() {
        let mut chance = Chance(seed);
        let export = if chance.is(30) { "changes" } else { "full" };
        let shuffles = chance.is(50);
        let (limit, share) = if chance.is(50) { ("100%", 1.0) } else { ("20%", 0.2) };
        let held = |bytes, rejects| Held { bytes, rejects };
        let benches = [
            (ALL, false),
            (held(usize::MAX, 1), true),
            (held(0, u64::MAX), false),
            (held(0, 0), true),
            (held(9_000, 2), false),
        ]
        .map(|(held, forgets)| Bench { limit, ..Bench::new(export, held, forgets) });
        let mut lines: Vec<Line> =
            (0..chance.below(60)).map(|at| Line::Good(format!("d{:03}", at * 3), random_deal(&mut chance))).collect();
        let mut table = Table::new();
        let mut before = None;
        // Over the end of a month.
        for at in 0..14 {
            if at > 0 {
                lines = next_lines(&lines, &mut chance, shuffles);
            }
            let export_text = text(&lines, &mut chance);
            let (holds, counts) = expected(&table, &lines, export);
            let counts = Counts { before, ..counts };
            let is_refused = counts.rejected as f64 > share * counts.read as f64;
            if is_refused {
                refused += 1;
            } else {
                (table, before) = (holds, Some(counts.rows));
            }
            let mut told = Vec::new();
            for bench in &benches {
                let Held { bytes, rejects } = bench.held;
                let said =
                    format!("seed {seed}, day {at}, held {bytes} {rejects}, forgets {}\n{export_text}", bench.forgets);
                let reasons = match bench.load(day(at), &export_text) {
                    Ok((found, reasons)) => {
                        assert!(!is_refused, "{said}");
                        assert_eq!(found, counts, "{said}");
                        reasons
                    }
                    Err(error) => {
                        let Counts { rejected, read, .. } = counts;
                        let told = format!("crm.deal: {rejected} of {read} rows were rejected, more than the limit of");
                        assert!(is_refused && error.message.starts_with(&told), "{error}\n{said}");
                        vec![error.message]
                    }
                };
                if !is_refused {
                    assert_eq!(bench.deals(day(at)), table, "{said}");
                }
                told.push((reasons, bench.rows(Role::Reject, day(at)), bench.data()));
            }
            for (bench, other) in benches.iter().zip(&told).skip(1) {
                let said = format!("seed {seed}, day {at}, held {} {}", bench.held.bytes, bench.held.rejects);
                assert_eq!(other.0, told[0].0, "{said}: reasons");
                assert_eq!(other.1, told[0].1, "{said}: rejects");
                assert!(other.2 == told[0].2, "{said}: other bytes");
            }
        }
    }
    assert!(rounds() < 10 || refused > 5, "{refused} exports were refused");
}

const TWO: &str = "deal,name,amount,since,seen\na,Anchor,1,2026-01-01,1\nb,Buoy,2,2026-01-02,1\n";

#[test]
fn a_record_is_recognised_only_while_it_is_read_in_the_same_way() {
    let mut bench = Bench::new("full", ALL, false);
    bench.load(day(0), TWO).unwrap();
    // Another expression.
    bench.since = "CASE WHEN deal = 'b' THEN day('2026-02-01') ELSE day(since) END";
    bench.load(day(1), TWO).unwrap();
    let since = |of: &str| Some(of.parse::<Day>().unwrap().to_epoch_days());
    assert_eq!(bench.deals(day(1))["b"].2, since("2026-02-01"));
    // The run's day.
    bench.since = "today()";
    for at in [2, 3] {
        bench.load(day(at), TWO).unwrap();
        assert_eq!(bench.deals(day(at))["b"].2, Some(day(at).to_epoch_days()));
    }
    // Another type.
    bench.since = "since";
    bench.load(day(4), TWO).unwrap();
    bench.amount = "DECIMAL(18,4)";
    bench.load(day(5), TWO).unwrap();
    assert_eq!(bench.deals(day(5))["b"].1, 20_000);
    // Another condition.
    bench.load(day(6), TWO).unwrap();
    bench.condition = "deal <> 'b'";
    bench.load(day(7), TWO).unwrap();
    assert_eq!(bench.deals(day(7)).keys().collect::<Vec<_>>(), ["a"]);
    bench.condition = "deal <> 'test'";
    // Another header over the same records.
    bench.load(day(8), TWO).unwrap();
    bench.load(day(9), &TWO.replace("deal,name", "name,deal")).unwrap();
    assert_eq!(bench.deals(day(9)).keys().collect::<Vec<_>>(), ["Anchor", "Buoy"]);
}

#[test]
fn lines_are_counted_through_recognised_records() {
    // A carriage return alone, and an end of line, within quotes.
    let days = [
        "deal,name,amount,since,seen\na,\"x\ry\",1,,\nb,\"x\ny\",2,,\nc,z,3,,\n",
        "deal,name,amount,since,seen\na,\"x\ry\",1,,\nb,\"x\ny\",2,,\nc,z,much,,\n",
    ];
    for forgets in [false, true] {
        let bench = Bench::new("full", ALL, forgets);
        bench.load(day(0), days[0]).unwrap();
        bench.load(day(1), days[1]).unwrap();
        let rejects = bench.rows(Role::Reject, day(1));
        let lines = rejects[0].column(1).as_primitive::<arrow::datatypes::UInt64Type>();
        assert_eq!(lines.values(), &[6], "forgets {forgets}");
    }
}

/// Of each hundred rows these are spoiled; one row more has the key of another.
fn spoiled(rows: Range<usize>) -> String {
    let mut text = "deal,name,amount,since,seen\n".to_owned();
    for at in 0..10_000 {
        let amount = if rows.contains(&(at / 100)) { "much" } else { "1" };
        writeln!(text, "d{at:04},x,{amount},,").unwrap();
    }
    text + "d9999,x,2,,\n"
}

#[test]
fn rejected_rows_that_are_too_many_to_be_kept_are_counted_to_the_end() {
    for bytes in [0, usize::MAX] {
        let told = [u64::MAX, 100].map(|rejects| {
            let held = Held { bytes, rejects };
            let bench = Bench { limit: "20%", ..Bench::new("full", held, false) };
            bench.load(day(0), &spoiled(0..0)).unwrap();
            // Wrong throughout, at the start only, and at the end only.
            let refused = bench.load(day(1), &spoiled(0..60)).unwrap_err();
            let early = bench.load(day(2), &spoiled(0..15)).unwrap();
            let late = bench.load(day(3), &spoiled(85..100)).unwrap();
            let rejects = [2, 3].map(|at| bench.rows(Role::Reject, day(at)));
            (refused.to_string(), early, late, rejects, bench.data())
        });
        let [(refused, early, late, ..), counted] = &told;
        assert!(refused.starts_with("crm.deal: 6001 of 10001 rows were rejected, more than the limit of 20%: 6000 × `amount` is not a number (first in deal.csv:2); 1 × has the key of line 10001"), "{refused}");
        assert_eq!((early.0.rejected, early.0.carried, early.0.rows), (1501, 1500, 10_000));
        assert_eq!((late.0.rejected, late.0.carried, late.0.rows), (1500, 1499, 10_000));
        assert!(*counted == told[0], "{counted:?}");
    }
}

#[test]
fn a_fraction_is_never_cut_off_in_silence() {
    let mut bench = Bench::new("full", ALL, false);
    bench.amount = "BIGINT";
    let text = "deal,name,amount,since,seen\na,x,1.0,,\nb,x,2.5,,\nc,x,-0.99999,,\n";
    let (counts, reasons) = bench.load(day(0), text).unwrap();
    assert_eq!((counts.rows, counts.rejected), (1, 2));
    assert!(reasons[0].starts_with("2 × `amount` is not a whole number"), "{reasons:?}");
}

#[test]
fn the_rows_of_records_that_are_as_they_were_are_not_read() {
    for forgets in [false, true] {
        let bench = Bench::new("full", ALL, forgets);
        bench.load(day(0), TWO).unwrap();
        bench.load(day(1), &TWO.replace("a,Anchor", "a,Achtern")).unwrap();
        let data = bench.folder.path().join("lake/data/crm.deal");
        for file in std::fs::read_dir(data).unwrap().map(|file| file.unwrap().path()) {
            if file.file_name().unwrap().to_string_lossy().starts_with("2026-03-20-snapshot") {
                std::fs::write(&file, b"spoiled").unwrap();
            }
        }
        let loaded = bench.load(day(2), TWO);
        assert_eq!(loaded.is_err(), forgets, "{:?}", loaded.err());
    }
}

#[test]
fn a_link_in_the_place_of_the_cache_leads_no_marks_elsewhere() {
    let (mut bench, elsewhere) = (Bench::new("full", ALL, false), tempfile::tempdir().unwrap());
    std::os::unix::fs::symlink(elsewhere.path(), bench.folder.path().join("lake/cache")).unwrap();
    bench.warnings = 1;
    bench.load(day(0), TWO).unwrap();
    bench.load(day(1), TWO).unwrap();
    assert!(std::fs::read_dir(elsewhere.path()).unwrap().next().is_none());
}

#[test]
fn marks_that_are_damaged_or_of_another_snapshot_are_passed_over() {
    let bench = Bench::new("full", ALL, false);
    bench.load(day(0), TWO).unwrap();
    let marks = bench.folder.path().join("lake/cache/crm.deal.marks");
    let whole = std::fs::read(&marks).unwrap();
    let changed = TWO.replace("b,Buoy,2", "b,Buoy,3");
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        std::fs::write(&marks, &bytes).unwrap();
        let loaded = bench.load(day(1), &changed).unwrap();
        assert_eq!((loaded.0.rows, bench.deals(day(1))["b"].1), (2, 300), "byte {at}");
    }
    // The day before comes again, otherwise.
    let marks_of_day_1 = std::fs::read(&marks).unwrap();
    bench.load(day(0), &TWO.replace("a,Anchor", "a,Achtern")).unwrap();
    std::fs::write(&marks, marks_of_day_1).unwrap();
    bench.load(day(2), &changed).unwrap();
    assert_eq!(bench.deals(day(2))["a"].0.as_deref(), Some("Anchor"));
    let pin = bench.lake.pin().unwrap();
    assert!(bench.lake.verify(&pin).unwrap().is_empty());
    let exports: Vec<Origin> = pin.exports(&"crm.deal".parse().unwrap()).map(Version::origin).collect();
    assert_eq!(exports.len(), 3);
}
