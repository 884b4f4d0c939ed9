//! The shipped mappings of CRMs, and what they want exported.

use forecastle::error::{Error, Kind, Result};
use forecastle::problem::{self, SourceFile};
use forecastle::project;

/// Where the pack keeps them.
const FOLDER: &str = "pipelines/crm/";

/// A mapping, and the files that it reads.
pub struct Crm {
    pub pipeline: String,
    /// Each file with the table that it fills.
    pub files: Vec<String>,
    rows: Vec<String>,
}

/// The mapping of that name.
pub fn find(name: &str) -> Result<Crm> {
    let Some(pipeline) = project::shipped(&format!("{FOLDER}{name}.yaml")) else {
        let names = names();
        let near = problem::did_you_mean(name, names.iter().map(String::as_str).collect::<Vec<_>>());
        return Err(Error::new(Kind::Project, format!("there is no mapping for a CRM called `{name}`"))
            .help(format!("for another CRM begin with forecastle init DIR --from EXPORT; {near}")));
    };
    let source = SourceFile::new(format!("{FOLDER}{name}.yaml"), pipeline.clone());
    let read = project::parse_pipeline(&source).map_err(Error::project)?.pipeline;
    let (mut files, mut rows) = (Vec::new(), Vec::new());
    for of in &read.sources {
        let Some(format) = of.format() else { continue };
        let (path, table) = (format.path(), &of.table);
        let needed = if of.required { "needed" } else { "if there is one" };
        files.push(format!("{:<46} {table}, {needed}", path.to_string()));
        rows.push(format!("| `{path}` | `{table}` | {} |", if of.required { "yes" } else { "" }));
    }
    Ok(Crm { pipeline, files, rows })
}

/// The names of all mappings.
fn names() -> Vec<String> {
    let all = project::shipped_paths().into_iter();
    all.filter_map(|path| Some(path.strip_prefix(FOLDER)?.strip_suffix(".yaml")?.to_owned())).collect()
}

impl Crm {
    /// The text that lies in the folder of the exports.
    pub fn exports(&self) -> String {
        format!(
            "# Exports\n\n\
             Put what the CRM exports for a day into a folder that is named after the day, such as `exports/2026-11-13/`, which is\n\
             `exports/{{day}}/` below. How to ask the CRM for a file, and which columns it needs, stands above its source in\n\
             `pipelines/nightly.yaml`. A file that is not needed may be absent; what depends on it says that it is not available.\n\n\
             | file | fills | needed |\n|---|---|---|\n{}\n",
            self.rows.join("\n")
        )
    }
}
