//! Which point of the one experiment is which of the other.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::judge::Judge;
use super::{Comparison, Dropped, Geomean, Judged, MetricComparison, Thresholds};
use crate::experiment::ParameterValue;
use crate::experiment::results::Weights;
use crate::metric::Unit;
use crate::report::layout::{Layout, REPLICAS};
use crate::report::point::Point;
use crate::report::question::Question;
use crate::report::samples::{Evaluation, Group, Sample, Samples, groups};
use crate::report::space::{Key, SIMULATION, Space};

/// Compares the points of two experiments by the metrics that the question shows.
pub fn compare(question: &Question, baseline: &[Point], candidate: &[Point], thresholds: &Thresholds) -> Comparison {
    let has = |point: &&Point| {
        question.only.iter().all(|(name, value)| point.value(name).is_some_and(|known| known.is(value)))
    };
    let (baseline, candidate): (Vec<&Point>, Vec<&Point>) =
        (baseline.iter().filter(has).collect(), candidate.iter().filter(has).collect());
    // In one list, so that a value has one number on both sides.
    let points: Vec<Point> = baseline.iter().chain(&candidate).map(|point| (*point).clone()).collect();
    let middle = baseline.len();
    let sides = [Space::new(&points, (0..middle).collect()), Space::new(&points, (middle..points.len()).collect())];
    let (layout, notes) = layout(question, &points, middle, &sides);
    let groups = sides.each_ref().map(|side| groups(&points, side, &layout));
    let pairing = Pairing { question, points: &points, sides: &sides, groups: &groups, layout: &layout };
    let metrics = question.shown.iter().filter_map(|metric| pairing.metric(*metric, thresholds)).collect();
    Comparison { paired_by: layout.identity, notes, metrics }
}

/// What tells points apart, and what must be said of the rest.
fn layout(question: &Question, points: &[Point], middle: usize, sides: &[Space; 2]) -> (Layout, Vec<String>) {
    let [base, new] = sides;
    let varies = |name: &str| sides.iter().any(|side| side.varies(name));
    let simpoints = question.simpoints.as_ref();
    let is_taken = |name: &str| {
        simpoints.is_some_and(|rule| rule.over == name || rule.weights == Weights::Parameter(name.to_owned()))
    };
    let replicas = question.table.replicas.clone().unwrap_or_else(|| {
        let usual = REPLICAS.into_iter().filter(|name| varies(name) && !is_taken(name));
        usual.map(str::to_owned).collect()
    });
    let is_replica = |name: &String| {
        let is_part = |of: &String| name.strip_prefix(of.as_str()).is_some_and(|rest| rest.starts_with('.'));
        replicas.contains(name) || replicas.iter().any(is_part)
    };
    // Both sides have the same parameters, which tell points apart within each of them.
    let told_apart = |side: &[Point]| {
        let values = |point: &Point| point.parameters.iter().map(|p| p.value.as_written().to_owned()).collect();
        side.iter().map(values).collect::<HashSet<Vec<String>>>().len() == side.len()
    };
    let (first, second) = points.split_at(middle);
    let by_name = !(told_apart(first) && told_apart(second));
    let (mut identity, mut notes) = (Vec::new(), Vec::new());
    for name in base.names() {
        if is_replica(name) || is_taken(name) || (name == SIMULATION && !by_name) {
            continue;
        }
        let of = |side: &Space| {
            let key = side.chosen().first().map(|point| side.key(*point, std::slice::from_ref(name)));
            key.and_then(|key| key.first().copied().flatten())
        };
        let value = |side: &Space| side.labels(std::slice::from_ref(name), &vec![of(side)]).swap_remove(0);
        if varies(name) {
            let lacks = |side: &Space| !side.varies(name) && of(side).is_none() && !side.chosen().is_empty();
            if let Some(side) = [(base, "baseline"), (new, "candidate")].iter().find(|(side, _)| lacks(side)) {
                notes.push(format!("the {} has no parameter `{name}`, by which points of the other differ", side.1));
            }
            identity.push(name.clone());
        } else if of(base) != of(new) && !base.chosen().is_empty() && !new.chosen().is_empty() {
            notes.push(format!("`{name}` is {} in the baseline and {} in the candidate", value(base), value(new)));
        }
    }
    let layout = Layout { identity, replicas, simpoints: question.simpoints.clone(), ..Layout::default() };
    (layout, notes)
}

struct Pairing<'p> {
    question: &'p Question,
    points: &'p [Point],
    sides: &'p [Space; 2],
    groups: &'p [Vec<Group>; 2],
    layout: &'p Layout,
}

