//! Which table an export is, and which of its columns is which of the table's.

use std::collections::BTreeSet;

use arrow::datatypes::DataType;
use datafusion::sql::sqlparser::keywords::ALL_KEYWORDS;

use super::sample::{Column, Sample};
use super::shape::When;
use super::word::{self, IS_CLOSED, IS_DELETED, IS_WON, Known, Names, PREFIXES, STANDS_IN};
use crate::query::{DeclaredColumn, DeclaredTable};

/// A choice of words has no more different ones.
const WORDS: usize = 40;

/// A table that an export may be, and how it would be mapped.
pub struct Guess<'s> {
    pub table: &'static str,
    pub lines: Vec<Line>,
    /// Which rows are taken, where it is not all of them.
    pub condition: Option<String>,
    /// Required columns for which nothing was found.
    pub lacking: Vec<&'static str>,
    /// Columns of the export that are of no use.
    pub left: Vec<&'s str>,
    /// How much of the table was found; compared with that of other tables.
    pub score: usize,
}

/// A column of the table, what it is mapped from, and why.
pub struct Line {
    pub column: &'static str,
    pub mapped: Mapped,
    pub why: String,
}

/// What a column is mapped from.
pub enum Mapped {
    /// A header, or an expression of one line.
    One(String),
    /// The branches of a CASE.
    Case(Vec<String>),
}

/// How an export would be mapped onto a table; `None` where it is not that table's. `is_told` says that someone says so.
pub fn guess<'s>(
    sample: &'s Sample,
    known: &'static Known,
    table: &DeclaredTable,
    currency: &str,
    is_told: bool,
) -> Option<Guess<'s>> {
    let search =
        Search { sample, known, table, names: sample.columns.iter().map(|of| word::plain(&of.name)).collect() };
    let is_named = is_told || known.is_named(&sample.file);
    // Most files that are not called so have names and owners too; a deal has what nothing else has.
    if !is_named && (known.table != "crm.deal" || search.repeats_key()) {
        return None;
    }
    let mut taken = BTreeSet::new();
    let mut guess = Guess {
        table: known.table,
        lines: Vec::new(),
        condition: None,
        lacking: Vec::new(),
        left: Vec::new(),
        score: 0,
    };
    let mut score = if is_named { 8 } else { 0 };
    for Names(column, names) in known.columns {
        let Some(declared) = table.column(column) else { continue };
        let found = match (known.table, *column) {
            ("crm.deal", "status") => search.status(&mut taken),
            ("crm.stage", "kind") if search.outcome_flags().is_some() => search.by_flags("kind", &mut taken),
            ("crm.rep", "name") => {
                search.column(column, names, declared, &mut taken).or_else(|| search.both_names(&mut taken))
            }
            _ => search.column(column, names, declared, &mut taken),
        };
        let is_found = found.is_some();
        let line = found.or_else(|| search.stands_in(column, currency, &guess.lines));
        score += if is_found { 1 + 2 * usize::from(declared.is_required) } else { 0 };
        match line {
            Some(line) => guess.lines.push(line),
            None if declared.is_required => guess.lacking.push(*column),
            None => {}
        }
    }
    if known.table != "crm.deal"
        && let Some(deleted) = search.flag(IS_DELETED)
    {
        taken.insert(deleted);
        guess.condition = Some(format!("NOT is_true({})", quoted(&sample.columns[deleted].name)));
    }
    let is_mapped = |column: &str| guess.lines.iter().any(|line| line.column == column);
    let has_key = table.key.iter().all(|at| is_mapped(&table.columns[*at].name));
    let is_deal =
        known.table != "crm.deal" || is_named || (is_mapped("status") && is_mapped("amount") && is_mapped("stage"));
    guess.left =
        (0..sample.columns.len()).filter(|at| !taken.contains(at)).map(|at| sample.columns[at].name.as_str()).collect();
    guess.score = score;
    (has_key && is_deal).then_some(guess)
}

/// An export, looked through for the columns of a table.
struct Search<'s> {
    sample: &'s Sample,
    known: &'static Known,
    table: &'s DeclaredTable,
    /// The plain names of the export's columns.
    names: Vec<String>,
}

