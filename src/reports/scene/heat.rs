//! A matrix: a figure in each cell, its ground by where it lies between the lowest and the highest. Columns that find
//! no room beside each other stand in a second block below the first.

use super::palette::{HEAT, HEAT_STRONG};
use super::{Anchor, Ink, Scene, Voice, Width};
use crate::reports::format::Scale;
use crate::reports::number::Number;
use crate::reports::words;

/// One cell.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Cell {
    pub value: Option<Number>,
    /// The number of cases, as written.
    pub n: Option<String>,
    pub thin: bool,
}

/// A matrix.
#[derive(Debug, Clone, PartialEq)]
pub struct Heat {
    pub rows: Vec<String>,
    pub columns: Vec<String>,
    /// Row by row, as many as there are columns in each.
    pub cells: Vec<Vec<Cell>>,
    pub has_n: bool,
    pub scale: Scale,
    /// What the scale of colours begins and ends at, where that is not the lowest and the highest number.
    pub min: Option<Number>,
    pub max: Option<Number>,
}

impl Heat {
    fn values(&self) -> impl Iterator<Item = Number> {
        self.cells.iter().flatten().filter_map(|cell| cell.value)
    }

    /// Where the scale of colours begins and ends.
    fn span(&self) -> Option<(Number, Number)> {
        Some((self.min.or(self.values().min())?, self.max.or(self.values().max())?))
    }

    /// The step of a number on the scale of colours; all are the first where there is nothing to tell apart.
    fn step(&self, value: Number) -> u8 {
        let Some((low, high)) = self.span().map(|(low, high)| (low.to_f64(), high.to_f64())) else { return 0 };
        if high <= low {
            return 0;
        }
        let last = HEAT.len() - 1;
        let share = ((value.to_f64() - low) / (high - low)).clamp(0.0, 1.0);
        ((share * HEAT.len() as f64) as usize).min(last) as u8
    }

    fn words(&self, scale: &Scale, cell: &Cell) -> String {
        match cell.value {
            Some(value) => format!("{}{}", scale.value(value), if cell.thin { words::THIN_SIGN } else { "" }),
            None => words::NOT_AVAILABLE.to_owned(),
        }
    }
}

/// Between cells.
const GAP: f64 = 2.0;
const WIDEST_CELL: f64 = 120.0;

struct Layout {
    /// Where cells begin; nothing where the names of the rows stand over them.
    left: f64,
    label_width: f64,
    cell_width: f64,
    cell_height: f64,
    /// What a row takes.
    pitch: f64,
    /// How many columns stand beside each other.
    across: usize,
    stacked: bool,
}

impl Layout {
    fn new(chart: &Heat, scene: &Scene, width: Width) -> Self {
        let size = scene.text_size;
        let widest_label = scene.widest(&chart.rows);
        let stacked = width == Width::Narrow && widest_label > scene.width * 0.3;
        let label_width = if stacked { scene.width } else { widest_label.min(scene.width * 0.3) };
        let left = if stacked { 0.0 } else { label_width + 10.0 };
        let words = chart.cells.iter().flatten().map(|cell| chart.words(&chart.scale, cell));
        let cases = chart.cells.iter().flatten().filter_map(|cell| cell.n.as_deref()).map(words::cases);
        let needed = scene.widest(words.chain(cases)) + 8.0;
        let headings = chart.columns.iter().flat_map(|heading| lines(heading));
        let wanted = needed.max((scene.widest(headings) + 8.0).min(90.0)) + GAP;
        let room = scene.width - left;
        let count = chart.columns.len().max(1);
        let fitting = ((room / wanted) as usize).clamp(1, count);
        let across = count.div_ceil(count.div_ceil(fitting));
        let cell_width = (room / across as f64 - GAP).min(WIDEST_CELL);
        let cell_height = if chart.has_n { 2.0 * size + 14.0 } else { size + 14.0 };
        let pitch = cell_height + GAP + if stacked { size + 8.0 } else { 0.0 };
        Self { left, label_width, cell_width, cell_height, pitch, across, stacked }
    }
}