/// A configuration with the samples of both sides.
type Pair<'s> = (&'s Key, [Vec<&'s Sample<'s>>; 2]);

impl Pairing<'_> {
    fn metric(&self, metric: usize, thresholds: &Thresholds) -> Option<MetricComparison> {
        let Self { question, points, groups, layout, .. } = self;
        let rule = question.rules.get(metric)?;
        let samples: [Samples<'_>; 2] = groups.each_ref().map(|groups| {
            let (metrics, include) = (&question.metrics, question.include);
            Evaluation { points, groups, layout, metrics, metric, include }.samples()
        });
        let [base, new] = &samples;
        let threshold = thresholds.of(&rule.name);
        let judge = Judge { layout, better: rule.better, threshold, units: [&base.unit, &new.unit] };
        let judged: Vec<Judged> = pairs(&samples).iter().map(|pair| self.judged(&judge, pair)).collect();
        let unit = [&base.unit, &new.unit].into_iter().find(|unit| **unit != Unit::Unknown && !unit.is_none());
        let doubts: BTreeSet<&String> = base.doubts.iter().chain(&new.doubts).collect();
        Some(MetricComparison {
            metric: rule.name.clone(),
            unit: rule.unit.clone().or_else(|| unit.map(Unit::to_string)),
            better: rule.better,
            threshold,
            geomean: geomean(&judged),
            points: judged,
            notes: doubts.into_iter().cloned().collect(),
        })
    }

    fn judged(&self, judge: &Judge<'_>, (config, [base, new]): &Pair<'_>) -> Judged {
        let (opinion, ruling) = judge.of(base, new);
        let space = &self.sides[0];
        let names = &self.layout.identity;
        let labels = space.labels(names, config);
        let simulations = |side: &[&Sample<'_>]| -> Vec<String> {
            let points = side.iter().flat_map(|sample| sample.group.points.iter());
            points.filter_map(|point| space.name_of(*point).map(ToString::to_string)).collect()
        };
        let (baseline_simulations, candidate_simulations) = (simulations(base), simulations(new));
        let point = match names.as_slice() {
            [] => baseline_simulations.first().or(candidate_simulations.first()).cloned().unwrap_or_default(),
            [only] if only == SIMULATION => labels.join(" "),
            several => {
                let named = several.iter().zip(&labels).map(|(name, label)| format!("{name}={label}"));
                named.collect::<Vec<_>>().join(" ")
            }
        };
        let values = names.iter().zip(config.iter()).map(|(name, value)| {
            let value = value.and_then(|value| space.values(name).get(value as usize));
            (name.clone(), value.map_or(serde_json::Value::Null, ParameterValue::to_json))
        });
        Judged {
            point,
            parameters: values.collect(),
            verdict: ruling.verdict,
            fails: ruling.fails,
            baseline: opinion.baseline,
            candidate: opinion.candidate,
            change: opinion.change,
            change_error: opinion.change_error,
            reason: ruling.reason,
            notes: opinion.notes,
            baseline_simulations,
            candidate_simulations,
        }
    }
}

/// Each configuration of either side once.
fn pairs<'s>(samples: &'s [Samples<'s>; 2]) -> Vec<Pair<'s>> {
    let mut places: HashMap<&Key, usize> = HashMap::new();
    let mut pairs: Vec<Pair<'_>> = Vec::new();
    for (side, samples) in samples.iter().enumerate() {
        for sample in &samples.list {
            let place = *places.entry(&sample.group.config).or_insert(pairs.len());
            if place == pairs.len() {
                pairs.push((&sample.group.config, [Vec::new(), Vec::new()]));
            }
            pairs[place].1[side].push(sample);
        }
    }
    pairs
}

/// The mean over what both sides have, and what is not in it.
fn geomean(judged: &[Judged]) -> Option<Geomean> {
    let (mut logs, mut dropped) = (Vec::new(), Vec::new());
    for one in judged {
        let both = one.baseline.zip(one.candidate);
        match (both, one.change) {
            (Some(_), Some(change)) if change > -1.0 && both.is_some_and(|(base, _)| base.value != 0.0) => {
                logs.push((1.0 + change).ln());
            }
            _ => {
                let reason = one.reason.clone();
                let reason = reason.unwrap_or_else(|| "there is no ratio above 0".to_owned());
                dropped.push(Dropped { point: one.point.clone(), reason });
            }
        }
    }
    let count = logs.len();
    (count > 0).then(|| Geomean { ratio: crate::report::statistics::mean(&logs).exp(), count, dropped })
}
