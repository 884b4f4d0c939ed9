//! Periods under a time axis: as many as there is room for, the last one always, a year only where it changes.

use super::axis;
use super::{Anchor, Scene, Voice};

/// Labels along a time axis at `spacing`; gives where they end.
pub fn labels_below(scene: &mut Scene, labels: &[&str], y: f64, spacing: f64, x: impl Fn(usize) -> f64) -> f64 {
    let split: Option<Vec<(&str, &str)>> = labels.iter().map(|label| year_apart(label)).collect();
    let size = scene.text_size;
    let short: Vec<&str> = match &split {
        Some(parts) => parts.iter().map(|(_, part)| *part).collect(),
        None => labels.to_vec(),
    };
    let widest = short.iter().map(|label| scene.measure(label)).fold(0.0, f64::max).min(spacing * 3.0);
    let shown = axis::every(labels.len(), widest + 8.0, spacing);
    let mut year = "";
    let mut bottom = y + 6.0;
    for index in (0..labels.len()).filter(|index| shown(*index)) {
        let room = (widest + 6.0).max(spacing - 4.0);
        let words = scene.fit(short[index], room);
        let (anchor, at) = within(scene, &words, x(index));
        scene.words((at, y), words, anchor, Voice::Plain);
        if let Some(parts) = &split
            && parts[index].0 != year
        {
            year = parts[index].0;
            let (anchor, at) = within(scene, year, x(index));
            scene.words((at, y + size + 3.0), year, anchor, Voice::Muted);
            bottom = y + size + 9.0;
        }
    }
    bottom
}

/// Keeps a centred label inside the drawing.
fn within(scene: &Scene, words: &str, x: f64) -> (Anchor, f64) {
    let half = scene.measure(words) / 2.0;
    if x - half < 0.0 {
        (Anchor::Start, 0.0)
    } else if x + half > scene.width {
        (Anchor::End, scene.width)
    } else {
        (Anchor::Middle, x)
    }
}

/// `2026-Q3` and `Jan 2026` as year and rest.
fn year_apart(label: &str) -> Option<(&str, &str)> {
    let (first, second) = label.split_once([' ', '-'])?;
    let is_year = |part: &str| {
        let digits = part.strip_prefix("FY").unwrap_or(part);
        digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    match (is_year(first), is_year(second)) {
        (true, false) => Some((first, second)),
        (false, true) => Some((second, first)),
        _ => None,
    }
}
