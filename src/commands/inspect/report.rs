//! What was found, as one JSON object or for people.

use serde::Serialize;
use serde_json::{Map, Value};

use super::find::Found;
use crate::commands::dump::DumpLine;
use crate::commands::output::{self, Output, PrintError};
use crate::engine::directory::adopt::job_view;
use crate::experiment::RowKind;
use crate::gem5::phase::{Reached, phases_reached};
use crate::gem5::stats::Dumps;
use crate::gem5::{Checkpoint, Checkpoints, EndFacts, Outcome, OutcomeKind, Phase, PhaseEvidence, signature};
use crate::protocol::JobView;
use crate::rundir::evidence::Gathered;
use crate::rundir::evidence::around::Status;
use crate::rundir::job_facts::{self, Fact};
use crate::rundir::results::Reading;
use crate::text::{Safe, human};

/// So many stats are printed for people; a many-core system has thousands with these names.
const MOST_STATS: usize = 40;

/// So many checkpoints with names of their own are printed for people.
const MOST_FOLDERS: usize = 40;

/// So many ticks of dumps and checkpoints are printed for people.
const MOST_TICKS: usize = 8;

/// The names of what may be cut.
const CHECKPOINTS: &str = "checkpoints";
const OTHER_LOGS: &str = "other_logs";

/// The object of `--json`.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    /// Whether it is a simulation or a step of ours.
    kind: RowKind,
    /// The word; null while an attempt of ours runs.
    outcome: Option<OutcomeKind>,
    /// One line, without place and tick.
    cause: Option<String>,
    place: Option<String>,
    tick: Option<u64>,
    /// Equal for outcomes with the same reason.
    signature: Option<String>,
    exit_code: Option<i32>,
    signal: Option<String>,
    /// Where the exit code or signal is told, or why it is not known.
    status: String,
    /// The last phase that it came to.
    phase: Phase,
    phases: Vec<Reached>,
    /// Complete dumps, also those in the directories of a script of many simulations.
    dumps: u32,
    /// So many bytes at the start of a very large file of stats were not read: there may be more dumps.
    #[serde(skip_serializing_if = "is_zero")]
    unread_bytes: u64,
    /// There are more directories of simulations than were looked at, and there may be more dumps in them.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    more_directories: bool,
    /// Complete dumps in `stats.txt` of the output directory itself.
    complete_dumps: u32,
    open_block: bool,
    /// `finalTick` of the dumps of the file that was read, oldest first; of more than 100,000 the last ones. `dumps` tells how
    /// many there are.
    dump_ticks: Vec<u64>,
    /// Their ticks; null where it is not known.
    checkpoints: Vec<Option<u64>>,
    /// Those of them whose directory is not called `cpt.TICK`, with what is known of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    checkpoint_folders: Vec<Checkpoint>,
    /// How many checkpoints there are before those, where there are very many.
    #[serde(skip_serializing_if = "Option::is_none")]
    earlier_checkpoints: Option<u32>,
    switched_cpus_at: Option<u64>,
    exit_event: Option<String>,
    /// The usual stats of the dump that counts. JSON has no word for what is not a number: it is a string.
    stats: Map<String, Value>,
    /// Which dump that is, and what it counts beside the others.
    dump: Option<DumpLine>,
    /// What else there is to know of it, such as why there is none.
    stats_note: Option<String>,
    stats_file: Option<String>,
    /// A file of stats in a form that is not read, and what that form is called.
    unread_stats: Option<String>,
    version: Option<String>,
    /// When gem5 was compiled.
    compiled: Option<String>,
    command: Option<String>,
    warnings: u64,
    /// The job that it was, where a batch system had it.
    #[serde(skip_serializing_if = "Option::is_none")]
    job: Option<JobView>,
    /// The same for people.
    #[serde(skip)]
    job_facts: Vec<Fact>,
    /// Logs of gem5 that have none of the usual names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    other_logs: Vec<String>,
    /// What may be there of which more was not looked at: `checkpoints`, `other_logs`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    left_out: Vec<&'static str>,
    /// Whether the logs were read from end to end; of large ones, only the ends are.
    whole_logs: bool,
}

