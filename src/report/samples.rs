//! From points to samples: each metric evaluated, simpoints combined. What is left of a sample's parameters is what tells
//! configurations apart, and which replica it is.

use std::collections::{BTreeSet, HashMap};

use super::estimate::Gap;
use super::layout::Layout;
use super::point::{Include, Point, Standing};
use super::simpoints::Weighted;
use super::space::{Key, Space};
use crate::experiment::results::SimpointsRule;
use crate::metric::{Evaluated, Metrics, Missing, Quantity, Source, Unit};

/// Points that are measured as one, whatever is measured.
#[derive(Debug)]
pub(super) struct Group {
    /// The values of [`Layout::identity`].
    pub(super) config: Key,
    /// The values of [`Layout::replicas`].
    pub(super) replica: Key,
    /// Ticks of a second, where it is told.
    pub(super) frequency: Option<f64>,
    /// The points that it is made of, or would be.
    pub(super) points: Vec<usize>,
}

/// One measurement.
#[derive(Debug)]
pub(super) struct Sample<'g> {
    /// What was measured.
    pub(super) group: &'g Group,
    pub(super) value: Result<Quantity, Gap>,
    pub(super) is_provisional: bool,
    /// Part of its simpoints is missing, and more than may be.
    pub(super) is_partial: bool,
    pub(super) notes: BTreeSet<String>,
}

/// All samples, in the order of the file.
pub(super) struct Samples<'g> {
    pub(super) list: Vec<Sample<'g>>,
    /// The unit of the metric; not known where values differ in it.
    pub(super) unit: Unit,
    /// What must be said of all of them.
    pub(super) doubts: BTreeSet<String>,
}

/// What samples are made with.
pub(super) struct Evaluation<'e> {
    pub(super) points: &'e [Point],
    /// The [groups] of these points.
    pub(super) groups: &'e [Group],
    pub(super) layout: &'e Layout,
    pub(super) metrics: &'e Metrics,
    pub(super) metric: usize,
    pub(super) include: Include,
}

/// The chosen points in groups, in the order of the file.
pub(super) fn groups(points: &[Point], space: &Space, layout: &Layout) -> Vec<Group> {
    let mut places: HashMap<(Key, Key), usize> = HashMap::new();
    let mut groups: Vec<Group> = Vec::new();
    for &point in space.chosen() {
        let (config, replica) = (space.key(point, &layout.identity), space.key(point, &layout.replicas));
        let place = *places.entry((config.clone(), replica.clone())).or_insert(groups.len());
        if place == groups.len() {
            groups.push(Group { config, replica, frequency: None, points: Vec::new() });
        }
        if let Some(group) = groups.get_mut(place) {
            group.frequency = group.frequency.or_else(|| points.get(point).and_then(Point::frequency));
            group.points.push(point);
        }
    }
    groups
}

