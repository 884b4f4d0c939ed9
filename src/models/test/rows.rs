//! Rows as cells that can be held against each other, and which expected row is which found one.

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type};
use arrow::error::ArrowError;
use arrow::util::display::{ArrayFormatter, FormatOptions};

/// One value. Numbers of type DOUBLE come out of sums and quotients, so they are the same when nine digits are.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    Null,
    Double(f64),
    Text(String),
}

impl Cell {
    pub fn agrees(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Double(a), Self::Double(b)) => {
                a == b || a.is_nan() && b.is_nan() || (a - b).abs() <= 1e-9 * a.abs().max(b.abs())
            }
            _ => self == other,
        }
    }

    /// The value as a person reads it.
    pub fn told(&self) -> String {
        match self {
            Self::Null => "–".to_owned(),
            Self::Text(text) if text.is_empty() => "''".to_owned(),
            Self::Text(text) => text.clone(),
            Self::Double(number) => number.to_string(),
        }
    }
}

/// The rows of a batch, each with its cells in the order of the columns.
pub fn cells(batch: &RecordBatch) -> Result<Vec<Vec<Cell>>, ArrowError> {
    let columns = batch.columns().iter().map(column).collect::<Result<Vec<_>, _>>()?;
    Ok((0..batch.num_rows()).map(|row| columns.iter().map(|column| column[row].clone()).collect()).collect())
}

fn column(array: &ArrayRef) -> Result<Vec<Cell>, ArrowError> {
    if array.data_type().is_floating() {
        let numbers = cast(array, &DataType::Float64)?;
        let numbers = numbers.as_primitive::<Float64Type>().iter();
        return Ok(numbers.map(|number| number.map_or(Cell::Null, Cell::Double)).collect());
    }
    let options = FormatOptions::default();
    let texts = ArrayFormatter::try_new(array.as_ref(), &options)?;
    let cell = |row: usize| {
        if array.is_null(row) { Ok(Cell::Null) } else { texts.value(row).try_to_string().map(Cell::Text) }
    };
    (0..array.len()).map(cell).collect()
}

/// The cells that an expected row names; `None` where it says nothing.
pub type Wanted = Vec<Option<Cell>>;

/// How many cells of a found row are as an expected one says.
pub fn agreeing(wanted: &Wanted, found: &[Cell]) -> usize {
    wanted.iter().zip(found).filter(|(wanted, found)| wanted.as_ref().is_some_and(|cell| cell.agrees(found))).count()
}

fn is_met(wanted: &Wanted, found: &[Cell]) -> bool {
    wanted.iter().zip(found).all(|(wanted, found)| wanted.as_ref().is_none_or(|cell| cell.agrees(found)))
}

/// For each expected row a found one of its own that meets it, for as many as there can be.
///
/// Rows that name few columns may be met by several: where one has taken what another needs, it moves on to the next.
pub fn assign(wanted: &[Wanted], found: &[Vec<Cell>]) -> Vec<Option<usize>> {
    let mut taken_by: Vec<Option<usize>> = vec![None; found.len()];
    for row in 0..wanted.len() {
        place(row, wanted, found, &mut taken_by);
    }
    let mut assigned = vec![None; wanted.len()];
    for (found, by) in taken_by.iter().enumerate() {
        if let Some(by) = by {
            assigned[*by] = Some(found);
        }
    }
    assigned
}

/// Finds a row for an expected one, by the shortest chain of others that move on; leaves all as it was if there is none.
fn place(row: usize, wanted: &[Wanted], found: &[Vec<Cell>], taken_by: &mut [Option<usize>]) {
    // For each found row that was reached, the expected one that asked for it.
    let mut asked_by: Vec<Option<usize>> = vec![None; found.len()];
    let mut open = std::collections::VecDeque::from([row]);
    while let Some(asking) = open.pop_front() {
        for at in 0..found.len() {
            if asked_by[at].is_some() || !is_met(&wanted[asking], &found[at]) {
                continue;
            }
            asked_by[at] = Some(asking);
            match taken_by[at] {
                Some(holder) => open.push_back(holder),
                None => return hand_over(at, row, &asked_by, taken_by),
            }
        }
    }
}

/// Gives a free row to whoever asked for it, what that one held to who asked for that, and so on back to the first.
fn hand_over(free: usize, first: usize, asked_by: &[Option<usize>], taken_by: &mut [Option<usize>]) {
    let mut at = free;
    while let Some(asking) = asked_by[at] {
        let held = taken_by.iter().position(|by| *by == Some(asking));
        taken_by[at] = Some(asking);
        match held {
            Some(held) if asking != first => at = held,
            _ => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Cell {
        Cell::Text(text.to_owned())
    }

    #[test]
    fn doubles_agree_in_nine_digits_and_nothing_else_is_rounded() {
        assert!(Cell::Double(0.666_666_666_7).agrees(&Cell::Double(2.0 / 3.0)));
        assert!(!Cell::Double(0.6667).agrees(&Cell::Double(2.0 / 3.0)));
        assert!(!Cell::Double(0.0).agrees(&Cell::Double(1e-12)));
        assert!(!text("1.0").agrees(&text("1.00")));
        assert!(!Cell::Null.agrees(&text("")));
    }

    #[test]
    fn a_row_that_says_less_gives_way_to_one_that_says_more() {
        let found = vec![vec![text("a"), text("1")], vec![text("a"), text("2")], vec![text("b"), text("2")]];
        let any_a = vec![Some(text("a")), None];
        let a1 = vec![Some(text("a")), Some(text("1"))];
        let two = vec![None, Some(text("2"))];
        let wanted = [two.clone(), any_a.clone(), a1.clone()];
        assert_eq!(assign(&wanted, &found), [Some(2), Some(1), Some(0)]);
        assert_eq!(assign(&[a1.clone(), a1], &found), [Some(0), None], "a found row counts once");
        assert_eq!(assign(&[any_a.clone(), any_a.clone(), any_a], &found).iter().flatten().count(), 2);
        assert_eq!(assign(&[two], &[]), [None]);
    }
}
