//! What the names in an output directory tell.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use crate::gem5::{Checkpoints, PhaseEvidence};

/// 200,000: so many entries of an output directory are looked at in a listing of all of it. They take about a tenth of a second
/// on a local disk; what a script puts there has no bound.
const MOST_ENTRIES: usize = 200_000;

/// 2,000: so many are looked at to tell a phase, which is told at every look.
const PHASE_ENTRIES: usize = 2_000;

/// Ticks of checkpoints that are kept, the last ones. `gem5-tui inspect` shows them, and a client is told of fewer.
const MOST_CHECKPOINTS: usize = 10_000;

/// The coarsest steps of time that a file system counts in are two seconds (FAT).
const TIME_STEP: Duration = Duration::from_secs(2);

/// A listing that takes a while is made again only after so many times that while, so that it costs a hundredth of a core.
const LIST_PART: u32 = 100;

/// The checkpoints in an output directory: directories called `cpt.TICK`, as `configs/common/Simulation.py` and the standard
/// library make them. A checkpoint under another name is not known.
pub fn checkpoints(m5out: &Path) -> Checkpoints {
    let Ok(entries) = fs::read_dir(m5out) else { return Checkpoints::default() };
    let tick = |entry: fs::DirEntry| {
        let tick = entry.file_name().to_str()?.strip_prefix("cpt.")?.parse().ok()?;
        is_directory(&entry).then_some(tick)
    };
    let mut looked_at = 0;
    let mut ticks: Vec<u64> =
        entries.take(MOST_ENTRIES).inspect(|_| looked_at += 1).filter_map(|entry| tick(entry.ok()?)).collect();
    ticks.sort_unstable();
    let earlier = ticks.len().saturating_sub(MOST_CHECKPOINTS);
    ticks.drain(..earlier);
    Checkpoints { ticks, earlier: earlier as u32, uncounted: looked_at == MOST_ENTRIES }
}

/// Whether an entry is a directory, or a link to one. Most file systems tell it with the name.
fn is_directory(entry: &fs::DirEntry) -> bool {
    entry.file_type().is_ok_and(|kind| kind.is_dir() || (kind.is_symlink() && entry.path().is_dir()))
}

/// The checkpoints in a directory that is looked at again and again. It is listed only after it has changed, and seldom where
/// a listing takes long.
#[derive(Debug, Default)]
pub struct WatchedCheckpoints {
    listed: Checkpoints,
    /// The change of the directory that the listing has seen.
    changed: Option<SystemTime>,
    again: Option<Instant>,
}

impl WatchedCheckpoints {
    /// What is known of them now.
    pub fn look(&mut self, m5out: &Path) -> &Checkpoints {
        let now = Instant::now();
        // A new name in a directory changes its time. Without a directory there is nothing to list.
        let Ok(changed) = fs::metadata(m5out).and_then(|meta| meta.modified()) else { return &self.listed };
        // File systems count time in steps, so a change in the same step as the listing may have been missed.
        let is_old = changed.elapsed().is_ok_and(|age| age > TIME_STEP);
        let is_known = self.changed == Some(changed);
        if !is_known && self.again.is_none_or(|again| now >= again) {
            self.listed = checkpoints(m5out);
            self.changed = is_old.then_some(changed);
            self.again = Some(now + now.elapsed() * LIST_PART);
        }
        &self.listed
    }
}

/// The evidence for a phase that the files in an output directory give. What the log, the stats and the process tell is for
/// the caller to add.
pub fn phase_evidence(m5out: &Path) -> PhaseEvidence {
    let mut evidence = evidence_in(m5out);
    if !evidence.config_ini {
        // A script of many simulations has given each a directory of its own (`Simulator.override_outdir`).
        for nested in directories_among(m5out, PHASE_ENTRIES).paths {
            let inner = evidence_in(&nested);
            evidence.config_ini |= inner.config_ini;
            evidence.citations_bib |= inner.citations_bib;
        }
    }
    evidence
}