impl<'e> Evaluation<'e> {
    pub(super) fn samples(&self) -> Samples<'e> {
        let mut doubts = BTreeSet::new();
        let mut absent: HashMap<String, bool> = HashMap::new();
        let mut list = Vec::with_capacity(self.groups.len());
        for group in self.groups {
            let mut sample = self.sample(group, &mut doubts);
            if let Err(gap) = &mut sample.value {
                explain(self.points, gap, &mut absent);
            }
            list.push(sample);
        }
        let known = || list.iter().filter_map(|sample| sample.value.as_ref().ok()).map(|value| &value.unit);
        let unit = known().find(|unit| **unit != Unit::Unknown).cloned().unwrap_or_default();
        if known().any(|other| *other != Unit::Unknown && *other != unit) {
            doubts.insert(format!("not all values are in `{unit}`"));
        }
        let frequencies: BTreeSet<u64> =
            list.iter().filter_map(|sample| sample.group.frequency.map(f64::to_bits)).collect();
        if unit.has_ticks() && frequencies.len() > 1 {
            doubts.insert("ticks are of different length in different simulations: use seconds".to_owned());
        }
        Samples { list, unit, doubts }
    }

    fn sample(&self, group: &'e Group, doubts: &mut BTreeSet<String>) -> Sample<'e> {
        let mut sample = Sample {
            group,
            value: Err(Gap::new(String::new(), String::new())),
            is_provisional: false,
            is_partial: false,
            notes: BTreeSet::new(),
        };
        if let Some(rule) = &self.layout.simpoints {
            self.weighted(rule, &mut sample, doubts);
        } else if let Some(point) = sample.group.points.first().and_then(|point| self.points.get(*point)) {
            self.single(point, &mut sample, doubts);
        } else {
            sample.value = Err(Gap::new("none", "there is no simulation"));
        }
        sample
    }

    fn single(&self, point: &Point, sample: &mut Sample<'_>, doubts: &mut BTreeSet<String>) {
        let standing = point.standing(self.include);
        if !is_out(standing, point) {
            mark(standing, point, sample);
        }
        sample.value = alone(self.metrics, self.metric, point, standing, doubts);
    }

    /// Each simpoint by its weight. What is missing is told, and the rest stands for all.
    fn weighted(&self, rule: &SimpointsRule, sample: &mut Sample<'_>, doubts: &mut BTreeSet<String>) {
        let (mut there, mut planned, mut present) = (Vec::new(), 0.0, 0.0);
        let mut first_gap = None;
        let points: Vec<&Point> = sample.group.points.iter().filter_map(|point| self.points.get(*point)).collect();
        for point in points {
            let simpoint = point.value(&rule.over).map_or("", |value| value.as_written());
            let weight = match rule.weights.of(simpoint, &point.parameters) {
                Ok(weight) => weight,
                Err(reason) => {
                    sample.value = Err(Gap::new("no weight", format!("{}: {reason}", point.name)));
                    return;
                }
            };
            planned += weight;
            let standing = point.standing(self.include);
            if is_out(standing, point) {
                first_gap = first_gap.or(Some(why_out(point)));
                continue;
            }
            mark(standing, point, sample);
            present += weight;
            there.push((weight, point));
        }
        if there.is_empty() || present <= 0.0 {
            sample.value = Err(first_gap.unwrap_or_else(|| Gap::new("no weight", "its weights add up to nothing")));
            return;
        }
        let coverage = present / planned;
        if coverage < 1.0 - 1e-9 {
            sample.is_partial = coverage < rule.coverage - 1e-9;
            let left_out = if sample.is_partial { ", so it is in no mean" } else { "" };
            sample.notes.insert(format!(
                "coverage {:.0} %: {} of {} simpoints are there{left_out}",
                coverage * 100.0,
                there.len(),
                sample.group.points.len()
            ));
        }
        let parts = there.into_iter().map(|(weight, point)| (weight / present, point)).collect();
        let name = sample
            .group
            .points
            .first()
            .and_then(|point| self.points.get(*point))
            .map_or("", |point| point.name.as_str());
        sample.value = evaluate(self.metrics, self.metric, &Weighted { parts }, name, doubts);
    }
}

/// The metric of one simulation by itself. A stat that its dump does not have is still to be [explained](explain).
pub(super) fn alone(
    metrics: &Metrics,
    metric: usize,
    point: &Point,
    standing: Standing,
    doubts: &mut BTreeSet<String>,
) -> Result<Quantity, Gap> {
    if is_out(standing, point) { Err(why_out(point)) } else { evaluate(metrics, metric, point, &point.name, doubts) }
}

/// Whether there is nothing to evaluate.
fn is_out(standing: Standing, point: &Point) -> bool {
    standing == Standing::Out || point.dump.is_err()
}

fn why_out(point: &Point) -> Gap {
    let (word, reason) = point.why_out();
    Gap::new(word, format!("{}: {reason}", point.name))
}

fn evaluate(
    metrics: &Metrics,
    metric: usize,
    source: &dyn Source,
    name: &str,
    doubts: &mut BTreeSet<String>,
) -> Result<Quantity, Gap> {
    let Evaluated { value, doubts: new } = metrics.evaluate(metric, source);
    doubts.extend(new);
    value.map_err(|missing| match &missing {
        Missing::Absent { stat } => Gap::new(ABSENT, stat.clone()),
        _ => Gap::new(missing.word(), format!("{name}: {}", missing.reason())),
    })
}

/// Tells of a stat that a dump does not have, if the gap is that: it may be zero if others have it. `known` is what was found out
/// of stats before.
pub(super) fn explain(points: &[Point], gap: &mut Gap, known: &mut HashMap<String, bool>) {
    if gap.word != ABSENT {
        return;
    }
    let stat = std::mem::take(&mut gap.reason);
    let elsewhere = *known.entry(stat.clone()).or_insert_with(|| {
        points.iter().filter_map(|point| point.dump.as_ref().ok()).any(|dump| dump.has_count(&stat))
    });
    gap.reason = if elsewhere {
        MAY_BE_ZERO.clone_into(&mut gap.word);
        format!(
            "the dump has no `{stat}`, which others have: gem5 leaves out what is 0; if it is that, say `absent: 0`"
        )
    } else {
        format!("no dump has `{stat}`")
    };
}

/// What stands in a cell for a stat that a dump does not have.
const ABSENT: &str = "absent";
/// The same where others have it.
const MAY_BE_ZERO: &str = "0?";

fn mark(standing: Standing, point: &Point, sample: &mut Sample<'_>) {
    match standing {
        Standing::Counts | Standing::Out => {}
        Standing::Provisional => sample.is_provisional = true,
        Standing::Included => {
            let (word, _) = point.why_out();
            sample.notes.insert(format!("with what is {word}, as asked"));
        }
    }
}
