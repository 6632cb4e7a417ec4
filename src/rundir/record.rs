//! The records: what each role writes down, and nothing more than another role needs to go on.
//!
//! Every record carries `"format": 1`. A reader refuses a record of a later format instead of guessing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::experiment::{Call, InputRole, Interpreter, Key, Parameter, Plan, RowKind};
pub use crate::gem5::{JobFate, OomKills, StopReason};

use crate::gem5::{EndFacts, Outcome, SuccessRule};
use crate::rundir::shard::Shard;

/// The format that this program writes and reads.
pub const FORMAT: u32 = 1;

/// A moment: wall time for people, boot time for arithmetic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// Milliseconds since the Unix epoch. Jumps when the clock is set.
    pub unix_ms: i64,
    /// Milliseconds of `CLOCK_BOOTTIME`. Comparable only within one boot of one host: see [`Moment::since`].
    pub boot_ms: u64,
    /// That boot. None in records that an older release wrote, and where it cannot be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boot: Option<Boot>,
}

/// One boot of one host: the first half of `/proc/sys/kernel/random/boot_id`, which no other boot anywhere shares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Boot(pub u64);

impl From<Boot> for String {
    fn from(Boot(half): Boot) -> Self {
        format!("{half:016x}")
    }
}

impl TryFrom<String> for Boot {
    type Error = std::num::ParseIntError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        u64::from_str_radix(&text, 16).map(Self)
    }
}

/// Who a process is: a number alone is not enough, numbers are reused, and each container counts anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The process number.
    pub pid: i32,
    /// Field 22 of `/proc/PID/stat`: clock ticks after boot (proc(5)).
    pub start_ticks: u64,
    /// `/proc/sys/kernel/random/boot_id`.
    pub boot_id: String,
    /// The host name then: for people, and for records without namespaces. It may change while the machine runs.
    pub host: String,
    /// The PID namespace that the number is of: what `stat -L` says of `/proc/PID/ns/pid`. None in records that an older release
    /// wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pid_ns: Option<u64>,
    /// The time namespace that the start time is of, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_ns: Option<u64>,
}

/// `experiment.json`: what was planned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExperimentRecord {
    /// Always [`FORMAT`].
    pub format: u32,
    /// When this plan was adopted.
    pub at: Moment,
    /// The plan.
    pub plan: Plan,
}

/// `controls.json`: the cap and the queue's state as a person last set them, for the next engine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Controls {
    /// Always [`FORMAT`].
    pub format: u32,
    /// The cap that the experiment file asked for. When the file asks for another one, the file wins.
    pub planned_cap: u32,
    /// The cap.
    pub cap: u32,
    /// Whether the queue was paused.
    pub queue_paused: bool,
    /// What else was said of it.
    #[serde(default, skip_serializing_if = "Wishes::is_nothing")]
    pub wishes: Wishes,
}

/// What a person has said of the queue beside its cap and whether it launches.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Wishes {
    /// Reasons of failures in spite of which it goes on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overruled: Vec<String>,
    /// Simulations that are held back, by their names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held: Vec<String>,
    /// Simulations that go before all others, in this order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub first: Vec<String>,
}

impl Wishes {
    fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// `notices.json`: what is still to be told (`notify:`), and what was.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct NoticesRecord {
    /// Always [`FORMAT`].
    pub format: u32,
    /// Something was launched, and nobody was told yet that everything has ended.
    pub owes_done: bool,
    /// Thresholds of which was told, of attempts that run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stats: Vec<ToldStat>,
}

/// A threshold of which was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToldStat {
    /// The simulation.
    pub simulation: String,
    /// The attempt.
    pub attempt: u32,
    /// Which item of `notify` it was, from 0.
    pub rule: u32,
    /// Which item of its `on`, from 0.
    pub place: u32,
}

/// `cancelled.json`: a person cancelled a simulation before it had an attempt to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cancelled {
    /// Always [`FORMAT`].
    pub format: u32,
    /// When.
    pub at: Moment,
}

