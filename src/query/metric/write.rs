//! The SELECT that a call of `metric(...)` stands for, as text in which a person's own expressions are names to be filled in.
//!
//! From the inside out: the rows of each base metric are added up by period and dimensions; several of them are brought
//! together by those keys; periods without rows are filled in between the first one and the run's day; the figure is made of
//! the sums, so that a ratio is one of sums in every slice; and it is held against other periods. Each step reads the one
//! before it once.

use super::call::{Compare, Slice};
use super::{Base, Days, Definition, Formula, Grain, Metric, Metrics};
use crate::project::{Aggregation, WithoutRows};

/// Names in the text that stand for what a person wrote.
pub const WHERE: &str = "given where";
pub const FROM: &str = "given from";
pub const TO: &str = "given to";

/// The name for the condition of a piece's level.
pub fn level(piece: usize) -> String {
    format!("given level {piece}")
}

/// The name for an expression of a derived figure: its value, numerator or denominator.
pub fn expression(figure: usize, of: &str, window: Window) -> String {
    format!("given {of} {figure}{}", window.suffix())
}

/// The column that holds what a piece gives.
pub fn piece_column(piece: usize, window: Window) -> String {
    format!("piece {piece}{}", window.suffix())
}

/// The days that a figure without periods is of, and those that it is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    Asked,
    Previous,
    LastYear,
}

impl Window {
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Asked => "",
            Self::Previous => " previous",
            Self::LastYear => " last year",
        }
    }
}

/// A base metric that is added up.
pub struct Piece<'m> {
    pub metric: &'m Metric,
    pub base: &'m Base,
    trailing: Option<Days>,
    /// Which of its levels the slices are of.
    pub level: Option<usize>,
}

/// A figure of the result, over pieces.
pub struct Figure<'m> {
    pub metric: &'m Metric,
    /// Which piece each part of its formula is.
    pub pieces: Vec<usize>,
    pub formula: Option<&'m Formula>,
}

/// What is to be written.
pub struct Draft<'s, 'm> {
    slice: &'s Slice<'m>,
    pub pieces: Vec<Piece<'m>>,
    /// The metric itself, then its target where that is asked for.
    pub figures: Vec<Figure<'m>>,
}

impl<'s, 'm> Draft<'s, 'm> {
    pub fn new(slice: &'s Slice<'m>, metrics: &'m Metrics) -> Self {
        let mut draft = Draft { slice, pieces: Vec::new(), figures: Vec::new() };
        draft.add(slice.metric, slice.trailing.as_ref(), metrics);
        let target = slice.metric.header.target.as_ref().and_then(|target| metrics.known.get(target));
        if let Some(target) = target.filter(|_| slice.compare.contains(&Compare::Target)) {
            draft.add(target, slice.trailing.as_ref(), metrics);
        }
        draft
    }

    fn add(&mut self, metric: &'m Metric, trailing: Option<&Days>, metrics: &'m Metrics) {
        let bases = metrics.bases(metric).into_iter();
        let pieces =
            bases.map(|(metric, base, own)| self.piece(metric, base, own.or_else(|| trailing.cloned()))).collect();
        let formula = match &metric.definition {
            Definition::Base(_) => None,
            Definition::Derived(formula) => Some(formula.as_ref()),
        };
        self.figures.push(Figure { metric, pieces, formula });
    }

    fn piece(&mut self, metric: &'m Metric, base: &'m Base, trailing: Option<Days>) -> usize {
        let known = self.pieces.iter().position(|piece| piece.metric.id == metric.id && piece.trailing == trailing);
        known.unwrap_or_else(|| {
            let used = || self.slice.by.iter().chain(&self.slice.conditioned);
            let level = base.levels.iter().position(|(_, has)| used().all(|dimension| has.contains(dimension)));
            self.pieces.push(Piece { metric, base, trailing, level });
            self.pieces.len() - 1
        })
    }

