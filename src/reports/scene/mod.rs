//! Charts as marks: takes numbers and labels, gives scenes that every backend draws alike.
//!
//! A scene is a drawing of a fixed size in pixels. Each mark says what it means (`Ink`, `Voice`), never how it is
//! coloured; `palette` knows the colours. Money becomes `f64` here, as pixels, and nowhere before.

pub mod axis;
pub mod bars;
pub mod bullet;
pub mod columns;
pub mod funnel;
pub mod heat;
pub mod line;
pub mod palette;
mod period;
pub mod quadrant;
pub mod reliability;
pub mod sparkline;
pub mod text;
pub mod waterfall;

/// A drawing.
#[derive(Debug, Clone, PartialEq)]
pub struct Scene {
    pub width: f64,
    pub height: f64,
    /// The size of all text, in pixels.
    pub text_size: f64,
    pub marks: Vec<Mark>,
}

/// What a shape means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Ink {
    Actual,
    Previous,
    Plan,
    Forecast,
    Good,
    Bad,
    Neutral,
    GoodForecast,
    BadForecast,
    NeutralForecast,
    /// Where numbers begin.
    Axis,
    Grid,
    /// Between the bars of a waterfall.
    Connector,
    /// How far a number may be off.
    Interval,
    IntervalBand,
    /// A narrower interval inside of another.
    InnerBand,
    /// A value to hold the others against.
    Reference,
    /// Another measure beside the first.
    Second,
    ForecastBegins,
    /// Nothing, under a label that would be hard to read otherwise.
    Paper,
    /// A line on a bar of what happened.
    OnActual,
    /// The ground of what is bad.
    BadGround,
    /// The ground of a range, by its step: 0 is the worst.
    Range(u8),
    /// The ground of a cell, by its step on the scale: 0 is the lowest.
    Heat(u8),
}

/// How text speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Voice {
    Plain,
    Strong,
    Muted,
    Good,
    Bad,
    /// On a bar of `Ink::Actual`, or on a strong step of `Ink::Heat`.
    OnActual,
    /// On a faint step of `Ink::Heat`.
    OnFaint,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    Start,
    Middle,
    End,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Mark {
    Box { x: f64, y: f64, width: f64, height: f64, ink: Ink },
    Rule { from: (f64, f64), to: (f64, f64), ink: Ink },
    Path { points: Vec<(f64, f64)>, ink: Ink },
    Area { points: Vec<(f64, f64)>, ink: Ink },
    Dot { at: (f64, f64), radius: f64, ink: Ink },
    Text { at: (f64, f64), words: String, anchor: Anchor, voice: Voice },
}

/// The two sizes that every chart is drawn in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Width {
    Wide,
    /// For phones.
    Narrow,
}

impl Width {
    pub fn pixels(self) -> f64 {
        match self {
            Width::Wide => 720.0,
            Width::Narrow => 340.0,
        }
    }

    /// Text stays above 11 pixels when the wide drawing is shown at 690 and the narrow one at 290.
    pub fn text_size(self) -> f64 {
        match self {
            Width::Wide => 12.0,
            Width::Narrow => 13.0,
        }
    }
}

impl Scene {
    pub fn new(width: Width) -> Self {
        Self { width: width.pixels(), height: 0.0, text_size: width.text_size(), marks: Vec::new() }
    }

    pub fn rectangle(&mut self, x: f64, y: f64, width: f64, height: f64, ink: Ink) {
        self.marks.push(Mark::Box { x, y, width, height, ink });
    }

    pub fn rule(&mut self, from: (f64, f64), to: (f64, f64), ink: Ink) {
        self.marks.push(Mark::Rule { from, to, ink });
    }

    pub fn words(&mut self, at: (f64, f64), words: impl Into<String>, anchor: Anchor, voice: Voice) {
        self.marks.push(Mark::Text { at, words: words.into(), anchor, voice });
    }

    /// A line through points; fewer than two are none.
    pub fn path(&mut self, points: Vec<(f64, f64)>, ink: Ink) {
        if points.len() > 1 {
            self.marks.push(Mark::Path { points, ink });
        }
    }

    /// The width of a text in this scene's size.
    pub fn measure(&self, words: &str) -> f64 {
        text::width(words) * self.text_size
    }

    /// The width of the widest of texts.
    pub fn widest<T: AsRef<str>>(&self, texts: impl IntoIterator<Item = T>) -> f64 {
        texts.into_iter().map(|text| self.measure(text.as_ref())).fold(0.0, f64::max)
    }

    /// A text cut to a width.
    pub fn fit(&self, words: &str, width: f64) -> String {
        text::fit(words, width / self.text_size)
    }

    /// A row of signs with their names from the left at `y`; gives the height it took.
    pub fn legend(&mut self, y: f64, signs: &[(Ink, String)]) -> f64 {
        let line = self.text_size + 8.0;
        let (mut x, mut baseline) = (0.0, y + self.text_size);
        for (ink, name) in signs {
            let name = self.fit(name, self.width - 20.0);
            let width = 18.0 + self.measure(&name);
            if x > 0.0 && x + width > self.width {
                x = 0.0;
                baseline += line;
            }
            match ink {
                Ink::Interval | Ink::Reference => {
                    self.rule((x, baseline - 4.0), (x + 12.0, baseline - 4.0), *ink);
                }
                _ => self.rectangle(x, baseline - 10.0, 12.0, 11.0, *ink),
            }
            self.words((x + 17.0, baseline), name, Anchor::Start, Voice::Muted);
            x += width + 18.0;
        }
        if signs.is_empty() { 0.0 } else { baseline - y + 8.0 }
    }
}