/// `retry.json`: a person asked for another attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retry {
    /// Always [`FORMAT`].
    pub format: u32,
    /// When.
    pub at: Moment,
    /// The newest attempt then. Once there is a newer one, the wish was granted.
    pub after: u32,
    /// Whether a suite takes nothing from before.
    #[serde(default, skip_serializing_if = "is_default")]
    pub anew: bool,
}

/// The contents of `engine.lock`, or of that of a shard: who holds it and where it listens. Only true while the kernel lock is held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaseRecord {
    /// Always [`FORMAT`].
    pub format: u32,
    /// The engine.
    pub engine: Identity,
    /// The socket that it listens on.
    pub socket: PathBuf,
    /// It has ended and given the lease back.
    #[serde(default)]
    pub released: bool,
    /// When it last said that it lives, milliseconds since the Unix epoch by its own clock. Only where others than its own
    /// host can see the file.
    #[serde(default)]
    pub alive_unix_ms: i64,
    /// The shard that it has; none where it has the whole experiment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
    /// When it began, milliseconds since the Unix epoch; 0 where an earlier release wrote it.
    #[serde(default)]
    pub begun_unix_ms: i64,
    /// The job of Slurm that it runs in, by which others reach it from other hosts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<LeaseJob>,
    /// Until when it has time, milliseconds since the Unix epoch, if not for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_unix_ms: Option<i64>,
}

/// The job that an engine runs in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaseJob {
    /// Its number.
    pub id: String,
    /// The program, as the node of the job sees it.
    pub program: PathBuf,
}

/// One line of `takeovers.jsonl`: a person said that a host, or a container on it, is gone with all its processes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Takeover {
    /// The host.
    pub host: String,
    /// Its boot: what it starts after a reboot is meant no more.
    pub boot_id: String,
    /// The PID namespace, where not the whole host is meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pid_ns: Option<u64>,
    /// The time namespace, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_ns: Option<u64>,
    /// When it was said.
    pub at: Moment,
    /// The host from which it was said.
    pub by: String,
}

/// `spec.json`: everything a shim needs to launch one attempt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Spec {
    /// Always [`FORMAT`].
    pub format: u32,
    /// The simulation's name.
    pub simulation: String,
    /// The attempt, counted from one.
    pub attempt: u32,
    /// Whether it is a simulation or a step.
    #[serde(default, skip_serializing_if = "is_default")]
    pub kind: RowKind,
    /// The whole argument vector; the first element is an executable, absolute.
    pub argv: Vec<String>,
    /// How many elements of [`Self::argv`] are a command in front of gem5 or of the step.
    #[serde(default, skip_serializing_if = "is_default")]
    pub prefix: usize,
    /// The working directory.
    pub cwd: PathBuf,
    /// Changes to the environment: a value sets a variable, `None` removes it.
    pub env: BTreeMap<String, Option<String>>,
    /// Files that it writes outside of its own directory, absolute; a file name may be a glob. None of them was there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<PathBuf>,
    /// The function to call, for a `target:` simulation or one that a suite has spawned.
    pub call: Option<Call>,
    /// The script to run, for a suite.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suite: Option<SuiteCall>,
    /// The directory below gem5's output directory that holds stats and configuration, where it is not that itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_subdir: Option<String>,
    /// The values that make this point differ from its neighbours.
    pub parameters: Vec<Parameter>,
    /// How many automatic retries had led to this attempt since a person last asked for one.
    #[serde(default)]
    pub retries_made: u32,
    /// What decides the result, apart from the content of files: one hash for each part.
    #[serde(default)]
    pub key: Key,
    /// One hash of [`Self::key`], by which results of different experiments can be matched.
    pub spec_hash: String,
    /// The files that it was made from.
    #[serde(default)]
    pub inputs: Vec<InputFile>,
    /// The attempts of other simulations that it was made from. 0 of one that had none, where it only had to end.
    #[serde(default)]
    pub needs: Vec<UsedNeed>,
    /// What success is, where the user says so.
    #[serde(default)]
    pub success: Option<SuccessRule>,
    /// The batch system that it is handed to; none where the engine starts its shim. Only then there are records of a job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<String>,
    /// Memory that it is said to need, in bytes: that of the file, raised if it ran out before. A batch system holds it to that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<u64>,
    /// The wall-clock limit without pauses, in milliseconds, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
    /// The version of gem5-tui that wrote this.
    pub gem5_tui: String,
    /// When it was written.
    pub at: Moment,
}

