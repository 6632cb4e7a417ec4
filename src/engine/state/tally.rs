//! How many simulations are in which state, and which ones anything can happen to: kept, so that an event among ten thousand
//! simulations costs what it touches.
//!
//! The awkward truth: it is true again only when whatever changed has been counted, so the state counts what was touched
//! before it decides from here.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

use super::schedule::{PoolOf, Pools, pools};
use super::sim::{Life, Sim, Turn, Waiting};
use crate::experiment::{RowKind, Simulation};
use crate::protocol::{Counted, Counts, Status, Wait};

/// The counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tally {
    entries: Vec<Entry>,
    counts: Counts,
    /// Those of our own shard.
    own: Counts,
    /// Those that wait, in the order in which they are looked at.
    waiting: BTreeSet<Place>,
    /// Those of them that the cap alone holds back, in the same order, and the others.
    capped: BTreeSet<Place>,
    uncapped: BTreeSet<Place>,
    /// Those to which something happens by itself: in a backoff, being launched, submitted or running.
    active: BTreeSet<u32>,
    live: u32,
    /// Those of them that are jobs of a batch system.
    jobs: u32,
    places: u32,
    /// Places that jobs have.
    job_places: u32,
    pools: HashMap<PoolOf, u32>,
    /// Waiting ones that a person holds back, and those that need them.
    held: u32,
    /// Waiting ones that will never start by themselves.
    stuck: u32,
    /// Waiting ones for which there is no time any more.
    later: u32,
    /// Waiting ones that wait for launches to work again.
    troubled: u32,
    stand_ins: u32,
    watch: Vec<String>,
}

/// Where one stands that waits: those first that a person has put first, then the highest priority, and within one the order of the plan.
type Place = (Reverse<u32>, Reverse<i32>, u32);

/// Whether a place is taken, and which pools have a part of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Room {
    #[default]
    None,
    Taken(Pools),
}

/// What one simulation counts as.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is one count that it is part of")]
struct Entry {
    own: bool,
    word: &'static str,
    counted: Option<Counted>,
    waiting: bool,
    capped: bool,
    active: bool,
    live: bool,
    job: bool,
    room: Room,
    place: Place,
    held: bool,
    stuck: bool,
    later: bool,
    troubled: bool,
}

fn keep<T: Ord>(set: &mut BTreeSet<T>, item: T, is_in: bool) {
    if is_in {
        set.insert(item)
    } else {
        set.remove(&item)
    };
}

/// Whether one waits for the cap, and no event but those about places changes that.
fn is_capped_alone(entry: &Sim, simulation: &Simulation, suite: Option<u32>) -> bool {
    let is_capped = entry.life == Life::Waiting(Waiting::Place(Wait::Cap));
    is_capped && simulation.needs.is_empty() && suite.is_none() && simulation.executor.system().is_none()
}

impl Tally {
    /// Makes place for one more simulation, of our own shard or of another, which counts as nothing yet.
    pub(super) fn add(&mut self, simulation: &Simulation, own: bool) {
        self.entries.push(Entry { own, ..Entry::default() });
        self.counts.total += 1;
        self.own.total += u32::from(own);
        self.stand_ins += u32::from(super::view::is_stand_in(simulation));
        // What a suite spawns later is shown in columns that are there from the beginning.
        let spawned = simulation.suite().map(|suite| suite.spawned.watch.iter());
        for glob in simulation.watch.iter().chain(spawned.into_iter().flatten()) {
            if !self.watch.contains(glob) {
                self.watch.push(glob.clone());
            }
        }
    }

    /// Counts a simulation, which a suite may have spawned, as what it is now.
    pub(super) fn count(
        &mut self,
        sim: u32,
        entry: &Sim,
        (simulation, suite): (&Simulation, Option<u32>),
        status: &Status,
    ) {
        // Of what another engine has only the state is told: nothing happens to it here.
        let own = entry.other.is_none();
        let takes_place = own && entry.takes_place() && simulation.run.kind() != RowKind::Suite;
        let room = if takes_place { Room::Taken(pools(simulation, suite)) } else { Room::None };
        let first = match entry.turn {
            Turn::First(rank) => rank,
            Turn::InOrder | Turn::Held => 0,
        };
        let new = Entry {
            own,
            word: self.entries[sim as usize].word,
            counted: Some(status.counted()),
            waiting: own && matches!(entry.life, Life::Waiting(_)),
            capped: own && is_capped_alone(entry, simulation, suite),
            active: own && (entry.is_live() || matches!(entry.life, Life::Backoff { .. })),
            live: own && entry.is_live(),
            job: own && entry.is_live() && simulation.executor.system().is_some(),
            room,
            place: (Reverse(first), Reverse(simulation.priority), sim),
            held: own && matches!(entry.life, Life::Waiting(Waiting::NeedsHeld(_) | Waiting::Place(Wait::Held))),
            stuck: own && matches!(entry.life, Life::Waiting(Waiting::NeedFailed(_))),
            later: own
                && matches!(entry.life, Life::Waiting(Waiting::NeedsLater(_) | Waiting::Place(Wait::Time { .. }))),
            troubled: entry.life == Life::Waiting(Waiting::Place(Wait::Trouble)),
        };
        if self.entries[sim as usize] == new {
            return;
        }
        let old = std::mem::replace(&mut self.entries[sim as usize], new.clone());
        self.weigh(&old, false);
        self.weigh(&new, true);
        // What was nothing before has the place of nobody, which may be somebody's.
        if old.waiting {
            for set in [&mut self.waiting, &mut self.capped, &mut self.uncapped] {
                set.remove(&old.place);
            }
        }
        keep(&mut self.waiting, new.place, new.waiting);
        keep(&mut self.capped, new.place, new.capped);
        keep(&mut self.uncapped, new.place, new.waiting && !new.capped);
        keep(&mut self.active, sim, new.active);
    }

