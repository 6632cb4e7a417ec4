//! Start, wait, record.
//!
//! The attempt has ended when the whole tree has ended: processes that gem5's script left behind still write files and
//! use memory, so the shim waits for them after the main process is gone. They cannot escape it, because the shim is a
//! subreaper: the kernel makes it the parent of every orphan of its tree.

use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::signal::Signal;
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::time::TimeValLike;
use rustix::process::{WaitOptions, WaitStatus, wait};

use super::ledger::{Fact, Ledger, RETRY};
use super::oom::OomCounters;
use super::relay::{Relay, taken};
use super::{complain, tell};
use crate::experiment::{Call, secret};
use crate::failpoint::point;
use crate::rundir::atomic::read_open;
use crate::rundir::fault::passes_in_ours;
use crate::rundir::machine::Machine;
use crate::rundir::moment::suspended_ms;
use crate::rundir::record::{
    CallResult, End, Exit, FORMAT, Identity, Moment, PauseLine, ResultRecord, Spec, Started, Usage,
};
use crate::rundir::spawns::Spawns;
use crate::rundir::written::{self, Written};
use crate::rundir::{AttemptDir, Outputs, beneath};
use crate::spawn::call::{self, Exchange};
use crate::spawn::ended::{end_of, in_words};
use crate::spawn::launch::{Launch, Reached, launch};
use crate::spawn::shim_command::Orders;
use crate::spawn::shim_word::Word;
use crate::spawn::stat::Stat;
use crate::spawn::tree_group::{self, TreeGroup};

/// How much later than what it holds a shim has its turn, in the steps of nice(2).
const BEHIND_WHAT_RUNS: i32 = 10;

/// The process that the shim holds.
struct Held {
    pid: i32,
    started: Moment,
    exchange: Option<Exchange>,
    /// Where a call leaves its value, until it has ended.
    value: Option<File>,
    stopped_since: Option<Moment>,
    paused_ms: u64,
    ended: Option<Ended>,
    oom: OomCounters,
    group: Option<TreeGroup>,
    /// Who runs, as it is recorded.
    record: Started,
    /// Where it writes.
    outputs: Outputs,
}

/// How and when the main process ended.
struct Ended {
    end: End,
    at: Moment,
    result: Option<CallResult>,
}

/// Starts what the attempt's spec says, waits for the whole tree and records the end. Returns when all is on disk.
///
/// # Errors
/// When there is no space to record anything: then nothing was started.
pub(super) fn supervise(attempt: &AttemptDir, spec: &File, orders: Orders) -> io::Result<()> {
    let begun = Moment::now();
    let mut ledger = Ledger::new(attempt, spec)?;
    match start(attempt, spec, orders, &mut ledger) {
        Ok((held, signals)) => wait_for_tree(attempt, held, &signals, Relay::new(orders), &mut ledger),
        Err(NotStarted { reason, is_call, of_machine }) => {
            if is_call {
                let result = CallResult::None { reason: format!("the process could not be started: {reason}") };
                ledger.add(Fact::Result(ResultRecord { format: FORMAT, result }));
            }
            let at = Moment::now();
            let exit = Exit::new(End::NotStarted { reason, of_machine }, at);
            ledger.add(Fact::Exit(Exit { wall_ms: at.since(begun), ..exit }));
        }
    }
    while !ledger.is_settled() {
        std::thread::sleep(RETRY);
        ledger.flush();
    }
    Ok(())
}

struct NotStarted {
    reason: String,
    is_call: bool,
    of_machine: bool,
}

