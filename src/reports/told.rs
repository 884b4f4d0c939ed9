//! What a page tells of where it comes from, read back from its HTML or its Markdown.

use super::print::clean;
use super::provenance::label;
use super::words;
use crate::day::Day;

/// The entries of a page's provenance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    entries: Vec<Entry>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    group: String,
    label: String,
    value: String,
}

/// An entry that is not the same on two pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// Whether it is a table's: then `label` is its name.
    pub is_source: bool,
    pub label: String,
    /// `None` where the first page has no such entry.
    pub before: Option<String>,
    /// `None` where the second has none.
    pub now: Option<String>,
}

impl Told {
    /// Reads a page; `None` for what has no provenance of ours.
    pub fn of_html(page: &str) -> Option<Self> {
        let (_, section) = page.rsplit_once("<h2 id=\"provenance\">")?;
        let (section, _) = section.split_once("</section>")?;
        let mut entries = Vec::new();
        for part in section.split("<h3>").skip(1) {
            let (group, list) = part.split_once("</h3>")?;
            for entry in list.split("<dt>").skip(1) {
                let (label, rest) = entry.split_once("</dt><dd>")?;
                let (value, _) = rest.split_once("</dd>")?;
                entries.push(Entry { group: unescaped(group), label: unescaped(label), value: unescaped(value) });
            }
        }
        Self::of(entries)
    }

    /// Reads a Markdown file; `None` for what has no provenance of ours.
    pub fn of_markdown(file: &str) -> Option<Self> {
        let (_, section) = file.rsplit_once(&format!("\n## {}\n", words::PROVENANCE))?;
        let rows = section.lines().map(str::trim).skip_while(|line| !line.starts_with('|'));
        let mut entries: Vec<Entry> = Vec::new();
        for row in rows.take_while(|line| line.starts_with('|')).skip(2) {
            let [group, label, value] = cells(row).try_into().ok()?;
            let group = match entries.last() {
                Some(above) if group.is_empty() => above.group.clone(),
                _ => group,
            };
            entries.push(Entry { group, label, value });
        }
        Self::of(entries)
    }

    /// Of entries that may be anybody's: without what would steer a terminal.
    fn of(entries: Vec<Entry>) -> Option<Self> {
        let clean = |text: &str| clean(text).into_owned();
        let cleaned = |Entry { group, label, value }: &Entry| Entry {
            group: clean(group),
            label: clean(label),
            value: clean(value),
        };
        let told = Self { entries: entries.iter().map(cleaned).collect() };
        (told.day().is_some() && told.report().is_some() && told.program().is_some()).then_some(told)
    }

    fn value(&self, group: &str, label: &str) -> Option<&str> {
        let mut found = self.entries.iter().filter(|entry| entry.group == group && entry.label == label);
        found.next().map(|entry| entry.value.as_str())
    }

    pub fn day(&self) -> Option<Day> {
        self.value(label::RUN, label::DAY)?.parse().ok()
    }

    /// The commit that first published its state; `None` of a lake without a snapshot by then.
    pub fn commit(&self) -> Option<u64> {
        self.value(label::RUN, label::COMMIT)?.parse().ok()
    }

    /// The beginning of the hash of all tables.
    pub fn state(&self) -> Option<&str> {
        self.value(label::RUN, label::STATE)
    }

    pub fn program(&self) -> Option<&str> {
        self.value(label::RUN, label::PROGRAM)
    }

    /// The name of the report.
    pub fn report(&self) -> Option<&str> {
        let (path, _) = self.value(label::DEFINITIONS, label::TEMPLATE)?.rsplit_once(", ")?;
        path.strip_prefix("reports/")?.strip_suffix(".md")
    }

