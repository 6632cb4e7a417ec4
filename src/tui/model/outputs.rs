//! The outputs of the shown attempt, and one that is being chosen.

use std::path::Path;

use super::fuzzy::fit;
use super::{LogFileChoice, Model, OutputChoice};
use crate::rundir::AttemptDir;
use crate::tui::reading::OutputFile;

/// The outputs, once they have been listed.
pub fn listed(model: &Model) -> &[OutputFile] {
    model.log.reading.as_ref().map(|reading| reading.outputs.as_slice()).unwrap_or_default()
}

/// Those whose names fit these words, the best first.
pub fn found<'a>(model: &'a Model, words: &str) -> Vec<&'a OutputFile> {
    let mut found: Vec<_> = listed(model).iter().filter_map(|file| Some((fit(&file.name, words)?, file))).collect();
    found.sort_by_key(|(fit, _)| *fit);
    found.into_iter().map(|(_, file)| file).collect()
}

/// Which of those that were found is focused.
pub fn focused(choice: &OutputChoice, found: &[&OutputFile]) -> usize {
    let at = choice.focused.as_ref().and_then(|path| found.iter().position(|file| file.path == *path));
    at.unwrap_or(0)
}

/// Whether this is the one that the log shows.
pub fn is_shown(model: &Model, file: &Path) -> bool {
    let Some(attempt) = model.shown_attempt() else { return false };
    let dir = AttemptDir::new(attempt.dir.clone());
    LogFileChoice::of(&dir, &attempt.dir.join(file)) == model.log.choice
}

/// Which of how many outputs the log shows, counted from 1; none where it shows another file.
pub fn place(model: &Model) -> Option<(usize, usize)> {
    let all = listed(model);
    let at = all.iter().position(|file| is_shown(model, &file.path))?;
    Some((at + 1, all.len()))
}
