//! The engine's decisions. Pure: `handle(event, now)` returns the effects, and a test needs no process to check one.
//!
//! This file holds what is known and the one entrance; the rest is sorted by what happens: clients ask (`requests`),
//! attempts start, are looked at and end (`attempts`), time passes (`ladder`), and whatever came, the queue is looked
//! at once more (`queue`).
//!
//! The awkward truth: the word that a person sees is derived from several facts ([`view`]), so a transition is
//! found by comparing words after the event, not announced where it is made.

mod adopt;
mod alike;
mod attempts;
mod builds;
pub mod deadline;
pub mod event;
pub mod found;
pub mod gauges;
pub mod growth;
mod jobs;
mod ladder;
mod limits;
mod memory;
mod names;
pub mod notices;
mod pauses;
mod queue;
mod requests;
pub mod retry;
pub mod schedule;
pub mod shards;
pub mod sim;
mod suites;
mod sweep_time;
mod tally;
mod trouble;
mod turns;
pub mod view;

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::engine::Rerun;
use crate::engine::state::attempts::Pending;
use crate::engine::state::gauges::forecast::Forecast;
use crate::engine::state::sim::{Attempt, Life, Live, Sim, Waiting};
use crate::experiment::{Dependency, Plan, Simulation, StopAfter, When};
use crate::gem5::OutcomeKind;
use crate::protocol::{Alike, Edits, QueueState, Reply, Request, Wait};
use crate::rundir::Reach;
use crate::rundir::record::{Moment, NoticesRecord, Wishes};
use crate::text::human::plural;

pub(in crate::engine) use crate::engine::state::attempts::cancelled_before_start;
pub use crate::engine::state::event::{Effect, Event, Observation, RoomLook, TreeSignal};
use alike::Failures;
use builds::Builds;
use deadline::Deadline;
use found::{Changed, Found};
use growth::Growth;
use jobs::Jobs;
use limits::Shortages;
use names::Names;
use notices::Notices;
use shards::{Beside, Shards};
use suites::Suites;
use tally::Tally;
use trouble::Trouble;

/// Everything the engine knows.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is one independent fact, and none is a state of its own")]
pub struct State {
    plan: Plan,
    names: Names,
    /// For each simulation those that it needs, with the end that it waits for, and those that need it.
    needs: Vec<Vec<(u32, When)>>,
    dependants: Vec<Vec<u32>>,
    sims: Vec<Sim>,
    tally: Tally,
    cap: u32,
    queue: QueueState,
    began: Moment,
    notice: Option<String>,
    /// Whose signal reached nobody, if that is what the notice tells.
    unreached: Option<u32>,
    /// How many simulations may not be looked at for want of permission, and why the first one may not.
    hidden: (u32, Option<String>),
    builds: Builds,
    growth: Growth,
    suites: Suites,
    forecast: Forecast,
    shortages: Shortages,
    /// When the time is up, if it is ever.
    deadline: Option<Deadline>,
    /// What there is to run on, in words, where that is less than the machine.
    allocation: Option<String>,
    /// Which part of the plan is ours, if not all of it.
    shards: Option<Shards>,
    trouble: Option<Trouble>,
    notices: Notices,
    jobs: Jobs,
    failures: Failures,
    /// How often a person has said something of the turn of one that waits.
    turns_said: u32,
    /// How many may run on this machine, where that is another number than the cap.
    here: Option<u32>,
    edits: Edits,
    clients: u32,
    lingers: bool,
    held: bool,
    has_directory: bool,
    ended: bool,
    unsettled: bool,
    changed: BTreeSet<u32>,
    header_changed: bool,
    touched: Vec<u32>,
    /// Stops that another engine began, to be looked at once.
    adopted_stops: Vec<u32>,
    /// When the last of the work ended.
    idle_since: Option<Moment>,
}

