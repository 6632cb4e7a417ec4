//! The state as a client sees it. Pure.

use crate::engine::state::State;
use crate::engine::state::gauges::forecast;
use crate::engine::state::gauges::progress::{self, Pace};
use crate::engine::state::gauges::seen::Seen;
use crate::engine::state::sim::{Attempt, Life, Live, Pause, Sim, Stopping, Waiting};
use crate::experiment::{Simulation, client};
use crate::gem5::{Checkpoint, OutcomeKind, Phase};
use crate::protocol::{
    Alike, AttemptView, Basis, Clock, Delivery, Eta, Handle, Header, HostView, LeftOut, Limits, MemoryView, Note,
    Progress, QueueState, SimView, StageView, Status, Step, Why, bounds,
};
use crate::rundir::Reach;
use crate::rundir::record::Moment;
use crate::text::human;

/// The file name of the stand-in, which every screen must name as one.
pub const STAND_IN: &str = "gem5-standin";

/// Names of needed simulations in a row: with the longest names they are a hundredth of what a message may have.
const NAMED_NEEDS: usize = 100;

impl State {
    /// The experiment as a whole at `now`.
    pub fn header(&self, now: Moment) -> Header {
        let trouble = self.trouble_phrase();
        let hidden =
            self.hidden.1.as_ref().map(|why| {
                format!("{} may not be looked at: {why}", human::plural(self.hidden.0.into(), "simulation"))
            });
        let notices = self.notice.iter().cloned().chain(self.shortages.phrases()).chain(trouble).chain(hidden);
        let alike = self.paused_by_failures().cloned();
        let notices = alike.iter().map(Alike::phrase).chain(notices);
        let notices = notices.chain(self.jobs_phrases()).chain(self.awaiting_phrase());
        let notices = notices.chain(self.notice_complaints());
        let notices: Vec<String> = notices.chain(self.builds.notices().iter().cloned()).collect();
        let sweep = self.sweep_time(now);
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
            alike,
            // Whoever is asked whether it starts has all the time that they like.
            elapsed: match sweep {
                Some(_) => {
                    Clock { ms: self.idle_since.unwrap_or(now).since(self.began), ticking: self.idle_since.is_none() }
                }
                None => Clock::default(),
            },
            sweep,
            eta: self.eta(now),
            edits: self.edits.clone(),
            notice: (!notices.is_empty()).then(|| notices.join("; ")),
            allocation: self.allocation.clone(),
            later: self.tally.later(),
            held: self.tally.held(),
            shard: self.shard_view(),
        }
        .bounded()
    }

    /// What all that wait share.
    pub fn limits(&self) -> Limits {
        let free = self.plan.memory.map(|budget| budget.saturating_sub(self.memory_used()));
        Limits { cap: self.cap, free }
    }

    /// The globs that any simulation watches, in the order of the plan: the columns of the table.
    pub fn watch(&self) -> Vec<String> {
        self.tally.watch().to_vec()
    }

    /// Where a simulation is in its life at `now`.
    pub fn status(&self, sim: u32, now: Moment) -> Status {
        status(self.sim(sim), now)
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
            why: self.why(sim, now),
            notes: notes(entry, simulation),
            attempts: entry.attempts.iter().map(|one| attempt(one, entry)).collect(),
            progress: self.progress(sim, now),
            // Those of the attempt before are none of the one that it waits for.
            values: if matches!(entry.life, Life::Ended(_) | Life::Live(_)) {
                entry.newest.values.clone()
            } else {
                Vec::new()
            },
            dump: simulation.dump.clone(),
            elapsed: elapsed(entry, now),
            in_phase: in_phase(entry, now),
            host: host(entry, now),
            checkpoints: last(&entry.newest.seen.checkpoints.list).iter().map(|one| one.tick).collect(),
            checkpoint_folders: last(&entry.newest.seen.checkpoints.list)
                .iter()
                .filter(|one| !one.is_plain())
                .cloned()
                .collect(),
            changed: entry.newest.changed.clone(),
            grace_ms: simulation.grace.as_millis() as u64,
            memory: simulation.memory,
            needs: simulation.needs.iter().take(NAMED_NEEDS).map(ToString::to_string).collect(),
            more_needs: simulation.needs.len().saturating_sub(NAMED_NEEDS) as u32,
            gone: simulation.gone,
            kind: simulation.run.kind(),
            priority: simulation.priority,
            suite: simulation.spawned.as_ref().and_then(|spawned| self.named(&spawned.suite)),
            spawned: self.spawned_view(sim, now),
            left_out: LeftOut {
                checkpoints: (entry.newest.seen.checkpoints.count() - last(&entry.newest.seen.checkpoints.list).len())
                    as u32,
                uncounted: entry.newest.seen.checkpoints.uncounted,
                attempts: entry.unread,
                ..LeftOut::default()
            },
        }
        .bounded()
    }

    fn progress(&self, sim: u32, now: Moment) -> Progress {
        let entry = &self.sims[sim as usize];
        let live = match &entry.life {
            Life::Live(live) => Some((&live.gauges.track, live.ran_ms(now))),
            _ => None,
        };
        progress::progress(&entry.newest.seen, self.plan.simulations[sim as usize].goal, live)
    }

    /// The time until everything has ended: what is left of the running simulations, and for those that wait what their
    /// finished neighbours took, with as many at once as the cap allows. None as long as one of them cannot be told,
    /// and when one without a goal runs longer than its neighbours did.
    fn eta(&self, now: Moment) -> Option<Eta> {
        // What is not launched by itself ends whenever somebody lets it go.
        if self.queue != QueueState::Open && self.tally.waiting().next().is_some() {
            return None;
        }
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

    fn why(&self, sim: u32, now: Moment) -> Why {
        let entry = &self.sims[sim as usize];
        let name = |need: u32| self.plan.simulations[need as usize].name.clone();
        match &entry.life {
            Life::Waiting(Waiting::Needs(need)) => Why::Needs { name: name(*need) },
            Life::Waiting(Waiting::NeedsLater(need)) => Why::NeedsLater { name: name(*need) },
            Life::Waiting(Waiting::NeedsHeld(need)) => Why::NeedsHeld { name: name(*need) },
            Life::Waiting(Waiting::NeedFailed(need)) => {
                let outcome = self.sims[*need as usize].ended().unwrap_or(OutcomeKind::Lost);
                Why::NeedFailed { name: name(*need), outcome }
            }
            Life::Waiting(Waiting::Place(wait)) => Why::Place { wait: *wait },
            Life::Backoff { until_ms } => {
                let last = entry.latest().and_then(|attempt| attempt.ended.as_ref());
                let (said, raised) = (&self.plan.simulations[sim as usize], self.raised(sim));
                let longer = raised.timeout.filter(|limit| Some(*limit) != said.timeout);
                let longer = longer.or(raised.job_time.filter(|limit| Some(*limit) != said.executor.time()));
                Why::TriedAgain {
                    outcome: last.map_or(OutcomeKind::Lost, |ended| ended.outcome.kind),
                    left_ms: until_ms.saturating_sub(now.boot_ms),
                    memory: match self.memory_need(sim) {
                        _ if raised.memory != said.memory => raised.memory,
                        (need, Basis::AfterOom) => Some(need),
                        _ => None,
                    },
                    limit_ms: longer.map(|limit| limit.as_millis() as u64),
                }
            }
            Life::Launching { cancel: true } => Why::CancelledLaunch,
            Life::Submitted { cancel: true, .. } => Why::Withdrawn,
            // What it said before it was asked is no reason any more.
            Life::Submitted { asked: Some(true), .. } => Why::Held { said: String::new() },
            Life::Submitted { asked: Some(false), .. } => Why::Submitted { said: String::new() },
            Life::Submitted { why, held: true, .. } => Why::Held { said: why.clone() },
            Life::Submitted { why, .. } => Why::Submitted { said: why.clone() },
            Life::Live(live) if live.stop.is_none() && live.pause.is_none() && self.awaits_spawned(sim).is_some() => {
                let (left, of) = self.awaits_spawned(sim).unwrap_or_default();
                Why::AwaitsSpawned { left, of }
            }
            Life::Live(live) => why_live(live, entry, &self.plan.simulations[sim as usize], now),
            Life::Ended(outcome) if outcome.kind.is_ok() && !entry.newest.changed.is_empty() => {
                Why::Outdated { changes: entry.newest.changed.clone() }
            }
            Life::Launching { cancel: false } | Life::Ended(_) => Why::Nothing,
        }
    }
}

