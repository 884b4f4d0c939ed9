//! Drawings of analyses are true to their numbers, and say so where there are none.

use std::collections::BTreeMap;

use super::fixture;
use super::scenes::{WIDTHS, assert_near, boxes, money, texts, whole};
use crate::reports::block::Good;
use crate::reports::format::{Scale, Unit};
use crate::reports::number::Number;
use crate::reports::scene::bullet::{self, Bullet, Bullets};
use crate::reports::scene::funnel::{self, Funnel, Stage};
use crate::reports::scene::heat::{self, Cell, Heat};
use crate::reports::scene::line::{self, Band, Lines, Series};
use crate::reports::scene::quadrant::{self, Corner, Measure, Point, Quadrant};
use crate::reports::scene::reliability::{self, Bin, Reliability};
use crate::reports::scene::{Ink, Mark, Scene, Voice, Width};
use crate::reports::{Rendered, render};

fn number(value: f64) -> Number {
    Number::of_float(value).expect("a finite number")
}

fn matrix(values: &[&[Option<f64>]]) -> Heat {
    let cell = |value: &Option<f64>| Cell { value: value.map(number), ..Cell::default() };
    Heat {
        rows: (0..values.len()).map(|row| format!("r{row}")).collect(),
        columns: (0..values[0].len()).map(|column| format!("c{column}")).collect(),
        cells: values.iter().map(|row| row.iter().map(cell).collect()).collect(),
        has_n: false,
        scale: Scale::plain(Unit::Share, 0),
        min: None,
        max: None,
    }
}

fn steps(scene: &Scene) -> Vec<u8> {
    let heat = |mark: &Mark| match mark {
        Mark::Box { ink: Ink::Heat(step), height, .. } if *height > 12.0 => Some(*step),
        _ => None,
    };
    scene.marks.iter().filter_map(heat).collect()
}

#[test]
fn the_lowest_cell_is_faintest_the_highest_strongest_and_nothing_is_neither() {
    for width in WIDTHS {
        let scene = heat::draw(&matrix(&[&[Some(0.09), Some(0.41)], &[None, Some(0.25)]]), width);
        assert_eq!(steps(&scene), [0, 6, 3]);
        assert!(texts(&scene).contains(&("9", Voice::OnFaint)));
        assert!(texts(&scene).contains(&("41", Voice::OnActual)));
        assert!(texts(&scene).contains(&("–", Voice::Muted)));
    }
}

#[test]
fn cells_that_are_all_alike_have_one_ground_and_no_scale() {
    let scene = heat::draw(&matrix(&[&[Some(-0.2), Some(-0.2)]]), Width::Wide);
    assert_eq!(steps(&scene), [0, 0]);
    assert_eq!(texts(&scene).iter().filter(|(words, _)| *words == "−20").count(), 2);
}

#[test]
fn a_matrix_that_is_too_wide_goes_on_below_and_loses_no_cell() {
    let row: Vec<Option<f64>> = (0..24).map(|column| Some(f64::from(column) / 100.0)).collect();
    for width in WIDTHS {
        let scene = heat::draw(&matrix(&[&row]), width);
        assert_eq!(steps(&scene).len(), 24);
        for mark in &scene.marks {
            if let Mark::Box { x, y, width, height, .. } = mark {
                assert!(*x >= 0.0 && x + width <= scene.width + 0.01 && y + height <= scene.height);
            }
        }
    }
}

fn fan() -> Lines {
    let series = |values: [Option<i64>; 5], ink| Series {
        name: "s".into(),
        values: values.into_iter().map(|value| value.map(whole)).collect(),
        ink,
    };
    let edge = |values: [Option<i64>; 5]| values.into_iter().map(|value| value.map(whole)).collect();
    Lines {
        labels: (1..=5).map(|index| format!("m{index}")).collect(),
        series: vec![
            series([Some(10), Some(20), Some(30), None, None], Ink::Actual),
            series([None, None, Some(30), Some(38), Some(45)], Ink::Forecast),
        ],
        bands: vec![Band {
            name: Some("80 % interval".into()),
            low: edge([None, None, Some(30), Some(34), Some(36)]),
            high: edge([None, None, Some(30), Some(42), Some(54)]),
            ink: Ink::IntervalBand,
        }],
        scale: money(&[54]),
        from_zero: true,
        max: None,
    }
}