impl Search<'_> {
    /// The places of the export's columns that are called so, the likeliest first.
    fn called<'a>(&'a self, names: &'a [&str], taken: &'a BTreeSet<usize>) -> impl Iterator<Item = usize> + 'a {
        names.iter().flat_map(move |known| {
            let is_called = move |at: &usize| !taken.contains(at) && self.known.is_called(&self.names[*at], known);
            (0..self.names.len()).filter(is_called)
        })
    }

    /// Whether a column that bears the name of the key has a value in several rows, as in a list of changes of deals.
    fn repeats_key(&self) -> bool {
        self.names.iter().enumerate().any(|(at, name)| {
            let is_key = self.known.nouns.iter().any(|noun| *name == format!("{noun}_id"));
            let column = &self.sample.columns[at];
            is_key && !column.is_empty() && !column.tells_apart(self.sample.rows)
        })
    }

    fn column(
        &self,
        column: &'static str,
        names: &[&str],
        declared: &DeclaredColumn,
        taken: &mut BTreeSet<usize>,
    ) -> Option<Line> {
        let is_key = self.table.key.len() == 1 && self.table.columns[self.table.key[0]].name == column;
        let mut places: Vec<usize> = self.called(names, taken).collect();
        if is_key {
            // Stable: of those that tell the rows apart the likeliest stays first.
            places.sort_by_key(|at| !self.sample.columns[*at].tells_apart(self.sample.rows));
        }
        let (at, mapped, mut why) = places.into_iter().find_map(|at| {
            let (mapped, why) = self.read(column, declared, &self.sample.columns[at])?;
            Some((at, mapped, why))
        })?;
        if is_key && !self.sample.columns[at].tells_apart(self.sample.rows) {
            why.push_str("; it does not tell all rows apart, and those that repeat one will be rejects");
        }
        taken.insert(at);
        Some(Line { column, mapped, why })
    }

    /// An expression that makes a column of the declared type of one of the export.
    fn read(&self, name: &str, declared: &DeclaredColumn, column: &Column) -> Option<(Mapped, String)> {
        let header = quoted(&column.name);
        let one = |expression: String, why: String| Some((Mapped::One(expression), why));
        if !declared.allowed.is_empty() {
            return self.choice(name, declared, column);
        }
        match &declared.data_type {
            DataType::Utf8 if name == "currency" => {
                let is_code = |value: &String| value.len() == 3 && value.bytes().all(|byte| byte.is_ascii_uppercase());
                let is_currency = !column.is_empty() && column.values.iter().all(is_code);
                is_currency.then(|| (Mapped::One(column.name.clone()), "codes of currencies".to_owned()))
            }
            DataType::Utf8 if name.ends_with("_id") && column.salesforce_ids() => {
                let why = "ids of Salesforce, which are made 18 characters long".to_owned();
                match PREFIXES.iter().find(|(table, of, _)| (*table, *of) == (self.known.table, name)) {
                    None => one(format!("salesforce_id({header})"), why),
                    Some((_, _, prefix)) => {
                        one(format!("CASE WHEN {header} LIKE '{prefix}%' THEN salesforce_id({header}) END"), why)
                    }
                }
            }
            DataType::Utf8 => {
                let blank = self.sample.rows - column.values.len();
                let is_key = self.table.key.iter().any(|at| self.table.columns[*at].name == name);
                if declared.is_required && blank > 0 {
                    let of = self.sample.rows;
                    return match is_key || column.is_empty() {
                        true => None,
                        false => {
                            one(format!("coalesce({header}, 'unknown')"), format!("{blank} of {of} rows have none"))
                        }
                    };
                }
                let why = if column.is_empty() {
                    "guessed from the name alone: it has no values"
                } else {
                    "guessed from the name"
                };
                one(column.name.clone(), why.to_owned())
            }
            DataType::Decimal128(..) => {
                let fit = column.numbers()?;
                let number = match fit.how {
                    None => format!("number({header})"),
                    Some(mark) => format!("number({header}, '{mark}')"),
                };
                if name.contains("probability") && column.exceeds(1, fit.how) {
                    let range = match column.exceeds(100, fit.how) {
                        false => "between 0 and 100",
                        true => "mostly between 0 and 100; the rows of larger ones will be rejects",
                    };
                    return one(format!("{number} / 100"), format!("{}, {range}", fit.seen));
                }
                one(number, fit.seen)
            }
            DataType::Int32 | DataType::Int64 => {
                let fit = column.numbers()?;
                one(fit.how.map_or_else(|| column.name.clone(), |mark| format!("number({header}, '{mark}')")), fit.seen)
            }
            DataType::Date32 => {
                let fit = column.when()?;
                let expression = match &fit.how {
                    When::Day(form) => call("day", &header, form.as_deref()),
                    When::Moment(form) => format!("day_of({})", call("moment", &header, form.as_deref())),
                };
                one(expression, fit.seen)
            }
            DataType::Timestamp(..) => {
                let fit = column.when()?;
                let (When::Day(form) | When::Moment(form)) = &fit.how;
                one(call("moment", &header, form.as_deref()), fit.seen)
            }
            DataType::Boolean => {
                let fit = column.flags()?;
                one(format!("is_true({header})"), fit.seen)
            }
            _ => None,
        }
    }

    /// A column of few words that stand for the values of an enumeration.
    fn choice(&self, name: &str, declared: &DeclaredColumn, column: &Column) -> Option<(Mapped, String)> {
        let words = column.words();
        let meant: Vec<_> = words.iter().map(|(word, _)| (*word, word::meant(self.known.table, name, word))).collect();
        if words.len() > WORDS || meant.iter().all(|(_, value)| value.is_none()) {
            return None;
        }
        let unknown: Vec<&str> = meant.iter().filter(|(_, value)| value.is_none()).map(|(word, _)| *word).collect();
        let (otherwise, taken_for) = if declared.is_required { ("'task'", "a task") } else { ("NULL", "nothing") };
        let values = meant.iter().map(|(word, value)| (*word, value.map_or(otherwise.to_owned(), text)));
        let why = match unknown.is_empty() {
            true => "each of its words is known".to_owned(),
            false => format!("taken for {taken_for}: {}", listed(&unknown)),
        };
        Some((case_of(column, values), why))
    }

    /// The first column that is called so and holds flags.
    fn flag(&self, names: &[&str]) -> Option<usize> {
        let nothing = BTreeSet::new();
        self.called(names, &nothing).find(|at| self.sample.columns[*at].flags().is_some())
    }

    /// The flags of what is won, and of what is closed.
    fn outcome_flags(&self) -> Option<(usize, usize)> {
        Some((self.flag(IS_WON)?, self.flag(IS_CLOSED)?))
    }

    /// Won, lost or open, by flags; and deleted, where there is a flag for that.
    fn by_flags(&self, column: &'static str, taken: &mut BTreeSet<usize>) -> Option<Line> {
        let (won, closed) = self.outcome_flags()?;
        let is_true =
            |at: usize, value: &str| format!("WHEN is_true({}) THEN '{value}'", quoted(&self.sample.columns[at].name));
        let mut branches = vec![is_true(won, "won"), is_true(closed, "lost"), "ELSE 'open'".to_owned()];
        // A deleted deal may have been won before. The flag may stand for nothing so far.
        let nothing = BTreeSet::new();
        let deleted = self.called(IS_DELETED, &nothing).next().filter(|_| column == "status");
        if let Some(deleted) = deleted {
            branches.insert(0, is_true(deleted, "deleted"));
        }
        taken.extend([won, closed].into_iter().chain(deleted));
        Some(Line { column, mapped: case("CASE", branches), why: "told by its flags".to_owned() })
    }

    /// A name in two columns.
    fn both_names(&self, taken: &mut BTreeSet<usize>) -> Option<Line> {
        let of = |name: &str| self.names.iter().position(|known| known == name);
        let (first, last) = (of("first_name").or(of("firstname"))?, of("last_name").or(of("lastname"))?);
        taken.extend([first, last]);
        let [first, last] = [first, last].map(|at| quoted(&self.sample.columns[at].name));
        let mapped = Mapped::One(format!("concat({first}, ' ', {last})"));
        Some(Line { column: "name", mapped, why: "guessed from the names".to_owned() })
    }

    /// The status of a deal: of its flags, else of a column with words for it, else of its stage.
    fn status(&self, taken: &mut BTreeSet<usize>) -> Option<Line> {
        if let Some(line) = self.by_flags("status", taken) {
            return Some(line);
        }
        let named =
            |wanted: &str| self.known.columns.iter().find(|names| names.0 == wanted).map_or(&[][..], |names| names.1);
        let status = |word: &str| word::meant("crm.deal", "status", word);
        let tells = |at: &usize| {
            let words = self.sample.columns[*at].words();
            words.len() <= WORDS && words.iter().any(|(word, _)| matches!(status(word), Some("won" | "lost")))
        };
        let nothing = BTreeSet::new();
        let of_status = self.called(named("status"), taken).find(tells);
        let at = of_status.or_else(|| self.called(named("stage"), &nothing).find(tells))?;
        taken.insert(at);
        let column = &self.sample.columns[at];
        let words = column.words();
        let open: Vec<&str> = words.iter().map(|(word, _)| *word).filter(|word| status(word).is_none()).collect();
        let why = match open.is_empty() {
            true => format!("told by the words of {}", column.name),
            false => format!("told by the words of {}; taken for open: {}", column.name, listed(&open)),
        };
        let values = words.iter().map(|(word, _)| (*word, text(status(word).unwrap_or("open"))));
        Some(Line { column: "status", mapped: case_of(column, values), why })
    }

    /// What is there in place of a column that was not found.
    fn stands_in(&self, column: &'static str, currency: &str, found: &[Line]) -> Option<Line> {
        let one = |text: String, why: &str| Some(Line { column, mapped: Mapped::One(text), why: why.to_owned() });
        if column == "currency" && found.iter().any(|line| line.column == "amount") {
            return one(format!("'{currency}'"), "no column names a currency: that of the pipeline");
        }
        let (_, _, text, why) = STANDS_IN.iter().find(|(table, of, ..)| (*table, *of) == (self.known.table, column))?;
        one((*text).to_owned(), why)
    }
}

