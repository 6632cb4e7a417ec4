//! What clients ask.

use std::collections::BTreeSet;

use super::attempts::cancelled_before_start;
use super::{Effect, State, TreeSignal};
use crate::engine::state::sim::{Life, Pause, Sim, Stopping, Turn, Waiting};
use crate::experiment::{RowKind, Simulation};
use crate::gem5::{OutcomeKind, Phase};
use crate::protocol::select::Candidate;
use crate::protocol::{Miss, QueueState, RELOADS, Reply, Request, Selection, Wait};
use crate::rundir::Reach;
use crate::rundir::record::{Moment, StopReason};
use crate::text::human::plural;

impl State {
    pub(super) fn request(&mut self, request: &Request, now: Moment, effects: &mut Vec<Effect>) -> Reply {
        match request {
            Request::Subscribe => Reply::Done { message: String::new() },
            Request::Pause { sims } => {
                let named: BTreeSet<u32> = sims.iter().copied().collect();
                let mut sims = self.with_spawned(sims);
                // What a suite has spawned and does not run yet waits for the suite.
                sims.retain(|sim| named.contains(sim) || self.sims.get(*sim as usize).is_some_and(Sim::is_live));
                let verb = if self.none_runs(&sims) { "held" } else { "paused" };
                self.turn(&sims, verb, effects, |state, sim, effects| state.pause(sim, now, effects))
            }
            Request::Resume { sims } => {
                let sims = self.with_spawned(sims);
                let verb = if self.none_runs(&sims) { "let go" } else { "asked to go on" };
                self.turn(&sims, verb, effects, |state, sim, effects| state.resume(sim, now, effects))
            }
            Request::First { sims } => {
                // The first one that is named is to be the very first.
                let sims: Vec<u32> = sims.iter().rev().copied().collect();
                self.turn(&sims, "next", effects, |state, sim, _| state.put_first(sim))
            }
            Request::InOrder { sims } => {
                self.turn(sims, "back in the order of the plan", effects, |state, sim, _| state.put_in_order(sim))
            }
            Request::DumpStats { sims } => {
                self.each(sims, "asked for stats", |state, sim| state.dump_stats(sim, effects))
            }
            Request::Cancel { sims } => {
                self.each(&self.with_spawned(sims), "asked to stop", |state, sim| state.cancel(sim, now, effects))
            }
            Request::Retry { sims } => self.each(sims, "queued again", |state, sim| state.retry(sim, false, effects)),
            Request::Anew { sims } => self.each(sims, "queued again", |state, sim| state.retry(sim, true, effects)),
            Request::Named { act, selection } => match self.select(selection) {
                Ok(sims) => self.request(&act.to(self.those_of_ours(sims)), now, effects),
                Err(miss) => Reply::Missed { miss },
            },
            Request::SetCap { cap } if *cap == 0 => refused("the cap is at least 1; pause the queue to launch nothing"),
            Request::SetCap { cap } => {
                self.cap = *cap;
                self.controls_changed(effects);
                done(format!("cap {cap}"))
            }
            Request::SetQueue { queue } => {
                if *queue == QueueState::Open {
                    self.overrule_failures();
                }
                self.queue = *queue;
                self.held = false;
                self.controls_changed(effects);
                done(match queue {
                    QueueState::Open => "queue open".to_owned(),
                    QueueState::Paused => "queue paused; what runs goes on".to_owned(),
                    QueueState::Draining => "draining; what runs goes on".to_owned(),
                })
            }
            Request::Drain => {
                self.queue = QueueState::Draining;
                self.header_changed = true;
                self.unsettled = true;
                done("draining; what runs goes on, nothing more is launched".to_owned())
            }
            Request::CancelAll => self.cancel_all(now, effects),
            // What it takes to add them is done before the state is told.
            Request::Add { .. } => refused("simulations cannot be added here"),
            Request::Reload if !self.lingers => {
                refused("`gem5-tui run` has this experiment; the file holds as it is now when that starts anew")
            }
            Request::Reload if self.queue == QueueState::Draining => {
                refused("the engine is draining and launches nothing more; ask again when it has ended")
            }
            Request::Reload => {
                self.ended = true;
                effects.push(Effect::End { reason: RELOADS });
                done("the file is read anew; what runs goes on".to_owned())
            }
        }
    }

