//! Points that are added to a sweep and removed from it.

use std::collections::{HashMap, HashSet};

use super::super::expression::{self, Failure};
use super::super::limits::MAX_COMPARISONS;
use super::super::model::{Entry, Exclusion};
use super::super::problem::{Problem, Problems};
use super::super::yaml::{NodeId, brief};
use super::Sweep;
use crate::text::nearest;

/// `include` and `exclude` may name only axes, and `include` must name all.
pub(super) fn check(entry: &Entry, problems: &mut Problems) {
    let known = || entry.axes().map(|axis| axis.name.value.as_str());
    let axis_of = |name: &str| {
        known().any(|axis| name == axis || name.strip_prefix(axis).is_some_and(|rest| rest.starts_with('.')))
    };
    let no_axis = |at: NodeId, name: &str| {
        let near = nearest(name, known()).map(|near| format!("did you mean `{near}`?"));
        Problem::error(at, format!("`{}` is no axis of this sweep", brief(name))).maybe_help(near)
    };
    let nothing_to_change = |list: &str, at: NodeId| {
        let problem = Problem::error(at, format!("`{list}` needs a `matrix` or `zip`"));
        problem.help("there are no points to change")
    };
    let is_single = known().next().is_none();
    for point in entry.included() {
        if is_single {
            problems.push(nothing_to_change("include", point.at));
            break;
        }
        for (name, _) in point.values.iter().filter(|(name, _)| !known().any(|axis| axis == name.value)) {
            problems.push(no_axis(name.at, &name.value));
        }
        // Added points run once for each replica, like others.
        let is_replica = |axis: &str| entry.replicas().any(|replicas| replicas.value.name.value == axis);
        let missing =
            known().find(|axis| !is_replica(axis) && !point.values.iter().any(|(name, _)| name.value == *axis));
        if let Some(axis) = missing {
            let problem = Problem::error(point.at, format!("this point has no value for `{axis}`"));
            problems.push(problem.help("`include` adds whole points: give a value for every axis"));
        }
    }
    for exclusion in entry.excluded() {
        if is_single {
            problems.push(nothing_to_change("exclude", exclusion.at()));
            break;
        }
        match exclusion {
            Exclusion::Having(point) => {
                for (name, _) in point.values.iter().filter(|(name, _)| !axis_of(&name.value)) {
                    problems.push(no_axis(name.at, &name.value));
                }
            }
            Exclusion::Where(rule) => {
                let fields = || entry.axes().flat_map(super::fields_of);
                // What columns a file has is known when it is read.
                let has_rows = entry.axes().any(|axis| matches!(axis.values, super::AxisValues::From(_)));
                for name in rule.value.names() {
                    let is_known =
                        axis_of(name) || entry.constant(name).is_some() || fields().any(|field| field == name);
                    if !is_known && !has_rows {
                        problems.push(unknown_in_rule(name, rule.at, known()));
                    }
                }
            }
        }
    }
}

fn unknown_in_rule<'a>(name: &str, at: NodeId, known: impl Iterator<Item = &'a str>) -> Problem {
    let problem = Problem::error(at, format!("there is no parameter `{}`", brief(name)));
    let known: Vec<&str> = known.collect();
    if let Some(spaced) = expression::spaced(name, &known) {
        return problem.help(expression::spaces_help(&spaced));
    }
    if name.contains('-') {
        return problem.help("a minus has spaces around it, because names may have one");
    }
    problem.help(match nearest(name, known) {
        Some(near) => format!("did you mean `{near}`? A text stands in quotes: `'{name}'`"),
        None => format!("a text stands in quotes: `'{name}'`"),
    })
}