/// How an engine begins.
#[derive(Debug, Clone)]
pub struct Beginning {
    /// What the directory tells of the simulations, in the order of the plan; of those behind the last one nothing.
    pub found: Vec<Found>,
    /// How many simulations may run at once.
    pub cap: u32,
    /// How many of them on this machine, where that is another number because a batch system has the others.
    pub here: Option<u32>,
    /// Whether the queue launches.
    pub queue: QueueState,
    /// What else a person has said of the queue.
    pub wishes: Wishes,
    /// Whether the engine lives on while somebody watches, with nothing left to do.
    pub lingers: bool,
    /// What there is to tell of what happened before.
    pub notices: NoticesRecord,
    /// What is left of memory and disk.
    pub room: RoomLook,
    /// What was added to the experiment file and taken out of it.
    pub edits: Edits,
    /// When the time is up, if it is ever.
    pub deadline: Option<Deadline>,
    /// What there is to run on, in words, where that is less than the machine.
    pub allocation: Option<String>,
    /// Which part of the plan is its own, if not all of it.
    pub beside: Option<Beside>,
}

/// Why nothing can be done about a process of another host.
const ELSEWHERE: &str = "it runs on another host or in another container, out of reach from here; signal its process there, and its end is seen here";

impl State {
    /// The state at the beginning.
    pub fn new(plan: Plan, beginning: Beginning, now: Moment) -> Self {
        let mut shortages = Shortages::default();
        shortages.see(beginning.room, plan.min_free_disk);
        let simulations = plan.simulations;
        let notices = Notices::new(plan.notify.clone(), beginning.notices);
        let mut state = Self {
            plan: Plan { simulations: Vec::new(), ..plan },
            names: Names::default(),
            needs: Vec::new(),
            dependants: Vec::new(),
            sims: Vec::new(),
            tally: Tally::default(),
            builds: Builds::default(),
            growth: Growth::default(),
            suites: Suites::default(),
            forecast: Forecast::default(),
            shortages,
            deadline: beginning.deadline,
            allocation: beginning.allocation,
            shards: beginning.beside.map(Shards::from),
            trouble: None,
            notices,
            jobs: Jobs::default(),
            failures: Failures::new(beginning.wishes.overruled),
            turns_said: 0,
            here: beginning.here,
            edits: beginning.edits,
            touched: Vec::new(),
            adopted_stops: Vec::new(),
            idle_since: None,
            cap: beginning.cap.max(1),
            queue: beginning.queue,
            began: now,
            notice: None,
            unreached: None,
            hidden: (0, None),
            // An engine in the foreground has its own printer from the beginning, even before it has connected.
            clients: u32::from(!beginning.lingers),
            lingers: beginning.lingers,
            held: false,
            has_directory: true,
            ended: false,
            unsettled: true,
            changed: BTreeSet::new(),
            header_changed: true,
        };
        state.tally.set_awaiting(state.plan.awaiting.len() as u32);
        state.add(simulations, beginning.found, now);
        // What ended while no engine lived.
        for sim in 0..state.sims.len() as u32 {
            if state.sim(sim).ended().is_some_and(OutcomeKind::is_ok) {
                state.note_growth(sim);
            }
        }
        state.note_orphans();
        state.take_wishes(&beginning.wishes.held, &beginning.wishes.first);
        state.explain_others();
        // What is found as an engine begins went from no status to another.
        state.recount(now);
        _ = state.transitions(now);
        state.changed.clear();
        state.begin_notices();
        // What runs was begun by an engine before this one, and the work goes on since then.
        let started = state.tally.active().filter_map(|sim| match &state.sim(sim).life {
            Life::Live(live) => Some(live.started),
            _ => None,
        });
        state.began = started.max_by_key(|started| now.since(*started)).unwrap_or(now);
        state
    }

    /// The simulation of a name.
    fn named(&self, name: &str) -> Option<u32> {
        self.names.find(&self.plan.simulations, name)
    }

    /// Adds simulations behind those that there are, with what the directory tells of each.
    fn add(&mut self, simulations: Vec<Simulation>, found: Vec<Found>, now: Moment) {
        let first = self.sims.len() as u32;
        let count = simulations.len() as u32;
        self.forecast.add(&simulations);
        if self.plan.simulations.is_empty() {
            // A hundred thousand are not there twice.
            self.plan.simulations = simulations;
        } else {
            self.plan.simulations.extend(simulations);
        }
        let simulations = &self.plan.simulations;
        self.names.add(simulations, first);
        self.dependants.resize_with((first + count) as usize, Vec::new);
        for (simulation, sim) in simulations.iter().skip(first as usize).zip(first..) {
            let known = |need: &Dependency| Some((self.names.find(simulations, &need.name)?, need.when));
            let needs: Vec<(u32, When)> = simulation.needs.iter().filter_map(known).collect();
            for &(need, _) in &needs {
                self.dependants[need as usize].push(sim);
            }
            self.needs.push(needs);
        }
        self.sims.reserve(count as usize);
        for sim in first..first + count {
            let other = self.other_shard(sim);
            self.sims.push(Sim { other, ..Sim::fresh() });
            self.tally.add(&self.plan.simulations[sim as usize], other.is_none());
            self.failures.add(&self.plan.simulations[sim as usize]);
        }
        (first..first + count).for_each(|sim| self.note_spawned(sim));
        // Of those behind the last one that has begun anything nothing is told.
        let mut found = found.into_iter();
        for sim in first..first + count {
            self.found(sim, found.next().unwrap_or_default(), now);
        }
        for sim in first..first + count {
            self.note_reruns_of_needs(sim);
            self.note_build(sim);
        }
        self.unsettled = true;
        self.header_changed = true;
    }

