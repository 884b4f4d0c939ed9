//! A call of `metric(...)` as it is written: which figure, sliced how.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    DataType, Expr, FunctionArg, FunctionArgExpr, Ident, TypedString, Value, Visit, Visitor,
};
use datafusion::sql::sqlparser::tokenizer::Span;

use super::{Days, Definition, Grain, Metric, Metrics};
use crate::problem::{self, Problem};
use crate::query::Sql;
use crate::query::from::{text, texts};

/// The named arguments.
const ARGUMENTS: [&str; 7] = ["by", "grain", "where", "from", "to", "trailing", "compare"];
const EXAMPLE: &str = "write metric('win_rate', by => ['team'], grain => 'quarter', where => region = 'EMEA')";

/// What a figure is held against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compare {
    Previous,
    LastYear,
    Target,
}

impl Compare {
    pub const ALL: [Self; 3] = [Self::Previous, Self::LastYear, Self::Target];

    pub fn name(self) -> &'static str {
        match self {
            Self::Previous => "previous",
            Self::LastYear => "last_year",
            Self::Target => "target",
        }
    }
}

/// A metric, sliced.
#[derive(Debug, Clone)]
pub struct Slice<'m> {
    pub metric: &'m Metric,
    pub by: Vec<String>,
    pub grain: Option<Grain>,
    pub condition: Option<Expr>,
    /// The dimensions that the condition names.
    pub conditioned: BTreeSet<String>,
    pub from: Option<Expr>,
    pub to: Option<Expr>,
    pub trailing: Option<Days>,
    pub compare: Vec<Compare>,
}

/// What a call asks for.
pub enum Asked<'m> {
    Slice(Box<Slice<'m>>),
    /// A metric with a mistake that is told at its file.
    Broken(String),
}

impl<'m> Slice<'m> {
    /// The whole metric.
    pub fn total(metric: &'m Metric) -> Self {
        Self {
            metric,
            by: Vec::new(),
            grain: None,
            condition: None,
            conditioned: BTreeSet::new(),
            from: None,
            to: None,
            trailing: None,
            compare: Vec::new(),
        }
    }
}

/// Reads the arguments of a call whose name stands at `span`.
pub fn read<'m>(sql: &Sql, span: Span, arguments: &[FunctionArg], metrics: &'m Metrics) -> Result<Asked<'m>, Problem> {
    let here = |message: &str| Problem::error(sql.place_of(span), message).help(EXAMPLE);
    let Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(first))) = arguments.first() else {
        return Err(here("the function metric takes a metric's name as a text"));
    };
    let Some((id, id_span)) = text(first) else {
        return Err(here("the function metric takes a metric's name as a text"));
    };
    if metrics.broken.contains(&id) {
        return Ok(Asked::Broken(id));
    }
    let Some(metric) = metrics.known.get(&id) else {
        let found = Problem::error(sql.place_of(id_span), format!("there is no metric `{id}`"));
        let help = if metrics.ids().is_empty() {
            format!("define it in sql/metric/{id}.sql")
        } else {
            problem::did_you_mean(&id, metrics.ids())
        };
        return Err(found.help(help));
    };
    let mut slice = Slice::total(metric);
    let mut given: Vec<String> = Vec::new();
    let mut spans = Spans { whole: span, trailing: span, compare: Vec::new() };
    for argument in &arguments[1..] {
        let (name, value) = match argument {
            FunctionArg::Named { name, arg: FunctionArgExpr::Expr(value), .. } => (name, value),
            _ => return Err(here("all arguments of metric but the first are named")),
        };
        let written = name.value.to_lowercase();
        if given.contains(&written) {
            let found = Problem::error(sql.place_of(name.span), format!("`{written}` is given twice"));
            return Err(found.help("leave one of them out"));
        }
        let one = Argument { sql, metrics, name, value };
        match written.as_str() {
            "by" => slice.by = one.by(metric)?,
            "grain" => slice.grain = Some(one.grain(metric)?),
            "where" => (slice.condition, slice.conditioned) = one.condition(metric)?,
            "from" => slice.from = Some(one.day()?),
            "to" => slice.to = Some(one.day()?),
            "trailing" => {
                slice.trailing = Some(one.trailing(metric)?);
                spans.trailing = name.span;
            }
            "compare" => (slice.compare, spans.compare) = one.compare()?,
            _ => {
                let found =
                    Problem::error(sql.place_of(name.span), format!("the function metric has no argument `{written}`"));
                return Err(found.help(problem::did_you_mean(&written, ARGUMENTS)));
            }
        }
        given.push(written);
    }
    fit(sql, &slice, metrics, &spans)?;
    Ok(Asked::Slice(Box::new(slice)))
}

/// Where arguments stand that may not fit the others.
struct Spans {
    whole: Span,
    trailing: Span,
    compare: Vec<Span>,
}

