//! The layering of `src/lib.rs`: a module uses only modules listed above it, and no stage uses another.

use std::fs;
use std::path::{Path, PathBuf};

use crate::needed::repository;

const STAGES: [&str; 4] = ["ingest", "models", "checks", "reports"];
/// Macros that stand at the crate's root, and the modules they belong to.
const MACROS: [(&str, &str); 1] = [("path", "yaml")];

/// The crate's modules in the order of `lib.rs`, each with its file or folder below `src/`.
fn modules() -> Vec<(String, PathBuf)> {
    let source = repository().join("src");
    let mut declared: Option<&str> = None;
    let mut modules = Vec::new();
    let text = fs::read_to_string(source.join("lib.rs")).unwrap();
    for line in text.lines().map(str::trim) {
        if let Some(path) = line.strip_prefix("#[path = \"").and_then(|rest| rest.strip_suffix("\"]")) {
            declared = Some(path);
        } else if let Some(name) =
            line.strip_prefix("pub mod ").or(line.strip_prefix("mod ")).and_then(|rest| rest.strip_suffix(';'))
        {
            let place = match declared.take() {
                Some(path) => source.join(path).parent().unwrap().to_owned(),
                None if source.join(name).is_dir() => source.join(name),
                None => source.join(format!("{name}.rs")),
            };
            modules.push((name.to_owned(), place));
        }
    }
    modules
}

/// The Rust files of a file or folder, without those of `inner`, which belong to another module.
fn files(place: &Path, inner: &[PathBuf]) -> Vec<PathBuf> {
    if place.is_file() {
        return vec![place.to_owned()];
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(place).unwrap_or_else(|error| panic!("{}: {error}", place.display())) {
        let path = entry.unwrap().path();
        if inner.contains(&path) {
            continue;
        }
        if path.is_dir() {
            found.extend(files(&path, inner));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The names that follow `crate::` in a text, with their lines; of `crate::{a, b::c}` both `a` and `b`.
fn uses(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("crate::") {
        let is_whole = !text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let line_start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
        let is_comment = text[line_start..].trim_start().starts_with("//");
        if !is_whole || is_comment {
            continue;
        }
        let line = text[..at].matches('\n').count() + 1;
        let rest = &text[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            None => found.push((line, first_name(rest))),
            Some(group) => found.extend(group_names(group).into_iter().map(|name| (line, name))),
        }
    }
    found
}

fn first_name(text: &str) -> String {
    text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// The first names of the parts of `a, b::{c, d}, e}`.
fn group_names(group: &str) -> Vec<String> {
    let mut depth = 0;
    let mut part = String::new();
    let mut names = Vec::new();
    for letter in group.chars() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => names.push(std::mem::take(&mut part)),
            _ => part.push(letter),
        }
    }
    names.push(part);
    names.iter().map(|part| first_name(part)).filter(|name| !name.is_empty()).collect()
}

/// What breaks the order, one line each: file, line, and what it must not use.
fn violations(modules: &[(String, PathBuf)]) -> Vec<String> {
    let order: Vec<&str> = modules.iter().map(|(name, _)| name.as_str()).collect();
    let places: Vec<PathBuf> = modules.iter().map(|(_, place)| place.clone()).collect();
    let mut broken = Vec::new();
    for (at, (module, place)) in modules.iter().enumerate() {
        for file in files(place, &places) {
            let text = fs::read_to_string(&file).unwrap();
            let name = file.strip_prefix(repository()).unwrap_or(&file).display().to_string();
            for (line, used) in uses(&text) {
                let used = MACROS.iter().find(|(of, _)| *of == used).map_or(used.as_str(), |(_, owner)| owner);
                let Some(position) = order.iter().position(|other| *other == used) else {
                    broken.push(format!("{name}:{line}: `{used}` is no module of lib.rs"));
                    continue;
                };
                if STAGES.contains(&module.as_str()) && STAGES.contains(&used) && used != module {
                    broken.push(format!("{name}:{line}: the stage `{module}` uses the stage `{used}`; they hand over through tables in the lake"));
                } else if position > at {
                    broken.push(format!("{name}:{line}: `{module}` uses `{used}`, which lib.rs lists below it"));
                }
            }
        }
    }
    broken
}

#[test]
fn a_module_uses_only_modules_listed_above_it_and_no_stage_uses_another() {
    let modules = modules();
    assert!(modules.len() > 10, "the list of lib.rs was not understood: {modules:?}");
    for (_, place) in &modules {
        assert!(place.exists(), "{} is not there", place.display());
    }
    let broken = violations(&modules);
    assert!(broken.is_empty(), "the order of modules is broken:\n{}", broken.join("\n"));
}

#[test]
fn the_architecture_page_lists_every_module_in_the_order_of_its_declaration() {
    let text = fs::read_to_string(repository().join("src/lib.rs")).unwrap();
    let listed: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("//! - "))
        .flat_map(|line| line.split(": ").next().unwrap().split(", "))
        .map(|name| name.trim_matches(['[', ']', '`']))
        .collect();
    let declared: Vec<String> = modules().into_iter().map(|(name, _)| name).collect();
    assert_eq!(listed, declared);
}

#[test]
fn a_breach_is_told_with_its_file_and_line() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let text = "//! crate::run\nuse crate::error::Result;\nuse crate::{day::Day, run::{self, Host}};\nfn f() { crate::checks::run() }\n";
    let models = put("models.rs", text);
    let modules: Vec<(String, PathBuf)> =
        [("error", None), ("day", None), ("models", Some(models)), ("checks", None), ("run", None)]
            .into_iter()
            .map(|(name, file)| (name.to_owned(), file.unwrap_or_else(|| put(name, ""))))
            .collect();
    let broken = violations(&modules);
    let file = folder.path().join("models.rs").display().to_string();
    assert_eq!(
        broken,
        [
            format!("{file}:3: `models` uses `run`, which lib.rs lists below it"),
            format!("{file}:4: the stage `models` uses the stage `checks`; they hand over through tables in the lake"),
        ]
    );
}
