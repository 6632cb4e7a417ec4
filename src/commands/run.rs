//! `gem5-tui run`: the same engine without a dashboard.
//!
//! At a terminal one line tells how far it is, and only what has failed stays there. What is piped has a line for every transition.

mod failed;
mod progress;
mod shown;

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde::Serialize;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

use crate::cli::Target;
use crate::commands::intent::{Intent, Source};
use crate::commands::output::Output;
use crate::commands::{Exit, Failure, ThreadStays, attach, output, runtime_with_thread, until};
use crate::engine::{Engine, EngineError, Options, Rerun};
use crate::experiment::{Plan, RowKind, StopAfter};
use crate::protocol::{
    Alike, Counts, Header, Link, LinkError, QueueState, Request, ServerMessage, SimView, SpawnedView, Transition,
};
use crate::rundir::LeaseError;
use crate::rundir::record::LeaseRecord;
use crate::spawn::identity;
use crate::text::{Safe, human, shell};
use shown::Shown;
pub(crate) use shown::ToldAs;

/// How long an engine that accepts no clients any more may take to give the lease back.
const ENDS_WITHIN: Duration = Duration::from_secs(10);

/// After the longest grace, and with SIGTERM and SIGKILL behind it, all has ended that can. Whatever is left then does not keep
/// the one who asked.
const LADDER_WITHIN: Duration = Duration::from_secs(20);

/// So many steps has the ladder. Whoever interrupts once more wants to be gone.
const STEPS: u32 = 3;

/// One line of `run --json`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case", tag = "event")]
enum Line<'a> {
    Transition {
        at: String,
        simulation: &'a str,
        /// The name of the suite that has spawned it.
        #[serde(skip_serializing_if = "Option::is_none")]
        suite: Option<&'a str>,
        attempt: u32,
        from: &'a str,
        to: &'a str,
        reason: &'a str,
    },
    /// The queue was paused because what ran failed alike, or goes on.
    Queue {
        at: String,
        queue: QueueState,
        #[serde(skip_serializing_if = "Option::is_none")]
        alike: Option<&'a Alike>,
    },
    Summary {
        at: String,
        experiment: &'a str,
        outdir: &'a std::path::Path,
        elapsed_ms: u64,
        /// Of what this engine has.
        counts: Counts,
        /// Which shard that is, if it is not all.
        #[serde(skip_serializing_if = "Option::is_none")]
        shard: Option<String>,
        /// The counts of all shards, where that is one of them.
        #[serde(skip_serializing_if = "Option::is_none")]
        all: Option<Counts>,
        /// How many need what other shards have not done.
        #[serde(skip_serializing_if = "is_zero")]
        awaiting_others: u32,
        /// How many of those that did not run had no time to.
        #[serde(skip_serializing_if = "is_zero")]
        later: u32,
        /// What the queue was paused for, so that the rest was not run.
        #[serde(skip_serializing_if = "Option::is_none")]
        alike: Option<&'a Alike>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        suites: Vec<SuiteLine<'a>>,
        exit_code: u8,
    },
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// What came of a suite.
#[derive(Debug, Serialize)]
struct SuiteLine<'a> {
    simulation: &'a str,
    spawned: SpawnedView,
}

/// The suites, by their index in the plan, and which of them has spawned a simulation.
#[derive(Debug, Default)]
struct Suites {
    suites: BTreeMap<u32, (String, SpawnedView)>,
    of: HashMap<u32, u32>,
}

impl Suites {
    fn note(&mut self, sim: &SimView) {
        if sim.kind == RowKind::Suite {
            self.suites.insert(sim.id, (sim.name.clone(), sim.spawned.unwrap_or_default()));
        }
        if let Some(suite) = sim.suite {
            self.of.insert(sim.id, suite);
        }
    }

    fn name_of(&self, sim: u32) -> Option<&str> {
        self.suites.get(self.of.get(&sim)?).map(|(name, _)| name.as_str())
    }

    fn lines(&self) -> Vec<SuiteLine<'_>> {
        self.suites.values().map(|(simulation, spawned)| SuiteLine { simulation, spawned: *spawned }).collect()
    }
}

