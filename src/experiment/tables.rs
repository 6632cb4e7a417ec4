//! What `results` says beside the sweep: whether its names are those of parameters, and its values those of points.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::Path;

use super::Files;
use super::fields::listed;
use super::model::{At, Results, TableKeys};
use super::paths::resolve;
use super::plan::Simulation;
use super::problem::{Problem, Problems};
use super::results::{
    Definition, MetricRule, PlotKind, PlotRule, ResultsRule, SimpointsRule, TableRule, ViewRule, Weights,
    WorkloadsRule, filled,
};
use super::yaml::{NodeId, brief};
use crate::metric::{self, Metrics, MetricsError};
use crate::text::nearest;

/// Values that are listed for somebody who wrote another one.
const MAX_LISTED: usize = 8;

/// Files of weights: one for each workload.
const MAX_FILES: usize = 4096;

/// The problem with metrics that are made of themselves.
pub(super) fn circle(metrics: &[At<MetricRule>]) -> Option<Problem> {
    let list: Vec<metric::Metric> = metrics.iter().filter_map(|metric| metric.value.compiled().ok()).collect();
    let wrong = Metrics::new(list).err()?;
    let (MetricsError::Circle { metric, .. } | MetricsError::Twice { metric, .. }) = &wrong;
    let closing = metrics.get(*metric)?;
    let problem = Problem::error(closing.at, wrong.to_string());
    match (wrong, &closing.value.value) {
        (MetricsError::Circle { at, .. }, Definition::Value(text)) => Some(
            problem.part(text, at).label("this closes the circle").help("for the stat of that name, put it in quotes"),
        ),
        // Of a repeated key only the first one is read.
        _ => Some(problem),
    }
}

/// What `results` says, checked beside the simulations. `around` are the files that it may name, and the directory that their paths
/// begin at; `all_known` says that the sweep will not grow.
pub(super) fn rule(
    results: &Results,
    around: (&dyn Files, &Path),
    simulations: &[Simulation],
    all_known: bool,
    problems: &mut Problems,
) -> ResultsRule {
    let known = known(simulations);
    // What is behind a mistake elsewhere is not known, and a sweep that grows may have more parameters.
    let certain = all_known && problems.errors() == 0;
    let mut check = Check { known: &known, certain, problems };
    check.metrics(results);
    check.table(&results.table);
    let simpoints = check.simpoints(results);
    let table = table_rule(&results.table);
    check.consumed(&table, &results.table, simpoints.as_ref());
    let names: Vec<&str> = results.metrics.iter().flatten().map(|metric| metric.value.name.as_str()).collect();
    let mut views = Vec::new();
    for (name, view) in results.views.iter().flatten() {
        check.table(&view.table);
        check.values(view.only.iter().flatten());
        check.known(view.metric.iter().flatten(), "metric", &names);
        let own = table_rule(&view.table);
        check.consumed(&own.over(&table), &view.table, simpoints.as_ref());
        let metrics = view.metric.as_ref().map(|metrics| texts(metrics));
        views.push(ViewRule {
            name: name.value.clone(),
            metrics,
            only: pairs(view.only.as_deref().unwrap_or_default()),
            dump: view.dump.clone(),
            table: own,
        });
    }
    let plots = check.plots(results, &names);
    let simpoints = simpoints.map(|rule| with_files(rule, around, simulations, results, problems));
    ResultsRule {
        metrics: results.metrics.iter().flatten().map(|metric| metric.value.clone()).collect(),
        dump: results.dump.clone(),
        simpoints,
        table,
        views,
        plots,
    }
}

/// The values that each parameter has, in the order of the sweep.
type Known<'s> = Vec<(&'s str, Vec<&'s super::ParameterValue>)>;

fn known(simulations: &[Simulation]) -> Known<'_> {
    let mut known: Known<'_> = Vec::new();
    let mut places: BTreeMap<&str, (usize, HashSet<&str>)> = BTreeMap::new();
    for parameter in simulations.iter().flat_map(|simulation| &simulation.parameters) {
        let next = known.len();
        let (place, seen) = places.entry(parameter.name.as_str()).or_insert_with(|| (next, HashSet::default()));
        if *place == next {
            known.push((parameter.name.as_str(), Vec::new()));
        }
        if seen.insert(parameter.value.as_written())
            && let Some((_, values)) = known.get_mut(*place)
        {
            values.push(&parameter.value);
        }
    }
    known
}

