//! How a value that a template prints becomes text: cleaned of control characters, then escaped so that no text
//! of the data can ever be Markdown or HTML.

use std::borrow::Cow;

use minijinja::value::ValueKind;
use minijinja::{Error, Value};

use super::fault::fault;
use super::format;
use super::number::Number;
use super::table::Cell;
use super::value::{describe, to_cell};
use super::{calendar, words};

/// Stand around a component's number in the printed text. Both are noncharacters of Unicode, which `clean` takes
/// out of every text, and which no template may hold.
pub const OPEN: char = '\u{fdd0}';
pub const CLOSE: char = '\u{fdd1}';

/// A component that a template has called: the position of its block among those of the rendering.
#[derive(Debug)]
pub struct Placed(pub usize);

impl minijinja::value::Object for Placed {
    fn repr(self: &std::sync::Arc<Self>) -> minijinja::value::ObjectRepr {
        minijinja::value::ObjectRepr::Plain
    }

    fn render(self: &std::sync::Arc<Self>, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a component")
    }
}

/// A value as plain text, unescaped.
pub fn words(value: &Value) -> Result<String, Error> {
    if value.is_undefined() {
        return Err(Error::from(minijinja::ErrorKind::UndefinedError));
    }
    if let Some(captured) = value.as_str().filter(|_| value.is_safe()) {
        return plain_of_captured(captured);
    }
    match to_cell(value) {
        Some(cell) => Ok(cell_words(&cell)),
        None if value.kind() == ValueKind::Number => Ok(value.to_string()),
        None if value.downcast_object_ref::<Placed>().is_some() => {
            Err(fault("a component stands alone in `{{ }}`: it cannot be part of a text"))
        }
        None => Err(fault(format!("{} cannot be printed: print one of its values", describe(value)))),
    }
}

/// What a `{% set x %}…{% endset %}` block or a macro printed, as the plain text that it shows.
fn plain_of_captured(captured: &str) -> Result<String, Error> {
    if captured.contains(OPEN) {
        return Err(fault("a component stands alone in `{{ }}`: it cannot be part of a text"));
    }
    let mut plain = String::with_capacity(captured.len());
    let mut rest = captured.chars().peekable();
    while let Some(c) = rest.next() {
        match rest.peek() {
            Some(next) if c == '\\' && next.is_ascii_punctuation() => {}
            _ => plain.push(c),
        }
        if let Some(next) = rest.next_if(|next| c == '\\' && next.is_ascii_punctuation()) {
            plain.push(next);
        }
    }
    Ok(clean(&plain).into_owned())
}

/// A cell as plain text, with every digit of a number.
pub fn cell_words(cell: &Cell) -> String {
    match cell {
        Cell::Null => words::NOT_AVAILABLE.to_owned(),
        Cell::Bool(true) => words::YES.to_owned(),
        Cell::Bool(false) => words::NO.to_owned(),
        Cell::Int(_) | Cell::Decimal { .. } | Cell::Float(_) => {
            Number::of_cell(cell).map_or_else(|| words::NOT_AVAILABLE.to_owned(), format::exact)
        }
        Cell::Text(text) => clean(text).into_owned(),
        Cell::Day(day) => calendar::day(*day),
        Cell::Moment(microseconds) => calendar::moment(*microseconds),
    }
}

/// Text on one line with single spaces, without control characters, and without the characters that turn the direction of what
/// follows them (marks that only belong to their own letters stay).
pub fn clean(text: &str) -> Cow<'_, str> {
    let unfit = |c: char| {
        c.is_control()
            || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
            || matches!(c, '\u{fdd0}'..='\u{fdef}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
    };
    if !text.contains(unfit) && !text.contains("  ") {
        return Cow::Borrowed(text);
    }
    let mut cleaned = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            ' ' | '\n' | '\t' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => {
                if !cleaned.ends_with(' ') {
                    cleaned.push(' ');
                }
            }
            c if unfit(c) => {}
            c => cleaned.push(c),
        }
    }
    Cow::Owned(cleaned)
}

/// Clean text as Markdown that shows exactly it: in a paragraph, a heading, a table's cell.
pub fn escape(text: &str) -> String {
    let text = clean(text);
    let mut escaped = String::with_capacity(text.len() + 8);
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    for (at, c) in text.char_indices() {
        let after = text[at + c.len_utf8()..].chars().next();
        let risky = match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '&' | '|' | '~' | '$' | '@' => true,
            '#' | '=' => at == 0,
            '+' | '-' => at == 0 && after.is_none_or(|next| next == ' ' || next == c),
            '.' | ')' if at > 0 && at == digits => after.is_none_or(|next| next == ' '),
            '.' => text[..at].to_ascii_lowercase().ends_with("www"),
            ':' => after == Some('/'),
            '!' => after == Some('['),
            _ => false,
        };
        if risky {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_markdown_would_read_is_escaped() {
        assert_eq!(escape("<script>alert(1)</script>"), "\\<script\\>alert(1)\\</script\\>");
        assert_eq!(escape("](http://x)"), "\\](http\\://x)");
        assert_eq!(escape("a|b\nc"), "a\\|b c");
        assert_eq!(escape("&lt;"), "\\&lt;");
        assert_eq!(escape("# no heading"), "\\# no heading");
        assert_eq!(escape("1. no list"), "1\\. no list");
        assert_eq!(escape("- no list"), "\\- no list");
        assert_eq!(escape("+320,400"), "+320,400");
        assert_eq!(escape("1.25m"), "1.25m");
        assert_eq!(escape("www.evil.example, me@evil.example"), "www\\.evil.example, me\\@evil.example");
    }

    #[test]
    fn clean_text_cannot_turn_its_surroundings_or_forge_a_component() {
        assert_eq!(clean("ACME\u{202e}gnp.exe"), "ACMEgnp.exe");
        assert_eq!(clean("\u{fdd0}0\u{fdd1}"), "0");
        assert_eq!(clean("two\r\n\r\n  lines\u{0}"), "two lines");
        assert_eq!(clean(" of "), " of ");
        assert_eq!(clean("台積電 𝒳"), "台積電 𝒳");
    }

    #[test]
    fn a_captured_block_gives_back_the_text_it_shows() {
        let hostile = r"a\b `*_[]<>&|~$@ # 1. \\ end";
        let captured = Value::from_safe_string(escape(hostile));
        assert_eq!(words(&captured).unwrap(), hostile);
    }

    #[test]
    fn every_cell_has_words() {
        assert_eq!(cell_words(&Cell::Null), "–");
        assert_eq!(cell_words(&Cell::Int(-1234)), "−1234");
        assert_eq!(cell_words(&Cell::Decimal { unscaled: 12_345_000, scale: 4 }), "1234.5");
        assert_eq!(cell_words(&Cell::Bool(true)), "yes");
        assert_eq!(cell_words(&Cell::Day("2026-11-05".parse().unwrap())), "5 Nov 2026");
    }
}