    /// The windows of a figure without periods; with periods there is one.
    pub fn windows(&self) -> Vec<Window> {
        let mut windows = vec![Window::Asked];
        if self.slice.grain.is_none() {
            let compared = |compare: &Compare| match compare {
                Compare::Previous => Some(Window::Previous),
                Compare::LastYear => Some(Window::LastYear),
                Compare::Target => None,
            };
            windows.extend(self.slice.compare.iter().filter_map(compared));
        }
        windows
    }

    /// Whether periods are held against earlier ones, which are needed then whatever is asked for.
    fn looks_back(&self) -> bool {
        self.slice.grain.is_some() && self.slice.compare.iter().any(|compare| *compare != Compare::Target)
    }

    /// The whole SELECT.
    pub fn select(&self) -> String {
        let summed = if self.pieces.len() > 1 || (self.slice.grain.is_some() && self.slice.by.is_empty()) {
            self.together()
        } else {
            self.sums(0)
        };
        let filled = match self.slice.grain {
            Some(grain) => self.filled(grain, &summed),
            None => summed,
        };
        let figures = self.figures(&self.values(&filled));
        if self.slice.compare.is_empty() { figures } else { self.compared(&figures) }
    }

    /// The columns of the dimensions, each with a comma behind it.
    fn dimensions(&self) -> String {
        self.slice.by.iter().map(|name| format!("{}, ", quoted(name))).collect()
    }

    /// What rows are told apart by.
    fn keys(&self) -> Vec<String> {
        let start = self.slice.grain.map(|_| "\"found start\"".to_owned());
        start.into_iter().chain(self.slice.by.iter().map(|name| quoted(name))).collect()
    }

    /// The sums that a piece needs: name and aggregate.
    fn aggregates(&self, at: usize) -> Vec<(String, String)> {
        let piece = &self.pieces[at];
        let windows = self.windows();
        let mut all = Vec::new();
        for window in &windows {
            let filter = match self.bounds(piece, *window) {
                Some(bounds) if windows.len() > 1 => format!(" FILTER (WHERE {bounds})"),
                _ => String::new(),
            };
            let over = |aggregate: &str| format!("{aggregate}{filter}");
            let mut add = |name: &str, sum: String| all.push((format!("{at} {name}{}", window.suffix()), sum));
            match piece.base.aggregation {
                Aggregation::Sum => add("value", over("sum(\"value\")")),
                // Of no rows a count is 0, and not unknown.
                Aggregation::CountDistinct if piece.metric.header.without_rows == WithoutRows::Unknown => {
                    let (rows, values) = (over("count(*)"), over("count(DISTINCT \"value\")"));
                    add("value", format!("CASE WHEN {rows} > 0 THEN {values} END"));
                }
                Aggregation::CountDistinct => add("value", over("count(DISTINCT \"value\")")),
                Aggregation::Min => add("value", over("min(\"value\")")),
                Aggregation::Max => add("value", over("max(\"value\")")),
                Aggregation::Median if piece.metric.is_money() => {
                    add("value", over("median(CAST(\"value\" AS DECIMAL(20,6)))"));
                }
                Aggregation::Median => add("value", over("median(CAST(\"value\" AS DOUBLE))")),
                Aggregation::Ratio | Aggregation::Proportion => {
                    add("numerator", over("sum(\"numerator\")"));
                    add("denominator", over("sum(\"denominator\")"));
                }
            }
            if self.is_told_whole(at) && *window == Window::Asked {
                let counted = if piece.base.aggregation.is_ratio() { "denominator" } else { "value" };
                add("n", over(&format!("count(\"{counted}\")")));
            }
        }
        all
    }

    /// Whether the result shows what a piece is made of: it is then the whole figure.
    fn is_told_whole(&self, piece: usize) -> bool {
        piece == 0 && self.figures[0].formula.is_none()
    }

