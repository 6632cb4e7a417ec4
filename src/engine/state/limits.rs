//! Limits on what simulations do, and on what is left of the machine.
//!
//! A limit of one simulation is judged when it is looked at and never by the clock alone: while a disk does not answer
//! there is no look, and nobody is ended for what nobody could see.

use super::{Effect, State};
use crate::engine::state::event::RoomLook;
use crate::engine::state::sim::{Life, Stopping};
use crate::gem5::GuestState;
use crate::protocol::Shortage;
use crate::rundir::Reach;
use crate::rundir::record::{Moment, StopReason};
use crate::rundir::room::Room;
use crate::text::human;

/// Percent of the memory below which nothing is launched, and from which it goes on.
const MEMORY_LOW: u64 = 10;
const MEMORY_ENOUGH: u64 = 15;

/// A disk counts as nearly full below a hundredth of its size, within these bounds: on a small one a hundredth is
/// nothing, and on a large one it is a lot. The lower bound itself is a tenth of a disk at most.
const DISK_PART: u64 = 100;
const DISK_SMALL_PART: u64 = 10;
const DISK_LEAST: u64 = 256 << 20;
const DISK_MOST: u64 = 10 << 30;

/// What is short, and how much of it is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::engine) struct Shortages {
    memory: Option<Room>,
    disk: Option<(Room, u64)>,
    /// What was free when a simulation was last ended because too little was. The next one is only ended if it has
    /// become less since: what is ended writes nothing more, but what it wrote stays.
    ended_at: Option<u64>,
}

impl Shortages {
    /// Takes a look. What was short is short until there is clearly more, so that the queue does not flicker.
    pub(super) fn see(&mut self, look: RoomLook, min_free: Option<u64>) {
        if let Some(room) = look.memory {
            let enough = if self.memory.is_some() { MEMORY_ENOUGH } else { MEMORY_LOW };
            self.memory = (room.percent() < enough).then_some(room);
        }
        if let Some(room) = look.disk {
            let low = match min_free {
                // Before anything has to be ended, nothing more is begun.
                Some(limit) => limit.saturating_mul(2),
                None => (room.total / DISK_PART).clamp(DISK_LEAST.min(room.total / DISK_SMALL_PART), DISK_MOST),
            };
            let enough = low.saturating_add(low / 4);
            let is_short = room.free < if self.disk.is_some() { enough } else { low };
            self.disk = is_short.then_some((room, enough));
        }
    }

    /// What keeps a job from being handed in: memory of this machine is nothing to it.
    pub(in crate::engine) fn of_jobs(&self) -> Option<Shortage> {
        self.disk.map(|_| Shortage::Disk)
    }

    /// What keeps the queue from launching.
    pub(in crate::engine) fn worst(&self) -> Option<Shortage> {
        self.disk.map(|_| Shortage::Disk).or(self.memory.map(|_| Shortage::Memory))
    }

    /// What a person should know.
    pub(in crate::engine) fn phrases(&self) -> impl Iterator<Item = String> {
        let memory = self.memory.map(|room| {
            let (free, total) = (human::bytes(room.free), human::bytes(room.total));
            format!("{free} of {total} memory are left: nothing is launched until it is {MEMORY_ENOUGH} %")
        });
        self.disk_phrase().into_iter().chain(memory)
    }

    /// What of it is about the disk.
    pub(super) fn disk_phrase(&self) -> Option<String> {
        let (room, enough) = self.disk?;
        let (free, enough) = (human::bytes(room.free), human::bytes(enough));
        Some(format!(
            "the disk of the outdir has {free} left: nothing is launched until it has {enough} (min_free_disk)"
        ))
    }
}

