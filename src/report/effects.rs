//! Which parameter matters: the main effect of each on a metric. Pure.
//!
//! A level of a parameter has a mean over all points that have it. Where every combination of the parameters is there, these means
//! differ by the parameter alone, and how far they are apart is its main effect. The part of the sum of squares that it
//! explains says how much of all that differs comes from it; what no single parameter explains comes from several together.
//!
//! The awkward truth: where combinations are missing, a mean over what is there mixes one parameter with another. So only a
//! sweep, or a part of one, with all combinations is looked at: levels that lack some are taken out, the one that lacks most
//! first, and are named.

use std::collections::{BTreeMap, BTreeSet};

use super::compare::{Compared, Comparison, configs};
use super::layout::{Layout, LayoutError};
use super::pipeline::Built;
use super::point::Point;
use super::question::Question;
use super::samples::{Evaluation, Samples, groups};
use super::space::{SIMULATION, Space};
use super::statistics::mean;
use super::table::{Cell, Column, Excluded, Note, Row, Table, Value};
use crate::experiment::results::TableRule;
use crate::metric::Unit;

/// The values of some parameters, by their numbers, with the value of the metric.
type Observed = (Vec<u32>, f64);

impl Question {
    /// What each parameter does to each metric that is shown: a table with a row for each level, its mean, and how far the means of its
    /// parameter are apart. The parameter that explains most stands first.
    ///
    /// # Errors
    /// When the question speaks of parameters that no simulation has.
    pub fn effects(&self, points: &[Point]) -> Result<Vec<Built>, LayoutError> {
        self.has_one_number()?;
        self.shown.iter().filter_map(|metric| self.effects_on(points, *metric)).collect()
    }

    fn effects_on(&self, points: &[Point], metric: usize) -> Option<Result<Built, LayoutError>> {
        let rule = self.rules.get(metric)?;
        let has = |point: &Point| {
            self.only.iter().all(|(name, value)| point.value(name).is_some_and(|known| known.is(value)))
        };
        let chosen = points.iter().enumerate().filter(|(_, point)| has(point)).map(|(at, _)| at).collect();
        let space = Space::new(points, chosen);
        // Nothing is compared: the value of a baseline would have no effect.
        let table = TableRule { baseline: None, compare: None, ..self.table.clone() };
        let layout = match Layout::of(&table, self.simpoints.as_ref(), points, &space) {
            Ok(layout) => layout,
            Err(error) => return Some(Err(error)),
        };
        let (metrics, include) = (&self.metrics, self.include);
        let groups = groups(points, &space, &layout);
        let samples = Evaluation { points, groups: &groups, layout: &layout, metrics, metric, include }.samples();
        let configs = configs(&space, &layout, &groups);
        let compared = Comparison { layout: &layout, better: rule.better }.estimates(&configs, &samples);
        let mut axes: Vec<String> =
            layout.identity.iter().filter(|name| *name != SIMULATION && space.varies(name)).cloned().collect();
        axes.sort_by_key(|name| space.place(name));
        let unit = (samples.unit != Unit::Unknown && !samples.unit.is_none()).then(|| samples.unit.to_string());
        let mut drawing = Drawing { space: &space, layout: &layout, axes, notes: Vec::new(), excluded: Vec::new() };
        let follow = layout.dependent.iter().filter(|name| space.varies(name));
        let replica = |name: &&String| layout.replicas.iter().any(|of| name.starts_with(of.as_str()));
        let follow: Vec<String> = follow.filter(|name| !replica(name)).map(|name| format!("`{name}`")).collect();
        if !follow.is_empty() {
            let follow = follow.join(", ");
            drawing
                .notes
                .push(format!("{follow} follows from the others: what it does cannot be told from what they do"));
        }
        let observed = drawing.observed(&compared, &samples);
        let rows = drawing.rows(observed);
        let Drawing { notes, excluded, .. } = drawing;
        let doubts = samples.doubts.iter().map(|doubt| format!("{}: {doubt}", rule.name));
        let with_dump = space.chosen().iter().filter_map(|at| points.get(*at)).filter(|point| point.dump.is_ok());
        let versions: BTreeSet<&String> = with_dump.filter_map(|point| point.version.as_ref()).collect();
        let steps = [self.dump_step(points), rule.name.clone(), "mean over all other parameters".to_owned()];
        let table = Table {
            title: format!("main effects on {}", rule.name),
            unit: rule.unit.clone().or(unit),
            row_names: ["parameter", "value"].map(str::to_owned).into(),
            column_names: Vec::new(),
            columns: COLUMNS.map(|label| Column { labels: vec![label.to_owned()], is_mean: false }).into(),
            rows,
            pipeline: steps.into(),
            notes: notes.into_iter().chain(doubts).map(|text| Note { text }).collect(),
            excluded,
            versions: versions.into_iter().cloned().collect(),
        };
        Some(Ok(Built { missing: table.excluded.len(), table, layout }))
    }
}

