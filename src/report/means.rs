//! Means over workloads: of the kind that the unit allows, and only over what every compared group has.
//!
//! A mean over what happens to be there compares nothing: where one configuration has lost a slow workload, its mean is better. So
//! all groups of a table are averaged over one set of workloads, and what is not in it is named.

use std::collections::{BTreeSet, HashMap};

use super::compare::Compared;
use super::estimate::{Estimate, Gap, combined};
use super::layout::Layout;
use super::space::{Key, Space};
use crate::experiment::results::{Compare, MeanKind};
use crate::metric::Unit;

/// The kind of mean of a table, and why it is that one.
///
/// # Errors
/// Why there can be none, as a clause.
pub(super) fn kind_of(layout: &Layout, unit: &Unit) -> Result<MeanKind, String> {
    let word = if *unit == Unit::Unknown { "not known".to_owned() } else { format!("`{unit}`") };
    let refused = |kind: MeanKind, why: &str| Err(format!("a {} mean is refused: {why}", kind.word()));
    let says_unit = *unit != Unit::Unknown && !unit.is_none() && !unit.is_ratio();
    match (layout.comparison(), layout.mean) {
        (_, Some(MeanKind::None)) => Ok(MeanKind::None),
        (Compare::Ratio | Compare::Percent, None | Some(MeanKind::Geomean)) => Ok(MeanKind::Geomean),
        (Compare::Ratio | Compare::Percent, Some(kind)) => {
            refused(kind, "of ratios it depends on which one is the baseline; a geomean does not")
        }
        (Compare::Difference, None | Some(MeanKind::Arithmetic)) => Ok(MeanKind::Arithmetic),
        (Compare::Difference, Some(kind)) => refused(kind, "differences have an arithmetic one"),
        (Compare::None, Some(MeanKind::Geomean)) if says_unit => {
            refused(MeanKind::Geomean, &format!("it is for ratios, and the unit is {word}; name a `baseline`"))
        }
        (Compare::None, Some(MeanKind::Arithmetic)) if unit.is_rate() => {
            refused(MeanKind::Arithmetic, &format!("the unit is {word}, a rate, which has a harmonic one"))
        }
        (Compare::None, Some(MeanKind::Harmonic)) if says_unit && !unit.is_rate() => {
            refused(MeanKind::Harmonic, &format!("it is for rates, and the unit is {word}"))
        }
        (Compare::None, Some(kind)) => Ok(kind),
        (Compare::None, None) if unit.is_rate() => Ok(MeanKind::Harmonic),
        (Compare::None, None) if says_unit || unit.is_none() => Ok(MeanKind::Arithmetic),
        (Compare::None, None) => Err(format!(
            "there is no mean over workloads: the unit is {word}; name a `baseline`, write it as a/b, or say `mean`"
        )),
    }
}

/// What is compared over one set of workloads.
pub(super) struct Means<'m> {
    layout: &'m Layout,
    kind: MeanKind,
    /// For the values of all other parameters, a value for each workload.
    groups: HashMap<Key, Vec<(Key, &'m Compared)>>,
    /// The workloads that every group has which has any.
    common: BTreeSet<Key>,
    /// All of them.
    all: BTreeSet<Key>,
}

impl<'m> Means<'m> {
    pub(super) fn new(layout: &'m Layout, kind: MeanKind, compared: &[&'m Compared]) -> Self {
        let mut means = Self { layout, kind, groups: HashMap::new(), common: BTreeSet::new(), all: BTreeSet::new() };
        for &one in compared {
            let workload = means.workload(&one.config);
            means.all.insert(workload.clone());
            means.groups.entry(means.rest(&one.config)).or_default().push((workload, one));
        }
        let sets = means.groups.values().map(|group| -> BTreeSet<Key> {
            group.iter().filter(|(_, one)| usable(one).is_some()).map(|(workload, _)| workload.clone()).collect()
        });
        let mut sets = sets.filter(|set| !set.is_empty());
        let first = sets.next().unwrap_or_default();
        means.common = sets.fold(first, |common, set| common.intersection(&set).cloned().collect());
        means
    }

    /// The parameters of a configuration that name its workload.
    fn workload(&self, config: &Key) -> Key {
        self.with(config, true)
    }

    /// Its other parameters.
    pub(super) fn rest(&self, config: &Key) -> Key {
        self.with(config, false)
    }

    fn with(&self, config: &Key, of_workload: bool) -> Key {
        let identity = self.layout.identity.iter().zip(config);
        identity.map(|(name, value)| value.filter(|_| self.layout.workloads.contains(name) == of_workload)).collect()
    }

    /// The mean of the group with these other parameters.
    pub(super) fn of(&self, rest: &Key) -> Result<Estimate, Gap> {
        let group = self.groups.get(rest).map_or(&[][..], Vec::as_slice);
        let has_any = group.iter().any(|(_, one)| usable(one).is_some());
        if !has_any {
            let gap = group.iter().find_map(|(_, one)| one.estimate.as_ref().err());
            return Err(gap.cloned().unwrap_or_else(|| Gap::new("none yet", "no value of it counts so far")));
        }
        let in_common = group.iter().filter(|(workload, _)| self.common.contains(workload));
        let parts: Vec<&Estimate> = in_common.filter_map(|(_, one)| usable(one)).collect();
        if parts.is_empty() {
            return Err(Gap::new("no common", "no workload has a value in everything that is compared"));
        }
        combined(self.kind, &parts)
    }

    /// How many workloads are in the means, and which are not although some have them.
    pub(super) fn told(&self, space: &Space) -> (usize, Option<String>) {
        let dropped: Vec<String> = self
            .all
            .difference(&self.common)
            .map(|workload| {
                let named =
                    self.layout.identity.iter().zip(workload).filter(|(name, _)| self.layout.workloads.contains(name));
                let (names, values): (Vec<String>, Key) = named.map(|(name, value)| (name.clone(), *value)).unzip();
                format!("`{}`", space.labels(&names, &values).join(" "))
            })
            .collect();
        let note = (!dropped.is_empty()).then(|| {
            let (word, these) = (self.kind.word(), if dropped.len() == 1 { "is" } else { "are" });
            format!(
                "{word} over the {} of {} workloads that everything compared has: {} {these} left out",
                self.common.len(),
                self.all.len(),
                dropped.join(", ")
            )
        });
        (self.common.len(), note)
    }
}

/// The estimate, if it may be in a mean.
fn usable(one: &Compared) -> Option<&Estimate> {
    one.estimate.as_ref().ok().filter(|estimate| !estimate.is_apart)
}
