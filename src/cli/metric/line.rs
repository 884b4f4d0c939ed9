//! A metric drawn as a line over its periods, of letters: one drawing for each slice, all on one scale.

use std::io::IsTerminal;

use arrow::array::{Array, RecordBatch};
use arrow::util::display::array_value_to_string;

use forecastle::project::Unit;

use super::super::Host;
use super::shown;

/// Rows of a drawing.
const HEIGHT: usize = 8;
/// Columns that a drawing aims at.
const WIDTH: usize = 64;

/// The letters of a line.
#[derive(Debug, Clone, Copy)]
pub struct Signs {
    flat: char,
    upright: char,
    /// Where the line comes from the left and turns down, up; where it comes from below, above and turns right.
    turns: [char; 4],
    edge: char,
}

impl Signs {
    const LINES: Self = Self { flat: '─', upright: '│', turns: ['╮', '╯', '╭', '╰'], edge: '┤' };
    const PLAIN: Self = Self { flat: '-', upright: '|', turns: ['.', '\'', '.', '\''], edge: '|' };

    /// Lines on a terminal that shows UTF-8; anywhere else letters that everything shows.
    pub fn of(host: &Host) -> Self {
        let set = ["LC_ALL", "LC_CTYPE", "LANG"]
            .into_iter()
            .find_map(|name| host.environment.get(name).filter(|value| !value.is_empty()));
        let is_utf8 = set.is_some_and(|value| {
            let value = value.to_lowercase();
            value.contains("utf-8") || value.contains("utf8")
        });
        if is_utf8 && std::io::stdout().is_terminal() { Self::LINES } else { Self::PLAIN }
    }
}

/// The values of a slice, in the order of the periods.
struct Series {
    name: String,
    periods: Vec<String>,
    values: Vec<Option<f64>>,
}

/// The lines of the drawings.
pub fn draw(rows: &RecordBatch, by: &[String], unit: Unit, signs: Signs) -> Vec<String> {
    let series = series(rows, by);
    let all = || series.iter().flat_map(|series| series.values.iter().flatten().copied());
    let (least, most) = (all().fold(f64::INFINITY, f64::min), all().fold(f64::NEG_INFINITY, f64::max));
    if !least.is_finite() {
        return vec!["there is no value to draw".to_owned()];
    }
    let labels = [shown::number(most, unit), shown::number(least, unit)];
    let margin = labels.iter().map(|label| label.chars().count()).max().unwrap_or(0);
    let mut lines = Vec::new();
    for series in &series {
        if !series.name.is_empty() {
            lines.push(format!("{:margin$}   {}", "", series.name));
        }
        let canvas = canvas(&series.values, least, most, signs);
        for (at, row) in canvas.iter().enumerate() {
            let label = match at {
                0 => labels[0].as_str(),
                at if at + 1 == HEIGHT => labels[1].as_str(),
                _ => "",
            };
            lines.push(
                format!("{label:>margin$} {}{}", signs.edge, row.iter().collect::<String>()).trim_end().to_owned(),
            );
        }
        if let (Some(first), Some(last)) = (series.periods.first(), series.periods.last()) {
            let width = canvas[0].len();
            let gap = width.saturating_sub(first.chars().count() + last.chars().count()).max(2);
            lines.push(format!("{:margin$}  {first}{:gap$}{last}", "", ""));
        }
    }
    lines
}

fn series(rows: &RecordBatch, by: &[String]) -> Vec<Series> {
    let column = |name: &str| rows.column_by_name(name);
    let text = |name: &str, row: usize| match column(name) {
        Some(values) if !values.is_null(row) => array_value_to_string(values, row).unwrap_or_default(),
        _ => "–".to_owned(),
    };
    let values = column("value").map(shown::numbers).unwrap_or_default();
    let mut all: Vec<Series> = Vec::new();
    for (row, value) in values.into_iter().enumerate() {
        // Rows without a day are in no period.
        if column("period").is_none_or(|periods| periods.is_null(row)) {
            continue;
        }
        let name = by.iter().map(|name| text(&name.to_lowercase(), row)).collect::<Vec<_>>().join(", ");
        if all.last().is_none_or(|series| series.name != name) {
            all.push(Series { name, periods: Vec::new(), values: Vec::new() });
        }
        if let Some(series) = all.last_mut() {
            series.periods.push(text("period", row));
            series.values.push(value);
        }
    }
    all
}

/// The line, a row of letters for each height from the top.
fn canvas(values: &[Option<f64>], least: f64, most: f64, signs: Signs) -> Vec<Vec<char>> {
    let span = if most > least { most - least } else { 1.0 };
    let height = |value: f64| ((value - least) / span * (HEIGHT - 1) as f64).round() as usize;
    let step = (WIDTH / values.len().max(1)).clamp(1, 8);
    let mut canvas = vec![vec![' '; values.len() * step]; HEIGHT];
    let [down, up, from_below, from_above] = signs.turns;
    for (at, value) in values.iter().enumerate() {
        let Some(level) = value.map(height) else { continue };
        let row = HEIGHT - 1 - level;
        canvas[row][at * step..(at + 1) * step].fill(signs.flat);
        let Some(before) = at.checked_sub(1).and_then(|before| values[before]).map(height) else { continue };
        let (above, turn) = (HEIGHT - 1 - before.max(level), at * step);
        let below = HEIGHT - 1 - before.min(level);
        if before == level {
            continue;
        }
        canvas[above + 1..below].iter_mut().for_each(|row| row[turn] = signs.upright);
        let (at_top, at_bottom) = if level > before { (from_below, up) } else { (down, from_above) };
        canvas[above][turn] = at_top;
        canvas[below][turn] = at_bottom;
    }
    canvas
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(values: &[Option<f64>], signs: Signs) -> Vec<String> {
        let canvas = canvas(values, 0.0, 7.0, signs);
        canvas.into_iter().map(|row| row.into_iter().collect::<String>().trim_end().to_owned()).collect()
    }

    #[test]
    fn a_line_climbs_falls_and_breaks_off_where_nothing_is_known() {
        let values = [Some(0.0), Some(7.0), Some(7.0), Some(5.0), None, Some(0.0)];
        let wanted = [
            "        ╭───────────────╮",
            "        │               │",
            "        │               ╰───────",
            "        │",
            "        │",
            "        │",
            "        │",
            "────────╯                               ────────",
        ];
        assert_eq!(drawn(&values, Signs::LINES), wanted);
        assert!(drawn(&values, Signs::PLAIN).iter().all(|row| row.is_ascii()));
    }
}
