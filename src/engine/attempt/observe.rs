//! One look at the files and the processes of an attempt.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use crate::engine::attempt::size::{Count, Counted};
use crate::engine::state::event::{Event, Observation};
use crate::engine::state::gauges::host::TreeLook;
use crate::engine::state::gauges::seen::Seen;
use crate::experiment::Interpreter;
use crate::failpoint::point;
use crate::gem5::Checkpoints;
use crate::gem5::log::{LogFacts, LogScanner};
use crate::gem5::phase::{PhaseEvidence, release};
use crate::gem5::stats::{Choice, Dump, Watch};
use crate::gem5::{ConsoleWord, GuestState, OutcomeKind, Phase};
use crate::protocol::Note;
use crate::rundir::evidence::{self, WatchedCheckpoints, WatchedConsoles, checkpoints};
use crate::rundir::follow::open_regular;
use crate::rundir::named::as_named;
use crate::rundir::record::{Beat, Identity, Moment, Spec, Started};
use crate::rundir::results::{self, Ending, Results};
use crate::rundir::{AttemptDir, Outputs, Standing, StatsFile, atomic, attempts, beats};
use crate::spawn::identity;
use crate::spawn::listener::among;
use crate::spawn::tree::{Snapshot, Tree, TreeState, tree_state};

/// Bytes of one file that are read in one look, so that one busy simulation cannot keep the others waiting.
const BYTES_A_LOOK: u64 = 4 << 20;

/// Between two measurements of what is stopped, in milliseconds, at least.
const MEASURE_STOPPED_EVERY_MS: u64 = 1_000;

/// A log that grows faster than it is read is read on from this far before its end.
const MOST_BEHIND: u64 = 32 << 20;

/// Between two looks at the files of a job, of which a file server is asked.
const LOOK_AT_JOB_EVERY: Duration = Duration::from_secs(3);

/// The same of one that has not started, of which there is nothing to see.
const LOOK_AT_WAITING_EVERY: Duration = Duration::from_secs(6);

/// Between two looks at an attempt at which nothing happens, at most: where only looks tell that something does.
const LOOK_AT_QUIET_EVERY: Duration = Duration::from_secs(4);

/// The same where the file system tells of all that can be written and its shim of all that can be done to it.
const LOOK_AT_TOLD_EVERY: Duration = Duration::from_secs(30);

/// 1 MiB: a smaller change of its memory is not told for its own sake.
const TOLD_RSS: u64 = 1 << 20;

/// For so long after it has computed last, its use of the machine is told at each scan: longer than the span that rates are taken
/// over, so that they come down.
const TELL_USE_FOR: Duration = Duration::from_secs(20);

/// Between two looks for logs under other names, at least.
const LOOK_FOR_LOGS: Duration = Duration::from_secs(2);

/// And so many times as long as one of them took, so that they cost a hundredth of a core.
const LOOK_PART: u32 = 100;

/// Which attempt is looked at, and for what.
#[derive(Debug, Clone)]
pub struct Subject {
    /// The simulation.
    pub sim: u32,
    /// The attempt.
    pub attempt: u32,
    /// Its directory.
    pub dir: AttemptDir,
    /// What simulates in it: the files of gem5 tell phases, those of plain Python do not, and those of a step, where nothing does,
    /// tell nothing.
    pub interpreter: Option<Interpreter>,
    /// Whether its output is measured. It costs a walk through its directory now and then.
    pub measured: bool,
    /// Whether it has a limit on doing nothing, which looks tell that show nothing.
    pub limited: bool,
    /// Which of its dumps is the result once it has ended.
    pub dump: Choice,
}

/// What a look shows.
pub struct Look {
    /// All of it.
    pub observation: Observation,
    /// Whether anything is new but times and what it uses of the machine.
    pub is_news: bool,
}

