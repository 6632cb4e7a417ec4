//! The stats: what was read, and what of it is shown in which order. Worked out when something changes, never while
//! drawing.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Model, fuzzy};
use crate::gem5::stats::Chosen;
use crate::text::{Safe, human};
use crate::tui::reading::{DumpLine, StatLine, StatsReading, TreeRow, WatchedStat};

/// The stats.
#[derive(Debug, Default)]
pub struct Stats {
    /// What the reader found.
    pub reading: Option<StatsReading>,
    /// When it came.
    pub at_ms: u64,
    /// What the names are filtered by.
    pub filter: String,
    /// Whether they are shown as a tree.
    pub tree: bool,
    /// The rows of the tree that are not open or closed as they were at first.
    pub toggled: BTreeSet<String>,
    /// The number of the dump that is looked at; none is the one that counts, or the last one while the attempt runs.
    pub at: Option<u32>,
    /// What they are compared with.
    pub against: Option<Against>,
    /// Whether a comparison is ordered by how much values changed.
    pub by_change: bool,
    /// What is shown besides the watched stats: indexes of lines, or of rows of the tree.
    pub order: Vec<usize>,
    /// What `order` was found by, if it was: who types one more letter looks at what the letters before let through.
    found: Option<Found>,
    /// The cursor, an index into the watched stats and then `order`.
    pub selected: usize,
    /// The first visible one.
    pub offset: usize,
    /// Whether and how the stat under the cursor is drawn over the dumps.
    pub chart: Option<Chart>,
    /// Where the cursor belongs while its stat is being read anew.
    pub sought: Option<Cursor>,
}

/// Names that a filter let through.
#[derive(Debug)]
struct Found {
    filter: String,
    /// Of which stats.
    all: Arc<Vec<StatLine>>,
}

/// How the chart is drawn. That it is there says that it is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Chart {
    /// Whether equal ratios have equal heights.
    pub is_log: bool,
    /// How many dumps before the last one that is pointed at, so that it stays at the last one while more come.
    pub back: usize,
}

/// What the last dump is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Against {
    /// The dump before it.
    Previous,
    /// The last dump of another simulation's newest attempt.
    Simulation(u32),
}

/// What the cursor can be on.
#[derive(Debug, Clone, Copy)]
pub enum Item<'a> {
    /// A watched stat.
    Watched(&'a WatchedStat),
    /// A value of the list.
    Line(&'a StatLine),
    /// A row of the tree, with its value if it has one.
    Row(&'a TreeRow, Option<&'a StatLine>),
}

impl Item<'_> {
    /// The name of the stat; none for a group.
    pub fn name(&self) -> Option<&Safe> {
        match self {
            Self::Watched(stat) => Some(&stat.name),
            Self::Line(stat) => Some(&stat.name),
            Self::Row(_, line) => line.map(|line| &line.name),
        }
    }
}

/// What tells an item from others in its section: the name of a stat, or the path of a group.
fn key(item: Item<'_>) -> &str {
    match item {
        Item::Watched(stat) => &stat.name,
        Item::Line(stat) | Item::Row(_, Some(stat)) => &stat.name,
        Item::Row(row, None) => &row.path,
    }
}

/// Where the cursor is, whatever else comes and goes. A stat that is watched stands among the others too.
#[derive(Debug, Clone)]
pub struct Cursor {
    key: String,
    is_watched: bool,
}

/// Where the cursor is.
pub fn cursor(stats: &Stats) -> Option<Cursor> {
    let key = key(item(stats, stats.selected)?).to_owned();
    Some(Cursor { key, is_watched: stats.selected < watched(stats) })
}

/// Puts the cursor where it was, in its section as long as the stat is there. Says whether the stat is still shown; otherwise
/// the place stays.
pub fn put_cursor(stats: &mut Stats, cursor: &Cursor) -> bool {
    let (sections, end) = (watched(stats), len(stats));
    let is_it = |at: &usize| item(stats, *at).is_some_and(|item| key(item) == cursor.key);
    let mut section = if cursor.is_watched { 0..sections } else { sections..end };
    let found = section.find(is_it).or_else(|| (0..end).find(is_it));
    stats.selected = found.unwrap_or(stats.selected);
    found.is_some()
}

