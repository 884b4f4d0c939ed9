//! What the front matter of an incremental model says of its partitions.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use crate::calendar::Grain;
use crate::day::Day;
use crate::lake::TableName;
use crate::path;
use crate::problem::{self, Place, Problem};
use crate::project::setting::{self, Value, Values};
use crate::project::{Days, Every, Materialize, ModelHeader, OnCorrection, OnceAfter};
use crate::query::{Selection, declared};
use crate::yaml::Document;

/// How the partitions of an incremental model lie, and when they are computed again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incremental {
    pub every: Every,
    /// The declared table whose exports make the days; without it everything does that the model reads.
    pub days_of: Option<(TableName, Place)>,
    pub once_after: Option<Once>,
    /// No day before it has a partition.
    pub start: Option<Day>,
    pub on_correction: OnCorrection,
    /// The columns of a model that reads its own earlier partitions, `day` among them: no plan could tell them.
    pub columns: Option<SchemaRef>,
}

/// One partition of each period: of the first of the days that lies so long after the end of the period before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Once {
    pub grain: Grain,
    days: Days,
}

impl Once {
    /// So many days after the end of the period before.
    pub fn days(&self, values: &Values) -> i32 {
        match &self.days {
            Days::Whole(days) => i32::from(*days),
            Days::Setting(name) => match values.get(name) {
                Some(Value::Whole(days)) => i32::try_from(*days).unwrap_or(i32::MAX),
                _ => 0,
            },
        }
    }

    fn read(written: &OnceAfter, every: Every, document: &Document) -> Result<Self, Problem> {
        let wrong = |key: &'static str, said: String, help: String| {
            Err(Problem::error(document.place(&path!["once_after", key]), said).help(help))
        };
        let Some(grain) = written.period.grain().filter(|_| written.period > every) else {
            return wrong(
                "period",
                format!("the period is not longer than that of `every: {}`", every.name()),
                "write a longer one, as in `once_after: {period: quarter, days: 7}`".to_owned(),
            );
        };
        if let Days::Setting(name) = &written.days {
            match setting::find(name).map(|setting| &setting.kind) {
                Some(setting::Kind::One(setting::Type::Whole { .. })) => {}
                Some(_) => {
                    let said = format!("the setting `{name}` is no whole number of days");
                    return wrong("days", said, "name one that is, or write a number".to_owned());
                }
                None => {
                    let names: Vec<&str> = setting::ALL.iter().map(|setting| setting.name).collect();
                    let said = format!("there is no setting `{name}`");
                    return wrong("days", said, problem::did_you_mean(name, names));
                }
            }
        }
        Ok(Self { grain, days: written.days.clone() })
    }
}

impl Incremental {
    /// The column that tells the day of a partition. A model that has it itself gives it the day that it is computed for.
    pub const DAY: &str = "day";

    /// The columns of the stored rows of a model that makes these: they and, if it is not among them, the day.
    pub fn stored(made: &Schema) -> SchemaRef {
        let mut fields = made.fields().to_vec();
        if made.field_with_name(Self::DAY).is_err() {
            fields.push(Arc::new(Field::new(Self::DAY, DataType::Date32, false)));
        }
        Arc::new(Schema::new(fields))
    }
}

/// Reads the part of a model's front matter that is about its partitions; `None` for a model that is not incremental.
pub fn read(
    name: &TableName,
    header: &ModelHeader,
    selection: &Selection,
    document: Option<&Document>,
) -> Result<Option<Incremental>, Vec<Problem>> {
    let itself = selection.relations.iter().find(|relation| relation.name == name.to_string());
    let told = || document.expect("without a document the header says nothing");
    if header.materialize != Materialize::Incremental {
        let said = [
            ("every", header.every.is_some()),
            ("days_of", header.days_of.is_some()),
            ("once_after", header.once_after.is_some()),
            ("start", header.start.is_some()),
            ("on_correction", header.on_correction.is_some()),
            ("columns", header.columns.is_some()),
        ];
        let stray = |(key, _): (&'static str, bool)| {
            let found = Problem::error(told().key_place(&path![key]), format!("`{key}` is for incremental models"));
            found.help("add `materialize: incremental`, or leave it out")
        };
        let strays: Vec<Problem> = said.into_iter().filter(|(_, is_said)| *is_said).map(stray).collect();
        return if strays.is_empty() { Ok(None) } else { Err(strays) };
    }
    let columns = match (&header.columns, itself) {
        (Some(written), _) => {
            let field = |(column, written): (&String, &String)| match declared::type_of(written) {
                Some(data_type) => Ok(Field::new(column.to_lowercase(), data_type, true)),
                None => {
                    let found = Problem::error(
                        told().place(&path!["columns", column.as_str()]),
                        format!("there is no type `{written}`"),
                    );
                    Err(found.help("use TEXT, BOOLEAN, INTEGER, BIGINT, DOUBLE, DECIMAL(p, s), DATE or TIMESTAMP"))
                }
            };
            let (fields, problems): (Vec<_>, Vec<_>) = written.iter().map(field).partition(Result::is_ok);
            let problems: Vec<Problem> = problems.into_iter().filter_map(Result::err).collect();
            if !problems.is_empty() {
                return Err(problems);
            }
            let fields: Vec<Field> = fields.into_iter().filter_map(Result::ok).collect();
            Some(Incremental::stored(&Schema::new(fields)))
        }
        (None, Some(relation)) => {
            let found = Problem::error(
                relation.place.clone(),
                format!("{name} reads its own earlier days, and nothing tells which columns they have"),
            );
            return Err(vec![
                found
                    .help("say them in the front matter, as in `columns: {deal_id: TEXT, amount: \"DECIMAL(18, 4)\"}`"),
            ]);
        }
        (None, None) => None,
    };
    let every = header.every.unwrap_or_default();
    let once_after = header.once_after.as_ref().map(|written| Once::read(written, every, told())).transpose();
    let days_of = header.days_of.as_ref().map(|written| {
        let place = told().place(&path!["days_of"]);
        match written.parse() {
            Ok(table) => Ok((table, place)),
            Err(_) => Err(Problem::error(place, format!("there is no table `{written}`"))
                .help("name a declared table, as in `days_of: crm.deal`")),
        }
    });
    Ok(Some(Incremental {
        every,
        days_of: days_of.transpose().map_err(|found| vec![found])?,
        once_after: once_after.map_err(|found| vec![found])?,
        start: header.start,
        on_correction: header.on_correction.unwrap_or_default(),
        columns,
    }))
}
