//! All rows of the list at once: one sign for each simulation, in the order of the list.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::{Clear, Widget};

use crate::protocol::Counts;
use crate::text::human;
use crate::tui::actions::Action;
use crate::tui::layout::map::{BELOW, frame, size};
use crate::tui::model::Model;
use crate::tui::model::spots::{Spot, Spots};
use crate::tui::theme::{Glyph, Role, part, states, title_style};
use crate::tui::view::frame::{Titles, draw_frame, mark_scrolled};
use crate::tui::widgets::{Spans, put, put_spans};

/// Draws the map over the whole body of the screen.
pub(super) fn draw(model: &Model, buf: &mut Buffer, spots: &mut Spots) {
    let screen = *buf.area();
    let theme = model.theme;
    let area = frame(screen.width, screen.height).intersection(screen);
    if area.width < 6 || area.height < 3 + BELOW {
        return;
    }
    Clear.render(area, buf);
    spots.note(area, Spot::Inside);
    let list = &model.list;
    let listed = list.listed();
    let at = list.listed_position();
    let of = human::count(listed.len() as u64);
    let left = vec![
        (" Map ".to_owned(), title_style(theme, true)),
        part(theme, Role::Text, format!("{} of {of} ", human::count(at as u64 + 1))),
        part(
            theme,
            Role::Dim,
            format!(
                "{} in the order of the list, by {} ",
                theme.glyph(Glyph::Dot),
                list.sort().word(model.header.as_ref(), &model.columns)
            ),
        ),
    ];
    let key = |action| model.key(action);
    let keys = format!(" {} next failed  {} to the list ", key(Action::NextFailed), key(Action::Accept));
    let bottom_right = vec![part(theme, Role::Dim, keys)];
    draw_frame(theme, area, true, &Titles { left, bottom_right, ..Titles::default() }, buf);
    let (columns, rows) = size(model);
    let lines = listed.len().div_ceil(columns);
    // The line of the cursor is in the middle where there are more than fit.
    let from = (at / columns).saturating_sub(rows / 2).min(lines.saturating_sub(rows));
    for (index, id) in listed.iter().enumerate().skip(from * columns).take(rows * columns) {
        let Some(row) = list.rows().get(id) else { continue };
        let (glyph, role) = theme.status(&row.view.status);
        let style = theme.style(if index == at { Role::Selected } else { role });
        let x = area.x + 2 + (index % columns) as u16;
        let y = area.y + 1 + (index / columns - from) as u16;
        put(buf, x, y, 1, glyph, style);
        spots.note(Rect::new(x, y, 1, 1), Spot::Choice(index));
    }
    mark_scrolled(theme, area, true, from..from + rows, lines, buf);
    let below = Rect { x: area.x + 2, y: area.bottom() - 1 - BELOW, width: area.width.saturating_sub(4), height: 1 };
    if let Some(row) = model.selected() {
        let (glyph, role) = theme.status(&row.view.status);
        let spans = [
            part(theme, role, format!("{glyph} {}  ", row.view.status.word())),
            part(theme, Role::Text, row.name.as_str()),
            part(theme, Role::Dim, format!("  {}  {}", row.parameters, model.reason(row))),
        ];
        put_spans(buf, below.x, below.y, below.width, &spans);
    }
    put_spans(buf, below.x, below.y + 1, below.width, &legend(model, model.simulations()));
}

/// What the signs mean, and how many there are.
fn legend(model: &Model, counts: Counts) -> Spans {
    let theme = model.theme;
    let one = |(number, glyph, role, word): (u32, Glyph, Role, &str)| {
        [
            part(theme, role, theme.glyph(glyph)),
            part(theme, Role::Dim, format!(" {} {word}   ", human::count(number.into()))),
        ]
    };
    states(counts).into_iter().flat_map(one).collect()
}
