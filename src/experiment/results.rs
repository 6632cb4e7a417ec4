//! What is made of the stats of an experiment: metrics and tables, as the file says it. Plain data; `report` does it.
//!
//! It stands in the plan, so that a table can be made again from the experiment directory alone. No simulation is made from it, and
//! no engine works by it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::parameter::Parameter;
use crate::gem5::stats::ResultDump;
use crate::metric::{Expression, Malformed, Metric};

/// Metrics and tables.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ResultsRule {
    /// What is told of each simulation, in the order of the file.
    pub metrics: Vec<MetricRule>,
    /// Which dump is read, in place of those that the simulations mean.
    pub dump: Option<ResultDump>,
    /// Simulations that stand for one together.
    pub simpoints: Option<SimpointsRule>,
    /// The table where no view is named.
    pub table: TableRule,
    /// Tables with a name.
    pub views: Vec<ViewRule>,
    /// Figures with a name.
    pub plots: Vec<PlotRule>,
}

impl ResultsRule {
    /// Whether nothing is said.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// What is told of each simulation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MetricRule {
    /// What it is called.
    pub name: String,
    /// What it is.
    pub value: Definition,
    /// Which way is better, if that is said.
    #[serde(default)]
    pub better: Option<Better>,
    /// The unit that is shown in place of the one that follows from gem5's.
    #[serde(default)]
    pub unit: Option<String>,
    /// Digits behind the point that are shown.
    #[serde(default)]
    pub digits: Option<u8>,
    /// What a stat counts that a complete dump does not have.
    #[serde(default)]
    pub absent: Option<f64>,
}

impl MetricRule {
    /// What it is evaluated as.
    ///
    /// # Errors
    /// When the text is no expression.
    pub fn compiled(&self) -> Result<Metric, Malformed> {
        let expression = match &self.value {
            Definition::Value(text) => Expression::parse(text)?,
            Definition::Stat(glob) => Expression::stat(glob),
        };
        Ok(Metric { name: self.name.clone(), expression, absent: self.absent })
    }
}

/// What a metric is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Definition {
    /// The text of an expression.
    Value(String),
    /// The name of a stat, or a glob that matches one.
    Stat(String),
}

/// Which way is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Better {
    /// More.
    Higher,
    /// Less.
    Lower,
}

/// How values are compared with those of the baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Compare {
    /// Not at all, although there is a baseline.
    None,
    /// As a quotient that is above 1 where it is better.
    Ratio,
    /// As a change in per cent of the baseline.
    Percent,
    /// As a change in the unit of the metric.
    Difference,
}

impl Compare {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Ratio, Self::Percent, Self::Difference, Self::None];

    /// Its name in the file.
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Ratio => "ratio",
            Self::Percent => "percent",
            Self::Difference => "difference",
        }
    }
}

/// A kind of mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MeanKind {
    /// For ratios.
    Geomean,
    /// For times and counts.
    Arithmetic,
    /// For rates.
    Harmonic,
    /// No mean.
    None,
}

impl MeanKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Geomean, Self::Arithmetic, Self::Harmonic, Self::None];

    /// Its name in the file.
    pub fn word(self) -> &'static str {
        match self {
            Self::Geomean => "geomean",
            Self::Arithmetic => "arithmetic",
            Self::Harmonic => "harmonic",
            Self::None => "none",
        }
    }
}

/// What a table is made of. What is not said has a default (`report::Layout`).
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TableRule {
    /// Parameters and values of what others are compared with.
    pub baseline: Option<Vec<(String, String)>>,
    /// How.
    pub compare: Option<Compare>,
    /// Parameters that only repeat a point.
    pub replicas: Option<Vec<String>>,
    /// Parameters over which a mean is made.
    pub workloads: Option<WorkloadsRule>,
    /// Parameters that make rows.
    pub rows: Option<Vec<String>>,
    /// Parameters that make columns.
    pub columns: Option<Vec<String>>,
}

impl TableRule {
    /// What this one says, and for the rest what `other` does.
    #[must_use]
    pub fn over(&self, other: &Self) -> Self {
        let (own, other) = (self.clone(), other.clone());
        // Whoever says what a column is has not said what is a row in another table.
        let is_arranged = own.rows.is_some() || own.columns.is_some();
        let (rows, columns) = if is_arranged { (own.rows, own.columns) } else { (other.rows, other.columns) };
        Self {
            baseline: own.baseline.or(other.baseline),
            compare: own.compare.or(other.compare),
            replicas: own.replicas.or(other.replicas),
            workloads: own.workloads.or(other.workloads),
            rows,
            columns,
        }
    }

