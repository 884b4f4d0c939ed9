//! The rules that the names of a file's columns obey.

use std::collections::HashMap;

/// The most columns that a file may have: what a spreadsheet holds.
pub(super) const MAX_COLUMNS: usize = 16_384;

/// Finds the first mistake in a header, and says what mends it: each column has a name, and no other has the same.
pub(super) fn check(names: &[String]) -> Result<(), (String, &'static str)> {
    if names.len() > MAX_COLUMNS {
        return Err((format!("the header has more than {MAX_COLUMNS} columns"), "is the delimiter right?"));
    }
    let mut first = HashMap::with_capacity(names.len());
    for (at, name) in names.iter().enumerate() {
        if name.is_empty() {
            return Err((
                format!("column {} has no name", at + 1),
                "give it a name in the export, or leave it out there",
            ));
        }
        if let Some(before) = first.insert(name, at) {
            let (one, other) = (before + 1, at + 1);
            let message = format!("columns {one} and {other} are both called `{name}`");
            return Err((message, "rename one of them in the export, or leave it out there"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(names: &[&str]) -> Option<String> {
        check(&names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>()).err().map(|(message, _)| message)
    }

    #[test]
    fn a_name_that_is_missing_or_stands_twice_is_told_with_its_columns() {
        assert_eq!(message(&["Id", "", "Name"]).unwrap(), "column 2 has no name");
        assert_eq!(message(&["Id", "Name", "Id"]).unwrap(), "columns 1 and 3 are both called `Id`");
    }

    #[test]
    fn a_header_wider_than_a_sheet_is_a_mistake() {
        let names: Vec<String> = (0..=MAX_COLUMNS).map(|at| at.to_string()).collect();
        assert_eq!(check(&names[1..]), Ok(()));
        assert!(check(&names).is_err());
    }

    #[test]
    fn names_that_differ_in_case_or_blanks_differ() {
        assert_eq!(message(&["Id", "ID", "Id "]), None);
    }
}
