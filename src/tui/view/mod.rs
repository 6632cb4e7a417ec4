//! The panes of the screen and what lies over them. Each draws a part of the model and changes nothing.
//!
//! Only what is visible is made into text: a list of ten thousand costs what fits on the screen. Where things go was decided by
//! `layout`, which `update` asks too, and the text of the longer pages by `pages`.
//!
//! The awkward truth: terminals do not agree on the width of some characters, so frames behind such a one are drawn anew with
//! every frame of the screen.

mod chart;
mod detail;
mod figure;
mod files_tab;
mod filter_prompt;
mod footer;
mod frame;
mod group_row;
mod header;
mod hints;
mod log_tab;
mod overlays;
mod results_tab;
mod simulations;
mod stats_cells;
mod stats_tab;
mod suite_cells;

use ratatui::buffer::{Buffer, Cell, CellDiffOption};
use ratatui::layout::Position;
use ratatui::style::Color;

use crate::tui::layout::Areas;
use crate::tui::model::Model;
use crate::tui::model::sort::Sort;
use crate::tui::model::spots::{Spot, Spots};
use crate::tui::theme::Glyph;

/// What there is to know of a frame beside what is seen.
#[derive(Debug, Default)]
pub struct Drawn {
    /// Where the cursor stands while text is being typed.
    pub cursor: Option<Position>,
    /// What stands where.
    pub spots: Spots,
}

/// Draws the whole screen.
pub fn draw(model: &Model, buf: &mut Buffer) -> Drawn {
    let areas = Areas::of(model);
    let mut spots = Spots::of(model);
    note_panes(&areas, &mut spots);
    header::draw(model, areas.header, buf);
    header::draw_banner(model, areas.banner, buf);
    simulations::draw(model, &areas, buf, &mut spots);
    detail::draw(model, &areas, buf, &mut spots);
    let cursor = footer::draw(model, areas.footer, buf, &mut spots);
    overlays::draw(model, &areas, buf, &mut spots);
    lay_ground(model, buf);
    if model.theme.unicode {
        keep_frames(buf);
    } else {
        leave_ascii(buf);
    }
    Drawn { cursor, spots }
}

/// Notes the panes and what stands between them. What they have inside is noted behind them.
fn note_panes(areas: &Areas, spots: &mut Spots) {
    spots.note(areas.list, Spot::List);
    spots.note(areas.detail, Spot::Detail);
    spots.note(areas.watch, Spot::Watched);
    if let Some(split) = areas.split {
        spots.note(split.border(), Spot::Splitter);
    }
}

/// Where a theme does not leave ink and ground to the terminal, everything gets them that has none of its own.
fn lay_ground(model: &Model, buf: &mut Buffer) {
    let Some((ink, ground)) = model.theme.base() else { return };
    for cell in &mut buf.content {
        if cell.fg == Color::Reset {
            cell.fg = ink;
        }
        if cell.bg == Color::Reset {
            cell.bg = ground;
        }
    }
}

/// Which way a list is ordered: whether the smallest is on top.
fn order_glyph(sort: &Sort, reversed: bool) -> Glyph {
    if sort.is_ascending() == reversed { Glyph::Descending } else { Glyph::Ascending }
}

/// Terminals do not agree on the width of characters that are made of several, so one of them may reach into a frame.
/// The frames behind such a character are drawn again with every frame of the screen, whether they have changed or not.
fn keep_frames(buf: &mut Buffer) {
    let width = usize::from(buf.area.width).max(1);
    for row in buf.content.chunks_mut(width) {
        let is_uncertain = |cell: &Cell| cell.symbol().len() > 4 && cell.symbol().chars().nth(1).is_some();
        let Some(first) = row.iter().position(is_uncertain) else { continue };
        for cell in row.iter_mut().skip(first).filter(|cell| matches!(cell.symbol(), "│" | "┃")) {
            cell.set_diff_option(CellDiffOption::AlwaysUpdate);
        }
    }
}

/// Names and logs may hold any character; a terminal that takes ASCII only would show several wrong ones for each.
fn leave_ascii(buf: &mut Buffer) {
    for cell in buf.content.iter_mut().filter(|cell| !cell.symbol().is_ascii()) {
        let ascii = match cell.symbol() {
            "…" => "~",
            "→" => ">",
            "·" | "–" => "-",
            "µ" => "u",
            _ => "?",
        };
        cell.set_symbol(ascii);
    }
}