/// What each word of a column stands for. A word that nobody has seen yet makes its rows rejects, which are told: nothing is
/// taken for something else in silence.
fn case_of<'w>(column: &Column, values: impl Iterator<Item = (&'w str, String)>) -> Mapped {
    let header = quoted(&column.name);
    // A word with a line break has no place in a YAML text of lines.
    let of_one_line = values.filter(|(word, _)| !word.contains(char::is_control));
    let branches = of_one_line.map(|(word, value)| format!("WHEN {} THEN {value}", text(word)));
    case(&format!("CASE {header}"), branches.chain([format!("ELSE {header}")]).collect())
}

fn case(start: &str, branches: Vec<String>) -> Mapped {
    let branches = branches.into_iter().map(|branch| format!("  {branch}"));
    Mapped::Case(std::iter::once(start.to_owned()).chain(branches).chain(["END".to_owned()]).collect())
}

fn call(function: &str, header: &str, form: Option<&str>) -> String {
    form.map_or_else(|| format!("{function}({header})"), |form| format!("{function}({header}, {})", text(form)))
}

/// Some of several words.
fn listed(words: &[&str]) -> String {
    const SHOWN: usize = 8;
    let shown = words.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
    if words.len() > SHOWN { format!("{shown} and {} more", words.len() - SHOWN) } else { shown }
}

/// A text in SQL.
fn text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A header in SQL.
fn quoted(header: &str) -> String {
    let mut letters = header.chars();
    let is_name = letters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
        && !ALL_KEYWORDS.contains(&header.to_uppercase().as_str());
    if is_name { header.to_owned() } else { format!("\"{}\"", header.replace('"', "\"\"")) }
}