/// Changes what is shown, and keeps the cursor on its stat. Says whether the stat is still shown.
pub fn keep_cursor(stats: &mut Stats, change: impl FnOnce(&mut Stats)) -> bool {
    let before = stats.sought.take().or_else(|| cursor(stats));
    change(stats);
    arrange(stats);
    let found = before.as_ref().is_some_and(|before| put_cursor(stats, before));
    // A reader that begins anew, for another list of columns, has not come to the stat yet.
    let is_under_way = stats.reading.as_ref().is_none_or(|reading| reading.more || reading.all.is_empty());
    stats.sought = before.filter(|_| !found && is_under_way);
    found
}

/// How many items there are.
pub fn len(stats: &Stats) -> usize {
    watched(stats) + stats.order.len()
}

/// What must be known before the numbers are believed, in whole sentences: why there are none, what the shown dump counts besides
/// what one may think, and what was left out.
pub fn notes(stats: &Stats) -> Vec<Safe> {
    let Some(reading) = &stats.reading else { return Vec::new() };
    let plain = |text: String| Safe::line(&text);
    let missing = reading.missing.clone().map(|why| plain(format!("{why}; `dump:` in the file says which is meant")));
    let remark = reading.chosen.as_ref().and_then(Chosen::remark).map(plain);
    let skipped = (reading.skipped > 0).then(|| {
        let bytes = human::bytes(reading.skipped);
        plain(format!("the first {bytes} of this large file were not read: dumps in them are not counted"))
    });
    let unwatched = (reading.unwatched > 0).then(|| {
        let more = human::plural(reading.unwatched, "more stat");
        plain(format!("{more} of the dump match what is watched and are not among the watched ones: they are too many"))
    });
    let damaged = reading.damaged.as_ref();
    let damaged = damaged.map(|why| plain(format!("the file is cut off or damaged, later dumps may be lost: {why}")));
    let unlisted = (reading.unlisted > 0).then(|| {
        let bytes = human::bytes(reading.unlisted);
        plain(format!(
            "the last {bytes} of this large dump are not listed; `gem5-tui stats --watch GLOB` reads all of it"
        ))
    });
    let unread = (reading.unread_lines > 0)
        .then(|| plain(format!("{} of the dump too long to be read", human::plural(reading.unread_lines, "line"))));
    let told = missing.into_iter().chain(remark).chain(damaged).chain(reading.unmatched.iter().cloned());
    told.chain(skipped).chain(unlisted).chain(unread).chain(unwatched).collect()
}

/// The line of the dump that is shown.
pub fn shown_dump(reading: &StatsReading) -> Option<&DumpLine> {
    reading.choices.iter().find(|dump| u64::from(dump.number) == reading.shown)
}

/// Why there is nothing to compare with, if there is not.
pub fn not_compared(stats: &Stats) -> Option<&Safe> {
    stats.reading.as_ref()?.compared.as_ref()?.problem.as_ref()
}

/// How many watched stats stand above the others. A comparison is about all stats, and a filter about those it names.
fn watched(stats: &Stats) -> usize {
    let alone = stats.against.is_some() || !stats.filter.is_empty();
    stats.reading.as_ref().filter(|_| !alone).map_or(0, |reading| reading.watched.len())
}

/// The item at a place.
pub fn item(stats: &Stats, at: usize) -> Option<Item<'_>> {
    let reading = stats.reading.as_ref()?;
    match at.checked_sub(watched(stats)) {
        None => reading.watched.get(at).map(Item::Watched),
        Some(at) => {
            let at = *stats.order.get(at)?;
            if is_tree(stats) {
                let row = reading.tree.get(at)?;
                Some(Item::Row(row, row.line.and_then(|line| reading.all.get(line))))
            } else {
                reading.all.get(at).map(Item::Line)
            }
        }
    }
}

/// Whether the tree is shown. What a filter lets through and what changed most is a list.
pub fn is_tree(stats: &Stats) -> bool {
    stats.tree && stats.filter.is_empty() && !stats.by_change
}

/// Whether the rows below a row of the tree are shown. At first those of the outermost groups are.
pub fn is_open(stats: &Stats, row: &TreeRow) -> bool {
    (row.depth == 0) != stats.toggled.contains(&row.path)
}

/// Works out anew what is shown.
pub fn arrange(stats: &mut Stats) {
    let found = |reading: &StatsReading| Found { filter: stats.filter.clone(), all: Arc::clone(&reading.all) };
    let (order, found) = match &stats.reading {
        None => (Vec::new(), None),
        Some(reading) if is_tree(stats) => (open_rows(stats, reading), None),
        Some(reading) => (listed(stats, reading), Some(found(reading))),
    };
    (stats.order, stats.found) = (order, found);
}

