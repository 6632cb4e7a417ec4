//! `results`: metrics, tables, and what is done with numbers on the way.

use super::{Decoder, read_keys};
use crate::experiment::fields::{Field, Fields, listed};
use crate::experiment::model::{At, MetricKeys, PlotKeys, Results, Simpoints, TableKeys, View, Workloads};
use crate::experiment::problem::{Problem, bad_value};
use crate::experiment::results::{Better, Compare, Definition, MeanKind, MetricRule, PlotKind, Weights};
use crate::experiment::table::{
    Section, metric_keys, plot_keys, results_keys, simpoint_keys, table_keys, view_keys, workload_keys,
};
use crate::experiment::yaml::{Kind, brief};
use crate::experiment::{tables, units};
use crate::metric::{self, Expression};
use crate::text::nearest;

/// Metrics of an experiment, and views. Each is looked at for each simulation.
const MAX_METRICS: usize = 256;

/// Digits that a double has.
const MAX_DIGITS: u64 = 15;

const EXAMPLE: &str = "results: {metrics: {ipc: system.cpu.ipc}}";

impl Decoder<'_> {
    pub(super) fn results(&mut self, field: Field<'_>) -> Option<Results> {
        if field.value.as_scalar().is_some() {
            let problem = Problem::error(field.place(), "`results` must be a map");
            let help = format!("write `{EXAMPLE}`; the directory of the experiment is `outdir`");
            return self.refuse(problem.label(format!("found {}", field.value.describe())).help(help));
        }
        let fields = Fields::read(field.value, "`results`", EXAMPLE, self.problems)?;
        fields.check(Section::Results, self.problems);
        let table = self.table_keys(&fields);
        let results = results_keys!(read_keys self fields Results { table });
        Some(results)
    }

    fn table_keys(&mut self, fields: &Fields<'_>) -> TableKeys {
        table_keys!(read_keys self fields TableKeys {})
    }

    fn metrics(&mut self, field: Field<'_>) -> Option<Vec<At<MetricRule>>> {
        let fields = Fields::read(field.value, "`metrics`", "metrics: {ipc: system.cpu.ipc}", self.problems)?;
        if let Some(first) = fields.iter().nth(MAX_METRICS) {
            let message = format!("there are more than {MAX_METRICS} metrics");
            return self.refuse(Problem::error(first.key, message).help("write those that a table shows"));
        }
        let before = self.problems.errors();
        let metrics: Vec<At<MetricRule>> = fields.iter().filter_map(|metric| self.metric(metric)).collect();
        // A circle through what could not be read is no circle.
        if self.problems.errors() == before
            && let Some(problem) = tables::circle(&metrics)
        {
            return self.refuse(problem);
        }
        Some(metrics)
    }

    fn metric(&mut self, field: Field<'_>) -> Option<At<MetricRule>> {
        if !metric::is_name(field.name) {
            let problem = Problem::error(field.key, format!("`{}` cannot be the name of a metric", brief(field.name)));
            let help = "a name is a letter or `_`, then letters, digits and `_`, and no word that an expression knows";
            return self.refuse(problem.help(help));
        }
        let (definition, keys) = if matches!(field.value.kind, Kind::Map(_)) {
            let fields = Fields::read(field.value, "a metric", "ipc: {value: system.cpu.ipc}", self.problems)?;
            fields.check(Section::Metric, self.problems);
            let keys = metric_keys!(read_keys self fields MetricKeys {});
            let definition = match (keys.value.clone(), keys.stat.clone()) {
                (Some(At { value, at }), None) => At { value: Definition::Value(value), at },
                (None, Some(At { value, at })) => At { value: Definition::Stat(value), at },
                (None, None) if fields.key("value").or(fields.key("stat")).is_some() => return None,
                _ => {
                    let problem =
                        Problem::error(field.key, format!("the metric `{}` has one of `value` and `stat`", field.name));
                    return self.refuse(
                        problem.help("write `ipc: {value: \"simInsts / sum('*.numCycles')\", better: higher}`"),
                    );
                }
            };
            (definition, Some(keys))
        } else {
            let At { value, at } = self.text(field)?;
            (At { value: Definition::Value(value), at }, None)
        };
        match &definition.value {
            Definition::Value(text) => {
                if let Err(wrong) = Expression::parse(text) {
                    let message = format!("the metric `{}` is no expression: {}", field.name, wrong.reason);
                    return self.refuse(Problem::error(definition.at, message).part(text, wrong.at).help(wrong.help));
                }
            }
            Definition::Stat(text) if text.is_empty() => {
                return self.refuse(Problem::error(definition.at, "an empty text names no stat"));
            }
            Definition::Stat(_) => {}
        }
        let keys = keys.as_ref();
        let rule = MetricRule {
            name: field.name.to_owned(),
            value: definition.value,
            better: keys.and_then(|keys| keys.better),
            unit: keys.and_then(|keys| keys.unit.as_ref()).map(|unit| unit.value.clone()),
            digits: keys.and_then(|keys| keys.digits),
            absent: keys.and_then(|keys| keys.absent),
        };
        Some(At { value: rule, at: definition.at })
    }

    /// One of some words.
    fn word<T: Copy>(&mut self, field: Field<'_>, words: &[(&'static str, T)]) -> Option<T> {
        let text = &self.scalar(field)?.text;
        if let Some((_, value)) = words.iter().find(|(word, _)| word == text) {
            return Some(*value);
        }
        let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let problem =
            Problem::error(field.value.id, format!("`{}` cannot be the value of `{}`", brief(text), field.name));
        let near = nearest(text, known.iter().copied()).map(|near| format!("did you mean `{near}`?"));
        self.refuse(problem.help(format!("it is one of {}", listed(&known))).maybe_help(near))
    }

    fn better(&mut self, field: Field<'_>) -> Option<Better> {
        self.word(field, &[("higher", Better::Higher), ("lower", Better::Lower)])
    }

    fn compare(&mut self, field: Field<'_>) -> Option<Compare> {
        self.word(field, &Compare::ALL.map(|compare| (compare.word(), compare)))
    }

    fn mean_kind(&mut self, field: Field<'_>) -> Option<MeanKind> {
        self.word(field, &MeanKind::ALL.map(|kind| (kind.word(), kind)))
    }

    fn digits(&mut self, field: Field<'_>) -> Option<u8> {
        self.whole_number(field, 0, MAX_DIGITS, "a number from 0 to 15").map(|digits| digits as u8)
    }

    fn finite_number(&mut self, field: Field<'_>) -> Option<f64> {
        match units::number(&self.scalar(field)?.text) {
            Some(number) => Some(number),
            None => self.expected(field, "a number"),
        }
    }

    /// A part of all: `95%`, or `0.95`.
    fn coverage(&mut self, field: Field<'_>) -> Option<f64> {
        let text = self.scalar(field)?.text.trim();
        let share = match text.strip_suffix('%') {
            Some(percent) => units::number(percent.trim_end()).map(|percent| percent / 100.0),
            None => units::number(text),
        };
        match share.filter(|share| *share > 0.0 && *share <= 1.0) {
            Some(share) => Some(share),
            None => self.refuse(bad_value(field.name, text, "it is a part of all, such as `95%`", field.value.id)),
        }
    }

    /// A name, or a list of names.
    fn one_or_more_names(&mut self, field: Field<'_>) -> Option<Vec<At<String>>> {
        match &field.value.kind {
            Kind::List(_) => self.texts(field),
            _ => Some(vec![self.text(field)?]),
        }
    }

    /// A value for each of some parameters.
    fn baseline(&mut self, field: Field<'_>) -> Option<Vec<(At<String>, At<String>)>> {
        let what = format!("`{}`", field.name);
        let fields = Fields::read(field.value, &what, &format!("{}: {{l2: 256KiB}}", field.name), self.problems)?;
        let values = fields.iter().filter_map(|value| {
            let text = self.text(value)?;
            Some((At { value: value.name.to_owned(), at: value.key }, text))
        });
        Some(values.collect())
    }

    fn workloads(&mut self, field: Field<'_>) -> Option<Workloads> {
        if !matches!(field.value.kind, Kind::Map(_)) {
            return Some(Workloads { over: Some(self.one_or_more_names(field)?), mean: None });
        }
        let fields =
            Fields::read(field.value, "`workloads`", "workloads: {over: workload, mean: geomean}", self.problems)?;
        fields.check(Section::Workloads, self.problems);
        Some(workload_keys!(read_keys self fields Workloads {}))
    }

    fn simpoints(&mut self, field: Field<'_>) -> Option<Simpoints> {
        const EXAMPLE: &str = "simpoints: {over: simpoint, weights: $weight}";
        let fields = Fields::read(field.value, "`simpoints`", EXAMPLE, self.problems)?;
        let unknown = fields.check(Section::Simpoints, self.problems);
        let simpoints = simpoint_keys!(read_keys self fields Simpoints {});
        let missing = ["over", "weights"].into_iter().find(|key| fields.key(key).is_none() && !unknown.may_be(key));
        if let Some(missing) = missing {
            let problem = Problem::error(field.key, format!("`simpoints` has no `{missing}`"));
            return self.refuse(problem.help(format!("write `{EXAMPLE}`")));
        }
        Some(simpoints)
    }

    fn weights(&mut self, field: Field<'_>) -> Option<At<Weights>> {
        let at = field.value.id;
        if let Kind::Map(_) = &field.value.kind {
            let fields = Fields::read(field.value, "`weights`", "weights: {0: 0.3, 1: 0.7}", self.problems)?;
            let weights = fields.iter().filter_map(|item| {
                let text = &self.scalar(item)?.text;
                match units::number(text).filter(|weight| *weight >= 0.0) {
                    Some(weight) => Some((item.name.to_owned(), weight)),
                    None => self.refuse(bad_value("weights", text, "a weight is a number from 0", item.value.id)),
                }
            });
            return Some(At { value: Weights::Map(weights.collect()), at });
        }
        let text = &self.scalar(field)?.text;
        let value = match text.strip_prefix('$') {
            Some(name) if !name.starts_with('{') => Weights::Parameter(name.to_owned()),
            Some(name) if name.ends_with('}') && name.matches('}').count() == 1 => {
                Weights::Parameter(name.trim_matches(['{', '}']).to_owned())
            }
            _ => Weights::Files { path: text.clone(), read: Vec::new() },
        };
        Some(At { value, at })
    }

    fn views(&mut self, field: Field<'_>) -> Option<Vec<(At<String>, View)>> {
        let fields =
            Fields::read(field.value, "`views`", "views: {speedup: {metric: ipc, compare: ratio}}", self.problems)?;
        if let Some(first) = fields.iter().nth(MAX_METRICS) {
            return self.refuse(Problem::error(first.key, format!("there are more than {MAX_METRICS} views")));
        }
        let views = fields.iter().filter_map(|view| {
            let name = At { value: view.name.to_owned(), at: view.key };
            let fields = Fields::read(view.value, "a view", "speedup: {metric: ipc}", self.problems)?;
            fields.check(Section::View, self.problems);
            let table = self.table_keys(&fields);
            Some((name, view_keys!(read_keys self fields View { table })))
        });
        Some(views.collect())
    }

    fn plot_kind(&mut self, field: Field<'_>) -> Option<PlotKind> {
        self.word(field, &PlotKind::ALL.map(|kind| (kind.word(), kind)))
    }

    fn plots(&mut self, field: Field<'_>) -> Option<Vec<(At<String>, PlotKeys)>> {
        let fields =
            Fields::read(field.value, "`plots`", "plots: {speedup: {kind: bars, metric: ipc}}", self.problems)?;
        if let Some(first) = fields.iter().nth(MAX_METRICS) {
            return self.refuse(Problem::error(first.key, format!("there are more than {MAX_METRICS} figures")));
        }
        Some(fields.iter().filter_map(|plot| self.plot(plot)).collect())
    }

    fn plot(&mut self, field: Field<'_>) -> Option<(At<String>, PlotKeys)> {
        let fields = Fields::read(field.value, "a figure", "speedup: {kind: bars, metric: ipc}", self.problems)?;
        let unknown = fields.check(Section::Plot, self.problems);
        let keys = plot_keys!(read_keys self fields PlotKeys {});
        if keys.kind.is_none() && fields.key("kind").is_some() {
            // Which keys it has is not known then.
            return None;
        }
        let kind = keys.kind.unwrap_or(PlotKind::Bars);
        // The metrics of each kind have names of their own, and those of others would be passed over without a word.
        let (own, needed): (&[&str], &[&str]) = match kind {
            PlotKind::Bars | PlotKind::Lines | PlotKind::Heat => (&["metric"], &[]),
            PlotKind::Stacked => (&["parts", "total"], &["parts"]),
            PlotKind::Scatter => (&["x", "y"], &["x", "y"]),
        };
        for other in ["metric", "parts", "total", "x", "y"].into_iter().filter(|key| !own.contains(key)) {
            if let Some(found) = fields.key(other) {
                let problem = Problem::error(found, format!("a figure of `kind: {}` has no `{other}`", kind.word()));
                let help = match other {
                    "metric" => format!("its metrics are {}", listed(own)),
                    "parts" | "total" => "that is for `kind: stacked`".to_owned(),
                    _ => "that is for `kind: scatter`".to_owned(),
                };
                return self.refuse(problem.help(help));
            }
        }
        if let Some(missing) = needed.iter().find(|key| fields.key(key).is_none() && !unknown.may_be(key)) {
            let message = format!("a figure of `kind: {}` needs `{missing}`", kind.word());
            let help = match kind {
                PlotKind::Scatter => "write `pareto: {kind: scatter, x: area, y: ipc}`",
                _ => "write `mix: {kind: stacked, parts: [busy, stalled], total: cycles}`",
            };
            return self.refuse(Problem::error(field.key, message).help(help));
        }
        Some((At { value: field.name.to_owned(), at: field.key }, keys))
    }
}
