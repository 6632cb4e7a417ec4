//! What columns are called, and which of them stand under a common name.

use std::collections::HashSet;

use super::safe;
use crate::report::table::{Column, Table};

/// Columns beside one another that have a name in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::report) struct Group {
    /// The name.
    pub(in crate::report) label: String,
    /// The first column.
    pub(in crate::report) first: usize,
    /// How many columns.
    pub(in crate::report) len: usize,
}

/// Lines that the names of columns take, at least one.
pub(in crate::report) fn levels(table: &Table) -> usize {
    table.columns.iter().map(|column| column.labels.len()).max().unwrap_or(0).max(1)
}

/// The name of a column on a line of the header. A column with fewer names than others, such as a mean, has them at the bottom.
pub(in crate::report) fn label(table: &Table, column: &Column, level: usize) -> String {
    let levels = levels(table);
    if column.labels.is_empty() && level + 1 == levels {
        // A table of one metric and no column parameter.
        return safe(&table.title);
    }
    let above = levels - column.labels.len();
    level.checked_sub(above).and_then(|at| column.labels.get(at)).map_or_else(String::new, |label| safe(label))
}

/// The groups of a line of the header: columns that have this name and all names above it in common.
pub(in crate::report) fn groups(table: &Table, level: usize) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let names =
        |at: usize| -> Vec<String> { (0..=level).map(|level| label(table, &table.columns[at], level)).collect() };
    let is_last = level + 1 == levels(table);
    for (at, column) in table.columns.iter().enumerate() {
        let goes_on = !is_last
            && at > 0
            && column.is_mean == table.columns[at - 1].is_mean
            && !label(table, column, level).is_empty()
            && names(at) == names(at - 1);
        match groups.last_mut() {
            Some(group) if goes_on => group.len += 1,
            _ => groups.push(Group { label: label(table, column, level), first: at, len: 1 }),
        }
    }
    groups
}

/// The name of a column in one piece: `stream/on`.
pub(in crate::report) fn name(table: &Table, column: &Column) -> String {
    if column.labels.is_empty() {
        return safe(&table.title);
    }
    column.labels.iter().map(|label| safe(label)).collect::<Vec<_>>().join("/")
}

/// What the table shows, and by what: `ipc (Count/Cycle)`, `rows l2, assoc`, `columns workload`.
pub(in crate::report) fn title(table: &Table) -> Vec<String> {
    let unit = table.unit.as_ref().map_or_else(String::new, |unit| format!(" ({})", safe(unit)));
    let names = |names: &[String]| names.iter().map(|name| safe(name)).collect::<Vec<_>>().join(", ");
    let mut parts = vec![format!("{}{unit}", safe(&table.title))];
    if !table.row_names.is_empty() {
        parts.push(format!("rows {}", names(&table.row_names)));
    }
    if !table.column_names.is_empty() {
        parts.push(format!("columns {}", names(&table.column_names)));
    }
    parts
}

/// The names, made different from one another: the second `a` is `a_2`. One without letters is `unnamed`.
pub(in crate::report) fn distinct(names: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut taken = HashSet::new();
    names
        .into_iter()
        .map(|name| {
            let name = if name.trim().is_empty() { "unnamed".to_owned() } else { name };
            let mut candidates = std::iter::once(name.clone()).chain((2_u32..).map(|n| format!("{name}_{n}")));
            let free = candidates.find(|candidate| !taken.contains(candidate)).unwrap_or(name);
            taken.insert(free.clone());
            free
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_names_are_the_same() {
        let names = ["a", "a", "a_2", "", " "].map(str::to_owned);
        assert_eq!(distinct(names), ["a", "a_2", "a_2_2", "unnamed", "unnamed_2"]);
    }
}
