//! All steps in their order, and the table that they end in.

use std::collections::{BTreeMap, BTreeSet};

use super::compare::{Compared, Comparison};
use super::estimate::{Estimate, Gap, combined};
use super::grid::Line;
use super::layout::Layout;
use super::means::{Means, kind_of};
use super::point::{Include, Standing};
use super::prepared::Prepared;
use super::samples::{Evaluation, Samples};
use super::space::{Key, Space};
use super::table::{Cell, Column, Excluded, NOT_MEANT, Note, Row, Table, Value};
use crate::experiment::results::{Better, Compare, Definition, MeanKind, MetricRule, Weights};
use crate::metric::{Metrics, Unit};

/// One table that is wanted.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'w> {
    /// All metrics of the experiment.
    pub metrics: &'w Metrics,
    /// The one that is shown, among them.
    pub metric: usize,
    /// What the file says of it.
    pub rule: &'w MetricRule,
    /// What counts besides what ended ok.
    pub include: Include,
    /// What was read, as the first step.
    pub dump: &'w str,
}

/// A table, and how much of it is not there.
#[derive(Debug, Clone, PartialEq)]
pub struct Built {
    /// The table.
    pub table: Table,
    /// The parts of the parameters in it.
    pub layout: Layout,
    /// Cells of the sweep that have no final value.
    pub missing: usize,
}

impl Prepared<'_> {
    /// Makes the table of a metric.
    pub fn table(&self, wanted: &Wanted<'_>) -> Built {
        let Self { points, layout, groups, .. } = self;
        let Wanted { metrics, metric, include, .. } = *wanted;
        let samples = Evaluation { points, groups, layout, metrics, metric, include }.samples();
        let comparison = Comparison { layout, better: wanted.rule.better };
        let compared = comparison.estimates(&self.configs, &samples);
        let shown: Vec<&Compared<'_>> = self.grid.shown.iter().filter_map(|at| compared.get(*at)).collect();
        let is_turned = comparison.is_turned();
        let mut drawing =
            Drawing { prepared: self, wanted, samples: &samples, is_turned, notes: Vec::new(), missing: 0 };
        let table = drawing.table(&shown);
        let missing = drawing.missing;
        Built { table, layout: layout.clone(), missing }
    }
}

struct Drawing<'d> {
    prepared: &'d Prepared<'d>,
    wanted: &'d Wanted<'d>,
    samples: &'d Samples<'d>,
    is_turned: bool,
    notes: Vec<String>,
    missing: usize,
}

