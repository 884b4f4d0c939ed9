//! `forecastle functions`: what can be called in SQL.

use forecastle::catalogue;
use forecastle::error::{Error, Kind, Result};
use forecastle::problem;
use forecastle::project::{self, Pack};
use forecastle::query::UserFunctions;
use forecastle::query::function::reference::{self, Reference};
use forecastle::query::session;

use super::Host;
use super::exit::Outcome;
use super::terminal::result;

/// Lists the functions of the product and the project's own, or shows one.
pub fn functions(host: &Host, name: Option<&str>) -> Result<Outcome> {
    let own = own(host);
    match name {
        None => list(&own),
        Some(name) => show(&name.to_lowercase(), &own)?,
    }
    Ok(Outcome::Done)
}

/// The functions of the project at hand; outside of one there are none.
fn own(host: &Host) -> UserFunctions {
    let Ok(project) = host.project() else { return UserFunctions::new() };
    let with_pack = project.pipelines.iter().all(|file| file.pipeline.pack == Pack::Shipped);
    let files = project::load_files(&project.root, with_pack);
    files.map(|files| catalogue::load(&files).functions).unwrap_or_default()
}

fn all() -> impl Iterator<Item = &'static Reference> {
    reference::ALL.iter().chain(reference::IN_FROM)
}

/// What can be called: the product's functions, a project's own, and the engine's.
pub fn names(own: &UserFunctions) -> Vec<String> {
    let engine = session::engine_functions().into_iter().map(|of| of.name);
    all().map(|of| of.name.to_owned()).chain(own.keys().cloned()).chain(engine).collect()
}

fn list(own: &UserFunctions) {
    let names = all().map(|of| of.name.len()).chain(own.keys().map(String::len));
    let width = names.max().unwrap_or(0);
    let first_sentence = |text: &str| text.split_once(". ").map_or(text.to_owned(), |(first, _)| format!("{first}."));
    for of in all() {
        result(&format!("{:width$}  {}", of.name, first_sentence(of.description)));
    }
    for (name, of) in own {
        result(format!("{name:width$}  {}", of.description()).trim_end());
    }
}

fn show(name: &str, own: &UserFunctions) -> Result<()> {
    if let Some(of) = all().find(|of| of.name == name) {
        result(&format!("{}\n\n{}\n\n    {}\n    → {}", of.signature, of.description, of.example, of.result));
        if let Some(source) = of.source {
            result(&format!("\nFormula: {source}"));
        }
        return Ok(());
    }
    if let Some(of) = own.get(name) {
        result(&format!("{}\n\n{}\n\nDeclared in {}", of.signature(), of.description(), of.sql.start()));
        return Ok(());
    }
    let engine = session::engine_functions();
    if let Some(of) = engine.iter().find(|of| of.name == name) {
        result(&format!("{}\n\n{}", of.signature, of.description));
        return Ok(());
    }
    let names = names(own);
    let near = problem::nearest(name, names.iter().map(String::as_str));
    let help =
        near.map_or_else(|| "forecastle functions lists them".to_owned(), |near| format!("did you mean `{near}`?"));
    Err(Error::new(Kind::Project, format!("there is no function `{name}`")).help(help))
}
