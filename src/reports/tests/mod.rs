//! Whole reports: an executive one, hostile text in every place, mistakes in templates, and scenes.

mod analysis;
mod checking;
mod files;
pub mod fixture;
mod hostile;
mod language;
mod page;
mod pages;
mod reference;
mod scenes;
