//! A question with yes and no.

use ratatui::buffer::Buffer;
use ratatui::style::Modifier;

use super::{draw_box, inner_width};
use crate::tui::model::{Confirm, Model};
use crate::tui::panes::{Spans, part};
use crate::tui::theme::Role;
use crate::tui::widgets::wrap;

/// Draws the question.
pub fn draw(model: &Model, confirm: &Confirm, buf: &mut Buffer) {
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
    lines.push(vec![
        button(confirm.no, !confirm.yes_focused),
        part(theme, Role::Text, "   "),
        button(confirm.yes, confirm.yes_focused),
    ]);
    lines.push(Spans::new());
    draw_box(model, &confirm.title, &lines, 2, buf);
}
