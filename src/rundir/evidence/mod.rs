//! What an output directory tells of the process that wrote it.
//!
//! The engine concludes from it why an attempt ended, and `gem5-tui inspect` does the same for directories that gem5-tui
//! never made. What cannot be read tells nothing; every reading is bounded, because gem5 may have written gigabytes.

pub mod conclude;
mod console;
mod logs;
mod output;
mod stats;
mod terminal;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::gem5::outcome::RuleFacts;
use crate::gem5::stats::Watch;
use crate::gem5::{Evidence, SuccessRule};
use crate::rundir::stats_file::{self, FoundStats};

pub use conclude::Ended;
pub use console::{WatchedConsoles, console_word, consoles, has_console_text};
pub use logs::{log_facts, search};
pub use output::{WatchedCheckpoints, checkpoints, phase_evidence};
pub use stats::{StatsRead, find_stats};

/// Where the output of one process is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// gem5's output directory.
    pub m5out: PathBuf,
    /// Standard output, if it was kept.
    pub stdout: Option<PathBuf>,
    /// Standard error, if it was kept in a file of its own.
    pub stderr: Option<PathBuf>,
    /// gem5's command line without the executable, if it is known. Otherwise the banner may tell it.
    pub gem5_args: Option<Vec<String>>,
}

/// Everything that the files tell. How the process ended, and what was done to it, is for the caller to add.
#[derive(Debug)]
pub struct Gathered {
    /// The evidence.
    pub evidence: Evidence,
    /// The stats, with the values that `watch` asked for.
    pub stats: StatsRead,
    /// Whether the logs were read from end to end. Of large ones only both ends are.
    pub whole_logs: bool,
}

/// Reads everything. `watch` are the stats whose values are kept.
pub fn gather(places: &Places, rule: Option<&SuccessRule>, watch: &Arc<Watch>) -> Gathered {
    let logs: Vec<&Path> = places.stdout.iter().chain(&places.stderr).map(PathBuf::as_path).collect();
    let (log, whole_logs) = {
        let own_form = rule.and_then(|rule| rule.exit_line.as_deref());
        log_facts(places.stdout.as_deref(), places.stderr.as_deref(), own_form)
    };
    let from_banner: Option<Vec<String>> = log.command.as_deref().and_then(shlex::split);
    let gem5_args = places.gem5_args.as_deref().or_else(|| from_banner.as_deref()?.get(1..));
    let is_there = |args: &&[String]| stats_file::find(&places.m5out, Some(args)) != FoundStats::Missing;
    // A directory that was moved still has its stats, whatever absolute path the command line named.
    let gem5_args = gem5_args.filter(|args| places.gem5_args.is_some() || is_there(args));
    let stats = find_stats(&places.m5out, gem5_args, watch);
    let rule = rule.map_or_else(RuleFacts::default, |rule| RuleFacts {
        missing_stats: stats.missing(&rule.stats),
        log: rule.log.as_deref().map(|pattern| search(pattern, &logs)).unwrap_or_default(),
    });
    let evidence = Evidence {
        // A directory of thousands of names takes a while, and seldom it matters.
        has_checkpoint: log.exit.as_ref().is_some_and(|exit| !exit.is_final())
            && checkpoints(&places.m5out).count() > 0,
        log,
        stats: stats.facts.clone(),
        console: console_word(&places.m5out, &logs),
        rule,
        ..Evidence::default()
    };
    Gathered { evidence, stats, whole_logs }
}
