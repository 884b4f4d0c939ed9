//! `forecastle init`: a new project, with the few files that a person edits.

mod crm;

use std::fs;
use std::path::Path;

use forecastle::day::Day;
use forecastle::demo;
use forecastle::draft::{self, Draft, Export};
use forecastle::error::{Doing, Error, Kind, Result};
use forecastle::project;

use super::Host;
use super::args;
use super::exit::Outcome;

const PIPELINE: &str = include_str!("pipeline.yaml");
const MODEL: &str = include_str!("model.sql");
const IGNORED: &str = "/lake/\n/out/\n";
/// Where a project's job lies; in the pack that of the demo.
const JOB: &str = "pipelines/nightly.yaml";
/// Where the exports of the demo lie in the program's own repository.
const DEMO_EXPORTS: &str = "testdata/demo/exports/";

pub fn init(host: &Host, arguments: &args::Init) -> Result<Outcome> {
    let folder = &arguments.folder;
    if folder.join("pipelines").exists() {
        return Err(Error::new(Kind::Project, format!("{} holds a project already", folder.display()))
            .help("name another folder: forecastle init DIR"));
    }
    // What cannot be made is found before anything is written.
    let crm = arguments.crm.as_deref().map(crm::find).transpose()?;
    let exports: Vec<Export> = arguments.from.iter().map(|text| Export::parse(text)).collect();
    let draft = if exports.is_empty() { None } else { Some(draft::draft(&exports)?) };

    fs::create_dir_all(folder).doing("create the folder", folder)?;
    let put = |path: &str, text: &str| -> Result<()> {
        let full = folder.join(path);
        if full.exists() {
            return Ok(());
        }
        write(&full, text)?;
        host.terminal.say(&format!("wrote {}", full.display()));
        Ok(())
    };
    put(".gitignore", IGNORED)?;
    let next = if arguments.demo {
        let pipeline = project::shipped(JOB)
            .ok_or_else(|| Error::new(Kind::Project, "this program was built without its demo"))?;
        put(JOB, &pipeline.replace(DEMO_EXPORTS, "exports/"))?;
        let made = demo::write(folder, &options(arguments))?;
        host.terminal.say(&format!("{} exports of {} days, {} deals", made.files, made.days.len(), made.deals));
        "forecastle run".to_owned()
    } else if let Some(crm) = crm {
        put(JOB, &crm.pipeline)?;
        put("exports/README.md", &crm.exports())?;
        crm.files.iter().for_each(|file| host.terminal.say(&format!("  {file}")));
        format!(
            "put exports there as exports/README.md says, go through {JOB}, then forecastle validate && forecastle run"
        )
    } else if let Some(draft) = draft {
        put(JOB, &draft.pipeline)?;
        let day = copy_exports(&draft, folder)?;
        draft.told.iter().for_each(|told| host.terminal.say(told));
        host.terminal.say(&format!("copied to {}", folder.join(format!("exports/{day}")).display()));
        format!(
            "go through {JOB}, which says what each line was guessed from, then forecastle validate && forecastle run"
        )
    } else {
        put(JOB, PIPELINE)?;
        put("sql/custom/open_deal.sql", MODEL)?;
        format!("edit {JOB}, then forecastle validate")
    };
    let there = if folder == Path::new(".") { String::new() } else { format!("cd {} && ", folder.display()) };
    host.terminal.say(&format!("next: {there}{next}"));
    Ok(Outcome::Done)
}

fn options(arguments: &args::Init) -> demo::Options {
    let shipped = demo::Options::default();
    demo::Options {
        seed: arguments.seed.unwrap_or(shipped.seed),
        deals: arguments.deals.unwrap_or(shipped.deals),
        reps: arguments.reps.unwrap_or(shipped.reps),
        first_day: arguments.first_day.unwrap_or(shipped.first_day),
        last_day: arguments.last_day.unwrap_or(shipped.last_day),
        daily_from: arguments.daily_from.or(shipped.daily_from),
    }
}

/// Puts the files of a draft where its pipeline looks for them: under the newest day that their paths name, else today.
fn copy_exports(draft: &Draft, folder: &Path) -> Result<Day> {
    let named = draft.files.iter().filter_map(|(path, _)| named_day(&path.to_string_lossy())).max();
    let day = named.unwrap_or_else(|| Day::of(jiff::Zoned::now().date()));
    let exports = folder.join(format!("exports/{day}"));
    fs::create_dir_all(&exports).doing("create the folder", &exports)?;
    for (path, name) in &draft.files {
        let to = exports.join(name);
        fs::copy(path, &to).doing("copy an export to", &to)?;
    }
    Ok(day)
}

/// The last day written as `2026-11-13` in a path.
fn named_day(path: &str) -> Option<Day> {
    let stretches = (0..path.len()).rev().filter_map(|at| path.get(at..at + 10));
    stretches.filter_map(|text| text.parse().ok()).next()
}

pub fn write(path: &Path, text: &str) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).doing("create the folder", folder)?;
    }
    fs::write(path, text).doing("write", path)
}