fn start(
    attempt: &AttemptDir,
    spec: &File,
    orders: Orders,
    ledger: &mut Ledger<'_>,
) -> Result<(Held, SignalFd), NotStarted> {
    let early = |reason: String, of_machine| NotStarted { reason, is_call: false, of_machine };
    // What the engine has handed over, whatever is at its path by now.
    let spec: Spec =
        read_open(spec, &attempt.spec()).map_err(|e| early(e.to_string(), passes_in_ours(&io::Error::from(e))))?;
    let is_call = spec.call.is_some();
    let refused = |what: String, error: &io::Error| {
        let reason = format!("{what}: {error}");
        NotStarted { reason, is_call, of_machine: passes_in_ours(error) }
    };
    let machine = Machine::here().map_err(|e| refused("could not read /proc".to_owned(), &e))?;
    let own = Stat::read(nix::unistd::getpid().as_raw()).map_err(|e| refused("could not read /proc".to_owned(), &e))?;
    beneath::make_m5out(attempt)
        .map_err(|e| refused(format!("could not make `{}`", attempt.let_go().m5out().display()), &e))?;
    let value = match &spec.call {
        Some(Call { pickled: Some(_), .. }) => {
            let path = attempt.unfinished_value();
            let made = File::options().read(true).write(true).create_new(true).mode(0o600).open(&path);
            Some(made.map_err(|e| refused(format!("could not make `{}`", path.display()), &e))?)
        }
        Some(_) | None => None,
    };
    let (exchange, ends) = match (&spec.call, &spec.suite) {
        (Some(call), _) => {
            let (exchange, ends) = Exchange::open(call, value.as_ref())
                .map_err(|e| refused("could not prepare the call".to_owned(), &e))?;
            (Some(exchange), Some(ends))
        }
        (None, Some(suite)) => {
            // It opens the directory before anything else, and follows it wherever it goes then.
            let spawns = Spawns::of(&attempt.let_go());
            let ends = call::suite(suite, spawns.path());
            (None, Some(ends.map_err(|e| refused("could not prepare the script".to_owned(), &e))?))
        }
        (None, None) => (None, None),
    };
    // All signals are blocked, so nothing that happens from here on can be missed.
    let signals = awaited_signals(orders)
        .map_err(|e| refused("could not watch for the end of a process".to_owned(), &e.into()))?;
    let oom = OomCounters::read();
    // A batch system keeps the processes of a job together itself, and may not look for them in a group below its own.
    let group = if orders.relays { None } else { TreeGroup::make(&tree_group::name_for(&own.identity(&machine))) };
    let door = group.as_ref().and_then(|group| group.door().ok());
    // A test may end or hold the shim at these moments; it makes nothing fail.
    _ = point("shim.begun", attempt.name());
    let started = Moment::now();
    // A value that is not in the record was put into our own environment, where it is left as it is.
    let recorded = |(_, value): &(&String, &Option<String>)| !secret::is_withheld(value.as_deref());
    let env = spec.env.iter().filter(recorded).map(|(name, value)| (name.clone(), value.clone())).collect();
    let pid = launch(&Launch {
        argv: &spec.argv,
        cwd: &spec.cwd,
        env: &env,
        stdin: None,
        stdout: &attempt.simout(),
        stderr: &attempt.simerr(),
        call: ends,
        group: door.as_ref(),
        reached: match orders {
            Orders { relays: true, .. } => Reached::InJob,
            Orders { allocated: true, .. } => Reached::InAllocation,
            _ => Reached::ByUs,
        },
    })
    .map_err(|e| {
        if let Some(group) = &group {
            tree_group::remove(group.path());
        }
        let error = e.beside(attempt.path());
        NotStarted { reason: error.reason, is_call, of_machine: error.of_machine }
    })?
    .as_raw();
    _ = point("shim.spawned", attempt.name());
    // Where hundreds are ended at once, each of them goes before any shim has its end written. What was started has our place
    // in the queue for the machine, and may not be put behind others.
    _ = rustix::process::nice(BEHIND_WHAT_RUNS);
    let record = Started {
        format: FORMAT,
        gem5: identify(&machine, pid),
        shim: own.identity(&machine),
        at: started,
        suspended_ms: Some(suspended_ms()),
        group: group.as_ref().map(|group| group.path().to_owned()),
        directory: attempt.place().ok(),
        takes_term: taken(orders).contains(&Signal::SIGTERM),
    };
    ledger.add(Fact::Started(record.clone()));
    let outputs = Outputs::of(attempt, &spec);
    let held = Held {
        pid,
        started,
        exchange,
        value,
        stopped_since: None,
        paused_ms: 0,
        ended: None,
        oom,
        group,
        record,
        outputs,
    };
    Ok((held, signals))
}

/// The identity of our own child, which cannot be reused before we have waited for it.
fn identify(machine: &Machine, pid: i32) -> Identity {
    match Stat::read(pid) {
        Ok(stat) => stat.identity(machine),
        Err(e) => {
            // A start time that no process has: signals are then refused, which is the safe side.
            complain(&format!("could not read the start time of process {pid}: {e}"));
            machine.identity(pid, 0)
        }
    }
}

/// SIGCHLD, and what is to be passed on to the tree.
fn awaited_signals(orders: Orders) -> nix::Result<SignalFd> {
    let mut mask = nix::sys::signal::SigSet::empty();
    mask.add(Signal::SIGCHLD);
    for signal in taken(orders) {
        mask.add(*signal);
    }
    SignalFd::with_flags(&mask, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)
}

