//! The stat under the cursor over the dumps, under the list of stats.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::report::plot::terminal::{At, Signs, over_dumps};
use crate::tui::actions::Action;
use crate::tui::model::Model;
use crate::tui::model::chart::charted;
use crate::tui::theme::Role;
use crate::tui::widgets::logview::{From, LineLook, draw_row};
use crate::tui::widgets::{put, wrap};

/// Draws it, if it is wanted.
pub(super) fn draw(model: &Model, area: Rect, buf: &mut Buffer) {
    let Some(chart) = model.stats.chart.filter(|_| area.area() > 0) else { return };
    let theme = model.theme;
    let area = Rect { x: area.x + 1, width: area.width.saturating_sub(1), ..area };
    let watch = model.key(Action::ToggleColumn);
    let text = match charted(&model.stats) {
        Some((name, Some(past))) => {
            let at = At { dump: past.len().saturating_sub(1 + chart.back), is_log: chart.is_log };
            let signs = if theme.unicode { Signs::Unicode } else { Signs::Ascii };
            let size = (usize::from(area.width), usize::from(area.height));
            let look = LineLook { base: Style::new(), regex: None, matched: Style::new() };
            for (line, y) in over_dumps(&name, &past, at, size, signs).iter().zip(area.y..) {
                let row = Rect { y, height: 1, ..area };
                draw_row(buf, row, line, From::Column(0), &look, |span| theme.span(span));
            }
            return;
        }
        Some((name, None)) => format!("only what is watched is kept of every dump: {watch} watches {name}"),
        None => "a group has no values of its own: go to a stat".to_owned(),
    };
    for (line, y) in wrap(&text, usize::from(area.width)).iter().zip(area.y..area.bottom()) {
        put(buf, area.x, y, area.width, line, theme.style(Role::Dim));
    }
}