    /// Adds simulations to a living plan.
    fn added(&mut self, simulations: Vec<Simulation>, found: Vec<Found>, changed: Vec<Changed>, now: Moment) -> Reply {
        if self.queue == QueueState::Draining {
            let reason = "the engine is draining and launches nothing more; ask again when it has ended";
            return Reply::Refused { reason: reason.to_owned() };
        }
        self.note_changes(changed);
        let count = simulations.len() as u64;
        self.add(simulations, found, now);
        Reply::Done { message: format!("{} added", plural(count, "simulation")) }
    }

    /// Takes what has changed by now under the newest attempts of simulations.
    fn note_changes(&mut self, changed: Vec<Changed>) {
        for Changed { sim, attempt, what } in changed {
            let entry = &mut self.sims[sim as usize];
            // What was launched meanwhile is made from what is there now, and what failed is no result that could be old.
            let is_it = |latest: &Attempt| {
                latest.number == attempt && latest.ended.as_ref().is_none_or(|ended| ended.outcome.kind.is_ok())
            };
            let is_launched_now = matches!(entry.life, Life::Launching { .. } | Life::Submitted { .. });
            if !is_launched_now && entry.latest().is_some_and(is_it) && entry.newest.changed != what {
                entry.newest.set_changed(what);
                self.note_reruns_of_needs(sim);
                self.touch(sim);
            }
        }
    }

    /// Whether the experiment directory is still there, as far as is known.
    pub fn has_directory(&self) -> bool {
        self.has_directory
    }

    /// Whether nothing more is launched.
    pub fn is_draining(&self) -> bool {
        self.queue == QueueState::Draining
    }

    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The simulation with this index.
    pub fn sim(&self, sim: u32) -> &Sim {
        &self.sims[sim as usize]
    }

    /// Queues again what has ended and shall run once more. Returns those whose `cancelled.json`, if there is one, is no longer
    /// true.
    pub fn requeue(&mut self, rerun: Rerun, now: Moment) -> Vec<u32> {
        let Rerun { not_ok, changed, suites } = rerun;
        let shall_run = |sim: &Sim, simulation: &Simulation| match sim.ended() {
            None => false,
            Some(kind) if kind.is_ok() => {
                (changed && !sim.newest.changed.is_empty()) || (suites && simulation.suite().is_some())
            }
            Some(_) => not_ok,
        };
        let mut requeued = Vec::new();
        for (index, sim) in (0..).zip(&mut self.sims) {
            // Whose directory could not be listed may have attempts that run.
            let is_unseen = sim.ended() == Some(OutcomeKind::Lost) && sim.attempts.is_empty();
            let simulation = &self.plan.simulations[index as usize];
            if shall_run(sim, simulation) && !is_unseen && !sim.hidden && !simulation.gone && sim.other.is_none() {
                sim.retries_made = 0;
                sim.life = Life::Waiting(Waiting::Place(Wait::Turn));
                requeued.push(index);
            }
        }
        self.touched.extend(&requeued);
        // Nobody has seen what they were before.
        self.recount(now);
        _ = self.transitions(now);
        self.unsettled = true;
        requeued
    }

    /// Begins with a queue that launches nothing until somebody asks for a launch: for an engine that was started only
    /// to signal what runs. Unlike a pause by a person it is not written down.
    pub fn hold(&mut self) {
        if self.queue == QueueState::Open {
            self.queue = QueueState::Paused;
            self.held = true;
        }
    }

