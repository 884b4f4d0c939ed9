//! How the rows of a model differ from what a test expects, as a table in which the differing cells are marked.

use std::fmt;

use super::rows::{Cell, Wanted, agreeing, assign};
use crate::project::Matching;

/// Longer texts are cut, except where they differ.
const MAX_WIDTH: usize = 40;
/// So many lines tell enough.
const MAX_LINES: usize = 40;

/// What differs. One line is a row; of an expected row and the one found in its place, the second stands below the first.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    columns: Vec<String>,
    lines: Vec<Line>,
}

#[derive(Debug, Clone, PartialEq)]
struct Line {
    kind: Kind,
    cells: Vec<Option<Cell>>,
    /// Which cells are not as the other line says.
    marked: Vec<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Expected,
    Found,
    /// Expected, and no row is like it.
    Missing,
    /// Found, and no row like it is expected.
    Surplus,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Expected => "expected",
            Self::Found => "found",
            Self::Missing => "missing",
            Self::Surplus => "surplus",
        }
    }
}

/// Holds found rows against the expected ones; `None` where they are as expected.
pub fn compare(columns: &[String], wanted: &[Wanted], found: &[Vec<Cell>], matching: Matching) -> Option<Difference> {
    let assigned = assign(wanted, found);
    let mut missing: Vec<usize> = (0..wanted.len()).filter(|row| assigned[*row].is_none()).collect();
    let mut surplus: Vec<usize> = (0..found.len()).filter(|row| !assigned.contains(&Some(*row))).collect();
    if missing.is_empty() && (surplus.is_empty() || matching == Matching::Subset) {
        return None;
    }
    let pairs = pairs(&mut missing, &mut surplus, wanted, found);
    let mut lines = Vec::new();
    for (expected, instead) in pairs {
        let (wanted, found) = (&wanted[expected], &found[instead]);
        let differs = |(wanted, found): (&Option<Cell>, &Cell)| wanted.as_ref().is_some_and(|cell| !cell.agrees(found));
        let marked: Vec<bool> = wanted.iter().zip(found).map(differs).collect();
        lines.push(Line { kind: Kind::Expected, cells: wanted.clone(), marked: marked.clone() });
        lines.push(Line { kind: Kind::Found, cells: found.iter().cloned().map(Some).collect(), marked });
    }
    let whole = |kind: Kind, cells: Vec<Option<Cell>>| Line { kind, marked: vec![false; cells.len()], cells };
    lines.extend(missing.iter().map(|row| whole(Kind::Missing, wanted[*row].clone())));
    if matching != Matching::Subset {
        let cells = |row: &usize| found[*row].iter().cloned().map(Some).collect();
        lines.extend(surplus.iter().map(|row| whole(Kind::Surplus, cells(row))));
    }
    // What no expected row names is of no interest, unless there is none.
    let is_named = |column: usize| wanted.is_empty() || wanted.iter().any(|row| row[column].is_some());
    let shown: Vec<usize> = (0..columns.len()).filter(|column| is_named(*column)).collect();
    for line in &mut lines {
        line.cells = shown.iter().map(|column| line.cells[*column].clone()).collect();
        line.marked = shown.iter().map(|column| line.marked[*column]).collect();
    }
    Some(Difference { columns: shown.iter().map(|column| columns[*column].clone()).collect(), lines })
}

/// Takes out of both what belongs together: the rows most alike first, and a last one that stands alone against another.
fn pairs(
    missing: &mut Vec<usize>,
    surplus: &mut Vec<usize>,
    wanted: &[Wanted],
    found: &[Vec<Cell>],
) -> Vec<(usize, usize)> {
    let (alone, mut pairs) = (missing.len() == 1 && surplus.len() == 1, Vec::new());
    let mut alike: Vec<(usize, usize, usize)> = Vec::new();
    for expected in missing.iter() {
        for instead in surplus.iter() {
            alike.push((agreeing(&wanted[*expected], &found[*instead]), *expected, *instead));
        }
    }
    alike.sort_by_key(|(count, expected, instead)| (std::cmp::Reverse(*count), *expected, *instead));
    for (count, expected, instead) in alike {
        if (count > 0 || alone) && missing.contains(&expected) && surplus.contains(&instead) {
            missing.retain(|row| *row != expected);
            surplus.retain(|row| *row != instead);
            pairs.push((expected, instead));
        }
    }
    pairs.sort_unstable();
    pairs
}