fn texts(names: &[At<String>]) -> Vec<String> {
    names.iter().map(|name| name.value.clone()).collect()
}

fn pairs(values: &[(At<String>, At<String>)]) -> Vec<(String, String)> {
    values.iter().map(|(name, value)| (name.value.clone(), value.value.clone())).collect()
}

fn table_rule(keys: &TableKeys) -> TableRule {
    let names = |names: &Option<Vec<At<String>>>| names.as_ref().map(|names| texts(names));
    TableRule {
        baseline: keys.baseline.as_deref().map(pairs),
        compare: keys.compare,
        replicas: names(&keys.replicas),
        workloads: keys.workloads.as_ref().map(|workloads| WorkloadsRule {
            over: workloads.over.as_deref().map(texts).unwrap_or_default(),
            mean: workloads.mean,
        }),
        rows: names(&keys.rows),
        columns: names(&keys.columns),
    }
}

struct Check<'c, 'p> {
    known: &'c Known<'c>,
    certain: bool,
    problems: &'p mut Problems,
}

impl Check<'_, '_> {
    fn values_of(&self, name: &str) -> Option<&[&super::ParameterValue]> {
        self.known.iter().find(|(known, _)| *known == name).map(|(_, values)| values.as_slice())
    }

    /// The problem with the name of a parameter that no simulation has.
    fn unknown(&self, name: &str, at: NodeId) -> Option<Problem> {
        if !self.certain || self.values_of(name).is_some() {
            return None;
        }
        let names: Vec<&str> = self.known.iter().map(|(name, _)| *name).collect();
        let problem = Problem::error(at, format!("no simulation has a parameter `{}`", brief(name)));
        let near = nearest(name, names.iter().copied()).map(|near| format!("did you mean `{near}`?"));
        let all = if names.is_empty() {
            "there are none without a sweep".to_owned()
        } else {
            format!("there are {}", listed(names.get(..MAX_LISTED.min(names.len())).unwrap_or_default()))
        };
        Some(problem.help(all).maybe_help(near))
    }

    fn name(&mut self, name: &At<String>) {
        let problem = self.unknown(&name.value, name.at);
        if let Some(problem) = problem {
            self.problems.push(problem);
        }
    }

    fn metrics(&mut self, results: &Results) {
        for At { value: rule, at } in results.metrics.iter().flatten() {
            let (Some(metric), Definition::Value(text)) = (rule.compiled().ok(), &rule.value) else { continue };
            for (name, part) in metric.expression.parameters() {
                if let Some(problem) = self.unknown(name, *at) {
                    self.problems.push(problem.part(text, part));
                }
            }
        }
    }