    /// Finds out why each simulation waits without starting any: for a look at an experiment that has no engine.
    pub fn explain_waiting(&mut self, now: Moment) {
        self.heed_failures();
        for sim in 0..self.sims.len() as u32 {
            if !matches!(self.sims[sim as usize].life, Life::Waiting(_)) {
                continue;
            }
            let paused = (self.queue == QueueState::Paused).then_some(Waiting::Place(Wait::QueuePaused));
            let waiting = match self.unmet_need(sim) {
                Some(failed @ Waiting::NeedFailed(_)) => Some(failed),
                unmet => self.held_back(sim).or(unmet).or(paused),
            };
            if let Some(waiting) = waiting {
                self.set_waiting(sim, waiting);
            }
        }
        self.recount(now);
    }

    /// The attempt of a needed simulation that counts where this end of it is waited for.
    fn met_attempt(&self, need: u32, when: When) -> Option<&Attempt> {
        let entry = &self.sims[need as usize];
        match when {
            When::Ok => entry.newest_ok(),
            When::Ended => entry.attempts.iter().rev().find(|attempt| attempt.ended.is_some()),
        }
    }

    /// The simulations that this one needs, each with the number of its attempt that counts; 0 of one that only had to end and had
    /// none.
    pub(super) fn met_attempts(&self, sim: u32) -> Vec<(u32, u32)> {
        let needs = self.needs[sim as usize].iter();
        needs.map(|&(need, when)| (need, self.met_attempt(need, when).map_or(0, |attempt| attempt.number))).collect()
    }

    /// The same by name, each with the directory of that attempt.
    pub fn met_needs(&self, sim: u32) -> Vec<(String, u32, Option<PathBuf>)> {
        let met = |&(need, when): &(u32, When)| {
            let attempt = self.met_attempt(need, when);
            let name = self.plan.simulations[need as usize].name.clone();
            (name, attempt.map_or(0, |attempt| attempt.number), attempt.map(|attempt| attempt.dir.clone()))
        };
        self.needs[sim as usize].iter().map(met).collect()
    }

    /// Notes which simulations that an ok one was made from have ended again since, as it needs them to.
    pub(super) fn note_reruns_of_needs(&mut self, sim: u32) {
        if !self.sims[sim as usize].ended().is_some_and(OutcomeKind::is_ok) {
            return;
        }
        // What a launch was made from may be in the file no longer as a need: then it had to end ok.
        let when = |need: u32| {
            let needs = &self.needs[sim as usize];
            needs.iter().find(|(known, _)| *known == need).map_or(When::Ok, |(_, when)| *when)
        };
        let ran_again = |&&(need, used): &&(u32, u32)| {
            self.met_attempt(need, when(need)).is_some_and(|newest| newest.number > used)
        };
        let name = |&(need, _): &(u32, u32)| format!("{} ran again", self.plan.simulations[need as usize].name);
        let notes: Vec<String> = self.sims[sim as usize].newest.used.iter().filter(ran_again).map(name).collect();
        for note in notes {
            if !self.sims[sim as usize].newest.changed.contains(&note) {
                self.sims[sim as usize].newest.changed.push(note);
                self.touch(sim);
            }
        }
    }

    /// The attempt that the simulation's status speaks of: the newest one, or the one that is being launched. 0 before
    /// the first.
    pub fn attempt_in_sight(&self, sim: u32) -> u32 {
        let entry = self.sim(sim);
        match (&entry.life, entry.latest()) {
            (Life::Launching { .. } | Life::Submitted { .. }, latest)
                if latest.is_none_or(|attempt| attempt.ended.is_some()) =>
            {
                entry.next_number()
            }
            (_, latest) => latest.map_or(0, |attempt| attempt.number),
        }
    }

    /// Takes the indices of simulations that changed since the last call, and whether the header did.
    pub fn take_changed(&mut self) -> (BTreeSet<u32>, bool) {
        (std::mem::take(&mut self.changed), std::mem::take(&mut self.header_changed))
    }

    /// Whether somebody would see something new.
    pub fn has_changed(&self) -> bool {
        self.header_changed || !self.changed.is_empty()
    }