    /// The rows of a piece added up by the keys.
    fn sums(&self, at: usize) -> String {
        let keys = self.keys();
        let aggregates: Vec<String> =
            self.aggregates(at).into_iter().map(|(name, aggregate)| format!("{aggregate} AS \"{name}\"")).collect();
        let listed: Vec<String> = keys.iter().cloned().chain(aggregates).collect();
        let grouped = if keys.is_empty() { String::new() } else { format!(" GROUP BY {}", keys.join(", ")) };
        format!("SELECT {} FROM ({}) AS contribution{grouped}", listed.join(", "), self.rows(at))
    }

    /// The rows of a piece that count, each with the period that it counts in.
    fn rows(&self, at: usize) -> String {
        let piece = &self.pieces[at];
        let view = piece.metric.view();
        let time = piece.metric.header.time.as_ref().map(|time| quoted(time));
        let mut columns: Vec<String> = self.slice.by.iter().map(|name| quoted(name)).collect();
        columns.extend(match piece.base.aggregation.is_ratio() {
            true => ["\"numerator\"".to_owned(), "\"denominator\"".to_owned()].to_vec(),
            false => vec!["\"value\"".to_owned()],
        });
        let mut conditions: Vec<String> = Vec::new();
        conditions.extend(self.slice.condition.as_ref().map(|_| format!("(\"{WHERE}\")")));
        conditions.extend(piece.level.map(|_| format!("(\"{}\")", level(at))));
        let Some(time) = time else { return select(&columns, &view, &conditions) };
        let day = format!("{time} AS \"day\"");
        let Some(grain) = self.slice.grain else {
            if piece.metric.header.semi_additive {
                conditions.push(format!("{time} = {}", self.last_day(piece, &time)));
            } else if self.windows().len() == 1 {
                conditions.extend(self.bounds_of(piece, Window::Asked, &time));
            }
            columns.push(day);
            return select(&columns, &view, &conditions);
        };
        if let Some(days) = &piece.trailing {
            return self.trailing(grain, days, &columns, &view, &conditions, &time);
        }
        if piece.metric.header.semi_additive {
            let start = grain.start(&time);
            conditions.push(format!("{time} IN (SELECT max({time}) FROM {view} GROUP BY {start})"));
        }
        if self.slice.from.is_some() && !self.looks_back() {
            conditions.push(format!("{time} >= {}", grain.start(&from())));
        }
        if self.slice.to.is_some() {
            conditions.push(format!("{time} <= {}", grain.end(&to())));
        }
        columns.push(format!("{} AS \"found start\"", grain.start(&time)));
        select(&columns, &view, &conditions)
    }

    /// Rows in each period whose last day they are at most so many days before.
    fn trailing(
        &self,
        grain: Grain,
        days: &Days,
        columns: &[String],
        view: &str,
        conditions: &[String],
        time: &str,
    ) -> String {
        let last = format!("({time} + ({days} - 1))");
        let starts = format!("generate_series({}, {}, {})", grain.start(time), grain.start(&last), grain.step());
        let mut inner = columns.to_vec();
        inner.push(format!("{time} AS \"day\""));
        inner.push(format!("unnest({starts}) AS \"found start\""));
        let end = format!("least({}, current_date)", grain.end("\"found start\""));
        let mut within = vec![
            "\"found start\" <= current_date".to_owned(),
            format!("\"day\" <= {end}"),
            format!("\"day\" > {end} - {days}"),
        ];
        if self.slice.from.is_some() && !self.looks_back() {
            within.push(format!("\"found start\" >= {}", grain.start(&from())));
        }
        if self.slice.to.is_some() {
            within.push(format!("\"found start\" <= {}", to()));
        }
        format!("SELECT * FROM ({}) AS looked_back WHERE {}", select(&inner, view, conditions), within.join(" AND "))
    }

    /// The last day that a metric of states knows, of those asked for.
    fn last_day(&self, piece: &Piece<'_>, time: &str) -> String {
        let bounds = self.bounds_of(piece, Window::Asked, time).map(|bounds| format!(" WHERE {bounds}"));
        format!("(SELECT max({time}) FROM {}{})", piece.metric.view(), bounds.unwrap_or_default())
    }

