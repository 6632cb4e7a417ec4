//! Metrics that may speak of each other.

use std::collections::BTreeSet;
use std::ops::Range;

use super::Expression;

/// One metric.
#[derive(Debug, Clone, PartialEq)]
pub struct Metric {
    /// What it is called.
    pub name: String,
    /// What it is.
    pub expression: Expression,
    /// What a stat counts that a complete dump does not have; none if that is not known.
    pub absent: Option<f64>,
}

/// All metrics of an experiment, none of which is made of itself.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Metrics {
    pub(super) list: Vec<Metric>,
}

/// Why metrics cannot stand beside each other.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MetricsError {
    /// Two have one name.
    #[error("two metrics are called `{name}`")]
    Twice {
        /// The name.
        name: String,
        /// The second one, among the metrics.
        metric: usize,
    },
    /// A metric is made of itself.
    #[error("`{}` is made of itself: {}", circle.first().map_or("", String::as_str), circle.join(" needs "))]
    Circle {
        /// The names on the way, the first one again at the end.
        circle: Vec<String>,
        /// The metric that closes the circle.
        metric: usize,
        /// Where in its text.
        at: Range<usize>,
    },
}

impl Metrics {
    /// Puts them beside each other.
    ///
    /// # Errors
    /// When two have one name, or one is made of itself.
    pub fn new(list: Vec<Metric>) -> Result<Self, MetricsError> {
        let metrics = Self { list };
        let mut seen = BTreeSet::new();
        for (at, metric) in metrics.list.iter().enumerate() {
            if !seen.insert(metric.name.as_str()) {
                return Err(MetricsError::Twice { name: metric.name.clone(), metric: at });
            }
        }
        let mut done = vec![false; metrics.list.len()];
        for start in 0..metrics.list.len() {
            metrics.follow(start, &mut Vec::new(), &mut done)?;
        }
        Ok(metrics)
    }

    /// Depth first; a name stands at most once on the way, so that it is no deeper than there are metrics.
    fn follow(&self, index: usize, way: &mut Vec<usize>, done: &mut [bool]) -> Result<(), MetricsError> {
        let Some(metric) = self.list.get(index).filter(|_| !done.get(index).copied().unwrap_or(true)) else {
            return Ok(());
        };
        way.push(index);
        for (word, at) in metric.expression.words() {
            let Some(next) = self.index(word) else { continue };
            if let Some(from) = way.iter().position(|on_way| *on_way == next) {
                let names = way.iter().skip(from).chain([&next]).filter_map(|at| self.list.get(*at));
                let circle = names.map(|metric| metric.name.clone()).collect();
                return Err(MetricsError::Circle { circle, metric: index, at });
            }
            self.follow(next, way, done)?;
        }
        way.pop();
        if let Some(done) = done.get_mut(index) {
            *done = true;
        }
        Ok(())
    }

    /// All of them.
    pub fn list(&self) -> &[Metric] {
        &self.list
    }

    /// The place of the metric that is called so.
    pub fn index(&self, name: &str) -> Option<usize> {
        self.list.iter().position(|metric| metric.name == name)
    }

    /// The names and globs of all stats that they are made of.
    pub fn stats(&self) -> BTreeSet<&str> {
        let words = self.list.iter().flat_map(|metric| metric.expression.words());
        let words = words.map(|(word, _)| word).filter(|word| self.index(word).is_none());
        words.chain(self.list.iter().flat_map(|metric| metric.expression.quoted())).collect()
    }
}
