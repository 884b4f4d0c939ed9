//! Scenes as SVG: inside a page with classes that the page's style sheet colours, or as a file of its own with its
//! colours in it, so that it shows alike wherever Markdown is read.

use std::fmt::Write;

use super::escape::html;
use super::scene::palette::{self, Colour};
use super::scene::{Anchor, Ink, Mark, Scene, Voice};

/// The drawing inside a page. `label_id` begins the ids of its title and description, which must be unique on the
/// page; `class` tells the style sheet which of the two widths it is.
pub fn inline(scene: &Scene, class: &str, label_id: &str, title: &str, says: &str) -> String {
    let mut svg = format!(
        "<svg class=\"{class}\" viewBox=\"0 0 {} {}\" role=\"img\" aria-labelledby=\"{label_id}-t {label_id}-d\">\
         <title id=\"{label_id}-t\">{}</title><desc id=\"{label_id}-d\">{}</desc>",
        pixels(scene.width),
        pixels(scene.height),
        html(title),
        html(says)
    );
    for mark in &scene.marks {
        mark_with_class(&mut svg, mark);
    }
    svg.push_str("</svg>");
    svg
}

/// A small drawing inside a page, named by one sentence.
pub fn labelled(scene: &Scene, class: &str, says: &str) -> String {
    let mut svg = format!(
        "<svg class=\"{class}\" viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">",
        pixels(scene.width),
        pixels(scene.height),
        html(says)
    );
    for mark in &scene.marks {
        mark_with_class(&mut svg, mark);
    }
    svg.push_str("</svg>");
    svg
}

/// The drawing as a file.
pub fn standalone(scene: &Scene, title: &str, says: &str) -> String {
    let margin = 12.0;
    let (width, height) = (scene.width + 2.0 * margin, scene.height + 2.0 * margin);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"-{2} -{2} {0} {1}\" \
         role=\"img\" font-family=\"system-ui, 'Segoe UI', 'Noto Sans', sans-serif\" font-size=\"{3}\">\n\
         <title>{4}</title>\n<desc>{5}</desc>\n{6}\n<rect x=\"-{2}\" y=\"-{2}\" width=\"{0}\" height=\"{1}\" fill=\"{7}\"/>\n",
        pixels(width),
        pixels(height),
        pixels(margin),
        pixels(scene.text_size),
        html(title),
        html(says),
        hatches(|colour| format!("stroke=\"{}\"", colour.light), |colour| format!("fill=\"{}\"", colour.light)),
        palette::PAPER.light,
    );
    for mark in &scene.marks {
        mark_with_colours(&mut svg, mark);
        svg.push('\n');
    }
    svg.push_str("</svg>\n");
    svg
}

/// The patterns that the page's drawings fill forecasts with.
pub fn page_hatches() -> String {
    let patterns = hatches(|colour| format!("class=\"hatch-{}\"", colour.name), |_| "class=\"hatch-paper\"".to_owned());
    format!("<svg class=\"hatches\" width=\"0\" height=\"0\" aria-hidden=\"true\" focusable=\"false\">{patterns}</svg>")
}

fn hatches(stroke: impl Fn(&Colour) -> String, fill: impl Fn(&Colour) -> String) -> String {
    let mut defs = String::from("<defs>");
    for colour in [&palette::ACTUAL, &palette::GOOD, &palette::BAD, &palette::MUTED] {
        let _ = write!(
            defs,
            "<pattern id=\"hatch-{}\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\" \
             patternTransform=\"rotate(45)\"><rect width=\"5\" height=\"5\" {}/>\
             <path d=\"M1.25 0V5\" stroke-width=\"2\" {}/></pattern>",
            colour.name,
            fill(&palette::PAPER),
            stroke(colour)
        );
    }
    defs.push_str("</defs>");
    defs
}

