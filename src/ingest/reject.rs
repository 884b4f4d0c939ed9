//! Rejected rows: what could not be taken of an export, kept in the lake beside the table.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{RecordBatch, StringArray, UInt64Array};

use crate::error::{Error, Result};
use crate::query::declared::reject_schema;

/// A row of an export that was not taken.
#[derive(Debug, Clone)]
pub struct Reject {
    pub file: Arc<str>,
    pub line: u64,
    pub column: Option<String>,
    pub reason: String,
    /// The row as it was read: header to text, as JSON. It stays in the lake and enters no message.
    pub fields: String,
}

/// Puts rejects into the order of their places.
pub fn sort(rejects: &mut [Reject]) {
    rejects.sort_by(|a, b| (&a.file, a.line, &a.column).cmp(&(&b.file, b.line, &b.column)));
}

/// The rejects as a table.
pub fn batch(rejects: &[Reject]) -> Result<RecordBatch> {
    let text = |of: fn(&Reject) -> Option<&str>| Arc::new(rejects.iter().map(of).collect::<StringArray>());
    RecordBatch::try_new(
        reject_schema(),
        vec![
            text(|reject| Some(&reject.file)),
            Arc::new(rejects.iter().map(|reject| reject.line).collect::<UInt64Array>()),
            text(|reject| reject.column.as_deref()),
            text(|reject| Some(&reject.reason)),
            text(|reject| Some(&reject.fields)),
        ],
    )
    .map_err(|error| Error::failed(format!("could not keep the rejected rows: {error}")))
}

/// Why rows were rejected, the most frequent first: `column reason` and how many, with the first place.
pub fn reasons(rejects: &[Reject]) -> Vec<String> {
    let mut counted: BTreeMap<String, (usize, String)> = BTreeMap::new();
    for reject in rejects {
        let what = match &reject.column {
            Some(column) => format!("`{column}` {}", reject.reason),
            None => reject.reason.clone(),
        };
        counted.entry(what).or_insert_with(|| (0, format!("{}:{}", reject.file, reject.line))).0 += 1;
    }
    let mut sorted: Vec<(usize, String)> = counted
        .into_iter()
        .map(|(what, (count, place))| (count, format!("{count} × {what} (first in {place})")))
        .collect();
    sorted.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    sorted.into_iter().map(|(_, told)| told).collect()
}

/// A row as JSON text under its header; fields past the header are numbered.
pub fn row_json<'a>(header: &'a [String], fields: impl Iterator<Item = Option<&'a str>>) -> String {
    let mut object = serde_json::Map::new();
    for (at, field) in fields.enumerate() {
        let name = header.get(at).cloned().unwrap_or_else(|| format!("field {}", at + 1));
        if let Some(text) = field {
            object.insert(name, serde_json::Value::from(text));
        }
    }
    serde_json::Value::Object(object).to_string()
}
