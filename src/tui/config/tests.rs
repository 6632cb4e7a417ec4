//! Files as people write them.

use super::{Config, effective, read, template};
use crate::tui::actions::{Action, Context, Keymap};
use crate::tui::notifications::{Notifications, Occasion, ShowsProgress};
use crate::tui::theme::ThemeName;

/// What is wrong with a text, in lines; nothing if it can be used.
fn wrong(text: &str) -> String {
    match read(text, "config.yaml") {
        Ok(_) => String::new(),
        Err(diagnostics) => diagnostics.lines().iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
    }
}

fn right(text: &str) -> Config {
    read(text, "config.yaml").unwrap_or_else(|_| panic!("{}", wrong(text))).0
}

#[test]
fn what_is_said_holds_and_the_rest_is_as_it_was() {
    let config = right("theme: light\nkeys:\n  cancel: [Q, delete]\n  mark: M\nascii: true\n");
    assert_eq!((config.theme.value, config.theme.line), (ThemeName::Light, Some(1)));
    assert_eq!((config.ascii.value, config.ascii.line), (true, Some(5)));
    assert_eq!((config.mouse.value, config.mouse.line), (true, None));
    let without = right("mouse: false");
    assert_eq!((without.mouse.value, without.mouse.line), (false, Some(1)));
    assert!(effective(&without, std::path::Path::new("/x"), true).contains("mouse: false"));
    let show = |action| config.keymap.word(&[Context::Everywhere], action, true);
    assert_eq!((show(Action::Cancel).as_str(), show(Action::Mark).as_str()), ("Q", "M"));
    assert_eq!(show(Action::Retry), Keymap::default().word(&[], Action::Retry, true));
    for nothing in ["", "# nothing\n", "keys:\n"] {
        assert_eq!(right(nothing).theme.value, ThemeName::Auto, "{nothing:?}");
    }
}

#[test]
fn notifications_are_one_word_or_a_list_which_may_be_empty() {
    let said = right("notifications: {on: failed, by: [], title: false, progress: true}").notifications.value();
    assert!(said.on == [Occasion::Failed] && said.by.is_empty() && !said.title);
    assert_eq!(said.progress, ShowsProgress::Always);
    let config = right("notifications:\n  on: [done, notice]\n  progress: auto\n");
    assert_eq!((config.notifications.on.line, config.notifications.by.line), (Some(2), None));
    let text = effective(&config, std::path::Path::new("/x"), true);
    assert_eq!(right(&text).notifications.value(), config.notifications.value());
}

#[test]
fn an_action_without_a_key_is_asked_for_by_its_name() {
    let config = right("keys: {cancel: []}");
    assert_eq!(config.keymap.word(&[Context::Everywhere], Action::Cancel, true), ":cancel");
    assert_eq!(config.keymap.key(Context::Everywhere, Action::Cancel), None);
}

#[test]
fn what_is_wrong_is_told_with_its_place_and_what_is_meant() {
    for (text, place, word) in [
        ("thme: dark", "1:1", "`theme`"),
        ("colors: dark", "1:1", "`theme`"),
        ("theme: drak", "1:8", "`dark`"),
        ("theme:", "1:1", "auto"),
        ("ascii: on", "1:8", "`true`"),
        ("mouse: off", "1:8", "`mouse`"),
        ("notify: [done]", "1:1", "`notifications`"),
        ("notifications: [done]", "1:16", "map"),
        ("notifications: {in: done}", "1:17", "`on`"),
        ("notifications: {on: dne}", "1:21", "`done`"),
        ("notifications:\n  by: [bell, osc7777]", "2:14", "`osc777`"),
        ("notifications:\n  by:", "2:3", "by: []"),
        ("notifications: {title: 1}", "1:24", "`true`"),
        ("notifications: {progress: maybe}", "1:27", "`auto`"),
        ("keys: {cancle: C}", "1:8", "`cancel`"),
        ("keys: {C: cancel}", "1:8", "cancel: [\"C\"]"),
        ("keys:\n  cancel: [Ctrl-x]", "2:12", "`ctrl+d`"),
        ("keys:\n  cancel:", "2:3", "[]"),
        ("cancel: x", "1:1", "keys: {cancel: [x]}"),
        ("theme: dark\ntheme: light", "2:1", "twice"),
        ("keys: [x]", "1:7", "map"),
        ("- theme", "1:1", "map"),
        ("theme: [", "1:8", ""),
    ] {
        let wrong = wrong(text);
        assert!(wrong.starts_with(&format!("config.yaml:{place}:")) && wrong.contains(word), "{text}: {wrong}");
    }
}