/// What a signal asks for.
enum Asked {
    /// End what runs and leave.
    Cancel,
    /// The terminal is gone: leave, and let the simulations go on.
    Leave,
}

struct Signals {
    interrupt: Signal,
    terminate: Signal,
    /// None under nohup(1): whoever ignores the hang-up means the sweep to go on.
    hangup: Option<Signal>,
}

/// How an experiment is run.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct How {
    /// What is told of it.
    pub(crate) told: ToldAs,
    /// Whether it goes on when the first simulations all fail for one reason.
    pub(crate) keep_going: bool,
}

/// Runs an experiment to its end and prints every transition.
pub(crate) fn run(target: &Target, how: How, options: Options, output: &mut Output) -> Result<Exit, Failure> {
    let source = Source::read(target)?;
    let mut plan = source.plan(Intent::Launch)?;
    if how.keep_going {
        plan.stop_after = StopAfter::NEVER;
    }
    // Whoever names a script wants to see it run, and what it has asked for before costs nothing.
    let rerun = Rerun { suites: source.is_script(), ..options.rerun };
    output.flush()?;
    // A reader that pauses, such as a pager, must not hold up the sweep.
    let (until, margin) = until::given(&target.overrides)?;
    let takeover = target.overrides.takeover;
    let options = Options { rerun, takeover, until, margin, complain: Some(output::complain), ..options };
    let shown = Shown::of(how.told, &again(target));
    Output::without_waiting(|output| run_plan(plan, shown, options, output))
}

/// The experiment as a command line names it again.
fn again(target: &Target) -> String {
    let mut words = vec![target.experiment.to_string_lossy().into_owned()];
    for (option, path) in [("--outdir", &target.overrides.outdir), ("--gem5", &target.overrides.gem5)] {
        words.extend(path.iter().flat_map(|path| [option.to_owned(), path.to_string_lossy().into_owned()]));
    }
    shell::join(&words).into_string()
}

fn run_plan(plan: Plan, shown: Shown, options: Options, output: &mut Output) -> Result<Exit, Failure> {
    let runtime = runtime_with_thread(ThreadStays::AMoment)?;
    let engine = runtime.block_on(open(plan, options))?;
    let lease = engine.lease();
    let ended = runtime.block_on(async {
        let socket = engine.socket().to_owned();
        let (leave, left) = oneshot::channel();
        // The engine lives in this process; the printing side is a client like any other.
        let engine = tokio::spawn(engine.run(left));
        let mut link = Link::connect(&socket).await?;
        link.send(Request::Subscribe).await;
        let printed = print_all(&mut link, shown, output).await;
        // However the printing ended, the engine must not go on unseen. Gone already when everything has ended.
        _ = leave.send(());
        match engine.await {
            Ok(result) => result?,
            Err(panic) => return Err(Failure::Refused(format!("the engine failed: {panic}"))),
        }
        // Nobody reads any more, and nobody knows that all is ok: leave quietly, but not with a 0.
        printed.map_err(|failure| if matches!(failure, Failure::Closed) { Failure::Told(Exit::NotOk) } else { failure })
    });
    // What is under way in its threads comes to its end before another engine may begin.
    drop(runtime);
    drop(lease);
    ended
}

/// Opens the engine. One that is just ending, because the verb before this one was its last client, is waited for.
async fn open(plan: Plan, options: Options) -> Result<Engine, Failure> {
    let deadline = Instant::now() + ENDS_WITHIN;
    loop {
        match Engine::open(plan.clone(), options) {
            Err(EngineError::Lease(LeaseError::Held(Some(holder)))) if Instant::now() < deadline => {
                // An engine that ends has closed its door first, and one that begins has not opened it yet.
                match Link::connect(&holder.socket).await {
                    Err(LinkError::Unreachable(_) | LinkError::NotAnEngine) if is_here(&holder) => {
                        tokio::time::sleep(attach::TRY_EVERY).await;
                    }
                    _ => return Err(EngineError::Lease(LeaseError::Held(Some(holder))).into()),
                }
            }
            opened => return Ok(opened?),
        }
    }
}

