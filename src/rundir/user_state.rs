//! What the dashboard remembers of a user's choices for an experiment, from one time to the next.
//!
//! It lies in `$XDG_STATE_HOME/gem5-tui` and not beside the experiment, which others may look at too and which may be read-only. It may
//! be deleted at any time; nothing depends on it but how the screen looks.

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy as _;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::atomic;
use super::list_choices::ListChoices;
use super::record::FORMAT;
use crate::text::human;

/// The file.
#[derive(Debug, Serialize, Deserialize)]
struct Remembered {
    format: u32,
    /// The experiment directory, for who looks at the file.
    outdir: PathBuf,
    #[serde(flatten)]
    choices: ListChoices,
}

/// Where the choices of the user who runs this process are; none without a home.
fn home() -> Option<PathBuf> {
    Some(etcetera::choose_base_strategy().ok()?.state_dir()?.join("gem5-tui"))
}

fn path(home: &Path, outdir: &Path) -> PathBuf {
    use std::os::unix::ffi::OsStrExt as _;
    let hash = human::hex(&Sha256::digest(outdir.as_os_str().as_bytes()));
    home.join("lists").join(format!("{}.json", &hash[..32]))
}

/// What was chosen for an experiment. What cannot be read was not chosen.
pub(crate) fn recall(outdir: &Path) -> ListChoices {
    home().map(|home| read(&home, outdir)).unwrap_or_default()
}

fn read(home: &Path, outdir: &Path) -> ListChoices {
    let remembered: Option<Remembered> = atomic::read_json(&path(home, outdir)).ok().flatten();
    remembered.map(|remembered| remembered.choices).unwrap_or_default()
}

/// Remembers what was chosen for an experiment.
///
/// # Errors
/// When the system says no.
pub(crate) fn keep(outdir: &Path, choices: ListChoices) -> io::Result<()> {
    match home() {
        Some(home) => write(&home, outdir, choices),
        None => Ok(()),
    }
}

fn write(home: &Path, outdir: &Path, choices: ListChoices) -> io::Result<()> {
    let path = path(home, outdir);
    if let Some(directory) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    }
    atomic::write_for_now(&path, &Remembered { format: FORMAT, outdir: outdir.to_owned(), choices })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::list_choices::Panes;
    use super::*;

    #[test]
    fn what_was_chosen_is_found_again_for_this_experiment_alone() {
        let home = tempfile::tempdir().unwrap();
        let chosen = ListChoices {
            columns: BTreeMap::from([("elapsed".to_owned(), false), ("parameter:l2".to_owned(), true)]),
            filters: BTreeMap::from([("slow".to_owned(), "wall>2h".to_owned())]),
            groups: vec!["l2".to_owned()],
            panes: Panes { across: Some(400), down: None },
        };
        let nothing = ListChoices::default();
        assert_eq!(read(home.path(), Path::new("/runs/a")), nothing);
        write(home.path(), Path::new("/runs/a"), chosen.clone()).unwrap();
        assert_eq!(read(home.path(), Path::new("/runs/a")), chosen);
        assert_eq!(read(home.path(), Path::new("/runs/b")), nothing);
        let file = path(home.path(), Path::new("/runs/a"));
        std::fs::write(&file, r#"{"format": 1, "outdir": "/runs/a", "columns": {"elapsed": false}}"#).unwrap();
        let columns = BTreeMap::from([("elapsed".to_owned(), false)]);
        assert_eq!(read(home.path(), Path::new("/runs/a")), ListChoices { columns, ..nothing.clone() });
        std::fs::write(&file, "{").unwrap();
        assert_eq!(read(home.path(), Path::new("/runs/a")), nothing, "half a file chooses nothing");
    }
}
