//! Drawings are true to their numbers.

use crate::reports::block::Good;
use crate::reports::format::{Scale, Unit};
use crate::reports::number::Number;
use crate::reports::scene::bars::{self, Bar, Bars};
use crate::reports::scene::columns::{self, Columns, Period};
use crate::reports::scene::line::{self, Lines, Series};
use crate::reports::scene::waterfall::{self, Step, Waterfall};
use crate::reports::scene::{Ink, Mark, Scene, Voice, Width};

pub const WIDTHS: [Width; 2] = [Width::Wide, Width::Narrow];

pub fn whole(value: i64) -> Number {
    Number::whole(value)
}

pub fn money(values: &[i64]) -> Scale {
    Scale::fit(Unit::parse("USD"), values.iter().map(|value| whole(*value)), None)
}

/// Boxes of an ink below the legend, as (x, y, width, height).
pub fn boxes(scene: &Scene, ink: Ink) -> Vec<(f64, f64, f64, f64)> {
    scene
        .marks
        .iter()
        .filter_map(|mark| match mark {
            Mark::Box { x, y, width, height, ink: found } if *found == ink && *width != 12.0 => {
                Some((*x, *y, *width, *height))
            }
            _ => None,
        })
        .collect()
}

pub fn texts(scene: &Scene) -> Vec<(&str, Voice)> {
    scene
        .marks
        .iter()
        .filter_map(|mark| match mark {
            Mark::Text { words, voice, .. } => Some((words.as_str(), *voice)),
            _ => None,
        })
        .collect()
}

pub fn assert_near(a: f64, b: f64) {
    assert!((a - b).abs() < 1e-6, "{a} is not {b}");
}

fn bar_chart(values: &[i64]) -> Bars {
    let bar = |value: &i64| Bar { label: format!("b{value}"), value: Some(whole(*value)), ..Bar::default() };
    Bars {
        bars: values.iter().map(bar).collect(),
        has_plan: false,
        has_previous: false,
        has_interval: false,
        has_n: false,
        previous_label: String::new(),
        reference: None,
        good: Good::Up,
        scale: money(values),
        max: None,
    }
}

fn column_chart(periods: Vec<Period>) -> Columns {
    let numbers = periods.iter().flat_map(|period| [period.actual, period.plan]).flatten().collect::<Vec<_>>();
    Columns {
        has_plan: true,
        has_previous: false,
        has_forecast: periods.iter().any(|period| period.forecast.is_some()),
        periods,
        previous_label: String::new(),
        good: Good::Up,
        scale: Scale::fit(Unit::parse("USD"), numbers, None),
        max: None,
    }
}

fn period(label: &str, actual: Option<i64>, plan: i64, forecast: Option<i64>) -> Period {
    Period {
        label: label.into(),
        actual: actual.map(whole),
        plan: Some(whole(plan)),
        previous: None,
        forecast: forecast.map(whole),
    }
}

#[test]
fn bars_begin_at_zero_and_are_as_long_as_their_numbers() {
    for width in WIDTHS {
        let scene = bars::draw(&bar_chart(&[4_000_000, 1_000_000, 500_000]), width);
        let bars = boxes(&scene, Ink::Actual);
        assert_near(bars[0].2, 4.0 * bars[1].2);
        assert_near(bars[1].2, 2.0 * bars[2].2);
        assert!(bars.iter().all(|bar| bar.0 == bars[0].0), "all bars begin at one line");
    }
}

#[test]
fn negative_bars_go_left_of_the_same_zero() {
    let scene = bars::draw(&bar_chart(&[300, -300]), Width::Wide);
    let bars = boxes(&scene, Ink::Actual);
    assert_near(bars[0].2, bars[1].2);
    assert_near(bars[1].0 + bars[1].2, bars[0].0);
    assert!(texts(&scene).iter().any(|(words, _)| *words == "−300"));
}

#[test]
fn columns_and_their_differences_share_one_scale() {
    let periods = vec![period("2026-Q1", Some(800), 1000, None), period("2026-Q2", Some(1000), 900, None)];
    for width in WIDTHS {
        let scene = columns::draw(&column_chart(periods.clone()), width);
        let actual = boxes(&scene, Ink::Actual);
        let (bad, good) = (boxes(&scene, Ink::Bad), boxes(&scene, Ink::Good));
        assert_near(actual[0].3 / 800.0, actual[1].3 / 1000.0);
        assert_near(bad[0].3 / 200.0, actual[0].3 / 800.0);
        assert_near(good[0].3 / 100.0, actual[0].3 / 800.0);
        let bottoms: Vec<f64> = actual.iter().map(|column| column.1 + column.3).collect();
        assert_near(bottoms[0], bottoms[1]);
    }
}

#[test]
fn a_longer_cycle_is_red_though_it_is_more() {
    let chart = Columns { good: Good::Down, ..column_chart(vec![period("2026-Q1", Some(71), 65, None)]) };
    let scene = columns::draw(&chart, Width::Wide);
    assert_eq!(boxes(&scene, Ink::Bad).len(), 1);
    assert!(texts(&scene).contains(&("+6", Voice::Bad)));
}

