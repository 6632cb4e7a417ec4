//! The stat under the cursor over the dumps, alone or with that of marked simulations, under the list of stats.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::figure::{draw_lines, draw_too_small, signs};
use crate::report::plot::terminal::{At, OverDumps, over_dumps};
use crate::tui::actions::Action;
use crate::tui::model::Model;
use crate::tui::model::chart::{Charted, charted};
use crate::tui::theme::Role;
use crate::tui::widgets::{put, wrap};

/// Draws it, if it is wanted.
pub(super) fn draw(model: &Model, area: Rect, buf: &mut Buffer) {
    let Some(chart) = model.stats.chart.filter(|_| area.area() > 0) else { return };
    let theme = model.theme;
    let area = Rect { x: area.x + 1, width: area.width.saturating_sub(1), ..area };
    if draw_too_small(model, area, buf) {
        return;
    }
    let watch = model.key(Action::ToggleColumn);
    let text = match charted(model) {
        Some(Charted { stat, run: Some(run), beside, notes }) => {
            let at = At { dump: run.past.len().saturating_sub(1 + chart.back), is_log: chart.is_log };
            let size = (usize::from(area.width), usize::from(area.height));
            let of = OverDumps { stat: &stat, run: &run, beside: &beside, notes: &notes };
            return draw_lines(theme, &over_dumps(&of, at, size, signs(theme)), area, buf);
        }
        Some(Charted { stat, .. }) => format!("only what is watched is kept of every dump: {watch} watches {stat}"),
        None => "a group has no values of its own: go to a stat".to_owned(),
    };
    for (line, y) in wrap(&text, usize::from(area.width)).iter().zip(area.y..area.bottom()) {
        put(buf, area.x, y, area.width, line, theme.style(Role::Dim));
    }
}
