//! What is told to somebody who does not look (`notify:`), and when. Who sends it, and whether it arrives, is decided nowhere here.
//!
//! What happens is found by looking at what was decided: a simulation that went to a failure, a stop for want of progress, a disk
//! that has become short. So nothing that ends a simulation needs to know of notices.
//!
//! A sweep of four hundred may fail within a second. So the first of a kind waits a moment for others, and all of them are one
//! notice; the next one of that kind comes a minute later at the earliest, with all that has happened by then.
//!
//! The awkward truth: an engine can die between a notice and the record of it. What is still to be told is taken back from the disk
//! as the notice is handed over, because nobody wants to be woken up twice; so a notice can be lost, and is never sent again.

mod notice;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use notice::{Gathered, Subject, shown};
pub use notice::{Happened, Notice};

use super::sim::Life;
use super::{Effect, Event, State};
use crate::experiment::{NotifyRule, Occasion};
use crate::gem5::{OutcomeKind, StopReason};
use crate::rundir::record::{FORMAT, Moment, NoticesRecord, ToldStat};
use crate::text::human;

/// How long the first of a kind waits for others, in milliseconds.
const GATHERS_MS: u64 = 2_000;

/// Between two notices of one kind, in milliseconds.
const APART_MS: u64 = 60_000;

/// What there is to tell.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Notices {
    rules: Vec<NotifyRule>,
    /// What waits, by the rule and the kind.
    waiting: BTreeMap<(u32, Kind), Gathered>,
    /// Not before this, on the boot clock, in milliseconds.
    due: BTreeMap<(u32, Kind), u64>,
    /// Something was launched since it was last told that everything has ended.
    owes_done: bool,
    /// The attempts whose stats are looked at: those that ran while this engine lived.
    lived: HashMap<u32, u32>,
    /// The attempts that were stopped for what is told as they are stopped.
    stopped: HashMap<u32, u32>,
    /// Of which thresholds was told: the simulation, its attempt, the rule, and the place under `on`.
    crossed: BTreeSet<(u32, u32, u32, u32)>,
    recorded: NoticesRecord,
    /// What could not be told, and why, by the rule.
    complaints: BTreeMap<u32, String>,
}

/// What is gathered into one notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Failed,
    Stalled,
    Disk,
    /// The threshold at this place under `on`.
    Stat(u32),
}

/// What an event is about, as far as that cannot be seen afterwards.
pub(super) struct Before {
    observed: Option<(u32, u32)>,
    is_disk_short: bool,
}

impl Notices {
    pub(super) fn new(rules: Vec<NotifyRule>, recorded: NoticesRecord) -> Self {
        Self { rules, owes_done: recorded.owes_done, recorded, ..Self::default() }
    }

    fn wants(&self, occasion: &Occasion) -> bool {
        self.rules.iter().any(|rule| rule.on.contains(occasion))
    }

    fn add(&mut self, rule: u32, kind: Kind, subject: Subject, now: Moment) {
        // Those that come later wait no longer than the first one.
        if !self.waiting.contains_key(&(rule, kind)) {
            let due = self.due.entry((rule, kind)).or_default();
            *due = (*due).max(now.boot_ms + GATHERS_MS);
        }
        self.waiting.entry((rule, kind)).or_default().add(subject);
    }
}

impl State {
    /// Takes up what an earlier engine left to tell.
    pub(super) fn begin_notices(&mut self) {
        if self.notices.rules.is_empty() {
            return;
        }
        // What runs was begun by an engine that may have died before it could write down that its end is to be told.
        self.notices.owes_done |= self.tally.is_any_live();
        for ToldStat { simulation, attempt, rule, place } in self.notices.recorded.stats.clone() {
            if let Some(sim) = self.names.find(&self.plan.simulations, &simulation) {
                self.notices.crossed.insert((sim, attempt, rule, place));
            }
        }
    }

    /// What must be known of an event before anything follows from it.
    pub(super) fn before_notices(&self, event: &Event) -> Before {
        let observed = match event {
            Event::Observed(look) => Some((look.sim, look.attempt)),
            _ => None,
        };
        Before { observed, is_disk_short: self.shortages.disk_phrase().is_some() }
    }

