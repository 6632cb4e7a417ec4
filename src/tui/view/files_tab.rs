//! The files of the shown attempt.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::frame::{mark_cursor, mark_scrolled};
use crate::text::human;
use crate::text::width::{self, Align};
use crate::tui::layout::Areas;
use crate::tui::model::spots::{Spot, Spots};
use crate::tui::model::{Focus, Model};
use crate::tui::reading::FileState;
use crate::tui::theme::{Glyph, Role, part};
use crate::tui::widgets::grid::Column;
use crate::tui::widgets::{Spans, grid};

/// Columns of a date with its seconds: `2026-11-27 09:41:07`.
const DATE: u16 = 19;
/// Columns of a date without them.
const DATE_SHORT: u16 = 16;

/// Below this width there are no dates.
const NARROW: u16 = 58;

/// Draws the Files tab.
pub(super) fn draw(model: &Model, areas: &Areas, buf: &mut Buffer, spots: &mut Spots) {
    let area = areas.detail_inner();
    let theme = model.theme;
    let reading = match &model.files.reading {
        Some(reading) if !reading.files.is_empty() => reading,
        reading => {
            let (what, advice): (&str, &str) = match reading.as_ref().map(|reading| &reading.state) {
                None => ("Reading the directory", ""),
                Some(FileState::Present) => ("The attempt has written no files yet", ""),
                Some(FileState::Absent | FileState::Gone) => ("The attempt's directory has been removed", ""),
                Some(FileState::Unreadable(why)) => ("The attempt's directory cannot be read", why),
            };
            return grid::draw_message(buf, area, &[(what, theme.style(Role::Text)), (advice, theme.style(Role::Dim))]);
        }
    };
    let height = usize::from(area.height);
    let visible = reading.files.iter().enumerate().skip(model.files.offset).take(height);
    let longest = visible.clone().map(|(_, file)| width::width(&file.name)).max().unwrap_or(0);
    let column = |min: u16, ideal: usize, priority: u8, align: Align| Column {
        title: String::new(),
        min,
        ideal: u16::try_from(ideal).unwrap_or(u16::MAX),
        priority,
        align,
    };
    let columns = [
        column(8, longest, 0, Align::Left),
        column(9, 9, 1, Align::Right),
        column(DATE_SHORT, DATE.into(), 2, Align::Left),
    ];
    let mut widths = grid::fit(&columns, area.width.saturating_sub(1));
    if area.width < NARROW {
        // A name says more than a date.
        widths = grid::fit(&columns[..2], area.width.saturating_sub(1));
        widths.push(None);
    }
    // A date is whole with its seconds or without them.
    let date = if widths[2].is_none_or(|wide| wide < DATE) { usize::from(DATE_SHORT) } else { usize::from(DATE) };
    let name_room = usize::from(widths[0].unwrap_or(0));
    let focused = model.focus == Focus::Detail;
    for (line, (at, file)) in visible.enumerate() {
        let row = Rect { y: area.y + line as u16, height: 1, ..area };
        let inside = Rect { x: row.x + 1, width: row.width.saturating_sub(1), ..row };
        let empty = if file.bytes == 0 { Role::Dim } else { Role::Text };
        let cells = [
            // Most begin with the directory of the output.
            vec![part(theme, empty, width::truncate_start(&file.name, name_room))],
            vec![part(theme, empty, human::bytes(file.bytes))],
            vec![part(theme, Role::Dim, file.modified.get(..date).unwrap_or(&file.modified))],
        ];
        grid::draw_row(buf, inside, &columns, &widths, &cells);
        spots.note(row, Spot::File(at));
        if at == model.files.selected {
            mark_cursor(theme, row, focused, buf);
        }
    }
    if areas.framed {
        mark_scrolled(
            theme,
            areas.detail,
            focused,
            model.files.offset..model.files.offset + height,
            reading.files.len(),
            buf,
        );
    }
}

/// How many files, and how large they are together.
pub(super) fn edge(model: &Model) -> Spans {
    let theme = model.theme;
    let Some(reading) = &model.files.reading else { return Spans::new() };
    let dot = theme.glyph(Glyph::Dot);
    let bytes = reading.files.iter().map(|file| file.bytes).fold(0, u64::saturating_add);
    let files = human::plural(reading.files.len() as u64, "file");
    let more = if reading.more { "first " } else { "" };
    let polled = if model.is_polled() { format!(" polled {dot}") } else { String::new() };
    vec![part(theme, Role::Dim, format!("{polled} {more}{files} {dot} {} ", human::bytes(bytes)))]
}
