//! Metrics: figures that are defined once, in `sql/metric/`, and sliced anywhere.
//!
//! ```sql
//! SELECT * FROM metric('win_rate', by => ['team'], grain => 'quarter', where => region = 'EMEA')
//! ```
//!
//! A *base* metric is a SELECT whose rows each add to the figure; it is also a view, `metric.win_rate`, so that what a
//! figure is made of can be looked at. A *derived* metric is an expression over other metrics. A call is replaced in the
//! parsed statement by the SELECT that it stands for, so that whatever looks at statements sees only relations and columns.

mod call;
mod days;
mod expand;
mod formula;
mod grain;
mod write;

use std::collections::{BTreeMap, BTreeSet};

use datafusion::sql::sqlparser::ast::Expr;

pub use call::Compare;
pub use days::Days;
pub(super) use expand::expand;
pub use expand::total;
pub use formula::{Draft, Formula, Part, Written, parse, resolve};
pub use grain::Grain;

use crate::project::{Aggregation, MetricHeader, Unit};

/// The schema of the views of metrics, and the name of the function.
pub const METRIC: &str = "metric";

/// Columns that the result of a call has of its own, so that no dimension can have their names.
pub const OWN_COLUMNS: [&str; 11] = [
    "period",
    "period_start",
    "period_end",
    "is_complete",
    "measured_on",
    "value",
    "numerator",
    "denominator",
    "n",
    "lower",
    "upper",
];

/// The metrics of a project, by id.
#[derive(Debug, Clone, Default)]
pub struct Metrics {
    pub known: BTreeMap<String, Metric>,
    /// Those with a mistake, which is told at their files.
    pub broken: BTreeSet<String>,
}

/// A figure and how it is made.
#[derive(Debug, Clone)]
pub struct Metric {
    pub id: String,
    pub header: MetricHeader,
    pub definition: Definition,
}

#[derive(Debug, Clone)]
pub enum Definition {
    Base(Base),
    Derived(Box<Formula>),
}

/// Rows that add up to the figure.
#[derive(Debug, Clone)]
pub struct Base {
    pub aggregation: Aggregation,
    /// Of each level the rows that stand for it; none, where all rows stand for all slices.
    pub levels: Vec<(Expr, Vec<String>)>,
}

impl Metric {
    /// The view that holds its rows, or, of a derived metric, its total.
    pub fn view(&self) -> String {
        format!("{METRIC}.{}", self.id)
    }

    pub fn is_money(&self) -> bool {
        self.header.unit == Unit::Money
    }
}

impl Metrics {
    pub const NONE: Self = Self { known: BTreeMap::new(), broken: BTreeSet::new() };

    /// Every id, also of those with a mistake.
    pub fn ids(&self) -> Vec<&str> {
        let mut ids: Vec<&str> = self.known.keys().chain(&self.broken).map(String::as_str).collect();
        ids.sort_unstable();
        ids
    }

    /// The base metrics that a metric is made of, with the days that each looks back; itself, where it is one.
    pub fn parts(&self, metric: &Metric) -> Vec<Part> {
        match &metric.definition {
            Definition::Base(_) => vec![Part { metric: metric.id.clone(), trailing: None }],
            Definition::Derived(formula) => formula.parts.clone(),
        }
    }

    /// The base metrics among them.
    pub fn bases<'m>(&'m self, metric: &Metric) -> Vec<(&'m Metric, &'m Base, Option<Days>)> {
        let base = |part: Part| {
            let metric = self.known.get(&part.metric)?;
            match &metric.definition {
                Definition::Base(base) => Some((metric, base, part.trailing)),
                Definition::Derived(_) => None,
            }
        };
        self.parts(metric).into_iter().filter_map(base).collect()
    }

    /// The columns that a metric can be sliced by: those that all its parts have, in the order of the first.
    pub fn dimensions(&self, metric: &Metric) -> Vec<String> {
        let mut of_parts = self.bases(metric).into_iter().map(|(base, ..)| &base.header).map(|header| {
            let of_levels = header.levels.iter().flat_map(|level| &level.dimensions);
            let mut all: Vec<String> = Vec::new();
            for dimension in header.dimensions.iter().chain(of_levels) {
                if !all.contains(dimension) {
                    all.push(dimension.clone());
                }
            }
            all
        });
        let Some(mut shared) = of_parts.next() else { return Vec::new() };
        of_parts.for_each(|part| shared.retain(|dimension| part.contains(dimension)));
        shared
    }

    /// The part that knows no days, if there is one: the metric has no periods then.
    pub fn timeless(&self, metric: &Metric) -> Option<&Metric> {
        self.bases(metric).into_iter().map(|(base, ..)| base).find(|base| base.header.time.is_none())
    }

    /// Whether it is a state of days.
    pub fn is_semi_additive(&self, metric: &Metric) -> bool {
        self.bases(metric).iter().any(|(base, ..)| base.header.semi_additive)
    }
}
