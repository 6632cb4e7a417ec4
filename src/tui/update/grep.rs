//! Searching the logs of all simulations, and going to what was found.

use std::sync::Arc;

use super::say::tell;
use super::{log_filter, scroll, search, typing};
use crate::rundir::AttemptDir;
use crate::text::{Safe, human};
use crate::tui::actions::{Action, Move, Tab};
use crate::tui::model::grep::{Going, GrepSearch};
use crate::tui::model::log::Found;
use crate::tui::model::{ChosenAttempt, Focus, LogFileChoice, Model, Overlay, PromptKind, Row};
use crate::tui::reading::{GrepReading, GrepTarget};

/// Rows that a press of `PgDn` passes.
const PAGE: usize = 10;

/// Shows what was found last, or asks what to search for.
pub(super) fn open(model: &mut Model) {
    if model.grep.search.is_some() {
        model.overlay = Some(Overlay::Grep);
    } else {
        typing::ask_for(model, PromptKind::Grep, String::new());
    }
}

/// Begins to search all logs.
pub(super) fn start(model: &mut Model, text: &str) {
    if text.is_empty() {
        return;
    }
    let Some(pattern) = search::compile(text) else {
        return typing::ask_again(model, PromptKind::Grep, text, Safe::plain("this pattern is too large"));
    };
    let target = |row: &Row| {
        let attempt = row.view.latest()?.dir.clone();
        Some(GrepTarget { name: row.view.name.clone(), attempt })
    };
    let list = &model.list;
    // What a filter hides is left out, and what is folded away is not.
    let targets: Vec<GrepTarget> = if list.filter().is_empty() {
        list.rows().values().filter_map(target).collect()
    } else {
        list.listed().iter().filter_map(|id| target(list.rows().get(id)?)).collect()
    };
    if targets.is_empty() {
        return tell(model, Safe::plain("nothing has started, so there is no log to search"), true);
    }
    model.grep.searches += 1;
    model.grep.search = Some(GrepSearch {
        id: model.grep.searches,
        text: Safe::line(text),
        pattern,
        targets: Arc::new(targets),
        hits: Vec::new(),
        at: 0,
        searched: 0,
        runs: true,
        unread: 0,
    });
    model.overlay = Some(Overlay::Grep);
}

/// Takes what was found.
pub(super) fn take(model: &mut Model, reading: GrepReading) {
    let Some(search) = model.grep.search.as_mut().filter(|search| search.id == reading.id) else { return };
    search.hits.extend(reading.hits);
    search.searched = search.searched.max(reading.searched);
    search.unread += reading.unread;
    search.runs &= !reading.is_over;
}

/// Does what the user asked for while the list is open. Gives what is open afterwards.
pub(super) fn perform(model: &mut Model, action: Action) -> Option<Overlay> {
    let search = model.grep.search.as_mut()?;
    let len = search.hits.len();
    match action {
        Action::Go(by) => search.at = by.apply(search.at, len, PAGE),
        Action::Right => search.at = Move::Down.apply(search.at, len, PAGE),
        Action::Left => search.at = Move::Up.apply(search.at, len, PAGE),
        Action::Back | Action::No => {
            if search.runs {
                search.runs = false;
                tell(model, Safe::plain("the search was ended; what it found stays"), false);
            }
            return None;
        }
        Action::Find => {
            let text = search.text.to_string();
            search.runs = false;
            typing::ask_for(model, PromptKind::Grep, text);
            return model.overlay.take();
        }
        Action::Mark => {
            mark(model);
            return None;
        }
        Action::Accept => return if go(model) { None } else { Some(Overlay::Grep) },
        _ => {}
    }
    Some(Overlay::Grep)
}

/// Marks the simulations in whose logs something was found, and nothing else.
fn mark(model: &mut Model) {
    let Some(search) = &model.grep.search else { return };
    let ids: Vec<u32> = search.hits.iter().filter_map(|hit| model.list.named(&hit.name)).collect();
    model.list.marked = ids.iter().copied().collect();
    if let Some(first) = ids.first() {
        model.list.reveal(*first, &model.columns);
    }
    model.focus = Focus::List;
    let marked = human::plural(ids.len() as u64, "simulation");
    tell(model, Safe::line(&format!("{marked} marked; {} unmarks", model.key(Action::Back))), false);
}

/// Goes to the first line that was found of the simulation under the cursor. Says whether there is one.
fn go(model: &mut Model) -> bool {
    let Some((search, hit)) = model.grep.search.as_ref().and_then(|search| Some((search, search.hits.get(search.at)?)))
    else {
        return false;
    };
    let going = Going { attempt: hit.attempt.clone(), file: hit.file.clone(), line: hit.offset };
    let (name, text, pattern) = (hit.name.clone(), search.text.clone(), search.pattern.clone());
    let Some(id) = model.list.named(&name) else {
        tell(model, Safe::line(&format!("{name} is not in the list any more")), true);
        return false;
    };
    model.list.reveal(id, &model.columns);
    let row = model.list.rows().get(&id);
    let at = row.and_then(|row| row.view.attempts.iter().find(|attempt| attempt.dir == going.attempt));
    // A newer one may have begun since.
    model.attempt = at.map(|attempt| ChosenAttempt { simulation: name.clone(), number: attempt.number });
    model.focus = Focus::Detail;
    model.zoomed = true;
    model.tab = Tab::Log;
    search::stand_at(model, text, pattern);
    model.grep.going = Some(going);
    true
}

/// The attempt of a line that was asked for is on the screen: so is the line.
pub(super) fn arrive(model: &mut Model) {
    let shown = model.shown_attempt().map(|attempt| attempt.dir.clone());
    // One that cannot be shown now must not come later, when nobody thinks of it.
    let Some(going) = model.grep.going.take().filter(|going| Some(&going.attempt) == shown.as_ref()) else { return };
    let dir = AttemptDir::new(going.attempt.clone());
    let path = going.attempt.join(&going.file);
    log_filter::forget(model);
    scroll::choose_file(model, LogFileChoice::of(&dir, &path));
    if let Some(search) = &mut model.log.search {
        search.found = Found::Line(going.line);
    }
    scroll::centre(model, going.line);
}
