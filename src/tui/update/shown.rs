//! What actions do with what the detail pane shows: open it elsewhere, copy it, unfold it.

use std::path::PathBuf;

use super::say::{Command, tell};
use super::targets::targets;
use super::{log_filter, results, scroll, want};
use crate::rundir::AttemptDir;
use crate::text::{Safe, shell};
use crate::tui::actions::{Action, Tab};
use crate::tui::layout::Areas;
use crate::tui::model::log::number_of;
use crate::tui::model::{Focus, LogFileChoice, Model, Search, log_signs, stats};
use crate::tui::reading::{FailureReading, LogLine, Top};

/// Shows the log where the failure stands, or its end when nothing was found.
pub(super) fn open_at_failure(model: &mut Model) {
    let Some(reading) = &model.why.reading else { return };
    let Some(file) = reading.file.clone() else {
        return tell(model, Safe::plain("the attempt wrote no output"), true);
    };
    let line = reading.message.first().or(reading.before.last()).map(|line| line.offset);
    let dir = AttemptDir::new(reading.attempt.clone());
    let path = reading.attempt.join(&file);
    log_filter::forget(model);
    scroll::choose_file(model, LogFileChoice::of(&dir, &path));
    model.tab = Tab::Log;
    if let Some(line) = line {
        model.log.pointed = Some(line);
        scroll::centre(model, line);
    }
}

/// Shows the frames of a backtrace, or folds them where they are in view.
pub(super) fn unfold(model: &mut Model) {
    let outcome = model.shown_attempt().and_then(|attempt| attempt.outcome.as_ref());
    let has_failed = outcome.is_some_and(|outcome| !outcome.kind.is_ok());
    // A failure is read once its tab is shown. Until then nobody knows whether it has a backtrace.
    if !has_failed || model.why.reading.as_ref().is_some_and(|reading| reading.backtrace.is_empty()) {
        return tell_no_backtrace(model);
    }
    let is_in_view = model.tab == Tab::Why && Areas::of(model).detail.area() > 0;
    model.why.unfolded = !(is_in_view && model.why.unfolded);
    show(model, Tab::Why);
}

/// Takes what the reader found about a failure. Who asked for the backtrace before is told now if there is none.
pub(super) fn take_failure(model: &mut Model, reading: FailureReading) {
    let is_missed = model.why.unfolded && reading.backtrace.is_empty();
    model.why.reading = Some(reading);
    if is_missed {
        model.why.unfolded = false;
        tell_no_backtrace(model);
    }
}

fn tell_no_backtrace(model: &mut Model) {
    let why = model.key(Action::Show(Tab::Why));
    tell(model, Safe::line(&format!("there is no backtrace; {why} shows why a simulation failed")), true);
}

/// Opens the file in view in the user's editor.
pub(super) fn edit(model: &mut Model, commands: &mut Vec<Command>) {
    let Some(path) = file_in_view(model) else {
        return tell(model, Safe::plain("there is no file to open yet"), true);
    };
    let line = (model.tab == Tab::Log).then(|| line_in_view(model)).flatten();
    commands.push(Command::OpenExternal { path, line });
}

/// The number of the line of the log that is looked at: the one that was found or pointed at, if it is seen, or else the first, or
/// at the end the last one.
pub(super) fn line_in_view(model: &Model) -> Option<u64> {
    let reading = model.log.reading.as_ref()?;
    let offset = current_line(model)?.offset;
    let at = reading.lines.partition_point(|line| line.offset < offset);
    number_of(reading, (at, 0))
}

/// The line of the log that is looked at.
pub(super) fn current_line(model: &Model) -> Option<&LogLine> {
    let seen = scroll::visible_lines(model);
    let found = model.log.search.as_ref().and_then(Search::line);
    // Who has scrolled away from what was found means what is before their eyes.
    let is_meant = |line: &&LogLine| [found, model.log.pointed].into_iter().flatten().any(|meant| line.shows(meant));
    match seen.iter().find(is_meant) {
        Some(line) => Some(line),
        None if model.log.top == Top::End => seen.last(),
        None => seen.first(),
    }
}

/// The file that the detail pane is about.
fn file_in_view(model: &Model) -> Option<PathBuf> {
    if model.tab == Tab::Results {
        // What can be said of results is said there.
        return Some(model.header.as_ref()?.header.source.clone());
    }
    let attempt = AttemptDir::new(model.shown_attempt()?.dir.clone());
    match model.tab {
        Tab::Log => want::log_path(model),
        // Where gem5 writes them, who reads them knows.
        Tab::Stats => Some(model.stats.reading.as_ref()?.path.clone()),
        Tab::Results => None,
        Tab::Info => Some(attempt.spec()),
        Tab::Why => Some(attempt.path().join(model.why.reading.as_ref()?.file.as_ref()?)),
        Tab::Files => {
            let file = model.files.reading.as_ref()?.files.get(model.files.selected)?;
            Some(attempt.path().join(&file.path))
        }
    }
}

/// Copies what the cursor is on.
pub(super) fn copy(model: &mut Model, commands: &mut Vec<Command>) {
    if model.in_results() {
        return results::copy(model, commands);
    }
    let Some((what, text)) = text_in_view(model) else {
        return tell(model, Safe::plain("there is nothing to copy here"), true);
    };
    // A terminal does not tell whether it took the text, so neither do we.
    tell(model, Safe::line(&format!("{what} sent to the clipboard of your terminal")), false);
    commands.push(Command::Copy(text));
}

fn text_in_view(model: &Model) -> Option<(&'static str, Safe)> {
    if model.focus == Focus::List {
        let targets = targets(model);
        let names: Vec<&str> =
            targets.iter().filter_map(|id| model.list.rows().get(id)).map(|r| r.name.as_str()).collect();
        let what = if names.len() == 1 { "name" } else { "names" };
        return (!names.is_empty()).then(|| (what, Safe::multiline(&names.join("\n"))));
    }
    match model.tab {
        Tab::Log => Some(("line", log_signs::text(current_line(model)?))),
        Tab::Stats => stats::selected_text(model).map(|text| ("stat", text)),
        Tab::Files => file_in_view(model).map(|path| ("path", Safe::line(&path.to_string_lossy()))),
        Tab::Info => {
            let spec = model.info.reading.as_ref()?.spec.get()?;
            Some(("command line", shell::join(&spec.argv)))
        }
        // It is copied as a table.
        Tab::Results => None,
        Tab::Why => model.selected().map(|row| ("cause", row.reason.clone())).filter(|(_, text)| !text.is_empty()),
    }
}

/// Shows a tab.
pub(super) fn show(model: &mut Model, tab: Tab) {
    if tab == Tab::Results {
        model.results.opened += 1;
        // The list has nothing to say there: the keys are about the table.
        model.focus = Focus::Detail;
    }
    model.tab = tab;
    // Where there is room for one pane only, asking for a tab means wanting to see it.
    if Areas::of(model).detail.area() == 0 {
        model.focus = Focus::Detail;
    }
}
