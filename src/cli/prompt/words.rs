//! What can stand at a place of a query: the completion of the prompt.

use std::collections::BTreeMap;

use super::command::{COMMANDS, FORMATS};

/// Words that open or join the parts of a SELECT.
const KEYWORDS: &[&str] = &[
    "ALL",
    "AND",
    "AS",
    "ASC",
    "BETWEEN",
    "BY",
    "CASE",
    "CAST",
    "CROSS",
    "DESC",
    "DISTINCT",
    "ELSE",
    "END",
    "EXCEPT",
    "EXISTS",
    "FALSE",
    "FILTER",
    "FROM",
    "FULL",
    "GROUP",
    "HAVING",
    "IN",
    "INNER",
    "INTERSECT",
    "IS",
    "JOIN",
    "LEFT",
    "LIKE",
    "LIMIT",
    "NOT",
    "NULL",
    "OFFSET",
    "ON",
    "OR",
    "ORDER",
    "OVER",
    "PARTITION",
    "RIGHT",
    "SELECT",
    "THEN",
    "TRUE",
    "UNION",
    "USING",
    "WHEN",
    "WHERE",
    "WITH",
];

/// All that can be named.
#[derive(Debug, Default)]
pub struct Words {
    /// The columns of each relation.
    pub relations: BTreeMap<String, Vec<String>>,
    pub functions: Vec<String>,
    pub metrics: Vec<String>,
}

impl Words {
    /// Where the word before a position begins, and the words that it may become.
    pub fn complete(&self, line: &str, position: usize) -> (usize, Vec<String>) {
        let before = &line[..position];
        let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '\\' | '?');
        let start = before.char_indices().rfind(|(_, c)| !is_word(*c)).map_or(0, |(at, c)| at + c.len_utf8());
        let word = before[start..].to_lowercase();
        let earlier = before[..start].trim_end();
        let last = earlier.rsplit(char::is_whitespace).next().unwrap_or_default().to_lowercase();
        let found = match last.as_str() {
            _ if start == 0 && word.starts_with('\\') => among(COMMANDS, &word),
            "\\format" => among(FORMATS, &word),
            "\\f" => among(self.functions.iter().map(String::as_str), &word),
            "\\d" | "from" | "join" => self.relations_like(&word),
            last if last.ends_with("metric('") => among(self.metrics.iter().map(String::as_str), &word),
            last if last.ends_with('\'') && !word.contains('.') => Vec::new(),
            _ if word.contains('.') => self.relations_like(&word),
            _ => self.anything(line, &word),
        };
        (start, found)
    }

    fn relations_like(&self, word: &str) -> Vec<String> {
        among(self.relations.keys().map(String::as_str), word)
    }

    /// Columns of the relations that the line names, functions and keywords. An empty word is completed by columns alone.
    fn anything(&self, line: &str, word: &str) -> Vec<String> {
        let line = line.to_lowercase();
        let named = self.relations.iter().filter(|(name, _)| line.contains(name.as_str()));
        let mut columns = among(named.flat_map(|(_, columns)| columns).map(String::as_str), word);
        columns.sort();
        columns.dedup();
        if word.is_empty() {
            return columns;
        }
        let functions = among(self.functions.iter().map(String::as_str), word).into_iter();
        columns
            .into_iter()
            .chain(among(KEYWORDS.iter().copied(), word))
            .chain(functions.map(|name| name + "("))
            .collect()
    }
}

/// Those that begin with a word in lower case.
fn among<'w>(words: impl IntoIterator<Item = &'w str>, word: &str) -> Vec<String> {
    words.into_iter().filter(|known| known.to_lowercase().starts_with(word)).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_completed_by_what_can_stand_there() {
        let words = Words {
            relations: BTreeMap::from([
                ("crm.deal".to_owned(), vec!["amount".to_owned(), "stage".to_owned()]),
                ("crm.rep".to_owned(), vec!["rep_id".to_owned()]),
                ("kpi.win_rate".to_owned(), vec!["rate".to_owned()]),
            ]),
            functions: vec!["sum".to_owned(), "wape".to_owned()],
            metrics: vec!["pipeline.open".to_owned(), "win_rate".to_owned()],
        };
        for (line, start, found) in [
            ("SELECT * FROM cr", 14, &["crm.deal", "crm.rep"][..]),
            ("SELECT * FROM crm.d", 14, &["crm.deal"]),
            ("SELECT * FROM ", 14, &["crm.deal", "crm.rep", "kpi.win_rate"]),
            ("SELECT * FROM as_of('crm.r", 21, &["crm.rep"]),
            ("SELECT * FROM metric('", 22, &["pipeline.open", "win_rate"]),
            ("SELECT * FROM metric('pipeline.", 22, &["pipeline.open"]),
            ("SELECT 'w", 8, &[]),
            ("\\d kpi", 3, &["kpi.win_rate"]),
            ("\\da", 0, &["\\day"]),
            ("\\f wa", 3, &["wape"]),
            ("\\format j", 8, &["json"]),
            ("sel", 0, &["SELECT"]),
            ("SELECT s FROM crm.deal WHERE s", 29, &["stage", "SELECT", "sum("]),
            ("SELECT sum(amount) FROM crm.deal GROUP BY st", 42, &["stage"]),
            ("SELECT wap", 7, &["wape("]),
            ("SELECT ä, am", 11, &[]),
        ] {
            assert_eq!(
                words.complete(line, line.len()),
                (start, found.iter().map(|word| (*word).to_owned()).collect()),
                "{line}"
            );
        }
        // Within a line: what stands behind the place counts, too.
        assert_eq!(words.complete("SELECT am FROM crm.deal", 9), (7, vec!["amount".to_owned()]));
    }
}
