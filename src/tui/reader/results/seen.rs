//! Whether what was read of a simulation is what there is.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use crate::gem5::OutcomeKind;
use crate::protocol::{SimView, Status};
use crate::rundir::{AttemptDir, attempts};

/// Files of what runs are looked at again after this long.
const AGAIN: Duration = Duration::from_secs(2);

/// A file's length and time of change.
pub(super) type FileLook = Option<(u64, Option<SystemTime>)>;

/// What a file is like.
pub(super) fn look(path: &Path) -> FileLook {
    let metadata = path.metadata().ok()?;
    Some((metadata.len(), metadata.modified().ok()))
}

/// What a simulation was like when it was read.
#[derive(Debug)]
pub(super) struct Seen {
    word: &'static str,
    attempt: Option<(PathBuf, Option<OutcomeKind>)>,
    at: Instant,
    /// The file of what runs, and what it was like.
    file: Option<(PathBuf, FileLook)>,
}

impl Seen {
    /// What it is like now. The file of what runs is looked at before it is read, so that what comes meanwhile is read later.
    pub(super) fn now(view: Option<&SimView>) -> Self {
        let latest = view.and_then(SimView::latest);
        let is_live = view.is_some_and(|view| {
            matches!(view.status, Status::Running { .. } | Status::Paused | Status::Stopping { .. })
        });
        let path = latest.filter(|_| is_live).map(|one| attempts::outputs(&AttemptDir::new(&one.dir)).stats());
        Self {
            word: word(view),
            attempt: latest.map(|attempt| (attempt.dir.clone(), attempt.kind())),
            at: Instant::now(),
            file: path.map(|path| {
                let now = look(&path);
                (path, now)
            }),
        }
    }

    /// Whether it is like that still. A file that may grow is looked at now and then.
    pub(super) fn is_fresh(&mut self, view: Option<&SimView>) -> bool {
        let is_same = match (&self.attempt, view.and_then(SimView::latest)) {
            (Some((dir, kind)), Some(attempt)) => *dir == attempt.dir && *kind == attempt.kind(),
            (None, None) => true,
            _ => false,
        };
        if !is_same || self.word != word(view) {
            return false;
        }
        let Some((path, before)) = &mut self.file else { return true };
        if self.at.elapsed() < AGAIN {
            return true;
        }
        self.at = Instant::now();
        let now = look(path);
        std::mem::replace(before, now) == now
    }
}

/// One that an engine does not know yet has not begun.
fn word(view: Option<&SimView>) -> &'static str {
    view.map_or("queued", |view| view.status.word())
}
