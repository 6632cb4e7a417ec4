//! Simulations by the values of their parameters.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::{Clear, Widget};

use crate::protocol::Counts;
use crate::text::width::{self, Align};
use crate::text::{Safe, human};
use crate::tui::actions::Action;
use crate::tui::model::Model;
use crate::tui::model::groups::{Group, Groups, Line, ways};
use crate::tui::model::spots::{Spot, Spots};
use crate::tui::theme::{Glyph, Role, part, title_style};
use crate::tui::view::frame::{Titles, draw_frame, mark_cursor, mark_scrolled};
use crate::tui::widgets::grid::{Cell, Column};
use crate::tui::widgets::{Spans, grid, put_spans};

/// Columns of the counts.
const STATES: (u16, u16) = (12, 32);

/// Columns of a mean with its number.
const MEAN: (u16, u16) = (8, 14);

/// Draws the table over the whole body of the screen.
pub(super) fn draw(model: &Model, groups: &Groups, buf: &mut Buffer, spots: &mut Spots) {
    let screen = *buf.area();
    let theme = model.theme;
    let area = Rect { y: screen.y + screen.height.min(1), height: screen.height.saturating_sub(2), ..screen };
    if area.width < 12 || area.height < 4 {
        return;
    }
    Clear.render(area, buf);
    spots.note(area, Spot::Inside);
    let by = ways(model).into_iter().nth(groups.way).unwrap_or_default();
    let left = vec![
        (" Groups ".to_owned(), title_style(theme, true)),
        part(theme, Role::Text, format!("by {} ", Safe::line(&by.join(" and ")))),
        part(
            theme,
            Role::Dim,
            format!("{} {} ", theme.glyph(Glyph::Dot), human::plural(groups.groups.len() as u64, "group")),
        ),
        part(theme, Role::Dim, format!("{} means of what ended ok ", theme.glyph(Glyph::Dot))),
    ];
    let key = |action| model.key(action);
    let keys = format!(
        " {} {} other parameters  {} unfolds  {} shows them in the list  {} closes ",
        key(Action::Left),
        key(Action::Right),
        key(Action::Toggle),
        key(Action::Accept),
        key(Action::Back)
    );
    let bottom_right = vec![part(theme, Role::Dim, keys)];
    draw_frame(theme, area, true, &Titles { left, bottom_right, ..Titles::default() }, buf);
    let inner = Rect::new(area.x + 1, area.y + 1, area.width - 2, area.height - 2);
    let columns = columns(model, groups, &by);
    let room = inner.width.saturating_sub(1);
    let widths = grid::fit(&columns, room);
    let heads = Rect { x: inner.x + 1, width: room, height: 1, ..inner };
    grid::draw_heads(buf, heads, &columns, &widths, theme.style(Role::Dim));
    let lines = groups.lines();
    let rows = usize::from(inner.height).saturating_sub(1).max(1);
    let offset = groups.at.saturating_sub(rows - 1);
    for (shown, (at, line)) in lines.iter().enumerate().skip(offset).take(rows).enumerate() {
        let row = Rect { y: inner.y + 1 + shown as u16, height: 1, ..inner };
        let inside = Rect { x: row.x + 1, width: room, ..row };
        match line {
            Line::Group(group) => {
                if let Some(group) = groups.groups.get(*group) {
                    grid::draw_row(buf, inside, &columns, &widths, &cells(model, group));
                }
            }
            Line::Member(_, id) => _ = put_spans(buf, inside.x, inside.y, inside.width, &member(model, *id)),
        }
        spots.note(row, Spot::Choice(at));
        if at == groups.at {
            mark_cursor(theme, row, true, buf);
        }
    }
    mark_scrolled(theme, area, true, offset..offset + rows, lines.len(), buf);
}

fn columns(model: &Model, groups: &Groups, by: &[String]) -> Vec<Column> {
    let column = Column::new;
    let mut columns = Vec::new();
    for (at, name) in by.iter().enumerate() {
        let title = Safe::line(name);
        let labels = groups.groups.iter().filter_map(|group| group.label().into_iter().nth(at));
        let widest = labels.map(|label| width::width(&label)).max().unwrap_or(0).max(width::width(&title)) + 2;
        let widest = u16::try_from(widest).unwrap_or(u16::MAX).clamp(4, 30);
        columns.push(column(&title, widest.min(12), widest, 0, Align::Left));
    }
    columns.push(column("all", 4, 6, 1, Align::Right));
    columns.push(column("states", STATES.0, STATES.1, 2, Align::Left));
    let watched = model.header.iter().flat_map(|header| &header.titles);
    for (at, title) in watched.chain(&model.columns.titles).enumerate() {
        columns.push(column(title, MEAN.0, MEAN.1, 3 + u8::try_from(at.min(100)).unwrap_or(100), Align::Right));
    }
    columns
}

fn cells(model: &Model, group: &Group) -> Vec<Cell> {
    let theme = model.theme;
    let sign = theme.glyph(if group.unfolded { Glyph::Unfolded } else { Glyph::Folded });
    let mut cells: Vec<Cell> = Vec::new();
    for (at, label) in group.label().into_iter().enumerate() {
        let sign = if at == 0 { format!("{sign} ") } else { String::new() };
        cells.push(vec![part(theme, Role::Accent, sign), part(theme, Role::Text, label)]);
    }
    cells.push(vec![part(theme, Role::Text, human::count(u64::from(group.counts.total)))]);
    cells.push(states(model, group.counts));
    for mean in &group.means {
        cells.push(match mean {
            None => vec![part(theme, Role::Dim, theme.glyph(Glyph::NoValue))],
            Some((mean, count)) => {
                // A mean of some of them says of how many.
                let of = if *count < group.counts.total { format!(" ({count})") } else { String::new() };
                vec![part(theme, Role::Text, human::number(*mean)), part(theme, Role::Dim, of)]
            }
        });
    }
    cells
}

fn states(model: &Model, counts: Counts) -> Spans {
    let theme = model.theme;
    let all = [
        (counts.running, Glyph::Running, Role::Running),
        (counts.paused, Glyph::Paused, Role::Paused),
        (counts.failed(), Glyph::Failed, Role::Bad),
        (counts.queued, Glyph::Queued, Role::Text),
        (counts.blocked, Glyph::Blocked, Role::Text),
        (counts.ok, Glyph::Ok, Role::Good),
        (counts.cancelled, Glyph::Cancelled, Role::Warn),
    ];
    let shown = all.into_iter().filter(|(number, ..)| *number > 0);
    shown
        .map(|(number, glyph, role)| {
            part(theme, role, format!("{} {}  ", theme.glyph(glyph), human::count(number.into())))
        })
        .collect()
}

fn member(model: &Model, id: u32) -> Spans {
    let theme = model.theme;
    let Some(row) = model.list.rows().get(&id) else { return Spans::new() };
    let (glyph, role) = theme.status(&row.view.status);
    vec![
        part(theme, role, format!("    {glyph} {:<12} ", row.view.status.word())),
        part(theme, Role::Text, row.name.as_str()),
        part(theme, Role::Dim, format!("  {}", row.reason)),
    ]
}
