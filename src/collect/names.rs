//! Each stat once, however many simulations have it.

use std::collections::HashMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::metric::Unit;
use crate::report::Stat;

/// A stat by its name and the unit that gem5 writes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct Named(pub(super) String, pub(super) Option<String>);

/// The stats that were seen, by number.
#[derive(Debug, Default)]
pub(super) struct Names {
    numbers: HashMap<Named, u32>,
    all: Vec<(Named, Arc<Stat>)>,
}

impl Names {
    /// Its number.
    pub(super) fn number(&mut self, name: String, unit: Option<String>) -> u32 {
        let named = Named(name, unit);
        if let Some(number) = self.numbers.get(&named) {
            return *number;
        }
        let number = self.all.len() as u32;
        let stat = Stat { name: named.0.clone(), unit: Unit::parse(named.1.as_deref()) };
        self.all.push((named.clone(), Arc::new(stat)));
        self.numbers.insert(named, number);
        number
    }

    /// The stat of a number.
    pub(super) fn stat(&self, number: u32) -> Option<Arc<Stat>> {
        self.all.get(number as usize).map(|(_, stat)| Arc::clone(stat))
    }

    /// All of them, in the order of their numbers.
    pub(super) fn all(&self) -> impl Iterator<Item = &Named> {
        self.all.iter().map(|(named, _)| named)
    }
}
