//! Which part each parameter has in a table. What nobody says is derived from the sweep.

use super::point::Point;
use super::space::{SIMULATION, Space};
use crate::experiment::results::{Compare, MeanKind, SimpointsRule, TableRule, Weights};
use crate::text::nearest;

/// The parts of all parameters.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Layout {
    /// Those that make rows.
    pub rows: Vec<String>,
    /// Those that make columns.
    pub columns: Vec<String>,
    /// Those over which a mean is made.
    pub workloads: Vec<String>,
    /// The kind of that mean, where it is said.
    pub mean: Option<MeanKind>,
    /// Those that only repeat a point.
    pub replicas: Vec<String>,
    /// Simulations that stand for one together.
    pub simpoints: Option<SimpointsRule>,
    /// What others are compared with.
    pub baseline: Vec<(String, String)>,
    /// How.
    pub compare: Option<Compare>,
    /// What tells points apart once simpoints and replicas are combined.
    pub identity: Vec<String>,
    /// Those that follow from the others, such as what goes in step with them.
    pub dependent: Vec<String>,
    /// Of the identity, those that are neither in rows nor in columns, and no workloads: cells mix what differs in them.
    pub hidden: Vec<String>,
}

/// Why there is no such table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LayoutError {
    /// No simulation has it.
    #[error("no simulation has a parameter `{name}`{hint}")]
    Parameter {
        /// The name.
        name: String,
        /// What may be meant.
        hint: String,
    },
    /// No simulation has this value.
    #[error("no simulation has `{value}` for `{name}`: there are {}", known.join(", "))]
    Value {
        /// The parameter.
        name: String,
        /// The value.
        value: String,
        /// Those that there are.
        known: Vec<String>,
    },
    /// A parameter with two parts.
    #[error("`{name}` has two parts in one table: {first} and {second}")]
    Twice {
        /// The name.
        name: String,
        /// The one.
        first: &'static str,
        /// The other.
        second: &'static str,
    },
    /// A table has room for one dump of each simulation.
    #[error(
        "a table has one number for each simulation, and `dump: each` has one for each dump: choose one, such as `dump: last`, add \
         them up with `dump: {{sum: all}}`, or take a row for each with `results --format csv`"
    )]
    EachDump,
    /// Workloads are partly in rows, and partly in columns or nowhere.
    #[error("`workloads` stand all in rows, all in columns, or in neither: {}", names.join(", "))]
    Scattered {
        /// The workloads.
        names: Vec<String>,
    },
}

/// What people call the parameter over which a mean is made.
const WORKLOADS: [&str; 12] = [
    "workload",
    "workloads",
    "wl",
    "benchmark",
    "benchmarks",
    "bench",
    "app",
    "application",
    "program",
    "kernel",
    "binary",
    "trace",
];

/// What `repeat` and `seeds` of the file make.
pub(super) const REPLICAS: [&str; 2] = ["repeat", "seed"];

/// Values that are told to somebody who wrote another one.
const MAX_TOLD: usize = 8;

impl Layout {
    /// The layout of a table over these points.
    ///
    /// # Errors
    /// When it speaks of what no simulation has, or gives a parameter two parts.
    pub fn new(rule: &TableRule, simpoints: Option<&SimpointsRule>, points: &[Point]) -> Result<Self, LayoutError> {
        Self::of(rule, simpoints, points, &Space::new(points, (0..points.len()).collect()))
    }

    pub(super) fn of(
        rule: &TableRule,
        simpoints: Option<&SimpointsRule>,
        points: &[Point],
        space: &Space,
    ) -> Result<Self, LayoutError> {
        check(rule, simpoints, points, space)?;
        let varying = |names: &[&str]| -> Vec<String> {
            names.iter().filter(|name| space.varies(name)).map(|name| (*name).to_owned()).collect()
        };
        let taken = |name: &str| simpoints.is_some_and(|rule| rule.over == name);
        let replicas = rule.replicas.clone().unwrap_or_else(|| {
            let named = rule.rows.iter().chain(&rule.columns).flatten();
            let named: Vec<&String> = named.chain(rule.baseline.iter().flatten().map(|(name, _)| name)).collect();
            let replicas = varying(&REPLICAS).into_iter();
            replicas.filter(|name| !taken(name) && !named.contains(&name)).collect()
        });
        let baseline = rule.baseline.clone().unwrap_or_default();
        let is_compared = |name: &str| baseline.iter().any(|(known, _)| known == name);
        let workloads = if let Some(rule) = &rule.workloads {
            rule.over.clone()
        } else {
            let mut guessed = varying(&WORKLOADS);
            guessed.retain(|name| !is_compared(name) && !replicas.contains(name) && !taken(name));
            guessed.truncate(1);
            guessed
        };
        // First what is named, so that of two parameters that go in step the named one tells them apart.
        let named = workloads.iter().chain(baseline.iter().map(|(name, _)| name));
        let named = named.chain(rule.rows.iter().flatten()).chain(rule.columns.iter().flatten());
        let mut identity: Vec<String> = Vec::new();
        for name in named {
            if !identity.contains(name) {
                identity.push(name.clone());
            }
        }
        let mut dependent = Vec::new();
        for name in space.names() {
            let is_weight = simpoints.is_some_and(|rule| rule.weights == Weights::Parameter(name.clone()));
            let is_part = |of: &String| name.strip_prefix(of.as_str()).is_some_and(|rest| rest.starts_with('.'));
            if identity.contains(name) || replicas.contains(name) || taken(name) || is_weight || !space.varies(name) {
                continue;
            }
            let mut known = identity.clone();
            known.extend(simpoints.map(|rule| rule.over.clone()));
            if replicas.iter().any(is_part) || space.is_determined(name, &known) {
                dependent.push(name.clone());
            } else {
                identity.push(name.clone());
            }
        }
        let order = |name: &String| space.place(name);
        let mut axes: Vec<String> = identity.iter().filter(|name| space.varies(name)).cloned().collect();
        axes.sort_by_key(order);
        let (rows, columns) = arranged(rule, &axes, &workloads, &is_compared, space);
        let is_shown = |name: &String| rows.contains(name) || columns.contains(name);
        let hidden = axes.iter().filter(|name| !is_shown(name) && !workloads.contains(name)).cloned().collect();
        let layout = Self {
            mean: rule.workloads.as_ref().and_then(|rule| rule.mean),
            compare: rule.compare.filter(|_| !baseline.is_empty()),
            simpoints: simpoints.cloned(),
            rows,
            columns,
            workloads,
            replicas,
            baseline,
            identity,
            dependent,
            hidden,
        };
        let places = [
            layout.workloads.iter().any(|name| layout.rows.contains(name)),
            layout.workloads.iter().any(|name| layout.columns.contains(name)),
            layout.workloads.iter().any(|name| !layout.rows.contains(name) && !layout.columns.contains(name)),
        ];
        if places.into_iter().filter(|is_there| *is_there).count() > 1 {
            return Err(LayoutError::Scattered { names: layout.workloads });
        }
        Ok(layout)
    }

