//! `notifications` of a file.

use super::{Chosen, ChosenNotifications};
use crate::experiment::settings_file::{Complaints, Setting, SettingsFile};
use crate::text::nearest;
use crate::tui::notifications::{Occasion, ShowsProgress, Way};

const SETTINGS: [&str; 4] = ["on", "by", "title", "progress"];

/// Takes what is said there.
pub(super) fn take(
    file: &SettingsFile<'_>,
    value: Setting<'_>,
    chosen: &mut ChosenNotifications,
    complaints: &mut Complaints,
) {
    let Some(fields) = value.fields() else {
        if !value.is_empty() {
            let help = "write it as `notifications: {on: [done], by: [bell]}`".to_owned();
            let found = Some(format!("found {}", value.describe()));
            complaints.refuse(value, "`notifications` must be a map", found, Some(help));
        }
        return;
    };
    for (key, value) in fields {
        let line = Some(file.line(key));
        let name = key.text().unwrap_or_default();
        match name {
            "on" => {
                let words = Occasion::ALL.map(|occasion| (occasion.word(), occasion));
                if let Some(value) = list(key, value, &words, complaints) {
                    chosen.on = Chosen { value, line };
                }
            }
            "by" => {
                let words = Way::ALL.map(|way| (way.word(), way));
                if let Some(value) = list(key, value, &words, complaints) {
                    chosen.by = Chosen { value, line };
                }
            }
            "title" => match value.truth() {
                Some(value) => chosen.title = Chosen { value, line },
                None => refuse(key, value, "`title` must be `true` or `false`", None, complaints),
            },
            "progress" => {
                let is_word = |shows: &ShowsProgress| value.text() == Some(shows.word());
                let by_truth = value.truth().map(|is| if is { ShowsProgress::Always } else { ShowsProgress::Never });
                match by_truth.or_else(|| ShowsProgress::ALL.into_iter().find(is_word)) {
                    Some(value) => chosen.progress = Chosen { value, line },
                    None => refuse(key, value, "`progress` must be `auto`, `true` or `false`", None, complaints),
                }
            }
            _ => {
                let help = match nearest(name, SETTINGS) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "`notifications` has `on`, `by`, `title` and `progress`".to_owned(),
                };
                complaints.refuse(key, format!("unknown key `{name}`"), None, Some(help));
            }
        }
    }
}

/// One word or a list of them, which may be empty.
fn list<T: Copy>(
    key: Setting<'_>,
    value: Setting<'_>,
    words: &[(&'static str, T)],
    complaints: &mut Complaints,
) -> Option<Vec<T>> {
    let name = key.text().unwrap_or_default();
    let all = words.iter().map(|(word, _)| *word);
    if value.is_empty() {
        let help = format!("write `{name}: []` for none of {}", all.collect::<Vec<_>>().join(", "));
        complaints.refuse(key, format!("`{name}` says nothing"), None, Some(help));
        return None;
    }
    let mut chosen = Vec::new();
    let mut is_right = true;
    for item in value.items().unwrap_or_else(|| vec![value]) {
        if let Some((_, value)) = words.iter().find(|(word, _)| item.text() == Some(*word)) {
            chosen.push(*value);
            continue;
        }
        is_right = false;
        let help = match item.text().and_then(|text| nearest(text, all.clone())) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("it may be {}", all.clone().collect::<Vec<_>>().join(", ")),
        };
        refuse(key, item, &format!("this is nothing for `{name}`"), Some(help), complaints);
    }
    is_right.then_some(chosen)
}

fn refuse(key: Setting<'_>, value: Setting<'_>, message: &str, help: Option<String>, complaints: &mut Complaints) {
    let place = if value.is_empty() { key } else { value };
    complaints.refuse(place, message, Some(format!("found {}", value.describe())), help);
}