fn is_here(holder: &LeaseRecord) -> bool {
    !identity::is_out_of_sight(&holder.engine)
}

async fn print_all(link: &mut Link, mut shown: Shown, output: &mut Output) -> Result<Exit, Failure> {
    let mut signals = Signals::watch()?;
    let mut last: Option<Header> = None;
    let mut came = Instant::now();
    let mut cancels = 0;
    let mut changed = Some(0);
    let mut grace_ms = 0;
    let mut leave_at = None;
    let mut suites = Suites::default();
    loop {
        shown.progress(last.as_ref().map(|header| (header, own(header))), came);
        let message = tokio::select! {
            message = link.incoming.recv() => message,
            () = shown.next_look() => continue,
            () = sleep_until(leave_at) => {
                shown.make_room();
                tell_left(last.as_ref());
                break;
            }
            asked = signals.next() => {
                match asked {
                    Asked::Leave => return Ok(Exit::Cancelled),
                    Asked::Cancel => {
                        shown.make_room();
                        cancels += 1;
                        leave_at = Some(tokio::time::Instant::now() + Duration::from_millis(grace_ms) + LADDER_WITHIN);
                        if cancels > STEPS {
                            tell_left(last.as_ref());
                            break;
                        }
                        link.send(Request::CancelAll).await;
                        output::complain(&Safe::plain(if cancels == 1 {
                            "cancelling: SIGINT sent, so that gem5 writes its stats; interrupt again to go one step down"
                        } else {
                            "going one step down"
                        }));
                    }
                }
                continue;
            }
        };
        shown.make_room();
        match message {
            Some(ServerMessage::Header { header }) => {
                let paused = |header: &Header| header.queue == QueueState::Paused;
                if paused(&header) && header.alike.is_none() && !last.as_ref().is_some_and(paused) {
                    output::complain(&Safe::plain(
                        "the queue is paused, so nothing is launched; open it with `gem5-tui resume FILE --queue`",
                    ));
                }
                if let (Some(told), None) = (&header.allocation, &last) {
                    output::complain(&Safe::line(&format!("note: {told}")));
                }
                tell_notice(&header, last.as_ref());
                if header.alike != last.as_ref().and_then(|last| last.alike.clone()) {
                    tell_alike(&header, shown.json(), output)?;
                }
                (last, came) = (Some(*header), Instant::now());
            }
            Some(ServerMessage::Sims { sims, complete }) => {
                for sim in &sims {
                    suites.note(sim);
                }
                grace_ms = sims.iter().map(|sim| sim.grace_ms).fold(grace_ms, u64::max);
                changed = changed.map(|known| known + sims.iter().filter(|sim| sim.is_outdated()).count());
                if complete && let Some(count @ 1..) = changed.take() {
                    tell_changed(count);
                }
                shown.sims(sims, complete);
            }
            Some(ServerMessage::Transitions { transitions }) => {
                for transition in &transitions {
                    if shown.lists_transitions() {
                        print_transition(transition, suites.name_of(transition.sim), shown.json(), output)?;
                    }
                }
                output.flush()?;
            }
            None if let Some(failure) = link.failure() => return Err(failure.into()),
            Some(ServerMessage::Goodbye { .. }) | None => break,
            Some(_) => {}
        }
    }
    let Some(header) = last else {
        return Err(Failure::Refused("the engine ended before it said anything".to_owned()));
    };
    let awaiting = header.shard.map_or(0, |shard| shard.awaiting);
    let exit = match own(&header) {
        _ if cancels > 0 => Exit::Cancelled,
        counts if counts.all_ok() => Exit::Ok,
        _ if header.alike.is_some() => Exit::Alike,
        // Whatever else is not ok is run again, too.
        _ if header.later + awaiting > 0 => Exit::MoreToDo,
        _ => Exit::NotOk,
    };
    shown.failures();
    print_summary(&header, &suites, exit, shown.json(), output)?;
    // Why nothing more was launched is what whoever comes back looks for, at the end.
    if let (QueueState::Paused | QueueState::Draining, 0, Some(notice)) = (header.queue, cancels, &header.notice) {
        output.flush()?;
        output::complain(&Safe::line(&format!("note: {notice}")));
    }
    if header.held > 0 && cancels == 0 {
        let (held, them) =
            (human::plural(header.held.into(), "simulation"), if header.held == 1 { "it" } else { "them" });
        let text =
            format!("note: {held} not run, because a person holds {them} back; `gem5-tui resume` lets {them} go");
        output::complain(&Safe::line(&text));
    }
    if exit == Exit::Alike {
        output::complain(&Safe::plain(
            "help: mend it and run the same again; `--keep-going` runs the rest whatever fails",
        ));
    }
    output.flush()?;
    Ok(exit)
}