impl Report {
    pub(super) fn new(
        found: &Found,
        row: RowKind,
        gathered: &Gathered,
        outcome: Option<Outcome>,
        phases: &PhaseEvidence,
        checkpoints: Checkpoints,
        reading: Option<&Reading>,
    ) -> Self {
        let (log, facts) = (&gathered.evidence.log, &gathered.evidence.stats);
        let signature = outcome.as_ref().map(signature);
        let (kind, outcome) = (outcome.as_ref().map(|outcome| outcome.kind), outcome);
        let (cause, place, tick) = outcome.map_or((None, None, None), |o| (Some(o.cause), o.place, o.tick));
        let (exit_code, signal, status) = match &found.status {
            Status::Known(EndFacts::Exited(code), path) => (Some(*code), None, path.display().to_string()),
            Status::Known(EndFacts::Signaled { name, .. }, path) => {
                (None, Some(name.clone()), path.display().to_string())
            }
            Status::Known(EndFacts::NotStarted(_), path) => (None, None, path.display().to_string()),
            Status::Unknown(reason) => (None, None, reason.clone()),
        };
        let dumps = gathered.stats.dumps.as_ref();
        let stats = reading.map_or_else(Map::new, |reading| {
            reading.results().all().map(|(name, value)| (name.to_owned(), output::number(value))).collect()
        });
        let chosen = reading.and_then(Reading::chosen);
        let job = found.attempt.as_ref().map(|(records, _)| records);
        let job = job.and_then(|records| Some((records.job.as_deref()?, records.started.as_ref())));
        let left_out = [(CHECKPOINTS, checkpoints.uncounted), (OTHER_LOGS, gathered.others.is_cut)];
        Self {
            kind: row,
            outcome: kind,
            cause,
            place,
            tick,
            signature,
            exit_code,
            signal,
            status,
            phase: Phase::from(phases),
            phases: match row {
                RowKind::Simulation => phases_reached(phases, facts.dumps),
                RowKind::Step | RowKind::Suite => Vec::new(),
            },
            dumps: facts.dumps,
            unread_bytes: gathered.stats.skipped,
            more_directories: gathered.stats.more_directories,
            complete_dumps: gathered.stats.own_dumps,
            open_block: facts.open_block,
            dump_ticks: dumps.map(Dumps::ticks).unwrap_or_default(),
            checkpoints: checkpoints.list.iter().map(|one| one.tick).collect(),
            earlier_checkpoints: Some(checkpoints.earlier).filter(|count| *count > 0),
            checkpoint_folders: checkpoints.list.into_iter().filter(|one| !one.is_plain()).collect(),
            switched_cpus_at: log.switched_at,
            exit_event: log.exit_event.as_ref().map(|event| event.cause.clone()),
            stats,
            dump: chosen.as_ref().map(DumpLine::from),
            stats_note: reading.and_then(Reading::note).map(|note| note.to_string()),
            stats_file: dumps.map(|_| gathered.stats.file.display().to_string()),
            unread_stats: gathered.stats.unread.clone(),
            version: log.version.clone(),
            compiled: log.compiled.clone(),
            command: log.command.clone(),
            warnings: log.warnings,
            job: job.map(|(job, started)| job_view(job, started)),
            job_facts: job.map(|(job, started)| job_facts::facts(job, started, found.has_ended())).unwrap_or_default(),
            other_logs: gathered.others.files.iter().map(|path| path.display().to_string()).collect(),
            left_out: left_out.into_iter().filter_map(|(name, is_cut)| is_cut.then_some(name)).collect(),
            whole_logs: gathered.whole_logs,
        }
    }

