//! Showing only those lines of the log that match, or only the others.

use super::say::tell;
use super::{scroll, search, typing};
use crate::text::Safe;
use crate::tui::actions::Action;
use crate::tui::model::log::LogFilter;
use crate::tui::model::{Model, PromptKind};
use crate::tui::reading::Top;

/// Asks which lines to show.
pub(super) fn ask(model: &mut Model) {
    typing::ask_for(model, PromptKind::LogFilter { is_literal: false }, String::new());
}

/// Shows the lines that a text means: those that match it, or behind an exclamation mark those that do not. Without a text all.
pub(super) fn start(model: &mut Model, typed: &str, is_literal: bool) {
    let (text, is_inverted) = typed.strip_prefix('!').map_or((typed, false), |text| (text, true));
    if text.is_empty() {
        if !is_inverted {
            show_all(model);
        }
        return;
    }
    let Some(pattern) = search::pattern(text, is_literal) else {
        let kind = PromptKind::LogFilter { is_literal };
        return typing::ask_again(model, kind, typed, Safe::plain("this pattern is too large"));
    };
    let pattern = if is_inverted { pattern.inverted() } else { pattern };
    model.log.searches += 1;
    let id = model.log.searches;
    change(model, Some(LogFilter { text: Safe::line(typed), id, pattern, tally: None }));
}

/// Shows all lines again. Says whether some were hidden.
pub(super) fn show_all(model: &mut Model) -> bool {
    if model.log.filter.is_none() {
        return false;
    }
    change(model, None);
    let text = format!("all lines are shown; {} shows only some", model.key(Action::OnlyMatching));
    tell(model, Safe::line(&text), false);
    true
}

/// Forgets the filter, because a line is gone to that it may hide.
pub(super) fn forget(model: &mut Model) {
    if model.log.filter.is_some() {
        change(model, None);
    }
}

fn change(model: &mut Model, filter: Option<LogFilter>) {
    if model.log.top != Top::End {
        // The line that is seen first stays the first, or the next one that is shown is.
        scroll::stay(model);
    }
    let log = &mut model.log;
    log.filter = filter;
    log.lines_at_stop = None;
    log.centre = None;
    log.seeking = None;
    // What was counted was counted among other lines.
    if let Some(search) = &mut log.search {
        log.searches += 1;
        search.id = log.searches;
        search.tally = None;
    }
}
