//! What the components make and the backends write: key figures, figures with their data, tables, notices. Text in
//! them is plain and clean; each backend escapes it.

use serde::{Deserialize, Serialize};

use super::format::Unit;
use super::number::Number;
use super::scene::Scene;
use super::sheet::Sheet;
use super::standing::MainFigure;

/// One thing on a page.
#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    Kpi(Kpi),
    Figure(Figure),
    Table(Listing),
    Notice(Notice),
    Pages(Vec<PageLink>),
}

/// Whether something is good news.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Plain,
    Good,
    Bad,
    Muted,
}

/// A key figure with what it is compared to.
#[derive(Debug, Clone, PartialEq)]
pub struct Kpi {
    pub label: String,
    pub definition: Option<String>,
    pub value: String,
    pub unit: String,
    /// The value before it was rounded, and what it is counted in.
    pub exact: Option<Number>,
    pub counted_in: Unit,
    pub deltas: Vec<Delta>,
    pub trend: Option<Trend>,
    /// `n = 725`, `95 % interval 24.1 to 30.9`.
    pub notes: Vec<String>,
    pub thin: bool,
    /// The value for whoever tells of the page; `None` where there is none.
    pub figure: Option<MainFigure>,
}

/// A difference: `▼ ΔPL −0.4 (−10.5 %)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delta {
    pub reference: String,
    pub difference: String,
    pub relative: Option<String>,
    pub glyph: char,
    pub tone: Tone,
}

/// A small line without axes.
#[derive(Debug, Clone, PartialEq)]
pub struct Trend {
    pub scene: Scene,
    pub says: String,
    /// The same in block characters, for text.
    pub characters: String,
}

/// Who; measure in unit; when.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Title {
    pub who: Option<String>,
    pub measure: String,
    pub when: Option<String>,
}

/// A chart with its sentence and its numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    pub id: String,
    pub message: String,
    pub title: Title,
    pub definition: Option<String>,
    /// What a screen reader says beside the message.
    pub says: String,
    pub wide: Scene,
    pub narrow: Scene,
    pub notes: Vec<String>,
    pub data: Grid,
    pub sheet: Sheet,
}

/// A table of its own.
#[derive(Debug, Clone, PartialEq)]
pub struct Listing {
    pub id: String,
    pub message: Option<String>,
    pub title: Title,
    pub definition: Option<String>,
    pub notes: Vec<String>,
    pub grid: Grid,
    pub sortable: bool,
    pub sheet: Sheet,
}

/// A page of its own in a folder below.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageLink {
    pub folder: String,
    pub title: String,
    pub headline: String,
}

/// A sentence that must not be overlooked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    pub kind: NoticeKind,
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeKind {
    Info,
    Good,
    Warn,
    Bad,
}

impl NoticeKind {
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "info" => NoticeKind::Info,
            "good" => NoticeKind::Good,
            "warn" => NoticeKind::Warn,
            "bad" => NoticeKind::Bad,
            _ => return None,
        })
    }
}

/// Rows and columns of words.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Grid {
    pub columns: Vec<Heading>,
    /// Each row has a cell for each column; the first names the row.
    pub rows: Vec<Vec<Entry>>,
    pub total: Option<Vec<Entry>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    pub label: String,
    /// Numbers stand to the right.
    pub right: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub text: String,
    /// What the entry sorts by, where that is not its text.
    pub rank: Option<Number>,
    pub tone: Tone,
}

impl Entry {
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), rank: None, tone: Tone::Plain }
    }

    pub fn ranked(text: impl Into<String>, rank: Option<Number>) -> Self {
        Self { text: text.into(), rank, tone: Tone::Plain }
    }

    pub fn toned(self, tone: Tone) -> Self {
        Self { tone, ..self }
    }
}

impl Heading {
    pub fn left(label: impl Into<String>) -> Self {
        Self { label: label.into(), right: false }
    }

    pub fn right(label: impl Into<String>) -> Self {
        Self { label: label.into(), right: true }
    }
}

/// Which way is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Good {
    #[default]
    Up,
    Down,
    /// Neither: differences stay grey.
    None,
}

impl Good {
    /// `up`, `down`, `none`; up when nothing is said.
    pub fn parse(name: Option<&str>) -> Self {
        match name {
            Some("down") => Good::Down,
            Some("none") => Good::None,
            _ => Good::Up,
        }
    }

    /// What a difference means; one that shows as zero means nothing.
    pub fn tone(self, difference: Number, is_nothing: bool) -> Tone {
        match (self, difference.is_negative()) {
            _ if is_nothing || difference.is_zero() => Tone::Muted,
            (Good::None, _) => Tone::Plain,
            (Good::Up, false) | (Good::Down, true) => Tone::Good,
            (Good::Up, true) | (Good::Down, false) => Tone::Bad,
        }
    }
}

/// The sign of a difference beside its colour.
pub fn glyph(difference: Number, is_nothing: bool) -> char {
    match difference.is_negative() {
        _ if is_nothing || difference.is_zero() => '●',
        true => '▼',
        false => '▲',
    }
}
