//! Several dumps of a simulation that are added up, each of which counts other ticks.
//!
//! What counts something adds up, so that an expression is evaluated over sums: `simInsts / numCycles` becomes the quotient of both
//! sums, as it is of the whole. A quotient that gem5 has made does not: nobody knows what to weight it by. What is the same in every
//! dump, such as `simFreq`, stays what it is.
//!
//! The awkward truth: a unit does not tell all. `finalTick` is in ticks and is never reset, the memory of the host is in bytes and is
//! a level, and the mean of a distribution has the unit of what it is the mean of. These are known by name.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::mixed::Mixed;
use super::observation;
use super::point::{Dump, Stat};
use crate::metric::Unit;

/// They tell where the simulation stands, or what the host does: a sum of them is nothing.
const LEVELS: [&str; 4] = ["finalTick", "final_tick", "hostMemory", "host_mem_usage"];

/// What distributions tell of themselves that does not add up, in the unit of what does.
const MOMENTS: [&str; 5] = ["::mean", "::gmean", "::stdev", "::min_value", "::max_value"];

impl Dump {
    /// The sum of these dumps. One alone is itself.
    pub fn sum(parts: &[Self]) -> Self {
        if let [one] = parts {
            return one.clone();
        }
        let mut by_name: BTreeMap<&str, (&Arc<Stat>, Vec<f64>)> = BTreeMap::new();
        for (stat, value) in parts.iter().flat_map(|part| &part.stats) {
            by_name.entry(stat.name.as_str()).or_insert_with(|| (stat, Vec::new())).1.push(*value);
        }
        let mut mixed = Mixed { parts: parts.len() as u32, ..Mixed::default() };
        let stats = by_name.into_iter().map(|(name, (stat, values))| {
            let is_whole = values.len() == parts.len();
            let first = values.first().copied().unwrap_or_default();
            let why_not = why_not(stat);
            if let Some(why) = why_not {
                let is_constant = values.iter().all(|value| value.to_bits() == first.to_bits());
                if !(is_whole && is_constant) {
                    mixed.refused.insert(name.to_owned(), why);
                }
                return (Arc::clone(stat), first);
            }
            if !is_whole {
                mixed.partial.insert(name.to_owned(), values.len() as u32);
            }
            (Arc::clone(stat), values.iter().sum())
        });
        // It is none of the dumps of the file.
        let stats = stats.collect();
        Self { stats, which: observation::Dump::default(), mixed: Some(Box::new(mixed)) }
    }
}

impl Dump {
    /// All stats that have a value.
    pub fn values(&self) -> Vec<(String, f64)> {
        let is_known = |stat: &Stat| self.mixed.as_ref().is_none_or(|mixed| mixed.is_whole(&stat.name));
        let known = self.stats.iter().filter(|(stat, _)| is_known(stat));
        known.map(|(stat, value)| (stat.name.clone(), *value)).collect()
    }
}

/// Why a stat does not add up, as a clause; none if it does.
fn why_not(stat: &Stat) -> Option<String> {
    let Stat { name, unit } = stat;
    if LEVELS.contains(&name.as_str()) {
        return Some(format!(
            "`{name}` tells where it stands and is never reset, so that it does not add up: ask one dump for it"
        ));
    }
    if *unit == Unit::Unknown {
        return Some(format!(
            "`{name}` has no unit that is known, so that it may not add up: write it as a/b of what does"
        ));
    }
    if !unit.is_extensive() {
        return Some(format!("`{name}` is a `{unit}`, which does not add up: write it as a/b"));
    }
    let moment = MOMENTS.iter().any(|moment| name.ends_with(moment));
    moment.then(|| format!("`{name}` is that of one distribution, which does not add up: write it as a/b"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::{Missing, Reducer, Source as _};
    use crate::report::Point;
    use crate::report::tests::point;

    fn summed(parts: &[&[(&str, f64, &str)]]) -> Point {
        let dumps: Vec<Dump> = parts.iter().map(|stats| point("", stats).dump.unwrap()).collect();
        Point { dump: Ok(Dump::sum(&dumps)), ..point("", &[]) }
    }

    fn value(point: &Point, name: &str) -> Result<f64, String> {
        point.stat(name, None).map(|value| value.number).map_err(|missing| missing.reason())
    }

    #[test]
    fn what_counts_adds_up_and_a_ready_made_ratio_is_refused() {
        let first: &[_] =
            &[("simInsts", 100.0, "Count"), ("ipc", 0.5, "Count/Cycle"), ("simFreq", 1e12, "Tick/Second")];
        let second: &[_] =
            &[("simInsts", 300.0, "Count"), ("ipc", 1.5, "Count/Cycle"), ("simFreq", 1e12, "Tick/Second")];
        let both = summed(&[first, second]);
        assert_eq!(
            (value(&both, "simInsts"), value(&both, "simFreq"), both.frequency()),
            (Ok(400.0), Ok(1e12), Some(1e12))
        );
        assert!(value(&both, "ipc").unwrap_err().contains("write it as a/b"));
        assert!(both.reduced(Reducer::Mean, "i*", None).is_err() && both.reduced(Reducer::Count, "i*", None).is_ok());
        // One dump alone has all that it has.
        assert_eq!(value(&summed(&[first]), "ipc"), Ok(0.5));
    }

    #[test]
    fn a_level_and_a_mean_do_not_add_up_though_their_units_do() {
        let stats =
            |n: f64| [("finalTick", n, "Tick"), ("hostMemory", n, "Byte"), ("d::mean", n, "Count"), ("old", n, "")];
        let both = summed(&[&stats(1.0), &stats(2.0)]);
        for name in ["finalTick", "hostMemory", "d::mean", "old"] {
            assert!(value(&both, name).unwrap_err().contains(name));
        }
        assert_eq!(value(&summed(&[&stats(3.0), &stats(3.0)]), "d::mean"), Ok(3.0));
    }

    #[test]
    fn what_one_of_the_dumps_does_not_have_is_not_taken_for_zero() {
        let both = summed(&[&[("a.miss", 1.0, "Count"), ("b.miss", 2.0, "Count")], &[("b.miss", 3.0, "Count")]]);
        assert!(matches!(both.stat("a.miss", None), Err(Missing::Absent { .. })));
        let number = |value: Result<crate::metric::Quantity, Missing>| value.map(|value| value.number).ok();
        assert_eq!(number(both.stat("a.miss", Some(0.0))), Some(1.0));
        assert_eq!(number(both.reduced(Reducer::Sum, "*.miss", None)), Some(6.0));
        assert_eq!(number(both.reduced(Reducer::Sum, "a.*", None)), None);
        assert_eq!(number(both.reduced(Reducer::Max, "*.miss", None)), None);
        assert_eq!(number(both.reduced(Reducer::Max, "*.miss", Some(0.0))), Some(5.0));
    }
}