impl Difference {
    /// `1 row differs, 2 are missing`.
    pub fn summary(&self) -> String {
        let count = |kind: Kind| self.lines.iter().filter(|line| line.kind == kind).count();
        let told = |count: usize, one: &str, more: &str| match count {
            0 => None,
            1 => Some(format!("1 row {one}")),
            count => Some(format!("{count} rows {more}")),
        };
        let parts = [
            told(count(Kind::Found), "differs", "differ"),
            told(count(Kind::Missing), "is missing", "are missing"),
            told(count(Kind::Surplus), "is surplus", "are surplus"),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

impl Line {
    fn told(&self) -> Vec<String> {
        let cell = |(cell, is_marked): (&Option<Cell>, &bool)| {
            let told = cell.as_ref().map(Cell::told).unwrap_or_default().replace(['\n', '\r', '\t'], " ");
            match is_marked {
                true => format!("[{told}]"),
                false if told.chars().count() > MAX_WIDTH => told.chars().take(MAX_WIDTH - 1).chain(['…']).collect(),
                false => told,
            }
        };
        let cells = self.cells.iter().zip(&self.marked).map(cell);
        std::iter::once(self.kind.word().to_owned()).chain(cells).collect()
    }
}

/// A table of text: a column for what a line is, then the columns of the model.
impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = vec![std::iter::once(String::new()).chain(self.columns.iter().cloned()).collect::<Vec<_>>()];
        table.extend(self.lines.iter().take(MAX_LINES).map(Line::told));
        let width = |column: usize| table.iter().map(|line| line[column].chars().count()).max().unwrap_or_default();
        let widths: Vec<usize> = (0..=self.columns.len()).map(width).collect();
        let put = |line: &[String]| {
            let cells = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
            cells.collect::<Vec<_>>().join(" | ").trim_end().to_owned()
        };
        let rule = widths.iter().map(|width| "-".repeat(*width)).collect::<Vec<_>>().join("-+-");
        let mut lines: Vec<String> = table.iter().map(|line| put(line)).collect();
        lines.insert(1, rule);
        if self.lines.len() > MAX_LINES {
            lines.push(format!("and {} more", self.lines.len() - MAX_LINES));
        }
        f.write_str(&lines.join("\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: &[&str]) -> Vec<Cell> {
        cells.iter().map(|cell| if *cell == "–" { Cell::Null } else { Cell::Text((*cell).to_owned()) }).collect()
    }

    /// `_` says nothing.
    fn wanted(cells: &[&str]) -> Wanted {
        row(cells).into_iter().map(|cell| (cell != Cell::Text("_".to_owned())).then_some(cell)).collect()
    }

    fn columns() -> Vec<String> {
        ["stage", "deals", "note"].map(str::to_owned).to_vec()
    }

    #[test]
    fn rows_are_as_expected_in_any_order_and_only_in_named_columns() {
        let expected = [wanted(&["Propose", "1", "_"]), wanted(&["Qualify", "–", "_"])];
        let found = [row(&["Qualify", "–", "x"]), row(&["Propose", "1", "y"])];
        assert_eq!(compare(&columns(), &expected, &found, Matching::Rows), None);
        assert_eq!(compare(&columns(), &expected[..1], &found, Matching::Subset), None);
        assert_eq!(compare(&columns(), &[], &[], Matching::Exact), None);
        assert_eq!(compare(&columns(), &expected[..1], &found, Matching::Rows).unwrap().summary(), "1 row is surplus");
    }

    #[test]
    fn a_table_shows_what_was_expected_over_what_was_found_and_marks_the_cells() {
        let expected = [
            wanted(&["Propose", "2", "_"]),
            wanted(&["Qualify", "1", "_"]),
            wanted(&["Won", "7", "_"]),
            wanted(&["Lost", "3", "_"]),
        ];
        let found =
            [row(&["Qualify", "1", "x"]), row(&["Propose", "12", "y"]), row(&["Lost", "–", "y"]), row(&["", "5", "y"])];
        let difference = compare(&columns(), &expected, &found, Matching::Rows).unwrap();
        assert_eq!(difference.summary(), "2 rows differ, 1 row is missing, 1 row is surplus");
        let wanted = "         | stage   | deals\n\
                      ---------+---------+------\n\
                      expected | Propose | [2]\n\
                      found    | Propose | [12]\n\
                      expected | Lost    | [3]\n\
                      found    | Lost    | [–]\n\
                      missing  | Won     | 7\n\
                      surplus  | ''      | 5";
        assert_eq!(difference.to_string(), wanted);
        let difference = compare(&columns(), &expected[2..3], &found, Matching::Subset).unwrap();
        assert_eq!(difference.summary(), "1 row is missing", "where there may be other rows, none is surplus");
    }

    #[test]
    fn one_row_against_another_is_a_row_that_differs_however_unlike_they_are() {
        let difference =
            compare(&columns(), &[wanted(&["_", "2", "_"])], &[row(&["a", "3", "b"])], Matching::Rows).unwrap();
        assert_eq!(difference.summary(), "1 row differs");
        assert_eq!(difference.to_string(), "         | deals\n---------+------\nexpected | [2]\nfound    | [3]");
    }
}
