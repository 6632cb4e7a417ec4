//! The search in the log.

use super::say::tell;
use super::scroll;
use crate::rundir::LinePattern;
use crate::text::Safe;
use crate::tui::actions::Action;
use crate::tui::layout::Areas;
use crate::tui::model::log::{Found, first_visible, moved};
use crate::tui::model::{Model, Search};
use crate::tui::reading::{LogLine, SearchRequest, Sought};

/// Begins a search at what is visible. The text is a regular expression if it is one, and else taken literally;
/// capitals make it case-sensitive.
pub(super) fn start_search(model: &mut Model, text: &str) {
    if text.is_empty() {
        forget_search(model);
        return;
    }
    let any_case = !text.chars().any(char::is_uppercase);
    let build = |pattern: &str| LinePattern::new(pattern, any_case, LinePattern::USUAL_SIZE);
    let Ok(pattern) = build(text).or_else(|_| build(&regex::escape(text))) else {
        return tell(model, Safe::plain("this pattern is too large"), true);
    };
    model.log.search = Some(Search { text: Safe::line(text), pattern, found: Found::Unknown });
    let from = visible_offset(model);
    request_search(model, (from, false), true);
}

/// Forgets what was searched for, and looks for no line any more.
pub(super) fn forget_search(model: &mut Model) {
    model.log.search = None;
    model.log.seeking = None;
}

/// The lines that are on the screen, in whole or in part.
pub(super) fn visible_lines(model: &Model) -> &[LogLine] {
    let inner = Areas::of(model).detail_inner();
    let (width, height) = (usize::from(inner.width), usize::from(inner.height));
    let log = &model.log;
    let Some(reading) = &log.reading else { return &[] };
    let first = first_visible(log, reading, width, height);
    let (last, _) = moved(log, reading, first, height.saturating_sub(1).cast_signed(), width);
    reading.lines.get(first.0..=last).unwrap_or_default()
}

/// Where the first visible line begins.
fn visible_offset(model: &Model) -> u64 {
    visible_lines(model).first().map_or(0, |line| line.offset)
}

pub(super) fn next_match(model: &mut Model, forward: bool) {
    let Some(search) = &model.log.search else {
        let find = model.key(Action::Find);
        return tell(model, Safe::line(&format!("nothing was searched for; {find} begins a search")), true);
    };
    let from = match search.line() {
        // The line that was found must not be found again.
        Some(found) => (found, true),
        None => (visible_offset(model), false),
    };
    request_search(model, from, forward);
}

fn request_search(model: &mut Model, (from, after): (u64, bool), forward: bool) {
    // The end would run away from what is being looked for.
    scroll::stay(model);
    let Some(search) = &model.log.search else { return };
    let pattern = search.pattern.clone();
    model.log.seek(Sought::Match(SearchRequest { pattern, from, forward, after }));
}

/// A search has ended.
pub(super) fn search_ended(model: &mut Model, line: Option<u64>, wrapped: bool) {
    let Some(search) = &mut model.log.search else { return };
    let text = search.text.clone();
    if let Some(line) = line {
        search.found = Found::Line(line);
        scroll::centre(model, line);
        if wrapped {
            tell(model, Safe::plain("the search went around the end of the file"), false);
        }
    } else {
        search.found = Found::Nothing;
        tell(model, Safe::line(&format!("no line matches `{text}`")), true);
    }
}
