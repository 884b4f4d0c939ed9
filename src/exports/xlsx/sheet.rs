//! The cells of one sheet as a table: the names of its columns, and its rows.

use std::collections::HashMap;
use std::io::Cursor;
use std::ops::RangeInclusive;

use calamine::{DataRef, Dimensions, XlsxError};

use super::super::header;
use super::cell::{address, as_text};

type Workbook = calamine::Xlsx<Cursor<Vec<u8>>>;

pub(super) struct Table {
    pub header: Vec<String>,
    pub rows: Vec<Row>,
}

/// A row with a value in it.
pub(super) struct Row {
    /// Its number in the sheet, from 1.
    pub number: u32,
    /// One for each column of the header.
    pub cells: Vec<Option<String>>,
    /// The column, where it is one of the header's, and the reason why the row cannot be read.
    pub defect: Option<(Option<usize>, String)>,
}

/// Why a sheet is no table, and what mends it.
pub(super) struct Mistake {
    pub message: String,
    pub help: &'static str,
}

const DAMAGED: &str = "the workbook is truncated or damaged; export it again";

/// Reads a sheet whose names of columns stand in the row `header_row`, counted from 0.
pub(super) fn read(workbook: &mut Workbook, sheet: &str, header_row: u32) -> Result<Table, Mistake> {
    let damaged = |_: XlsxError| Mistake { message: "cannot be read".to_owned(), help: DAMAGED };
    let merged = workbook.merge_cells_by_sheet_name(sheet).map_err(damaged)?;
    let mut grid = Grid::new(header_row, workbook.has_1904_epoch());
    grid.fill(workbook, sheet)?;
    let columns = grid.columns(&merged)?;
    let unsaved = if grid.has_empty_cells { grid.unsaved_formulas(workbook, sheet)? } else { HashMap::new() };
    let merged = rows_of(&merged, &columns);
    let names = grid.header.into_iter().map(|(_, name)| name).collect();
    let mut rows = Vec::with_capacity(grid.rows.len());
    for (row, cells) in grid.rows {
        let row = into_row(row, cells, &columns, &unsaved, &merged);
        if row.defect.is_some() || row.cells.iter().any(Option::is_some) {
            rows.push(row);
        }
    }
    Ok(Table { header: names, rows })
}

/// A cell's column, counted from 0, with its text or why it has none.
type Cell = (u32, Result<String, String>);

/// The cells from the header on, row by row.
struct Grid {
    header_row: u32,
    from_1904: bool,
    header: Vec<(u32, String)>,
    rows: Vec<(u32, Vec<Cell>)>,
    /// Whether there are cells without a value: formulas may be among them.
    has_empty_cells: bool,
}

impl Grid {
    fn new(header_row: u32, from_1904: bool) -> Self {
        Self { header_row, from_1904, header: Vec::new(), rows: Vec::new(), has_empty_cells: false }
    }

    fn fill(&mut self, workbook: &mut Workbook, sheet: &str) -> Result<(), Mistake> {
        let mut last: Option<(u32, u32)> = None;
        let unreadable = |last: Option<(u32, u32)>, error: &XlsxError| {
            let after = last.map_or("the first cell".to_owned(), |(row, column)| {
                format!("the cell after {}", address(row, column))
            });
            match error {
                XlsxError::CellError(_) => Mistake {
                    message: format!("{after} holds an error of a formula"),
                    help: "mend the formula, or export values",
                },
                _ => Mistake { message: format!("{after} cannot be read"), help: DAMAGED },
            }
        };
        let mut reader = workbook.worksheet_cells_reader(sheet).map_err(|error| unreadable(None, &error))?;
        loop {
            let (cell, style) = match reader.next_cell_with_style_id() {
                Ok(Some(found)) => found,
                Ok(None) => return Ok(()),
                Err(error) => return Err(unreadable(last, &error)),
            };
            let at = cell.get_position();
            if last.is_some_and(|last| at <= last) {
                return Err(Mistake { message: format!("{} stands out of order", address(at.0, at.1)), help: DAMAGED });
            }
            last = Some(at);
            let format = reader.styles().get(style).and_then(|style| style.number_format.as_ref());
            let format = format.map_or("", |format| format.format_code.as_str());
            let text = as_text(cell.get_value(), format, self.from_1904);
            self.has_empty_cells |= matches!(cell.get_value(), DataRef::Empty);
            self.add(at, text)?;
        }
    }

