//! Simulations by their names.
//!
//! The names stand in the plan and nowhere else: a hundred thousand of them are not kept twice.

use std::hash::{BuildHasher as _, RandomState};

use hashbrown::HashTable;

use crate::experiment::Simulation;

/// Where in the plan the simulation of each name is.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    places: HashTable<u32>,
    hasher: RandomState,
}

impl Names {
    /// Adds the simulations of the plan from `first` on. A name that was there means the later one.
    pub(super) fn add(&mut self, simulations: &[Simulation], first: u32) {
        let hash = |sim: u32| self.hasher.hash_one(&*simulations[sim as usize].name);
        let last = simulations.len() as u32;
        self.places.reserve((last - first) as usize, |sim| hash(*sim));
        for sim in first..last {
            let name = &simulations[sim as usize].name;
            let is_it = |other: &u32| simulations[*other as usize].name == *name;
            *self.places.entry(hash(sim), is_it, |sim| hash(*sim)).or_insert(sim).get_mut() = sim;
        }
    }

    /// The simulation of a name.
    pub(super) fn find(&self, simulations: &[Simulation], name: &str) -> Option<u32> {
        self.places.find(self.hasher.hash_one(name), |sim| simulations[*sim as usize].name == name).copied()
    }
}
