//! A difference as text for a terminal, and as Markdown for a pull request.

use serde_json::Value;

use super::{Difference, Fate, RowCounts, Total};

/// Wider cells are cut in text.
const MAX_WIDTH: usize = 40;

/// A heading with its lines: cells, of which some stand to the right.
struct Block {
    title: String,
    head: Vec<String>,
    is_number: Vec<bool>,
    lines: Vec<Vec<String>>,
}

impl Difference {
    /// `3 rows added, 27 changed, 385 unchanged`.
    pub fn counts(&self) -> String {
        let RowCounts { added, removed, changed, unchanged } = self.rows;
        let found = [(added, "added"), (removed, "removed"), (changed, "changed")];
        let told = found.iter().filter(|(count, _)| *count > 0).enumerate().map(|(at, (count, word))| {
            let rows = match (at, count) {
                (0, 1) => " row",
                (0, _) => " rows",
                _ => "",
            };
            format!("{}{rows} {word}", grouped(&count.to_string()))
        });
        let mut told: Vec<String> = told.collect();
        if told.is_empty() {
            told.push("no row differs".to_owned());
        }
        told.push(format!("{} unchanged", grouped(&unchanged.to_string())));
        told.join(", ")
    }

    fn told_apart(&self) -> String {
        match self.key.is_empty() {
            true => "compared as whole rows".to_owned(),
            false => format!("told apart by {}", self.key.join(", ")),
        }
    }

    /// What keys that several rows have mean for the counts.
    fn repeated(&self) -> Option<String> {
        let sides = [("before", self.before.repeated_keys), ("after", self.after.repeated_keys)];
        let told: Vec<String> =
            sides.iter().filter(|(_, count)| *count > 0).map(|(when, count)| format!("{count} {when}")).collect();
        (!told.is_empty()).then(|| {
            format!("rows that share their key with another: {}; they are compared as whole rows", told.join(", "))
        })
    }

    fn schema_lines(&self) -> Vec<String> {
        let added = self.schema.added.iter().map(|column| format!("added {} {}", column.name, column.sql_type));
        let removed = self.schema.removed.iter().map(|column| format!("removed {} {}", column.name, column.sql_type));
        let retyped = self
            .schema
            .retyped
            .iter()
            .map(|column| format!("{}: {} became {}", column.name, column.before, column.after));
        added.chain(removed).chain(retyped).collect()
    }

    fn blocks(&self) -> Vec<Block> {
        [
            self.columns_block(),
            self.moves_block(),
            self.changed_block(),
            self.alone_block(Fate::Added),
            self.alone_block(Fate::Removed),
        ]
        .into_iter()
        .filter(|block| !block.lines.is_empty())
        .collect()
    }

    fn columns_block(&self) -> Block {
        let with_totals = self.columns.iter().any(|column| column.total.is_some());
        let moved = |total: &Option<Total>| total.as_ref().is_some_and(|total| total.before != total.after);
        let lines = self.columns.iter().filter(|column| column.changed > 0 || moved(&column.total)).map(|column| {
            let mut line = vec![column.name.clone(), grouped(&column.changed.to_string())];
            if with_totals {
                line.extend(match &column.total {
                    Some(total) => [&total.before, &total.after, &total.difference].map(|number| grouped(number)),
                    None => [const { String::new() }; 3],
                });
            }
            line
        });
        let mut head = texts(&["column", "rows changed"]);
        if with_totals {
            head.extend(texts(&["total before", "total after", "difference"]));
        }
        let is_number = (0..head.len()).map(|at| at > 0).collect();
        Block { title: "columns".to_owned(), lines: lines.collect(), head, is_number }
    }

