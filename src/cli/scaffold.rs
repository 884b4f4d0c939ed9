//! `forecastle init` and `forecastle eject`: files for a person to edit.

use std::fs;
use std::path::Path;

use forecastle::demo;
use forecastle::error::{Doing, Error, Kind, Result};
use forecastle::{problem, project};

use super::Host;
use super::args;
use super::exit::Outcome;
use super::terminal::result;

const PIPELINE: &str = include_str!("init/pipeline.yaml");
const MODEL: &str = include_str!("init/model.sql");
const IGNORED: &str = "/lake/\n/out/\n";
/// The shipped job of the demo, and where its exports lie in the program's own repository.
const DEMO_PIPELINE: &str = "pipelines/nightly.yaml";
const DEMO_EXPORTS: &str = "testdata/demo/exports/";

pub fn init(host: &Host, arguments: &args::Init) -> Result<Outcome> {
    let folder = &arguments.folder;
    if folder.join("pipelines").exists() {
        return Err(Error::new(Kind::Project, format!("{} holds a project already", folder.display()))
            .help("name another folder: forecastle init DIR"));
    }
    fs::create_dir_all(folder).doing("create the folder", folder)?;
    let mut written = Vec::new();
    let mut put = |path: &str, text: &str| -> Result<()> {
        let full = folder.join(path);
        if full.exists() {
            return Ok(());
        }
        write(&full, text)?;
        written.push(path.to_owned());
        Ok(())
    };
    put(".gitignore", IGNORED)?;
    if arguments.demo {
        let pipeline = project::shipped(DEMO_PIPELINE)
            .ok_or_else(|| Error::new(Kind::Project, "this program was built without its demo"))?;
        put(DEMO_PIPELINE, &pipeline.replace(DEMO_EXPORTS, "exports/"))?;
        let made = demo::write(folder, &options(arguments))?;
        host.terminal.say(&format!("{} exports of {} days, {} deals", made.files, made.days.len(), made.deals));
    } else {
        put("pipelines/nightly.yaml", PIPELINE)?;
        put("sql/custom/open_deal.sql", MODEL)?;
    }
    for path in written {
        host.terminal.say(&format!("wrote {}", folder.join(path).display()));
    }
    let there = if folder == Path::new(".") { String::new() } else { format!("cd {} && ", folder.display()) };
    let next = if arguments.demo { "forecastle run" } else { "edit pipelines/nightly.yaml, then forecastle validate" };
    host.terminal.say(&format!("next: {there}{next}"));
    Ok(Outcome::Done)
}

fn options(arguments: &args::Init) -> demo::Options {
    let shipped = demo::Options::default();
    demo::Options {
        seed: arguments.seed.unwrap_or(shipped.seed),
        deals: arguments.deals.unwrap_or(shipped.deals),
        reps: arguments.reps.unwrap_or(shipped.reps),
        first_day: arguments.from.unwrap_or(shipped.first_day),
        last_day: arguments.to.unwrap_or(shipped.last_day),
        daily_from: arguments.daily_from.or(shipped.daily_from),
    }
}

pub fn eject(host: &Host, path: Option<&str>) -> Result<Outcome> {
    let paths = project::shipped_paths();
    let Some(path) = path else {
        paths.iter().for_each(|path| result(path));
        return Ok(Outcome::Done);
    };
    let Some(text) = project::shipped(path) else {
        return Err(Error::new(Kind::Project, format!("the pack has no file {path}"))
            .help(problem::did_you_mean(path, paths.iter().map(String::as_str).collect::<Vec<_>>())));
    };
    let full = host.root().join(path);
    if full.exists() {
        return Err(Error::new(Kind::Project, format!("{} is there already", full.display()))
            .help("it stands over the pack's; remove it to get the pack's back"));
    }
    write(&full, &text)?;
    host.terminal.say(&format!("wrote {}: from now on it stands over the pack's", full.display()));
    Ok(Outcome::Done)
}

fn write(path: &Path, text: &str) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).doing("create the folder", folder)?;
    }
    fs::write(path, text).doing("write", path)
}