/// As [`LEGEND`] has them. The first is in the unit of the metric, the others are in per cent.
const COLUMNS: [&str; 4] = ["mean", "from all %", "spread %", "explains %"];

/// What they are, for a reader.
const LEGEND: [&str; 4] = [
    "mean: of all points that have this value of the parameter",
    "from all %: how far that is from the mean of all points",
    "spread %: from the lowest mean of the parameter to its highest, beside the mean of all points",
    "explains %: how much of all that differs, as the sum of squares, comes from this parameter alone",
];

/// A level by its number, its mean, and over how many points.
type Level = (u32, f64, usize);

struct Drawing<'d> {
    space: &'d Space,
    layout: &'d Layout,
    axes: Vec<String>,
    notes: Vec<String>,
    excluded: Vec<Excluded>,
}

impl Drawing<'_> {
    /// The configurations that have a value which counts, by the axes alone.
    fn observed(&mut self, compared: &[Compared<'_>], samples: &Samples<'_>) -> Vec<Observed> {
        let mut observed: BTreeMap<Vec<u32>, Vec<f64>> = BTreeMap::new();
        for one in compared {
            let place = |name: &String| self.layout.identity.iter().position(|known| known == name);
            let key: Option<Vec<u32>> =
                self.axes.iter().map(|name| one.config.get(place(name)?).copied().flatten()).collect();
            let why = match (&one.estimate, key) {
                (Ok(estimate), Some(key)) if !estimate.is_apart => {
                    observed.entry(key).or_default().push(estimate.number);
                    continue;
                }
                (Ok(estimate), Some(_)) if estimate.is_provisional => "its value may still change".to_owned(),
                (Ok(_), Some(_)) => "part of its simpoints is missing".to_owned(),
                (Ok(_), None) => "it has not every parameter".to_owned(),
                (Err(gap), _) => gap.reason.clone(),
            };
            let of_config = samples.list.iter().map(|sample| sample.group).filter(|group| group.config == *one.config);
            let names = of_config.flat_map(|group| &group.points).filter_map(|point| self.space.name_of(*point));
            self.excluded.extend(names.map(|name| Excluded {
                simulation: name.to_string(),
                reason: why.strip_prefix(&format!("{name}: ")).unwrap_or(&why).to_owned(),
            }));
        }
        if observed.values().any(|numbers| numbers.len() > 1) {
            self.notes.push("simulations that differ in their names alone count as one, with their mean".to_owned());
        }
        observed.into_iter().map(|(key, numbers)| (key, mean(&numbers))).collect()
    }

    fn rows(&mut self, observed: Vec<Observed>) -> Vec<Row> {
        if self.axes.is_empty() {
            self.notes.push("nothing is varied".to_owned());
            return Vec::new();
        }
        let (complete, dropped) = complete(observed, self.axes.len());
        if !dropped.is_empty() {
            let named =
                dropped.iter().map(|(axis, level)| format!("{}={}", self.axes[*axis], self.label(*axis, *level)));
            self.notes.push(format!(
                "only over what has all combinations: {} left out, which lack some",
                named.collect::<Vec<_>>().join(", ")
            ));
        }
        let numbers: Vec<f64> = complete.iter().map(|(_, number)| *number).collect();
        if numbers.len() >= 2 {
            self.notes.splice(0..0, LEGEND.map(str::to_owned));
        }
        if numbers.len() < 2 {
            self.notes
                .push("no two points have all combinations of their parameters, so nothing can be told".to_owned());
            return Vec::new();
        }
        let grand = mean(&numbers);
        let total: f64 = numbers.iter().map(|number| (number - grand).powi(2)).sum();
        let mut effects: Vec<(f64, usize, Vec<Level>)> = Vec::new();
        for axis in 0..self.axes.len() {
            let mut levels: BTreeMap<u32, Vec<f64>> = BTreeMap::new();
            for (key, number) in &complete {
                levels.entry(key[axis]).or_default().push(*number);
            }
            if levels.len() < 2 {
                self.notes.push(format!("`{}` has one value left, so that its effect cannot be told", self.axes[axis]));
                continue;
            }
            let means: Vec<Level> =
                levels.iter().map(|(level, numbers)| (*level, mean(numbers), numbers.len())).collect();
            let explained: f64 = means.iter().map(|(_, mean, count)| (mean - grand).powi(2) * *count as f64).sum();
            effects.push((explained, axis, means));
        }
        // Those that explain equally much stay in the order of the file.
        effects.sort_by(|a, b| b.0.total_cmp(&a.0));
        let explained: f64 = effects.iter().map(|(explained, ..)| explained).sum();
        if total > 0.0 {
            let rest = ((1.0 - explained / total) * 100.0).max(0.0);
            self.notes.push(format!("{rest:.1} % of what differs comes from several parameters together"));
        }
        effects
            .iter()
            .flat_map(|(explained, axis, means)| self.of_axis(*axis, means, *explained, (grand, total)))
            .collect()
    }

    /// A row for each level, with what is said of the parameter as a whole.
    fn of_axis(&self, axis: usize, means: &[Level], explained: f64, (grand, total): (f64, f64)) -> Vec<Row> {
        let low = means.iter().map(|(_, mean, _)| *mean).fold(f64::INFINITY, f64::min);
        let high = means.iter().map(|(_, mean, _)| *mean).fold(f64::NEG_INFINITY, f64::max);
        let of_all = |number: f64, count| {
            if grand == 0.0 {
                missing("x/0", "the mean of all is 0")
            } else {
                number_of(number / grand.abs() * 100.0, count, Some(1))
            }
        };
        let row = |(level, mean, count): &Level| {
            let share = if total > 0.0 {
                number_of(explained / total * 100.0, *count, Some(1))
            } else {
                missing("0/0", "all values are the same, so there is nothing to explain")
            };
            let all: usize = means.iter().map(|(.., count)| *count).sum();
            Row {
                labels: vec![self.axes[axis].clone(), self.label(axis, *level)],
                is_baseline: false,
                cells: vec![
                    number_of(*mean, *count, None),
                    of_all(mean - grand, *count),
                    of_all(high - low, all),
                    share,
                ],
            }
        };
        means.iter().map(row).collect()
    }

    fn label(&self, axis: usize, level: u32) -> String {
        self.space.labels(&self.axes[axis..=axis], &vec![Some(level)]).swap_remove(0)
    }
}