    fn bounds(&self, piece: &Piece<'_>, window: Window) -> Option<String> {
        piece.metric.header.time.as_ref().and_then(|_| self.bounds_of(piece, window, "\"day\""))
    }

    /// Which days are in a window of a figure without periods; none, where all are.
    fn bounds_of(&self, piece: &Piece<'_>, window: Window, time: &str) -> Option<String> {
        let (first, last) = self.days(window);
        let bounds = match &piece.trailing {
            Some(days) => {
                let last = last.unwrap_or_else(|| "current_date".to_owned());
                vec![format!("{time} <= {last}"), format!("{time} > {last} - {days}")]
            }
            None => {
                let first = first.map(|first| format!("{time} >= {first}"));
                first.into_iter().chain(last.map(|last| format!("{time} <= {last}"))).collect()
            }
        };
        (!bounds.is_empty()).then(|| bounds.join(" AND "))
    }

    /// The first and the last day of a window.
    fn days(&self, window: Window) -> (Option<String>, Option<String>) {
        let first = self.slice.from.as_ref().map(|_| from());
        let last = self.slice.to.as_ref().map(|_| to());
        // What is compared has an end.
        let end = last.clone().unwrap_or_else(|| "current_date".to_owned());
        match (window, first, &self.slice.trailing) {
            (Window::Asked, first, _) => (first, last),
            (Window::Previous, Some(first), _) => {
                let before = format!("{first} - INTERVAL '1 day'");
                (Some(format!("{first} - (days_between({first}, {end}) + 1)")), Some(before))
            }
            (Window::Previous, None, days) => {
                let back = days.as_ref().map(|days| format!(" - {days}")).unwrap_or_default();
                (None, Some(format!("({end}{back})")))
            }
            (Window::LastYear, first, _) => (
                first.map(|first| format!("{first} - INTERVAL '1 year'")),
                Some(format!("({end} - INTERVAL '1 year')")),
            ),
        }
    }

    /// The pieces brought together by their keys. Without dimensions the period that is asked for first is there in any case.
    fn together(&self) -> String {
        let names: Vec<Vec<String>> =
            (0..self.pieces.len()).map(|at| self.aggregates(at).into_iter().map(|(name, _)| name).collect()).collect();
        let keys = self.keys();
        let columns = |own: Option<usize>| -> Vec<String> {
            let of = |(at, names): (usize, &Vec<String>)| -> Vec<String> {
                let is_own = own == Some(at);
                names
                    .iter()
                    .map(|name| if is_own { format!("\"{name}\"") } else { format!("NULL AS \"{name}\"") })
                    .collect()
            };
            names.iter().enumerate().flat_map(of).collect()
        };
        let branch = |at: usize| {
            let listed: Vec<String> = keys.iter().cloned().chain(columns(Some(at))).collect();
            format!("SELECT {} FROM ({}) AS piece_{at}", listed.join(", "), self.sums(at))
        };
        let mut branches: Vec<String> = (0..self.pieces.len()).map(branch).collect();
        if let Some(grain) = self.slice.grain.filter(|_| self.slice.by.is_empty()) {
            let first =
                if self.slice.from.is_some() && !self.looks_back() { from() } else { "current_date".to_owned() };
            let start = format!("{} AS \"found start\"", grain.start(&first));
            let listed: Vec<String> = std::iter::once(start).chain(columns(None)).collect();
            branches.push(format!("SELECT {}", listed.join(", ")));
        }
        let summed = names.iter().flatten().map(|name| format!("max(\"{name}\") AS \"{name}\""));
        let listed: Vec<String> = keys.iter().cloned().chain(summed).collect();
        let grouped = if keys.is_empty() { String::new() } else { format!(" GROUP BY {}", keys.join(", ")) };
        format!("SELECT {} FROM ({}) AS piece{grouped}", listed.join(", "), branches.join(" UNION ALL "))
    }