    /// How values are compared: with a baseline as a ratio, unless something else is said.
    pub fn comparison(&self) -> Compare {
        if self.baseline.is_empty() { Compare::None } else { self.compare.unwrap_or(Compare::Ratio) }
    }
}

/// Rows and columns. Workloads make columns, so that the mean over them is the last one.
fn arranged(
    rule: &TableRule,
    axes: &[String],
    workloads: &[String],
    is_compared: &dyn Fn(&str) -> bool,
    space: &Space,
) -> (Vec<String>, Vec<String>) {
    let rest = |of: &[String]| axes.iter().filter(|name| !of.contains(name)).cloned().collect::<Vec<_>>();
    match (&rule.rows, &rule.columns) {
        (Some(rows), Some(columns)) => return (rows.clone(), columns.clone()),
        (Some(rows), None) => return (rows.clone(), rest(rows)),
        (None, Some(columns)) => return (rest(columns), columns.clone()),
        (None, None) => {}
    }
    let columns: Vec<String> = axes.iter().filter(|name| workloads.contains(name)).cloned().collect();
    if !columns.is_empty() || axes.len() < 2 {
        return (rest(&columns), columns);
    }
    let free = axes.iter().filter(|name| !is_compared(name) && *name != SIMULATION);
    // The last of those with the fewest values.
    let mut free: Vec<&String> = free.rev().collect();
    free.sort_by_key(|name| space.values(name).len());
    // One that goes with single values of the others alone would make a diagonal: a column of its own for each row, and gaps.
    let is_crossed = |name: &&String| {
        let (filled, all) = space.filled(&rest(&[(*name).clone()]), name);
        filled * 2 > all
    };
    let columns: Vec<String> = free.into_iter().find(is_crossed).cloned().into_iter().collect();
    (rest(&columns), columns)
}

fn check(
    rule: &TableRule,
    simpoints: Option<&SimpointsRule>,
    points: &[Point],
    space: &Space,
) -> Result<(), LayoutError> {
    if let Some((name, first, second)) = rule.twice(simpoints) {
        return Err(LayoutError::Twice { name, first, second });
    }
    let workloads = rule.workloads.iter().flat_map(|rule| &rule.over);
    let named = [&rule.replicas, &rule.rows, &rule.columns].into_iter().flatten().flatten().chain(workloads);
    let named =
        named.chain(simpoints.map(|rule| &rule.over)).chain(rule.baseline.iter().flatten().map(|(name, _)| name));
    for name in named {
        if space.place(name).is_none() {
            return Err(unknown(name, space));
        }
    }
    for (name, value) in rule.baseline.iter().flatten() {
        if !points.iter().any(|point| point.value(name).is_some_and(|known| known.is(value))) {
            let known = space.values(name).iter().take(MAX_TOLD).map(|value| value.as_written().to_owned()).collect();
            return Err(LayoutError::Value { name: name.clone(), value: value.clone(), known });
        }
    }
    Ok(())
}

/// The error for a parameter that no simulation has.
pub(super) fn unknown(name: &str, space: &Space) -> LayoutError {
    let names = space.names();
    let hint = match nearest(name, names.iter().map(String::as_str)) {
        Some(near) => format!("; did you mean `{near}`?"),
        None if names.is_empty() => "; there are none without a sweep".to_owned(),
        None => format!("; there are {}", names.join(", ")),
    };
    LayoutError::Parameter { name: name.to_owned(), hint }
}
