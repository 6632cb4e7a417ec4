//! The state as a client sees it. Pure.

use crate::engine::state::State;
use crate::engine::state::gauges::forecast;
use crate::engine::state::gauges::progress::{self, Pace};
use crate::engine::state::gauges::seen::Seen;
use crate::engine::state::schedule::{Basis, Shortage, Wait};
use crate::engine::state::sim::{Attempt, Life, Live, Pause, Sim, Stage, Waiting};
use crate::experiment::Simulation;
use crate::gem5::Phase;
use crate::protocol::{
    AttemptView, Clock, Eta, Handle, Header, HostView, MemoryView, Progress, SimView, StageView, Status,
};
use crate::rundir::Reach;
use crate::rundir::record::{Moment, StopReason};
use crate::text::human;

/// The file name of the stand-in, which every screen must name as one.
pub const STAND_IN: &str = "gem5-standin";

impl State {
    /// The experiment as a whole at `now`.
    pub fn header(&self, now: Moment) -> Header {
        let trouble = self.trouble_phrase();
        let notices = self.notice.iter().cloned().chain(self.shortages.phrases()).chain(trouble);
        let notices: Vec<String> = notices.chain(self.builds.notices().iter().cloned()).collect();
        Header {
            name: self.plan.name.clone(),
            source: self.plan.source.clone(),
            outdir: self.plan.outdir.clone(),
            stand_in: self.tally.has_stand_in(),
            watch: self.watch(),
            counts: self.tally.counts(),
            cap: self.cap,
            memory: self.plan.memory.map(|budget| MemoryView {
                used: self.memory_used(),
                seen: self.memory_seen(),
                budget,
            }),
            queue: self.queue,
            elapsed: Clock { ms: self.idle_since.unwrap_or(now).since(self.began), ticking: self.idle_since.is_none() },
            eta: self.eta(now),
            edits: self.edits.clone(),
            notice: (!notices.is_empty()).then(|| notices.join("; ")),
        }
    }

    /// The globs that any simulation watches, in the order of the plan: the columns of the table.
    pub fn watch(&self) -> Vec<String> {
        self.tally.watch().to_vec()
    }

    /// One simulation at `now`.
    pub fn view(&self, sim: u32, now: Moment) -> SimView {
        let entry = &self.sims[sim as usize];
        let simulation = &self.plan.simulations[sim as usize];
        SimView {
            id: sim,
            name: simulation.name.clone(),
            parameters: simulation.parameters.clone(),
            status: status(entry, now),
            reason: self.reason(sim, now),
            attempts: entry.attempts.iter().map(|one| attempt(one, entry)).collect(),
            progress: self.progress(sim, now),
            values: entry.values.clone(),
            elapsed: elapsed(entry, now),
            in_phase: in_phase(entry, now),
            host: host(entry, now),
            checkpoints: entry.seen.checkpoints.clone(),
            changed: entry.changed.clone(),
            grace_ms: simulation.grace.as_millis() as u64,
            memory: simulation.memory,
            needs: simulation.needs.clone(),
            gone: simulation.gone,
        }
    }

    fn progress(&self, sim: u32, now: Moment) -> Progress {
        let entry = &self.sims[sim as usize];
        let live = match &entry.life {
            Life::Live(live) => Some((&live.gauges.track, live.ran_ms(now))),
            _ => None,
        };
        progress::progress(&entry.seen, self.plan.simulations[sim as usize].goal, live)
    }

    /// The time until everything has ended: what is left of the running simulations, and for those that wait what their
    /// finished neighbours took, with as many at once as the cap allows. None as long as one of them cannot be told,
    /// and when one without a goal runs longer than its neighbours did.
    fn eta(&self, now: Moment) -> Option<Eta> {
        let mut running = Vec::new();
        let mut waiting = Vec::new();
        for sim in self.tally.active().chain(self.tally.waiting()) {
            match &self.sim(sim).life {
                Life::Ended(_) | Life::Waiting(Waiting::NeedFailed(_)) => {}
                Life::Live(live) if live.stop.is_some() => {}
                Life::Live(live) => {
                    let ran_ms = live.ran_ms(now);
                    let as_neighbours = || {
                        let Eta { low_ms, high_ms } = self.forecast.run_time(sim)?;
                        Some(Eta { low_ms: low_ms.saturating_sub(ran_ms), high_ms: high_ms.checked_sub(ran_ms)? })
                    };
                    running.push(self.progress(sim, now).eta.or_else(as_neighbours)?);
                }
                _ => waiting.push(self.forecast.run_time(sim)?),
            }
        }
        let count = running.len();
        running.append(&mut waiting);
        forecast::makespan(&running, count, self.cap)
    }