    /// Every period from the first to the run's, or those asked for, in every slice; later ones where they have rows. Rows
    /// without a day stay together in a period without a name.
    fn filled(&self, grain: Grain, summed: &str) -> String {
        let slices: Vec<String> = self.slice.by.iter().map(|name| quoted(name)).collect();
        let partition = if slices.is_empty() { String::new() } else { format!("PARTITION BY {} ", slices.join(", ")) };
        let first = match self.slice.from {
            Some(_) if !self.looks_back() => grain.start(&from()),
            _ => "min(\"found start\") OVER ()".to_owned(),
        };
        let last = grain.start(&self.slice.to.as_ref().map_or_else(|| "current_date".to_owned(), |_| to()));
        let step = grain.step();
        let aggregates: Vec<String> = (0..self.pieces.len())
            .flat_map(|at| self.aggregates(at))
            .map(|(name, _)| {
                format!(
                    "CASE WHEN \"shown start\" IS NOT DISTINCT FROM \"found start\" THEN \"{name}\" END AS \"{name}\""
                )
            })
            .collect();
        let series = format!(
            "generate_series(\
               CASE WHEN \"nth\" = 1 THEN least(\"found start\", \"first start\") ELSE \"found start\" END, \
               CASE WHEN \"next start\" IS NULL OR \"next start\" > \"last start\" THEN greatest(\"found start\", \"last start\") \
                    ELSE \"next start\" - {step} END, \
               {step})"
        );
        format!(
            "SELECT \"shown start\", {}{} FROM (\
               SELECT unnest(CASE WHEN \"found start\" IS NULL THEN make_array(CAST(NULL AS DATE)) ELSE {series} END) AS \"shown start\", * \
               FROM (\
                 SELECT {first} AS \"first start\", {last} AS \"last start\", \
                   lead(\"found start\") OVER ({partition}ORDER BY \"found start\" NULLS LAST) AS \"next start\", \
                   row_number() OVER ({partition}ORDER BY \"found start\" NULLS LAST) AS \"nth\", * \
                 FROM ({summed}) AS summed\
               ) AS placed\
             ) AS filled",
            self.dimensions(),
            aggregates.join(", ")
        )
    }

    /// What each piece comes to.
    fn values(&self, filled: &str) -> String {
        let mut listed: Vec<String> = self.slice.grain.iter().map(|_| "\"shown start\"".to_owned()).collect();
        listed.extend(self.slice.by.iter().map(|name| quoted(name)));
        for window in self.windows() {
            let value = |at| format!("{} AS \"{}\"", self.value(at, window), piece_column(at, window));
            listed.extend((0..self.pieces.len()).map(value));
        }
        let whole = &self.pieces[0];
        let is_whole = self.is_told_whole(0);
        if is_whole && whole.base.aggregation.is_ratio() {
            listed.push("coalesce(\"0 numerator\", 0) AS \"numerator\"".to_owned());
            listed.push("coalesce(\"0 denominator\", 0) AS \"denominator\"".to_owned());
        }
        if is_whole {
            listed.push("coalesce(\"0 n\", 0) AS \"n\"".to_owned());
        }
        let mut from = format!("({filled}) AS filled");
        if let Some(time) = whole.metric.header.time.as_ref().filter(|_| is_whole && whole.metric.header.semi_additive)
        {
            let (time, view) = (quoted(time), whole.metric.view());
            listed.push("\"measured_on\"".to_owned());
            from.push_str(&match self.slice.grain {
                Some(grain) => format!(
                    " LEFT JOIN (SELECT {} AS \"measured start\", max({time}) AS \"measured_on\" FROM {view} GROUP BY {0}) AS measured \
                     ON \"measured start\" = \"shown start\"",
                    grain.start(&time)
                ),
                None => format!(" CROSS JOIN (SELECT {} AS \"measured_on\") AS measured", self.last_day(whole, &time)),
            });
        }
        format!("SELECT {} FROM {from}", listed.join(", "))
    }

