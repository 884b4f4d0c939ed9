//! The YAML that heads a file: in a model's first comment, between `---` lines in a report.

use std::ops::Range;
use std::sync::Arc;

use crate::problem::{Problem, SourceFile};

/// The bytes of a SQL file's front matter: what stands between `/* ---` and `--- */` in its first comment.
pub fn in_sql(source: &Arc<SourceFile>) -> Result<Option<Range<usize>>, Problem> {
    let text = &source.text;
    let start = text.len() - text.trim_start().len();
    let rest = text[start..].strip_prefix("/*").unwrap_or_default();
    let opening = rest.len() - rest.trim_start().len();
    if !rest[opening..].starts_with("---") {
        return match misplaced(text) {
            Some(span) => Err(Problem::error(source.place(span), "the front matter does not open the file")
                .help("move it above everything else, also above comments")),
            None => Ok(None),
        };
    }
    let yaml_start = start + 2 + opening + 3;
    let unclosed = || {
        Problem::error(source.place(start..yaml_start), "the front matter is not closed")
            .help("end it with a line `--- */`")
    };
    let comment_end = yaml_start + text[yaml_start..].find("*/").ok_or_else(unclosed)?;
    let inside = text[yaml_start..comment_end].trim_end();
    let yaml = inside.strip_suffix("---").ok_or_else(unclosed)?;
    Ok(Some(yaml_start..yaml_start + yaml.len()))
}

/// Front matter that stands further down, at the start of a line.
fn misplaced(text: &str) -> Option<Range<usize>> {
    let openings = text.match_indices("\n/*").map(|(at, _)| at + 1);
    let length = |at: usize| {
        let rest = text[at + 2..].trim_start_matches(' ').strip_prefix("---")?;
        // A line of dashes is an ornament.
        (!rest.starts_with('-')).then(|| text.len() - rest.len() - at)
    };
    openings.filter_map(|at| Some(at..at + length(at)?)).next()
}

/// The bytes of a report's front matter and where the template begins.
pub fn in_markdown(source: &Arc<SourceFile>) -> Result<(Range<usize>, usize), Problem> {
    let text = &source.text;
    let Some(first) = text.strip_prefix("---\n") else {
        return Err(Problem::error(
            source.place(0..text.find('\n').unwrap_or(text.len())),
            "a report opens with its front matter",
        )
        .help("write a line `---`, then `title:` and `queries:`, then a line `---`"));
    };
    match first.find("\n---\n") {
        Some(end) => Ok((4..4 + end + 1, 4 + end + 5)),
        None => {
            Err(Problem::error(source.place(0..3), "the front matter is not closed").help("end it with a line `---`"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn front_matter_is_found_where_it_stands() {
        let sql = SourceFile::new("a.sql", "/* ---\ndescription: x\n--- */\nSELECT 1");
        let range = in_sql(&sql).unwrap().unwrap();
        assert_eq!(sql.text[range].trim(), "description: x");
        assert_eq!(in_sql(&SourceFile::new("a.sql", "-- one row is\nSELECT 1")), Ok(None));
        assert!(in_sql(&SourceFile::new("a.sql", "/* ---\ndescription: x\nSELECT 1")).is_err());

        let report = SourceFile::new("r.md", "---\ntitle: x\n---\n# Hello");
        let (range, body) = in_markdown(&report).unwrap();
        assert_eq!((&report.text[range], &report.text[body..]), ("title: x\n", "# Hello"));
    }
}
