//! The state as a client sees it. Pure.

use crate::engine::life::{Attempt, Life, Live, Pause, Sim, Stage, Waiting};
use crate::engine::schedule::Wait;
use crate::engine::state::State;
use crate::experiment::{Goal, Simulation};
use crate::gem5::Phase;
use crate::protocol::{AttemptView, Clock, Counts, Header, MemoryView, Progress, SimView, StageView, Status};
use crate::rundir::record::{Moment, StopReason};
use crate::text::human;

/// The file name of the stand-in, which every screen must name as one.
pub const STAND_IN: &str = "gem5-standin";

impl State {
    /// The experiment as a whole at `now`.
    pub fn header(&self, now: Moment) -> Header {
        let mut counts = Counts::default();
        for sim in &self.sims {
            counts.add(&status(sim, now));
        }
        let used = self.sims.iter().zip(&self.plan.simulations).filter(|(sim, _)| sim.is_live());
        Header {
            name: self.plan.name.clone(),
            source: self.plan.source.clone(),
            outdir: self.plan.outdir.clone(),
            stand_in: self.plan.simulations.iter().any(is_stand_in),
            watch: self.watch(),
            counts,
            cap: self.cap,
            memory: self.plan.memory.map(|budget| MemoryView {
                used: used.map(|(_, simulation)| simulation.memory.unwrap_or(0)).sum(),
                budget,
            }),
            queue: self.queue,
            elapsed: Clock {
                ms: self.idle_since_ms.unwrap_or(now.boot_ms).saturating_sub(self.began.boot_ms),
                ticking: self.idle_since_ms.is_none(),
            },
            eta_ms: self.eta_ms(now),
            notice: self.notice.clone(),
        }
    }

    /// The globs that any simulation watches, in the order of the plan: the columns of the table.
    pub fn watch(&self) -> Vec<String> {
        let mut globs: Vec<String> = Vec::new();
        for glob in self.plan.simulations.iter().flat_map(|simulation| &simulation.watch) {
            if !globs.contains(glob) {
                globs.push(glob.clone());
            }
        }
        globs
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
            reason: self.reason(entry, now),
            attempts: entry.attempts.iter().map(attempt).collect(),
            progress: progress(entry, simulation, now),
            values: entry.values.clone(),
            elapsed: elapsed(entry, now),
            changed: entry.changed,
            grace_ms: simulation.grace.as_millis() as u64,
            needs: simulation.needs.clone(),
        }
    }

    /// Milliseconds until everything has ended: what is left of the running simulations, and for those that wait the
    /// mean time of those that ended ok, shared among the places. None while nothing has ended ok, and when one without
    /// a goal runs longer than the mean.
    fn eta_ms(&self, now: Moment) -> Option<u64> {
        let ended = self.sims.iter().filter(|sim| sim.ended().is_some_and(crate::gem5::OutcomeKind::is_ok));
        let times: Vec<u64> = ended.filter_map(|sim| sim.latest()?.ended.as_ref()?.ran_ms).collect();
        let mean = times.iter().sum::<u64>().checked_div(times.len() as u64);
        let mut left = 0;
        let mut longest = 0;
        let mut any = false;
        for (entry, simulation) in self.sims.iter().zip(&self.plan.simulations) {
            let rest = match &entry.life {
                Life::Ended(_) | Life::Waiting(Waiting::NeedFailed(_)) => continue,
                Life::Live(live) if live.stop.is_some() => continue,
                Life::Live(live) => {
                    progress(entry, simulation, now).eta_ms.or_else(|| mean?.checked_sub(live.ran_ms(now.boot_ms)))?
                }
                _ => mean?,
            };
            any = true;
            left += rest;
            longest = longest.max(rest);
        }
        any.then(|| longest.max(left / u64::from(self.cap.max(1))))
    }

    pub(super) fn reason(&self, entry: &Sim, now: Moment) -> String {
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
                format!("{last}; tries again in {}", human::span(until_ms.saturating_sub(now.boot_ms)))
            }
            Life::Launching { cancel: true } => "cancelled while it was being launched".to_owned(),
            Life::Launching { cancel: false } => String::new(),
            Life::Live(live) => live_phrase(live, now),
            Life::Ended(outcome) if outcome.kind.is_ok() && entry.changed => {
                "the experiment file has changed since; retry runs it anew".to_owned()
            }
            Life::Ended(outcome) => outcome.cause.clone(),
        }
    }
}

