//! The reference for authors of templates names everything that there is.

use crate::reports::filters::{FILTERS, FUNCTIONS, TESTS};
use crate::reports::signature::{COLUMN_FORMATS, COLUMN_KEYS, COMPONENTS, Role};

const README: &str = include_str!("../../../reports/README.md");

#[test]
fn every_component_argument_and_choice_is_documented() {
    for signature in &COMPONENTS {
        let heading = format!("### `{}`", signature.name);
        let section = README.split(&heading).nth(1).unwrap_or_else(|| panic!("no section {heading}"));
        let section = section.split("\n### ").next().unwrap_or_default();
        for argument in signature.keywords() {
            assert!(section.contains(&format!("`{}`", argument.name)), "{} of {}", argument.name, signature.name);
            if let Role::Choice(choices) = argument.role {
                for choice in choices {
                    assert!(README.contains(&format!("`{choice}`")), "{choice} of {}", argument.name);
                }
            }
        }
    }
}

#[test]
fn every_filter_test_and_column_format_is_documented() {
    let names = FILTERS.iter().chain(&TESTS).chain(&FUNCTIONS).chain(&COLUMN_KEYS).chain(&COLUMN_FORMATS);
    for name in names {
        assert!(README.contains(&format!("`{name}`")), "{name}");
    }
}
