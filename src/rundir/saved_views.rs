//! `views.json`: tables with a name that a person made while looking at results. The experiment file has the last word: a view
//! that it names is the one of that name, and it is never written to.

use std::io;

use serde::{Deserialize, Serialize};

use super::atomic::{self, RecordError};
use super::layout::ExperimentDir;
use super::ours;
use super::record::FORMAT;
use crate::experiment::results::{ResultsRule, ViewRule};

/// So many views are kept. Nobody finds one among more.
const MOST: usize = 200;

/// `views.json`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
struct SavedViews {
    format: u32,
    views: Vec<ViewRule>,
}

/// Why a view was not saved. Nothing has changed then.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    /// What is there cannot be read, so that it would be lost.
    #[error("{0}; the view was not saved")]
    Unreadable(#[from] RecordError),
    /// There are too many.
    #[error("there are {MOST} saved views; take some out of {0} first")]
    TooMany(String),
    /// The system said no.
    #[error("could not save the view: {0}")]
    Io(#[from] io::Error),
}

/// The views that were saved beside an experiment; none without a file.
///
/// # Errors
/// When the file cannot be read, or a later version wrote it.
pub fn read(dir: &ExperimentDir) -> Result<Vec<ViewRule>, RecordError> {
    let saved: Option<SavedViews> = atomic::read_json(&dir.views())?;
    Ok(saved.map(|saved| saved.views).unwrap_or_default())
}

/// Puts the saved views behind those of the experiment file. Of two with one name the file's stays.
pub fn put_behind(rule: &mut ResultsRule, saved: Vec<ViewRule>) {
    for view in saved {
        if !rule.views.iter().any(|known| known.name == view.name) {
            rule.views.push(view);
        }
    }
}

/// Saves a view, in the place of a saved one of its name. Tells whether there was one.
///
/// # Errors
/// When what is there cannot be read or is somebody else's, or the system says no.
pub fn save(dir: &ExperimentDir, view: ViewRule) -> Result<bool, SaveError> {
    let path = dir.views();
    ours::check(&path, ours::Kind::Views)?;
    let mut saved: SavedViews = atomic::read_json(&path)?.unwrap_or_default();
    saved.format = FORMAT;
    let same = saved.views.iter().position(|known| known.name == view.name);
    match same {
        None if saved.views.len() >= MOST => return Err(SaveError::TooMany(path.display().to_string())),
        None => saved.views.push(view),
        Some(at) => saved.views.iter_mut().skip(at).take(1).for_each(|known| *known = view.clone()),
    }
    atomic::write_json(&path, &saved)?;
    Ok(same.is_some())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn view(name: &str) -> ViewRule {
        ViewRule { name: name.to_owned(), ..ViewRule::default() }
    }

    #[test]
    fn a_saved_view_is_read_as_it_was_and_replaces_the_one_of_its_name() {
        let place = tempfile::tempdir().unwrap();
        let dir = ExperimentDir::new(place.path());
        assert_eq!(read(&dir).unwrap(), []);
        let mut first = view("speedup");
        first.metrics = Some(vec!["ipc".to_owned()]);
        first.dump = Some(crate::gem5::stats::Choice::FIRST.into());
        assert!(!save(&dir, first.clone()).unwrap());
        assert!(!save(&dir, view("other")).unwrap());
        assert_eq!(read(&dir).unwrap(), [first, view("other")]);
        assert!(save(&dir, view("speedup")).unwrap());
        assert_eq!(read(&dir).unwrap(), [view("speedup"), view("other")]);
    }

    #[test]
    fn a_view_of_the_experiment_file_stays_in_front_of_a_saved_one() {
        let mut of_file = view("speedup");
        of_file.only = vec![("l2".to_owned(), "1MiB".to_owned())];
        let mut rule = ResultsRule { views: vec![of_file.clone()], ..ResultsRule::default() };
        put_behind(&mut rule, vec![view("speedup"), view("mine")]);
        assert_eq!(rule.views, [of_file, view("mine")]);
    }

    #[test]
    fn a_file_of_somebody_else_is_left_alone() {
        let place = tempfile::tempdir().unwrap();
        let dir = ExperimentDir::new(place.path());
        for theirs in ["my own views", "{\"views\": 1}", "[]", "{\"format\": 99, \"views\": []}"] {
            fs::write(dir.views(), theirs).unwrap();
            assert!(save(&dir, view("a")).is_err(), "{theirs}");
            assert_eq!(fs::read_to_string(dir.views()).unwrap(), theirs);
        }
    }
}
