//! What an output directory tells of the process that wrote it.
//!
//! The engine concludes from it why an attempt ended, and `gem5-tui inspect` does the same for directories that gem5-tui
//! never made. What cannot be read tells nothing; every reading is bounded, because gem5 may have written gigabytes.

pub(crate) mod around;
mod checkpoints;
pub mod conclude;
mod console;
mod flood;
mod logs;
mod other_logs;
mod output;
mod stats;
mod terminal;
mod texts;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::gem5::log::LogFacts;
use crate::gem5::outcome::{RuleFacts, StatsFacts, telling_line};
use crate::gem5::stats::Watch;
use crate::gem5::{Evidence, SuccessRule};
use crate::rundir::record::Spec;
use crate::rundir::stats_file::{self, FoundStats};
use crate::rundir::{AttemptDir, atomic};

pub use checkpoints::{WatchedCheckpoints, checkpoints};
pub use conclude::Ended;
use console::console_word;
pub use console::{WatchedConsoles, consoles, has_console_text};
use logs::{Log, end_of, facts_of, tell_run};
pub use logs::{log_facts, search};
pub use other_logs::{OtherLogs, log_with_banner, named_logs};
pub use output::phase_evidence;
use stats::read_stats;
pub use stats::{StatsRead, find_stats};
pub use texts::{named_texts, texts};

/// Where the output of one process is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// gem5's output directory.
    pub m5out: PathBuf,
    /// Standard output, if it was kept.
    pub stdout: Option<PathBuf>,
    /// Standard error, if it was kept in a file of its own.
    pub stderr: Option<PathBuf>,
    /// The directory that the output directory lies in, where nothing of another run is.
    pub beside: Option<PathBuf>,
    /// Logs beside standard output and standard error that somebody has named.
    pub named: OtherLogs,
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
    /// Logs that are neither standard output nor standard error.
    pub others: OtherLogs,
}

impl Gathered {
    /// What is gathered of a step: it has no stats, and its logs are not read as those of gem5.
    pub fn of_step(places: &Places) -> Self {
        let stats = StatsRead {
            facts: StatsFacts::default(),
            file: places.m5out.join("stats.txt"),
            own_dumps: 0,
            dumps: None,
            unread: None,
            more_directories: false,
            skipped: 0,
        };
        Self { evidence: gather_step(places, None), stats, whole_logs: true, others: OtherLogs::default() }
    }
}

/// Reads what tells of a step. Whatever it has printed or written is no word of gem5.
pub fn gather_step(places: &Places, rule: Option<&SuccessRule>) -> Evidence {
    let logs: Vec<&Path> = places.stdout.iter().chain(&places.stderr).map(PathBuf::as_path).collect();
    let tail = |path: Option<&PathBuf>| path.map(|path| end_of(path)).unwrap_or_default();
    let last_words = telling_line(&tail(places.stderr.as_ref()), &tail(places.stdout.as_ref()));
    let log = rule.and_then(|rule| rule.log.as_deref()).map(|pattern| search(pattern, &logs)).unwrap_or_default();
    Evidence {
        log: LogFacts { last_words, ..LogFacts::default() },
        rule: RuleFacts { missing_stats: Vec::new(), log },
        ..Evidence::default()
    }
}

/// Reads everything. `watch` are the stats whose values are kept.
pub fn gather(places: &Places, rule: Option<&SuccessRule>, watch: &Arc<Watch>) -> Gathered {
    gather_beside(places, rule, watch, None)
}