    /// Whether all of these wait, here or in a batch system.
    fn none_runs(&self, sims: &[u32]) -> bool {
        let waits = |sim: &Sim| matches!(sim.life, Life::Submitted { .. } | Life::Waiting(_) | Life::Backoff { .. });
        sims.iter().all(|sim| self.sims.get(*sim as usize).is_some_and(waits))
    }

    /// The indices of the simulations that are meant by words.
    ///
    /// # Errors
    /// Which words mean nothing.
    pub fn select(&self, selection: &Selection) -> Result<Vec<u32>, Miss> {
        let candidates = self.plan.simulations.iter().zip(&self.sims).map(|(Simulation { name, .. }, sim)| Candidate {
            name,
            failed: sim.ended().is_some_and(|kind| !kind.is_ok()),
            changed: sim.ended().is_some_and(OutcomeKind::is_ok) && !sim.newest.changed.is_empty(),
        });
        selection.resolve(candidates)
    }

    /// Applies `act` to each simulation and says in one phrase what became of them.
    pub(super) fn each(
        &mut self,
        sims: &[u32],
        verb: &str,
        mut act: impl FnMut(&mut Self, u32) -> Result<(), &'static str>,
    ) -> Reply {
        let mut count = 0;
        let mut last = None;
        let mut first_refusal = None;
        for &sim in sims {
            let result = if (sim as usize) < self.sims.len() {
                self.ours(sim).and_then(|()| act(self, sim))
            } else {
                Err("there is no such simulation")
            };
            match result {
                Ok(()) => {
                    count += 1;
                    last = Some(sim);
                    self.touch(sim);
                }
                Err(reason) => first_refusal = first_refusal.or(Some((sim, reason))),
            }
        }
        match (count, first_refusal) {
            (0, Some((sim, reason))) => match self.plan.simulations.get(sim as usize) {
                Some(simulation) => refused(format!("{}: {reason}", simulation.name)),
                None => refused(reason),
            },
            (0, None) => refused("no simulation was named"),
            (1, _) => {
                let name = last.and_then(|sim| self.plan.simulations.get(sim as usize)).map(|one| one.name.as_str());
                done(format!("{} {verb}", name.unwrap_or("1 simulation")))
            }
            _ => done(format!("{} {verb}", plural(count, "simulation"))),
        }
    }