/// A script that spawns, and how it is run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuiteCall {
    /// The script, absolute.
    pub script: PathBuf,
    /// Its arguments.
    pub args: Vec<String>,
    /// Whether no result from before serves.
    #[serde(default, skip_serializing_if = "is_default")]
    pub fresh: bool,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Spec {
    /// The family of what simulates, which is mostly the first element of the argument vector; none for a step.
    pub fn interpreter(&self) -> Option<Interpreter> {
        let executable = self.argv.get(self.prefix).map_or("", String::as_str);
        match self.kind {
            RowKind::Simulation | RowKind::Suite => Some(Interpreter::of(Path::new(executable))),
            RowKind::Step => None,
        }
    }

    /// The script of a suite and its arguments, which stand behind the code that runs it.
    pub fn suite(&self) -> Option<(&str, &[String])> {
        let args = self.gem5_args().filter(|_| self.kind == RowKind::Suite)?;
        let code = args.iter().position(|arg| arg == "-c")?;
        let (script, args) = args.get(code + 2..)?.split_first()?;
        Some((script, args))
    }

    /// What gem5 is given: its options, the script and the script's arguments. None for a step, which may have options of the same
    /// names.
    pub fn gem5_args(&self) -> Option<&[String]> {
        match self.kind {
            RowKind::Simulation | RowKind::Suite => Some(self.argv.get(self.prefix + 1..).unwrap_or_default()),
            RowKind::Step => None,
        }
    }
}

/// One file as it was at the launch.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct InputFile {
    /// What it is to the simulation.
    pub role: InputRole,
    /// Where it is, absolute.
    pub path: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
    /// When its content changed, nanoseconds since the Unix epoch.
    pub modified_ns: i64,
    /// The hash of its content, in hexadecimal; none where it was not hashed.
    #[serde(default)]
    pub sha256: Option<String>,
}

/// The attempt of a needed simulation that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsedNeed {
    /// The needed simulation.
    pub name: String,
    /// Its attempt; 0 if it had none.
    pub attempt: u32,
}

/// `started.json`: who runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Started {
    /// Always [`FORMAT`].
    pub format: u32,
    /// The gem5 process, leader of its own session.
    pub gem5: Identity,
    /// The shim that holds it.
    pub shim: Identity,
    /// When it started.
    pub at: Moment,
    /// How long the machine had slept by then since its boot, milliseconds: what it has slept more at a later moment
    /// is no run time.
    #[serde(default)]
    pub suspended_ms: Option<u64>,
    /// The control group that holds the tree of gem5, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<PathBuf>,
    /// The directory of the attempt: in a copy of it, the record speaks of what runs in the original.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directory: Option<Place>,
    /// Whether the shim takes SIGTERM and asks its tree to finish then.
    #[serde(default, skip_serializing_if = "is_default")]
    pub takes_term: bool,
}

/// Which directory, whatever its name: its device and its number there (stat(2)). Another one may have both after a restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The device.
    pub device: u64,
    /// The number on that device.
    pub inode: u64,
}

/// `claim.json`: which shim has an attempt, where the lock on `spec.json` could not be handed to it. Made once, by the first
/// shim that comes; whoever finds it there starts nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// Always [`FORMAT`].
    pub format: u32,
    /// The shim.
    pub shim: Identity,
    /// When it came.
    pub at: Moment,
}

/// `submitting.json`: an engine is about to hand an attempt to a batch system. Whether the system has it, nobody knows before
/// [`Submitted`] is there, or the system was asked for a job of that name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Submitting {
    /// Always [`FORMAT`].
    pub format: u32,
    /// The batch system, as in [`Spec::batch`].
    pub system: String,
    /// The name of the job, which no other attempt has.
    pub job_name: String,
    /// When.
    pub at: Moment,
    /// The command that hands it in; empty where an earlier release wrote this, or nobody knows it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub command: Vec<String>,
}

