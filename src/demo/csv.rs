//! CSV as a CRM writes it: commas, quotes where RFC 4180 needs them, LF; packed with gzip at its strongest and without a
//! time in the header, so that equal text gives equal bytes.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use flate2::{Compression, GzBuilder};

use crate::error::{Doing, Result};

/// The lines of a file; every line has as many fields as the header names.
#[derive(Debug)]
pub struct Table {
    text: String,
}

impl Table {
    /// `header` is the first line as it stands in the file.
    pub fn new(header: &str) -> Self {
        Self { text: format!("{header}\n") }
    }

    /// Adds a line that is already joined and quoted.
    pub fn push_line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    pub fn push<'a>(&mut self, fields: impl IntoIterator<Item = &'a str>) {
        append(&mut self.text, fields);
        self.text.push('\n');
    }

    /// Writes the file, packed; gives its size in bytes. `mark` is what stands before the header (a byte order mark, or nothing).
    pub fn write(&self, path: &Path, mark: &str) -> Result<u64> {
        let file = File::create(path).doing("create", path)?;
        let mut packer = GzBuilder::new().mtime(0).operating_system(255).write(file, Compression::best());
        packer.write_all(mark.as_bytes()).doing("write", path)?;
        packer.write_all(self.text.as_bytes()).doing("write", path)?;
        let file = packer.finish().doing("write", path)?;
        Ok(file.metadata().doing("measure", path)?.len())
    }
}

/// One line without its end.
pub fn line<'a>(fields: impl IntoIterator<Item = &'a str>) -> String {
    let mut text = String::with_capacity(400);
    append(&mut text, fields);
    text
}

fn append<'a>(text: &mut String, fields: impl IntoIterator<Item = &'a str>) {
    for (position, field) in fields.into_iter().enumerate() {
        if position > 0 {
            text.push(',');
        }
        if field.contains([',', '"', '\n', '\r']) {
            text.push('"');
            text.push_str(&field.replace('"', "\"\""));
            text.push('"');
        } else {
            text.push_str(field);
        }
    }
}

pub fn flag(is_so: bool) -> &'static str {
    if is_so { "true" } else { "false" }
}

/// Cents as `84500.00`.
pub fn money(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_fields_that_need_it_are_quoted() {
        assert_eq!(line(["a", "", "O'Malley & Sons"]), "a,,O'Malley & Sons");
        assert_eq!(line(["a,b", "say \"hi\"", "two\nlines"]), "\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\"");
    }

    #[test]
    fn cents_are_written_with_two_places() {
        assert_eq!(money(8_450_007), "84500.07");
        assert_eq!(money(0), "0.00");
    }
}