impl<'d> Drawing<'d> {
    fn table(&mut self, shown: &[&Compared<'_>]) -> Table {
        let Prepared { layout, grid, space, .. } = self.prepared;
        let has_many = layout.workloads.iter().any(|name| space.varies(name));
        let kind = if has_many { kind_of(layout, &self.samples.unit) } else { Ok(MeanKind::None) };
        let means = Means::new(grid, *kind.as_ref().unwrap_or(&MeanKind::None), shown);
        let has_mean = has_many && (kind.as_ref().is_ok_and(|kind| *kind != MeanKind::None) || layout.mean.is_some());
        let has_mean = has_mean && kind != Ok(MeanKind::None);
        let is_in = |names: &[String]| layout.workloads.iter().any(|name| names.contains(name));
        let is_hidden = has_many && !is_in(&layout.rows) && !is_in(&layout.columns);
        if let (true, Err(why)) = (has_many && layout.mean.is_none(), &kind) {
            self.note(why.clone());
        }
        let (rows, columns) = (grid.rows.of(has_mean), grid.columns.of(has_mean));
        let mean_word = kind.as_ref().ok().copied().or(layout.mean).unwrap_or(MeanKind::None).word();
        let (in_means, dropped) = means.told(space, layout);
        let has_values = has_mean && kind.is_ok();
        let dropped = dropped.filter(|_| has_values);
        let mut drawn = Vec::new();
        for (row_at, row) in rows.iter().enumerate() {
            let mut line = Vec::with_capacity(columns.len());
            for column_at in 0..columns.len() {
                let place = (row_at, column_at);
                let groups = grid.means.get(&place).filter(|_| has_mean);
                line.push(match (grid.cells.get(&place), groups, &kind) {
                    (None, None, _) => Cell::Missing {
                        word: NOT_MEANT.to_owned(),
                        reason: "the sweep has no such simulation".to_owned(),
                    },
                    (_, Some(_), Err(why)) => self.gap(&Gap::new("refused", why.clone())),
                    (_, Some(groups), Ok(_)) => self.mean(&means, groups, dropped.as_deref()),
                    (Some(_), None, Err(why)) if is_hidden => self.gap(&Gap::new("refused", why.clone())),
                    (Some(ones), None, Ok(kind)) if is_hidden && *kind != MeanKind::None => {
                        let groups = ones.iter().filter_map(|one| grid.group_of.get(*one).copied()).collect();
                        self.mean(&means, &groups, dropped.as_deref())
                    }
                    (Some(ones), None, _) => {
                        let ones: Vec<&Compared<'_>> = ones.iter().filter_map(|one| shown.get(*one).copied()).collect();
                        self.cell(&ones)
                    }
                });
            }
            let labels = self.labels(row, &layout.rows, mean_word);
            let is_baseline = layout.comparison() != Compare::None
                && !layout.baseline.is_empty()
                && layout.baseline.iter().all(|(name, value)| self.is_at(row, name, value));
            drawn.push(Row { labels, is_baseline: is_baseline && !row.is_mean, cells: line });
        }
        let columns = columns
            .iter()
            .map(|column| Column { labels: self.labels(column, &layout.columns, mean_word), is_mean: column.is_mean });
        let columns = columns.collect();
        self.tell_of_all(shown);
        Table {
            title: self.title(),
            unit: self.unit(),
            row_names: layout.rows.clone(),
            column_names: layout.columns.clone(),
            columns,
            rows: drawn,
            pipeline: self.pipeline(kind.ok().filter(|_| has_mean || is_hidden), in_means, shown),
            notes: std::mem::take(&mut self.notes).into_iter().map(|text| Note { text }).collect(),
            excluded: self.excluded(),
            versions: self.versions(),
        }
    }

    fn layout(&self) -> &'d Layout {
        &self.prepared.layout
    }