    /// Values that simulations must have.
    fn values<'v>(&mut self, values: impl Iterator<Item = &'v (At<String>, At<String>)>) {
        for (name, value) in values {
            let Some(known) = self.values_of(&name.value) else {
                self.name(name);
                continue;
            };
            if self.certain && !known.iter().any(|known| known.is(&value.value)) {
                let words: Vec<&str> = known.iter().take(MAX_LISTED).map(|value| value.as_written()).collect();
                let message = format!("no simulation has `{}` for `{}`", brief(&value.value), name.value);
                self.problems.push(Problem::error(value.at, message).help(format!("there are {}", listed(&words))));
            }
        }
    }

    fn table(&mut self, keys: &TableKeys) {
        self.values(keys.baseline.iter().flatten());
        let workloads = keys.workloads.iter().filter_map(|workloads| workloads.over.as_ref());
        let names = [&keys.replicas, &keys.rows, &keys.columns].into_iter().flatten().chain(workloads);
        for name in names.flatten() {
            self.name(name);
        }
    }

    fn simpoints(&mut self, results: &Results) -> Option<SimpointsRule> {
        let simpoints = results.simpoints.as_ref()?;
        let (over, weights) = (simpoints.over.as_ref()?, simpoints.weights.as_ref()?);
        self.name(over);
        if let Weights::Parameter(name) = &weights.value
            && let Some(problem) = self.unknown(name, weights.at)
        {
            self.problems.push(problem);
        }
        let coverage = simpoints.coverage.unwrap_or(1.0);
        Some(SimpointsRule { over: over.value.clone(), weights: weights.value.clone(), coverage })
    }

    /// Names of what the file itself names elsewhere, in `{what}s`.
    fn known<'v>(&mut self, given: impl Iterator<Item = &'v At<String>>, what: &str, names: &[&str]) {
        for name in given.filter(|name| !names.contains(&name.value.as_str())) {
            let problem = Problem::error(name.at, format!("there is no {what} `{}`", brief(&name.value)));
            let near = nearest(&name.value, names.iter().copied()).map(|near| format!("did you mean `{near}`?"));
            self.problems.push(problem.help(format!("name one of `{what}s`")).maybe_help(near));
        }
    }

    fn plots(&mut self, results: &Results, metrics: &[&str]) -> Vec<PlotRule> {
        let views: Vec<&str> = results.views.iter().flatten().map(|(name, _)| name.value.as_str()).collect();
        let mut plots = Vec::new();
        for (name, plot) in results.plots.iter().flatten() {
            self.known(plot.view.iter(), "view", &views);
            let pair = plot.x.iter().chain(&plot.y);
            let drawn: Vec<&At<String>> =
                plot.metric.iter().flatten().chain(plot.parts.iter().flatten()).chain(pair).collect();
            self.known(drawn.iter().copied().chain(&plot.total), "metric", metrics);
            plots.push(PlotRule {
                name: name.value.clone(),
                kind: plot.kind.unwrap_or(PlotKind::Bars),
                view: plot.view.as_ref().map(|view| view.value.clone()),
                metrics: drawn.into_iter().map(|metric| metric.value.clone()).collect(),
                total: plot.total.as_ref().map(|total| total.value.clone()),
            });
        }
        plots
    }

    /// Each parameter has one part in a table. `rule` is with what the view takes over; its own `keys` have places.
    fn consumed(&mut self, rule: &TableRule, keys: &TableKeys, simpoints: Option<&SimpointsRule>) {
        let Some((name, first, second)) = rule.twice(simpoints) else { return };
        let lists = [&keys.rows, &keys.columns, &keys.replicas].into_iter().flatten();
        let workloads = keys.workloads.iter().filter_map(|workloads| workloads.over.as_ref());
        let mut places = lists.chain(workloads).flatten().chain(keys.baseline.iter().flatten().map(|(name, _)| name));
        let at = places.find(|place| place.value == name).map(|place| place.at);
        let message = format!("`{name}` has two parts in one table: {first} and {second}");
        self.problems.push(Problem::error(at, message).help("name it in one of them"));
    }
}

/// The rule with what stands in the files of weights, which are read once for each path.
fn with_files(
    rule: SimpointsRule,
    (files, directory): (&dyn Files, &Path),
    simulations: &[Simulation],
    results: &Results,
    problems: &mut Problems,
) -> SimpointsRule {
    let Weights::Files { path, .. } = &rule.weights else { return rule };
    let at = results.simpoints.as_ref().and_then(|simpoints| simpoints.weights.as_ref()).map(|weights| weights.at);
    let mut read: BTreeMap<String, Vec<(String, f64)>> = BTreeMap::new();
    let mut tried = BTreeSet::new();
    for simulation in simulations {
        let filled = filled(path, &simulation.parameters);
        if tried.len() >= MAX_FILES || !tried.insert(filled.clone()) {
            continue;
        }
        let text = files.text(&resolve(directory, &filled));
        match text.map_err(|why| format!("`{}` {why}", brief(&filled))).and_then(|text| weights_in(&text)) {
            Ok(weights) => _ = read.insert(filled, weights),
            // The simulations run all the same, and what is made of them is missing.
            Err(why) => problems.push(
                Problem::warning(at, format!("no weights: {why}"))
                    .help("SimPoint writes a line with a weight and a number for each simpoint"),
            ),
        }
    }
    SimpointsRule { weights: Weights::Files { path: path.clone(), read: read.into_iter().collect() }, ..rule }
}

/// "weight index" lines, as the program `simpoint` writes them.
fn weights_in(text: &str) -> Result<Vec<(String, f64)>, String> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'));
    let read = lines.map(|(number, line)| {
        let mut words = line.split_whitespace();
        let weight = words.next().and_then(super::units::number).filter(|weight| *weight >= 0.0);
        let pair = weight.zip(words.next()).filter(|_| words.next().is_none());
        pair.map(|(weight, index)| (index.to_owned(), weight))
            .ok_or_else(|| format!("line {} is not a weight and a number", number + 1))
    });
    read.collect()
}
