//! A report's template: takes Markdown with components from a file, gives its text and blocks for some data.
//!
//! The template is evaluated once; both formats are written from the result, so that they cannot differ.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use minijinja::machinery::{self, CodeGenerator, ast};
use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, Error, UndefinedBehavior, Value};

use super::block::Block;
use super::components::{self, Blocks, Settings};
use super::fault::{self, fault};
use super::print::{self, CLOSE, OPEN, Placed};
use super::rewrite;
use super::table::{Cell, Table};
use super::{filters, operators, value};
use crate::problem::{Problem, SourceFile};

/// How many steps a template may take.
const FUEL: u64 = 10_000_000;
/// How much text a template may print, captured text included, in bytes.
const MOST_OUTPUT: usize = 20 << 20;

/// A template that has been read and holds no mistake of syntax.
#[derive(Debug, Clone)]
pub struct Template {
    pub source: Arc<SourceFile>,
    /// Where the template's text lies in its file, after the front matter.
    pub body: Range<usize>,
}

/// What a template has printed: Markdown in which `OPEN n CLOSE` stands for the n-th block.
pub struct Printed {
    pub text: String,
    /// Each with where its component was called, in bytes of the file.
    pub blocks: Vec<(Block, usize)>,
}

impl Template {
    /// Reads a template from the bytes of its file that follow the front matter.
    pub fn parse(source: &Arc<SourceFile>, body_offset: usize) -> Result<Template, Vec<Problem>> {
        let body = body_offset.min(source.text.len())..source.text.len();
        let template = Template { source: Arc::clone(source), body };
        let mut problems: Vec<Problem> = template
            .text()
            .match_indices(|c| matches!(c, '\u{fdd0}'..='\u{fdef}'))
            .map(|(at, c)| {
                let at = template.body.start + at;
                Problem::error(source.place(at..at + c.len()), "this character is no text: it is reserved by Unicode")
            })
            .collect();
        match template.tree() {
            Err(error) => problems.push(fault::problem(&error, source, &template.body)),
            Ok(tree) => {
                let refused = rewrite::rewrite(&tree).refused;
                problems.extend(refused.into_iter().map(|(name, range)| {
                    Problem::error(template.place(range), format!("`{{% {name} %}}` has no place in a report"))
                        .help("a report's template stands alone: write the text here, or a `{% macro %}`")
                }));
            }
        }
        if problems.is_empty() { Ok(template) } else { Err(problems) }
    }

    /// The template's own text.
    pub fn text(&self) -> &str {
        &self.source.text[self.body.clone()]
    }

    /// The syntax tree, as it was written.
    pub fn tree(&self) -> Result<ast::Stmt<'_>, Error> {
        machinery::parse(self.text(), &self.source.path, syntax())
    }

    /// A stretch of the body as a place in the file.
    pub fn place(&self, range: Range<usize>) -> crate::problem::Place {
        self.source.place(self.body.start + range.start..self.body.start + range.end)
    }

    /// Runs the template over data.
    pub fn print(
        &self,
        data: &BTreeMap<String, Arc<Table>>,
        variables: &BTreeMap<String, Cell>,
        settings: &Arc<Settings>,
    ) -> Result<Printed, Problem> {
        let blocks: Blocks = Arc::new(Mutex::new(Vec::new()));
        let run = || -> Result<String, Error> {
            let tree = rewrite::rewrite(&self.tree()?).tree;
            let mut generator = CodeGenerator::new(&self.source.path, self.text());
            generator.compile_stmt(&tree);
            let (instructions, named_blocks) = generator.finish();
            let environment = environment(settings, &blocks);
            let mut root: BTreeMap<&str, Value> = BTreeMap::new();
            root.extend(variables.iter().map(|(name, cell)| (name.as_str(), value::of_cell(cell))));
            root.extend(data.iter().map(|(name, table)| (name.as_str(), value::of_table(name, table))));
            let mut text = String::new();
            let mut output = machinery::make_string_output(&mut text);
            // With an escaping of our own, captured blocks are marked as escaped, and the engine's HTML escaping
            // never runs.
            let escaping = AutoEscape::Custom("markdown".into());
            machinery::eval(&environment, &instructions, Value::from(root), &named_blocks, &mut output, escaping)?;
            drop(output);
            Ok(text)
        };
        let text = run().map_err(|error| fault::problem(&error, &self.source, &self.body))?;
        let blocks = std::mem::take(&mut *blocks.lock().unwrap_or_else(PoisonError::into_inner));
        let blocks = blocks.into_iter().map(|(block, place)| (block, self.body.start + place)).collect();
        Ok(Printed { text, blocks })
    }
}

/// Block tags take their line with them, so that a loop can stand around the rows of a Markdown table.
fn syntax() -> SyntaxConfig {
    SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build().expect("the delimiters are the engine's own")
}

fn environment(settings: &Arc<Settings>, blocks: &Blocks) -> Environment<'static> {
    let mut environment = Environment::empty();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_debug(false);
    environment.set_fuel(Some(FUEL));
    operators::add_to(&mut environment);
    filters::add_to(&mut environment, settings);
    components::add_to(&mut environment, settings, blocks);
    let printed = Arc::new(Mutex::new(0usize));
    environment.set_formatter(move |out, _, value| {
        let text = if let Some(Placed(index)) = value.downcast_object_ref::<Placed>() {
            format!("\n\n{OPEN}{index}{CLOSE}\n\n")
        } else if let Some(written) = value.as_str().filter(|_| value.is_safe()) {
            written.to_owned()
        } else {
            print::escape(&print::words(value)?)
        };
        let mut printed = printed.lock().unwrap_or_else(PoisonError::into_inner);
        *printed += text.len();
        if *printed > MOST_OUTPUT {
            return Err(fault("the template prints too much"));
        }
        out.write_str(&text).map_err(Error::from)
    });
    environment
}
