//! Whether a pause holds: who was stopped or goes on by somebody else's signal, and what was never reached by ours.
//!
//! The awkward truth: a signal reaches the processes of this machine that hang together with the one that was started. With
//! `docker run` or `ssh` in front of gem5 that is a client alone, which stands still while gem5 works on. Nobody can look at such
//! a gem5; what it writes can be seen.

use super::sim::{Live, Pause};
use super::{Effect, Observation, State, TreeSignal};

/// How long after our SIGSTOP or SIGCONT a look at the process may still show it as it was before, in milliseconds.
const SWITCH_SETTLES_MS: u64 = 2_000;

/// How long after a pause its output may still grow, in milliseconds: a process that is stopped in the middle of a write to a slow
/// disk ends that write first.
const UNDER_WAY_MS: u64 = 5_000;

impl Pause {
    /// A pause since `since_ms` on the boot clock, in milliseconds.
    pub fn since(since_ms: u64, is_sent: bool) -> Self {
        Self { since_ms, is_sent, resume: None, output: None, missed: false }
    }
}

impl State {
    /// Stops a tree, or lets it go on.
    pub(super) fn switch(&mut self, sim: u32, signal: TreeSignal, effects: &mut Vec<Effect>) {
        let attempt = self.number(sim);
        if let Ok(live) = self.live(sim) {
            live.switches += 1;
        }
        effects.push(Effect::Signal { sim, attempt, signal });
    }
}

impl Live {
    /// SIGSTOP or SIGCONT was sent, or has reached nobody. Whether it was the last one that was on its way: a tree may be let go
    /// before its stop was sent, and stopped again.
    pub(super) fn switched(&mut self, at_ms: u64) -> bool {
        self.switches = self.switches.saturating_sub(1);
        self.switched_ms = at_ms;
        self.switches == 0
    }

    /// Finds out whether somebody else stopped it or let it go on, with kill(1) for example. Says whether that is so.
    pub(super) fn notice_switch(&mut self, observation: &Observation) -> bool {
        // Our own signal may still be under way: what was seen around it says nothing about what others did.
        let at_ms = observation.at.boot_ms;
        let settled = self.switches == 0 && at_ms > self.switched_ms + SWITCH_SETTLES_MS;
        match (observation.stopped.filter(|_| settled), self.pause) {
            (Some(true), None) if self.stop.is_none() => {
                self.pause = Some(Pause::since(at_ms, true));
                true
            }
            (Some(false), Some(pause)) if at_ms > pause.since_ms => {
                self.end_pause(at_ms);
                true
            }
            _ => false,
        }
    }

    /// Finds out whether its output grows although all that could be stopped stands still. Says whether that is news.
    pub(super) fn notice_growth(&mut self, observation: &Observation) -> bool {
        let switched_ms = self.switched_ms;
        let Some(pause) = self.pause.as_mut().filter(|pause| pause.is_sent && !pause.missed) else { return false };
        let Some(bytes) = observation.output_while_stopped else { return false };
        let is_under_way = observation.at.boot_ms <= switched_ms.max(pause.since_ms) + UNDER_WAY_MS;
        match pause.output {
            Some(before) if !is_under_way => {
                pause.missed = bytes > before;
                pause.output = Some(before.min(bytes));
                pause.missed
            }
            _ => {
                pause.output = Some(bytes);
                false
            }
        }
    }

    /// Takes the pause away. Its time was run time after all if the pause did not reach it.
    pub(super) fn end_pause(&mut self, at_ms: u64) -> Option<Pause> {
        let pause = self.pause.take()?;
        if !pause.missed {
            self.paused_ms += at_ms.saturating_sub(pause.since_ms);
        }
        Some(pause)
    }
}