/// An attempt that is looked at again and again.
pub struct Followed {
    subject: Subject,
    outputs: Outputs,
    watch: Arc<Watch>,
    stats: StatsFile,
    logs: [FollowedLog; 2],
    others: OtherFollowed,
    started: Option<Started>,
    /// Whether a batch system started it: what its shim tells then counts, wherever it runs.
    is_job: bool,
    /// Whether its shim lived at the last scan.
    is_held: bool,
    /// The last beat of its shim, and whether it says that the tree was stopped or let go since the one before.
    beat: Option<Beat>,
    switched: Option<bool>,
    checkpoints: WatchedCheckpoints,
    consoles: WatchedConsoles,
    tree: Option<TreeLook>,
    /// When a scan last found that it uses anything else than before.
    computed: Option<Instant>,
    /// Its processes, where gem5 is not the main one or not the only one.
    processes: Vec<Identity>,
    output: Option<(u64, u64)>,
    count: Count,
    /// The same of gem5's own output, while it is stopped.
    while_stopped: Option<(u64, u64)>,
    count_stopped: Count,
    /// Where its directory was when that was told last.
    away: Option<Note>,
    last: Option<Observation>,
}

/// Logs that are neither standard output nor standard error.
struct OtherFollowed {
    /// Those that were named.
    globs: Vec<String>,
    logs: Vec<FollowedLog>,
    /// When they are looked for again.
    again: Option<Instant>,
}

struct FollowedLog {
    path: PathBuf,
    offset: u64,
    /// Bytes that said something new, as far as it could be read; none while it cannot.
    told: Option<u64>,
    scanner: LogScanner,
    /// The tick of the first `Entering event queue`.
    begun_at: Option<u64>,
}

impl Followed {
    /// Reads where it writes, and nothing more before [`Self::look`].
    pub fn new(subject: Subject, stats: Arc<Watch>) -> Self {
        let outputs = attempts::outputs(&subject.dir);
        let spec: Option<Spec> = atomic::read_json(&subject.dir.spec()).ok().flatten();
        let is_job = spec.as_ref().is_some_and(|spec| spec.batch.is_some());
        let globs = spec.and_then(|spec| spec.success).map(|rule| rule.logs).unwrap_or_default();
        Self {
            watch: Arc::clone(&stats),
            stats: StatsFile::open(&outputs.stats(), stats).with_requests(&subject.dir.requested_dumps()),
            outputs,
            logs: [subject.dir.simout(), subject.dir.simerr()].map(FollowedLog::at),
            others: OtherFollowed { globs, logs: Vec::new(), again: None },
            started: None,
            is_job,
            is_held: true,
            beat: None,
            switched: None,
            checkpoints: WatchedCheckpoints::default(),
            consoles: WatchedConsoles::default(),
            tree: None,
            computed: None,
            processes: Vec::new(),
            output: None,
            count: Count::default(),
            while_stopped: None,
            count_stopped: Count::default(),
            away: None,
            last: None,
            subject,
        }
    }

    /// When its output was measured last, on the boot clock; none if it is not to be measured.
    pub fn measured_ms(&self) -> Option<u64> {
        self.subject.measured.then(|| self.output.map_or(0, |(at_ms, _)| at_ms))
    }

    /// Measures its output. Says whether it is another one than before.
    pub fn measure(&mut self) -> bool {
        let before = self.output.map(|(_, bytes)| bytes);
        let bytes = match self.count.step(self.subject.dir.path()) {
            Some(Counted::All(bytes)) => bytes,
            // There are at least so many, and most likely as many as before.
            Some(Counted::SoFar(bytes)) => before.map_or(bytes, |before| before.max(bytes)),
            // A directory that cannot be read now has written what it had written before.
            None => return false,
        };
        self.output = Some((Moment::now().boot_ms, bytes));
        before != Some(bytes)
    }

    /// Finds its processes in a scan of all of them. Says whether what they use is to be told.
    pub fn find_tree(&mut self, snapshot: Option<&Snapshot>, at_ms: u64) -> bool {
        // Numbers of processes of another host or container mean nothing here.
        if self.is_job {
            return false;
        }
        // The system takes a page from who sleeps now and then, which tells nobody anything.
        let use_of = |tree: Option<TreeLook>| tree.map(|tree| (tree.cpu_ms, tree.rss / TOLD_RSS));
        let before = self.tree;
        let here = self.started.as_ref().filter(|started| !identity::is_out_of_sight(&started.gem5));
        self.processes.clear();
        self.tree = here.zip(snapshot).and_then(|(started, snapshot)| {
            self.is_held = snapshot.holds(&started.shim);
            let tree = Tree::of(started, self.is_held);
            let usage = snapshot.usage(tree);
            if usage.processes > 1 {
                self.processes = snapshot.members(tree);
            }
            (usage.processes > 0).then_some(TreeLook { at_ms, cpu_ms: usage.cpu_ms, rss: usage.rss })
        });
        if use_of(self.tree) != use_of(before) {
            self.computed = Some(Instant::now());
        } else if let (Some(tree), Some(before)) = (&mut self.tree, before) {
            tree.rss = before.rss;
        }
        self.computed.is_some_and(|at| at.elapsed() < TELL_USE_FOR)
    }

