//! From the text of a file to a [`Config`], or to all that is wrong with it.

use super::{Chosen, Config, notifications};
use crate::diagnostic::Diagnostics;
use crate::experiment::settings_file::{Complaints, Setting, SettingsFile};
use crate::text::nearest;
use crate::tui::actions::{ACTIONS, Chord, Keymap};
use crate::tui::theme::ThemeName;

/// The keys of the file.
const SETTINGS: [&str; 5] = ["theme", "ascii", "mouse", "notifications", "keys"];

/// Actions without which nobody could get out of something.
const NEEDED: [(&[&str], &str); 3] = [
    (&["quit", "leave"], "nothing would leave the dashboard"),
    (&["close"], "nothing would close a dialog"),
    (&["accept"], "nothing would choose in a dialog"),
];

/// Reads the text of the file that is called `shown`. With what is probably not meant so.
///
/// # Errors
/// Everything that is wrong with it.
pub fn read(text: &str, shown: &str) -> Result<(Config, Diagnostics), Diagnostics> {
    let mut complaints = Complaints::default();
    let file = SettingsFile::parse(text, shown, &mut complaints)?;
    let mut config = Config::default();
    let root = file.root();
    match root.fields() {
        Some(fields) => {
            for (key, value) in fields {
                take(&file, key, value, &mut config, &mut complaints);
            }
        }
        // All of it may be comments.
        None if root.is_empty() => {}
        None => complaints.refuse(
            root,
            "the configuration must be a map",
            Some(format!("found {}", root.describe())),
            Some("write it as `theme: dark`".to_owned()),
        ),
    }
    let (diagnostics, is_usable) = file.complete(complaints);
    if is_usable { Ok((config, diagnostics)) } else { Err(diagnostics) }
}

fn take(
    file: &SettingsFile<'_>,
    key: Setting<'_>,
    value: Setting<'_>,
    config: &mut Config,
    complaints: &mut Complaints,
) {
    let line = Some(file.line(key));
    let name = key.text().unwrap_or_default();
    match name {
        "theme" => {
            let named = value.text().and_then(|text| ThemeName::ALL.into_iter().find(|theme| theme.word() == text));
            match named {
                Some(value) => config.theme = Chosen { value, line },
                None => refuse_theme(key, value, complaints),
            }
        }
        "ascii" | "mouse" => {
            let place = if value.is_empty() { key } else { value };
            let Some(value) = value.truth() else {
                let found = format!("found {}", value.describe());
                return complaints.refuse(place, format!("`{name}` must be `true` or `false`"), Some(found), None);
            };
            let setting = if name == "ascii" { &mut config.ascii } else { &mut config.mouse };
            *setting = Chosen { value, line };
        }
        "notifications" => notifications::take(file, value, &mut config.notifications, complaints),
        "keys" => take_keys(file, key, value, config, complaints),
        _ => {
            let near = nearest(name, SETTINGS).or_else(|| meant_by_others(name));
            let help = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None if is_action(name) => format!("keys stand under `keys`, as in `keys: {{{name}: [x]}}`"),
                None => "the settings are `theme`, `ascii`, `mouse`, `notifications` and `keys`".to_owned(),
            };
            complaints.refuse(key, format!("unknown key `{name}`"), None, Some(help));
        }
    }
}

/// Words that other programs use.
fn meant_by_others(name: &str) -> Option<&'static str> {
    match name.to_lowercase().replace('-', "_").as_str() {
        "colors" | "colours" | "colorscheme" | "color_scheme" | "color" | "colour" | "style" => Some("theme"),
        "notify" | "notification" | "alerts" | "bell" | "title" => Some("notifications"),
        "keymap" | "keybindings" | "bindings" | "key_bindings" | "keybinds" | "map" => Some("keys"),
        _ => None,
    }
}

fn is_action(name: &str) -> bool {
    ACTIONS.iter().any(|entry| entry.name == name)
}

fn refuse_theme(key: Setting<'_>, value: Setting<'_>, complaints: &mut Complaints) {
    let words: Vec<&str> = ThemeName::ALL.into_iter().map(ThemeName::word).collect();
    let near = value.text().and_then(|text| nearest(text, words.iter().copied()));
    let help = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("the themes are {}", words.join(", ")),
    };
    let place = if value.is_empty() { key } else { value };
    complaints.refuse(place, "there is no such theme", Some(format!("found {}", value.describe())), Some(help));
}

/// What was said of one action.
struct Change<'f> {
    name: &'static str,
    at: Setting<'f>,
}