/// Whether the simulation runs on the stand-in.
pub(super) fn is_stand_in(simulation: &Simulation) -> bool {
    simulation.run.executable().file_name().is_some_and(|name| name == STAND_IN)
}

fn why_live(live: &Live, entry: &Sim, simulation: &Simulation, now: Moment) -> Why {
    match (live.stop, live.pause) {
        (Some(stop), _) => Why::Stopping { reason: stop.reason, stage: stage(stop, now) },
        (None, Some(Pause { resume: Some(wait), .. })) => Why::GoesOn { wait },
        (None, Some(Pause { missed: true, .. })) => Why::PauseMissed,
        (None, Some(_)) if live.is_paused() => Why::Paused,
        (None, _) if live.is_over => Why::Over,
        (None, _) if live.phase == Phase::Exiting => Why::LeftBehind,
        (None, _) if live.phase == Phase::Running && simulation.goal.is_some() && is_untold(&entry.newest.seen) => {
            Why::Untold
        }
        (None, _) if live.phase == Phase::Running => Why::Nothing,
        (None, _) => Why::Phase { phase: live.phase },
    }
}

fn notes(entry: &Sim, simulation: &Simulation) -> Vec<Note> {
    let Life::Live(live) = &entry.life else { return Vec::new() };
    let uses = simulation.memory.zip(live.gauges.host.tree());
    let uses_more = uses.filter(|(declared, tree)| tree.rss > *declared);
    let uses_more = uses_more.map(|(declared, tree)| Note::UsesMore { rss: tree.rss, declared });
    let reach = match &live.reach {
        Reach::Nobody { host } => Some(Note::Elsewhere { host: host.clone() }),
        Reach::Unsupervised => Some(Note::Unsupervised),
        Reach::Direct | Reach::Relayed => None,
    };
    let guest = live.gauges.guest.clone().map(|(word, _)| Note::Guest(word));
    let gone = simulation.gone.then_some(Note::Gone);
    let client =
        client(&simulation.prefix).filter(|_| live.is_paused()).map(|name| Note::Client { name: name.to_owned() });
    let guest = guest.into_iter().chain(client);
    guest.chain(uses_more).chain(gone).chain(reach).chain(live.away.clone()).collect()
}

