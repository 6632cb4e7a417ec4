//! What stands below a table: what was done, what its marks mean, what is missing and why, and which gem5 made it.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::LazyLock;

use super::{header, safe};
use crate::report::table::{Cell, Row, Table, Value};
use crate::text::human;

/// The mark of the row that the others are compared with.
pub(in crate::report) const BASELINE: &str = "◆";
/// The mark of a value that may still change.
pub(in crate::report) const PROVISIONAL: &str = "~";

/// What an entry is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::report) enum About {
    /// Why there is nothing to see.
    Empty,
    /// What was done, in order.
    Pipeline,
    /// What a mark means.
    Mark,
    /// A footnote; its lead is its number.
    Note,
    /// Why cells are missing; its lead is the word in the cell.
    Missing,
    /// Simulations that are in no mean.
    Excluded,
    /// Which gem5 made the numbers.
    Versions,
}

/// A line below a table. Both texts are safe for a terminal, and not escaped for any other form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::report) struct Entry {
    /// What it is about.
    pub(in crate::report) about: About,
    /// What stands in front: a mark, the word of a cell, or what it is.
    pub(in crate::report) lead: String,
    /// What it says.
    pub(in crate::report) text: String,
}

/// How many names a line has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::report) enum Names {
    /// As many as a reader takes in; how many others there are is told.
    Some,
    /// All of them.
    All,
}

/// The lines below a table.
pub(in crate::report) fn entries(table: &Table, names: Names) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut add = |about, lead: &str, text: String| entries.push(Entry { about, lead: lead.to_owned(), text });
    if let Some(why) = empty(table) {
        add(About::Empty, "empty", why.to_owned());
    }
    if !table.pipeline.is_empty() {
        let steps: Vec<String> = table.pipeline.iter().map(|step| safe(step)).collect();
        add(About::Pipeline, "how", steps.join(" → "));
    }
    if table.rows.iter().any(|row| row.is_baseline) {
        add(About::Mark, BASELINE, "the baseline: the other rows are compared with it".to_owned());
    }
    if values(table).any(|value| value.is_provisional) {
        add(About::Mark, PROVISIONAL, "may still change: something of it runs".to_owned());
    }
    let counts = values(table).filter(|value| value.error.is_some()).map(|value| value.count);
    if let (Some(fewest), Some(most)) = (counts.clone().min(), counts.max()) {
        let n = if fewest == most { fewest.to_string() } else { format!("{fewest} to {most}") };
        add(About::Mark, "±", format!("half of the 95 % interval, n = {n}"));
    }
    let marked: HashSet<usize> = values(table).flat_map(|value| value.notes.iter().copied()).collect();
    for (at, note) in table.notes.iter().enumerate() {
        if marked.contains(&at) {
            add(About::Note, &(at + 1).to_string(), safe(&note.text));
        } else {
            // No cell has its number.
            add(About::Mark, "note", safe(&note.text));
        }
    }
    let missing = missing(table);
    for Missing { word, reason, simulations, cells } in &missing {
        let whose = simulations.iter().next().filter(|_| simulations.len() == 1);
        let whose = whose.map_or_else(String::new, |name| format!("{name}: "));
        // An outcome begins with its word, which stands in front already.
        let reason = reason.strip_prefix(word.as_str()).and_then(|rest| rest.strip_prefix(": ")).unwrap_or(reason);
        add(About::Missing, word, format!("{whose}{reason} ({})", listed(cells, names)));
    }
    for (reason, simulations) in excluded(table) {
        // Who reads that each of them has a cell without a value for this reason need not read it again.
        let is_told = |one: &Missing| one.reason == reason && one.cells.len() >= simulations.len();
        if names == Names::All || !missing.iter().any(is_told) {
            add(About::Excluded, "excluded", format!("{reason}: {}", listed(&simulations, names)));
        }
    }
    let versions: Vec<String> = table.versions.iter().map(|version| safe(version)).collect();
    let versions = if versions.is_empty() { "version unknown".to_owned() } else { versions.join(", ") };
    add(About::Versions, "gem5", versions);
    entries
}

