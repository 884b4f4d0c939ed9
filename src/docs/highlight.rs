//! SQL as HTML: keywords and comments told apart from the rest.

use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{Token, Tokenizer, Whitespace};

use crate::reports::escaped;

/// Every character of the text in its place; without marks where the tokens do not give the text again.
pub fn sql(text: &str) -> String {
    let tokens = Tokenizer::new(&GenericDialect {}, text).with_unescape(false).tokenize().unwrap_or_default();
    let written: String = tokens.iter().map(ToString::to_string).collect();
    if written != text {
        return escaped(text);
    }
    tokens.iter().map(marked).collect()
}

fn marked(token: &Token) -> String {
    let text = escaped(&token.to_string());
    match token {
        Token::Word(word)
            if word.quote_style.is_none() && word.keyword != Keyword::NoKeyword && is_shouted(&word.value) =>
        {
            format!("<b>{text}</b>")
        }
        Token::Whitespace(Whitespace::SingleLineComment { .. } | Whitespace::MultiLineComment(_)) => {
            format!("<i>{text}</i>")
        }
        _ => text,
    }
}

/// Names such as `name` and `day` are keywords to the parser too; by custom only real ones are in capitals.
fn is_shouted(word: &str) -> bool {
    word.chars().all(|c| c.is_ascii_uppercase() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_and_comments_are_marked_and_nothing_is_lost() {
        let text = "-- <b>\nSELECT day, 'it''s' AS x /* y */ FROM crm.deal";
        assert_eq!(
            sql(text),
            "<i>-- &lt;b&gt;\n</i><b>SELECT</b> day, &#39;it&#39;&#39;s&#39; <b>AS</b> x <i>/* y */</i> <b>FROM</b> crm.deal"
        );
        assert_eq!(sql("SELECT 'open"), "SELECT &#39;open");
    }
}