    fn add(&mut self, (row, column): (u32, u32), text: Result<Option<String>, String>) -> Result<(), Mistake> {
        let Some(text) = text.transpose().filter(|_| row >= self.header_row) else { return Ok(()) };
        if row == self.header_row {
            let name = text.map_err(|reason| Mistake {
                message: format!("the header cell {} {reason}", address(row, column)),
                help: "write the column's name there",
            })?;
            self.header.push((column, name));
            return Ok(());
        }
        if self.rows.last().is_none_or(|(last, _)| *last != row) {
            self.rows.push((row, Vec::with_capacity(self.header.len())));
        }
        if let Some((_, cells)) = self.rows.last_mut() {
            cells.push((column, text));
        }
        Ok(())
    }

    /// The columns that have names: one next to the other.
    fn columns(&self, merged: &[Dimensions]) -> Result<RangeInclusive<u32>, Mistake> {
        let (Some((first, _)), Some((last, _))) = (self.header.first(), self.header.last()) else {
            return Err(Mistake {
                message: format!("row {} holds no names of columns", self.header_row + 1),
                help: "say which row does: `header_row: ...`",
            });
        };
        if let Some(region) = merged.iter().find(|region| (region.start.0..=region.end.0).contains(&self.header_row)) {
            return Err(Mistake {
                message: format!("the header cells {} are merged", span(region)),
                help: "unmerge them and name each column, or say which row holds the names: `header_row: ...`",
            });
        }
        if let Some((column, _)) = (*first..).zip(&self.header).find(|(column, (at, _))| column != at) {
            return Err(Mistake {
                message: format!("the header cell {} is empty", address(self.header_row, column)),
                help: "write the column's name there",
            });
        }
        let names: Vec<String> = self.header.iter().map(|(_, name)| name.clone()).collect();
        header::check(&names).map_err(|(message, help)| Mistake { message, help })?;
        Ok(*first..=*last)
    }

    /// The rows with a formula whose result was not saved, each with the first such column.
    fn unsaved_formulas(&self, workbook: &mut Workbook, sheet: &str) -> Result<HashMap<u32, u32>, Mistake> {
        let damaged = |_: XlsxError| Mistake { message: "its formulas cannot be read".to_owned(), help: DAMAGED };
        let mut reader = workbook.worksheet_cells_reader(sheet).map_err(damaged)?;
        let mut unsaved = HashMap::new();
        while let Some(cell) = reader.next_cell_with_formula_metadata().map_err(damaged)? {
            if cell.formula.is_some() && matches!(cell.value, DataRef::Empty) && cell.pos.0 > self.header_row {
                unsaved.entry(cell.pos.0).or_insert(cell.pos.1);
            }
        }
        Ok(unsaved)
    }
}

fn into_row(
    row: u32,
    texts: Vec<Cell>,
    columns: &RangeInclusive<u32>,
    unsaved: &HashMap<u32, u32>,
    merged: &HashMap<u32, Dimensions>,
) -> Row {
    let place = |column: u32| columns.contains(&column).then(|| (column - columns.start()) as usize);
    let mut cells = vec![None; (columns.end() - columns.start()) as usize + 1];
    let mut defect = None;
    for (column, text) in texts {
        match (place(column), text) {
            (Some(at), Ok(text)) => cells[at] = Some(text),
            (at @ Some(_), Err(reason)) => defect = defect.or(Some((at, format!("{} {reason}", address(row, column))))),
            (None, _) => {
                let reason = format!("{} holds a value, but its column has no name", address(row, column));
                defect = defect.or(Some((None, reason)));
            }
        }
    }
    if let Some(&column) = unsaved.get(&row) {
        let reason = format!("{} holds a formula without its result", address(row, column));
        defect = defect.or(Some((place(column), reason)));
    }
    if let Some(region) = merged.get(&row).filter(|_| cells.iter().any(Option::is_some)) {
        defect = defect.or(Some((None, format!("the cells {} are merged", span(region)))));
    }
    Row { number: row + 1, cells, defect }
}

/// The rows that merged cells of the columns touch.
fn rows_of(merged: &[Dimensions], columns: &RangeInclusive<u32>) -> HashMap<u32, Dimensions> {
    let within = merged.iter().filter(|region| region.start.1 <= *columns.end() && region.end.1 >= *columns.start());
    within.flat_map(|region| (region.start.0..=region.end.0).map(|row| (row, *region))).collect()
}

fn span(region: &Dimensions) -> String {
    format!("{}:{}", address(region.start.0, region.start.1), address(region.end.0, region.end.1))
}
