//! What a user sets for all experiments: theme, keys, signs, the mouse. From a text, and back to one. Pure.
//!
//! A file that is wrong in any place is not used at all: half of somebody's keys would surprise more than those of everybody.

mod read;
mod write;

pub use read::read;
pub use write::{effective, template};

use super::actions::Keymap;
use super::theme::ThemeName;

/// A setting and where it was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chosen<T> {
    /// What was chosen.
    pub value: T,
    /// The line of the file; none where nobody said anything.
    pub line: Option<usize>,
}

impl<T> Chosen<T> {
    fn default(value: T) -> Self {
        Self { value, line: None }
    }
}

/// What a user has set.
#[derive(Debug, Clone)]
pub struct Config {
    /// The colours.
    pub theme: Chosen<ThemeName>,
    /// Draw with ASCII only, whatever the locale says.
    pub ascii: Chosen<bool>,
    /// Whether the mouse does something in the dashboard.
    pub mouse: Chosen<bool>,
    /// The keys.
    pub keymap: Keymap,
    /// The actions whose keys were set, and on which line.
    pub keys: Vec<(&'static str, usize)>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            theme: Chosen::default(ThemeName::Auto),
            ascii: Chosen::default(false),
            mouse: Chosen::default(true),
            keymap: Keymap::default(),
            keys: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests;