/// What arguments say together.
fn fit(sql: &Sql, slice: &Slice<'_>, metrics: &Metrics, spans: &Spans) -> Result<(), Problem> {
    let id = &slice.metric.id;
    let needs_days = slice.from.is_some() || slice.to.is_some() || slice.trailing.is_some();
    if let Some(part) = metrics.timeless(slice.metric).filter(|_| needs_days) {
        let found = Problem::error(sql.place_of(spans.whole), format!("the rows of `{}` have no day", part.id));
        return Err(found.help(format!("name their day as `time:` in sql/metric/{}.sql", part.id)));
    }
    if slice.trailing.is_some() && slice.from.is_some() && slice.grain.is_none() {
        let found = Problem::error(sql.place_of(spans.trailing), "`trailing` and `from` both say where rows begin");
        return Err(found.help("leave one of them out"));
    }
    let has_bounds = slice.from.is_some() || slice.trailing.is_some();
    for (compare, span) in slice.compare.iter().zip(&spans.compare) {
        let found = |message: String| Problem::error(sql.place_of(*span), message);
        if *compare == Compare::Target {
            check_target(sql, slice, metrics, *span)?;
        } else if slice.grain.is_none() && metrics.is_semi_additive(slice.metric) {
            return Err(found(format!("`{id}` is the state of a day, and there are no periods to compare"))
                .help("add a grain, as in grain => 'month'"));
        } else if slice.grain.is_none() && !has_bounds {
            return Err(found(format!("there is no period before the whole of `{id}`"))
                .help("add a grain, as in grain => 'quarter', or bounds: from and to, or trailing"));
        }
    }
    Ok(())
}

/// Whether the target can be sliced as the metric is.
fn check_target(sql: &Sql, slice: &Slice<'_>, metrics: &Metrics, span: Span) -> Result<(), Problem> {
    let id = &slice.metric.id;
    let found = |message: String| Problem::error(sql.place_of(span), message);
    let Some(name) = &slice.metric.header.target else {
        let help = format!("name one as `target:` in sql/metric/{id}.sql, or leave it out");
        return Err(found(format!("`{id}` has no target")).help(help));
    };
    // A target with a mistake is told at its file.
    let Some(target) = metrics.known.get(name) else { return Ok(()) };
    let dimensions = metrics.dimensions(target);
    if let Some(dimension) = slice.by.iter().chain(&slice.conditioned).find(|one| !dimensions.contains(one)) {
        let message = format!("the target of `{id}`, `{name}`, has no dimension `{dimension}`");
        let help = match dimensions.as_slice() {
            [] => "it has none".to_owned(),
            several => format!("it has {}", listed(several)),
        };
        return Err(found(message).help(help));
    }
    match metrics.timeless(target) {
        Some(part) if slice.grain.is_some() || slice.from.is_some() || slice.to.is_some() => {
            let message = format!("the target of `{id}`, `{name}`, has no periods");
            Err(found(message).help(format!("name the day of its rows as `time:` in sql/metric/{}.sql", part.id)))
        }
        _ => Ok(()),
    }
}

/// One named argument.
struct Argument<'a> {
    sql: &'a Sql,
    metrics: &'a Metrics,
    name: &'a Ident,
    value: &'a Expr,
}

