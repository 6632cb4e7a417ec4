//! Everything that may tell why an attempt ended.

use serde::{Deserialize, Serialize};

use super::{EndFacts, JobFacts, OomKills, StopReason};
use crate::gem5::log::{ExitLine, GuestState, LogFacts};

/// What is known of an attempt that is over. Gathered by `rundir`; each part may be missing, and a missing part tells
/// nothing.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Evidence {
    /// How the main process ended. `None` when it is gone and its end was not seen.
    pub end: Option<EndFacts>,
    /// The machine was restarted since it began.
    pub restarted: bool,
    /// Why gem5-tui asked it to stop, if it did.
    pub stop: Option<StopReason>,
    /// What standard output and standard error told.
    pub log: LogFacts,
    /// What it dumped.
    pub stats: StatsFacts,
    /// The simulated system's own last word, if it had failed or waited.
    pub console: Option<ConsoleWord>,
    /// Whether there is a checkpoint among what it wrote, looked for where it ended at the begin of what was to be simulated.
    pub has_checkpoint: bool,
    /// The line that its log was filled with.
    pub flood: Option<Flood>,
    /// What its batch system did, if it was to be a job of one.
    pub job: Option<JobFacts>,
    /// What the kernel killed meanwhile.
    pub oom_kills: OomKills,
    /// Whether a simulation is expected of it. A function, or a script under plain Python, may rightly simulate nothing.
    pub simulates: bool,
    /// What the conditions of a `success:` rule found.
    pub rule: RuleFacts,
}

/// The dumps of an attempt.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StatsFacts {
    /// Complete dumps.
    pub dumps: u32,
    /// `finalTick` of the last complete dump.
    pub final_tick: Option<f64>,
    /// A block was begun and not ended.
    pub open_block: bool,
    /// A `stats.txt` exists. gem5 makes it before the script runs, unless stats go elsewhere (`--stats-file`).
    pub stats_txt: bool,
    /// Every complete dump was asked for from outside (SIGUSR1), so none of them is a result.
    pub only_requested: bool,
    /// Simulations of one process, each with a directory of its own in the output directory, that left no dump there.
    pub without_dumps: Vec<String>,
}

/// What a simulated system said when it failed, or what it waits at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsoleWord {
    /// Which of the two.
    pub state: GuestState,
    /// The file's name in the output directory, such as `system.terminal`.
    pub file: String,
    /// The line.
    pub text: String,
}

impl ConsoleWord {
    /// The words in one phrase.
    pub fn phrase(&self) -> String {
        let said = format!("{} says: {}", self.file, self.text);
        match self.state {
            GuestState::Failed | GuestState::Troubled => said,
            GuestState::Waits => format!("it waits: {said}"),
        }
    }
}

/// A line that a log repeats at its end, numbers apart. Raw text, not yet sanitised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flood {
    /// The last one of them.
    pub line: String,
    /// How often it came.
    pub times: u64,
    /// Whether that is all. Of a very large log only the end is counted.
    pub is_all: bool,
}

/// What the conditions of a `success:` rule found that are about files.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RuleFacts {
    /// The globs of the rule that match no stat of the last complete dump.
    pub missing_stats: Vec<String>,
    /// What became of the search for the rule's `log`.
    pub log: LogSearch,
}

/// A search for a line in the logs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum LogSearch {
    /// No line was asked for.
    #[default]
    NotAsked,
    /// A line matches.
    Found,
    /// No line matches.
    Absent {
        /// What was searched, where that is not all.
        searched: Option<String>,
    },
    /// The pattern or a log cannot be used, for this reason.
    Failed(String),
}

impl Evidence {
    /// Whether a batch system asked it to end.
    pub(in crate::gem5) fn was_asked_in_job(&self) -> bool {
        self.job.as_ref().is_some_and(|job| !job.taken.is_empty())
    }

    /// The exit line that the attempt ended with. One from before the last dump is not: gem5 simulated on behind it, or
    /// the simulated program imitated it. A number that only stands beside a cause says nothing of that.
    pub(in crate::gem5) fn exit(&self) -> Option<&ExitLine> {
        let exit = self.log.exit.as_ref()?;
        let goes_on = !exit.is_loose && self.is_before_last_dump(exit.tick?);
        (!goes_on).then_some(exit)
    }

    /// The tick of that line.
    pub(super) fn exit_tick(&self) -> Option<u64> {
        self.exit()?.tick.filter(|tick| !self.is_before_last_dump(*tick))
    }

    fn is_before_last_dump(&self, tick: u64) -> bool {
        self.stats.final_tick.is_some_and(|last| (tick as f64) < last)
    }

    /// The code other than 0 that the simulated program ended with.
    pub(super) fn guest_exit_code(&self) -> Option<i64> {
        let code = self.log.guest_exit_code.filter(|code| *code != 0);
        // The code belongs to the exit line above it.
        if self.log.exit.is_some() && self.exit().is_none() { None } else { code }
    }

    /// Whether anything shows that a simulation ran. Where stats go to `stats.txt`, one that ran has dumped there at its
    /// end; where they go elsewhere, objects that were made are the best sign there is.
    pub(super) fn simulated(&self) -> bool {
        self.stats.dumps > 0 || self.log.ran() || (self.log.frequency.is_some() && !self.stats.stats_txt)
    }
}