/// Tells that the queue is paused because of what has failed, or goes on after that.
fn tell_alike(header: &Header, json: bool, output: &mut Output) -> Result<(), Failure> {
    if json {
        let at = rfc3339(Timestamp::now().as_millisecond());
        output.json(&Line::Queue { at, queue: header.queue, alike: header.alike.as_ref() })?;
        return Ok(output.flush()?);
    }
    // That it is paused, the notice tells.
    if header.alike.is_none() && header.queue == QueueState::Open {
        output::complain(&Safe::plain("note: the queue goes on"));
    }
    Ok(())
}

/// How many of those that this engine has are in which state.
fn own(header: &Header) -> Counts {
    header.shard.map_or(header.counts, |shard| shard.counts)
}

/// Says what is left running when it is left behind: a process that nobody reaches, or one that the kernel does not end.
fn tell_left(header: Option<&Header>) {
    let left = header.map_or(0, |header| own(header).running + own(header).paused);
    output::complain(&Safe::line(&format!(
        "{} did not end and {} left; `gem5-tui status` shows more, and SIGKILL was sent where that is possible",
        human::plural(left.into(), "simulation"),
        if left == 1 { "is" } else { "are" }
    )));
}

async fn sleep_until(at: Option<tokio::time::Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// Says once that some results are kept that would not be made so again.
fn tell_changed(count: usize) {
    let are = if count == 1 { "simulation is" } else { "simulations are" };
    output::complain(&Safe::line(&format!(
        "note: {count} {are} ok from something else than what is here now, and kept; `run --changed` runs them again, `plan` \
         says which"
    )));
}

/// Tells what a person must know, once. Amounts in it change all the time and are nothing new.
fn tell_notice(header: &Header, last: Option<&Header>) {
    let words = |header: &Header| header.notice.as_ref().map(|text| text.replace(|c: char| c.is_ascii_digit(), ""));
    if let Some(notice) = &header.notice
        && last.and_then(words) != words(header)
    {
        output::complain(&Safe::line(&format!("note: {notice}")));
    }
}

fn print_transition(
    transition: &Transition,
    suite: Option<&str>,
    json: bool,
    output: &mut Output,
) -> Result<(), Failure> {
    let Transition { at_unix_ms, simulation, attempt, from, to, reason, .. } = transition;
    if json {
        let at = rfc3339(*at_unix_ms);
        output.json(&Line::Transition { at, simulation, suite, attempt: *attempt, from, to, reason })?;
        return Ok(());
    }
    let at = Timestamp::from_millisecond(*at_unix_ms).unwrap_or(Timestamp::UNIX_EPOCH);
    let clock = at.to_zoned(jiff::tz::TimeZone::system()).strftime("%T").to_string();
    let attempt = if *attempt > 1 { format!(" (attempt {attempt})") } else { String::new() };
    let reason = if reason.is_empty() { String::new() } else { format!("  {reason}") };
    output.line(&Safe::line(&format!("{clock}  {to:<12}  {simulation}{attempt}{reason}")))?;
    Ok(())
}

fn print_summary(header: &Header, suites: &Suites, exit: Exit, json: bool, output: &mut Output) -> Result<(), Failure> {
    let Header { name, outdir, elapsed, .. } = header;
    let awaiting = header.shard.map_or(0, |shard| shard.awaiting);
    if json {
        let at = rfc3339(Timestamp::now().as_millisecond());
        let (elapsed_ms, counts, later, exit_code) = (elapsed.ms, own(header), header.later, exit as u8);
        let suites = suites.lines();
        let shard = header.shard.map(|shard| format!("{}/{}", shard.number, shard.of));
        output.json(&Line::Summary {
            at,
            experiment: name,
            outdir,
            elapsed_ms,
            counts,
            all: shard.is_some().then_some(header.counts),
            shard,
            awaiting_others: awaiting,
            later,
            alike: header.alike.as_ref(),
            suites,
            exit_code,
        })?;
        return Ok(());
    }
    for SuiteLine { simulation, spawned: SpawnedView { asked, before, .. } } in suites.lines() {
        let asked = human::plural(asked.into(), "call");
        let before = if before > 0 { format!(", {before} from before") } else { String::new() };
        output.line(&Safe::line(&format!("{simulation}: {asked}{before}")))?;
    }
    output.line(&summary(header, Some(elapsed.ms)))?;
    if exit == Exit::MoreToDo {
        let no_time = human::plural(header.later.into(), "simulation");
        let no_time = (header.later > 0).then(|| format!("no time was left for {no_time}"));
        let needs = if awaiting == 1 { "needs" } else { "need" };
        let awaiting_one = human::plural(awaiting.into(), "simulation");
        let others = (awaiting > 0).then(|| format!("{awaiting_one} {needs} what other shards have not done"));
        let why: Vec<String> = no_time.into_iter().chain(others).collect();
        output.line(&Safe::line(&format!("there is more to do: {}; run the same again", why.join(", and "))))?;
    }
    Ok(())
}

/// The end in one line.
pub(crate) fn summary(header: &Header, elapsed_ms: Option<u64>) -> Safe {
    let Header { name, outdir, .. } = header;
    let counts = own(header);
    let elapsed = elapsed_ms.map_or_else(String::new, |ms| format!(" in {}", human::clock(ms)));
    let total = human::plural(u64::from(counts.total), "simulation");
    let (name, others) = match header.shard {
        None => (name.clone(), String::new()),
        Some(shard) => {
            let others = header.counts.without(shard.counts);
            let all = human::count(u64::from(others.total));
            let others = format!("; of {all} in other shards {}", how_many(Counts { awaiting: 0, ..others }));
            (format!("{name}, shard {}/{}", shard.number, shard.of), others)
        }
    };
    Safe::line(&format!("{name}: {total}, {}{elapsed}{others}; {}", how_many(counts), outdir.display()))
}

/// How many ended how.
fn how_many(counts: Counts) -> String {
    let not_ended = counts.not_ended();
    let mut parts = vec![format!("{} ok", counts.ok)];
    if counts.failed() > 0 {
        parts.push(format!("{} not ok", counts.failed()));
    }
    if counts.cancelled > 0 {
        parts.push(format!("{} cancelled", counts.cancelled));
    }
    if not_ended > 0 {
        parts.push(format!("{not_ended} not run"));
    }
    if counts.awaiting > 0 {
        parts.push("more that are not known".to_owned());
    }
    parts.join(", ")
}

fn rfc3339(unix_ms: i64) -> String {
    Timestamp::from_millisecond(unix_ms).unwrap_or(Timestamp::UNIX_EPOCH).to_string()
}

/// Whether this process was started with SIGHUP ignored; `SigIgn` of proc(5) is a mask with signal 1 in bit 0.
fn ignores_hangup() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}

async fn hung_up(signal: Option<&mut Signal>) {
    match signal {
        Some(signal) => drop(signal.recv().await),
        None => std::future::pending().await,
    }
}

impl Signals {
    fn watch() -> Result<Self, Failure> {
        let watch = |kind| signal(kind).map_err(Failure::io("could not watch for signals"));
        Ok(Self {
            interrupt: watch(SignalKind::interrupt())?,
            terminate: watch(SignalKind::terminate())?,
            hangup: if ignores_hangup() { None } else { Some(watch(SignalKind::hangup())?) },
        })
    }

    async fn next(&mut self) -> Asked {
        tokio::select! {
            _ = self.interrupt.recv() => Asked::Cancel,
            _ = self.terminate.recv() => Asked::Cancel,
            () = hung_up(self.hangup.as_mut()) => Asked::Leave,
        }
    }
}