    /// Decides what follows from an event at `now`, a moment of this boot.
    pub fn handle(&mut self, event: Event, now: Moment) -> Vec<Effect> {
        let mut effects = Vec::new();
        let before = self.before_notices(&event);
        self.resend_stops(&mut effects);
        self.cancel_orphans(now, &mut effects);
        self.apply(event, now, &mut effects);
        self.recount(now);
        let was_paused = self.paused_by_failures().is_some();
        self.heed_failures();
        let paused = self.paused_by_failures().filter(|_| !was_paused).map(Alike::phrase);
        effects.extend(paused.clone().map(|text| Effect::Log { text }));
        // Twice at most: a suite that goes on frees what waits for that.
        for _ in 0..2 {
            if std::mem::take(&mut self.unsettled) {
                self.settle(now, &mut effects);
                self.recount(now);
            }
        }
        self.weigh_waiting(now);
        self.grow_if_due(&mut effects);
        self.answer_calls(&mut effects);
        effects.extend(self.transitions(now));
        self.idle_since = if self.has_work() { None } else { Some(self.idle_since.unwrap_or(now)) };
        if !self.ended
            && let Some(reason) = self.reason_to_end(now)
        {
            self.ended = true;
            effects.push(Effect::End { reason });
        }
        self.notify(&before, paused, now, &mut effects);
        effects
    }

    /// Counts what was touched as what it is now.
    fn recount(&mut self, now: Moment) {
        for &sim in &self.touched {
            let (entry, simulation) = (&self.sims[sim as usize], &self.plan.simulations[sim as usize]);
            let suite = self.suite_of(sim);
            self.tally.count(sim, entry, (simulation, suite), &view::status(entry, now));
            if self.plan.stop_after != StopAfter::NEVER {
                self.failures.count(sim, entry, simulation);
            }
        }
    }

    /// Tells who went from one status to another since this was asked last.
    fn transitions(&mut self, now: Moment) -> Vec<Effect> {
        let mut announced = Vec::new();
        for sim in std::mem::take(&mut self.touched) {
            let to = view::status(&self.sims[sim as usize], now).word();
            let from = self.tally.replace_word(sim, to);
            // What has just been added had no status.
            // What is not ours is told by the engine that has it.
            if from != to && !from.is_empty() && !self.is_others(sim) {
                announced.push(Effect::Announce { sim, from, to });
            }
        }
        announced
    }

    /// When the next [`Event::Timer`] is due, on the boot clock, in milliseconds.
    pub fn next_deadline(&self, now: Moment) -> Option<u64> {
        let of_sim = |sim: u32| match &self.sims[sim as usize].life {
            Life::Backoff { until_ms } => Some(*until_ms),
            Life::Live(live) if !live.is_within_reach() => None,
            Life::Live(live) => match live.stop {
                Some(stop) => stop.next_ms,
                None if live.is_held() => None,
                None => {
                    let simulation = &self.plan.simulations[sim as usize];
                    let timeout = self.raised(sim).timeout.map(|limit| limit.as_millis() as u64);
                    let poll = simulation.poll_stats.map(|every| live.next_poll_ms(every));
                    let ran_ms = live.ran_ms(now);
                    timeout.into_iter().chain(poll).map(|at| now.boot_ms + at.saturating_sub(ran_ms)).min()
                }
            },
            _ => None,
        };
        let time_is_up = self.time_is_up_ms(now);
        let others = self.next_try_ms().into_iter().chain(time_is_up).chain(self.next_notice_ms());
        self.tally.active().filter_map(of_sim).chain(others).min()
    }

