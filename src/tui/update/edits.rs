//! What the user is told and asked when the experiment is not the one that its results were made from. Part of `update`.
//!
//! Nothing runs again without being asked for: a result that was made from another script is still a result.

use super::say::tell;
use crate::protocol::{Edits, Request};
use crate::text::{Safe, human};
use crate::tui::actions::Action;
use crate::tui::model::{Confirm, Model, Overlay, Purpose, Row};

/// Changed simulations that are named one by one.
const NAMED_MOST: usize = 5;

/// Asks about results whose making has changed, once everything is known of the experiment: at the beginning, and after the
/// user loaded the file. What is only new or gone is told in passing, because it needs no answer; also when another engine took
/// over and found the file edited.
pub(super) fn ask(model: &mut Model) {
    // Who only looks can run nothing again; the rows say what has changed.
    let asks = std::mem::take(&mut model.asks_edits) && !model.only_looks;
    let Some(header) = model.header.as_ref().map(|view| &view.header) else { return };
    let mut lines = in_words(&header.edits);
    let is_living = |row: &&Row| row.view.gone && row.view.status.ended().is_none();
    let living: Vec<&str> = model.list.rows().values().filter(is_living).map(|row| row.view.name.as_str()).collect();
    if asks && !living.is_empty() {
        lines.push(format!("No longer in the file but still running: {}.", named(&living, living.len())));
    }
    let is_overtaken = |row: &&Row| row.view.status.is_live() && !row.view.changed.is_empty();
    let overtaken: Vec<&str> =
        model.list.rows().values().filter(is_overtaken).map(|row| row.view.name.as_str()).collect();
    if asks && !overtaken.is_empty() {
        let named = named(&overtaken, overtaken.len());
        lines.push(format!("Still running as it was before the change: {named}."));
    }
    let changed: Vec<u32> =
        model.list.rows().values().filter(|row| asks && row.view.is_outdated()).map(|row| row.view.id).collect();
    if !changed.is_empty() && model.overlay.is_some() {
        // Somebody is typing, and must not answer a question that was not there a moment ago.
        let results = human::plural(changed.len() as u64, "result");
        let load = model.key(Action::Reload);
        lines.insert(0, format!("{results} changed; {load} asks whether to run them again."));
    }
    if changed.is_empty() || model.overlay.is_some() {
        if !lines.is_empty() {
            tell(model, Safe::line(&lines.join(" ")), false);
        }
        return;
    }
    let results = human::plural(changed.len() as u64, "result");
    let were = if changed.len() == 1 { "was" } else { "were" };
    let mut said = vec![format!("{results} {were} made from something that has changed since:")];
    for id in changed.iter().take(NAMED_MOST) {
        let row = &model.list.rows()[id];
        said.push(format!("  {}: {}", row.name, row.view.changed.join(", ")));
    }
    if changed.len() > NAMED_MOST {
        said.push(format!("  and {} more", changed.len() - NAMED_MOST));
    }
    said.append(&mut lines);
    let (them, attempts) = if changed.len() == 1 { ("it", "a new attempt") } else { ("them", "new attempts") };
    said.push(format!("To run {them} again makes {attempts}; the results stay where they are."));
    model.overlay = Some(Overlay::Confirm(Confirm {
        title: Safe::line(&format!("Run {} again?", human::plural(changed.len() as u64, "changed simulation"))),
        consequences: said.iter().map(|line| Safe::line(line)).collect(),
        yes: "Run again",
        no: "Keep the results",
        yes_focused: false,
        request: Request::Retry { sims: changed },
        purpose: Purpose::Tell,
    }));
}

/// The same after simulations were added. That they were has been told, and so has what an engine found as it began.
pub(super) fn ask_after_growth(model: &mut Model) {
    if model.list.rows().values().any(|row| row.view.is_outdated()) {
        ask(model);
    }
    model.asks_edits = false;
}

/// What was added to the file and taken out of it, in a sentence each.
fn in_words(edits: &Edits) -> Vec<String> {
    let mut lines = Vec::new();
    if edits.new > 0 {
        lines.push(format!("{} new since last time.", human::plural(u64::from(edits.new), "simulation")));
    }
    if edits.gone > 0 {
        let named = named(&edits.names, edits.gone as usize);
        lines.push(format!("{} no longer in the file: {named}; results are kept.", edits.gone));
    }
    lines
}

/// The first few of `count` names.
fn named<S: AsRef<str>>(names: &[S], count: usize) -> String {
    let few: Vec<&str> = names.iter().take(3).map(AsRef::as_ref).collect();
    let rest = count - few.len();
    if rest > 0 { format!("{} and {rest} more", few.join(", ")) } else { few.join(", ") }
}
