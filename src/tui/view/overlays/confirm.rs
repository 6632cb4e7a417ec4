//! A question with yes and no.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

use super::{draw_box, inner_width};
use crate::text::width;
use crate::tui::model::spots::{Spot, Spots};
use crate::tui::model::{Confirm, Model};
use crate::tui::theme::{Role, part};
use crate::tui::widgets::{Spans, wrap};

/// Draws the question.
pub(super) fn draw(model: &Model, confirm: &Confirm, buf: &mut Buffer, spots: &mut Spots) {
    let theme = model.theme;
    let mut lines: Vec<Spans> = vec![Spans::new()];
    for line in &confirm.consequences {
        lines.extend(wrap(line, inner_width(model)).into_iter().map(|row| vec![part(theme, Role::Text, row)]));
    }
    lines.push(Spans::new());
    let button = |text: &str, focused: bool| {
        let style =
            if focused { theme.style(Role::Title).add_modifier(Modifier::REVERSED) } else { theme.style(Role::Dim) };
        let text = if focused { format!("[ {text} ]") } else { format!("  {text}  ") };
        (text, style)
    };
    let (no, yes) = (button(confirm.no, !confirm.yes_focused), button(confirm.yes, confirm.yes_focused));
    // Each has two columns of its own on either side, so that a narrow screen needs no more between them.
    let gap = inner_width(model).saturating_sub(width::width(&no.0) + width::width(&yes.0)).min(3);
    let buttons = lines.len();
    let columns = |text: &str| u16::try_from(width::width(text)).unwrap_or(u16::MAX);
    let (no_columns, yes_columns) = (columns(&no.0), columns(&yes.0));
    lines.push(vec![no, part(theme, Role::Text, " ".repeat(gap)), yes]);
    lines.push(Spans::new());
    let seen = draw_box(model, &confirm.title, &lines, 2, buf, spots);
    if let Some((_, place)) = seen.into_iter().find(|(line, _)| *line == buttons) {
        let yes =
            Rect { x: place.x.saturating_add(no_columns).saturating_add(gap as u16), width: yes_columns, ..place };
        spots.note(Rect { width: no_columns, ..place }.intersection(place), Spot::No);
        spots.note(yes.intersection(place), Spot::Yes);
    }
}