    pub(super) fn reason(&self, sim: u32, now: Moment) -> String {
        let entry = &self.sims[sim as usize];
        match &entry.life {
            Life::Waiting(waiting) => match waiting {
                Waiting::Undecided => "waiting for its turn".to_owned(),
                Waiting::Needs(need) => format!("needs {}", self.plan.simulations[*need as usize].name),
                Waiting::NeedFailed(need) => {
                    let need_entry = &self.sims[*need as usize];
                    let word = need_entry.ended().map_or("not ok", crate::gem5::OutcomeKind::word);
                    format!("blocked by {}: {word}", self.plan.simulations[*need as usize].name)
                }
                Waiting::Place(wait) => wait_phrase(*wait),
            },
            Life::Backoff { until_ms } => {
                let last = entry.latest().and_then(|a| a.ended.as_ref()).map_or("failed", |e| e.outcome.kind.word());
                let wait = human::span(until_ms.saturating_sub(now.boot_ms));
                match self.memory_need(sim) {
                    (need, Basis::AfterOom) => {
                        format!("{last}; tries again in {wait}, counted with {} of memory", human::bytes(need))
                    }
                    _ => format!("{last}; tries again in {wait}"),
                }
            }
            Life::Launching { cancel: true } => "cancelled while it was being launched".to_owned(),
            Life::Submitted { cancel: true, .. } => "cancelled; the batch system is asked to give it back".to_owned(),
            Life::Submitted { why, .. } => format!("waits in the batch system: {why}"),
            Life::Launching { cancel: false } => String::new(),
            Life::Live(live) => live_phrase(live, entry, &self.plan.simulations[sim as usize], now),
            Life::Ended(outcome) if outcome.kind.is_ok() && !entry.changed.is_empty() => {
                format!("{} since; retry runs it anew", entry.changed.join(", "))
            }
            Life::Ended(outcome) => outcome.line(),
        }
    }
}

/// Whether the simulation runs on the stand-in.
pub(super) fn is_stand_in(simulation: &Simulation) -> bool {
    simulation.gem5.file_name().is_some_and(|name| name == STAND_IN)
}

fn wait_phrase(wait: Wait) -> String {
    match wait {
        Wait::QueuePaused => "the queue is paused".to_owned(),
        Wait::Draining => "draining: nothing more is launched".to_owned(),
        Wait::Cap(cap) => format!("cap {cap} reached"),
        Wait::Pool(processes) => format!("pool of {processes} is full"),
        Wait::Memory { needs: 0, .. } => "what runs uses more than the memory budget".to_owned(),
        Wait::Memory { needs, basis, free } => {
            let why = match basis {
                Basis::Declared => "",
                Basis::Seen => " (as its last attempt did)",
                Basis::Neighbours => " (as its neighbours did)",
                Basis::AfterOom => " (raised, because it ran out of memory)",
            };
            format!("needs {} of memory{why}, {} is free", human::bytes(needs), human::bytes(free))
        }
        Wait::Short(Shortage::Memory) => "the machine has little memory left".to_owned(),
        Wait::Short(Shortage::Disk) => "the disk is nearly full".to_owned(),
        Wait::Trouble => "launches fail on this machine; tried again soon".to_owned(),
    }
}

fn live_phrase(live: &Live, entry: &Sim, simulation: &Simulation, now: Moment) -> String {
    let mut phrase = match (live.stop, live.pause) {
        (Some(stop), _) => {
            let why = match stop.reason {
                StopReason::Cancelled => "cancelled".to_owned(),
                StopReason::Timeout { limit_ms } => format!("timeout after {}", human::span(limit_ms)),
                StopReason::Stalled { limit_ms } => format!("stalled for {}", human::span(limit_ms)),
                StopReason::Output { bytes, .. } => format!("it wrote {}", human::bytes(bytes)),
                StopReason::DiskFull { free, .. } => format!("the disk has {} left", human::bytes(free)),
            };
            let left = human::span(stop.next_ms.saturating_sub(now.boot_ms));
            match stop.stage {
                Stage::Kill => format!("{why}: SIGKILL sent"),
                stage => format!("{why}: {} sent, {} in {left}", stage.signal_name(), stage.next().signal_name()),
            }
        }
        (None, Some(Pause { resume: Some(wait), .. })) => {
            format!("goes on when there is a place: {}", wait_phrase(wait))
        }
        (None, Some(_)) => "paused; keeps its memory".to_owned(),
        (None, None) if live.phase == Phase::Exiting => {
            "its main process has ended; waiting for what it left behind".to_owned()
        }
        (None, None) if live.phase == Phase::Running && simulation.goal.is_some() && is_untold(&entry.seen) => {
            "no progress told yet: no dump, no progress line".to_owned()
        }
        (None, None) if live.phase == Phase::Running => String::new(),
        (None, None) => live.phase.word().to_owned(),
    };
    let mut add = |note: &str| {
        phrase = if phrase.is_empty() { note.to_owned() } else { format!("{phrase}; {note}") };
    };
    if let (Some(declared), Some(tree)) = (simulation.memory, live.gauges.host.tree())
        && tree.rss > declared
    {
        add(&format!("uses {} of memory, declared {}", human::bytes(tree.rss), human::bytes(declared)));
    }
    if simulation.gone {
        add("no longer in the experiment file");
    }
    match &live.reach {
        Reach::Nobody { host } => add(&format!("runs on {host} and is only seen by its files")),
        Reach::Unsupervised => add("its shim died: its end may not be recorded"),
        Reach::Direct | Reach::Relayed => {}
    }
    phrase
}

