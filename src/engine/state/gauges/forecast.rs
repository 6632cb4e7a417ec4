//! What simulations that have ended ok tell about those that have not: how long, and how much memory. Pure.
//!
//! The points of a sweep differ in a few parameters, so the best guess for one that waits is what its nearest neighbours
//! needed: those that differ from it in one parameter only, else those of the same entry of the file, else all.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use crate::experiment::{Run, Simulation};
use crate::protocol::Eta;

/// What one or more ended simulations needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Needed {
    count: u64,
    shortest_ms: u64,
    longest_ms: u64,
    rss: u64,
}

/// What is known of those that ended ok.
#[derive(Debug, Clone, Default)]
pub struct Forecast {
    /// The neighbourhoods that the simulations of the plan belong to, nearest first, those of one behind those of the one before.
    places: Vec<u64>,
    /// For each simulation where its own end.
    ends: Vec<u32>,
    seen: HashMap<u64, Needed>,
}

impl Forecast {
    /// Nothing is known yet of the simulations of this plan.
    pub fn new(simulations: &[Simulation]) -> Self {
        let mut forecast = Self::default();
        forecast.add(simulations);
        forecast
    }

    /// More simulations come to the plan.
    pub fn add(&mut self, simulations: &[Simulation]) {
        self.ends.reserve(simulations.len());
        for simulation in simulations {
            self.places.extend(neighbourhoods(simulation));
            self.ends.push(self.places.len() as u32);
        }
    }

    fn places(&self, sim: u32) -> &[u64] {
        let end = |sim: usize| self.ends[sim] as usize;
        let start = (sim as usize).checked_sub(1).map_or(0, end);
        &self.places[start..end(sim as usize)]
    }

    /// Takes one that ended ok after so much run time, with so much resident memory at most.
    pub fn learn(&mut self, sim: u32, ran_ms: u64, rss: u64) {
        for place in self.places(sim).to_vec() {
            let one = Needed { count: 1, shortest_ms: ran_ms, longest_ms: ran_ms, rss };
            let merge = |known: &mut Needed| {
                known.count += 1;
                known.shortest_ms = known.shortest_ms.min(ran_ms);
                known.longest_ms = known.longest_ms.max(ran_ms);
                known.rss = known.rss.max(rss);
            };
            self.seen.entry(place).and_modify(merge).or_insert(one);
        }
    }

    /// Run time of a simulation as its neighbours tell it. One alone tells little, so the range around it is wide.
    pub fn run_time(&self, sim: u32) -> Option<Eta> {
        let Needed { count, shortest_ms, longest_ms, .. } = self.nearest(sim)?;
        Some(Eta { low_ms: shortest_ms - shortest_ms / (2 * count), high_ms: longest_ms + longest_ms / count })
    }

    /// The most memory that the neighbours needed, in bytes.
    pub fn memory(&self, sim: u32) -> Option<u64> {
        self.nearest(sim).map(|needed| needed.rss).filter(|&rss| rss > 0)
    }

    /// What the nearest neighbours needed, all of those that differ in one parameter taken together.
    fn nearest(&self, sim: u32) -> Option<Needed> {
        let (near, far) = self.places(sim).split_last_chunk::<2>()?;
        let join = |one: Needed, other: &Needed| Needed {
            count: one.count + other.count,
            shortest_ms: one.shortest_ms.min(other.shortest_ms),
            longest_ms: one.longest_ms.max(other.longest_ms),
            rss: one.rss.max(other.rss),
        };
        let mut neighbours = near.iter().filter_map(|place| self.seen.get(place));
        match neighbours.next() {
            Some(first) => Some(neighbours.fold(*first, join)),
            None => far.iter().find_map(|place| self.seen.get(place)).copied(),
        }
    }
}

/// One neighbourhood for each parameter: those that agree in all others. Then the entry, then the whole plan.
fn neighbourhoods(simulation: &Simulation) -> Vec<u64> {
    let parameters = &simulation.parameters;
    let names: Vec<&str> = parameters.iter().map(|parameter| parameter.name.as_str()).collect();
    let without = |left_out: usize| {
        let others = parameters.iter().enumerate().filter(move |(at, _)| *at != left_out);
        hash(&(&names, left_out, others.map(|(_, parameter)| &parameter.value).collect::<Vec<_>>()))
    };
    // A step says nothing of a simulation, and one of another program nothing of it.
    let step = match &simulation.run {
        Run::Gem5(_) => None,
        Run::Step { step } => Some(&step.program),
    };
    let of_all = [hash(&names), hash(&"all")];
    (0..parameters.len())
        .map(without)
        .chain(of_all)
        .map(|place| step.map_or(place, |step| hash(&(step, place))))
        .collect()
}

fn hash(key: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish()
}

/// The time until all of `rests` have passed with at most `cap` at once. The first `running` of them run already.
pub fn makespan(rests: &[Eta], running: usize, cap: u32) -> Option<Eta> {
    let places = (cap.max(1) as usize).max(running);
    let end = |choose: fn(&Eta) -> u64| {
        let mut free: std::collections::BinaryHeap<_> =
            std::iter::repeat_n(std::cmp::Reverse(0_u64), places.min(rests.len())).collect();
        let mut last = 0;
        for rest in rests {
            let std::cmp::Reverse(at) = free.pop()?;
            let at = at.saturating_add(choose(rest));
            last = last.max(at);
            free.push(std::cmp::Reverse(at));
        }
        Some(last)
    };
    (!rests.is_empty()).then_some(())?;
    Some(Eta { low_ms: end(|eta| eta.low_ms)?, high_ms: end(|eta| eta.high_ms)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn eta(low_ms: u64, high_ms: u64) -> Eta {
        Eta { low_ms, high_ms }
    }

    #[test]
    fn places_are_filled_in_order_and_the_last_end_counts() {
        let rests = [eta(10, 20), eta(30, 40), eta(10, 10), eta(10, 10)];
        assert_eq!(makespan(&rests, 2, 2), Some(eta(30, 40)));
        assert_eq!(makespan(&rests, 2, 1), Some(eta(30, 40)), "what runs beyond the cap goes on beside it");
        assert_eq!(makespan(&rests, 0, 1), Some(eta(60, 80)));
        assert_eq!(makespan(&[], 0, 3), None);
        assert_eq!(makespan(&[eta(5, u64::MAX), eta(5, u64::MAX)], 0, 1), Some(eta(10, u64::MAX)));
    }
}