/// Why there is nothing to see, if there is nothing.
fn empty(table: &Table) -> Option<&'static str> {
    match (table.rows.is_empty(), table.excluded.is_empty()) {
        (true, true) => Some("no row: no simulation is among those that were asked for"),
        (true, false) => Some("no row: every simulation that was asked for is excluded"),
        (false, _) if table.columns.is_empty() => Some("no column: there is nothing to show of these rows"),
        (false, _) => None,
    }
}

/// The word of a cell, which is never empty and never reads as a number.
pub(in crate::report) fn word(word: &str) -> String {
    let word = safe(word.trim());
    if word.is_empty() {
        "missing".to_owned()
    } else if word.parse::<f64>().is_ok() {
        format!("({word})")
    } else {
        word
    }
}

/// The reason of a cell, which is never empty.
pub(in crate::report) fn reason(reason: &str) -> String {
    let reason = safe(reason.trim());
    if reason.is_empty() { "no reason is known".to_owned() } else { reason }
}

/// The notes that speak of a value, as they are numbered below. Those that are not there are left out.
pub(in crate::report) fn notes(table: &Table, value: &Value) -> Vec<usize> {
    value.notes.iter().filter(|at| **at < table.notes.len()).map(|at| at + 1).collect()
}

/// The cell of a row in a column. A row that is too short misses it.
pub(in crate::report) fn cell(row: &Row, column: usize) -> &Cell {
    static NONE: LazyLock<Cell> = LazyLock::new(|| Cell::Missing {
        word: "missing".to_owned(),
        reason: "there is no value for this column".to_owned(),
    });
    row.cells.get(column).unwrap_or(&NONE)
}

fn values(table: &Table) -> impl Iterator<Item = &Value> + Clone {
    table.rows.iter().flat_map(|row| &row.cells).filter_map(|cell| match cell {
        Cell::Value(value) => Some(value),
        Cell::Missing { .. } => None,
    })
}

/// Cells that are missing for one reason.
struct Missing {
    word: String,
    /// Without the name of a simulation in front.
    reason: String,
    /// The names that stood there.
    simulations: BTreeSet<String>,
    cells: Vec<String>,
}

/// The missing cells of each word and reason, in the order of the table.
fn missing(table: &Table) -> Vec<Missing> {
    let mut groups: Vec<Missing> = Vec::new();
    let mut places = HashMap::new();
    let excluded: HashSet<String> = table.excluded.iter().map(|one| safe(&one.simulation)).collect();
    let columns: Vec<String> = table.columns.iter().map(|column| header::name(table, column)).collect();
    for row in &table.rows {
        for (at, column) in columns.iter().enumerate() {
            let Cell::Missing { word: short, reason: long } = cell(row, at) else { continue };
            let (word, reason) = (word(short), reason(long));
            let (whose, reason) = match reason.split_once(": ") {
                Some((name, rest)) if excluded.contains(name) => (Some(name.to_owned()), rest.to_owned()),
                _ => (None, reason),
            };
            let name = if row.labels.is_empty() { column.clone() } else { format!("{} × {column}", self::row(row)) };
            let place = *places.entry((word.clone(), reason.clone())).or_insert(groups.len());
            if place == groups.len() {
                groups.push(Missing { word, reason, simulations: BTreeSet::new(), cells: Vec::new() });
            }
            groups[place].simulations.extend(whose);
            groups[place].cells.push(name);
        }
    }
    groups
}

/// What a row is called in a sentence.
pub(in crate::report) fn row(row: &Row) -> String {
    row.labels.iter().map(|label| safe(label)).collect::<Vec<_>>().join(" ")
}

/// The simulations that are excluded for each reason, in the order of the table.
fn excluded(table: &Table) -> Vec<(String, Vec<String>)> {
    let mut groups: Vec<(String, Vec<String>)> = Vec::new();
    let mut places = HashMap::new();
    for excluded in &table.excluded {
        let reason = reason(&excluded.reason);
        let place = *places.entry(reason.clone()).or_insert(groups.len());
        if place == groups.len() {
            groups.push((reason, Vec::new()));
        }
        groups[place].1.push(safe(&excluded.simulation));
    }
    groups
}

fn listed(names: &[String], how: Names) -> String {
    match how {
        Names::Some => human::some_of(names),
        Names::All => names.join(", "),
    }
}
