//! The failures of the sweep, alike ones together.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::{Clear, Widget};

use crate::text::{human, width};
use crate::tui::actions::Action;
use crate::tui::model::Model;
use crate::tui::model::failures::{Failures, Group};
use crate::tui::model::spots::{Spot, Spots};
use crate::tui::theme::{Glyph, Role, part, title_style};
use crate::tui::view::frame::{Titles, draw_frame, mark_cursor, mark_scrolled};
use crate::tui::widgets::{Spans, grid, put_spans, wrap};

/// Rows for what the focused group has in common, with the line above them.
const ABOUT: usize = 7;
/// Screens with fewer rows show the groups only.
const LOW: u16 = 14;
/// Wider boxes are hard to read.
const WIDEST: u16 = 110;

/// Draws the groups, and below them the members of the focused one.
pub(super) fn draw(model: &Model, failures: &Failures, buf: &mut Buffer, spots: &mut Spots) {
    let screen = *buf.area();
    let theme = model.theme;
    let about = if screen.height >= LOW { ABOUT } else { 0 };
    let wanted = failures.groups.len().max(1) + about + 2;
    let height = u16::try_from(wanted).unwrap_or(u16::MAX).min(screen.height.saturating_sub(2).max(1));
    let width = screen.width.min(WIDEST);
    let area = Rect::new((screen.width - width) / 2, (screen.height - height) * 2 / 5, width, height);
    Clear.render(area, buf);
    spots.note(area, Spot::Inside);
    buf.set_style(area, theme.style(Role::Text));
    if area.width < 12 || area.height < 3 {
        return;
    }
    let failed: usize = failures.groups.iter().map(|group| group.members.len()).sum();
    let groups = human::plural(failures.groups.len() as u64, "reason");
    let left = vec![
        (" Failures ".to_owned(), title_style(theme, true)),
        part(theme, Role::Text, format!("{} ", human::count(failed as u64))),
        part(theme, Role::Dim, format!("{} {groups} ", theme.glyph(Glyph::Dot))),
    ];
    let key = |action| model.key(action);
    let (mark, again, close) = (key(Action::Accept), key(Action::Retry), key(Action::Back));
    let bottom_right =
        vec![part(theme, Role::Dim, format!(" {mark} marks them  {again} runs them again  {close} closes "))];
    draw_frame(theme, area, true, &Titles { left, bottom_right, ..Titles::default() }, buf);
    let inner = Rect::new(area.x + 1, area.y + 1, area.width - 2, area.height - 2);
    if failures.groups.is_empty() {
        let closes = format!("{close} closes");
        let message = [("No simulation has failed", theme.style(Role::Text)), (&closes, theme.style(Role::Dim))];
        return grid::draw_message(buf, inner, &message);
    }
    let rows = usize::from(inner.height).saturating_sub(about).max(1);
    let offset = failures.at.saturating_sub(rows - 1);
    for (line, (at, group)) in failures.groups.iter().enumerate().skip(offset).take(rows).enumerate() {
        let row = Rect { y: inner.y + line as u16, height: 1, ..inner };
        put_spans(buf, row.x + 1, row.y, row.width.saturating_sub(1), &summary(model, group));
        spots.note(row, Spot::Choice(at));
        if at == failures.at {
            mark_cursor(theme, row, true, buf);
        }
    }
    let list = Rect { height: rows as u16 + 2, ..area };
    mark_scrolled(theme, list, true, offset..offset + rows, failures.groups.len(), buf);
    let below = Rect { y: inner.y + rows as u16, height: inner.height.saturating_sub(rows as u16), ..inner };
    if let Some(group) = failures.groups.get(failures.at).filter(|_| below.height > 1) {
        for (at, line) in details(model, group, below).iter().take(usize::from(below.height)).enumerate() {
            put_spans(buf, below.x + 1, below.y + at as u16, below.width.saturating_sub(2), line);
        }
    }
}

fn summary(model: &Model, group: &Group) -> Spans {
    let theme = model.theme;
    let (glyph, role) = theme.status(&group.status);
    vec![
        part(theme, Role::Title, format!("{:>5} ", human::count(group.members.len() as u64))),
        part(theme, Role::Dim, if theme.unicode { "× " } else { "x " }),
        part(theme, role, format!("{glyph} {:<13}", group.status.word())),
        part(theme, Role::Text, group.cause.as_str()),
    ]
}

/// The cause whole, what the members have in common, and who they are.
fn details(model: &Model, group: &Group, area: Rect) -> Vec<Spans> {
    let theme = model.theme;
    let columns = usize::from(area.width.saturating_sub(2));
    let rule = if theme.unicode { "─" } else { "-" }.repeat(columns);
    let mut lines = vec![vec![part(theme, Role::Border, rule)]];
    let cause = wrap(&group.cause, columns);
    lines.extend(cause.into_iter().take(2).map(|row| vec![part(theme, Role::Text, row)]));
    if !group.common.is_empty() {
        lines.push(vec![part(theme, Role::Dim, "all have "), part(theme, Role::Accent, group.common.as_str())]);
    }
    let rows = usize::from(area.height).saturating_sub(lines.len());
    let mut names = String::new();
    let mut left = group.members.len();
    for row in group.members.iter().filter_map(|id| model.list.rows().get(id)) {
        if width::width(&names) + width::width(&row.name) + 16 > columns * rows {
            break;
        }
        names.push_str(&row.name);
        names.push_str("  ");
        left -= 1;
    }
    if left > 0 {
        names = format!("{names}and {} more", human::count(left as u64));
    }
    lines.extend(wrap(&names, columns).into_iter().map(|row| vec![part(theme, Role::Dim, row)]));
    lines
}
