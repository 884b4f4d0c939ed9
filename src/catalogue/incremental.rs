//! What the front matter of an incremental model says of its partitions.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use crate::day::Day;
use crate::lake::TableName;
use crate::path;
use crate::problem::Problem;
use crate::project::{Every, Materialize, ModelHeader, OnCorrection};
use crate::query::{Selection, declared};
use crate::yaml::Document;

/// How the partitions of an incremental model lie, and when they are computed again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incremental {
    pub every: Every,
    /// No day before it has a partition.
    pub start: Option<Day>,
    pub on_correction: OnCorrection,
    /// The columns of a model that reads its own earlier partitions, `day` among them: no plan could tell them.
    pub columns: Option<SchemaRef>,
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
    Ok(Some(Incremental {
        every: header.every.unwrap_or_default(),
        start: header.start,
        on_correction: header.on_correction.unwrap_or_default(),
        columns,
    }))
}