/// The class of a shape's ink.
pub fn ink_class(ink: Ink) -> &'static str {
    match ink {
        Ink::Actual => "actual",
        Ink::Previous => "previous",
        Ink::Plan => "plan",
        Ink::Forecast => "forecast",
        Ink::Good => "good",
        Ink::Bad => "bad",
        Ink::Neutral => "neutral",
        Ink::GoodForecast => "good-forecast",
        Ink::BadForecast => "bad-forecast",
        Ink::NeutralForecast => "neutral-forecast",
        Ink::Axis => "axis",
        Ink::Grid => "grid",
        Ink::Connector => "connector",
        Ink::Interval => "interval",
        Ink::IntervalBand => "band",
        Ink::InnerBand => "inner-band",
        Ink::Reference => "reference",
        Ink::Second => "second",
        Ink::ForecastBegins => "begins",
        Ink::Paper => "paper",
        Ink::OnActual => "on-actual",
        Ink::BadGround => "bad-ground",
        Ink::Range(step) => step_of(&palette::RANGES, step).name,
        Ink::Heat(step) => step_of(&palette::HEAT, step).name,
    }
}

/// A step's colour; what lies beyond the last has the last one's.
fn step_of(colours: &'static [Colour], step: u8) -> &'static Colour {
    &colours[usize::from(step).min(colours.len() - 1)]
}

fn voice_class(voice: Voice) -> &'static str {
    match voice {
        Voice::Plain => "",
        Voice::Strong => "strong",
        Voice::Muted => "muted",
        Voice::Good => "t-good",
        Voice::Bad => "t-bad",
        Voice::OnActual => "on-actual",
        Voice::OnFaint => "on-faint",
    }
}

fn mark_with_class(svg: &mut String, mark: &Mark) {
    match mark {
        Mark::Text { at, words, anchor, voice } => {
            let mut class = match anchor {
                Anchor::Start => "",
                Anchor::Middle => "mid",
                Anchor::End => "end",
            }
            .to_owned();
            if !class.is_empty() && !voice_class(*voice).is_empty() {
                class.push(' ');
            }
            class.push_str(voice_class(*voice));
            let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
            let _ = write!(svg, "<text x=\"{}\" y=\"{}\"{class}>{}</text>", pixels(at.0), pixels(at.1), html(words));
        }
        _ => {
            let (ink, kind) = match mark {
                Mark::Box { ink, .. } => (ink, "b"),
                Mark::Rule { ink, .. } => (ink, "l"),
                Mark::Path { ink, .. } => (ink, "l"),
                Mark::Area { ink, .. } => (ink, "b"),
                Mark::Dot { ink, .. } => (ink, "b"),
                Mark::Text { .. } => return,
            };
            let _ = write!(svg, "{} class=\"{kind}-{}\"/>", geometry(mark), ink_class(*ink));
        }
    }
}

fn mark_with_colours(svg: &mut String, mark: &Mark) {
    let shape = geometry(mark);
    match mark {
        Mark::Box { ink, .. } | Mark::Area { ink, .. } | Mark::Dot { ink, .. } => {
            let _ = write!(svg, "{shape} {}/>", filled(*ink));
        }
        Mark::Rule { ink, .. } | Mark::Path { ink, .. } => {
            let thick = matches!(mark, Mark::Path { .. });
            let _ = write!(svg, "{shape} fill=\"none\" {}/>", stroked(*ink, thick));
        }
        Mark::Text { at, words, anchor, voice } => {
            let anchor = match anchor {
                Anchor::Start => "start",
                Anchor::Middle => "middle",
                Anchor::End => "end",
            };
            let (colour, extra) = match voice {
                Voice::Plain | Voice::OnFaint => (&palette::TEXT, ""),
                Voice::Strong => (&palette::TEXT, " font-weight=\"600\""),
                Voice::Muted => (&palette::MUTED, ""),
                Voice::Good => (&palette::GOOD, ""),
                Voice::Bad => (&palette::BAD, ""),
                Voice::OnActual => (&palette::ON_ACTUAL, ""),
            };
            let halo = if matches!(voice, Voice::OnActual | Voice::OnFaint) {
                String::new()
            } else {
                format!(" stroke=\"{}\" stroke-width=\"3\" paint-order=\"stroke\"", palette::PAPER.light)
            };
            let _ = write!(
                svg,
                "<text x=\"{}\" y=\"{}\" text-anchor=\"{anchor}\" fill=\"{}\"{extra}{halo}>{}</text>",
                pixels(at.0),
                pixels(at.1),
                colour.light,
                html(words)
            );
        }
    }
}