/// Draws the matrix.
pub fn draw(chart: &Heat, width: Width) -> Scene {
    let mut scene = Scene::new(width);
    let layout = Layout::new(chart, &scene, width);
    let mut y = legend(&mut scene, chart, layout.left);
    for first in (0..chart.columns.len()).step_by(layout.across) {
        let block = first..(first + layout.across).min(chart.columns.len());
        y = headings(&mut scene, chart, &layout, block.clone(), y);
        for index in 0..chart.rows.len() {
            row(&mut scene, chart, &layout, index, block.clone(), y);
            y += layout.pitch;
        }
        y += 12.0;
    }
    scene.height = (y - 10.0).max(1.0);
    scene
}

/// The steps between the numbers that they begin and end at; gives the height it took.
fn legend(scene: &mut Scene, chart: &Heat, left: f64) -> f64 {
    let Some((low, high)) = chart.span().filter(|(low, high)| low < high) else { return 0.0 };
    let (low, high) = (chart.scale.value(low), chart.scale.value(high));
    let baseline = scene.text_size;
    scene.words((left, baseline), low.clone(), Anchor::Start, Voice::Muted);
    let mut x = left + scene.measure(&low) + 6.0;
    for step in 0..HEAT.len() as u8 {
        scene.rectangle(x, baseline - 10.0, 16.0, 11.0, Ink::Heat(step));
        x += 16.0;
    }
    scene.words((x + 6.0, baseline), high, Anchor::Start, Voice::Muted);
    baseline + 10.0
}

/// The columns' names, on two lines where one is too narrow; gives where they end.
fn headings(scene: &mut Scene, chart: &Heat, layout: &Layout, block: std::ops::Range<usize>, top: f64) -> f64 {
    let size = scene.text_size;
    let split = |heading: &str| -> Vec<String> {
        let is_wide = scene.measure(heading) > layout.cell_width;
        let lines = if is_wide { lines(heading) } else { vec![heading] };
        lines.into_iter().map(|line| scene.fit(line, layout.cell_width)).collect()
    };
    let headings: Vec<Vec<String>> = chart.columns[block].iter().map(|heading| split(heading)).collect();
    let bottom = top + headings.iter().map(Vec::len).max().unwrap_or(0) as f64 * (size + 3.0);
    for (index, lines) in headings.into_iter().enumerate() {
        let x = layout.left + (layout.cell_width + GAP) * index as f64 + layout.cell_width / 2.0;
        for (above, line) in lines.into_iter().rev().enumerate() {
            let y = bottom - 3.0 - above as f64 * (size + 3.0);
            scene.words((x, y), line, Anchor::Middle, Voice::Muted);
        }
    }
    bottom + 3.0
}

fn row(scene: &mut Scene, chart: &Heat, layout: &Layout, index: usize, block: std::ops::Range<usize>, top: f64) {
    let size = scene.text_size;
    let label = scene.fit(&chart.rows[index], layout.label_width);
    let cell_top = if layout.stacked { top + size + 8.0 } else { top };
    let middle = cell_top + layout.cell_height / 2.0 + size * 0.36;
    if layout.stacked {
        scene.words((0.0, cell_top - 5.0), label, Anchor::Start, Voice::Plain);
    } else {
        scene.words((layout.label_width, middle), label, Anchor::End, Voice::Plain);
    }
    for (place, cell) in chart.cells[index][block].iter().enumerate() {
        let x = layout.left + (layout.cell_width + GAP) * place as f64;
        let voice = match cell.value.map(|value| chart.step(value)) {
            Some(step) => {
                scene.rectangle(x, cell_top, layout.cell_width, layout.cell_height, Ink::Heat(step));
                if usize::from(step) < HEAT_STRONG { Voice::OnFaint } else { Voice::OnActual }
            }
            None => Voice::Muted,
        };
        let x = x + layout.cell_width / 2.0;
        let words = chart.words(&chart.scale, cell);
        match &cell.n {
            Some(n) => {
                scene.words((x, middle - size * 0.58), words, Anchor::Middle, voice);
                scene.words((x, middle + size * 0.66), words::cases(n), Anchor::Middle, voice);
            }
            None => scene.words((x, middle), words, Anchor::Middle, voice),
        }
    }
}

/// A heading on two lines, broken at the blank nearest to its middle; on one where it has none.
fn lines(heading: &str) -> Vec<&str> {
    let middle = heading.len() / 2;
    match heading.match_indices(' ').min_by_key(|(at, _)| at.abs_diff(middle)) {
        Some((at, _)) => vec![&heading[..at], &heading[at + 1..]],
        None => vec![heading],
    }
}