    fn apply(&mut self, event: Event, now: Moment, effects: &mut Vec<Effect>) {
        match event {
            Event::Request { client, id, request } => {
                if request == Request::Subscribe {
                    effects.push(Effect::Subscribe { client });
                }
                let reply = self.request(&request, now, effects);
                effects.push(Effect::Reply { client, id, reply });
            }
            Event::Clients(clients) => self.clients = clients,
            Event::Added { simulations, found, changed, asked } => {
                let reply = self.added(simulations, found, changed, now);
                effects.extend(asked.map(|(client, id)| Effect::Reply { client, id, reply }));
            }
            Event::Grown(grown) => self.grown(*grown, now),
            Event::Asked(asked) => self.asked(*asked, now, effects),
            Event::NotGrown(reason) => self.not_grown(reason),
            Event::Prepared { sim, attempt, dir } => {
                self.touch(sim);
                self.sims[sim as usize].attempts.push(Attempt::new(attempt, dir));
                if self.sims[sim as usize].life == (Life::Launching { cancel: true }) {
                    self.record_cancelled_launch(sim, effects);
                }
            }
            Event::Executable { sim, attempt, executable } => {
                let latest = self.sims[sim as usize].latest_mut().filter(|latest| latest.number == attempt);
                if let Some(latest) = latest {
                    latest.executable = Some(executable);
                }
            }
            Event::TakenBack { sim, attempt } => {
                self.touch(sim);
                let attempts = &mut self.sims[sim as usize].attempts;
                attempts.pop_if(|latest| latest.number == attempt && latest.started.is_none());
            }
            Event::LaunchFailed { sim, reason, of_machine } => {
                self.launch_failed(sim, reason, of_machine, now, effects);
            }
            Event::DeadStart { node, why } => self.job_died(&node, &why),
            Event::NowhereElse { why } => self.job_refused(&why),
            Event::Pending { sim, attempt, why, held, job } => {
                self.pending((sim, attempt), Pending { why, held, job }, now, effects);
            }
            Event::NotHeld { sim, attempt } => self.not_held(sim, attempt),
            Event::Started { sim, attempt, handle, at } => self.started(sim, attempt, handle, at, now, effects),
            Event::Away { sim, attempt, away } => {
                if let Some(live) = self.live_attempt(sim, attempt) {
                    live.away = away;
                    self.touch(sim);
                }
            }
            Event::Over { sim, attempt } => {
                if let Some(live) = self.live_attempt(sim, attempt) {
                    live.is_over = true;
                    self.touch(sim);
                    self.unsettled = true;
                }
            }
            Event::Unsupervised { sim, attempt } => {
                if let Some(live) = self.live_attempt(sim, attempt) {
                    live.reach = Reach::Unsupervised;
                    self.touch(sim);
                }
            }
            Event::Observed(observation) => {
                self.see(&observation);
                self.check_limits(observation.sim, now, effects);
            }
            Event::Room(look) => self.room(look, now, effects),
            Event::Others(others) => self.others(*others, now),
            Event::Slept(ms) => self.slept(ms),
            Event::Ended { sim, attempt, ended } => self.attempt_ended(sim, attempt, ended, now, effects),
            Event::Signalled { sim, attempt, signal, at } => self.signalled(sim, attempt, signal, at),
            Event::Unsignalled { sim, attempt, signal, why } => self.unsignalled(sim, attempt, signal, why, now),
            Event::Batch(notices) => {
                self.header_changed |= self.jobs.take_notices(notices);
            }
            Event::Notice(notice) => {
                self.header_changed |= self.notice != notice;
                self.notice = notice;
            }
            Event::NoticeSent { rule, failed } => self.notice_sent(rule, failed),
            Event::DirectoryGone => {
                self.has_directory = false;
                self.queue = QueueState::Draining;
                self.unsettled = true;
                self.header_changed = true;
                self.notice =
                    Some("the experiment directory or its engine.lock was moved, deleted or replaced, or another engine has taken over; nothing more is launched".to_owned());
            }
            Event::Timer => self.timer(now, effects),
        }
    }

    fn touch(&mut self, sim: u32) {
        self.changed.insert(sim);
        self.touched.push(sim);
        self.header_changed = true;
    }

    fn number(&self, sim: u32) -> u32 {
        self.sims[sim as usize].latest().map_or(0, |attempt| attempt.number)
    }

    fn live(&mut self, sim: u32) -> Result<&mut Live, &'static str> {
        match &mut self.sims[sim as usize].life {
            Life::Live(live) => Ok(&mut **live),
            Life::Launching { .. } => Err("it is being launched"),
            Life::Submitted { .. } => Err("it waits in the batch system"),
            Life::Ended(_) => Err("it has ended"),
            Life::Waiting(_) | Life::Backoff { .. } => Err("it is not running"),
        }
    }

    /// A process that can be reached from here. One of another host is only seen, and its clock is not ours.
    fn within_reach(&mut self, sim: u32) -> Result<&mut Live, &'static str> {
        let live = self.live(sim)?;
        if live.is_within_reach() { Ok(live) } else { Err(ELSEWHERE) }
    }

    fn live_attempt(&mut self, sim: u32, attempt: u32) -> Option<&mut Live> {
        (self.number(sim) == attempt).then(|| self.live(sim).ok()).flatten()
    }
}
