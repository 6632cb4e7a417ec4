//! Filters that are given a name, and lose it. Such a filter is written `@name`, alone or among other words.

use super::column_menu::keep_choices;
use super::say::{Command, tell};
use super::typing;
use crate::protocol::filter::{NAMED, can_be_name};
use crate::text::{Safe, nearest};
use crate::tui::model::{Model, PromptKind};

/// Asks how the filter that is being typed is to be called.
pub(super) fn ask(model: &mut Model) {
    let text = model.list.filter().trim();
    if text.is_empty() {
        return tell(model, Safe::plain("there is no filter to name yet"), true);
    }
    if let Some(problem) = model.list.filter_problem() {
        let why = Safe::line(&problem.why);
        return tell(model, why, true);
    }
    let line = text.to_owned();
    // It is in effect, whether it gets a name or not.
    model.history.keep(PromptKind::ListFilter, &line);
    typing::ask_for(model, PromptKind::FilterName, String::new());
}

/// Gives the filter a name.
pub(super) fn name(model: &mut Model, typed: &str, commands: &mut Vec<Command>) {
    let again =
        |model: &mut Model, wrong: &str| typing::ask_again(model, PromptKind::FilterName, typed, Safe::line(wrong));
    let name = typed.trim().trim_start_matches(NAMED);
    if !can_be_name(name) {
        return again(model, "a name is of letters, digits, `-`, `_` and `.`");
    }
    let text = model.list.filter().trim().to_owned();
    let mut named = model.list.named_filters().clone();
    let before = named.insert(name.to_owned(), text.clone());
    let kept = model.list.named_filters().clone();
    model.list.name_filters(named, &model.columns);
    model.list.set_filter(&format!("{NAMED}{name}"), &model.columns);
    if let Some(problem) = model.list.filter_problem() {
        // It names itself, perhaps by way of others.
        let why = problem.why.clone();
        model.list.name_filters(kept, &model.columns);
        model.list.set_filter(&text, &model.columns);
        return again(model, &why);
    }
    keep_choices(model, commands);
    let told = match before.filter(|before| *before != text) {
        Some(before) => format!("{NAMED}{name} is now `{text}`; it was `{before}`"),
        None => format!("{NAMED}{name} is `{text}`"),
    };
    tell(model, Safe::line(&told), false);
}

/// Takes the name away from the filter whose name is the last word before the cursor, and puts what it means in its place.
pub(super) fn forget(model: &mut Model, commands: &mut Vec<Command>) {
    let Some(prompt) = model.prompt() else { return };
    let typed = prompt.input.value().to_owned();
    let end = typed.char_indices().nth(prompt.input.cursor()).map_or(typed.len(), |(at, _)| at);
    let before = typed.get(..end).unwrap_or_default();
    let start = before.rfind(char::is_whitespace).map_or(0, |at| at + 1);
    let named = model.list.named_filters();
    let word = before.get(start..).and_then(|word| word.strip_prefix(NAMED));
    let Some((name, text)) = word.and_then(|word| named.get_key_value(word)) else {
        let told = if named.is_empty() {
            "no filter has a name yet".to_owned()
        } else {
            format!("the cursor is behind no name of a filter; there are {NAMED}{}", nearest_or_all(word, named.keys()))
        };
        return tell(model, Safe::line(&told), true);
    };
    let (name, text) = (name.clone(), text.clone());
    let behind = typed.get(end..).unwrap_or_default();
    let mut left = named.clone();
    left.remove(&name);
    let rest = [before.get(..start).unwrap_or_default(), &text, behind].concat();
    model.list.name_filters(left, &model.columns);
    model.list.set_filter(&rest, &model.columns);
    typing::put(model, rest);
    keep_choices(model, commands);
    tell(model, Safe::line(&format!("{NAMED}{name} is forgotten; what it was stands here")), false);
}

/// The name that was perhaps meant, or all of them.
fn nearest_or_all<'n>(word: Option<&str>, names: impl Iterator<Item = &'n String> + Clone) -> String {
    let meant = word.and_then(|word| nearest(word, names.clone().map(String::as_str)));
    meant.map_or_else(|| names.cloned().collect::<Vec<_>>().join(&format!(" {NAMED}")), str::to_owned)
}