/// Whether nothing has told how far it is. That it has entered the event queue is no progress yet.
fn is_untold(seen: &Seen) -> bool {
    seen.ticks.is_none_or(|ticks| ticks == seen.begun_at.unwrap_or(0)) && seen.instructions.is_none()
}

pub(super) fn status(entry: &Sim, now: Moment) -> Status {
    match &entry.life {
        Life::Waiting(Waiting::Needs(_) | Waiting::NeedsLater(_) | Waiting::NeedsHeld(_) | Waiting::NeedFailed(_)) => {
            Status::Blocked
        }
        Life::Waiting(_) => Status::Queued,
        Life::Backoff { until_ms } => Status::Backoff { left_ms: until_ms.saturating_sub(now.boot_ms) },
        Life::Launching { .. } => Status::Launching,
        Life::Submitted { .. } => Status::Submitted,
        Life::Live(live) if let Some(stop) = live.stop => Status::Stopping { stage: stage(stop, now) },
        Life::Live(live) if live.is_paused() => Status::Paused,
        Life::Live(live) => Status::Running { phase: live.phase },
        Life::Ended(outcome) => Status::Ended { outcome: outcome.clone() },
    }
}

fn stage(Stopping { step, next_ms, delivery, .. }: Stopping, now: Moment) -> StageView {
    let left_ms = next_ms.filter(|_| step != Step::Kill && delivery == Delivery::Sent);
    StageView { signal: step, delivery, left_ms: left_ms.map(|at| at.saturating_sub(now.boot_ms)) }
}

/// The last checkpoints, as many as a client is told of.
fn last(checkpoints: &[Checkpoint]) -> &[Checkpoint] {
    &checkpoints[checkpoints.len().saturating_sub(bounds::CHECKPOINTS)..]
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
        job: match &attempt.handle {
            Some(Handle::Job(job)) => Some(job.clone()),
            _ => None,
        },
        host_time_tainted: attempt.was_paused || (attempt.ended.is_none() && is_tainted(&entry.life)),
    }
}

fn elapsed(entry: &Sim, now: Moment) -> Clock {
    if let Life::Live(live) = &entry.life {
        return Clock { ms: live.ran_ms(now), ticking: !live.is_held() };
    }
    let ran = entry.latest().and_then(|attempt| attempt.ended.as_ref()?.ran_ms);
    Clock { ms: ran.unwrap_or(0), ticking: false }
}

/// Whether a running process was stopped, or slept with the whole machine, for a while.
fn is_tainted(life: &Life) -> bool {
    matches!(life, Life::Live(live) if live.is_held() || live.paused_ms > 0)
}

fn in_phase(entry: &Sim, now: Moment) -> Option<Clock> {
    let Life::Live(live) = &entry.life else { return None };
    // The first phase has been since the start, whoever saw it.
    let since_ms = if live.phase == Phase::Starting { Some(0) } else { live.phase_since_ms };
    Some(Clock { ms: live.ran_ms(now).saturating_sub(since_ms?), ticking: !live.is_held() })
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