#[test]
fn a_fan_has_a_ground_and_an_edge_on_both_sides_and_opens_where_what_happened_ends() {
    for width in WIDTHS {
        let scene = line::draw(&fan(), width);
        let grounds: Vec<&Vec<(f64, f64)>> = scene
            .marks
            .iter()
            .filter_map(|mark| match mark {
                Mark::Area { points, ink: Ink::IntervalBand } => Some(points),
                _ => None,
            })
            .collect();
        assert_eq!(grounds.len(), 1);
        let points = grounds[0];
        assert_eq!(points.first(), points.last());
        let edges = scene.marks.iter().filter(|mark| matches!(mark, Mark::Path { ink: Ink::IntervalBand, .. }));
        assert_eq!(edges.count(), 2);
        for said in ["80 % interval", "High 54", "Low 36"] {
            assert!(texts(&scene).iter().any(|(words, _)| *words == said), "{said}");
        }
    }
}

#[test]
fn a_band_has_gaps_where_an_edge_is_missing() {
    let mut chart = fan();
    let five = |values: [Option<i64>; 5]| values.into_iter().map(|value| value.map(whole)).collect::<Vec<_>>();
    chart.bands[0].low = five([Some(1), Some(2), None, Some(3), Some(4)]);
    chart.bands[0].high = five([Some(5), Some(6), Some(7), None, Some(8)]);
    let scene = line::draw(&chart, Width::Wide);
    let areas = scene.marks.iter().filter(|mark| matches!(mark, Mark::Area { .. })).count();
    let bars = scene.marks.iter().filter(|mark| matches!(mark, Mark::Rule { ink: Ink::Interval, .. })).count();
    assert_eq!((areas, bars), (1, 3), "one stretch of two points, and one point by itself: a bar with two ends");
}

#[test]
fn a_dot_is_as_large_as_its_cases_are_many_and_the_diagonal_is_where_both_are_the_same() {
    let bin = |predicted: f64, observed: f64, cases: i64| Bin {
        predicted: number(predicted),
        observed: number(observed),
        low: Some(number(observed - 0.1)),
        high: Some(number(observed + 0.1)),
        cases: Some(whole(cases)),
        n: cases.to_string(),
        thin: cases < 30,
    };
    let chart = Reliability { bins: vec![bin(0.2, 0.2, 400), bin(0.5, 0.4, 100)], scale: Scale::plain(Unit::Share, 0) };
    for width in WIDTHS {
        let scene = reliability::draw(&chart, width);
        let dots: Vec<((f64, f64), f64)> = scene
            .marks
            .iter()
            .filter_map(|mark| match mark {
                Mark::Dot { at, radius, .. } => Some((*at, *radius)),
                _ => None,
            })
            .collect();
        assert_near((dots[0].1 / dots[1].1).powi(2), 4.0);
        let diagonal = scene.marks.iter().rev().find_map(|mark| match mark {
            Mark::Rule { from, to, ink: Ink::Reference } => Some((*from, *to)),
            _ => None,
        });
        let ((x0, y0), (x1, y1)) = diagonal.expect("a diagonal");
        let on_it = |x: f64| y0 + (x - x0) / (x1 - x0) * (y1 - y0);
        assert_near(on_it(dots[0].0.0), dots[0].0.1);
        assert!(dots[1].0.1 > on_it(dots[1].0.0), "what came true more seldom lies below");
    }
}

fn quarters(bad: Option<Corner>) -> Quadrant {
    let measure = |split: i64| Measure {
        name: "days".into(),
        scale: Scale::plain(Unit::Plain("days".into()), 0),
        split: Some(whole(split)),
    };
    let point = |label: &str, x: i64, y: i64| Point { label: label.into(), x: whole(x), y: whole(y) };
    Quadrant {
        points: vec![
            point("a", 10, 90),
            point("b", 90, 80),
            point("c", 20, 10),
            point("d", 80, 20),
            point("e", 50, 50),
        ],
        across: measure(50),
        up: measure(50),
        names: ["north west", "north east", "south west", "south east"].map(str::to_owned),
        bad,
    }
}

#[test]
fn the_ground_lies_under_the_corner_that_is_declared_bad() {
    for (bad, inside) in Corner::ALL.into_iter().zip(["a", "b", "c", "d"]) {
        for width in WIDTHS {
            let chart = quarters(Some(bad));
            let (scene, _) = quadrant::draw(&chart, width);
            let grounds = boxes(&scene, Ink::BadGround);
            let [(x, y, width, height)] = grounds[..] else { panic!("one ground, not {}", grounds.len()) };
            let bad_dots: Vec<(f64, f64)> = scene
                .marks
                .iter()
                .filter_map(|mark| match mark {
                    Mark::Dot { at, ink: Ink::Bad, .. } => Some(*at),
                    _ => None,
                })
                .collect();
            assert_eq!(bad_dots.len(), chart.count(bad), "{inside}");
            assert!(bad_dots.iter().all(|at| (x..=x + width).contains(&at.0) && (y..=y + height).contains(&at.1)));
            assert!(texts(&scene).iter().any(|(words, voice)| *words == inside && *voice == Voice::Strong));
        }
    }
    let (scene, _) = quadrant::draw(&quarters(None), Width::Wide);
    assert!(boxes(&scene, Ink::BadGround).is_empty());
}

