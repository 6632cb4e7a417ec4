//! A figure in the place of the table of results.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::report::plot::Plot;
use crate::report::plot::terminal::{self, LEAST, Signs};
use crate::text::StyledLine;
use crate::tui::actions::Action;
use crate::tui::model::Model;
use crate::tui::model::results::figure::Figure;
use crate::tui::theme::{Role, Theme};
use crate::tui::widgets::logview::{From, LineLook, draw_row};
use crate::tui::widgets::{grid, put, wrap};

/// Draws it, or says why there is none.
pub(super) fn draw(model: &Model, figure: &Figure, area: Rect, buf: &mut Buffer) {
    let theme = model.theme;
    match (figure.plot(), &figure.made) {
        (Some(plot), _) => draw_plot(model, plot, area, buf),
        (None, Some(Err(why))) => {
            let what = format!("{} cannot be drawn", figure.drawn.word());
            let lines = [(what.as_str(), theme.style(Role::Text)), (why.as_str(), theme.style(Role::Dim))];
            grid::draw_message(buf, area, &lines);
        }
        (None, _) => grid::draw_message(buf, area, &[("Reading the simulations", theme.style(Role::Text))]),
    }
}

fn draw_plot(model: &Model, plot: &Plot, area: Rect, buf: &mut Buffer) {
    let area = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    if !draw_too_small(model, area, buf) {
        let lines = terminal::draw(plot, usize::from(area.width), usize::from(area.height), signs(model.theme));
        draw_lines(model.theme, &lines, area, buf);
    }
}

/// Says so where there is no room for a figure, and what gives it some. Whether it did.
pub(super) fn draw_too_small(model: &Model, area: Rect, buf: &mut Buffer) -> bool {
    let (columns, lines) = LEAST;
    if usize::from(area.width) >= columns && usize::from(area.height) >= lines {
        return false;
    }
    let more =
        if model.zoomed { String::new() } else { format!("; {} shows this pane alone", model.key(Action::Zoom)) };
    let text = format!("a figure needs {columns} columns and {lines} lines{more}");
    for (line, y) in wrap(&text, usize::from(area.width)).iter().zip(area.y..area.bottom()) {
        put(buf, area.x, y, area.width, line, model.theme.style(Role::Dim));
    }
    true
}

/// What this terminal can show.
pub(super) fn signs(theme: Theme) -> Signs {
    if theme.unicode { Signs::Unicode } else { Signs::Ascii }
}

/// Draws lines that have their own colours, as far as there are rows.
pub(super) fn draw_lines(theme: Theme, lines: &[StyledLine], area: Rect, buf: &mut Buffer) {
    let look = LineLook { base: Style::new(), pattern: None, matched: Style::new(), signs: (0, 0) };
    for (line, y) in lines.iter().zip(area.y..area.bottom()) {
        let row = Rect { y, height: 1, ..area };
        draw_row(buf, row, line, From::Column(0), &look, |span| match span.fg.and_then(terminal::series_of) {
            Some(series) => theme.series(series),
            None => theme.span(span),
        });
    }
}