fn open_rows(stats: &Stats, reading: &StatsReading) -> Vec<usize> {
    let mut order = Vec::new();
    let mut at = 0;
    while let Some(row) = reading.tree.get(at) {
        order.push(at);
        at += if row.below > 0 && !is_open(stats, row) { row.below + 1 } else { 1 };
    }
    order
}

fn listed(stats: &Stats, reading: &StatsReading) -> Vec<usize> {
    let fits = |at: usize| {
        #[cfg(test)]
        super::work::FITTED.with(|count| count.set(count.get() + 1));
        fuzzy::fit(&reading.all.get(at)?.name, &stats.filter).map(|fit| (fit, at))
    };
    // A longer filter lets nothing through that a shorter one does not.
    let narrows = |found: &&Found| {
        !found.filter.is_empty() && stats.filter.starts_with(&found.filter) && Arc::ptr_eq(&found.all, &reading.all)
    };
    let mut found: Vec<_> = match stats.found.as_ref().filter(narrows) {
        Some(_) => {
            let mut among = stats.order.clone();
            among.sort_unstable();
            among.into_iter().filter_map(fits).collect()
        }
        None => (0..reading.all.len()).filter_map(fits).collect(),
    };
    if stats.by_change && stats.against.is_some() {
        let change = |at: usize| reading.all.get(at).map_or(0.0, magnitude);
        found.sort_by(|(_, a), (_, b)| change(*b).partial_cmp(&change(*a)).unwrap_or(Ordering::Equal));
    } else {
        // The sort is stable: the order of the file stays among equals.
        found.sort_by_key(|(fit, _)| *fit);
    }
    found.into_iter().map(|(_, at)| at).collect()
}

/// How much a value changed, as a part of what it was. What came from nothing or went away stands behind all that can
/// be told in numbers and before what is the same.
fn magnitude(line: &StatLine) -> f64 {
    match (line.other, line.value) {
        (Some(old), Some(new)) if is_same(old, new) => 0.0,
        (Some(old), Some(new)) => {
            let part = ((new - old) / old).abs();
            if part.is_finite() { part + SMALL } else { SMALL }
        }
        _ => SMALL / 2.0,
    }
}

/// Whether two values are the same; not a number is the same as not a number.
pub fn is_same(a: f64, b: f64) -> bool {
    (a - b) == 0.0 || a.total_cmp(&b).is_eq()
}

/// Less than any change that a stat of six decimals can show.
const SMALL: f64 = 1e-12;

/// How much a watched stat differs from what it was in an earlier dump.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Since {
    /// In per cent of what it was.
    pub change: String,
    /// The number of the dump before.
    pub dump: u32,
}

/// How much a watched stat of the shown dump differs from that of the dump before it.
pub fn since(stats: &Stats, stat: &WatchedStat) -> Option<Since> {
    let shown = stats.reading.as_ref()?.shown;
    let at = stat.dumps.iter().rposition(|(number, _)| u64::from(*number) == shown)?;
    let before = at.checked_sub(1)?;
    let value = |at: usize| stat.values.get(at).copied().flatten();
    Some(Since { change: change(value(before)?, value(at)?)?, dump: stat.dumps.get(before)?.0 })
}

/// The change from one value to another, in per cent of the first; none where that is no number.
pub fn change(before: f64, after: f64) -> Option<String> {
    let percent = (after - before) / before.abs() * 100.0;
    if is_same(before, after) {
        return Some("=".to_owned());
    }
    if !percent.is_finite() {
        return None;
    }
    Some(match percent.abs() {
        0.0..0.05 => "=".to_owned(),
        0.05..99.95 => format!("{percent:+.1}%"),
        99.95..9999.5 => format!("{percent:+.0}%"),
        _ => if percent > 0.0 { ">+9999%" } else { "<-9999%" }.to_owned(),
    })
}

/// The stat under the cursor as text.
pub fn selected_text(model: &Model) -> Option<Safe> {
    let number = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| value.to_string());
    Some(match item(&model.stats, model.stats.selected)? {
        Item::Watched(stat) => Safe::line(&format!("{} {}", stat.name, number(stat.last))),
        Item::Line(stat) | Item::Row(_, Some(stat)) => Safe::line(&format!("{} {}", stat.name, number(stat.value))),
        Item::Row(row, None) => Safe::line(&row.path),
    })
}
