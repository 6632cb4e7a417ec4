//! A table of which only the visible rows are made.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::{put, put_spans, spans_width, wrap};
use crate::text::width::{self, Align};

/// What a column asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    /// Its head.
    pub title: String,
    /// Columns below which it is of no use.
    pub min: u16,
    /// Columns at which nothing is cut.
    pub ideal: u16,
    /// A grid that is too narrow drops the highest number first.
    pub priority: u8,
    /// Where its text stands.
    pub align: Align,
}

impl Column {
    /// A column that is never wanted narrower than it is of use.
    pub(crate) fn new(title: &str, min: u16, ideal: u16, priority: u8, align: Align) -> Self {
        Self { title: title.to_owned(), min, ideal: ideal.max(min), priority, align }
    }
}

/// A cell: parts in their styles.
pub(crate) type Cell = Vec<(String, Style)>;

/// Spaces between columns.
pub(crate) const GAP: u16 = 2;

/// The width of each column in a grid of `width` columns; none for those that are dropped.
pub(crate) fn fit(columns: &[Column], width: u16) -> Vec<Option<u16>> {
    let mut kept: Vec<bool> = vec![true; columns.len()];
    let needed = |kept: &[bool], size: fn(&Column) -> u16| -> u32 {
        let sizes = columns.iter().zip(kept).filter(|(_, kept)| **kept).map(|(column, _)| u32::from(size(column)));
        let gaps = kept.iter().filter(|kept| **kept).count().saturating_sub(1) as u32 * u32::from(GAP);
        sizes.sum::<u32>() + gaps
    };
    while needed(&kept, |column| column.min) > u32::from(width) {
        let droppable = (0..columns.len()).filter(|at| kept[*at]);
        let Some(last) = droppable.max_by_key(|at| (columns[*at].priority, *at)) else { break };
        if kept.iter().filter(|kept| **kept).count() == 1 {
            break;
        }
        kept[last] = false;
    }
    let mut free = u32::from(width).saturating_sub(needed(&kept, |column| column.min)) as u16;
    let mut widths: Vec<Option<u16>> =
        columns.iter().zip(&kept).map(|(column, kept)| kept.then_some(column.min.min(width))).collect();
    // What is left goes to the most important columns first, up to what they can use.
    let mut order: Vec<usize> = (0..columns.len()).filter(|at| kept[*at]).collect();
    order.sort_by_key(|at| columns[*at].priority);
    for at in order {
        if let Some(size) = &mut widths[at] {
            let more = columns[at].ideal.saturating_sub(*size).min(free);
            *size += more;
            free -= more;
        }
    }
    widths
}

/// Columns that the grid takes when nothing is cut.
pub(crate) fn ideal_width(columns: &[Column]) -> usize {
    let gaps = columns.len().saturating_sub(1) * usize::from(GAP);
    columns.iter().map(|column| usize::from(column.ideal.max(column.min))).sum::<usize>() + gaps
}

/// Draws the heads of the columns.
pub(crate) fn draw_heads(buf: &mut Buffer, area: Rect, columns: &[Column], widths: &[Option<u16>], style: Style) {
    // Titles of numbers are names of stats, which mostly differ in their ends.
    let end = |column: &Column, width: Option<u16>| {
        width::truncate_start(&column.title, usize::from(width.unwrap_or(0))).into_owned()
    };
    let title = |at: usize| {
        let (column, width) = (&columns[at], widths[at]);
        if column.align == Align::Left {
            return column.title.clone();
        }
        let short = end(column, width);
        let is_other = |other: usize| {
            other != at
                && widths[other].is_some()
                && columns[other].align == Align::Right
                && end(&columns[other], widths[other]) == short
        };
        let is_ambiguous = short != column.title && (0..columns.len()).any(is_other);
        if is_ambiguous {
            width::truncate_middle(&column.title, usize::from(width.unwrap_or(0))).into_owned()
        } else {
            short
        }
    };
    let cells: Vec<Cell> = (0..columns.len().min(widths.len())).map(|at| vec![(title(at), style)]).collect();
    draw_row(buf, area, columns, widths, &cells);
}

/// Where the columns stand that are drawn in an area of one row.
pub(crate) fn places(area: Rect, widths: &[Option<u16>]) -> impl Iterator<Item = (usize, Rect)> {
    let mut x = area.x;
    widths.iter().enumerate().filter_map(move |(at, width)| {
        let width = (*width)?.min(area.right().saturating_sub(x));
        let place = Rect { x, width, height: 1, ..area };
        x = x.saturating_add(width).saturating_add(GAP);
        Some((at, place))
    })
}