    fn weigh(&mut self, entry: &Entry, more: bool) {
        let change = |count: &mut u32, by: bool| match (by, more) {
            (false, _) => {}
            (true, true) => *count += 1,
            (true, false) => *count -= 1,
        };
        if let Some(counted) = entry.counted {
            self.counts.change(counted, more);
            if entry.own {
                self.own.change(counted, more);
            }
        }
        change(&mut self.live, entry.live);
        change(&mut self.jobs, entry.job);
        change(&mut self.places, entry.room != Room::None);
        change(&mut self.job_places, entry.job && entry.room != Room::None);
        change(&mut self.held, entry.held);
        change(&mut self.stuck, entry.stuck);
        change(&mut self.later, entry.later);
        change(&mut self.troubled, entry.troubled);
        if let Room::Taken(pools) = entry.room {
            pools.into_iter().flatten().for_each(|(pool, _)| change(self.pools.entry(pool).or_default(), true));
        }
    }

    /// Takes the status word of a simulation. Says which one it was before.
    pub(super) fn replace_word(&mut self, sim: u32, word: &'static str) -> &'static str {
        std::mem::replace(&mut self.entries[sim as usize].word, word)
    }

    /// Takes how many groups of simulations are not known yet.
    pub(super) fn set_awaiting(&mut self, awaiting: u32) {
        self.counts.awaiting = awaiting;
        self.own.awaiting = awaiting;
    }

    /// The counts of our own shard.
    pub(super) fn own_counts(&self) -> Counts {
        self.own
    }

    pub(super) fn counts(&self) -> Counts {
        self.counts
    }

    pub(super) fn waiting(&self) -> impl Iterator<Item = u32> {
        self.waiting.iter().map(|(.., sim)| *sim)
    }

    /// Those that wait, but of those that the cap alone holds back only the first `capped`.
    pub(super) fn waiting_but(&self, capped: usize) -> Vec<u32> {
        let mut some: Vec<_> = self.uncapped.iter().chain(self.capped.iter().take(capped)).collect();
        some.sort_unstable();
        some.into_iter().map(|(.., sim)| *sim).collect()
    }

    /// Whether the cap alone holds this one back, as far as it was counted.
    pub(super) fn is_capped(&self, sim: u32) -> bool {
        self.entries[sim as usize].capped
    }

    pub(super) fn active(&self) -> impl Iterator<Item = u32> {
        self.active.iter().copied()
    }

    /// Whether something runs or is about to, and all of it in jobs of a batch system.
    pub(super) fn are_only_jobs_live(&self) -> bool {
        self.live > 0 && self.live == self.jobs
    }

    /// Whether something runs or is about to.
    pub(super) fn is_any_live(&self) -> bool {
        self.live > 0
    }

    /// Whether something runs, or will by itself.
    pub(super) fn has_work(&self) -> bool {
        !self.active.is_empty() || self.waiting.len() as u32 > self.stuck + self.later + self.held
    }

    /// How many do not start in the time that there is.
    pub(super) fn later(&self) -> u32 {
        self.later
    }

    /// How many a person holds back, and how many need those.
    pub(super) fn held(&self) -> u32 {
        self.held
    }

    /// Whether something waits for launches to work again.
    pub(super) fn is_any_troubled(&self) -> bool {
        self.troubled > 0
    }

    /// Jobs that a batch system has.
    pub(super) fn jobs(&self) -> u32 {
        self.jobs
    }

    /// Places that are taken: in all, by jobs, and in each pool.
    pub(super) fn places(&self) -> (u32, u32, HashMap<PoolOf, u32>) {
        (self.places, self.job_places, self.pools.clone())
    }

    /// Whether any simulation runs on the stand-in.
    pub(super) fn has_stand_in(&self) -> bool {
        self.stand_ins > 0
    }

    /// The globs that any simulation watches, in the order of the plan.
    pub(super) fn watch(&self) -> &[String] {
        &self.watch
    }
}