#[test]
fn one_key_for_two_actions_in_one_place_is_refused_and_both_are_named() {
    let told = wrong("keys:\n  cancel: r\n");
    assert!(told.contains("2:3") && told.contains("`cancel`") && told.contains("`retry`"), "{told}");
    let told = wrong("keys:\n  cancel: X\n  pause: X\n");
    assert!(told.contains("3:3") && told.contains("`cancel`") && told.contains("`pause`"), "{told}");
    // They may change places.
    let config = right("keys:\n  cancel: r\n  retry: c\n");
    assert_eq!(config.keymap.word(&[Context::Everywhere], Action::Retry, true), "c");
    // In places that are never together one key may mean two things.
    right("keys: {follow: t}");
}

#[test]
fn a_key_that_means_something_else_further_inside_is_doubted() {
    let (_, doubts) = read("keys: {cancel: f}", "config.yaml").expect("it can be used");
    let doubts: Vec<String> = doubts.lines().iter().map(ToString::to_string).collect();
    assert!(doubts.iter().any(|line| line.contains("`follow`") && line.contains("Log")), "{doubts:?}");
    assert!(read("keys: {cancel: Q}", "config.yaml").expect("it can be used").1.is_empty());
}

#[test]
fn nobody_can_lock_themselves_in() {
    assert!(wrong("keys: {quit: [], leave: []}").contains("leave the dashboard"));
    assert!(wrong("keys: {close: []}").contains("close a dialog"));
    right("keys: {quit: []}");
}

#[test]
fn what_holds_is_written_so_that_it_is_read_as_the_same() {
    let config = right("theme: contrast\nkeys: {cancel: [\"'\", '\"', '\\'], retry: [f5, ctrl+r]}");
    let text = effective(&config, std::path::Path::new("/home/ada/config.yaml"), true);
    let again = right(&text);
    assert_eq!(again.theme.value, ThemeName::Contrast);
    for entry in crate::tui::actions::ACTIONS {
        assert_eq!(again.keymap.keys_of(entry.name), config.keymap.keys_of(entry.name), "{}", entry.name);
    }
    assert!(text.contains("# config.yaml:1") && text.contains("# default"), "{text}");
}

#[test]
fn the_file_to_begin_with_changes_nothing_until_its_marks_are_removed() {
    let before = right(&template());
    assert!(before.keys.is_empty() && before.theme.line.is_none());
    // Without the marks each line is what holds by default.
    let lines = |line: &str| {
        let bare = line.strip_prefix("# ").or(line.strip_prefix('#'))?;
        let is_setting = bare.starts_with("theme:")
            || bare.starts_with("ascii:")
            || bare.starts_with("mouse:")
            || bare.starts_with("notifications:")
            || bare.starts_with("keys:")
            || bare.starts_with("  ");
        is_setting.then(|| bare.to_owned())
    };
    let bare: Vec<String> = template().lines().filter_map(lines).collect();
    let all = right(&bare.join("\n"));
    assert!(all.notifications.on.line.is_some() && all.notifications.progress.line.is_some());
    assert_eq!(all.notifications.value(), Notifications::default());
    assert_eq!(all.keys.len(), crate::tui::actions::ACTIONS.len());
    assert!(all.keymap.clashes().is_empty());
}