    /// Prints it for people.
    pub(super) fn print(&self, output: &mut Output) -> Result<(), PrintError> {
        let cause = self.cause.as_deref().unwrap_or_default();
        let place = self.place.as_ref().map(|place| format!(" ({place})")).unwrap_or_default();
        let tick = self.tick.map(|tick| format!(" @ tick {tick}")).unwrap_or_default();
        match self.outcome {
            Some(kind) => output.line(&Safe::line(&format!("{}: {cause}{place}{tick}", kind.phrase())))?,
            None => output.line(&Safe::line(&format!("not ended: {}", self.phase.word())))?,
        }
        let mut fact =
            |name: &str, value: &str| output.line(&Safe::line(&format!("  {name:<12} {}", Safe::line(value))));
        let end = match (self.exit_code, &self.signal) {
            (Some(code), _) => format!("exit code {code}, from {}", self.status),
            (None, Some(signal)) => format!("{signal}, from {}", self.status),
            (None, None) => format!("not known: {}", self.status),
        };
        fact("end", &end)?;
        if self.kind == RowKind::Step {
            return fact("kind", "a step: a program that is no gem5");
        }
        let gem5 = match (&self.version, &self.compiled) {
            (Some(version), _) => version.clone(),
            (None, Some(compiled)) => format!("compiled {compiled}; its version is not told by the log"),
            (None, None) => "not told by the log".to_owned(),
        };
        fact("gem5", &gem5)?;
        if let Some(command) = &self.command {
            fact("command", command)?;
        }
        for (name, value) in &self.job_facts {
            fact(name, value)?;
        }
        for log in &self.other_logs {
            fact("log", log)?;
        }
        if self.left_out.contains(&OTHER_LOGS) {
            fact("log", "of many files the first ones were looked at; --log names others")?;
        }
        for reached in &self.phases {
            fact("phase", &format!("{:<12} {}", reached.phase.word(), reached.evidence))?;
        }
        let open = if self.open_block { ", and one that was begun and not ended" } else { "" };
        let all_kept = self.dump_ticks.len() as u64 >= u64::from(self.dumps);
        let at = match self.dump_ticks[..] {
            [.., last] if !all_kept => format!(", the last at tick {last}"),
            _ => at_ticks(&self.dump_ticks),
        };
        let unread = match self.unread_bytes {
            0 if self.more_directories => " at least: not all directories were looked into".to_owned(),
            0 => String::new(),
            bytes => format!(" at least: the first {} were not read", human::bytes(bytes)),
        };
        fact("dumps", &format!("{}{at}{open}{unread}", self.dumps))?;
        if !self.checkpoints.is_empty() {
            let count = self.checkpoints.len() + self.earlier_checkpoints.unwrap_or(0) as usize;
            let least = if self.left_out.contains(&CHECKPOINTS) { " at least" } else { "" };
            let ticks: Vec<u64> = self.checkpoints.iter().copied().flatten().collect();
            fact("checkpoints", &format!("{count}{least}{}", at_ticks(&ticks)))?;
            for checkpoint in self.checkpoint_folders.iter().take(MOST_FOLDERS) {
                fact("", &checkpoint.phrase())?;
            }
            let more = self.checkpoint_folders.len().saturating_sub(MOST_FOLDERS);
            if more > 0 {
                fact("", &format!("and {more} with other names; --json has all"))?;
            }
        }
        if let Some(tick) = self.switched_cpus_at {
            fact("CPU switch", &format!("the last one at tick {tick}"))?;
        }
        if let Some(event) = &self.exit_event {
            fact("exit event", &format!("the last one: {event}"))?;
        }
        let least = if self.whole_logs { "" } else { " at least: of the large logs only the ends were read" };
        fact("warnings", &format!("{}{least}", self.warnings))?;
        if let Some(file) = self.stats_file.as_ref().filter(|_| !self.stats.is_empty()) {
            let which = match &self.dump {
                Some(dump) => dump.words(),
                None => "the last complete dump".to_owned(),
            };
            fact("stats", &format!("{which} of {file}"))?;
        }
        for note in self.dump.as_ref().and_then(DumpLine::remark).into_iter().chain(self.stats_note.as_deref()) {
            fact("note", note)?;
        }
        if let Some(file) = &self.unread_stats {
            fact("stats", &format!("in {file}, which gem5-tui does not read"))?;
        }
        for (name, value) in self.stats.iter().take(MOST_STATS) {
            let value = value.as_f64().map_or_else(|| value.as_str().unwrap_or_default().to_owned(), human::exact);
            output.line(&Safe::line(&format!("  {value:>16}  {}", Safe::line(name))))?;
        }
        let more = self.stats.len().saturating_sub(MOST_STATS);
        if more > 0 {
            output.line(&Safe::line(&format!("  {:>16}  and {more} more; --json has all", "")))?;
        }
        Ok(())
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(bytes: &u64) -> bool {
    *bytes == 0
}

/// ` at ticks 1, 2, 3`, in the middle of a sentence.
fn at_ticks(ticks: &[u64]) -> String {
    if ticks.is_empty() {
        return String::new();
    }
    let shown: Vec<String> = ticks.iter().take(MOST_TICKS).map(ToString::to_string).collect();
    let last = ticks.last().filter(|_| ticks.len() > MOST_TICKS).map(|last| format!(" … {last}")).unwrap_or_default();
    format!(", at tick {}{last}", shown.join(", "))
}