/// The part with all combinations that is left when levels are taken out one after the other, the one that lacks most of its
/// combinations first; and the levels that were taken out, as axis and number.
fn complete(mut observed: Vec<Observed>, axes: usize) -> (Vec<Observed>, Vec<(usize, u32)>) {
    let mut dropped = Vec::new();
    loop {
        let levels: Vec<BTreeSet<u32>> =
            (0..axes).map(|axis| observed.iter().map(|(key, _)| key[axis]).collect()).collect();
        let all: usize = levels.iter().map(BTreeSet::len).product();
        if observed.len() >= all {
            return (observed, dropped);
        }
        let mut worst: Option<(f64, usize, u32)> = None;
        for (axis, levels) in levels.iter().enumerate() {
            let wanted = all / levels.len().max(1);
            for &level in levels {
                let there = observed.iter().filter(|(key, _)| key[axis] == level).count();
                let lacks = 1.0 - there as f64 / wanted.max(1) as f64;
                // Of two that lack equally much, the one of the axis that has more levels to lose.
                let is_worse = worst.is_none_or(|(most, known, _)| {
                    lacks > most + 1e-12
                        || ((lacks - most).abs() <= 1e-12 && levels.len() > observed_levels(&observed, known))
                });
                if is_worse {
                    worst = Some((lacks, axis, level));
                }
            }
        }
        let Some((_, axis, level)) = worst else { return (observed, dropped) };
        observed.retain(|(key, _)| key[axis] != level);
        dropped.push((axis, level));
    }
}