    /// What a piece comes to in a slice; where it has no rows, nothing was sold, and no ratio can be told.
    fn value(&self, at: usize, window: Window) -> String {
        let Piece { metric, base, .. } = &self.pieces[at];
        let column = |name: &str| format!("\"{at} {name}{}\"", window.suffix());
        let value = match base.aggregation {
            Aggregation::Sum | Aggregation::CountDistinct if metric.header.without_rows == WithoutRows::Unknown => {
                column("value")
            }
            Aggregation::Sum | Aggregation::CountDistinct if metric.header.semi_additive => {
                if self.is_told_whole(at) {
                    format!("CASE WHEN \"measured_on\" IS NOT NULL THEN coalesce({}, 0) END", column("value"))
                } else {
                    column("value")
                }
            }
            Aggregation::Sum | Aggregation::CountDistinct => format!("coalesce({}, 0)", column("value")),
            Aggregation::Min | Aggregation::Max | Aggregation::Median => column("value"),
            Aggregation::Ratio | Aggregation::Proportion if metric.is_money() => {
                format!("{} / nullif({}, 0)", column("numerator"), column("denominator"))
            }
            Aggregation::Ratio | Aggregation::Proportion => {
                format!("ratio({}, {})", column("numerator"), column("denominator"))
            }
        };
        cast(metric, &value)
    }

    /// The figures, with the names that the result has for them.
    fn figures(&self, values: &str) -> String {
        let mut listed = Vec::new();
        if let Some(grain) = self.slice.grain {
            let end = grain.end("\"shown start\"");
            listed.push(format!("period_label(\"shown start\", '{}') AS \"period\"", grain.name()));
            listed.push("\"shown start\" AS \"period_start\"".to_owned());
            listed.push(format!("{end} AS \"period_end\""));
            listed.push(format!("{end} < current_date AS \"is_complete\""));
        }
        listed.extend(self.slice.by.iter().map(|name| quoted(name)));
        let formula = &self.figures[0].formula;
        let whole = &self.pieces[0];
        if formula.is_none() && whole.metric.header.semi_additive {
            listed.push("\"measured_on\"".to_owned());
        }
        listed.push(format!("{} AS \"value\"", self.figure(0, Window::Asked)));
        match formula {
            None => {
                if whole.base.aggregation.is_ratio() {
                    listed.extend(["\"numerator\"".to_owned(), "\"denominator\"".to_owned()]);
                }
                listed.push("\"n\"".to_owned());
                if whole.base.aggregation == Aggregation::Proportion {
                    listed.extend(
                        ["lower", "upper"]
                            .map(|side| format!("wilson_{side}(\"numerator\", \"denominator\") AS \"{side}\"")),
                    );
                }
            }
            Some(formula) if formula.ratio.is_some() => {
                listed.extend(
                    ["numerator", "denominator"]
                        .map(|of| format!("\"{}\" AS \"{of}\"", expression(0, of, Window::Asked))),
                );
            }
            Some(_) => {}
        }
        for window in self.windows().into_iter().filter(|window| *window != Window::Asked) {
            let name = window.suffix().trim().replace(' ', "_");
            listed.push(format!("{} AS \"{name}_value\"", self.figure(0, window)));
        }
        if self.figures.len() > 1 {
            listed.push(format!("{} AS \"target_value\"", self.figure(1, Window::Asked)));
        }
        format!("SELECT {} FROM ({values}) AS valued", listed.join(", "))
    }

    /// The columns of the result before those of comparisons.
    fn own_columns(&self) -> Vec<String> {
        let whole = &self.pieces[0];
        let formula = self.figures[0].formula;
        let is_ratio = formula.map_or(whole.base.aggregation.is_ratio(), |formula| formula.ratio.is_some());
        let is_base = formula.is_none();
        let own = [
            (self.slice.grain.is_some(), &["period", "period_start", "period_end", "is_complete"][..]),
            (true, &self.slice.by.iter().map(String::as_str).collect::<Vec<_>>()),
            (is_base && whole.metric.header.semi_additive, &["measured_on"]),
            (true, &["value"]),
            (is_ratio, &["numerator", "denominator"]),
            (is_base, &["n"]),
            (is_base && whole.base.aggregation == Aggregation::Proportion, &["lower", "upper"]),
        ];
        own.iter()
            .filter(|(is_there, _)| *is_there)
            .flat_map(|(_, names)| names.iter().map(|name| quoted(name)))
            .collect()
    }