    /// Finds what there is to tell in what was decided, and tells what is due. `paused` says why the queue has paused itself just now.
    pub(super) fn notify(&mut self, before: &Before, paused: Option<String>, now: Moment, effects: &mut Vec<Effect>) {
        if self.notices.rules.is_empty() {
            return;
        }
        for effect in effects.iter() {
            match effect {
                Effect::Announce { sim, .. } => self.hear_of_end(*sim, now),
                Effect::RecordStop { sim, attempt, reason } => self.hear_of_stop(*sim, *attempt, *reason, now),
                Effect::Launch { sim, attempt } => {
                    self.notices.owes_done = true;
                    self.notices.lived.insert(*sim, *attempt);
                }
                _ => {}
            }
        }
        if let Some((sim, attempt)) = before.observed {
            self.hear_of_stats(sim, attempt, now);
        }
        if let Some(phrase) = self.shortages.disk_phrase().filter(|_| !before.is_disk_short) {
            self.hear_of_all(Kind::Disk, &phrase, now);
        }
        if let Some(paused) = paused {
            self.hear_of_all(Kind::Failed, &shown(&paused), now);
        }
        let is_done = self.notices.owes_done && self.is_done();
        self.tell(is_done || self.ended, now, effects);
        if is_done {
            self.notices.owes_done = false;
            let notice = Notice::done(&self.plan.name, self.tally.own_counts());
            let rules = (0..).zip(&self.notices.rules).filter(|(_, rule)| rule.on.contains(&Occasion::Done));
            effects.extend(rules.map(|(rule, _)| Effect::Notify { rule, notice: Box::new(notice.clone()) }));
        }
        self.record_notices(effects);
    }

    /// A simulation has another status. It may be an end.
    fn hear_of_end(&mut self, sim: u32, now: Moment) {
        let Life::Ended(outcome) = &self.sims[sim as usize].life else { return };
        if !outcome.kind.is_failure() {
            return;
        }
        let attempt = self.attempt_in_sight(sim);
        let is_told = self.notices.stopped.get(&sim) == Some(&attempt);
        let subject = Subject::ended(&self.plan.simulations[sim as usize].name, attempt, outcome);
        let own = match outcome.kind {
            OutcomeKind::Stalled => Some((Occasion::Stalled, Kind::Stalled)),
            OutcomeKind::Disk => Some((Occasion::Disk, Kind::Disk)),
            _ => None,
        };
        for (rule, on) in (0..).zip(self.occasions()) {
            match &own {
                Some((occasion, _)) if is_told && on.contains(occasion) => {}
                Some((occasion, kind)) if on.contains(occasion) => self.notices.add(rule, *kind, subject.clone(), now),
                _ if on.contains(&Occasion::Failed) => self.notices.add(rule, Kind::Failed, subject.clone(), now),
                _ => {}
            }
        }
    }

    /// A simulation is asked to end, which takes a while.
    fn hear_of_stop(&mut self, sim: u32, attempt: u32, reason: StopReason, now: Moment) {
        let (occasion, kind, phrase) = match reason {
            StopReason::Stalled { limit_ms } => {
                let phrase = format!("it has done nothing for {}", human::limit(limit_ms));
                (Occasion::Stalled, Kind::Stalled, phrase)
            }
            StopReason::Output { bytes, limit } => {
                let phrase = format!("it wrote {}, and its limit is {}", human::bytes(bytes), human::bytes(limit));
                (Occasion::Disk, Kind::Disk, phrase)
            }
            StopReason::DiskFull { free, .. } => {
                (Occasion::Disk, Kind::Disk, format!("the disk has {} left, and it writes most", human::bytes(free)))
            }
            _ => return,
        };
        self.notices.stopped.insert(sim, attempt);
        let subject = Subject::of(&self.plan.simulations[sim as usize].name, attempt, phrase);
        for (rule, on) in (0..).zip(self.occasions()) {
            if on.contains(&occasion) {
                self.notices.add(rule, kind, subject.clone(), now);
            }
        }
    }

    /// Somebody has looked at the stats of an attempt.
    fn hear_of_stats(&mut self, sim: u32, attempt: u32, now: Moment) {
        if matches!(self.sims[sim as usize].life, Life::Live(_)) && self.number(sim) == attempt {
            self.notices.lived.insert(sim, attempt);
        }
        if self.notices.lived.get(&sim) != Some(&attempt) || self.attempt_in_sight(sim) != attempt {
            return;
        }
        for (rule, on) in (0..).zip(self.occasions()) {
            for (place, occasion) in (0..).zip(on) {
                let Occasion::Stat(threshold) = occasion else { continue };
                let column = self.tally.watch().iter().position(|glob| *glob == threshold.stat);
                let value = column.and_then(|column| *self.sims[sim as usize].newest.values.get(column)?);
                let Some(value) = value.filter(|value| threshold.is_crossed_by(*value)) else { continue };
                if self.notices.crossed.insert((sim, attempt, rule, place)) {
                    let name = &self.plan.simulations[sim as usize].name;
                    let subject = Subject { value: value.to_string(), ..Subject::of(name, attempt, String::new()) };
                    self.notices.add(rule, Kind::Stat(place), subject, now);
                }
            }
        }
    }