impl State {
    /// Looks at what is left. What is short holds back launches, and by itself lets them go on; it is not the pause of
    /// the queue, which belongs to people.
    pub(super) fn room(&mut self, look: RoomLook, now: Moment, effects: &mut Vec<Effect>) {
        let before = self.shortages;
        self.shortages.see(look, self.plan.min_free_disk);
        self.unsettled |= before.worst() != self.shortages.worst();
        self.header_changed |= !before.phrases().eq(self.shortages.phrases());
        if let (Some(room), Some(limit)) = (look.disk, self.plan.min_free_disk) {
            self.keep_free(room.free, limit, now, effects);
        }
    }

    /// Ends the simulation that writes most, one at a time, while less is free than must be and it becomes less still.
    /// One that does not write is no help to the disk, and is left alone.
    fn keep_free(&mut self, free: u64, limit: u64, now: Moment, effects: &mut Vec<Effect>) {
        if free >= limit {
            self.shortages.ended_at = None;
            return;
        }
        let is_ending = |life: &Life| {
            let is_ours = |stop: Stopping| matches!(stop.reason, StopReason::DiskFull { .. });
            matches!(life, Life::Live(live) if live.stop.is_some_and(is_ours))
        };
        let shrinks = self.shortages.ended_at.is_none_or(|then| free.saturating_add(limit / 20) < then);
        if !shrinks || self.tally.active().any(|sim| is_ending(&self.sim(sim).life)) {
            return;
        }
        let growth = |sim: u32| match &self.sim(sim).life {
            Life::Live(live) if live.stop.is_none() && !live.is_held() && live.is_within_reach() => {
                Some((sim, live.gauges.host.growth()))
            }
            _ => None,
        };
        let writers = self.tally.active().filter_map(growth).filter(|(_, growth)| *growth > 0.0);
        if let Some((sim, _)) = writers.max_by(|one, other| one.1.total_cmp(&other.1)) {
            self.shortages.ended_at = Some(free);
            self.stop(sim, StopReason::DiskFull { free, limit }, now, effects);
        }
    }

    /// Ends a simulation that, at its last look, did nothing for too long or had written too much.
    pub(super) fn check_limits(&mut self, sim: u32, now: Moment, effects: &mut Vec<Effect>) {
        let simulation = &self.plan.simulations[sim as usize];
        let Life::Live(live) = &self.sims[sim as usize].life else { return };
        if live.stop.is_some() || live.is_held() {
            return;
        }
        let stall = simulation.stall.map(|limit| limit.as_millis() as u64);
        let output = simulation.max_output.zip(live.gauges.host.output());
        let guest =
            live.gauges.guest.as_ref().map(|(word, since_ms)| (word.state, live.ran_ms(now).saturating_sub(*since_ms)));
        let patience = |state| match state {
            GuestState::Failed if simulation.cancels_on_panic => Some(0),
            // It may well go on.
            GuestState::Troubled => None,
            GuestState::Failed | GuestState::Waits => simulation.guest_stall.map(|limit| limit.as_millis() as u64),
        };
        if let Some((state, waited_ms)) = guest
            && patience(state).is_some_and(|limit_ms| waited_ms >= limit_ms)
        {
            self.stop(sim, StopReason::Guest { waited_ms }, now, effects);
            return;
        }
        let reason = match (stall, output) {
            (Some(limit_ms), _) if live.gauges.pulse.still_ms() >= limit_ms => StopReason::Stalled { limit_ms },
            (_, Some((limit, bytes))) if bytes > limit => StopReason::Output { bytes, limit },
            _ => return,
        };
        self.stop(sim, reason, now, effects);
    }

    /// The machine slept. No limit runs meanwhile, and a gem5 that was just asked for its last dump gets its whole grace.
    pub(super) fn slept(&mut self, ms: u64) {
        for sim in self.tally.active().collect::<Vec<u32>>() {
            if let Ok(live) = self.within_reach(sim) {
                // The node of a job has not slept.
                if !live.is_held() && live.reach != Reach::Relayed {
                    live.paused_ms += ms;
                }
                if let Some(stop) = &mut live.stop {
                    stop.next_ms = stop.next_ms.map(|at| at + ms);
                }
            }
        }
        self.header_changed = true;
    }
}
