//! The parameters that rows have, kept as rows come and go.

use super::super::Row;
use crate::text::{Safe, width};

/// The parameters in the order in which they were first met, which is that of the plan.
#[derive(Debug, Default)]
pub(super) struct Axes(Vec<Axis>);

#[derive(Debug)]
struct Axis {
    name: String,
    /// How many rows have it.
    rows: usize,
    /// Columns of the widest value that was met.
    widest: usize,
}

impl Axes {
    /// Takes a row in the place of another one. Says whether there are other names now.
    pub(super) fn replace(&mut self, old: Option<&Row>, new: &Row) -> bool {
        if old.is_some_and(|old| old.view.parameters == new.view.parameters) {
            return false;
        }
        let before = self.0.len();
        for parameter in &new.view.parameters {
            let wide = width::width(&Safe::line(parameter.value.as_written()));
            match self.0.iter_mut().find(|axis| axis.name == parameter.name) {
                Some(axis) => (axis.rows, axis.widest) = (axis.rows + 1, axis.widest.max(wide)),
                None => self.0.push(Axis { name: parameter.name.clone(), rows: 1, widest: wide }),
            }
        }
        let is_other = self.0.len() != before;
        for parameter in old.iter().flat_map(|old| &old.view.parameters) {
            if let Some(axis) = self.0.iter_mut().find(|axis| axis.name == parameter.name) {
                axis.rows = axis.rows.saturating_sub(1);
            }
        }
        let before = self.0.len();
        self.0.retain(|axis| axis.rows > 0);
        is_other || self.0.len() != before
    }

    /// The names, each with the columns of its widest value.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, usize)> {
        self.0.iter().map(|axis| (axis.name.as_str(), axis.widest))
    }
}