    fn moves_block(&self) -> Block {
        let lines = self.moves.iter().map(|found| {
            let mut line = vec![found.row.word().to_owned()];
            line.extend(self.key_cells(&found.key));
            let money = |value: &Value| if value.is_null() { told(value) } else { grouped(&told(value)) };
            line.extend([found.column.clone(), money(&found.before), money(&found.after), grouped(&found.difference)]);
            line
        });
        let mut head = texts(&["row"]);
        head.extend(
            self.named(
                &self.moves.first().map(|found| found.key.keys().cloned().collect::<Vec<_>>()).unwrap_or_default(),
            ),
        );
        head.extend(texts(&["column", "before", "after", "difference"]));
        let is_number = (0..head.len()).map(|at| at + 3 >= head.len()).collect();
        Block { title: "largest moves of money".to_owned(), lines: lines.collect(), head, is_number }
    }

    fn changed_block(&self) -> Block {
        let rows = &self.examples.changed;
        let lines = rows.iter().flat_map(|row| {
            row.cells.iter().enumerate().map(|(at, cell)| {
                // The key stands beside the first of its cells.
                let key =
                    self.key_cells(&row.key).into_iter().map(move |text| if at == 0 { text } else { String::new() });
                key.chain([cell.column.clone(), told(&cell.before), told(&cell.after)]).collect::<Vec<_>>()
            })
        });
        let mut head = self.key.clone();
        head.extend(texts(&["column", "before", "after"]));
        let title = shown("changed rows", rows.len() as u64, self.rows.changed);
        Block { title, lines: lines.collect(), is_number: vec![false; head.len()], head }
    }

    fn alone_block(&self, fate: Fate) -> Block {
        let (rows, all) = match fate {
            Fate::Added => (&self.examples.added, self.rows.added),
            _ => (&self.examples.removed, self.rows.removed),
        };
        let head = self.named(&rows.first().map(|row| row.keys().cloned().collect::<Vec<_>>()).unwrap_or_default());
        let lines = rows.iter().map(|row| self.key_cells(row)).collect();
        let title = shown(&format!("{} rows", fate.word()), rows.len() as u64, all);
        Block { title, lines, is_number: vec![false; head.len()], head }
    }

    /// The columns that tell rows apart, in the key's order.
    fn named(&self, all: &[String]) -> Vec<String> {
        if !self.key.is_empty() {
            return self.key.clone();
        }
        let in_order = self.columns.iter().map(|column| column.name.clone());
        in_order.filter(|name| all.contains(name)).collect()
    }

    fn key_cells(&self, key: &std::collections::BTreeMap<String, Value>) -> Vec<String> {
        let names = self.named(&key.keys().cloned().collect::<Vec<_>>());
        names.iter().map(|name| key.get(name).map(told).unwrap_or_default()).collect()
    }
}

fn texts(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn shown(what: &str, shown: u64, all: u64) -> String {
    if shown < all { format!("{what}, the first {shown} of {}", grouped(&all.to_string())) } else { what.to_owned() }
}

fn rows(count: u64) -> String {
    format!("{} {}", grouped(&count.to_string()), if count == 1 { "row" } else { "rows" })
}

/// A value as people read it.
fn told(value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::String(text) if text.is_empty() => "''".to_owned(),
        Value::String(text) => text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect(),
        other => other.to_string(),
    }
}

/// A number with its thousands apart.
fn grouped(number: &str) -> String {
    let (whole, rest) = number.split_at(number.find('.').unwrap_or(number.len()));
    let digits = whole.trim_start_matches(['+', '-']);
    let sign = &whole[..whole.len() - digits.len()];
    let mut out = sign.to_owned();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out + rest
}

/// The difference for a terminal.
pub fn table(difference: &Difference) -> String {
    let Difference { relation, before, after, .. } = difference;
    let mut lines = vec![
        format!("{relation}: {}", difference.counts()),
        format!("  before  {}: {}", before.label, rows(before.rows)),
        format!("  after   {}: {}", after.label, rows(after.rows)),
    ];
    if !difference.is_none() {
        lines.push(format!("  {}", difference.told_apart()));
    }
    lines.extend(difference.repeated().map(|told| format!("  {told}")));
    let schema = difference.schema_lines();
    if !schema.is_empty() {
        lines.extend([String::new(), "  schema".to_owned()]);
        lines.extend(schema.into_iter().map(|line| format!("    {line}")));
    }
    for block in difference.blocks() {
        lines.extend([String::new(), format!("  {}", block.title)]);
        lines.extend(aligned(&block).into_iter().map(|line| format!("    {line}")));
    }
    lines.join("\n")
}