fn take_keys(
    file: &SettingsFile<'_>,
    key: Setting<'_>,
    value: Setting<'_>,
    config: &mut Config,
    complaints: &mut Complaints,
) {
    let Some(fields) = value.fields() else {
        if !value.is_empty() {
            let help = "write it as `keys: {cancel: [X, delete]}`".to_owned();
            complaints.refuse(value, "`keys` must be a map", Some(format!("found {}", value.describe())), Some(help));
        }
        return;
    };
    let mut changes: Vec<Change<'_>> = Vec::new();
    for (action, keys) in fields {
        let name = action.text().unwrap_or_default();
        let Some(entry) = ACTIONS.iter().find(|entry| entry.name == name) else {
            refuse_action(action, name, complaints);
            continue;
        };
        let Some(chords) = chords(action, keys, complaints) else { continue };
        config.keymap.rebind(entry.name, &chords);
        config.keys.push((entry.name, file.line(action)));
        changes.push(Change { name: entry.name, at: action });
    }
    for (names, consequence) in NEEDED {
        if names.iter().all(|name| !config.keymap.has_key(name)) {
            let last = changes.iter().rev().find(|change| names.contains(&change.name));
            let help = "leave it one key".to_owned();
            complaints.refuse(last.map_or(key, |change| change.at), consequence, None, Some(help));
        }
    }
    complain_of_clashes(&config.keymap, key, &changes, complaints);
}

fn refuse_action(at: Setting<'_>, name: &str, complaints: &mut Complaints) {
    let by_title = || ACTIONS.iter().find(|entry| entry.title == name).map(|entry| entry.name);
    let near = nearest(name, ACTIONS.iter().map(|entry| entry.name)).or_else(by_title);
    let is_key = name.parse::<Chord>().is_ok();
    let help = match near {
        _ if is_key => format!("the action stands first, and its keys behind it: `cancel: [\"{name}\"]`"),
        Some(near) => format!("did you mean `{near}`?"),
        None => "`gem5-tui config` lists the names of all actions".to_owned(),
    };
    complaints.refuse(at, format!("there is no action `{name}`"), None, Some(help));
}

/// The keys of one action: one, or a list, which may be empty.
fn chords(action: Setting<'_>, keys: Setting<'_>, complaints: &mut Complaints) -> Option<Vec<Chord>> {
    if keys.is_empty() {
        let name = action.text().unwrap_or_default();
        let help = format!("write `{name}: []` to leave it without one");
        complaints.refuse(action, format!("`{name}` has no key"), None, Some(help));
        return None;
    }
    let items = keys.items().unwrap_or_else(|| vec![keys]);
    let mut chords = Vec::new();
    let mut is_right = true;
    for item in items {
        match item.text().map(str::parse::<Chord>) {
            Some(Ok(chord)) => chords.push(chord),
            Some(Err(error)) => {
                is_right = false;
                complaints.refuse(item, error.to_string(), None, None);
            }
            None => {
                is_right = false;
                let help = "a sign that means something in YAML stands in quotes: `[\":\", \"?\"]`".to_owned();
                complaints.refuse(item, "this is no key", Some(format!("found {}", item.describe())), Some(help));
            }
        }
    }
    is_right.then_some(chords)
}

/// One key for two actions in one place, and one that is hidden by another where the user is further inside.
fn complain_of_clashes(keymap: &Keymap, key: Setting<'_>, changes: &[Change<'_>], complaints: &mut Complaints) {
    let said = |name: &str| changes.iter().find(|change| change.name == name).map(|change| change.at);
    for clash in keymap.clashes() {
        let (first, second) = (clash.first, clash.second);
        let place = clash.context.heading();
        let message = format!("`{}` would ask for both `{first}` and `{second}` ({place})", clash.chord);
        let (at, other) = match (said(first), said(second)) {
            (Some(first), Some(second)) => (second, Some(first)),
            (Some(at), None) | (None, Some(at)) => (at, None),
            (None, None) => (key, None),
        };
        let changed = if said(first).is_some() { second } else { first };
        let help = format!("give `{changed}` another key, as in `{changed}: [x]`, or none: `{changed}: []`");
        complaints.refuse_both(at, other, message, help);
    }
    for change in changes {
        for (chord, context, inner) in keymap.hidden(change.name) {
            let message =
                format!("`{chord}` asks for `{inner}` in {}, and not for `{}`", context.heading(), change.name);
            complaints.doubt(change.at, message, format!("there `:{}` asks for it", change.name));
        }
    }
}