    /// A parameter with two parts in the table, and which.
    pub fn twice(&self, simpoints: Option<&SimpointsRule>) -> Option<(String, &'static str, &'static str)> {
        let mut seen: BTreeMap<&str, &'static str> = BTreeMap::new();
        let combined = simpoints.map(|rule| (rule.over.as_str(), "`simpoints`"));
        let replicas = self.replicas.iter().flatten().map(|name| (name.as_str(), "`replicas`"));
        for (name, part) in combined.into_iter().chain(replicas) {
            if let Some(first) = seen.insert(name, part) {
                return Some((name.to_owned(), first, part));
            }
        }
        let workloads = self.workloads.iter().flat_map(|rule| &rule.over).map(|name| (name.as_str(), "`workloads`"));
        for (name, part) in workloads {
            if let Some(first) = seen.insert(name, part) {
                return Some((name.to_owned(), first, part));
            }
        }
        // What is compared with one of its values is shown beside it, and a workload stands in a row or column.
        for (name, _) in self.baseline.iter().flatten() {
            if let Some(first) = seen.get(name.as_str()) {
                return Some((name.clone(), first, "`baseline`"));
            }
        }
        let mut shown: BTreeMap<&str, &'static str> = BTreeMap::new();
        let rows = self.rows.iter().flatten().map(|name| (name.as_str(), "`rows`"));
        let columns = self.columns.iter().flatten().map(|name| (name.as_str(), "`columns`"));
        for (name, part) in rows.chain(columns) {
            let used = seen.get(name).filter(|part| **part != "`workloads`").copied();
            if let Some(first) = used.or(shown.insert(name, part)) {
                return Some((name.to_owned(), first, part));
            }
        }
        None
    }
}

/// Parameters over which a mean is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkloadsRule {
    /// The parameters; none for no mean.
    pub over: Vec<String>,
    /// The kind; none for the one that follows from the unit.
    #[serde(default)]
    pub mean: Option<MeanKind>,
}

/// A table with a name.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ViewRule {
    /// The name.
    pub name: String,
    /// The names of the metrics that it shows; none for all.
    #[serde(default)]
    pub metrics: Option<Vec<String>>,
    /// Values that its simulations have.
    #[serde(default)]
    pub only: Vec<(String, String)>,
    /// Which dump is read, in place of the one that `results` says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dump: Option<ResultDump>,
    /// What it says otherwise.
    #[serde(default)]
    pub table: TableRule,
}

/// A kind of figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PlotKind {
    /// Grouped bars.
    Bars,
    /// Bars of parts.
    Stacked,
    /// Lines over a number or a size.
    Lines,
    /// Shaded cells.
    Heat,
    /// Points over two metrics.
    Scatter,
}

impl PlotKind {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Bars, Self::Stacked, Self::Lines, Self::Heat, Self::Scatter];

    /// Its name in the file.
    pub fn word(self) -> &'static str {
        match self {
            Self::Bars => "bars",
            Self::Stacked => "stacked",
            Self::Lines => "lines",
            Self::Heat => "heat",
            Self::Scatter => "scatter",
        }
    }
}

/// A figure with a name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlotRule {
    /// The name.
    pub name: String,
    /// What it looks like.
    pub kind: PlotKind,
    /// The view whose tables it draws; none for the table where no view is named.
    #[serde(default)]
    pub view: Option<String>,
    /// The names of the metrics that it draws: a figure of each, the parts of a stack, or what is told to the right and upwards. None
    /// for those of the view.
    #[serde(default)]
    pub metrics: Vec<String>,
    /// What the parts of a stack are parts of.
    #[serde(default)]
    pub total: Option<String>,
}

/// Simulations that stand for one together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SimpointsRule {
    /// The parameter that tells them apart.
    pub over: String,
    /// How much each counts.
    pub weights: Weights,
    /// The part of the weights that must be there, from 0 to 1.
    pub coverage: f64,
}

/// How much each of several simulations counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Weights {
    /// As a parameter says.
    Parameter(String),
    /// By the value of the parameter that tells them apart.
    Map(Vec<(String, f64)>),
    /// As the files of the program `simpoint` say: a weight and a number on each line.
    Files {
        /// The path as it was written, with placeholders such as `${workload}`.
        path: String,
        /// What stands in each file that could be read, by its path with the placeholders filled in.
        read: Vec<(String, Vec<(String, f64)>)>,
    },
}

impl Weights {
    /// How much the simulation with these parameters counts, whose simpoint is called `simpoint`.
    ///
    /// # Errors
    /// Why that is not known, as a clause.
    pub fn of(&self, simpoint: &str, parameters: &[Parameter]) -> Result<f64, String> {
        let of_list = |list: &[(String, f64)], whose: &str| {
            let found = list.iter().find(|(index, _)| index == simpoint).map(|(_, weight)| *weight);
            found.ok_or_else(|| format!("{whose} has no weight for `{simpoint}`"))
        };
        match self {
            Self::Parameter(name) => {
                let value = parameters.iter().find(|parameter| parameter.name == *name);
                let value = value.ok_or_else(|| format!("it has no parameter `{name}`"))?;
                let weight = value.value.number().filter(|weight| *weight >= 0.0);
                weight.ok_or_else(|| format!("`{name}` is `{}`, which is no weight", value.value.as_written()))
            }
            Self::Map(weights) => of_list(weights, "`weights`"),
            Self::Files { path, read } => {
                let filled = filled(path, parameters);
                match read.iter().find(|(path, _)| *path == filled) {
                    Some((_, weights)) => of_list(weights, &format!("`{filled}`")),
                    None => Err(format!("the weights in `{filled}` could not be read")),
                }
            }
        }
    }
}

/// A path with the parameters of a simulation filled in.
pub(super) fn filled(path: &str, parameters: &[Parameter]) -> String {
    let mut filled = path.to_owned();
    for parameter in parameters {
        filled = filled.replace(&format!("${{{}}}", parameter.name), parameter.value.as_written());
    }
    filled
}