    /// The directories in which something is written when anything of it changes. None of a job: its node tells nobody here.
    pub fn places(&self) -> BTreeSet<PathBuf> {
        if self.is_job {
            return BTreeSet::new();
        }
        let files = self.others.logs.iter().map(|log| log.path.clone()).chain([self.outputs.stats()]);
        let beside = files.filter_map(|file| file.parent().map(Path::to_owned));
        beside.chain([self.subject.dir.path().to_owned(), self.outputs.dir().to_owned()]).collect()
    }

    /// How long after a look the next one is due, from where something happens to where nothing does: `is_told` says whether the file
    /// system tells of changes in all its [places](Self::places). It is `soon` where looks cost nobody else anything.
    pub fn pauses(&self, is_told: bool, soon: Duration) -> RangeInclusive<Duration> {
        match (self.is_job, self.started.is_some()) {
            (true, true) => LOOK_AT_JOB_EVERY..=LOOK_AT_JOB_EVERY,
            (true, false) => LOOK_AT_WAITING_EVERY..=LOOK_AT_WAITING_EVERY,
            // Without a shim nobody writes down that it was stopped.
            (false, true) if is_told && self.is_held && !self.subject.limited => soon..=LOOK_AT_TOLD_EVERY,
            (false, _) => soon..=LOOK_AT_QUIET_EVERY,
        }
    }

    /// Looks once more after the end, which was of this kind. Compressed stats can be read only now.
    pub fn last_look(mut self, kind: OutcomeKind) -> Observation {
        self.stats.set_ended();
        let ending = Ending::read(&self.subject.dir, Some(kind));
        self.look(ending).observation
    }

    /// Looks at the files and, as long as it runs, at the process.
    pub fn look(&mut self, ending: Ending) -> Look {
        let ended = ending != Ending::Running;
        // A disk that does not answer holds the thread that looks, and not the engine.
        _ = point("engine.look", self.subject.dir.name());
        let simulates = self.subject.interpreter.is_some();
        if simulates {
            self.read_stats(ended);
        }
        self.look_for_logs(ended);
        for log in self.logs.iter_mut().chain(&mut self.others.logs) {
            log.look();
        }
        let Subject { sim, attempt, ref dir, .. } = self.subject;
        if self.started.is_none() {
            self.started = atomic::read_json(&dir.started()).ok().flatten();
        }
        let at = Moment::now();
        let process = self.process(at);
        let stopped = if self.is_job { self.switched } else { process.map(|state| state == TreeState::Stopped) };
        let facts = self.facts();
        let (said, guest) = if self.subject.interpreter == Some(Interpreter::Gem5) && !ended {
            let logs: Vec<&Path> = self.logs.iter().chain(&self.others.logs).map(|log| log.path.as_path()).collect();
            let (said, word) = self.consoles.look(self.outputs.dir(), &logs);
            (said, word.cloned().or_else(|| self.waits()))
        } else {
            (0, None)
        };
        let observation = Observation {
            sim,
            attempt,
            at,
            phase: (!ended).then(|| self.phase(&facts, process, said > 0)),
            guest,
            stopped: if ended { None } else { stopped },
            seen: if simulates { self.seen(&facts) } else { Seen::default() },
            values: if simulates { self.values(ending) } else { Vec::new() },
            written: self.written().map(|bytes| bytes.saturating_add(said)),
            repeated: self.all_logs().map(|log| log.scanner.repetition().idle()).sum(),
            tree: self.tree.filter(|_| !ended),
            output_while_stopped: self.written_while_stopped(at, process.filter(|_| !ended)),
            output: self.output,
        };
        let Observation { at, tree, output, .. } = observation;
        let is_same = |last: &Observation| observation == Observation { at, tree, output, ..last.clone() };
        let is_news = !self.last.as_ref().is_some_and(is_same);
        self.last = Some(observation.clone());
        Look { observation, is_news }
    }