    pub(super) fn pause(&mut self, sim: u32, now: Moment, effects: &mut Vec<Effect>) -> Result<(), &'static str> {
        if matches!(self.sim(sim).life, Life::Submitted { .. }) {
            return self.hold_job(sim, true, effects);
        }
        if matches!(self.sim(sim).life, Life::Waiting(_) | Life::Backoff { .. }) {
            return self.hold_back(sim);
        }
        let live = self.within_reach(sim)?;
        if live.stop.is_some() {
            return Err("it is stopping");
        }
        match &mut live.pause {
            // It was asked to go on and waits for a place: that is taken back.
            Some(pause) if pause.resume.is_some() => {
                pause.resume = None;
                self.unsettled = true;
                return Ok(());
            }
            Some(pause) if pause.missed => {
                return Err("a pause did not reach it: all that can be stopped from here stands still");
            }
            Some(_) => return Err("it is paused already"),
            None => {}
        }
        live.pause = Some(Pause::since(now.boot_ms, false));
        self.switch(sim, TreeSignal::Stop, effects);
        self.unsettled = true;
        Ok(())
    }

    /// Has a batch system hold back what it has not started, or let it go.
    fn hold_job(&mut self, sim: u32, wanted: bool, effects: &mut Vec<Effect>) -> Result<(), &'static str> {
        let attempt = self.number(sim);
        let Life::Submitted { held, asked, cancel, .. } = &mut self.sims[sim as usize].life else {
            return Err("no batch system has it");
        };
        match (wanted, asked.unwrap_or(*held)) {
            _ if *cancel => return Err("it is taken back"),
            (true, true) => return Err("it is held already"),
            (false, false) => return Err("it is not held"),
            _ => {}
        }
        *asked = Some(wanted).filter(|wanted| wanted != held);
        effects.push(Effect::Hold { sim, attempt, held: wanted });
        self.unsettled = true;
        Ok(())
    }

    /// Of what a batch system has not started there are no stats: what can be asked then is when it starts.
    ///
    /// gem5 takes the signal at its next event (`src/sim/simulate.cc`), so one that is stopped would take it late.
    fn dump_stats(&mut self, sim: u32, effects: &mut Vec<Effect>) -> Result<(), &'static str> {
        if self.plan.simulations[sim as usize].run.kind() == RowKind::Step {
            return Err("a step has no stats");
        }
        let attempt = self.number(sim);
        if let Life::Submitted { cancel, .. } = self.sim(sim).life {
            if cancel {
                return Err("it is taken back");
            }
            effects.push(Effect::AskStart { sim, attempt });
            return Ok(());
        }
        match self.within_reach(sim)? {
            live if live.stop.is_some() => Err("it is stopping"),
            live if live.pause.is_some() => Err("it is paused"),
            live if live.phase < Phase::Running => Err("it does not simulate yet, so there are no stats"),
            _ => {
                effects.push(Effect::Signal { sim, attempt, signal: TreeSignal::DumpStats });
                Ok(())
            }
        }
    }

    pub(super) fn resume(&mut self, sim: u32, now: Moment, effects: &mut Vec<Effect>) -> Result<(), &'static str> {
        if matches!(self.sim(sim).life, Life::Submitted { .. }) {
            return self.hold_job(sim, false, effects);
        }
        if self.sim(sim).turn == Turn::Held {
            self.let_go(sim);
            return Ok(());
        }
        let live = self.within_reach(sim)?;
        let pause = live.pause.as_mut().ok_or("it is not paused")?;
        if pause.missed || !pause.is_sent || live.reach == Reach::Relayed {
            // It has its place: no pause has reached it, or none has yet, and what lets it go on is sent behind that. A job has had its
            // place all the time, on its node and under the cap.
            self.go_on(sim, now, effects);
            return Ok(());
        }
        pause.resume = Some(Wait::Turn);
        self.unsettled = true;
        Ok(())
    }

    pub(super) fn cancel(&mut self, sim: u32, now: Moment, effects: &mut Vec<Effect>) -> Result<(), &'static str> {
        self.ours(sim)?;
        match &mut self.sims[sim as usize].life {
            Life::Waiting(_) | Life::Backoff { .. } => {
                let entry = &mut self.sims[sim as usize];
                entry.turn = Turn::InOrder;
                if let Some(result) = entry.result().cloned() {
                    // It was only to be made anew.
                    entry.life = Life::Ended(result);
                    effects.push(Effect::ForgetRetry { sim });
                    self.note_reruns_of_needs(sim);
                } else {
                    entry.life = Life::Ended(cancelled_before_start());
                    effects.push(Effect::RecordCancelled { sim });
                }
                self.unsettled = true;
            }
            Life::Launching { cancel } => {
                *cancel = true;
                self.record_cancelled_launch(sim, effects);
            }
            Life::Submitted { cancel, .. } => {
                *cancel = true;
                let attempt = self.number(sim);
                self.record_cancelled_launch(sim, effects);
                effects.push(Effect::Withdraw { sim, attempt });
            }
            Life::Live(live) if !live.is_within_reach() => return Err(super::ELSEWHERE),
            Life::Live(live) => match live.stop {
                None => self.stop(sim, StopReason::Cancelled, now, effects),
                // It would be queued again, which is not what is wanted now.
                Some(stop) if matches!(stop.reason, StopReason::TimeUp { .. }) => {
                    live.stop = Some(Stopping { reason: StopReason::Cancelled, ..stop });
                    let attempt = self.number(sim);
                    effects.push(Effect::RecordStop { sim, attempt, reason: StopReason::Cancelled });
                    self.step_down(sim, effects);
                }
                Some(_) => self.step_down(sim, effects),
            },
            Life::Ended(_) => return Err("it has ended"),
        }
        Ok(())
    }

    /// Writes a cancel down as soon as the attempt has a directory, so that it outlives this engine.
    pub(super) fn record_cancelled_launch(&self, sim: u32, effects: &mut Vec<Effect>) {
        if let Some(attempt) = self.sims[sim as usize].latest().filter(|attempt| attempt.ended.is_none()) {
            effects.push(Effect::RecordStop { sim, attempt: attempt.number, reason: StopReason::Cancelled });
        }
    }

    pub(super) fn cancel_all(&mut self, now: Moment, effects: &mut Vec<Effect>) -> Reply {
        self.queue = QueueState::Draining;
        self.header_changed = true;
        self.unsettled = true;
        let mut all: Vec<u32> = (0..)
            .zip(&self.sims)
            .filter(|(_, sim)| sim.ended().is_none() && sim.other.is_none())
            .map(|(i, _)| i)
            .collect();
        // What runs first: its signals must not wait behind the records of thousands that only wait.
        all.sort_by_key(|&sim| !self.sim(sim).is_live());
        if all.is_empty() {
            return done("nothing was left to cancel".to_owned());
        }
        self.each(&all, "asked to stop", |state, sim| state.cancel(sim, now, effects))
    }

    pub(super) fn retry(&mut self, sim: u32, anew: bool, effects: &mut Vec<Effect>) -> Result<(), &'static str> {
        if self.queue == QueueState::Draining {
            return Err("the engine is draining and launches nothing more; ask again when it has ended");
        }
        if self.plan.simulations[sim as usize].gone {
            return Err("it is no longer in the experiment file");
        }
        let entry = &mut self.sims[sim as usize];
        if entry.hidden {
            return Err("its records may not be read by this user, so it may still run; `status` says what to do");
        }
        match entry.life {
            Life::Ended(_) | Life::Backoff { .. } => {}
            Life::Waiting(_) => return Err("it is queued already"),
            Life::Launching { .. } | Life::Submitted { .. } | Life::Live(_) => {
                return Err("it has not ended; cancel it first");
            }
        }
        self.queue_again(sim, anew, effects);
        if std::mem::take(&mut self.held) {
            self.queue = QueueState::Open;
        }
        self.unsettled = true;
        Ok(())
    }

    /// Queues another attempt of what has ended.
    pub(super) fn queue_again(&mut self, sim: u32, anew: bool, effects: &mut Vec<Effect>) {
        let entry = &mut self.sims[sim as usize];
        entry.anew = anew;
        entry.turn = Turn::InOrder;
        entry.life = Life::Waiting(Waiting::Place(Wait::Turn));
        entry.retries_made = 0;
        let after = entry.latest().map_or(0, |attempt| attempt.number);
        effects.push(Effect::RecordRetry { sim, after, anew });
        self.unsettled = true;
    }

    pub(super) fn controls_changed(&mut self, effects: &mut Vec<Effect>) {
        self.header_changed = true;
        self.unsettled = true;
        let queue = if self.held { QueueState::Open } else { self.queue };
        effects.push(Effect::RecordControls { cap: self.cap, queue, wishes: self.wishes() });
    }
}

fn done(message: String) -> Reply {
    Reply::Done { message }
}

fn refused(reason: impl Into<String>) -> Reply {
    Reply::Refused { reason: reason.into() }
}