/// `submitted.json`: a batch system has an attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Submitted {
    /// Always [`FORMAT`].
    pub format: u32,
    /// As in [`Submitting`].
    pub system: String,
    /// As in [`Submitting`].
    pub job_name: String,
    /// The number of the job. Batch systems use numbers again.
    pub id: String,
    /// When its number was known.
    pub at: Moment,
}

/// `job.json`: how a batch system says that the job of an attempt ended. An `exit.json` beside it knows better how the process
/// ended, and this why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobEnd {
    /// Always [`FORMAT`].
    pub format: u32,
    /// The batch system.
    pub system: String,
    /// The number of the job; none if it was never known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What became of it.
    pub how: JobFate,
    /// How the system says so, such as `NODE_FAIL` or `CANCELLED by 1001`; empty if it says nothing.
    #[serde(default)]
    pub state: String,
    /// What the system says more, such as a reason, and what to do.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The node that it ran on, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// When that was told.
    pub at: Moment,
}

/// The records of an attempt that a batch system was to have.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct JobRecords {
    /// It was about to be handed in.
    pub submitting: Option<Submitting>,
    /// It was handed in.
    pub submitted: Option<Submitted>,
    /// How it ended there.
    pub end: Option<JobEnd>,
}

/// A signal that a shim took from a batch system, which tells no reason: its time is up, it makes place, somebody cancelled it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakenSignal {
    /// Its name, such as `SIGTERM`.
    pub name: String,
    /// When it came first.
    pub at: Moment,
}

/// One line of `beat.jsonl`: what a tree uses, from the shim that holds it. For those to whom `/proc` tells nothing of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Beat {
    /// When.
    pub at: Moment,
    /// CPU time of the whole tree so far, milliseconds.
    pub cpu_ms: u64,
    /// Resident memory of the whole tree, bytes.
    pub rss: u64,
    /// Whether the main process is stopped.
    pub stopped: bool,
    /// The last kind of signal that came to end it, such as `SIGTERM`, as in [`Exit::taken`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<String>,
}

/// One line of `pauses.jsonl`: the main process was stopped or continued, as its parent was told by the kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PauseLine {
    /// `true` for stopped, `false` for continued.
    pub stopped: bool,
    /// When the shim was told.
    pub at: Moment,
}

/// One line of `requested_dumps.jsonl`: a stats dump that a person asked for, and not the script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DumpRequest {
    /// When it was asked for.
    pub at: Moment,
    /// The length of `stats.txt` before: the dump begins behind it.
    pub stats_bytes: u64,
}

/// `stop.json`: why we asked an attempt to stop. Written before the first signal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {
    /// Always [`FORMAT`].
    pub format: u32,
    /// Why.
    pub reason: StopReason,
    /// When.
    pub at: Moment,
    /// Whether the first signal was sent: the file is written again then. An engine that finds it unsent sends it; one
    /// that finds it sent does not interrupt the final dump by sending it again.
    #[serde(default)]
    pub signalled: bool,
}

/// `exit.json`: how an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exit {
    /// Always [`FORMAT`].
    pub format: u32,
    /// How the main process ended.
    pub end: End,
    /// When the main process ended.
    pub at: Moment,
    /// Milliseconds from start to end, pauses included.
    pub wall_ms: u64,
    /// Milliseconds that the main process was stopped.
    pub paused_ms: u64,
    /// What the whole tree used. None where no shim was left to tell.
    #[serde(default)]
    pub usage: Option<Usage>,
    /// How often the kernel killed for want of memory while the attempt ran.
    #[serde(default)]
    pub oom_kills: OomKills,
    /// The shim had been killed: the engine learnt the end from the kernel, and nobody knows what the tree used.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unsupervised: bool,
    /// What the result is read from, as it was at the end and as it is on disk since before this record. None where nobody
    /// looked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub written: Vec<WrittenFile>,
    /// Why the disk did not take all that was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unsynced: Option<String>,
    /// What a batch system sent before, each signal once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub taken: Vec<TakenSignal>,
}