fn observed_levels(observed: &[Observed], axis: usize) -> usize {
    observed.iter().map(|(key, _)| key[axis]).collect::<BTreeSet<_>>().len()
}

fn number_of(number: f64, count: usize, digits: Option<u8>) -> Cell {
    Cell::Value(Value {
        number,
        error: None,
        count: count as u32,
        digits,
        is_provisional: false,
        notes: Vec::new(),
        simulations: Vec::new(),
    })
}

fn missing(word: &str, reason: &str) -> Cell {
    Cell::Missing { word: word.to_owned(), reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::results::{Definition, MetricRule, ResultsRule};
    use crate::report::Asked;
    use crate::report::tests::{self, failed};

    /// A simulation called by its parameters; one without a value has failed.
    fn point(parameters: &str, value: Option<f64>) -> Point {
        value.map_or_else(|| failed(parameters, "segv"), |value| tests::point(parameters, &[("m", value, "Count")]))
    }

    fn effects(points: &[Point]) -> Table {
        let value = Definition::Stat("m".to_owned());
        let metric = MetricRule { name: "m".to_owned(), value, better: None, unit: None, digits: None, absent: None };
        let rule = ResultsRule { metrics: vec![metric], ..ResultsRule::default() };
        let question = Question::new(&rule, &Asked::default(), &[]).unwrap();
        question.effects(points).unwrap().swap_remove(0).table
    }

    /// Each row as its names with its numbers; none for a cell that has none.
    fn rows(table: &Table) -> Vec<(String, Vec<Option<f64>>)> {
        let number = |cell: &Cell| match cell {
            Cell::Value(value) => Some((value.number * 1e6).round() / 1e6),
            Cell::Missing { .. } => None,
        };
        table.rows.iter().map(|row| (row.labels.join("="), row.cells.iter().map(number).collect())).collect()
    }

    fn row(name: &str, numbers: [Option<f64>; 4]) -> (String, Vec<Option<f64>>) {
        (name.to_owned(), numbers.into())
    }

    fn told(table: &Table) -> String {
        table.notes.iter().map(|note| note.text.as_str()).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn means_spreads_and_shares_are_those_that_are_calculated_by_hand() {
        // The mean of all is 30. Squares: 400 + 100 + 0 + 900 = 1400; of `a` 4 * 225 = 900, of `b` 4 * 100 = 400.
        let points = [
            point("b=1 a=1", Some(10.0)),
            point("b=2 a=1", Some(20.0)),
            point("b=1 a=2", Some(30.0)),
            point("b=2 a=2", Some(60.0)),
        ];
        let table = effects(&points);
        let expected = [
            row("a=1", [Some(15.0), Some(-50.0), Some(100.0), Some(64.285_714)]),
            row("a=2", [Some(45.0), Some(50.0), Some(100.0), Some(64.285_714)]),
            row("b=1", [Some(20.0), Some(-33.333_333), Some(66.666_667), Some(28.571_429)]),
            row("b=2", [Some(40.0), Some(33.333_333), Some(66.666_667), Some(28.571_429)]),
        ];
        assert_eq!(rows(&table), expected);
        assert!(told(&table).contains("7.1 %"), "{}", told(&table));
        // Each column is explained beneath.
        for column in &table.columns {
            let lead = format!("{}: ", column.labels[0]);
            assert!(table.notes.iter().any(|note| note.text.starts_with(&lead)), "{lead}{}", told(&table));
        }
    }

    #[test]
    fn a_level_that_lacks_a_combination_is_left_out_and_named() {
        let mut points = vec![
            point("a=1 b=1", Some(10.0)),
            point("a=1 b=2", Some(20.0)),
            point("a=1 b=3", Some(1000.0)),
            point("a=2 b=1", Some(30.0)),
            point("a=2 b=2", Some(40.0)),
            point("a=2 b=3", None),
        ];
        let table = effects(&points);
        // With b=3 the mean of a=1 would be 343 and that of a=2 35: the wrong one would be better.
        let expected = [
            row("a=1", [Some(15.0), Some(-40.0), Some(80.0), Some(80.0)]),
            row("a=2", [Some(35.0), Some(40.0), Some(80.0), Some(80.0)]),
            row("b=1", [Some(20.0), Some(-20.0), Some(40.0), Some(20.0)]),
            row("b=2", [Some(30.0), Some(20.0), Some(40.0), Some(20.0)]),
        ];
        assert_eq!(rows(&table), expected);
        assert!(told(&table).contains("b=3 left out"), "{}", told(&table));
        assert_eq!(table.excluded[0].simulation, "2-3");
        // No order of the file changes a number.
        points.reverse();
        let sorted = |table: &Table| rows(table).into_iter().map(|row| format!("{row:?}")).collect::<BTreeSet<_>>();
        assert_eq!(sorted(&effects(&points)), sorted(&table));
    }

    #[test]
    fn replicas_are_one_point_and_what_does_not_vary_has_no_effect() {
        let points = [
            point("a=1 c=9 seed=1", Some(1.0)),
            point("a=1 c=9 seed=2", Some(3.0)),
            point("a=2 c=9 seed=1", Some(5.0)),
            point("a=2 c=9 seed=2", Some(7.0)),
        ];
        let expected = [
            row("a=1", [Some(2.0), Some(-50.0), Some(100.0), Some(100.0)]),
            row("a=2", [Some(6.0), Some(50.0), Some(100.0), Some(100.0)]),
        ];
        assert_eq!(rows(&effects(&points)), expected);
    }

    #[test]
    fn where_nothing_can_be_told_nothing_is() {
        for points in [
            vec![],
            vec![point("a=1", Some(1.0))],
            vec![point("a=1", None), point("a=2", None)],
            vec![
                point("a=1 b=1", Some(1.0)),
                point("a=1 b=2", None),
                point("a=2 b=1", None),
                point("a=2 b=2", Some(2.0)),
            ],
        ] {
            let table = effects(&points);
            assert!(table.rows.is_empty() && !table.notes.is_empty(), "{table:?}");
        }
        // What goes in step cannot be told apart.
        let table = effects(&[point("a=1 b=1", Some(1.0)), point("a=2 b=2", Some(3.0)), point("a=3 b=2", Some(3.0))]);
        assert_eq!(table.rows.len(), 3);
        assert!(told(&table).contains("`b` follows"), "{}", told(&table));
        // Equal values have no spread, and nothing to explain.
        let table = effects(&[point("a=1", Some(0.0)), point("a=2", Some(0.0))]);
        assert_eq!(rows(&table)[0], row("a=1", [Some(0.0), None, None, None]));
    }
}