#[test]
fn what_is_equal_to_a_split_is_high() {
    let chart = quarters(None);
    assert_eq!(chart.corner(&chart.points[4]), Some(Corner::TopRight));
    assert_eq!(Corner::ALL.map(|corner| chart.count(corner)), [1, 2, 1, 1]);
}

#[test]
fn names_of_points_never_meet_and_those_without_room_are_counted() {
    let mut chart = quarters(None);
    chart.points = (0..40).map(|_| Point { label: "Same place".into(), x: whole(70), y: whole(70) }).collect();
    for width in WIDTHS {
        let (scene, nameless) = quadrant::draw(&chart, width);
        let named = texts(&scene).iter().filter(|(words, _)| *words == "Same place").count();
        assert_eq!(named + nameless, 40);
        assert!((1..=6).contains(&named), "{named}");
    }
}

fn bullets(good: Good) -> Bullets {
    Bullets {
        bullets: vec![Bullet {
            label: "North".into(),
            actual: Some(whole(80)),
            plan: Some(whole(100)),
            ranges: [60, 90, 120].map(|end| Some(whole(end))).to_vec(),
        }],
        ranges: ["Poor", "Fair", "Good"].map(str::to_owned).to_vec(),
        good,
        scale: money(&[120]),
        max: None,
    }
}

#[test]
fn a_bullet_lies_on_its_ranges_on_one_scale_and_the_worst_is_the_strongest() {
    for width in WIDTHS {
        let scene = bullet::draw(&bullets(Good::Up), width);
        let bar = boxes(&scene, Ink::Actual)[0];
        for (step, end) in [(0, 60.0), (1, 90.0), (2, 120.0)] {
            let range = boxes(&scene, Ink::Range(step))[0];
            assert_near(range.2 / end, bar.2 / 80.0);
            assert_near(range.0, bar.0);
        }
        let mark = boxes(&scene, Ink::Plan)[0];
        assert_near((mark.0 + mark.2 / 2.0 - bar.0) / 100.0, bar.2 / 80.0);
        assert!(texts(&scene).contains(&("▼ −20", Voice::Bad)));
        let scene = bullet::draw(&bullets(Good::Down), width);
        assert_near(boxes(&scene, Ink::Range(2))[0].2 / 60.0, bar.2 / 80.0);
    }
}

#[test]
fn ranges_are_in_their_order_however_their_names_are() {
    let rows = fixture::table("name text|a int|p int|x int|y int|z int\none|5|6|9|3|6\ntwo|5|6||3|6");
    let call =
        "bullet(t, category='name', actual='a', plan='p', ranges={'x': 'Good', 'y': 'Poor', 'z': 'Fair'}, message='m')";
    let template = fixture::template(&format!("---\n---\n{{{{ {call} }}}}"));
    let data = BTreeMap::from([("t".to_owned(), rows)]);
    let rendered =
        render(&template, &data, &fixture::page()).unwrap_or_else(|problem| panic!("{}", problem.render(false)));
    assert!(rendered.markdown.contains("| Poor, up to | Fair, up to | Good, up to |"), "{}", rendered.markdown);
}

#[test]
fn a_funnel_has_bars_from_one_zero_and_its_shares_between_them() {
    let stage = |label: &str, value: i64, previous: i64| Stage {
        label: label.into(),
        value: Some(whole(value)),
        previous: Some(whole(previous)),
    };
    let chart = Funnel {
        stages: vec![stage("Lead", 1200, 1000), stage("Qualified", 640, 500), stage("Won", 20, 0), stage("Paid", 5, 0)],
        has_previous: true,
        previous_label: "PY".into(),
        scale: Scale::plain(Unit::Plain("deals".into()), 0),
    };
    assert_eq!(chart.of_first(2), Some(number(20.0 / 1200.0)));
    assert_eq!(chart.conversion_before(3), None, "nothing is divided by nothing");
    for width in WIDTHS {
        let scene = funnel::draw(&chart, width);
        let bars = boxes(&scene, Ink::Actual);
        assert_near(bars[0].2 / 1200.0, bars[1].2 / 640.0);
        assert!(bars.iter().all(|bar| bar.0 == bars[0].0));
        let said: Vec<&str> = texts(&scene).into_iter().map(|(words, _)| words).collect();
        for words in ["↓ 53.3\u{a0}%", "▲ +3.3\u{a0}pp ΔPY", "↓ 3.1\u{a0}%", "▲ +3.1\u{a0}pp ΔPY", "↓ 25.0\u{a0}%°"]
        {
            assert!(said.contains(&words), "{words} in {said:?}");
        }
        assert!(!scene.marks.iter().any(|mark| matches!(mark, Mark::Area { .. })));
    }
}

