//! `banner`: a sentence that must not be overlooked.

use minijinja::Error;

use super::Settings;
use crate::reports::arguments::Arguments;
use crate::reports::block::{Block, Notice, NoticeKind};

pub fn build(arguments: &Arguments, _: &Settings) -> Result<Block, Error> {
    let kind = arguments.choice("kind")?.and_then(NoticeKind::parse).unwrap_or(NoticeKind::Info);
    Ok(Block::Notice(Notice { kind, text: arguments.first_text()? }))
}