/// Whether nothing has told how far it is. That it has entered the event queue is no progress yet.
fn is_untold(seen: &Seen) -> bool {
    seen.ticks.is_none_or(|ticks| ticks == seen.begun_at.unwrap_or(0)) && seen.instructions.is_none()
}

pub(super) fn status(entry: &Sim, now: Moment) -> Status {
    match &entry.life {
        Life::Waiting(Waiting::Needs(_) | Waiting::NeedFailed(_)) => Status::Blocked,
        Life::Waiting(_) => Status::Queued,
        Life::Backoff { until_ms } => Status::Backoff { left_ms: until_ms.saturating_sub(now.boot_ms) },
        Life::Launching { .. } => Status::Launching,
        Life::Submitted { .. } => Status::Submitted,
        Life::Live(Live { stop: Some(stop), .. }) => Status::Stopping {
            stage: StageView {
                signal: stop.stage.signal_name().to_owned(),
                left_ms: (stop.stage != Stage::Kill).then(|| stop.next_ms.saturating_sub(now.boot_ms)),
            },
        },
        Life::Live(Live { pause: Some(_), .. }) => Status::Paused,
        Life::Live(live) => Status::Running { phase: live.phase },
        Life::Ended(outcome) => Status::Ended { outcome: outcome.clone() },
    }
}

fn attempt(attempt: &Attempt, entry: &Sim) -> AttemptView {
    let ended = attempt.ended.as_ref();
    AttemptView {
        number: attempt.number,
        dir: attempt.dir.clone(),
        outcome: ended.map(|ended| ended.outcome.clone()),
        started_unix_ms: attempt.started.map(|at| at.unix_ms),
        ran_ms: ended.and_then(|ended| ended.ran_ms),
        max_rss: ended.and_then(|ended| ended.max_rss),
        pid: match attempt.handle {
            Some(Handle::Process { pid }) => Some(pid),
            _ => None,
        },
        host_time_tainted: attempt.was_paused || (attempt.ended.is_none() && is_tainted(&entry.life)),
    }
}

fn elapsed(entry: &Sim, now: Moment) -> Clock {
    if let Life::Live(live) = &entry.life {
        return Clock { ms: live.ran_ms(now), ticking: live.pause.is_none() };
    }
    let ran = entry.latest().and_then(|attempt| attempt.ended.as_ref()?.ran_ms);
    Clock { ms: ran.unwrap_or(0), ticking: false }
}

/// Whether a running process was stopped, or slept with the whole machine, for a while.
fn is_tainted(life: &Life) -> bool {
    matches!(life, Life::Live(live) if live.pause.is_some() || live.paused_ms > 0)
}

fn in_phase(entry: &Sim, now: Moment) -> Option<Clock> {
    let Life::Live(live) = &entry.life else { return None };
    // The first phase has been since the start, whoever saw it.
    let since_ms = if live.phase == Phase::Starting { Some(0) } else { live.phase_since_ms };
    Some(Clock { ms: live.ran_ms(now).saturating_sub(since_ms?), ticking: live.pause.is_none() })
}

fn host(entry: &Sim, now: Moment) -> Option<HostView> {
    let Life::Live(live) = &entry.life else { return None };
    let (host, track, ran_ms) = (&live.gauges.host, &live.gauges.track, live.ran_ms(now));
    let per_second = |pace: &Pace| pace.rates(ran_ms).map(|rates| rates.lately * 1000.0);
    let tree = host.tree()?;
    Some(HostView {
        cores: host.cores(),
        cpu_ms: tree.cpu_ms,
        rss: tree.rss,
        peak_rss: host.peak_rss,
        tick_rate: per_second(&track.ticks),
        speed: per_second(&track.seconds),
        output: host.output(),
    })
}