impl<'f> Sweep<'f> {
    /// Removes points. Says whether that was not too much work.
    pub(super) fn exclude(&mut self, entry: &'f Entry, problems: &mut Problems) -> bool {
        let excluded: Vec<&Exclusion> = entry.excluded().collect();
        // Points are looked up in one table for each set of named axes, so that a long list costs no more than a
        // short one.
        let mut tables: HashMap<Vec<&str>, HashMap<Vec<String>, Vec<usize>>> = HashMap::new();
        let mut rules = Vec::new();
        for (number, exclusion) in excluded.iter().enumerate() {
            match exclusion {
                Exclusion::Having(point) => {
                    let mut named: Vec<(&str, String)> =
                        point.values.iter().map(|(name, step)| (name.value.as_str(), step.name())).collect();
                    named.sort_unstable();
                    let (names, values) = named.into_iter().unzip();
                    tables.entry(names).or_default().entry(values).or_default().push(number);
                }
                Exclusion::Where(rule) => rules.push((number, rule)),
            }
        }
        let work = self.count.saturating_mul(tables.len() + rules.len());
        if let Some(first) = excluded.first().filter(|_| work > MAX_COMPARISONS) {
            let problem = Problem::error(first.at(), "`exclude` has too many rules for so many points");
            problems.push(problem.help("split the sweep, or list the points under `include`"));
            return false;
        }
        let width = self.axes.len();
        let mut used = HashSet::new();
        let mut kept = Vec::with_capacity(self.points.len());
        let mut count = 0;
        for point in 0..self.count {
            let values = self.values(entry, point);
            let mut gone = false;
            for (names, table) in &tables {
                let called: Vec<String> = names.iter().map(|name| values.called_on_axis(name)).collect();
                for &number in table.get(&called).into_iter().flatten() {
                    used.insert(number);
                    gone = true;
                }
            }
            // A rule may make no sense for a point that is gone.
            let rules = if gone { &[] } else { rules.as_slice() };
            for (number, rule) in rules {
                match rule.value.evaluate(&|name| values.get(name)) {
                    Ok(value) if expression::is_true(&value) => {
                        used.insert(*number);
                        gone = true;
                    }
                    Ok(_) => {}
                    Err(Failure::Mistake(reason)) => {
                        problems.push(no_answer(rule.at, &reason, self, point));
                        return false;
                    }
                    Err(Failure::Unknown(name)) => {
                        problems.push(unknown_in_rule(
                            &name,
                            rule.at,
                            entry.axes().map(|axis| axis.name.value.as_str()),
                        ));
                        return false;
                    }
                    Err(Failure::TooLong | Failure::NoNeed(_)) => return false,
                }
            }
            if !gone {
                kept.extend_from_slice(&self.points[point * width..(point + 1) * width]);
                count += 1;
            }
        }
        self.points = kept;
        self.count = count;
        if self.awaited.is_empty() {
            for (_, exclusion) in excluded.iter().enumerate().filter(|(number, _)| !used.contains(number)) {
                let problem = Problem::warning(exclusion.at(), "this item of `exclude` matches no point");
                problems.push(match exclusion {
                    Exclusion::Having(_) => problem.help("values are compared as they are written: `16` is not `0x10`"),
                    Exclusion::Where(_) => problem.help("`gem5-tui plan` shows all points"),
                });
            }
        }
        true
    }

    /// Adds whole points, each once for each replica.
    pub(super) fn include(&mut self, entry: &'f Entry) {
        let replicas = entry.replicas().count();
        let first_replica = self.axes.len() - replicas;
        for point in entry.included() {
            let mut indices: Vec<u32> = Vec::with_capacity(self.axes.len());
            for axis in &mut self.axes[..first_replica] {
                let given = point.values.iter().find(|(name, _)| name.value == axis.name);
                // Points that lack an axis were refused.
                let Some((_, step)) = given else { return };
                indices.push(axis.add([step.clone()], None) as u32);
            }
            let counts: Vec<usize> = self.axes[first_replica..].iter().map(|axis| axis.listed.len()).collect();
            for number in 0..counts.iter().product::<usize>() {
                let mut rest = number;
                let mut own = vec![0; replicas];
                for (slot, count) in own.iter_mut().zip(&counts).rev() {
                    *slot = (rest % count) as u32;
                    rest /= count;
                }
                self.points.extend_from_slice(&indices);
                self.points.extend_from_slice(&own);
                self.count += 1;
            }
        }
    }
}

fn no_answer(at: NodeId, reason: &str, sweep: &Sweep<'_>, point: usize) -> Problem {
    let values: Vec<String> = sweep.called(point).map(|(name, value)| format!("{name}={value}")).collect();
    Problem::error(at, format!("this item of `exclude` has no answer: {reason}"))
        .label(brief(&format!("for {}", values.join(" "))))
        .help("compare numbers with numbers and sizes with sizes; `l3 and l3 < l2` asks first whether there is one")
}