    /// The watched values of the dump that counts.
    fn values(&self, ending: Ending) -> Vec<Option<f64>> {
        let (dumps, choice) = (self.stats.dumps(), ending.choice(&self.subject.dump));
        if choice.is_last() {
            return Results::of(dumps, ending).row();
        }
        // What was followed may have begun in the middle of the file, so that only the file tells which dump that is.
        let watch = Arc::clone(&self.watch);
        let reading = results::read(&self.outputs, ending, &choice, &watch);
        reading.map_or_else(|_| vec![None; watch.globs().len()], |reading| reading.results().row())
    }

    /// Reads what is new in the stats: after the end all of it, before it as much as one look may take.
    fn read_stats(&mut self, ended: bool) {
        loop {
            match self.stats.refresh(BYTES_A_LOOK) {
                // The end of the file, or a file that is not there yet.
                Ok(change) if !change.behind => break,
                // After the end every byte counts; before it, the rest has time until the next look.
                Ok(_) if ended => {}
                Ok(_) | Err(_) => break,
            }
        }
    }

    /// Tells where its directory is, if that is not what was told last.
    pub fn stray(&mut self) -> Option<Event> {
        let Subject { sim, attempt, ref dir, .. } = self.subject;
        let away = whereabouts(dir, self.away.clone());
        let is_news = self.away != away;
        self.away.clone_from(&away);
        is_news.then_some(Event::Away { sim, attempt, away })
    }

    /// What the main process does. Of one that is not seen from here its shim tells, where it was asked to; else nobody knows.
    fn process(&mut self, now: Moment) -> Option<TreeState> {
        let started = self.started.as_ref()?;
        if !self.is_job && !identity::is_out_of_sight(&started.gem5) {
            return Some(tree_state(&started.gem5));
        }
        let beat = beats::last(&self.subject.dir.beats())?;
        // A beat is seen late, and the clock of its node may be another one than ours: only that it has changed tells something
        // of now.
        let before = self.beat.replace(beat.clone());
        self.switched =
            Some(beat.stopped).filter(|stopped| before.as_ref().is_none_or(|before| before.stopped != *stopped));
        if before.as_ref() != Some(&beat) {
            self.tree = Some(TreeLook { at_ms: now.boot_ms, cpu_ms: beat.cpu_ms, rss: beat.rss });
        }
        Some(if beat.stopped { TreeState::Stopped } else { TreeState::Running })
    }

    fn seen(&mut self, facts: &LogFacts) -> Seen {
        let checkpoints = self.look_for_checkpoints();
        let dump = self.stats.dumps().latest();
        // All of them count from the beginning and are never reset.
        let ticks = dump.and_then(ticks).max(facts.tick).max(checkpoints.last_tick());
        let per_tick = facts.frequency.map(|frequency| 1.0 / frequency as f64).or_else(|| seconds_per_tick(dump?));
        Seen {
            ticks,
            instructions: self.stats.dumps().instructions().max(facts.instructions),
            seconds: ticks.zip(per_tick).map(|(ticks, per_tick)| ticks as f64 * per_tick).filter(|s| s.is_finite()),
            begun_at: self.all_logs().find_map(|log| log.begun_at).or(self.stats.dumps().began()),
            dumps: Some(self.stats.dumps().count()),
            checkpoints,
        }
    }

    /// The checkpoints. As long as they are the same, nothing is copied.
    fn look_for_checkpoints(&mut self) -> Arc<Checkpoints> {
        let now = self.checkpoints.look(self.outputs.dir());
        match &self.last {
            Some(last) if *last.seen.checkpoints == *now => Arc::clone(&last.seen.checkpoints),
            _ => Arc::new(now.clone()),
        }
    }