    fn space(&self) -> &'d Space {
        &self.prepared.space
    }

    fn labels(&self, line: &Line, names: &[String], mean: &str) -> Vec<String> {
        let key: Key = line.key.iter().map(|value| Some(*value).filter(|value| *value != u32::MAX)).collect();
        let mut labels = self.space().labels(names, &key);
        if line.is_mean {
            for (label, name) in labels.iter_mut().zip(names) {
                if self.layout().workloads.contains(name) {
                    mean.clone_into(label);
                }
            }
        }
        labels
    }

    fn is_at(&self, row: &Line, name: &str, value: &str) -> bool {
        let at = self.layout().rows.iter().position(|known| known == name).and_then(|place| row.key.get(place));
        at.is_some_and(|at| Some(*at) == self.space().value_of(name, value))
    }

    fn cell(&mut self, ones: &[&Compared<'_>]) -> Cell {
        match ones {
            [one] => match &one.estimate {
                Ok(estimate) => self.value(estimate),
                Err(gap) => self.gap(gap),
            },
            several => {
                let finals = |one: &&Compared<'_>| one.estimate.as_ref().is_ok_and(|estimate| !estimate.is_provisional);
                let any_final = several.iter().any(finals);
                let parts = several.iter().filter(|one| !any_final || finals(one));
                let parts: Vec<&Estimate> = parts.filter_map(|one| one.estimate.as_ref().ok()).collect();
                let gap = several.iter().find_map(|one| one.estimate.as_ref().err()).cloned();
                match gap.filter(|_| parts.is_empty()) {
                    Some(gap) => self.gap(&gap),
                    None => self.mixed(&parts),
                }
            }
        }
    }

    /// A cell in which points stand that differ in what the table does not show.
    fn mixed(&mut self, parts: &[&Estimate]) -> Cell {
        let is_ratio = matches!(self.layout().comparison(), Compare::Ratio | Compare::Percent);
        match combined(if is_ratio { MeanKind::Geomean } else { MeanKind::Arithmetic }, parts) {
            Ok(mut estimate) => {
                let differ = self.layout().hidden.iter().chain(&self.layout().workloads);
                let differ =
                    differ.filter(|name| !self.layout().rows.contains(name) && !self.layout().columns.contains(name));
                let told = differ.filter_map(|name| {
                    let place = self.space().place(name)?;
                    let names = self.space().names().get(place..=place)?;
                    let values: BTreeSet<Key> =
                        estimate.points.iter().map(|point| self.space().key(*point, names)).collect();
                    let labels: Vec<String> = values.iter().flat_map(|key| self.space().labels(names, key)).collect();
                    (labels.len() > 1).then(|| format!("{name} = {}", labels.join(", ")))
                });
                let told: Vec<String> = told.collect();
                estimate.notes.insert(format!("cells mix {}", told.join("; ")));
                self.value(&estimate)
            }
            Err(gap) => self.gap(&gap),
        }
    }

    fn mean(&mut self, means: &Means<'_>, groups: &BTreeSet<usize>, dropped: Option<&str>) -> Cell {
        let groups: Vec<Result<Estimate, Gap>> = groups.iter().map(|group| means.of(*group)).collect();
        let mut estimates: Vec<Estimate> = Vec::new();
        let mut first_gap = None;
        for group in groups {
            match group {
                Ok(mut estimate) => {
                    // What is said of a workload stands at its cell.
                    estimate.notes.clear();
                    estimate.notes.extend(dropped.map(str::to_owned));
                    estimates.push(estimate);
                }
                Err(gap) => first_gap = first_gap.or(Some(gap)),
            }
        }
        match (estimates.as_slice(), first_gap) {
            ([], Some(gap)) => self.gap(&gap),
            ([estimate], None) => self.value(&estimate.clone()),
            (several, _) => self.mixed(&several.iter().collect::<Vec<_>>()),
        }
    }

    fn gap(&mut self, gap: &Gap) -> Cell {
        self.missing += 1;
        Cell::Missing { word: gap.word.clone(), reason: gap.reason.clone() }
    }

    fn value(&mut self, estimate: &Estimate) -> Cell {
        if estimate.is_provisional {
            self.missing += 1;
        }
        let is_percent = self.layout().comparison() == Compare::Percent;
        let error = estimate.plain_half();
        let (number, error) = if is_percent {
            ((estimate.number - 1.0) * 100.0, error.map(|error| error * 100.0))
        } else {
            (estimate.number, error)
        };
        let names = estimate.points.iter().filter_map(|point| self.space().name_of(*point).cloned()).collect();
        let notes = estimate.notes.iter().map(|note| self.note(note.clone())).collect();
        Cell::Value(Value {
            number,
            error,
            count: estimate.count,
            digits: self.wanted.rule.digits,
            is_provisional: estimate.is_provisional,
            notes,
            simulations: names,
        })
    }

    /// The number of a note, which is told once.
    fn note(&mut self, text: String) -> usize {
        let known = self.notes.iter().position(|known| *known == text);
        known.unwrap_or_else(|| {
            self.notes.push(text);
            self.notes.len() - 1
        })
    }

    /// What must be known of the table as a whole.
    fn tell_of_all(&mut self, shown: &[&Compared<'_>]) {
        for doubt in &self.samples.doubts {
            self.note(format!("{}: {doubt}", self.wanted.rule.name));
        }
        let counts: BTreeSet<u32> =
            shown.iter().filter_map(|one| one.estimate.as_ref().ok()).map(|estimate| estimate.count).collect();
        if let (Some(least), Some(most)) = (counts.first(), counts.last())
            && least != most
        {
            self.note(format!("n is not the same everywhere: {least} to {most}"));
        }
        if self.layout().comparison() != Compare::None {
            let compared: Vec<String> = self.layout().baseline.iter().map(|(name, _)| name.clone()).collect();
            let follows = |name: &&String| self.space().is_determined(name, &compared);
            let confounded: Vec<String> =
                self.layout().dependent.iter().filter(follows).map(|name| format!("`{name}`")).collect();
            if !confounded.is_empty() {
                self.note(format!(
                    "what is compared differs from the baseline in {} too, in step",
                    confounded.join(", ")
                ));
            }
        }
    }

    fn title(&self) -> String {
        let name = &self.wanted.rule.name;
        match (self.layout().comparison(), self.wanted.rule.better) {
            (Compare::None, _) => name.clone(),
            (Compare::Ratio, Some(Better::Lower)) => format!("{name} (base/new, above 1 is better)"),
            (Compare::Ratio, Some(Better::Higher)) => format!("{name} (new/base, above 1 is better)"),
            (Compare::Ratio, None) => format!("{name} (new/base)"),
            (Compare::Percent, _) => format!("{name} (change in per cent)"),
            (Compare::Difference, _) => format!("{name} (new - base)"),
        }
    }

    fn unit(&self) -> Option<String> {
        match self.layout().comparison() {
            Compare::Ratio => None,
            Compare::Percent => Some("%".to_owned()),
            Compare::None | Compare::Difference => {
                let of_gem5 = (self.samples.unit != Unit::Unknown && !self.samples.unit.is_none())
                    .then(|| self.samples.unit.to_string());
                self.wanted.rule.unit.clone().or(of_gem5)
            }
        }
    }

    fn pipeline(&self, mean: Option<MeanKind>, in_means: usize, shown: &[&Compared<'_>]) -> Vec<String> {
        let layout = self.layout();
        let MetricRule { name, value, .. } = self.wanted.rule;
        let text = match value {
            Definition::Value(text) | Definition::Stat(text) => text.as_str(),
        };
        let mut steps = vec![self.wanted.dump.to_owned()];
        steps.push(if name == text { name.clone() } else { format!("{name} = {text}") });
        if !self.prepared.only.is_empty() {
            let only: Vec<String> = self.prepared.only.iter().map(|(name, value)| format!("{name}={value}")).collect();
            steps.push(format!("only {}", only.join(" ")));
        }
        if let Some(rule) = &layout.simpoints {
            let weights = match &rule.weights {
                Weights::Parameter(name) => format!("${name}"),
                Weights::Map(_) => "given weights".to_owned(),
                Weights::Files { path, .. } => path.clone(),
            };
            steps.push(format!("{} weighted by {weights}, per instruction", rule.over));
        }
        let base: Vec<String> = layout.baseline.iter().map(|(name, value)| format!("{name}={value}")).collect();
        match layout.comparison() {
            Compare::None => {}
            Compare::Ratio if self.is_turned => steps.push(format!("ratio of {} to it", base.join(" "))),
            comparison => steps.push(format!("{} to {}", comparison.word(), base.join(" "))),
        }
        let counts: Vec<u32> = shown.iter().filter_map(|one| one.estimate.as_ref().ok()).map(|one| one.count).collect();
        if let (false, Some(least), Some(most)) = (layout.replicas.is_empty(), counts.iter().min(), counts.iter().max())
        {
            let count = if least == most { format!("n={least}") } else { format!("n={least} to {most}") };
            let interval = if *most > 1 { ", 95 % t interval" } else { "" };
            let of_logs = matches!(layout.comparison(), Compare::Ratio | Compare::Percent) && *most > 1;
            let mean = if of_logs { "geomean" } else { "mean" };
            steps.push(format!("{mean} of {} ({count}{interval})", layout.replicas.join(" ")));
        }
        if let Some(kind) = mean.filter(|kind| *kind != MeanKind::None) {
            steps.push(format!("{} over {} (n={in_means})", kind.word(), layout.workloads.join(" ")));
        }
        steps
    }

    /// Simulations whose values count nowhere.
    fn excluded(&self) -> Vec<Excluded> {
        let mut excluded = Vec::new();
        let samples = self.samples.list.iter();
        let gaps: BTreeMap<usize, &Gap> = samples
            .filter_map(|sample| Some((sample.value.as_ref().err()?, sample)))
            .flat_map(|(gap, sample)| sample.group.points.iter().map(move |point| (*point, gap)))
            .collect();
        for &index in self.space().chosen() {
            let Some(point) = self.prepared.points.get(index) else { continue };
            let reason = match point.standing(self.wanted.include) {
                Standing::Out => point.why_out().1,
                Standing::Provisional => format!("{}: what it shows may change", point.why_out().0),
                Standing::Counts | Standing::Included => match (&point.dump, gaps.get(&index)) {
                    (Err(none), _) => none.reason.clone(),
                    (Ok(_), Some(gap)) => {
                        gap.reason.strip_prefix(&format!("{}: ", point.name)).unwrap_or(&gap.reason).to_owned()
                    }
                    (Ok(_), None) => continue,
                },
            };
            excluded.push(Excluded { simulation: point.name.clone(), reason });
        }
        excluded
    }

    fn versions(&self) -> Vec<String> {
        let points = self.space().chosen().iter().filter_map(|point| self.prepared.points.get(*point));
        let counted = points.filter(|point| point.standing(self.wanted.include) != Standing::Out);
        let versions: BTreeSet<&String> = counted.filter_map(|point| point.version.as_ref()).collect();
        versions.into_iter().cloned().collect()
    }
}