fn evidence_in(dir: &Path) -> PhaseEvidence {
    PhaseEvidence {
        stats_txt: dir.join("stats.txt").exists(),
        config_ini: dir.join("config.ini").exists(),
        citations_bib: dir.join("citations.bib").exists(),
        ..PhaseEvidence::default()
    }
}

/// Directories in an output directory.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Directories {
    /// Those that are looked at.
    pub paths: Vec<PathBuf>,
    /// There are, or may be, more.
    pub more: bool,
}

/// The directories in an output directory that may be those of simulations, in order, as many as are worth a look. They are
/// looked for among all entries.
pub(super) fn directories(m5out: &Path) -> Directories {
    directories_among(m5out, MOST_ENTRIES)
}

/// The same among so many entries.
fn directories_among(m5out: &Path, entries_most: usize) -> Directories {
    const MOST: usize = 1024;
    let Ok(entries) = fs::read_dir(m5out) else { return Directories::default() };
    // A link may lead anywhere, even back here.
    let is_directory = |entry: &fs::DirEntry| entry.file_type().is_ok_and(|kind| kind.is_dir());
    let mut looked_at = 0;
    let entries = entries.take(entries_most).inspect(|_| looked_at += 1).filter_map(Result::ok);
    let mut paths: Vec<PathBuf> = entries.filter(is_directory).map(|e| e.path()).take(MOST + 1).collect();
    let more = paths.len() > MOST || looked_at == entries_most;
    paths.truncate(MOST);
    paths.sort();
    Directories { paths, more }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checkpoints_are_told_by_their_directories() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["cpt.1000", "cpt.50", "cpt.x", "cpt.", "ckpt.7", "cpt.99999999999999999999999"] {
            fs::create_dir(dir.path().join(name)).unwrap();
        }
        fs::write(dir.path().join("cpt.3"), "").unwrap();
        assert_eq!(checkpoints(dir.path()), Checkpoints { ticks: vec![50, 1000], ..Checkpoints::default() });
        assert_eq!(checkpoints(&dir.path().join("absent")), Checkpoints::default());
    }

    #[test]
    fn a_simulation_in_a_directory_of_its_own_is_seen_being_built() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("stats.txt"), "").unwrap();
        assert!(!phase_evidence(dir.path()).config_ini);
        fs::create_dir(dir.path().join("l1-16KiB")).unwrap();
        fs::write(dir.path().join("l1-16KiB/config.ini"), "").unwrap();
        assert_eq!(
            phase_evidence(dir.path()),
            PhaseEvidence { stats_txt: true, config_ini: true, ..PhaseEvidence::default() }
        );
    }

    /// Gives a directory a time of change that lies in the past.
    fn set_changed(dir: &Path, secs: u64) {
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(secs);
        fs::File::open(dir).unwrap().set_times(fs::FileTimes::new().set_modified(time)).unwrap();
    }

    #[test]
    fn a_directory_that_has_not_changed_is_not_listed_again() {
        let dir = tempfile::tempdir().unwrap();
        let mut watched = WatchedCheckpoints::default();
        assert_eq!(watched.look(&dir.path().join("absent")).count(), 0);
        fs::create_dir(dir.path().join("cpt.1")).unwrap();
        set_changed(dir.path(), 1_000);
        assert_eq!(watched.look(dir.path()).count(), 1);
        fs::create_dir(dir.path().join("cpt.2")).unwrap();
        set_changed(dir.path(), 1_000);
        assert_eq!(watched.look(dir.path()).count(), 1);
        set_changed(dir.path(), 2_000);
        let deadline = Instant::now() + Duration::from_mins(1);
        while watched.look(dir.path()).count() == 1 {
            assert!(Instant::now() < deadline, "the change is never seen");
        }
        assert_eq!(watched.look(dir.path()).ticks, [1, 2]);
    }
}
