//! Where the gem5 of an attempt writes.

use std::path::{Path, PathBuf};

use super::layout::AttemptDir;
use super::record::Spec;
use super::stats_file::{FoundStats, find_usual, first_there, usual};
use crate::gem5::stats::{StatsOutput, stats_outputs};

/// Where the gem5 of an attempt writes stats, configuration and consoles. The command line decides it, so that only who has
/// read `spec.json` knows; whoever asks often keeps the answer, which never changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outputs {
    attempt: AttemptDir,
    dir: PathBuf,
    /// The files of stats, the one that counts first; none of a step. `None` where the command line is not known.
    stats: Option<Vec<StatsOutput>>,
}

impl Outputs {
    /// Where what `spec` launched writes: in gem5's own output directory or below it, as
    /// [`output_subdir`](crate::experiment::Program::output_subdir) tells, and in the file that `--stats-file` names.
    pub fn of(attempt: &AttemptDir, spec: &Spec) -> Self {
        let dir = match &spec.output_subdir {
            Some(subdir) => attempt.m5out().join(subdir),
            None => attempt.m5out(),
        };
        let stats = spec.gem5_args().map(stats_outputs).unwrap_or_default();
        Self { attempt: attempt.clone(), dir, stats: Some(stats) }
    }

    /// Where gem5 writes by default, for an attempt whose record cannot be read.
    pub fn unknown(attempt: &AttemptDir) -> Self {
        Self { attempt: attempt.clone(), dir: attempt.m5out(), stats: None }
    }

    /// Whether it is known where gem5 writes. Otherwise the record may be readable later.
    pub fn is_known(&self) -> bool {
        self.stats.is_some()
    }

    /// The attempt that they are of.
    pub fn attempt(&self) -> &AttemptDir {
        &self.attempt
    }

    /// Where stats, configuration and consoles are.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The file of stats that is read, whether it is there or not. One of a form that is not read, such as JSON, does not
    /// count: see [`Self::find_stats`].
    pub fn stats(&self) -> PathBuf {
        let read = self.stats.iter().flatten().find(|output| output.form.is_read());
        read.map_or_else(|| self.dir.join("stats.txt"), |output| output.path(&self.dir))
    }

    /// The same once its gem5 has ended: what somebody has compressed since is found under its new name.
    pub fn stats_as_left(&self) -> PathBuf {
        match self.find_stats() {
            FoundStats::File { path, .. } => path,
            FoundStats::NotRead { .. } | FoundStats::Missing => self.stats(),
        }
    }

    /// Every file that the stats can be in, whether it is there or not.
    pub(crate) fn stats_files(&self) -> Vec<PathBuf> {
        match &self.stats {
            Some(outputs) => outputs.iter().map(|output| output.path(&self.dir)).collect(),
            None => usual(&self.dir),
        }
    }

    /// Looks for the stats. Where the command line is not known, under the usual names.
    pub fn find_stats(&self) -> FoundStats {
        match &self.stats {
            Some(outputs) => first_there(&self.dir, outputs),
            None => find_usual(&self.dir),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The record of a launch with these arguments, in this directory below the output directory.
    fn spec(argv: &[&str], subdir: Option<&str>) -> Spec {
        let record = serde_json::json!({
            "format": 1, "simulation": "s", "attempt": 1, "argv": argv, "cwd": "/", "env": {}, "call": null,
            "output_subdir": subdir, "parameters": [], "spec_hash": "", "gem5_tui": "0",
            "at": {"unix_ms": 0, "boot_ms": 0},
        });
        serde_json::from_value(record).unwrap()
    }

    #[test]
    fn stats_are_where_the_command_line_puts_them() {
        let attempt = AttemptDir::new("/a");
        let stats = |argv: &[&str], subdir| Outputs::of(&attempt, &spec(argv, subdir)).stats();
        assert_eq!(stats(&["gem5", "run.py"], None), Path::new("/a/m5out/stats.txt"));
        assert_eq!(stats(&["gem5", "many.py", "big"], Some("big")), Path::new("/a/m5out/big/stats.txt"));
        assert_eq!(stats(&["gem5", "--stats-file=roi.txt", "run.py"], None), Path::new("/a/m5out/roi.txt"));
        assert_eq!(stats(&["gem5", "--stats-file=/b/roi.txt", "run.py"], None), Path::new("/b/roi.txt"));
        // A form that is not read is not what is followed.
        assert_eq!(stats(&["gem5", "--stats-file=json:///b/s.json", "run.py"], None), Path::new("/a/m5out/stats.txt"));
        let unknown = Outputs::unknown(&attempt);
        assert_eq!((unknown.stats().as_path(), unknown.is_known()), (Path::new("/a/m5out/stats.txt"), false));
    }
}
