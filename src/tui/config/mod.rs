//! What a user sets for all experiments: theme, keys, signs, the mouse, notifications. From a text, and back to one. Pure.
//!
//! A file that is wrong in any place is not used at all: half of somebody's keys would surprise more than those of everybody.

mod notifications;
mod read;
mod write;

pub use read::read;
pub use write::{effective, template};

use super::actions::Keymap;
use super::notifications::{Notifications, Occasion, ShowsProgress, Way};
use super::theme::ThemeName;

/// A setting and where it was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chosen<T> {
    /// What was chosen.
    pub value: T,
    /// The line of the file; none where nobody said anything.
    pub line: Option<usize>,
}

/// What a user has set of notifications.
#[derive(Debug, Clone)]
pub struct ChosenNotifications {
    /// What is worth a call.
    pub on: Chosen<Vec<Occasion>>,
    /// How it is made.
    pub by: Chosen<Vec<Way>>,
    /// Whether the window's title tells how far the sweep is.
    pub title: Chosen<bool>,
    /// Whether the terminal shows it as progress.
    pub progress: Chosen<ShowsProgress>,
}

impl ChosenNotifications {
    /// What was set, without the places.
    pub fn value(&self) -> Notifications {
        Notifications {
            on: self.on.value.clone(),
            by: self.by.value.clone(),
            title: self.title.value,
            progress: self.progress.value,
        }
    }
}

impl Default for ChosenNotifications {
    fn default() -> Self {
        let Notifications { on, by, title, progress } = Notifications::default();
        Self {
            on: Chosen::default(on),
            by: Chosen::default(by),
            title: Chosen::default(title),
            progress: Chosen::default(progress),
        }
    }
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
    /// How somebody is told who does not look.
    pub notifications: ChosenNotifications,
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
            notifications: ChosenNotifications::default(),
            keymap: Keymap::default(),
            keys: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests;