    fn figure(&self, at: usize, window: Window) -> String {
        let Figure { metric, pieces, formula } = &self.figures[at];
        match formula {
            None => format!("\"{}\"", piece_column(pieces[0], window)),
            Some(_) => cast(metric, &format!("\"{}\"", expression(at, "value", window))),
        }
    }

    /// The figures beside what they are compared with. The running period is not held against whole ones.
    fn compared(&self, figures: &str) -> String {
        let mut values = vec!["*".to_owned()];
        let mut changes = self.own_columns();
        let slices: Vec<String> = self.slice.by.iter().map(|name| quoted(name)).collect();
        let partition = if slices.is_empty() { String::new() } else { format!("PARTITION BY {} ", slices.join(", ")) };
        let over = format!("OVER ({partition}ORDER BY \"period_start\" NULLS LAST)");
        for compare in &self.slice.compare {
            let name = compare.name();
            let earlier: Option<(&str, &[u32])> = match (compare, self.slice.grain) {
                (Compare::Previous, Some(grain)) => Some((grain.step(), &[1])),
                (Compare::LastYear, Some(grain)) => Some((grain.year(), grain.periods_a_year())),
                _ => None,
            };
            if let Some((back, periods)) = earlier {
                let found = periods.iter().map(|periods| {
                    format!(
                        "WHEN lag(\"period_start\", {periods}) {over} = \"period_start\" - {back} THEN lag(\"value\", {periods}) {over} "
                    )
                });
                values.push(format!("CASE {}END AS \"{name}_value\"", found.collect::<String>()));
            }
            let value = format!("\"{name}_value\"");
            changes.push(value.clone());
            if *compare == Compare::Target {
                changes.push(format!("\"value\" - {value} AS \"target_gap\""));
                changes.push(format!("ratio(\"value\", {value}) AS \"target_attainment\""));
                continue;
            }
            let is_state = self.pieces.iter().all(|piece| piece.metric.header.semi_additive);
            let whole = |change: &str| match self.slice.grain {
                Some(_) if !is_state => format!("CASE WHEN \"is_complete\" THEN {change} END"),
                _ => change.to_owned(),
            };
            let change = format!("\"value\" - {value}");
            changes.push(format!("{} AS \"{name}_change\"", whole(&change)));
            changes.push(format!("{} AS \"{name}_growth\"", whole(&format!("ratio({change}, {value})"))));
        }
        let asked = match (self.slice.grain, &self.slice.from) {
            (Some(grain), Some(_)) if self.looks_back() => {
                format!(" WHERE \"period_start\" >= {}", grain.start(&from()))
            }
            _ => String::new(),
        };
        format!(
            "SELECT {} FROM (SELECT {} FROM ({figures}) AS figure) AS compared{asked}",
            changes.join(", "),
            values.join(", ")
        )
    }
}

fn select(columns: &[String], view: &str, conditions: &[String]) -> String {
    let met = if conditions.is_empty() { String::new() } else { format!(" WHERE {}", conditions.join(" AND ")) };
    format!("SELECT {} FROM {view}{met}", columns.join(", "))
}

fn from() -> String {
    format!("CAST(\"{FROM}\" AS DATE)")
}

fn to() -> String {
    format!("CAST(\"{TO}\" AS DATE)")
}

/// Money is exact, whatever it was made of.
fn cast(metric: &Metric, value: &str) -> String {
    if metric.is_money() { format!("CAST({value} AS DECIMAL(18,4))") } else { value.to_owned() }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