impl Exit {
    /// An end of which only is known how and when it was.
    pub fn new(end: End, at: Moment) -> Self {
        Self {
            format: FORMAT,
            end,
            at,
            wall_ms: 0,
            paused_ms: 0,
            usage: None,
            oom_kills: OomKills::default(),
            unsupervised: false,
            written: Vec::new(),
            unsynced: None,
            taken: Vec::new(),
        }
    }
}

/// A file of an attempt as it was at its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrittenFile {
    /// By its path in the attempt's directory, or by the whole path where it is elsewhere.
    pub file: String,
    /// Its size; none if there was none.
    pub bytes: Option<u64>,
    /// When it was written last, in milliseconds of the time of day.
    pub modified_ms: Option<i64>,
}

/// How a main process ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "how")]
pub enum End {
    /// It exited.
    Exited {
        /// The exit code.
        code: i32,
    },
    /// A signal ended it.
    Signaled {
        /// The signal's number.
        signal: i32,
        /// The signal's name, such as `SIGSEGV`.
        name: String,
    },
    /// It could not be started.
    NotStarted {
        /// What the system said and what to do.
        reason: String,
        /// Whether the machine was at fault, such as its full disk, so that another attempt may fare better.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        of_machine: bool,
    },
}

impl From<&End> for EndFacts {
    fn from(end: &End) -> Self {
        match end {
            End::Exited { code } => Self::Exited(*code),
            End::Signaled { signal, name } => Self::Signaled { number: *signal, name: name.clone() },
            End::NotStarted { reason, .. } => Self::NotStarted(reason.clone()),
        }
    }
}

/// Resources that a tree used, from getrusage(2) of the shim's children.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Usage {
    /// CPU time in user mode, milliseconds.
    pub user_ms: u64,
    /// CPU time in the kernel, milliseconds.
    pub system_ms: u64,
    /// Largest resident set of any one process of the tree, bytes.
    pub max_rss: u64,
}

/// `result.json`: what a `target:` function returned or raised.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ResultRecord {
    /// Always [`FORMAT`].
    pub format: u32,
    /// The result.
    pub result: CallResult,
}

/// What became of a call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum CallResult {
    /// The function returned.
    Returned {
        /// The value, as JSON; null where JSON cannot have it.
        value: serde_json::Value,
        /// Whether it is in `value.pickle` as Python has it.
        #[serde(default, skip_serializing_if = "is_default")]
        pickled: bool,
        /// How Python writes it, where JSON cannot have it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        shown: Option<String>,
    },
    /// The function, or the import of its module, raised.
    Raised {
        /// The exception's class, such as `ValueError`.
        exception: String,
        /// `str()` of the exception.
        message: String,
        /// The formatted traceback.
        traceback: String,
        /// Whether the exception is in `value.pickle` as Python has it.
        #[serde(default, skip_serializing_if = "is_default")]
        pickled: bool,
    },
    /// The process ended before it sent a result.
    None {
        /// Why there is none.
        reason: String,
    },
}

impl CallResult {
    /// A value that JSON has.
    pub fn returned(value: serde_json::Value) -> Self {
        Self::Returned { value, pickled: false, shown: None }
    }
}

/// `outcome.json`: why an attempt ended. Derived from the other records and the logs; it may be deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutcomeRecord {
    /// Always [`FORMAT`].
    pub format: u32,
    /// The version of gem5-tui that derived it. Another version reads the evidence again: it may know more.
    #[serde(default)]
    pub gem5_tui: String,
    /// The outcome.
    pub outcome: Outcome,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_was_returned_is_the_same_after_any_number_of_readings() {
        let text = r#"{"format":1,"result":{"kind":"returned","value":4999999999999999999999999999999999999999999999999999999999999999908441000}}"#;
        let read: ResultRecord = serde_json::from_str(text).unwrap();
        let again: ResultRecord = serde_json::from_str(&serde_json::to_string(&read).unwrap()).unwrap();
        assert_eq!(again, read);
    }
}
