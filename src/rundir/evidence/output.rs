//! What the names in an output directory tell.

use std::fs;
use std::path::{Path, PathBuf};

use crate::gem5::PhaseEvidence;

/// The ticks of the checkpoints in an output directory, in order: directories called `cpt.TICK`, as
/// `configs/common/Simulation.py` and the standard library make them. A checkpoint under another name is not known.
pub fn checkpoints(m5out: &Path) -> Vec<u64> {
    let Ok(entries) = fs::read_dir(m5out) else { return Vec::new() };
    let tick = |entry: fs::DirEntry| {
        let tick = entry.file_name().to_str()?.strip_prefix("cpt.")?.parse().ok()?;
        entry.path().is_dir().then_some(tick)
    };
    let mut ticks: Vec<u64> = entries.filter_map(|entry| tick(entry.ok()?)).collect();
    ticks.sort_unstable();
    ticks
}

/// The evidence for a phase that the files in an output directory give. What the log, the stats and the process tell is for
/// the caller to add.
pub fn phase_evidence(m5out: &Path) -> PhaseEvidence {
    let mut evidence = evidence_in(m5out);
    if !evidence.config_ini {
        // A script of many simulations has given each a directory of its own (`Simulator.override_outdir`).
        for nested in directories(m5out) {
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

/// The directories in an output directory that may be those of simulations, in order, as many as are worth a look.
pub(super) fn directories(m5out: &Path) -> Vec<PathBuf> {
    const MOST: usize = 1024;
    let Ok(entries) = fs::read_dir(m5out) else { return Vec::new() };
    // A link may lead anywhere, even back here.
    let is_directory = |entry: &fs::DirEntry| entry.file_type().is_ok_and(|kind| kind.is_dir());
    let mut paths: Vec<PathBuf> =
        entries.filter_map(Result::ok).filter(is_directory).map(|e| e.path()).take(MOST).collect();
    paths.sort();
    paths
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
        assert_eq!(checkpoints(dir.path()), [50, 1000]);
        assert!(checkpoints(&dir.path().join("absent")).is_empty());
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
}
