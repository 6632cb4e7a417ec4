//! What simulations that failed alike have in common, beside what their outcomes say.

use super::{SimView, Status};
use crate::experiment::Parameter;
use crate::gem5::{Outcome, signature};

/// What makes failures alike; none of a simulation that has not failed, and of one that somebody cancelled.
pub fn signature_of(sim: &SimView) -> Option<String> {
    match &sim.status {
        Status::Ended { outcome } if outcome.kind.is_failure() => Some(signature(outcome)),
        _ => None,
    }
}

/// The cause that stands for all of several: that of the first without its tick, which is that of one of them only.
pub fn cause_of(first: &Outcome, members: usize) -> String {
    if members > 1 { Outcome { tick: None, ..first.clone() }.line() } else { first.line() }
}

/// The parameters that point at the reason: those that all members have in common and not every simulation has. Nothing of a
/// single one.
pub fn in_common<'s>(members: &[&'s SimView], all: &(impl Iterator<Item = &'s SimView> + Clone)) -> Vec<&'s Parameter> {
    let [first, _, ..] = members else { return Vec::new() };
    let has = |sim: &SimView, parameter: &Parameter| sim.parameters.contains(parameter);
    let tells = |parameter: &&Parameter| {
        members.iter().all(|sim| has(sim, parameter)) && !all.clone().all(|sim| has(sim, parameter))
    };
    first.parameters.iter().filter(tells).collect()
}