fn aligned(block: &Block) -> Vec<String> {
    let cut = |text: &String| match text.chars().count() > MAX_WIDTH {
        true => text.chars().take(MAX_WIDTH - 1).chain(['…']).collect(),
        false => text.clone(),
    };
    let lines: Vec<Vec<String>> =
        std::iter::once(&block.head).chain(&block.lines).map(|line| line.iter().map(cut).collect()).collect();
    let width = |at: usize| lines.iter().map(|line| line[at].chars().count()).max().unwrap_or_default();
    let widths: Vec<usize> = (0..block.head.len()).map(width).collect();
    let put = |line: &Vec<String>| {
        let cells = line.iter().enumerate().map(|(at, cell)| match block.is_number[at] {
            true => format!("{cell:>width$}", width = widths[at]),
            false => format!("{cell:width$}", width = widths[at]),
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let mut out: Vec<String> = lines.iter().map(put).collect();
    let rule = widths.iter().map(|width| "-".repeat(*width)).collect::<Vec<_>>().join("  ");
    out.insert(1, rule);
    out
}

/// The difference for a pull request: the counts and columns in sight, rows folded away.
pub fn markdown(difference: &Difference) -> String {
    let Difference { relation, before, after, .. } = difference;
    let mut lines = vec![format!("### {}: {}", escaped(relation), difference.counts()), String::new()];
    lines.push(format!("- before: {}, {}", escaped(&before.label), rows(before.rows)));
    lines.push(format!("- after: {}, {}", escaped(&after.label), rows(after.rows)));
    if !difference.is_none() {
        lines.push(format!("- {}", escaped(&difference.told_apart())));
    }
    lines.extend(difference.repeated().map(|told| format!("- **{}**", escaped(&told))));
    lines.extend(difference.schema_lines().iter().map(|line| format!("- schema: {}", escaped(line))));
    for (at, block) in difference.blocks().into_iter().enumerate() {
        let is_folded = at > 0 || block.title != "columns";
        lines.push(String::new());
        if is_folded {
            lines.extend([format!("<details><summary>{}</summary>", block.title), String::new()]);
        }
        let row = |cells: &[String]| {
            format!("| {} |", cells.iter().map(|cell| escaped(cell)).collect::<Vec<_>>().join(" | "))
        };
        lines.push(row(&block.head));
        let rule = block.is_number.iter().map(|is_number| if *is_number { "--:" } else { "---" });
        lines.push(format!("|{}|", rule.collect::<Vec<_>>().join("|")));
        lines.extend(block.lines.iter().map(|line| row(line)));
        if is_folded {
            lines.extend([String::new(), "</details>".to_owned()]);
        }
    }
    lines.join("\n")
}

/// Text in which nothing means anything to Markdown; what stands in cells was written by strangers.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    // An address stays text.
    for c in text.replace("://", ":\u{200b}//").chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // Names of people and issues are links of their own there.
            '@' => out.push_str("&#64;"),
            '#' => out.push_str("&#35;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '!' | '$' => out.extend(['\\', c]),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_their_thousands_apart() {
        for (plain, wanted) in
            [("0", "0"), ("-1234.5000", "-1,234.5000"), ("+999", "+999"), ("1234567", "1,234,567"), ("", "")]
        {
            assert_eq!(grouped(plain), wanted);
        }
    }

    #[test]
    fn nothing_in_a_cell_means_anything_to_markdown() {
        let hostile = "a|b\n**x** <script> @all #1 [l](http://x) `c`";
        let wanted = "a\\|b \\*\\*x\\*\\* &lt;script&gt; &#64;all &#35;1 \\[l\\](http:\u{200b}//x) \\`c\\`";
        assert_eq!(escaped(hostile), wanted);
    }
}
