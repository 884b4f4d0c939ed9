//! A small line without axes, its last point marked.

use super::axis::Axis;
use super::{Ink, Mark, Scene, Width};
use crate::reports::number::Number;

const WIDTH: f64 = 132.0;
const HEIGHT: f64 = 30.0;

/// Draws a series; gaps stay gaps.
pub fn draw(series: &[Option<Number>]) -> Scene {
    let mut scene = Scene { width: WIDTH, height: HEIGHT, ..Scene::new(Width::Wide) };
    let values = || series.iter().flatten().map(|number| number.to_f64());
    let (low, high) = values().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
    let vertical = if high > low {
        Axis::new((low, high), (HEIGHT - 5.0, 5.0))
    } else {
        Axis::new((0.0, 0.0), (HEIGHT / 2.0, HEIGHT / 2.0))
    };
    let step = (WIDTH - 10.0) / (series.len().max(2) - 1) as f64;
    let place = |index: usize, number: Number| (5.0 + step * index as f64, vertical.at(number));
    let mut run: Vec<(f64, f64)> = Vec::new();
    for (index, number) in series.iter().enumerate() {
        match number {
            Some(number) => run.push(place(index, *number)),
            None => scene.path(std::mem::take(&mut run), Ink::Actual),
        }
    }
    scene.path(run, Ink::Actual);
    if let Some((index, number)) = series.iter().enumerate().rev().find_map(|(at, number)| Some((at, (*number)?))) {
        scene.marks.push(Mark::Dot { at: place(index, number), radius: 3.0, ink: Ink::Actual });
    }
    scene
}

/// The same in block characters: `▁▃▅█`.
pub fn characters(series: &[Option<Number>]) -> String {
    const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let values = || series.iter().flatten().map(|number| number.to_f64());
    let (low, high) = values().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
    let block = |value: f64| {
        let share = if high > low { (value - low) / (high - low) } else { 0.5 };
        BLOCKS[((share * 7.0).round() as usize).min(7)]
    };
    series.iter().map(|number| number.map_or(' ', |number| block(number.to_f64()))).collect()
}
