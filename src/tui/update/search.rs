//! The search in the log.

use std::sync::LazyLock;

use super::say::tell;
use super::scroll;
use crate::rundir::LinePattern;
use crate::text::Safe;
use crate::tui::actions::Action;
use crate::tui::model::log::{Found, line_at};
use crate::tui::model::{Model, PromptKind, Search};
use crate::tui::reading::{SearchRequest, Sought, TallyReading, Top};

/// What lines look like that warn or tell of an error, and some others; each is looked at closely when it is found.
static SEVERE: LazyLock<LinePattern> = LazyLock::new(|| {
    let pattern = "hack:|warn:|fatal:|panic:|error:|Error|Exception|Interrupt|SystemExit|Warning| not found|^invalid debug flag|can't open file";
    LinePattern::new(pattern, false, LinePattern::USUAL_SIZE).expect("the pattern is one, as a test checks")
});

/// The question what to search for.
pub(super) fn prompt(backwards: bool) -> PromptKind {
    PromptKind::LogSearch { backwards, is_literal: false }
}

/// What a text means: a regular expression if it is one, and else itself. Capitals make it case-sensitive. None if it is too large.
pub(super) fn compile(text: &str) -> Option<LinePattern> {
    expression(text, text).or_else(|| expression(&regex::escape(text), text))
}

/// What a text means that may stand for itself.
pub(super) fn pattern(text: &str, is_literal: bool) -> Option<LinePattern> {
    if is_literal { expression(&regex::escape(text), text) } else { compile(text) }
}

fn expression(pattern: &str, typed: &str) -> Option<LinePattern> {
    let any_case = !typed.chars().any(char::is_uppercase);
    LinePattern::new(pattern, any_case, LinePattern::USUAL_SIZE).ok()
}

/// Begins a search at what is visible.
pub(super) fn start_search(model: &mut Model, text: &str, backwards: bool, is_literal: bool) {
    if text.is_empty() {
        forget_search(model);
        return;
    }
    let Some(pattern) = pattern(text, is_literal) else {
        return tell(model, Safe::plain("this pattern is too large"), true);
    };
    let from = if backwards { before(model) } else { visible_offset(model) };
    stand_at(model, Safe::line(text), pattern);
    if let Some(search) = &mut model.log.search {
        search.backwards = backwards;
    }
    request_search(model, (from, false), !backwards);
}

/// Makes this what is searched for, without looking for it.
pub(super) fn stand_at(model: &mut Model, text: Safe, pattern: LinePattern) {
    model.log.searches += 1;
    let id = model.log.searches;
    model.log.search = Some(Search { text, id, pattern, backwards: false, found: Found::Unknown, tally: None });
}

/// Forgets what was searched for, and looks for no line any more.
pub(super) fn forget_search(model: &mut Model) {
    model.log.search = None;
    model.log.seeking = None;
}

/// Where the first visible line begins.
fn visible_offset(model: &Model) -> u64 {
    scroll::visible_lines(model).first().map_or(0, |line| line.offset)
}

/// Where a search towards the beginning starts: at what is visible, and at the end at the end itself.
fn before(model: &Model) -> u64 {
    match &model.log.reading {
        Some(reading) if model.log.top == Top::End => reading.bytes,
        _ => visible_offset(model),
    }
}

/// Goes to the next match in the direction of the search, or to the one before.
pub(super) fn next_match(model: &mut Model, ahead: bool) {
    let Some(search) = &model.log.search else {
        let find = model.key(Action::Find);
        return tell(model, Safe::line(&format!("nothing was searched for; {find} begins a search")), true);
    };
    let forward = ahead != search.backwards;
    let from = match search.line() {
        // The line that was found must not be found again, nor one that is folded into the same row.
        Some(found) => (end_of_row(model, found, forward), true),
        None if forward => (visible_offset(model), false),
        None => (before(model), false),
    };
    request_search(model, from, forward);
}

/// The last line of the row that shows a line, or the first: where a search sets out that is to leave the row.
fn end_of_row(model: &Model, line: u64, forward: bool) -> u64 {
    let Some(row) = model.log.reading.as_ref().and_then(|reading| line_at(reading, line)) else { return line };
    if forward { row.fold.map_or(line, |fold| fold.last) } else { row.offset }
}

fn request_search(model: &mut Model, (from, after): (u64, bool), forward: bool) {
    // The end would run away from what is being looked for.
    scroll::stay(model);
    let Some(search) = &model.log.search else { return };
    let pattern = model.log.among_shown(&search.pattern);
    model.log.seek(Sought::Match(SearchRequest { pattern, from, forward, after, only_severe: false }));
}

/// Goes to the next line that warns or tells of an error, or to the one before.
pub(super) fn next_severe(model: &mut Model, forward: bool) {
    let seen = scroll::visible_lines(model);
    let pointed = model.log.pointed.filter(|pointed| seen.iter().any(|line| line.shows(*pointed)));
    let (from, after) = match pointed {
        Some(line) => (end_of_row(model, line, forward), true),
        None if forward => (visible_offset(model), false),
        None => (before(model), false),
    };
    scroll::stay(model);
    let pattern = model.log.among_shown(&SEVERE);
    model.log.seek(Sought::Match(SearchRequest { pattern, from, forward, after, only_severe: true }));
}

/// A line that was looked for has been found, or there is none.
pub(super) fn search_ended(model: &mut Model, of: &SearchRequest, line: Option<u64>, wrapped: bool) {
    if of.only_severe {
        let Some(line) = line else {
            return tell(model, Safe::plain("nothing here warns or tells of an error"), false);
        };
        scroll::centre(model, line);
        model.log.pointed = Some(line);
    } else {
        let Some(search) = &mut model.log.search else { return };
        let text = search.text.clone();
        let Some(line) = line else {
            search.found = Found::Nothing;
            return tell(model, Safe::line(&format!("no line matches `{text}`")), true);
        };
        search.found = Found::Line(line);
        scroll::centre(model, line);
        // What is looked at from here on, be it for the next warning or by a mark.
        model.log.pointed = Some(line);
    }
    if wrapped {
        let end = if of.forward { "end" } else { "beginning" };
        tell(model, Safe::line(&format!("the search went around the {end} of the file")), false);
    }
}

/// Takes how many lines match.
pub(super) fn take_tally(model: &mut Model, tally: TallyReading) {
    if let Some(search) = model.log.search.as_mut().filter(|search| search.id == tally.id) {
        search.tally = Some(tally);
    }
    if let Some(filter) = model.log.filter.as_mut().filter(|filter| filter.id == tally.id) {
        filter.tally = Some(tally);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gem5::log::classify;

    #[test]
    fn all_that_warns_is_found() {
        let lines = [
            "src/mem/dram_interface.cc:690: warn: x",
            "panic: x",
            "fatal: x",
            "src/x.hh:1: hack: x",
            "ValueError: x",
            "pkg.MyException: x",
            "KeyboardInterrupt",
            "gem5.opt: error: no such option",
            "Script /x/y.py not found",
            "invalid debug flag 'X'",
            "/usr/bin/python3: can't open file '/x.py': [Errno 2]",
        ];
        for line in lines {
            assert!(classify(line).is_some() && SEVERE.find(line.as_bytes(), 0).is_some(), "{line}");
        }
    }
}
