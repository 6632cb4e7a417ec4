//! What the row of a suite shows, and of what it has spawned.

use crate::experiment::RowKind;
use crate::protocol::{Counts, Status, Why, phrase};
use crate::text::{human, width};
use crate::tui::model::list::Line;
use crate::tui::model::{INDENT, Model, Row};
use crate::tui::theme::{Glyph, Role, Theme, part, states};
use crate::tui::widgets::{Spans, spans_width};

/// The name of a row: behind a sign if it is a suite, and further right and without its suite's name below one. Where nothing is
/// told beside the name of a folded suite, its failures are told with it.
pub(super) fn name(model: &Model, row: &Row, columns: usize, alone: bool) -> Spans {
    let theme = model.theme;
    let id = row.view.id;
    let cut = |name: &str, columns: usize| width::truncate_middle(name, columns).into_owned();
    let room = columns.saturating_sub(INDENT);
    if let Some(folded) = model.list.is_folded(Line::Row(id)) {
        let sign = theme.glyph(if folded { Glyph::Folded } else { Glyph::Unfolded });
        let failed = row.view.spawned.map_or(0, |spawned| spawned.counts.failed());
        let failed = match failed {
            1.. if alone && folded => format!(" {}{}", theme.glyph(Glyph::Failed), human::count(u64::from(failed))),
            _ => String::new(),
        };
        let name = cut(row.name.as_str(), room.saturating_sub(width::width(&failed)));
        return vec![
            part(theme, Role::Accent, format!("{sign:<INDENT$}")),
            part(theme, Role::Text, name),
            part(theme, Role::Bad, failed),
        ];
    }
    match model.list.home(id) {
        Some(_) => vec![part(theme, Role::Text, " ".repeat(INDENT)), part(theme, Role::Text, cut(row.label(), room))],
        None => vec![part(theme, Role::Text, cut(row.name.as_str(), columns))],
    }
}

/// What a suite is at, and what has come of its simulations. Where these are not seen, they stand first.
pub(super) fn progress(model: &Model, row: &Row, own: Spans, columns: usize) -> Spans {
    let theme = model.theme;
    let counts = row.view.spawned.map(|spawned| spawned.counts).unwrap_or_default();
    let own = match (&row.view.status, &row.view.why) {
        (Status::Running { .. }, Why::Nothing) if row.reason.is_empty() => vec![part(theme, Role::Dim, "runs")],
        (Status::Running { .. }, Why::Nothing) => vec![part(theme, Role::Dim, row.reason.as_str())],
        (Status::Running { .. }, Why::AwaitsSpawned { left, of }) => {
            let facts = row.view.spawned.map(|spawned| spawned.phrases(&row.view.status)).unwrap_or_default();
            let waits = Some(phrase::awaits_phrase(*left, *of)).filter(|waits| width::width(waits) <= columns);
            let waits = waits.unwrap_or_else(|| format!("{left} of {of} left"));
            let all = std::iter::once(waits).chain(facts).collect::<Vec<_>>();
            vec![part(theme, Role::Dim, all.join("; "))]
        }
        // Why a script ended well says nothing; what it took from before does.
        (Status::Ended { outcome }, Why::Nothing) if outcome.kind.is_ok() => {
            let took = human::clock(model.clock(row.view.elapsed, row.at_ms));
            let facts = row.view.spawned.map(|spawned| spawned.phrases(&row.view.status)).unwrap_or_default();
            vec![part(theme, Role::Dim, std::iter::once(took).chain(facts).collect::<Vec<_>>().join("  "))]
        }
        _ => own,
    };
    if counts.total == 0 {
        return own;
    }
    let between = format!(" {} ", theme.glyph(Glyph::Dot));
    let folded = model.list.is_folded(Line::Row(row.view.id)) == Some(true);
    let used = if folded { 0 } else { spans_width(&own) + width::width(&between) };
    let counts = spawned(theme, counts, columns.saturating_sub(used));
    let (first, second) = if folded { (counts, own) } else { (own, counts) };
    let gap = if first.is_empty() || second.is_empty() { String::new() } else { between };
    [first, vec![part(theme, Role::Dim, gap)], second].concat()
}

/// How many are in which state, in so many columns: in words, or with the signs of the states. What does not fit even so is counted, so
/// that nobody takes what is cut off for something else.
pub(super) fn spawned(theme: Theme, counts: Counts, columns: usize) -> Spans {
    let mut all = states(counts);
    let words = joined(theme, &all, true);
    if spans_width(&words) <= columns {
        return words;
    }
    // There may be room for one only.
    all.sort_by_key(|(_, glyph, ..)| *glyph != Glyph::Failed);
    let mut shown = all.len();
    loop {
        let mut spans = joined(theme, &all[..shown], false);
        if shown < all.len() {
            spans.push(part(theme, Role::Dim, format!(" +{}", all.len() - shown)));
        }
        if shown <= 1 || spans_width(&spans) <= columns {
            return spans;
        }
        shown -= 1;
    }
}

fn joined(theme: Theme, states: &[(u32, Glyph, Role, &str)], words: bool) -> Spans {
    let mut spans = Spans::new();
    for (number, glyph, role, word) in states {
        if !spans.is_empty() {
            let between = if words { format!(" {} ", theme.glyph(Glyph::Dot)) } else { " ".to_owned() };
            spans.push(part(theme, Role::Dim, between));
        }
        let number = human::count(u64::from(*number));
        let text = if words { format!("{number} {word}") } else { format!("{}{number}", theme.glyph(*glyph)) };
        spans.push(part(theme, *role, text));
    }
    spans
}

/// Whether the row has no values of its own and never will.
pub(super) fn is_suite(row: &Row) -> bool {
    row.view.kind == RowKind::Suite
}