fn wait_for_tree(attempt: &AttemptDir, mut held: Held, signals: &SignalFd, mut relay: Relay, ledger: &mut Ledger<'_>) {
    while held.reap(ledger) {
        let retry = if ledger.is_settled() { None } else { Some(RETRY) };
        sleep_until_something(signals, retry.into_iter().chain(relay.patience()).min());
        while let Ok(Some(signal)) = signals.read_signal() {
            relay.pass(signal.ssi_signo, attempt, &held.record);
        }
        if let Some(beat) = relay.beat(&held.record) {
            ledger.beat(&beat);
        }
        ledger.flush();
    }
    let Some(Ended { end, at, result }) = held.ended else {
        // waitpid(2) reports every child before it says that there are none.
        complain("the kernel took the process away without telling how it ended");
        return;
    };
    // Nothing of it runs: another one may have its place while the disk takes what it wrote.
    tell(Word::Over);
    if let Some(result) = result {
        let result = keep_value(attempt, held.value.as_ref(), result);
        ledger.add(Fact::Result(ResultRecord { format: FORMAT, result }));
    }
    // On disk before the end is: otherwise a power cut leaves an end without its results.
    let Written { files: written, unsynced } = written::settle(attempt, &held.outputs);
    let (wall_ms, paused_ms) = (at.since(held.started), held.paused_ms);
    let oom_kills = held.oom.grown();
    if let Some(group) = &held.group {
        tree_group::remove(group.path());
    }
    ledger.add(Fact::Exit(Exit {
        format: FORMAT,
        end,
        at,
        wall_ms,
        paused_ms,
        usage: usage_of_children(),
        unsupervised: false,
        oom_kills,
        written,
        unsynced,
        taken: relay.into_taken(),
    }));
}

/// Gives the value of a call its name once it is whole and on disk, before the record that speaks of it.
fn keep_value(attempt: &AttemptDir, value: Option<&File>, result: CallResult) -> CallResult {
    let Some(value) = value else { return result };
    let (from, to) = (attempt.unfinished_value(), attempt.value());
    if !matches!(result, CallResult::Returned { pickled: true, .. } | CallResult::Raised { pickled: true, .. }) {
        // Nobody misses it.
        _ = std::fs::remove_file(from);
        return result;
    }
    match value.sync_all().and_then(|()| std::fs::rename(from, to)) {
        Ok(()) => result,
        Err(error) => CallResult::None { reason: format!("its value could not be kept: {error}") },
    }
}

fn sleep_until_something(signals: &SignalFd, patience: Option<Duration>) {
    let mut descriptors = [PollFd::new(signals.as_fd(), PollFlags::POLLIN)];
    let timeout = patience.and_then(|d| PollTimeout::try_from(d).ok()).unwrap_or(PollTimeout::NONE);
    if let Err(e) = poll(&mut descriptors, timeout) {
        // Out of memory in the kernel is the only way. Going round at full speed would not help it.
        complain(&format!("poll: {e}"));
        std::thread::sleep(RETRY);
    }
}

impl Held {
    /// Takes every report that the kernel has about our children. `false` when there are none left. Signals
    /// coalesce, so one SIGCHLD may stand for many reports.
    fn reap(&mut self, ledger: &mut Ledger<'_>) -> bool {
        loop {
            match wait(WaitOptions::NOHANG | WaitOptions::UNTRACED | WaitOptions::CONTINUED) {
                Ok(None) => return true,
                Ok(Some((pid, status))) if pid.as_raw_nonzero().get() == self.pid => self.note(status, ledger),
                // An orphan of the tree: its end matters only in that it must come.
                Ok(Some(_)) | Err(rustix::io::Errno::INTR) => {}
                Err(_) => return false,
            }
        }
    }

    fn note(&mut self, status: WaitStatus, ledger: &mut Ledger<'_>) {
        let at = Moment::now();
        if status.stopped() {
            if self.stopped_since.is_none() {
                self.stopped_since = Some(at);
                ledger.add(Fact::Pause(PauseLine { stopped: true, at }));
            }
        } else if status.continued() {
            if let Some(since) = self.stopped_since.take() {
                self.paused_ms += at.since(since);
                ledger.add(Fact::Pause(PauseLine { stopped: false, at }));
            }
        } else {
            // A stopped process that is killed is never continued.
            if let Some(since) = self.stopped_since.take() {
                self.paused_ms += at.since(since);
            }
            let end = end_of(status);
            let result = self.exchange.take().map(|exchange| exchange.finish(&in_words(&end)));
            self.ended = Some(Ended { end, at, result });
        }
    }
}

fn usage_of_children() -> Option<Usage> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).ok()?;
    let ms = |time: nix::sys::time::TimeVal| u64::try_from(time.num_milliseconds()).unwrap_or_default();
    Some(Usage {
        user_ms: ms(usage.user_time()),
        system_ms: ms(usage.system_time()),
        // Linux counts in KiB (getrusage(2)).
        max_rss: u64::try_from(usage.max_rss()).unwrap_or_default() * 1024,
    })
}