/// Draws one row into an area of one row.
pub(crate) fn draw_row(buf: &mut Buffer, area: Rect, columns: &[Column], widths: &[Option<u16>], cells: &[Cell]) {
    for (at, place) in places(area, widths) {
        let (Some(column), Some(cell)) = (columns.get(at), cells.get(at)) else { break };
        let free = place.width.saturating_sub(u16::try_from(spans_width(cell)).unwrap_or(u16::MAX));
        let indent = match column.align {
            Align::Left => 0,
            Align::Right => free,
        };
        put_spans(buf, place.x + indent, place.y, place.width - indent, cell);
    }
}

/// Columns of the cell at `at` with the room of the `more` cells after it.
pub(crate) fn merged(widths: &[Option<u16>], at: usize, more: usize) -> u16 {
    let shown = widths.iter().skip(at + 1).take(more).flatten().map(|width| width.saturating_add(GAP));
    shown.fold(widths.get(at).copied().flatten().unwrap_or(0), u16::saturating_add)
}

/// Gives the cell at `at` the room of the `more` cells after it, which are not drawn.
pub(crate) fn merge(widths: &mut [Option<u16>], cells: &mut [Cell], at: usize, more: usize) {
    if widths.get(at).copied().flatten().is_none() {
        return;
    }
    let total = merged(widths, at, more);
    let end = widths.len().min(cells.len()).min(at + 1 + more);
    for next in at + 1..end {
        widths[next] = None;
        cells[next].clear();
    }
    widths[at] = Some(total);
}

/// Draws a message in the middle of an area, for a pane that has nothing else to show. What is too long for a line is wrapped.
pub(crate) fn draw_message(buf: &mut Buffer, area: Rect, lines: &[(&str, Style)]) {
    let columns = usize::from(area.width.saturating_sub(2)).max(1);
    let wrapped = |(line, style): &(&str, Style)| wrap(line, columns).into_iter().map(|row| (row, *style)).collect();
    let rows: Vec<(String, Style)> = lines.iter().flat_map::<Vec<_>, _>(wrapped).collect();
    let height = u16::try_from(rows.len()).unwrap_or(u16::MAX).min(area.height);
    let top = area.y + (area.height - height) / 3;
    for (at, (line, style)) in rows.iter().take(usize::from(height)).enumerate() {
        let wide = u16::try_from(crate::text::width::width(line)).unwrap_or(u16::MAX).min(area.width);
        put(buf, area.x + (area.width - wide) / 2, top + at as u16, area.width, line, *style);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(min: u16, ideal: u16, priority: u8) -> Column {
        Column { title: String::new(), min, ideal, priority, align: Align::Left }
    }

    #[test]
    fn a_narrow_grid_drops_the_least_important_column_first() {
        let columns = [column(8, 8, 0), column(10, 30, 1), column(6, 6, 9)];
        assert_eq!(fit(&columns, 60), [Some(8), Some(30), Some(6)]);
        assert_eq!(fit(&columns, 30), [Some(8), Some(12), Some(6)]);
        assert_eq!(fit(&columns, 27), [Some(8), Some(17), None]);
        assert_eq!(fit(&columns, 9), [Some(8), None, None]);
        assert_eq!(fit(&columns, 3), [Some(3), None, None]);
    }

    #[test]
    fn heads_that_are_cut_can_still_be_told_apart() {
        let value = |title: &str| Column { title: title.to_owned(), align: Align::Right, ..column(12, 12, 0) };
        let columns = [value("l2.overallMissRate"), value("dcache.overallMissRate"), value("numLoadInsts")];
        let area = Rect::new(0, 0, 40, 1);
        let mut buf = Buffer::empty(area);
        draw_heads(&mut buf, area, &columns, &[Some(12); 3], Style::new());
        let text: String = buf.content().iter().map(ratatui::buffer::Cell::symbol).collect();
        assert_eq!(text.split_whitespace().collect::<Vec<_>>(), ["l2.ove…sRate", "dcache…sRate", "numLoadInsts"]);
        draw_heads(&mut buf, area, &columns[1..], &[Some(12); 2], Style::new());
        let text: String = buf.content().iter().map(ratatui::buffer::Cell::symbol).collect();
        assert!(text.starts_with("…allMissRate"), "{text}");
    }

    #[test]
    fn no_grid_is_wider_than_its_area() {
        let columns = [column(8, 8, 0), column(10, 300, 1), column(6, 60, 9), column(1, 1, 4)];
        for width in 0..400u16 {
            let widths: Vec<u16> = fit(&columns, width).into_iter().flatten().collect();
            let gaps = (widths.len().saturating_sub(1)) as u16 * GAP;
            assert!(widths.iter().sum::<u16>() + gaps <= width, "{width}: {widths:?}");
        }
    }
}
