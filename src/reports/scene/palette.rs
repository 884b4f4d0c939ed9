//! Every colour, in one place, for light and dark; and a proof that each pair on a page has enough contrast.

/// A colour by its name in the style sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colour {
    pub name: &'static str,
    pub light: &'static str,
    pub dark: &'static str,
}

const fn colour(name: &'static str, light: &'static str, dark: &'static str) -> Colour {
    Colour { name, light, dark }
}

pub static PAPER: Colour = colour("paper", "#ffffff", "#10151b");
pub static CARD: Colour = colour("card", "#f5f7f9", "#181f28");
/// Hair lines and frames: decoration.
pub static HAIR: Colour = colour("hair", "#d8dde3", "#2f3944");
pub static TEXT: Colour = colour("text", "#1b1f24", "#e8edf2");
pub static MUTED: Colour = colour("muted", "#59626d", "#a3adb8");
pub static LINK: Colour = colour("link", "#0a55b8", "#7db4ff");
pub static ACTUAL: Colour = colour("actual", "#3a4048", "#ccd4dd");
pub static ON_ACTUAL: Colour = colour("on-actual", "#ffffff", "#10151b");
pub static PREVIOUS: Colour = colour("previous", "#8b949e", "#6a7480");
pub static PLAN: Colour = colour("plan", "#3a4048", "#ccd4dd");
pub static GOOD: Colour = colour("good", "#177a35", "#46be68");
pub static BAD: Colour = colour("bad", "#c42127", "#ff7f78");
/// Lines that a number is read against.
pub static AXIS: Colour = colour("axis", "#59626d", "#a3adb8");
pub static GRID: Colour = colour("grid", "#e3e7ec", "#28313b");
pub static REFERENCE: Colour = colour("reference", "#0a55b8", "#7db4ff");
pub static BAND: Colour = colour("band", "#d9dfe6", "#2b3541");
pub static INNER_BAND: Colour = colour("inner-band", "#bcc7d3", "#3d4a59");
pub static BAD_GROUND: Colour = colour("bad-ground", "#fbe8e8", "#3b2024");
pub static WARN_EDGE: Colour = colour("warn", "#9a6700", "#d9a514");

/// The grounds of ranges, the worst first.
pub static RANGES: [Colour; 3] = [
    colour("range-0", "#b9c3ce", "#445262"),
    colour("range-1", "#d0d7df", "#333f4c"),
    colour("range-2", "#e4e9ee", "#232d38"),
];
/// Steps of one hue from the lowest number to the highest: away from the paper, so light and dark run against each other.
pub static HEAT: [Colour; 7] = [
    colour("heat-0", "#edf3fb", "#17263a"),
    colour("heat-1", "#d3e2f5", "#1b3451"),
    colour("heat-2", "#b1cbee", "#20446c"),
    colour("heat-3", "#87b0e4", "#285688"),
    colour("heat-4", "#3a73c0", "#6c9cd8"),
    colour("heat-5", "#2a5ea6", "#97bbe9"),
    colour("heat-6", "#184683", "#c6dcf7"),
];
/// The first of `HEAT` that is too strong for plain text.
pub const HEAT_STRONG: usize = 4;

/// All of them, in the order of the style sheet.
pub fn all() -> impl Iterator<Item = &'static Colour> {
    let named = [
        &PAPER,
        &CARD,
        &HAIR,
        &TEXT,
        &MUTED,
        &LINK,
        &ACTUAL,
        &ON_ACTUAL,
        &PREVIOUS,
        &PLAN,
        &GOOD,
        &BAD,
        &AXIS,
        &GRID,
        &REFERENCE,
        &BAND,
        &INNER_BAND,
        &BAD_GROUND,
        &WARN_EDGE,
    ];
    named.into_iter().chain(&RANGES).chain(&HEAT)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn luminance(hex: &str) -> f64 {
        let channel = |at: usize| {
            let value = f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap()) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
    }

    fn contrast(a: &str, b: &str) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    fn check(front: &Colour, back: &Colour, least: f64) {
        for (theme, front_hex, back_hex) in [("light", front.light, back.light), ("dark", front.dark, back.dark)] {
            let ratio = contrast(front_hex, back_hex);
            assert!(ratio >= least, "{} on {} in {theme}: {ratio:.2}, wanted {least}", front.name, back.name);
        }
    }

    #[test]
    fn black_on_white_is_twenty_one_to_one() {
        assert!((contrast("#000000", "#ffffff") - 21.0).abs() < 1e-9);
    }

    #[test]
    fn all_text_has_four_and_a_half_to_one() {
        for back in [&PAPER, &CARD] {
            for front in [&TEXT, &MUTED, &LINK, &GOOD, &BAD] {
                check(front, back, 4.5);
            }
        }
        check(&ON_ACTUAL, &ACTUAL, 4.5);
        // Labels may stand on the band of an interval.
        check(&TEXT, &BAND, 4.5);
        check(&MUTED, &BAND, 4.5);
        for front in [&TEXT, &MUTED, &BAD] {
            check(front, &BAD_GROUND, 4.5);
        }
        for (step, ground) in HEAT.iter().enumerate() {
            check(if step < HEAT_STRONG { &TEXT } else { &ON_ACTUAL }, ground, 4.5);
        }
    }

    #[test]
    fn each_step_of_heat_is_further_from_the_paper() {
        for pair in HEAT.windows(2) {
            assert!(contrast(pair[0].light, PAPER.light) < contrast(pair[1].light, PAPER.light));
            assert!(contrast(pair[0].dark, PAPER.dark) < contrast(pair[1].dark, PAPER.dark));
        }
    }

    #[test]
    fn all_marks_have_three_to_one() {
        for front in [&ACTUAL, &PREVIOUS, &PLAN, &GOOD, &BAD, &AXIS, &REFERENCE, &WARN_EDGE] {
            check(front, &PAPER, 3.0);
        }
        for front in [&ACTUAL, &REFERENCE] {
            check(front, &CARD, 3.0);
        }
        // A line or a bar before the ground that it may lie on.
        for band in [&BAND, &INNER_BAND].into_iter().chain(&RANGES) {
            check(&ACTUAL, band, 3.0);
        }
        // Actual before previous: the two lie on each other.
        check(&ACTUAL, &PREVIOUS, 3.0);
    }
}