    /// Bytes of logs and stats that said something new. A file that is not there yet has none; one that cannot be looked at makes
    /// the sum unknown.
    fn written(&self) -> Option<u64> {
        let stats = match fs::metadata(self.outputs.stats()) {
            Ok(meta) => meta.len(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            Err(_) => return None,
        };
        self.all_logs().try_fold(stats, |sum, log| Some(sum.saturating_add(log.told?)))
    }

    /// Bytes of all that gem5 has written, where the main process is stopped: of its whole output directory, because a client that
    /// hands its logs on stands still with them, and of stats elsewhere.
    fn written_while_stopped(&mut self, at: Moment, process: Option<TreeState>) -> Option<u64> {
        if process != Some(TreeState::Stopped) {
            (self.while_stopped, self.count_stopped) = (None, Count::default());
            return None;
        }
        let is_due = |&(at_ms, _): &(u64, u64)| at.boot_ms >= at_ms + MEASURE_STOPPED_EVERY_MS;
        if self.while_stopped.as_ref().is_none_or(is_due) {
            let m5out = self.subject.dir.m5out();
            let elsewhere = Some(self.outputs.stats()).filter(|stats| !stats.starts_with(&m5out));
            let elsewhere = elsewhere.and_then(|stats| fs::metadata(stats).ok()).map_or(0, |meta| meta.len());
            self.while_stopped = match self.count_stopped.step(&m5out) {
                Some(Counted::All(bytes)) => Some((at.boot_ms, bytes.saturating_add(elsewhere))),
                // A part of the files tells nothing of whether they grow.
                Some(Counted::SoFar(_)) => self.while_stopped,
                None => None,
            };
        }
        self.while_stopped.map(|(_, bytes)| bytes)
    }

    fn facts(&self) -> LogFacts {
        let [out, err] = &self.logs;
        let facts = out.scanner.facts().clone().merged(err.scanner.facts(), false);
        self.others.logs.iter().fold(facts, |facts, other| facts.merged(other.scanner.facts(), true))
    }

    fn all_logs(&self) -> impl Iterator<Item = &FollowedLog> {
        self.logs.iter().chain(&self.others.logs)
    }

    /// Looks for logs under other names: those that are named, or else, while gem5 says nothing on its streams, the one that begins
    /// as gem5 does.
    fn look_for_logs(&mut self, ended: bool) {
        let now = Instant::now();
        let is_silent = || {
            self.subject.interpreter == Some(Interpreter::Gem5)
                && self.others.logs.is_empty()
                && !self.facts().tells_run()
        };
        if self.others.again.is_some_and(|again| now < again && !ended)
            || (self.others.globs.is_empty() && !is_silent())
        {
            return;
        }
        let (m5out, beside) = (self.outputs.dir(), Some(self.subject.dir.path()));
        let streams = [self.subject.dir.simout(), self.subject.dir.simerr()];
        let except = [streams[0].as_path(), streams[1].as_path()];
        let mut found = evidence::named_logs(m5out, beside, &self.others.globs, &except);
        if found.files.is_empty() && is_silent() {
            found = evidence::log_with_banner(m5out, beside, &except);
        }
        for path in found.files {
            if self.others.logs.iter().all(|log| log.path != path) {
                self.others.logs.push(FollowedLog::at(path));
            }
        }
        self.others.again = Some(now + LOOK_FOR_LOGS.max(now.elapsed() * LOOK_PART));
    }

    /// What gem5 itself waits for.
    fn waits(&self) -> Option<ConsoleWord> {
        self.all_logs().find_map(|log| {
            let text = log.scanner.facts().waits.clone()?;
            let file = log.path.file_name()?.to_string_lossy().into_owned();
            Some(ConsoleWord { state: GuestState::Waits, file, text })
        })
    }

    fn phase(&self, facts: &LogFacts, process: Option<TreeState>, speaks: bool) -> Phase {
        if self.subject.interpreter != Some(Interpreter::Gem5) && process != Some(TreeState::Gone) {
            return Phase::Running;
        }
        let release = facts.version.as_deref().and_then(release);
        let files = evidence::phase_evidence(self.outputs.dir());
        Phase::from(&PhaseEvidence {
            // Wherever gem5 was told to write them.
            stats_txt: files.stats_txt || self.stats.exists(),
            event_queue_entered: facts.event_queue.is_some(),
            simulated: facts.ran() || self.stats.dumps().count() > 0 || speaks,
            open_block: self.stats.has_open_block(),
            handles_sigcont: release.is_some_and(|release| release >= (25, 0)) && self.handles_sigcont(),
            release,
            main_alive: process != Some(TreeState::Gone),
            ..files
        })
    }

    fn handles_sigcont(&self) -> bool {
        let Some(Started { gem5: main, .. }) = &self.started else { return false };
        // A command in front of gem5 waits for it as its child.
        among(main, &self.processes, Signal::SIGCONT).is_some()
    }
}

impl FollowedLog {
    fn at(path: PathBuf) -> Self {
        Self { path, offset: 0, told: Some(0), scanner: LogScanner::new(), begun_at: None }
    }

