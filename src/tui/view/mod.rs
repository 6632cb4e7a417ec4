//! The panes of the screen. Each draws a part of the model and changes nothing.

pub mod detail;
pub mod files_tab;
pub mod footer;
pub mod header;
pub mod log_tab;
pub mod overlays;
pub mod simulations;
mod stats_cells;
pub mod stats_tab;

use ratatui::buffer::{Buffer, Cell, CellDiffOption};
use ratatui::layout::{Position, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::symbols::border;
use ratatui::widgets::{Block, Widget};

use super::layout::Areas;
use super::model::{Focus, Model};
use super::theme::{Colours, Role, Theme};
use super::widgets::{grid, put_spans, scroll_mark, spans_width};

/// Parts of a line in their styles.
pub type Spans = Vec<(String, Style)>;

const ASCII: border::Set<'static> = border::Set {
    top_left: "+",
    top_right: "+",
    bottom_left: "+",
    bottom_right: "+",
    vertical_left: "|",
    vertical_right: "|",
    horizontal_top: "-",
    horizontal_bottom: "-",
};

const ASCII_FOCUSED: border::Set<'static> =
    border::Set { horizontal_top: "=", horizontal_bottom: "=", vertical_left: "#", vertical_right: "#", ..ASCII };

/// Draws the whole screen. Returns where the cursor stands while text is being typed.
pub fn draw(model: &Model, buf: &mut Buffer) -> Option<Position> {
    let areas = Areas::of(model);
    header::draw(model, areas.header, buf);
    header::draw_banner(model, areas.banner, buf);
    simulations::draw(model, &areas, buf);
    detail::draw(model, &areas, buf);
    let cursor = footer::draw(model, areas.footer, buf);
    overlays::draw(model, buf);
    if model.theme.unicode {
        keep_frames(buf);
    } else {
        leave_ascii(buf);
    }
    cursor
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
            "·" => "-",
            _ => "?",
        };
        cell.set_symbol(ascii);
    }
}

/// What stands in the frame of a pane.
#[derive(Debug, Default)]
pub struct Titles {
    /// In the upper edge, on the left.
    pub left: Spans,
    /// In the upper edge, on the right.
    pub right: Spans,
    /// In the lower edge, on the left.
    pub bottom_left: Spans,
    /// In the lower edge, on the right.
    pub bottom_right: Spans,
}

/// Draws the frame of a pane with its titles. Where room is short, the right title stays and the left one is cut.
pub fn draw_frame(theme: Theme, area: Rect, focused: bool, titles: &Titles, buf: &mut Buffer) {
    let role = if focused { Role::BorderFocused } else { Role::Border };
    let set = match (theme.unicode, focused, theme.colours) {
        (false, true, _) => ASCII_FOCUSED,
        (false, false, _) => ASCII,
        // Without colours the focus must show in the lines themselves.
        (true, true, Colours::None) => border::THICK,
        (true, _, _) => border::PLAIN,
    };
    Block::bordered().border_set(set).border_style(theme.style(role)).render(area, buf);
    draw_edge(area, area.y, &titles.left, &titles.right, buf);
    if area.height > 1 {
        draw_edge(area, area.bottom() - 1, &titles.bottom_left, &titles.bottom_right, buf);
    }
}

fn draw_edge(area: Rect, y: u16, left: &Spans, right: &Spans, buf: &mut Buffer) {
    let room = area.width.saturating_sub(2);
    let width = |spans: &Spans| u16::try_from(spans_width(spans)).unwrap_or(u16::MAX);
    let right_width = width(right);
    let right_fits = right_width > 0 && right_width <= room;
    if right_fits {
        let x = area.right() - 1 - right_width;
        buf.set_style(Rect::new(x, y, right_width, 1), Style::reset());
        put_spans(buf, x, y, right_width, right);
    }
    let room = if right_fits { room.saturating_sub(right_width + 1) } else { room };
    if room >= 4 {
        // A title must not take over the colour of the frame that it stands in.
        buf.set_style(Rect::new(area.x + 1, y, width(left).min(room), 1), Style::reset());
        put_spans(buf, area.x + 1, y, room, left);
    }
}

/// The style of a title.
pub fn title_style(theme: Theme, focused: bool) -> Style {
    let style = theme.style(Role::Title);
    if focused { style.patch(theme.style(Role::Accent)) } else { style.remove_modifier(Modifier::DIM) }
}

/// A part in a role.
pub fn part(theme: Theme, role: Role, text: impl Into<String>) -> (String, Style) {
    (text.into(), theme.style(role))
}

/// Draws the lines of a tab that is read like a page, from the one at `offset` on.
pub fn draw_page(model: &Model, areas: &Areas, lines: &[Spans], offset: usize, buf: &mut Buffer) {
    let area = areas.detail_inner();
    if lines.is_empty() {
        let message = [("No simulation is selected", model.theme.style(Role::Text))];
        return grid::draw_message(buf, area, &message);
    }
    let height = usize::from(area.height);
    let offset = offset.min(lines.len().saturating_sub(height));
    for (at, line) in lines.iter().skip(offset).take(height).enumerate() {
        put_spans(buf, area.x + 1, area.y + at as u16, area.width.saturating_sub(1), line);
    }
    if areas.framed {
        let thumb = if model.theme.unicode { "┃" } else { "#" };
        let focused = model.focus == Focus::Detail;
        let style = model.theme.style(if focused { Role::BorderFocused } else { Role::Dim });
        scroll_mark(buf, areas.detail, offset, height, lines.len(), thumb, style);
    }
}

/// Puts what fits on a line, dropping parts with the highest number first. Parts stand in their order, `gap` apart.
pub fn keep_fitting(mut parts: Vec<(u8, Spans)>, width: usize, gap: usize) -> Spans {
    let total = |parts: &[(u8, Spans)]| {
        parts.iter().map(|(_, spans)| spans_width(spans)).sum::<usize>() + gap * parts.len().saturating_sub(1)
    };
    parts.retain(|(_, spans)| spans_width(spans) > 0);
    while parts.len() > 1 && total(&parts) > width {
        let Some(at) = (0..parts.len()).max_by_key(|at| (parts[*at].0, *at)) else { break };
        parts.remove(at);
    }
    let mut line = Spans::new();
    for (at, (_, spans)) in parts.into_iter().enumerate() {
        if at > 0 {
            line.push((" ".repeat(gap), Style::new()));
        }
        line.extend(spans);
    }
    line
}
