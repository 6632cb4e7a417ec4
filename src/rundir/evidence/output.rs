//! What the names in an output directory tell.

use std::fs;
use std::path::{Path, PathBuf};

use crate::gem5::PhaseEvidence;

/// 200,000: so many entries of an output directory are looked at in a listing of all of it. They take about a tenth of a second
/// on a local disk; what a script puts there has no bound.
pub(super) const MOST_ENTRIES: usize = 200_000;

/// 2,000: so many are looked at to tell a phase, which is told at every look.
const PHASE_ENTRIES: usize = 2_000;

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
        // Both are written in one go, and either may have another name (`--dump-config`, `--json-config`).
        config_ini: dir.join("config.ini").exists() || dir.join("config.json").exists(),
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
}
