//! Parts of an experiment that engines of several hosts or batch jobs work on at once: `2/4` is the second of four.
//!
//! Which one a simulation is in, its name alone decides, so that all engines come to the same whatever was edited in between:
//! not its place in the file, and not what needs what. What a suite spawns is where the suite is, whose engine talks to its
//! script.
//!
//! The awkward truth: so the parts of a small experiment are of unequal size, and what needs a simulation of another part waits
//! for another engine.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::experiment::Simulation;

/// More parts than anybody has jobs at once: each engine looks at the leases of all others.
const MOST: u32 = 10_000;

/// One of several parts of an experiment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Shard {
    number: u32,
    of: u32,
}

impl Shard {
    /// Which one, counted from one.
    pub fn number(self) -> u32 {
        self.number
    }

    /// How many there are.
    pub fn of(self) -> u32 {
        self.of
    }

    /// The one of as many that this simulation is in.
    #[must_use]
    pub fn of_simulation(self, simulation: &Simulation) -> Self {
        let name = simulation.spawned.as_ref().map_or(&simulation.name, |spawned| &spawned.suite);
        self.of_name(name)
    }

    /// Whether this simulation is in it.
    pub fn has(self, simulation: &Simulation) -> bool {
        self.of_simulation(simulation) == self
    }

    /// The same of one that no suite has spawned, by its name.
    #[must_use]
    pub fn of_name(self, name: &str) -> Self {
        let digest = Sha256::digest(name.as_bytes());
        let first: [u8; 8] = std::array::from_fn(|at| digest[at]);
        Self { number: (u64::from_be_bytes(first) % u64::from(self.of)) as u32 + 1, of: self.of }
    }

    /// What stands in the names of its files: `2-of-4`.
    pub(super) fn in_file_names(self) -> String {
        format!("{}-of-{}", self.number, self.of)
    }

    /// The one whose file has this name, if it is the name of such a file.
    pub(super) fn of_file(name: &str, stem: &str, extension: &str) -> Option<Self> {
        let middle = name.strip_prefix(stem)?.strip_prefix('-')?.strip_suffix(extension)?.strip_suffix('.')?;
        let (number, of) = middle.split_once("-of-")?;
        let shard: Self = format!("{number}/{of}").parse().ok()?;
        (shard.in_file_names() == middle).then_some(shard)
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

/// A part that is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a shard is written like `2/4`, the second of four, from 1/N to N/N")]
pub struct NoShard;

impl FromStr for Shard {
    type Err = NoShard;

    fn from_str(text: &str) -> Result<Self, NoShard> {
        let (number, of) = text.trim().split_once('/').ok_or(NoShard)?;
        let whole = |text: &str| text.parse::<u32>().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()));
        let (number, of) = (whole(number).ok_or(NoShard)?, whole(of).ok_or(NoShard)?);
        if (1..=of).contains(&number) && of <= MOST { Ok(Self { number, of }) } else { Err(NoShard) }
    }
}

impl TryFrom<String> for Shard {
    type Error = NoShard;

    fn try_from(text: String) -> Result<Self, NoShard> {
        text.parse()
    }
}

impl From<Shard> for String {
    fn from(shard: Shard) -> Self {
        shard.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_in_exactly_one_and_stays_there() {
        let of = |text: &str| text.parse::<Shard>().unwrap();
        let (first, third) = (of("1/3"), of("3/3"));
        let mut sizes = [0; 3];
        for at in 0..3000 {
            let name = format!("l2={at}KiB");
            assert_eq!(first.of_name(&name), third.of_name(&name));
            sizes[first.of_name(&name).number() as usize - 1] += 1;
        }
        assert!(sizes.iter().all(|size| (900..1100).contains(size)), "{sizes:?}");
        // What ran in one release must not run in another part in the next one.
        assert_eq!(["a", "b", "c", "d"].map(|name| first.of_name(name).number()), [2, 2, 3, 3]);
    }

    #[test]
    fn a_shard_is_a_number_of_a_number() {
        for text in ["1/1", "2/4", "4/4", "10000/10000"] {
            let shard: Shard = text.parse().unwrap();
            assert_eq!(shard.to_string(), text);
            let file = format!("engine-{}.lock", shard.in_file_names());
            assert_eq!(Shard::of_file(&file, "engine", "lock"), Some(shard));
        }
        for text in ["", "0/4", "5/4", "1/0", "1", "1/", "/4", "+1/4", "-1/4", "1/4/4", "a/b", "1/10001"] {
            assert!(text.parse::<Shard>().is_err(), "{text:?}");
        }
        for name in ["engine.lock", "engine-2.lock", "engine-02-of-4.lock", "engine-5-of-4.lock", "engine-2-of-4.log"] {
            assert_eq!(Shard::of_file(name, "engine", "lock"), None, "{name}");
        }
    }
}