    /// Something that is about all of them is told at once, with what waits of its kind.
    fn hear_of_all(&mut self, kind: Kind, phrase: &str, now: Moment) {
        let occasion = if kind == Kind::Disk { Occasion::Disk } else { Occasion::Failed };
        for (rule, on) in (0..).zip(self.occasions()) {
            if on.contains(&occasion) {
                self.notices.waiting.entry((rule, kind)).or_default().note(phrase.to_owned());
                self.notices.due.insert((rule, kind), now.boot_ms);
            }
        }
    }

    fn occasions(&self) -> Vec<Vec<Occasion>> {
        self.notices.rules.iter().map(|rule| rule.on.clone()).collect()
    }

    /// Whether everything has ended, and nothing is left for another engine or for a person to let go.
    fn is_done(&self) -> bool {
        !self.has_work() && !self.tally.is_any_live() && self.tally.later() == 0 && self.tally.held() == 0
    }

    /// Tells what is due, or all of it.
    fn tell(&mut self, all: bool, now: Moment, effects: &mut Vec<Effect>) {
        let Notices { waiting, due, rules, .. } = &mut self.notices;
        let is_due = |which: &(u32, Kind)| all || due.get(which).is_none_or(|at| *at <= now.boot_ms);
        let told: Vec<((u32, Kind), Gathered)> = waiting.extract_if(.., |which, _| is_due(which)).collect();
        for ((rule, kind), gathered) in told {
            due.insert((rule, kind), now.boot_ms + APART_MS);
            let threshold = match kind {
                Kind::Stat(place) => match rules[rule as usize].on.get(place as usize) {
                    Some(Occasion::Stat(threshold)) => Some(threshold),
                    _ => None,
                },
                _ => None,
            };
            let happened = match kind {
                Kind::Failed => Happened::Failed,
                Kind::Stalled => Happened::Stalled,
                Kind::Disk => Happened::Disk,
                Kind::Stat(_) => Happened::Stat,
            };
            let notice = Notice::of(happened, &self.plan.name, threshold, gathered, self.tally.own_counts());
            effects.push(Effect::Notify { rule, notice: Box::new(notice) });
        }
    }

    /// When something is to be told next, on the boot clock.
    pub(super) fn next_notice_ms(&self) -> Option<u64> {
        let waiting = self.notices.waiting.keys();
        waiting.map(|which| self.notices.due.get(which).copied().unwrap_or_default()).min()
    }

    /// Has written down what the next engine must know.
    fn record_notices(&mut self, effects: &mut Vec<Effect>) {
        let owes_done = self.notices.owes_done && self.notices.wants(&Occasion::Done);
        let lives = |sim: u32, attempt: u32| {
            matches!(self.sims[sim as usize].life, Life::Live(_)) && self.number(sim) == attempt
        };
        let stats = self.notices.crossed.iter().filter(|(sim, attempt, ..)| lives(*sim, *attempt));
        let told = |&(sim, attempt, rule, place): &(u32, u32, u32, u32)| ToldStat {
            simulation: self.plan.simulations[sim as usize].name.clone(),
            attempt,
            rule,
            place,
        };
        let record = NoticesRecord { format: FORMAT, owes_done, stats: stats.map(told).collect() };
        if record.owes_done != self.notices.recorded.owes_done || record.stats != self.notices.recorded.stats {
            self.notices.recorded = record.clone();
            effects.push(Effect::RecordNotices(record));
        }
    }

    /// Hears whether the last notice of a rule has arrived.
    pub(super) fn notice_sent(&mut self, rule: u32, failed: Option<String>) {
        let before = match failed {
            Some(why) => self.notices.complaints.insert(rule, why.clone()) == Some(why),
            None => self.notices.complaints.remove(&rule).is_none(),
        };
        self.header_changed |= !before;
    }

    /// What could not be told.
    pub(super) fn notice_complaints(&self) -> impl Iterator<Item = String> {
        self.notices.complaints.values().cloned()
    }
}
