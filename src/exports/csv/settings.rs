//! The `csv:` block of a source.

use schemars::JsonSchema;
use serde::Deserialize;

use super::super::encoding::Encoding;
use super::super::pattern::PathPattern;
use super::split::Dialect;

/// How a CSV export is written. Empty text is NULL, quoted or not; blank lines are skipped.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Csv {
    pub path: PathPattern,
    /// One ASCII character, or `tab`; a comma unless declared here or by a first line such as `sep=;`.
    pub delimiter: Option<Delimiter>,
    /// One ASCII character, or `none`; a double quote unless declared.
    #[serde(default)]
    pub quote: Quote,
    #[serde(default)]
    pub escape: Escape,
    /// Unless declared, a byte order mark decides, else UTF-8.
    pub encoding: Option<Encoding>,
    /// The names of the columns of a file that has no header line.
    pub columns: Option<Vec<String>>,
    /// Lines before the header, or before the first row of a file without one.
    #[serde(default)]
    pub skip_lines: u64,
    /// Texts that mean NULL, besides the empty one.
    #[serde(default)]
    pub null: Vec<String>,
    /// Whether blanks around fields are dropped.
    #[serde(default)]
    pub trim: bool,
    /// What becomes of a row with too few or too many fields.
    #[serde(default)]
    pub ragged: Ragged,
    /// Whether each row ends with a delimiter that begins no field; the header may too.
    #[serde(default)]
    pub trailing_delimiter: bool,
}

/// The ASCII character between fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(extend("examples" = [";", "tab"]))]
pub struct Delimiter(#[schemars(with = "String")] pub u8);

/// The quote, `None` where quotes mean nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(extend("examples" = ["'", "none"]))]
pub struct Quote(#[schemars(with = "String")] pub Option<u8>);

/// How a quote is written within a quoted field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Escape {
    /// `""`
    #[default]
    Doubled,
    /// `\"`, and `\\` for a backslash; `""` too.
    Backslash,
}

/// What becomes of a row whose fields are not those of the header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Ragged {
    /// The row is a fault, the rest is read.
    #[default]
    Reject,
    /// The source fails.
    Error,
}

impl Default for Quote {
    fn default() -> Self {
        Self(Some(b'"'))
    }
}

impl TryFrom<String> for Delimiter {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.as_bytes() {
            b"tab" | b"\\t" => Ok(Self(b'\t')),
            &[byte] if byte.is_ascii_punctuation() || byte == b' ' || byte == b'\t' || byte == 0x1f => Ok(Self(byte)),
            _ => Err(format!("`{text}` is not a delimiter; write one ASCII character such as `;`, or `tab`")),
        }
    }
}

impl TryFrom<String> for Quote {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.as_bytes() {
            b"none" => Ok(Self(None)),
            &[byte] if byte.is_ascii_punctuation() => Ok(Self(Some(byte))),
            _ => Err(format!("`{text}` is not a quote; write one ASCII character such as `'`, or `none`")),
        }
    }
}

impl Csv {
    /// What is contradictory in the block, which each of its values alone does not show.
    pub fn mistake(&self) -> Option<String> {
        let delimiter = self.delimiter.map_or(b',', |delimiter| delimiter.0);
        if self.quote.0 == Some(delimiter) {
            return Some("the delimiter and the quote are the same character".to_owned());
        }
        if self.escape == Escape::Backslash
            && (self.quote.0.is_none() || self.quote.0 == Some(b'\\') || delimiter == b'\\')
        {
            return Some(
                "`escape: backslash` needs a quote, and neither it nor the delimiter may be a backslash".to_owned(),
            );
        }
        let columns = self.columns.as_ref()?;
        if columns.is_empty() || columns.iter().any(String::is_empty) {
            return Some("`columns` needs a name for each column".to_owned());
        }
        let twice = columns.iter().enumerate().find(|(at, name)| columns[..*at].contains(name));
        twice.map(|(_, name)| format!("`columns` names `{name}` twice"))
    }

