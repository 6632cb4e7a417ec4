//! What is not known of the stats of several dumps that were added up.

use std::collections::BTreeMap;

use crate::metric::{Missing, Reducer};

/// What cannot be told of the stats of a sum.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Mixed {
    /// How many dumps were added up.
    pub(super) parts: u32,
    /// Why some have no sum, as a clause each.
    pub(super) refused: BTreeMap<String, String>,
    /// In how many dumps those are which are not in each of them: gem5 leaves out some that are zero.
    pub(super) partial: BTreeMap<String, u32>,
}

impl Mixed {
    /// Whether a stat has a sum, and each dump has it.
    pub(super) fn is_whole(&self, name: &str) -> bool {
        !self.refused.contains_key(name) && !self.partial.contains_key(name)
    }

    fn refused(&self, name: &str) -> Result<(), Missing> {
        self.refused.get(name).map_or(Ok(()), |reason| Err(Missing::Refused { reason: reason.clone() }))
    }

    /// The sum of a stat, of which `sum` was found; `absent` is what it counts in a dump that does not have it.
    pub(super) fn value(&self, name: &str, sum: f64, absent: Option<f64>) -> Result<f64, Missing> {
        self.refused(name)?;
        match (self.partial.get(name), absent) {
            (None, _) => Ok(sum),
            (Some(there), Some(absent)) => Ok(sum + absent * f64::from(self.parts - there)),
            (Some(_), None) => Err(Missing::Absent { stat: name.to_owned() }),
        }
    }

    /// Whether one number can be made of these sums, which a glob matches.
    pub(super) fn check<'n>(
        &self,
        reducer: Reducer,
        glob: &str,
        names: impl Iterator<Item = &'n str>,
        absent: Option<f64>,
    ) -> Result<(), Missing> {
        let (mut whole, mut partial) = (false, false);
        for name in names {
            if reducer != Reducer::Count {
                self.refused(name)?;
            }
            *(if self.partial.contains_key(name) { &mut partial } else { &mut whole }) = true;
        }
        // As in one dump, a sum is over what is there, if there is something in each of them.
        let is_sum = reducer == Reducer::Sum && whole;
        if !partial || is_sum || absent == Some(0.0) { Ok(()) } else { Err(Missing::Absent { stat: glob.to_owned() }) }
    }
}