#[test]
fn a_forecast_is_hatched_and_so_is_its_difference() {
    let scene = columns::draw(&column_chart(vec![period("2026-Q4", Some(400), 900, Some(800))]), Width::Wide);
    assert_eq!(boxes(&scene, Ink::Forecast).len(), 1);
    assert_eq!(boxes(&scene, Ink::BadForecast).len(), 1);
    assert_near(boxes(&scene, Ink::Actual)[0].3 * 2.0, boxes(&scene, Ink::Forecast)[0].3);
}

#[test]
fn forty_columns_are_drawn_with_an_axis_instead_of_labels_that_meet() {
    let periods: Vec<Period> =
        (0..40).map(|index| period(&format!("W{index}"), Some(1000 + index * 7), 1100, None)).collect();
    for width in WIDTHS {
        let scene = columns::draw(&column_chart(periods.clone()), width);
        assert!(scene.marks.iter().any(|mark| matches!(mark, Mark::Rule { ink: Ink::Grid, .. })));
        assert!(texts(&scene).len() < 40, "{}", texts(&scene).len());
    }
}

fn steps(values: &[(i64, bool)]) -> Waterfall {
    let numbers: Vec<i64> = values.iter().map(|(value, _)| *value).collect();
    let steps = values
        .iter()
        .map(|(value, is_total)| Step { label: "s".into(), value: whole(*value), is_total: *is_total })
        .collect();
    Waterfall { steps, good: Good::Up, scale: money(&numbers) }
}

#[test]
fn each_step_of_a_waterfall_begins_where_the_one_before_ended() {
    let chart = steps(&[(480, true), (120, false), (-170, false), (430, true)]);
    assert_eq!(chart.gap(), None);
    for width in WIDTHS {
        let scene = waterfall::draw(&chart, width);
        let (totals, up, down) = (boxes(&scene, Ink::Actual), boxes(&scene, Ink::Good), boxes(&scene, Ink::Bad));
        assert_near(totals[0].0 + totals[0].2, up[0].0);
        assert_near(up[0].0 + up[0].2, down[0].0 + down[0].2);
        assert_near(down[0].0, totals[1].0 + totals[1].2);
        assert_near(totals[0].2 / 480.0, down[0].2 / 170.0);
    }
}

#[test]
fn a_total_that_its_lines_do_not_reach_is_found() {
    let chart = steps(&[(480, true), (120, false), (-170, false), (431, true)]);
    assert_eq!(chart.gap(), Some((whole(430), whole(431))));
    let with_subtotal = steps(&[(100, true), (20, false), (120, true), (-5, false), (115, true)]);
    assert_eq!(with_subtotal.gap(), None);
}

#[test]
fn a_line_has_gaps_where_its_numbers_have() {
    let values = vec![Some(whole(1)), Some(whole(2)), None, Some(whole(3)), Some(whole(4))];
    let chart = Lines {
        labels: (0..5).map(|index| format!("m{index}")).collect(),
        series: vec![Series { name: "won".into(), values, ink: Ink::Actual }],
        bands: Vec::new(),
        scale: money(&[4]),
        from_zero: true,
        max: None,
    };
    assert_eq!(chart.span(), (0.0, 4.0));
    let scene = line::draw(&chart, Width::Wide);
    let paths = scene.marks.iter().filter(|mark| matches!(mark, Mark::Path { ink: Ink::Actual, .. })).count();
    assert_eq!(paths, 2);
}

#[test]
fn nothing_lies_outside_the_drawing_and_no_number_is_lost() {
    let long = "x".repeat(500);
    let mut chart = bar_chart(&[4_000_000, 1_000_000]);
    chart.bars[0].label = long;
    chart.bars[0].low = Some(whole(3_000_000));
    chart.bars[0].high = Some(whole(5_000_000));
    chart.has_n = true;
    for bar in &mut chart.bars {
        bar.n = Some("1,234".into());
    }
    for width in WIDTHS {
        let scene = bars::draw(&chart, width);
        for mark in &scene.marks {
            if let Mark::Box { x, y, width, height, .. } = mark {
                assert!(*x >= -0.01 && x + width <= scene.width + 0.01 && *y >= 0.0 && y + height <= scene.height);
            }
        }
        assert!(texts(&scene).iter().all(|(words, _)| words.chars().count() < 60));
        for value in ["4.00", "1.00"] {
            assert!(texts(&scene).iter().any(|(words, _)| *words == value), "{value}");
        }
    }
}

#[test]
fn text_stays_above_eleven_pixels_where_drawings_are_shown_smallest() {
    // The wide drawing is never shown narrower than 700 pixels, the narrow one than 292 (a phone of 320).
    for (width, shown) in [(Width::Wide, 700.0), (Width::Narrow, 292.0)] {
        assert!(width.text_size() * shown / width.pixels() >= 11.0);
    }
}

#[test]
fn charts_without_rows_are_drawn() {
    for width in WIDTHS {
        bars::draw(&bar_chart(&[]), width);
        columns::draw(&column_chart(Vec::new()), width);
        waterfall::draw(&steps(&[]), width);
    }
}