    /// The rules for telling fields apart, given the delimiter.
    pub(super) fn dialect(&self, delimiter: u8) -> Dialect {
        Dialect { delimiter, quote: self.quote.0, backslash: self.escape == Escape::Backslash, trim: self.trim }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(yaml: &str) -> Result<Csv, String> {
        serde_yaml::from_str(yaml).map_err(|error| error.to_string())
    }

    #[test]
    fn a_path_alone_means_commas_double_quotes_and_a_header() {
        let csv = parse("path: exports/{day}/Deal.csv").unwrap();
        assert_eq!((csv.delimiter, csv.quote, csv.escape), (None, Quote(Some(b'"')), Escape::Doubled));
        assert_eq!((csv.encoding, csv.columns.is_none(), csv.skip_lines, csv.trim), (None, true, 0, false));
        assert_eq!((csv.ragged, csv.trailing_delimiter, csv.null.len()), (Ragged::Reject, false, 0));
    }

    #[test]
    fn every_setting_is_read() {
        let csv = parse(
            "path: a.csv\ndelimiter: \"\\t\"\nquote: \"'\"\nescape: backslash\nencoding: windows-1252\ncolumns: [a, b]\n\
             skip_lines: 2\nnull: ['-', N/A]\ntrim: true\nragged: error\ntrailing_delimiter: true\n",
        )
        .unwrap();
        assert_eq!(
            (csv.delimiter, csv.quote, csv.escape),
            (Some(Delimiter(b'\t')), Quote(Some(b'\'')), Escape::Backslash)
        );
        assert_eq!(csv.encoding, Some(Encoding::Known(encoding_rs::WINDOWS_1252)));
        assert_eq!(
            (csv.columns.unwrap().len(), csv.skip_lines, csv.null),
            (2, 2, vec!["-".to_owned(), "N/A".to_owned()])
        );
        assert_eq!((csv.trim, csv.ragged, csv.trailing_delimiter), (true, Ragged::Error, true));
        for (written, byte) in [("tab", b'\t'), ("'\\t'", b'\t'), (";", b';'), ("'|'", b'|'), ("' '", b' ')] {
            assert_eq!(
                parse(&format!("path: a\ndelimiter: {written}")).unwrap().delimiter,
                Some(Delimiter(byte)),
                "{written}"
            );
        }
        assert_eq!(parse("path: a\nquote: none").unwrap().quote, Quote(None));
    }

    #[test]
    fn a_setting_that_is_wrong_says_what_to_write() {
        for (yaml, expected) in [
            ("delimiter: ;;", "`;;` is not a delimiter"),
            ("delimiter: ¦", "`¦` is not a delimiter"),
            ("delimiter: x", "`x` is not a delimiter"),
            ("quote: \"\"", "`` is not a quote"),
            ("encoding: ansi-ish", "`ansi-ish` is not an encoding"),
            ("ragged: ignore", "unknown variant `ignore`, expected `reject` or `error`"),
            ("header: false", "unknown field `header`"),
        ] {
            let message = parse(&format!("path: a\n{yaml}")).unwrap_err();
            assert!(message.contains(expected), "{yaml}: {message}");
        }
    }

    #[test]
    fn settings_that_contradict_each_other_are_a_mistake() {
        for (yaml, expected) in [
            ("delimiter: \"'\"\nquote: \"'\"", "the delimiter and the quote"),
            ("quote: none\nescape: backslash", "`escape: backslash` needs a quote"),
            ("columns: []", "`columns` needs a name"),
            ("columns: [a, b, a]", "`columns` names `a` twice"),
        ] {
            let mistake = parse(&format!("path: a\n{yaml}")).unwrap().mistake().unwrap();
            assert!(mistake.contains(expected), "{yaml}: {mistake}");
        }
        assert_eq!(parse("path: a\ncolumns: [a, b]").unwrap().mistake(), None);
    }
}
