//! What happens to attempts.

use super::{Effect, Observation, State};
use crate::engine::life::{Ended, Life, Live, Pause, Stopping, Waiting};
use crate::engine::prepare::LaunchError;
use crate::gem5::{Outcome, OutcomeKind, Phase};
use crate::protocol::QueueState;
use crate::rundir::record::{Moment, StopReason};

/// How long after our SIGSTOP or SIGCONT a look at the process may still show it as it was before, in milliseconds. The
/// whole tree is searched for in `/proc` first, which takes a while on a busy machine.
const SWITCH_SETTLES_MS: u64 = 2_000;

/// The first wait before an automatic retry, in milliseconds. It doubles with every further one.
const BACKOFF_FIRST_MS: u64 = 1_000;

/// The longest wait before an automatic retry, in milliseconds.
const BACKOFF_LONGEST_MS: u64 = 300_000;

impl State {
    pub(super) fn launch_failed(&mut self, sim: u32, error: LaunchError, effects: &mut Vec<Effect>) {
        let LaunchError { reason, of_machine } = error;
        let outcome = Outcome { kind: OutcomeKind::NotStarted, cause: reason.clone() };
        let entry = &mut self.sims[sim as usize];
        if let Some(attempt) = entry.latest_mut()
            && attempt.ended.is_none()
        {
            attempt.ended = Some(Ended { outcome: outcome.clone(), ran_ms: None, max_rss: None });
        }
        if of_machine && self.queue == QueueState::Open {
            // The next one would fare no better: rather than burn the whole queue, wait for a person.
            entry.life = Life::Waiting(Waiting::Undecided);
            self.queue = QueueState::Paused;
            self.notice = Some(format!("{reason}; the queue is paused, open it when this is mended"));
            self.controls_changed(effects);
        } else {
            entry.life = Life::Ended(outcome);
        }
        self.touch(sim);
        self.unsettled = true;
    }

    pub(super) fn started(
        &mut self,
        sim: u32,
        number: u32,
        pid: i32,
        at: Moment,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) {
        let entry = &mut self.sims[sim as usize];
        let Life::Launching { cancel } = entry.life else { return };
        let Some(attempt) = entry.latest_mut().filter(|attempt| attempt.number == number) else { return };
        attempt.started = Some(at);
        attempt.pid = Some(pid);
        entry.life = Life::Live(Live {
            started: at,
            phase: Phase::Starting,
            paused_ms: 0,
            switched_ms: 0,
            pause: None,
            stop: None,
            unsupervised: false,
        });
        self.touch(sim);
        if cancel {
            self.stop(sim, StopReason::Cancelled, now, effects);
        }
    }

    pub(super) fn observed(&mut self, observation: Observation) {
        let Observation { sim, attempt, at_ms, phase, stopped, ticks, instructions, dumps, values } = observation;
        // A late look at an earlier attempt says nothing about the one that is being launched.
        if attempt != self.attempt_in_sight(sim) {
            return;
        }
        let entry = &mut self.sims[sim as usize];
        let before = entry.clone();
        entry.progress.ticks = ticks.or(entry.progress.ticks);
        entry.progress.instructions = instructions.or(entry.progress.instructions);
        entry.progress.dumps = dumps;
        entry.values = values;
        if let Life::Live(live) = &mut entry.life {
            live.phase = phase.unwrap_or(live.phase);
            // Our own signal may still be under way: what was seen around it says nothing about what others did.
            let settled = at_ms > live.switched_ms + SWITCH_SETTLES_MS;
            match (stopped.filter(|_| settled), live.pause) {
                // Somebody else stopped it, with kill(1) for example.
                (Some(true), None) if live.stop.is_none() => {
                    live.pause = Some(Pause { since_ms: at_ms, resume: None });
                    self.unsettled = true;
                }
                // Somebody else let it go on.
                (Some(false), Some(pause)) if at_ms > pause.since_ms => {
                    live.paused_ms += at_ms - pause.since_ms;
                    live.pause = None;
                    self.unsettled = true;
                }
                _ => {}
            }
        }
        if *entry != before {
            self.touch(sim);
        }
    }

    pub(super) fn attempt_ended(&mut self, sim: u32, number: u32, ended: Ended, now: Moment) {
        let draining = self.queue == QueueState::Draining;
        let retries = &self.plan.simulations[sim as usize].retries;
        let entry = &mut self.sims[sim as usize];
        let Some(attempt) = entry.latest_mut().filter(|a| a.number == number && a.ended.is_none()) else { return };
        attempt.pid = None;
        attempt.ended = Some(ended.clone());
        let kind = ended.outcome.kind;
        // Whatever became of it, nobody who cancels wants it to start again by itself.
        let cancelled =
            matches!(&entry.life, Life::Live(Live { stop: Some(Stopping { reason: StopReason::Cancelled, .. }), .. }));
        let allowed = retries.by_outcome.get(kind.word()).copied().unwrap_or(retries.any);
        if kind.is_worth_retrying() && entry.retries_made < allowed && !draining && !cancelled {
            let wait = BACKOFF_FIRST_MS << entry.retries_made.min(20);
            entry.life = Life::Backoff { until_ms: now.boot_ms + wait.min(BACKOFF_LONGEST_MS) };
            entry.retries_made += 1;
        } else {
            entry.life = Life::Ended(ended.outcome);
        }
        if kind.is_ok() {
            entry.changed = false;
        }
        self.touch(sim);
        self.unsettled = true;
    }
}
