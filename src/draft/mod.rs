//! A first mapping of exports that nobody has described, for a person to correct.
//!
//! Takes files; gives a pipeline in YAML that fits them. Names of columns are looked up among those that CRMs use, and what a
//! column's values are is tried with the functions that a map reads them with. Each line says what it was guessed from. No run
//! uses any of this: what a pipeline says is what is done.

mod guess;
mod sample;
mod shape;
mod word;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;

use crate::error::{Error, Kind, Result};
use crate::problem::SourceFile;
use crate::project;
use crate::query::{DeclaredTable, Sql, declared};
use guess::{Guess, Line, Mapped};
use sample::Sample;
use word::TABLES;

/// The widest line.
const WIDTH: usize = 130;
/// So many columns that are of no use are named.
const LEFT: usize = 60;
/// The reporting currency where no export names one.
const CURRENCY: &str = "USD";

/// A file to look at, and the table that it is, where someone says so.
#[derive(Debug, Clone)]
pub struct Export {
    pub path: PathBuf,
    pub table: Option<String>,
}

impl Export {
    /// Reads `FILE`, or `crm.deal=FILE`.
    pub fn parse(text: &str) -> Self {
        match text.split_once('=') {
            Some((table, path)) if TABLES.iter().any(|known| known.table == table) => {
                Self { path: path.into(), table: Some(table.to_owned()) }
            }
            _ => Self { path: text.into(), table: None },
        }
    }
}

/// A pipeline for some exports.
#[derive(Debug)]
pub struct Draft {
    pub pipeline: String,
    /// The files that it reads: where each was found, and its name among the exports of a day.
    pub files: Vec<(PathBuf, String)>,
    /// A sentence for each file: what it is, and what is left to a person.
    pub told: Vec<String>,
}

/// Looks at exports and writes a pipeline that reads them from `exports/{day}/`.
pub fn draft(exports: &[Export]) -> Result<Draft> {
    let tables = tables();
    let samples = exports.iter().map(|export| sample::take(&export.path)).collect::<Result<Vec<Sample>>>()?;
    let currency = most_frequent_currency(&samples);
    let mut sources = String::new();
    let mut draft = Draft { pipeline: String::new(), files: Vec::new(), told: Vec::new() };
    let mut filled: BTreeMap<&str, &str> = BTreeMap::new();
    for (export, sample) in exports.iter().zip(&samples) {
        let file = &sample.file;
        let Some(guess) = best(sample, &tables, &currency, export.table.as_deref()) else {
            let told = match &export.table {
                Some(table) => format!("{file}: no column of it can be the key of {table}; it is left out"),
                None => format!(
                    "{file}: its columns are those of no known table; it is left out. If it is one, say which: --from crm.account={}",
                    export.path.display()
                ),
            };
            draft.told.push(told);
            continue;
        };
        if let Some(other) = filled.insert(guess.table, file) {
            filled.insert(guess.table, other);
            draft.told.push(format!(
                "{file}: looks like {}, which {other} fills already; it is left out. Files of one shape are one source: path: \"exports/{{day}}/*.csv\"",
                guess.table
            ));
            continue;
        }
        let name = portable(file);
        draft.told.push(told(file, &guess));
        write_source(&mut sources, sample, &name, &guess);
        draft.files.push((export.path.clone(), name));
    }
    if draft.files.is_empty() {
        return Err(Error::new(Kind::Project, draft.told.join("\n")).help(format!(
            "name exports of deals, accounts or people, and say which is which where their names do not: --from crm.deal=FILE; tables are {}",
            TABLES.iter().map(|known| known.table).collect::<Vec<_>>().join(", ")
        )));
    }
    draft.pipeline = format!(
        "# A first draft, made by looking at the exports: each line says what it was guessed from. Read it line by line, correct what is\n\
         # wrong, and remove the remarks. `forecastle validate` checks it.\n\
         pipeline: nightly\n\
         description: My company\n\
         timezone: UTC                     # not guessed: the IANA zone in which a moment becomes a day, such as America/New_York\n\
         fiscal_year_starts: january       # not guessed\n\
         currency: {currency}                     # the reporting currency\n\
         lake: lake\n\
         sources:\n{sources}reports: [executive]\n"
    );
    Ok(draft)
}

/// The shipped tables that exports fill.
fn tables() -> Vec<DeclaredTable> {
    let files = project::shipped_paths().into_iter().filter_map(|path| {
        let name = path.strip_prefix("sql/")?.strip_suffix(".sql")?.replace('/', ".");
        let text = project::shipped(&path)?;
        TABLES.iter().any(|known| known.table == name).then_some((name, SourceFile::new(path, text)))
    });
    let parsed = files.map(|(name, file)| {
        let name = name.parse().expect("a path of the pack names a table");
        declared::parse(name, Sql::file(&file)).expect("what is shipped is declared rightly")
    });
    parsed.collect()
}

/// The table of which the most is found.
fn best<'s>(sample: &'s Sample, tables: &[DeclaredTable], currency: &str, told: Option<&str>) -> Option<Guess<'s>> {
    let wanted = TABLES.iter().filter(|known| told.is_none_or(|told| told == known.table));
    let guesses = wanted.filter_map(|known| {
        let table = tables.iter().find(|table| table.name.to_string() == known.table)?;
        guess::guess(sample, known, table, currency, told.is_some())
    });
    // Of equals the first, which is the more usual one.
    guesses.reduce(|best, other| if other.score > best.score { other } else { best })
}