const EVERY: &str = "---\n---\n# All\n
{{ heat(t, row='name', column='other', value='a', n='n', unit='%', message='m') }}
{{ fan(t, x='name', actual='a', forecast='b', low='low', high='high', interval='80 % interval', inner_low='low',
       inner_high='high', inner_interval='50 % interval', plan='b', zero=false, unit='USD', message='m') }}
{{ reliability(t, predicted='a', observed='b', n='n', low='low', high='high', message='m') }}
{{ bullet(t, category='name', actual='a', plan='b', ranges={'low': 'Poor', 'high': 'Fair'}, unit='USD', message='m') }}
{{ quadrant(t, label='name', x='a', y='b', x_split=t | sum(attribute='n'), y_split=none, x_measure='x', y_measure='y',
            top_left='A', top_right='B', bottom_left='C', bottom_right='D', bad='top_left', message='m', id='q1') }}
{{ quadrant(t, label='name', x='a', y='b', x_split=1, y_split=0, x_measure='x', y_measure='y', top_left='A', top_right='B',
            bottom_left='C', bottom_right='D', bad='top_left', message='m', id='q2') }}
{{ funnel(t, stage='name', value='a', previous='b', message='m') }}
";

fn every(rows: &str) -> Rendered {
    let table = fixture::table(&format!("name text|other text|a float|b float|low float|high float|n int\n{rows}"));
    let data = BTreeMap::from([("t".to_owned(), table)]);
    render(&fixture::template(EVERY), &data, &fixture::page())
        .unwrap_or_else(|problem| panic!("{}", problem.render(false)))
}

#[test]
fn whatever_the_numbers_are_each_chart_is_drawn_with_numbers_only() {
    for rows in [
        "",
        "one|x|0.5|0.4|0.3|0.6|12",
        "one|x|0|0|0|0|0\ntwo|x|0|0|0|0|0",
        "one|x|||||\ntwo|y|||||",
        "one|x|-5|-4|-6|-3|40\ntwo|y|-1|-2|-3|-1|50",
        "one|x|1e25|-1e25|1e-25|1e29|3\n|y|0.1|||1|",
    ] {
        let Rendered { html, assets, .. } = every(rows);
        let page = html.split("<script>").next().unwrap_or_default();
        for drawing in assets.iter().map(|(_, drawing)| drawing.as_str()).chain([page]) {
            for broken in ["NaN", "inf\"", "inf ", "Infinity"] {
                assert!(!drawing.contains(broken), "{broken} from {rows:?}");
            }
        }
        assert_eq!(assets.len(), 7);
    }
}

#[test]
fn charts_without_rows_or_numbers_say_so() {
    assert_eq!(every("").markdown.matches("There is nothing to show: no rows.").count(), 7);
    assert_eq!(every("one|x|||||").markdown.matches("There is nothing to draw: no row has a number.").count(), 7);
}

fn fails(call: &str, message: &str) {
    let rows = fixture::table("a text|b text|v int\nx|y|1\nx|y|2");
    let data = BTreeMap::from([("t".to_owned(), rows)]);
    let template = fixture::template(&format!("---\n---\n{{{{ {call} }}}}"));
    let problem = render(&template, &data, &fixture::page()).expect_err("a mistake");
    assert!(problem.message.contains(message), "{}", problem.message);
}

#[test]
fn a_cell_that_two_rows_fill_is_a_mistake() {
    fails("heat(t, row='a', column='b', value='v', message='m')", "row 2 of the query fills a cell of `heat`");
}

#[test]
fn arguments_that_belong_together_are_asked_for() {
    fails(
        "fan(t, x='a', actual='v', forecast='v', low='v', high='v', interval='80 %', inner_low='v', message='m')",
        "`fan` needs `inner_high=` beside `inner_low=`",
    );
}
