//! The line editor: when a query is whole, and what completes it.

use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::tokenizer::{Token, Tokenizer};
use rustyline::completion::Completer;
use rustyline::config::BellStyle;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::FileHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{CompletionType, Config, Context, Editor, Helper};

use super::words::Words;

/// Lines of history that are kept.
const REMEMBERED: usize = 2_000;

pub fn open(words: Words) -> rustyline::Result<Editor<Assistant, FileHistory>> {
    let config = Config::builder()
        .completion_type(CompletionType::List)
        .bell_style(BellStyle::None)
        .max_history_size(REMEMBERED)?
        .build();
    let mut editor = Editor::with_config(config)?;
    editor.set_helper(Some(Assistant(words)));
    Ok(editor)
}

pub struct Assistant(Words);

impl Helper for Assistant {}

impl Highlighter for Assistant {}

impl Hinter for Assistant {
    type Hint = String;
}

impl Completer for Assistant {
    type Candidate = String;

    fn complete(&self, line: &str, position: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<String>)> {
        Ok(self.0.complete(line, position))
    }
}

impl Validator for Assistant {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        Ok(if is_whole(context.input()) { ValidationResult::Valid(None) } else { ValidationResult::Incomplete })
    }
}

/// Whether nothing more is to come: a command ends with its line, a query goes on over lines until its `;`.
fn is_whole(input: &str) -> bool {
    let input = input.trim();
    if input.is_empty() || input.starts_with('\\') {
        return true;
    }
    match Tokenizer::new(&GenericDialect {}, input).tokenize() {
        Ok(tokens) => tokens.iter().rfind(|token| !matches!(token, Token::Whitespace(_))) == Some(&Token::SemiColon),
        // A quote may not be closed yet; or it never will be, and whoever ends the line wants to be told.
        Err(_) => input.ends_with(';'),
    }
}

#[cfg(test)]
mod tests {
    use super::is_whole;

    #[test]
    fn a_query_ends_with_its_semicolon_and_a_command_with_its_line() {
        for whole in ["", "  ", "\\d", "SELECT 1;", "SELECT 1; -- one", "SELECT ';';", "SELECT 'a;"] {
            assert!(is_whole(whole), "{whole}");
        }
        for open in ["SELECT 1", "SELECT 1 -- one;", "SELECT ';'", "SELECT 'a\nb", "SELECT 1 /* ; */", "-- one;"] {
            assert!(!is_whole(open), "{open}");
        }
    }
}