/// The element up to its attributes of colour, without its end.
fn geometry(mark: &Mark) -> String {
    match mark {
        Mark::Box { x, y, width, height, .. } => format!(
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"",
            pixels(*x),
            pixels(*y),
            pixels(*width),
            pixels(*height)
        ),
        Mark::Rule { from, to, .. } => {
            format!("<path d=\"M{} {}L{} {}\"", pixels(from.0), pixels(from.1), pixels(to.0), pixels(to.1))
        }
        Mark::Path { points, .. } => format!("<path d=\"{}\"", outline(points)),
        Mark::Area { points, .. } => format!("<path d=\"{}Z\"", outline(points)),
        Mark::Dot { at, radius, .. } => {
            format!("<circle cx=\"{}\" cy=\"{}\" r=\"{}\"", pixels(at.0), pixels(at.1), pixels(*radius))
        }
        Mark::Text { .. } => String::new(),
    }
}

fn outline(points: &[(f64, f64)]) -> String {
    let mut d = String::new();
    for (index, (x, y)) in points.iter().enumerate() {
        let _ = write!(d, "{}{} {}", if index == 0 { 'M' } else { 'L' }, pixels(*x), pixels(*y));
    }
    d
}

fn filled(ink: Ink) -> String {
    let solid = |colour: &Colour| format!("fill=\"{}\"", colour.light);
    let hatched = |colour: &Colour| {
        format!("fill=\"url(#hatch-{})\" stroke=\"{}\" stroke-width=\"1\"", colour.name, colour.light)
    };
    match ink {
        Ink::Previous => solid(&palette::PREVIOUS),
        Ink::Plan => {
            format!("fill=\"{}\" stroke=\"{}\" stroke-width=\"1.3\"", palette::PAPER.light, palette::PLAN.light)
        }
        Ink::Forecast => hatched(&palette::ACTUAL),
        Ink::Good => solid(&palette::GOOD),
        Ink::Bad => solid(&palette::BAD),
        Ink::Neutral => solid(&palette::MUTED),
        Ink::GoodForecast => hatched(&palette::GOOD),
        Ink::BadForecast => hatched(&palette::BAD),
        Ink::NeutralForecast => hatched(&palette::MUTED),
        Ink::IntervalBand => solid(&palette::BAND),
        Ink::InnerBand => solid(&palette::INNER_BAND),
        Ink::Paper => solid(&palette::PAPER),
        Ink::BadGround => solid(&palette::BAD_GROUND),
        Ink::Range(step) => solid(step_of(&palette::RANGES, step)),
        Ink::Heat(step) => solid(step_of(&palette::HEAT, step)),
        Ink::Reference | Ink::Second => solid(&palette::REFERENCE),
        _ => solid(&palette::ACTUAL),
    }
}

fn stroked(ink: Ink, thick: bool) -> String {
    let line = |colour: &Colour, width: &str, more: &str| {
        format!("stroke=\"{}\" stroke-width=\"{width}\"{more}", colour.light)
    };
    match ink {
        Ink::Axis => line(&palette::AXIS, "1", ""),
        Ink::Grid => line(&palette::GRID, "1", ""),
        Ink::Connector => line(&palette::AXIS, "1", ""),
        Ink::Interval => line(&palette::ACTUAL, "1.5", ""),
        Ink::IntervalBand | Ink::InnerBand => line(&palette::PREVIOUS, "1", ""),
        Ink::Second => line(&palette::REFERENCE, "2", ""),
        Ink::Reference => line(&palette::REFERENCE, "1.3", " stroke-dasharray=\"4 3\""),
        Ink::ForecastBegins => line(&palette::AXIS, "1", " stroke-dasharray=\"2 3\""),
        Ink::OnActual => line(&palette::ON_ACTUAL, "1.5", ""),
        Ink::Previous => line(&palette::PREVIOUS, "2", ""),
        Ink::Plan => line(&palette::PLAN, "1.3", " stroke-dasharray=\"2 3\""),
        Ink::Forecast => line(&palette::ACTUAL, "2", " stroke-dasharray=\"6 4\""),
        _ => line(&palette::ACTUAL, if thick { "2" } else { "1" }, ""),
    }
}

/// A coordinate with one decimal at most; the same number is always written alike.
fn pixels(value: f64) -> String {
    let tenths = (value * 10.0).round() / 10.0;
    if tenths == 0.0 { "0".to_owned() } else { format!("{tenths}") }
}
