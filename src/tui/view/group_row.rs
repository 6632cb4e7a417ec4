//! The heading of a group in the list: its values, how many of its simulations are in which state, and means in the columns of the
//! stats.

use super::suite_cells::spawned;
use crate::text::{human, width};
use crate::tui::layout::list_columns::{Kind, VALUE};
use crate::tui::model::Model;
use crate::tui::model::groups::{Mean, summary};
use crate::tui::model::list::Line;
use crate::tui::theme::{Glyph, Role, Theme, part};
use crate::tui::widgets::Spans;
use crate::tui::widgets::grid::Cell;

/// In front of a mean of some only, which cannot be compared with others.
pub(crate) const SOME: &str = "~";

/// The cells of a heading. `label` and `states` are the columns that there are for its values, and for the numbers beside them.
pub(super) fn cells(model: &Model, group: u32, kinds: &[Kind], label: usize, states: usize) -> Vec<Cell> {
    let theme = model.theme;
    let summary = summary(model, group);
    let watched = model.header.as_ref().map_or(0, |header| header.titles.len());
    let mean = |at: usize| value(theme, summary.means.get(at).copied().flatten());
    let cell = |kind: &Kind| match kind {
        Kind::Status => name(model, group, label, (states == 0).then_some(summary.counts.failed())),
        Kind::Progress => spawned(theme, summary.counts, states),
        Kind::Stat(at) => mean(*at),
        Kind::Added(at) => mean(watched + *at),
        _ => Spans::new(),
    };
    kinds.iter().map(cell).collect()
}

fn name(model: &Model, group: u32, columns: usize, failed: Option<u32>) -> Spans {
    let theme = model.theme;
    let folded = model.list.is_folded(Line::Group(group)) == Some(true);
    let sign = theme.glyph(if folded { Glyph::Folded } else { Glyph::Unfolded });
    let members = model.list.members(group).len() as u64;
    let number = format!(" {}", human::count(members));
    let failed = match failed {
        Some(failed @ 1..) => format!(" {}{}", theme.glyph(Glyph::Failed), human::count(failed.into())),
        _ => String::new(),
    };
    let room = columns.saturating_sub(2 + width::width(&number) + width::width(&failed));
    let label = model.list.label(group);
    vec![
        part(theme, Role::Accent, format!("{sign} ")),
        part(theme, Role::Title, width::truncate_middle(&label, room).into_owned()),
        part(theme, Role::Dim, number),
        part(theme, Role::Bad, failed),
    ]
}

fn value(theme: Theme, mean: Option<Mean>) -> Spans {
    match mean {
        None => vec![part(theme, Role::Dim, theme.glyph(Glyph::NoValue))],
        Some(Mean { value, is_whole: true, .. }) => vec![part(theme, Role::Text, human::number(value))],
        Some(mean) => {
            let mut number = human::number(mean.value);
            // The sign takes the room of a digit, which matters less in what is of some only.
            if number.len() >= VALUE.0 && number.contains('.') && number.ends_with(|c: char| c.is_ascii_digit()) {
                number.pop();
            }
            vec![part(theme, Role::Dim, format!("{SOME}{number}"))]
        }
    }
}