/// Whether the simulation runs on the stand-in.
fn is_stand_in(simulation: &Simulation) -> bool {
    simulation.gem5.file_name().is_some_and(|name| name == STAND_IN)
}

fn wait_phrase(wait: Wait) -> String {
    match wait {
        Wait::QueuePaused => "the queue is paused".to_owned(),
        Wait::Draining => "draining: nothing more is launched".to_owned(),
        Wait::Cap(cap) => format!("cap {cap} reached"),
        Wait::Pool(processes) => format!("pool of {processes} is full"),
        Wait::Memory { needs, free } => {
            format!("needs {} of memory, {} is free", human::bytes(needs), human::bytes(free))
        }
    }
}

fn live_phrase(live: &Live, now: Moment) -> String {
    let mut phrase = match (live.stop, live.pause) {
        (Some(stop), _) => {
            let why = match stop.reason {
                StopReason::Cancelled => "cancelled".to_owned(),
                StopReason::Timeout { limit_ms } => format!("timeout after {}", human::span(limit_ms)),
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
        (None, None) if live.phase == Phase::Exiting => "its main process ended, its children run on".to_owned(),
        (None, None) if live.phase == Phase::Running => String::new(),
        (None, None) => live.phase.word().to_owned(),
    };
    if live.unsupervised {
        let note = "its shim died: the end will not be recorded";
        phrase = if phrase.is_empty() { note.to_owned() } else { format!("{phrase}; {note}") };
    }
    phrase
}

pub(super) fn status(entry: &Sim, now: Moment) -> Status {
    match &entry.life {
        Life::Waiting(Waiting::Needs(_) | Waiting::NeedFailed(_)) => Status::Blocked,
        Life::Waiting(_) => Status::Queued,
        Life::Backoff { until_ms } => Status::Backoff { left_ms: until_ms.saturating_sub(now.boot_ms) },
        Life::Launching { .. } => Status::Launching,
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

fn attempt(attempt: &Attempt) -> AttemptView {
    let ended = attempt.ended.as_ref();
    AttemptView {
        number: attempt.number,
        dir: attempt.dir.clone(),
        outcome: ended.map(|ended| ended.outcome.clone()),
        started_unix_ms: attempt.started.map(|at| at.unix_ms),
        ran_ms: ended.and_then(|ended| ended.ran_ms),
        max_rss: ended.and_then(|ended| ended.max_rss),
        pid: attempt.pid,
    }
}

fn elapsed(entry: &Sim, now: Moment) -> Clock {
    if let Life::Live(live) = &entry.life {
        return Clock { ms: live.ran_ms(now.boot_ms), ticking: live.pause.is_none() };
    }
    let ran = entry.latest().and_then(|attempt| attempt.ended.as_ref()?.ran_ms);
    Clock { ms: ran.unwrap_or(0), ticking: false }
}

fn progress(entry: &Sim, simulation: &Simulation, now: Moment) -> Progress {
    let mut progress = Progress { goal: simulation.goal, ..entry.progress };
    let (seen, goal) = match simulation.goal {
        Some(Goal::Ticks(goal)) => (progress.ticks, goal),
        Some(Goal::Instructions(goal)) => (progress.instructions, goal),
        None => return progress,
    };
    let Some(seen) = seen.filter(|_| goal > 0) else { return progress };
    let fraction = (seen as f64 / goal as f64).clamp(0.0, 1.0);
    progress.fraction = Some(fraction);
    if let Life::Live(live) = &entry.life
        && fraction > 0.0
    {
        progress.eta_ms = Some((live.ran_ms(now.boot_ms) as f64 * (1.0 - fraction) / fraction) as u64);
    }
    progress
}