/// The same beside stats that were read already, which are not read again.
fn gather_beside(
    places: &Places,
    rule: Option<&SuccessRule>,
    watch: &Arc<Watch>,
    known: Option<&StatsRead>,
) -> Gathered {
    let own_form = rule.and_then(|rule| rule.exit_line.as_deref());
    let streams: Vec<&Path> = places.stdout.iter().chain(&places.stderr).map(PathBuf::as_path).collect();
    let (stdout, stderr) = (places.stdout.as_deref().map(Log::read), places.stderr.as_deref().map(Log::read));
    let (log, mut whole_logs) = facts_of(stdout.as_ref(), stderr.as_ref(), own_form);
    let others = other_logs(places, &streams, log.tells_run());
    let mut logs: Vec<Log<'_>> = stdout.into_iter().chain(stderr).collect();
    let log = others.files.iter().fold(log, |facts, path| {
        let read = Log::read(path);
        let (other, is_whole) = facts_of(Some(&read), None, own_form);
        logs.push(read);
        whole_logs &= is_whole;
        facts.merged(&other, true)
    });
    let from_banner: Option<Vec<String>> = log.command.as_deref().and_then(shlex::split);
    let gem5_args = places.gem5_args.as_deref().or_else(|| from_banner.as_deref()?.get(1..));
    let found = match stats_file::find(&places.m5out, gem5_args) {
        // A directory that was moved still has its stats, whatever absolute path the command line named.
        FoundStats::Missing if places.gem5_args.is_none() => stats_file::find(&places.m5out, None),
        found => found,
    };
    let stats = known.and_then(|known| known.known(&found)).unwrap_or_else(|| read_stats(&places.m5out, found, watch));
    let rule = rule.map_or_else(RuleFacts::default, |rule| RuleFacts {
        missing_stats: stats.missing(&rule.stats),
        log: rule.log.as_deref().map(|pattern| search(pattern, &paths(&logs))).unwrap_or_default(),
    });
    let evidence = Evidence {
        // A directory of thousands of names takes a while, and seldom it matters.
        has_checkpoint: log.exit.as_ref().is_some_and(|exit| !exit.is_final())
            && checkpoints(&places.m5out).count() > 0,
        log,
        stats: stats.facts.clone(),
        console: console_word(&places.m5out, &logs),
        flood: flood::flood(&logs),
        rule,
        ..Evidence::default()
    };
    Gathered { evidence, stats, whole_logs, others }
}

fn paths<'p>(logs: &[Log<'p>]) -> Vec<&'p Path> {
    logs.iter().map(|log| log.path).collect()
}

/// The other logs: those that are named, or the one that gem5's banner tells where standard output and standard error are not its own.
fn other_logs(places: &Places, streams: &[&Path], is_known: bool) -> OtherLogs {
    if is_known || !places.named.files.is_empty() {
        return places.named.clone();
    }
    log_with_banner(&places.m5out, places.beside.as_deref(), streams)
}

/// The logs that the rule of an attempt of ours names.
pub fn named_logs_of(dir: &AttemptDir, rule: &SuccessRule) -> OtherLogs {
    named_logs(&dir.m5out(), Some(dir.path()), &rule.logs, &[&dir.simout(), &dir.simerr()])
}

/// The other logs of an attempt of ours.
pub fn other_logs_of(dir: &AttemptDir) -> Vec<PathBuf> {
    let spec: Option<Spec> = atomic::read_json(&dir.spec()).ok().flatten();
    let rule = spec.and_then(|spec| spec.success);
    let (stdout, stderr) = (dir.simout(), dir.simerr());
    let named = rule.map(|rule| named_logs_of(dir, &rule)).unwrap_or_default();
    let beside = Some(dir.path().to_owned());
    let places = Places { m5out: dir.m5out(), stdout: None, stderr: None, beside, named, gem5_args: None };
    let is_known = !places.named.files.is_empty() || tell_run(&stdout, &stderr);
    let mut files = other_logs(&places, &[&stdout, &stderr], is_known).files;
    // What a batch system says of a job stands there, and mostly it says nothing.
    let job_log = dir.job_log();
    if !files.contains(&job_log) && fs::metadata(&job_log).is_ok_and(|meta| meta.len() > 0) {
        files.push(job_log);
    }
    files
}
