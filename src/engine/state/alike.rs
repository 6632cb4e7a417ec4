//! When the first simulations of a program all fail for one reason, the next thousand would, too: the queue is paused, and a person is
//! told.
//!
//! What counts is how simulations stand now, and not what has happened. So the next engine comes to the same; and the queue opens again
//! by itself when one ends ok after all, or when a person has those that failed run again. Only that a person goes on in spite of them is
//! written down.
//!
//! The awkward truth: what a suite spawns does not count. Its script hears of each failure, and may have looked for it.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::State;
use super::sim::{Life, Sim, Waiting};
use crate::experiment::{Program, RowKind, Run, Simulation};
use crate::gem5::{OutcomeKind, signature};
use crate::protocol::failures::cause_of;
use crate::protocol::{Alike, QueueState};

/// How simulations stand, by what they run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Failures {
    /// The program of each simulation, and how it counts there.
    sims: Vec<(u32, Standing)>,
    numbers: HashMap<String, u32>,
    programs: Vec<Standings>,
    /// Programs of which something has changed since they were looked at.
    unseen: BTreeSet<u32>,
    /// Reasons in spite of which a person goes on.
    overruled: BTreeSet<String>,
    /// What the queue is paused for.
    paused: Option<Paused>,
}

/// How the simulations of one program stand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Standings {
    /// How many would still be launched.
    left: u32,
    ok: u32,
    failed: HashMap<Arc<str>, u32>,
}