    /// Reads what is new. One that cannot be read now may be readable at the next look.
    fn look(&mut self) {
        let before = (self.scanner.repetition().bytes(), self.scanner.repetition().idle());
        let read = match self.read() {
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            Err(_) => {
                self.told = None;
                return;
            }
        };
        let after = self.scanner.repetition();
        let (lines, idle) = (after.bytes() - before.0, after.idle() - before.1);
        // A line that is not complete yet is one more of them, or a bar that redraws itself and never ends.
        let told = if lines > 0 { lines - idle } else { read };
        self.told = Some(self.told.unwrap_or_default().saturating_add(told));
    }

    /// Reads what is new. Says how many bytes it were.
    fn read(&mut self) -> io::Result<u64> {
        let meta = fs::metadata(&self.path)?;
        if meta.is_file() && meta.len() == self.offset {
            return Ok(0);
        }
        let mut file = open_regular(&self.path)?;
        let length = file.metadata()?.len();
        if length < self.offset {
            // Truncated: what was read is gone, what comes is new.
            self.offset = 0;
        }
        if length - self.offset > MOST_BEHIND {
            self.offset = length - MOST_BEHIND;
            self.scanner.skip();
        }
        file.seek(SeekFrom::Start(self.offset))?;
        let mut bytes = Vec::new();
        let read = file.take(BYTES_A_LOOK).read_to_end(&mut bytes)?;
        self.offset += read as u64;
        let mut rest = bytes.as_slice();
        while self.begun_at.is_none() && !rest.is_empty() {
            // Line by line, because the scanner keeps the last such tick only.
            let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at + 1);
            let (line, after) = rest.split_at(end);
            self.scanner.feed(line);
            self.begun_at = self.scanner.facts().event_queue;
            rest = after;
        }
        self.scanner.feed(rest);
        Ok(read as u64)
    }
}

/// Where an attempt's directory is, if it is not where it was. A disk that does not answer says nothing else than `before`.
pub(super) fn whereabouts(dir: &AttemptDir, before: Option<Note>) -> Option<Note> {
    match dir.standing() {
        Standing::Here => None,
        Standing::Moved => Some(Note::Moved { to: as_named(dir.path()).display().to_string() }),
        Standing::Deleted => Some(Note::Deleted),
        Standing::Unseen => before,
    }
}

/// What an attempt left that ended in this way. Only the dump that counts is read.
pub fn glance(subject: &Subject, kind: OutcomeKind, watch: &Arc<Watch>) -> Option<Observation> {
    let Subject { sim, attempt, ref dir, ref dump, .. } = *subject;
    let outputs = attempts::outputs(dir);
    let ending = Ending::read(dir, Some(kind));
    let reading = results::read(&outputs, ending, &Choice::LAST, watch).ok()?;
    let results = reading.results();
    let values =
        if dump.is_last() { results.row() } else { results::read(&outputs, ending, dump, watch).ok()?.results().row() };
    // How far it came, any dump tells.
    let dump = results.latest()?;
    let ticks = ticks(dump);
    let seconds = ticks.zip(seconds_per_tick(dump)).map(|(ticks, per_tick)| ticks as f64 * per_tick);
    // The only dump in the file, behind its blank line, tells of the whole run.
    let only = Some(dump).filter(|dump| dump.start <= 1);
    Some(Observation {
        sim,
        attempt,
        at: Moment::now(),
        phase: None,
        stopped: None,
        guest: None,
        seen: Seen {
            ticks,
            instructions: only.and_then(instructions),
            seconds,
            begun_at: only.and_then(Dump::interval).map(|interval| interval.start),
            dumps: None,
            checkpoints: Arc::new(checkpoints(outputs.dir())),
        },
        values,
        written: None,
        repeated: 0,
        tree: None,
        output_while_stopped: None,
        output: None,
    })
}

/// `finalTick` counts from the beginning and is never reset; `simTicks` starts anew at a reset (`sim/root.cc`).
fn ticks(dump: &Dump) -> Option<u64> {
    dump.final_tick.or(dump.sim_ticks).map(|ticks| ticks as u64)
}

fn instructions(dump: &Dump) -> Option<u64> {
    dump.sim_insts.map(|instructions| instructions as u64)
}

/// Both count from the same reset, so their ratio is that of any other pair.
fn seconds_per_tick(dump: &Dump) -> Option<f64> {
    let (seconds, ticks) = dump.sim_seconds.zip(dump.sim_ticks)?;
    (ticks > 0.0).then(|| seconds / ticks).filter(|ratio| ratio.is_finite())
}