/// The currency that the most rows name.
fn most_frequent_currency(samples: &[Sample]) -> String {
    let is_currency = |name: &str| word::plain(name).contains("currency");
    let is_code = |word: &str| word.len() == 3 && word.bytes().all(|byte| byte.is_ascii_uppercase());
    let columns = samples.iter().flat_map(|sample| &sample.columns).filter(|column| is_currency(&column.name));
    let words = columns.flat_map(|column| column.words()).filter(|(word, _)| is_code(word));
    words.max_by_key(|(_, count)| *count).map_or(CURRENCY, |(word, _)| word).to_owned()
}

/// A file's name without what means something in a path with patterns.
fn portable(file: &str) -> String {
    file.replace(['*', '?', '[', ']', '{', '}', '$', '"', '\\'], "_")
}

fn told(file: &str, guess: &Guess) -> String {
    let Guess { table, lines, lacking, left, .. } = guess;
    let mut told = format!("{file}: {table}, {} columns mapped, {} left out", lines.len(), left.len());
    if !lacking.is_empty() {
        let _ = write!(told, "; you must say what is {}", lacking.join(" and what is "));
    }
    told
}

fn write_source(out: &mut String, sample: &Sample, file: &str, guess: &Guess) {
    let rows = match sample.rows {
        sample::ROWS => format!("the first {} rows", sample::ROWS),
        1 => "1 row".to_owned(),
        rows => format!("{rows} rows"),
    };
    let settings = if sample.settings.is_empty() { String::new() } else { format!(", {}", sample.settings) };
    let _ = writeln!(out, "  # {}: {rows} looked at.", one_line(&sample.file));
    let _ = writeln!(out, "  - table: {}", guess.table);
    let _ = writeln!(out, "    {}: {{path: \"exports/{{day}}/{file}\"{settings}}}", sample.format);
    out.push_str("    export: full                  # or `changes`: then what is absent is unchanged\n");
    if guess.table != "crm.deal" {
        out.push_str("    required: false\n");
    }
    if let Some(condition) = &guess.condition {
        let _ = writeln!(out, "    where: {}", scalar(condition));
    }
    out.push_str("    map:\n");
    guess.lines.iter().for_each(|line| write_line(out, line));
    for column in &guess.lacking {
        let _ = writeln!(out, "      # {column}: ...   is required, and no column looks like it");
    }
    if !guess.left.is_empty() {
        let names: Vec<String> = guess.left.iter().take(LEFT).map(|name| one_line(name)).collect();
        let more = match guess.left.len().checked_sub(LEFT) {
            Some(more @ 1..) => format!(" and {more} more"),
            _ => String::new(),
        };
        write_remark(out, &format!("not mapped: {}{more}", names.join(", ")));
    }
}

fn write_line(out: &mut String, Line { column, mapped, why }: &Line) {
    let why = one_line(why);
    match mapped {
        Mapped::One(text) => {
            let line = format!("      {column}: {}", scalar(text));
            if line.len() + why.len() + 4 <= WIDTH {
                let _ = writeln!(out, "{line}  # {why}");
            } else {
                write_remark(out, &why);
                let _ = writeln!(out, "{line}");
            }
        }
        Mapped::Case(lines) => {
            write_remark(out, &why);
            let _ = writeln!(out, "      {column}: >-");
            lines.iter().for_each(|line| writeln!(out, "        {line}").unwrap_or_default());
        }
    }
}

/// A remark in lines that are not too wide.
fn write_remark(out: &mut String, remark: &str) {
    let mut line = "      #".to_owned();
    for word in remark.split(' ') {
        if line.chars().count() + word.chars().count() + 1 > WIDTH && line.len() > 7 {
            let _ = writeln!(out, "{line}");
            line = "      #".to_owned();
        }
        line.push(' ');
        line.push_str(word);
    }
    let _ = writeln!(out, "{line}");
}

/// Without line breaks, which would end a remark.
fn one_line(text: &str) -> String {
    text.replace(char::is_control, " ")
}

/// A text as a value of YAML: plain where that says the same.
fn scalar(text: &str) -> String {
    let is_word = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(&text.to_lowercase().as_str());
    let is_plain = text.starts_with(|first: char| first.is_alphabetic() || first == '_')
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.ends_with([':', ' '])
        && !text.contains(char::is_control)
        && !is_word;
    // What JSON quotes YAML reads the same.
    if is_plain { text.to_owned() } else { serde_json::Value::from(text).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_quoted_where_yaml_would_read_something_else() {
        for (text, written) in [
            ("StageName", "StageName"),
            ("day(\"Opportunity Created On\")", "day(\"Opportunity Created On\")"),
            ("'USD'", "\"'USD'\""),
            ("No", "\"No\""),
            ("Stage: now", "\"Stage: now\""),
            ("# of seats", "\"# of seats\""),
            ("a\nb", "\"a\\nb\""),
        ] {
            assert_eq!(scalar(text), written);
            let read: String = serde_yaml::from_str(&scalar(text)).unwrap();
            assert_eq!(read, text);
        }
    }

    #[test]
    fn an_export_may_be_said_to_be_a_table() {
        let read = |text: &str| (Export::parse(text).table, Export::parse(text).path.display().to_string());
        assert_eq!(read("crm.account=a=b.csv"), (Some("crm.account".to_owned()), "a=b.csv".to_owned()));
        assert_eq!(read("a=b.csv"), (None, "a=b.csv".to_owned()));
    }

    #[test]
    fn every_known_column_is_declared_and_every_required_one_is_known() {
        let tables = tables();
        for known in TABLES {
            let table = tables.iter().find(|table| table.name.to_string() == known.table).unwrap();
            for word::Names(column, _) in known.columns {
                assert!(table.column(column).is_some(), "{}.{column}", known.table);
            }
            for column in table.columns.iter().filter(|column| column.is_required) {
                assert!(known.columns.iter().any(|names| names.0 == column.name), "{}.{}", known.table, column.name);
            }
        }
    }
}
