//! Pieces that draw themselves and know nothing about gem5.
//!
//! They are given only what is visible: a row that is not on the screen is never made. Text that comes in is safe
//! already.

pub(crate) mod gauge;
pub(crate) mod grid;
pub(crate) mod logview;
pub(crate) mod sparkline;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::text::width;
pub(crate) use crate::text::width::wrap;

/// Parts of a line in their styles.
pub(crate) type Spans = Vec<(String, Style)>;

/// Draws text at a place, cut with `…` at `columns`. Returns the columns that were used.
pub(crate) fn put(buf: &mut Buffer, x: u16, y: u16, columns: u16, text: &str, style: Style) -> u16 {
    if y < buf.area.y || y >= buf.area.bottom() || x < buf.area.x || x >= buf.area.right() {
        return 0;
    }
    let columns = columns.min(buf.area.right() - x);
    let text = width::truncate(text, usize::from(columns));
    let (end, _) = buf.set_stringn(x, y, &text, usize::from(columns), style);
    end - x
}

/// Draws parts one after the other, cut at `columns`. Returns the columns that were used.
pub(crate) fn put_spans(buf: &mut Buffer, x: u16, y: u16, columns: u16, spans: &[(String, Style)]) -> u16 {
    let mut used = 0;
    for (text, style) in spans {
        used += put(buf, x + used, y, columns.saturating_sub(used), text, *style);
        if used >= columns {
            break;
        }
    }
    used
}

/// Columns that parts take together.
pub(crate) fn spans_width(spans: &[(String, Style)]) -> usize {
    spans.iter().map(|(text, _)| width::width(text)).sum()
}

/// Which parts fit on a line, `gap` apart, when those with the highest number are dropped first. Each has its number and its columns.
pub(crate) fn fitting(parts: &[(u8, usize)], width: usize, gap: usize) -> Vec<usize> {
    let mut kept: Vec<usize> = (0..parts.len()).filter(|at| parts[*at].1 > 0).collect();
    let total = |kept: &[usize]| kept.iter().map(|at| parts[*at].1).sum::<usize>() + gap * kept.len().saturating_sub(1);
    while kept.len() > 1 && total(&kept) > width {
        let Some(worst) = (0..kept.len()).max_by_key(|at| (parts[kept[*at]].0, *at)) else { break };
        kept.remove(worst);
    }
    kept
}

/// Puts what fits on a line, dropping parts with the highest number first. Parts stand in their order, `gap` apart.
pub(crate) fn keep_fitting(mut parts: Vec<(u8, Spans)>, width: usize, gap: usize) -> Spans {
    let sizes: Vec<(u8, usize)> = parts.iter().map(|(number, spans)| (*number, spans_width(spans))).collect();
    let mut line = Spans::new();
    for (at, place) in fitting(&sizes, width, gap).into_iter().enumerate() {
        let spans = std::mem::take(&mut parts[place].1);
        if at > 0 {
            line.push((" ".repeat(gap), Style::new()));
        }
        line.extend(spans);
    }
    line
}

/// Shows in the right edge of a framed area which part of a list is visible, if not all of it is.
pub(crate) fn scroll_mark(
    buf: &mut Buffer,
    frame: Rect,
    first: usize,
    visible: usize,
    total: usize,
    glyph: &str,
    style: Style,
) {
    let height = usize::from(frame.height.saturating_sub(2));
    if total <= visible || height == 0 || frame.width == 0 {
        return;
    }
    let size = (height * visible / total).clamp(1, height);
    let free = height - size;
    let at = (free * first).div_ceil(total - visible).min(free);
    for y in at..at + size {
        put(buf, frame.right() - 1, frame.y + 1 + y as u16, 1, glyph, style);
    }
}
