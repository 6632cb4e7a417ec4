//! A [`Config`] as text: what holds now, and a file to begin with.

use std::fmt::Write as _;
use std::path::Path;

use super::Config;
use crate::tui::actions::{ACTIONS, Chord, Keymap};
use crate::tui::notifications::{Notifications, Occasion, Way};
use crate::tui::theme::ThemeName;

/// Columns before the remark where a setting comes from.
const SETTING: usize = 34;

/// What holds now, with where each setting comes from. It can be read as a configuration again.
pub fn effective(config: &Config, path: &Path, is_there: bool) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut text = format!("# {}{}\n", path.display(), if is_there { "" } else { " (there is no such file)" });
    let mut line = |setting: String, from: Option<usize>| {
        let from = from.map_or_else(|| "default".to_owned(), |line| format!("{name}:{line}"));
        // Writing to a string cannot fail.
        _ = writeln!(text, "{setting:<SETTING$} # {from}");
    };
    line(format!("theme: {}", config.theme.value.word()), config.theme.line);
    line(format!("ascii: {}", config.ascii.value), config.ascii.line);
    line(format!("mouse: {}", config.mouse.value), config.mouse.line);
    let notifications = &config.notifications;
    line("notifications:".to_owned(), None);
    line(format!("  on: [{}]", words(&notifications.on.value, Occasion::word)), notifications.on.line);
    line(format!("  by: [{}]", words(&notifications.by.value, Way::word)), notifications.by.line);
    line(format!("  title: {}", notifications.title.value), notifications.title.line);
    line(format!("  progress: {}", notifications.progress.value.word()), notifications.progress.line);
    line("keys:".to_owned(), None);
    for entry in ACTIONS {
        let from = config.keys.iter().find(|(name, _)| *name == entry.name).map(|(_, line)| *line);
        let keys: Vec<String> = config.keymap.keys_of(entry.name).iter().map(quoted).collect();
        line(format!("  {}: [{}]", entry.name, keys.join(", ")), from);
    }
    text
}

fn words<T: Copy>(values: &[T], word: impl Fn(T) -> &'static str) -> String {
    values.iter().map(|value| word(*value)).collect::<Vec<_>>().join(", ")
}

/// A key as YAML takes it for text, whatever sign it is.
fn quoted(chord: &Chord) -> String {
    let text = chord.to_string();
    let is_plain = text.chars().all(|c| c.is_ascii_alphanumeric() || c == '+') && !text.starts_with('+');
    // Alone they would be a truth value to some readers, or a number.
    let is_word = text.len() > 1;
    if is_plain && is_word { text } else { format!("'{}'", text.replace('\'', "''")) }
}

/// A file to begin with: all that can be set, as remarks, so that it changes nothing.
pub fn template() -> String {
    let themes: Vec<&str> = ThemeName::ALL.into_iter().map(ThemeName::word).collect();
    let Notifications { on, by, title, progress } = Notifications::default();
    let mut text = format!(
        "\
# What the dashboard of gem5-tui looks like and which keys it takes, for all experiments.
# Remove the `#` before what you want to change. `gem5-tui config check` tells what is wrong with it,
# and `gem5-tui config` what holds.

# One of {}. `auto` asks the terminal for its background.
# theme: auto

# Draw with ASCII only, whatever the locale says.
# ascii: false

# Click, wheel and drag in the dashboard. Without, the terminal has the mouse for itself.
# mouse: true

# How you are told while you do not look. `on`: done, failed, notice (a full disk, a queue paused by failures).
# `by`: bell, osc9, osc777 (messages of the desktop, where the terminal knows them). `title` is that of the window;
# `progress` shows on tabs and task bars, by `auto` in terminals that are known to have it.
# notifications:
#   on: [{on}]
#   by: [{by}]
#   title: {title}
#   progress: {progress}

# Keys of actions, in place of those that they have: one, or a list, which may be empty.
# A key is written as `x`, `G`, `space`, `f5`, `ctrl+d` or `alt+enter`; signs stand in quotes.
# keys:
",
        themes.join(", "),
        on = words(&on, Occasion::word),
        by = words(&by, Way::word),
        progress = progress.word(),
    );
    let keymap = Keymap::default();
    for entry in ACTIONS {
        let keys: Vec<String> = keymap.keys_of(entry.name).iter().map(quoted).collect();
        _ = writeln!(text, "#   {:<30} # {}", format!("{}: [{}]", entry.name, keys.join(", ")), entry.help);
    }
    text
}
