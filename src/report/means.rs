//! Means over workloads: of the kind that the unit allows, and only over what every compared group has.
//!
//! A mean over what happens to be there compares nothing: where one configuration has lost a slow workload, its mean is better. So
//! all groups of a table are averaged over one set of workloads, and what is not in it is named.

use super::compare::Compared;
use super::estimate::{Estimate, Gap, combined};
use super::grid::Grid;
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
            "there is no mean over workloads: the unit is {word}; name a `baseline`, write it as a/b, or say `workloads: {{over: \
             NAME, mean: arithmetic}}`"
        )),
    }
}

/// What is compared over one set of workloads.
pub(super) struct Means<'m> {
    grid: &'m Grid,
    kind: MeanKind,
    compared: &'m [&'m Compared<'m>],
    /// For each workload, whether every group has it which has any.
    is_common: Vec<bool>,
}

impl<'m> Means<'m> {
    pub(super) fn new(grid: &'m Grid, kind: MeanKind, compared: &'m [&'m Compared<'m>]) -> Self {
        let mut means = Self { grid, kind, compared, is_common: Vec::new() };
        let mut having = vec![0; grid.workloads.len()];
        let mut groups = 0;
        for group in &grid.groups {
            let usable = group.iter().filter(|(_, one)| means.usable(*one).is_some());
            let mut has_any = false;
            for (workload, _) in usable {
                has_any = true;
                having[*workload] += 1;
            }
            groups += usize::from(has_any);
        }
        means.is_common = having.into_iter().map(|count| count == groups && groups > 0).collect();
        means
    }

    /// The estimate, if it may be in a mean.
    fn usable(&self, one: usize) -> Option<&'m Estimate> {
        self.compared.get(one)?.estimate.as_ref().ok().filter(|estimate| !estimate.is_apart)
    }

    /// The mean of a group.
    pub(super) fn of(&self, group: usize) -> Result<Estimate, Gap> {
        let group = self.grid.groups.get(group).map_or(&[][..], Vec::as_slice);
        let has_any = group.iter().any(|(_, one)| self.usable(*one).is_some());
        if !has_any {
            let gap = group.iter().find_map(|(_, one)| self.compared.get(*one)?.estimate.as_ref().err());
            return Err(gap.cloned().unwrap_or_else(|| Gap::new("none yet", "no value of it counts so far")));
        }
        let in_common = group.iter().filter(|(workload, _)| self.is_common.get(*workload) == Some(&true));
        let parts: Vec<&Estimate> = in_common.filter_map(|(_, one)| self.usable(*one)).collect();
        if parts.is_empty() {
            return Err(Gap::new("no common", "no workload has a value in everything that is compared"));
        }
        combined(self.kind, &parts)
    }

    /// How many workloads are in the means, and which are not although some have them.
    pub(super) fn told(&self, space: &Space, layout: &Layout) -> (usize, Option<String>) {
        let all = self.grid.workloads.len();
        let dropped = self.grid.workloads.iter().zip(&self.is_common).filter(|(_, is_common)| !**is_common);
        let dropped: Vec<String> = dropped
            .map(|(workload, _)| {
                let named = layout.identity.iter().zip(workload).filter(|(name, _)| layout.workloads.contains(name));
                let (names, values): (Vec<String>, Key) = named.map(|(name, value)| (name.clone(), *value)).unzip();
                format!("`{}`", space.labels(&names, &values).join(" "))
            })
            .collect();
        let common = all - dropped.len();
        let note = (!dropped.is_empty()).then(|| {
            let (word, these) = (self.kind.word(), if dropped.len() == 1 { "is" } else { "are" });
            format!(
                "{word} over the {common} of {all} workloads that everything compared has: {} {these} left out",
                dropped.join(", ")
            )
        });
        (common, note)
    }
}