impl Argument<'_> {
    fn problem(&self, span: Span, message: impl Into<String>) -> Problem {
        Problem::error(self.sql.place_of(span), message)
    }

    /// The texts of a list, each once.
    fn texts(&self, help: &str) -> Result<Vec<(String, Span)>, Problem> {
        let written = texts(self.value).ok_or_else(|| {
            self.problem(self.name.span, format!("`{}` takes a list of texts", self.name.value)).help(help)
        })?;
        let twice = written.iter().enumerate().find(|(at, (one, _))| written[..*at].iter().any(|(two, _)| one == two));
        match twice {
            Some((_, (name, span))) => {
                Err(self.problem(*span, format!("`{name}` stands twice")).help("leave one of them out"))
            }
            None => Ok(written),
        }
    }

    fn dimension(&self, metric: &Metric, name: &str, span: Span) -> Result<(), Problem> {
        let known = self.metrics.dimensions(metric);
        if known.iter().any(|dimension| dimension == name) {
            return Ok(());
        }
        let found = self.problem(span, format!("`{name}` is no dimension of the metric `{}`", metric.id));
        let help = match (problem::nearest(name, known.iter().map(String::as_str)), &metric.definition) {
            (Some(near), _) => format!("did you mean `{near}`?"),
            (None, _) if known.is_empty() => "it has none: leave it out".to_owned(),
            (None, Definition::Base(_)) => format!("it has {}", listed(&known)),
            (None, Definition::Derived(_)) => format!("the metrics that it is made of share {}", listed(&known)),
        };
        Err(found.help(help))
    }

    fn by(&self, metric: &Metric) -> Result<Vec<String>, Problem> {
        let names = self.texts("write it as in by => ['team']")?;
        for (name, span) in &names {
            self.dimension(metric, name, *span)?;
        }
        Ok(names.into_iter().map(|(name, _)| name).collect())
    }

    fn grain(&self, metric: &Metric) -> Result<Grain, Problem> {
        let Some((name, span)) = text(self.value) else {
            return Err(self.problem(self.name.span, "`grain` takes a text").help("write it as in grain => 'quarter'"));
        };
        let Some(grain) = Grain::named(&name) else {
            let found = self.problem(span, format!("there is no grain `{name}`"));
            return Err(found.help(match problem::nearest(&name, Grain::NAMES) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("there are {}; without a grain the figure is one of all days", Grain::NAMES.join(", ")),
            }));
        };
        if let Some(part) = self.metrics.timeless(metric) {
            let found = self.problem(
                span,
                match part.id == metric.id {
                    true => format!("the rows of `{}` have no day, so it has no periods", part.id),
                    false => format!("the rows of `{}` have no day, so `{}` has no periods", part.id, metric.id),
                },
            );
            return Err(
                found.help(format!("leave grain out, or name their day as `time:` in sql/metric/{}.sql", part.id))
            );
        }
        Ok(grain)
    }

    /// A condition over dimensions, and which it names.
    fn condition(&self, metric: &Metric) -> Result<(Option<Expr>, BTreeSet<String>), Problem> {
        let mut names = Names { found: Vec::new(), subquery: false };
        let _ = Visit::visit(self.value, &mut names);
        if names.subquery {
            return Err(self
                .problem(self.name.span, "`where` reads dimensions and no tables")
                .help("join the result with what the subquery gives"));
        }
        for (name, span) in &names.found {
            self.dimension(metric, name, *span)?;
        }
        Ok((Some(self.value.clone()), names.found.into_iter().map(|(name, _)| name).collect()))
    }

    /// A day that does not depend on rows.
    fn day(&self) -> Result<Expr, Problem> {
        let mut names = Names { found: Vec::new(), subquery: false };
        let _ = Visit::visit(self.value, &mut names);
        let help = format!("write it as in {} => DATE '2026-01-01'", self.name.value.to_lowercase());
        if let Some((_, span)) = names.found.first() {
            return Err(self.problem(*span, "the days of a metric cannot depend on rows").help(help));
        }
        match self.value {
            Expr::Value(value) if matches!(value.value, Value::SingleQuotedString(_)) => {
                let value = value.clone();
                Ok(Expr::TypedString(TypedString { data_type: DataType::Date, value, uses_odbc_syntax: false }))
            }
            Expr::Value(other) => Err(self.problem(other.span, "this is no day").help(help)),
            _ if names.subquery => {
                Err(self.problem(self.name.span, "the days of a metric cannot depend on rows").help(help))
            }
            other => Ok(other.clone()),
        }
    }

    fn trailing(&self, metric: &Metric) -> Result<Days, Problem> {
        let Definition::Base(_) = &metric.definition else {
            let help = format!("look back in sql/metric/{}.sql, as in trailing(win_rate, 365)", metric.id);
            return Err(self.problem(self.name.span, format!("`{}` is made of other metrics", metric.id)).help(help));
        };
        if metric.header.semi_additive {
            let message = format!("`{}` is the state of a day: it has no trailing days", metric.id);
            return Err(self.problem(self.name.span, message).help("leave `trailing` out"));
        }
        Days::read(self.value, self.name.span, self.sql, "trailing => 365")
    }

    fn compare(&self) -> Result<(Vec<Compare>, Vec<Span>), Problem> {
        let names = self.texts("write it as in compare => ['previous', 'last_year', 'target']")?;
        let known = Compare::ALL.map(Compare::name);
        let one = |(name, span): (String, Span)| match Compare::ALL.into_iter().find(|one| one.name() == name) {
            Some(compare) => Ok((compare, span)),
            None => Err(self
                .problem(span, format!("a metric is not compared with `{name}`"))
                .help(problem::did_you_mean(&name, known))),
        };
        Ok(names.into_iter().map(one).collect::<Result<Vec<_>, _>>()?.into_iter().unzip())
    }
}

/// Names as a person lists them.
fn listed(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// The columns that an expression names, and whether it reads tables.
struct Names {
    found: Vec<(String, Span)>,
    subquery: bool,
}

impl Visitor for Names {
    type Break = ();

    fn pre_visit_expr(&mut self, expression: &Expr) -> ControlFlow<()> {
        match expression {
            Expr::Identifier(name) if name.quote_style.is_some() => self.found.push((name.value.clone(), name.span)),
            Expr::Identifier(name) => self.found.push((name.value.to_lowercase(), name.span)),
            Expr::CompoundIdentifier(names) => {
                let written: Vec<&str> = names.iter().map(|name| name.value.as_str()).collect();
                let span = names.iter().map(|name| name.span).reduce(|whole, next| whole.union(&next));
                self.found.push((written.join("."), span.unwrap_or_else(Span::empty)));
            }
            Expr::Subquery(_) | Expr::Exists { .. } | Expr::InSubquery { .. } => self.subquery = true,
            _ => {}
        }
        ControlFlow::Continue(())
    }
}