    /// What is told otherwise than on this page by another.
    pub fn changed(&self, now: &Told) -> Vec<Changed> {
        let mut changed = Vec::new();
        for entry in &self.entries {
            let now = now.value(&entry.group, &entry.label);
            if now != Some(entry.value.as_str()) {
                changed.push(Changed {
                    is_source: entry.group == label::SOURCES,
                    label: entry.label.clone(),
                    before: Some(entry.value.clone()),
                    now: now.map(str::to_owned),
                });
            }
        }
        for entry in now.entries.iter().filter(|entry| self.value(&entry.group, &entry.label).is_none()) {
            changed.push(Changed {
                is_source: entry.group == label::SOURCES,
                label: entry.label.clone(),
                before: None,
                now: Some(entry.value.clone()),
            });
        }
        changed
    }
}

/// The text that escaped HTML shows.
fn unescaped(html: &str) -> String {
    let marks = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    marks.iter().fold(html.to_owned(), |text, (escaped, mark)| text.replace(escaped, mark))
}

/// The cells of a row of a Markdown table, as they show.
fn cells(row: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut marks = row.trim_matches(' ').chars().skip(1);
    while let Some(c) = marks.next() {
        match c {
            '\\' => cells.last_mut().expect("there is always one").extend(marks.next()),
            '|' => cells.push(String::new()),
            c => cells.last_mut().expect("there is always one").push(c),
        }
    }
    cells.pop();
    cells.into_iter().map(|cell| cell.trim().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reports::tests::fixture;
    use crate::reports::{Rendered, render};

    fn rendered() -> Rendered {
        let mut page = fixture::page();
        let entries = |list: &[(&str, &str)]| -> Vec<(String, String)> {
            list.iter().map(|(label, value)| ((*label).to_owned(), (*value).to_owned())).collect()
        };
        page.provenance = vec![
            (
                label::RUN.to_owned(),
                entries(&[
                    (label::DAY, "2026-11-21"),
                    (label::COMMIT, "42"),
                    (label::STATE, "0123456789abcdef"),
                    (label::PROGRAM, "forecastle 0.1.0"),
                ]),
            ),
            (label::SOURCES.to_owned(), entries(&[("crm.deal_<b>|", "1 row & \"more\" | 'x'")])),
            (label::DEFINITIONS.to_owned(), entries(&[(label::TEMPLATE, "reports/my_report.md, 0123")])),
        ];
        match render(&fixture::template(fixture::EXECUTIVE), &fixture::data(), &page) {
            Ok(rendered) => rendered,
            Err(found) => panic!("{}", found.render(false)),
        }
    }

    #[test]
    fn both_formats_tell_the_same() {
        let rendered = rendered();
        let (html, markdown) = (Told::of_html(&rendered.html).unwrap(), Told::of_markdown(&rendered.markdown).unwrap());
        assert_eq!(html, markdown);
        assert_eq!((html.commit(), html.report()), (Some(42), Some("my_report")));
        assert_eq!(html.day(), Some("2026-11-21".parse().unwrap()));
        assert_eq!(html.value(label::SOURCES, "crm.deal_<b>|"), Some("1 row & \"more\" | 'x'"));
        assert_eq!(html.changed(&markdown), []);
        let other = Told::of_html(&rendered.html.replace("<dd>42</dd>", "<dd>43</dd>")).unwrap();
        let changed = Changed {
            is_source: false,
            label: label::COMMIT.to_owned(),
            before: Some("42".to_owned()),
            now: Some("43".to_owned()),
        };
        assert_eq!(html.changed(&other), [changed]);
    }

    #[test]
    fn what_is_no_report_tells_nothing() {
        let Rendered { html, markdown, .. } = rendered();
        for text in
            ["", "<h2 id=\"provenance\">", "\n## Provenance\n\n| a |\n|---|\n| b |\n", "# A note\n\n## Provenance\n"]
        {
            assert_eq!((Told::of_html(text), Told::of_markdown(text)), (None, None), "{text}");
        }
        assert_eq!(Told::of_html(&html.replace(label::TEMPLATE, "Shape")), None);
        assert_eq!(Told::of_markdown(&markdown.replace("reports/", "")), None);
    }
}