/// How a simulation stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
enum Standing {
    /// It tells nothing of its program.
    #[default]
    Mute,
    /// It would still be launched.
    Left,
    /// It is ok, and would be made so again.
    Ok,
    /// It has failed for this reason.
    Failed(Arc<str>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Paused {
    program: u32,
    signature: Arc<str>,
    told: Alike,
}

impl Failures {
    pub(super) fn new(overruled: impl IntoIterator<Item = String>) -> Self {
        Self { overruled: overruled.into_iter().collect(), ..Self::default() }
    }

    /// The reasons in spite of which a person goes on.
    pub(super) fn overruled(&self) -> Vec<String> {
        self.overruled.iter().cloned().collect()
    }

    /// Makes place for one more simulation, which counts as nothing yet.
    pub(super) fn add(&mut self, simulation: &Simulation) {
        let next = self.programs.len() as u32;
        let number = *self.numbers.entry(program(&simulation.run)).or_insert(next);
        if number == next {
            self.programs.push(Standings::default());
        }
        self.sims.push((number, Standing::Mute));
    }

    /// Counts a simulation as what it is now.
    pub(super) fn count(&mut self, sim: u32, entry: &Sim, simulation: &Simulation) {
        let (number, known) = &mut self.sims[sim as usize];
        let program = &mut self.programs[*number as usize];
        let new = standing(entry, simulation, known);
        if *known == new {
            return;
        }
        let old = std::mem::replace(known, new.clone());
        match &old {
            Standing::Mute => {}
            Standing::Left => program.left -= 1,
            Standing::Ok => program.ok -= 1,
            Standing::Failed(why) => {
                if let Some(count) = program.failed.get_mut(why) {
                    *count -= 1;
                    if *count == 0 {
                        program.failed.remove(why);
                    }
                }
            }
        }
        match new {
            Standing::Mute => {}
            Standing::Left => program.left += 1,
            Standing::Ok => program.ok += 1,
            Standing::Failed(why) => *program.failed.entry(why).or_default() += 1,
        }
        self.unseen.insert(*number);
    }

    /// The reason for which so many of this program have failed, and none is ok, while some would still be launched.
    fn reason(&self, program: u32, limit: u32) -> Option<Arc<str>> {
        let standings = &self.programs[program as usize];
        if limit == 0 || standings.ok > 0 || standings.left == 0 {
            return None;
        }
        let alike =
            standings.failed.iter().filter(|(why, count)| **count >= limit && !self.overruled.contains(&***why));
        alike.max_by_key(|(_, count)| **count).map(|(why, _)| Arc::clone(why))
    }

    /// The simulations of this program that have failed for this reason.
    fn members(&self, program: u32, why: &Arc<str>) -> impl Iterator<Item = u32> {
        let is_one = move |(number, standing): &(u32, Standing)| {
            *number == program && matches!(standing, Standing::Failed(known) if known == why)
        };
        (0..).zip(&self.sims).filter(move |(_, one)| is_one(one)).map(|(sim, _)| sim)
    }
}

impl State {
    /// Pauses the queue when there is a reason to, and opens it when that is gone.
    pub(super) fn heed_failures(&mut self) {
        let limit = self.plan.stop_after.alike;
        let unseen = std::mem::take(&mut self.failures.unseen);
        if let Some(mut paused) = self.failures.paused.take_if(|_| !unseen.is_empty()) {
            let is_still = self.failures.reason(paused.program, limit).is_some_and(|why| why == paused.signature);
            if is_still && self.is_held() {
                // What ran beside them may have failed, too.
                let count = self.failures.programs[paused.program as usize].failed.get(&paused.signature);
                paused.told.count = count.copied().unwrap_or(paused.told.count);
                self.header_changed = true;
                self.failures.paused = Some(paused);
            } else {
                self.header_changed = true;
                self.unsettled = true;
                if self.is_held() && !self.is_paused_by_jobs() {
                    (self.queue, self.held) = (QueueState::Open, false);
                }
            }
        }
        if self.queue != QueueState::Open {
            // Whoever opens the queue finds what there is by then.
            self.failures.unseen.extend(unseen);
            return;
        }
        let mut reasons =
            unseen.into_iter().filter_map(|program| Some((program, self.failures.reason(program, limit)?)));
        let Some((program, signature)) = reasons.next() else { return };
        let told = self.told_of(program, &signature);
        self.failures.unseen.insert(program);
        self.failures.paused = Some(Paused { program, signature, told });
        // Not written down: the next engine finds the same.
        self.hold();
        self.header_changed = true;
        self.unsettled = true;
    }

    fn is_held(&self) -> bool {
        self.queue == QueueState::Paused && self.held
    }

    /// A person opens the queue in spite of what it is paused for.
    pub(super) fn overrule_failures(&mut self) {
        if let Some(paused) = self.failures.paused.take() {
            self.failures.overruled.insert(paused.signature.to_string());
        }
    }

    /// What of a program has failed alike.
    fn told_of(&self, program: u32, why: &Arc<str>) -> Alike {
        let members: Vec<u32> = self.failures.members(program, why).collect();
        let first = members.first().copied().unwrap_or_default();
        let cause = match &self.sim(first).life {
            Life::Ended(outcome) => format!("{}: {}", outcome.kind.word(), cause_of(outcome, members.len())),
            _ => String::new(),
        };
        let program = label(&self.plan.simulations[first as usize].run);
        Alike { count: members.len() as u32, program, cause, first: self.plan.simulations[first as usize].name.clone() }
    }

    /// What the queue is paused for, if what has failed is it.
    pub fn paused_by_failures(&self) -> Option<&Alike> {
        self.failures.paused.as_ref().filter(|_| self.is_held()).map(|paused| &paused.told)
    }
}

/// How a simulation stands, which has stood so.
fn standing(entry: &Sim, simulation: &Simulation, known: &Standing) -> Standing {
    let is_asked_for = simulation.spawned.is_some() || simulation.run.kind() == RowKind::Suite;
    if is_asked_for || simulation.gone || entry.other.is_some() {
        return Standing::Mute;
    }
    match &entry.life {
        Life::Waiting(Waiting::NeedFailed(_)) => Standing::Mute,
        Life::Waiting(_) | Life::Backoff { .. } => Standing::Left,
        Life::Ended(outcome) if outcome.kind.is_ok() && entry.newest.changed.is_empty() => Standing::Ok,
        Life::Ended(outcome) if is_fault(outcome.kind, simulation) => {
            let why = signature(outcome);
            match known {
                Standing::Failed(known) if **known == *why => Standing::Failed(Arc::clone(known)),
                _ => Standing::Failed(why.into()),
            }
        }
        Life::Launching { .. } | Life::Submitted { .. } | Life::Live(_) | Life::Ended(_) => Standing::Mute,
    }
}

/// Whether an end says that what comes next would end so, too. A cancel was asked for, what is lost may have been fine, and what is said of
/// jobs that a batch system does not take is said there.
fn is_fault(kind: OutcomeKind, simulation: &Simulation) -> bool {
    match kind {
        OutcomeKind::Cancelled | OutcomeKind::Interrupted | OutcomeKind::Lost => false,
        OutcomeKind::NotStarted => simulation.executor.system().is_none(),
        kind => !kind.is_ok(),
    }
}

/// What tells programs apart.
fn program(run: &Run) -> String {
    match (run.program(), run) {
        (Some(Program::Function(call)), _) => format!("{}:{}", call.module, call.function),
        (Some(program), _) => program.script().map_or_else(String::new, |path| path.to_string_lossy().into_owned()),
        (None, run) => run.executable().to_string_lossy().into_owned(),
    }
}

/// The same for people.
fn label(run: &Run) -> String {
    let program = program(run);
    program.rsplit('/').next().unwrap_or_default().to_owned()
}
