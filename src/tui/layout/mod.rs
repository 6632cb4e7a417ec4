//! Where everything goes: a function of the size and of what is open.
//!
//! `update` asks it how far a page is, `view` where to draw, so that the two never disagree. [`list_columns`] is here because the
//! list takes as much of the screen as its columns need.
//!
//! The awkward truth: the areas depend on the content (names, watched stats, a notice), so they are worked out anew for every
//! question; it is a few additions.

pub(crate) mod list_columns;
pub(crate) mod map;
pub(crate) mod panes;
pub(crate) mod results_grid;

use ratatui::layout::Rect;

use panes::Split;

use super::actions::Tab;
use super::model::{Focus, Model, stats};
use super::pages::about_stat;
use super::widgets::wrap;

/// From this width on, list and detail stand side by side.
const SIDE_BY_SIDE: u16 = 100;
/// From this height on, list and detail fit one above the other.
const STACKED: u16 = 18;
/// Below this width or height there are no frames, only rows.
const FRAMED_WIDTH: u16 = 24;
const FRAMED_HEIGHT: u16 = 7;
/// Below this width the header takes two lines if there is height for it.
const ONE_LINE_HEADER: u16 = 110;
/// A log of fewer rows than this is not cut further for the watched stats below it.
const LOG_ROWS: u16 = 10;
/// More watched stats than this are for the Stats tab.
const WATCH_ROWS: u16 = 6;

/// The areas of the screen. An area of no size is not drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Areas {
    /// The experiment in one or two lines.
    pub header: Rect,
    /// Something that a person must know.
    pub banner: Rect,
    /// The list, with its frame.
    pub list: Rect,
    /// The detail pane, with its frame.
    pub detail: Rect,
    /// How the two share the screen, where both are seen.
    pub split: Option<Split>,
    /// The watched stats under the log, with their frame.
    pub watch: Rect,
    /// The keys.
    pub footer: Rect,
    /// What must be known of the stats, in the lower part of their tab.
    pub stats_notes: Rect,
    /// What is known of the stat under the cursor, above those.
    pub stats_about: Rect,
    /// The stat under the cursor over the dumps, above that. Empty if it is not wanted.
    pub stats_chart: Rect,
    /// What was done, and what must be known, in the lower part of the tab of results.
    pub results_foot: Rect,
    /// Lines of heads of the table of results.
    results_heads: usize,
    /// Whether panes have frames.
    pub framed: bool,
}

impl Areas {
    /// The areas for this model.
    pub(crate) fn of(model: &Model) -> Self {
        let (width, height) = (model.width, model.height);
        if width == 0 || height == 0 {
            return Self::default();
        }
        let mut areas = Self { framed: width >= FRAMED_WIDTH && height >= FRAMED_HEIGHT, ..Self::default() };
        let mut top = 0;
        let mut bottom = height;
        let header = match height {
            0..=2 => 0,
            _ if (FRAMED_WIDTH..ONE_LINE_HEADER).contains(&width) && height >= STACKED => 2,
            _ => 1,
        };
        areas.header = Rect::new(0, 0, width, header);
        top += header;
        if height >= 2 {
            bottom -= 1;
            areas.footer = Rect::new(0, bottom, width, 1);
        }
        if has_banner(model) && bottom - top >= 4 {
            areas.banner = Rect::new(0, top, width, 1);
            top += 1;
        }
        let body = Rect::new(0, top, width, bottom.saturating_sub(top));
        areas.split_body(body, model);
        areas
    }

    fn split_body(&mut self, body: Rect, model: &Model) {
        let fits_both = body.width >= SIDE_BY_SIDE || model.height >= STACKED;
        if model.zoomed || !fits_both || !self.framed {
            match model.focus {
                Focus::List => self.list = body,
                Focus::Detail => self.detail = body,
            }
        } else {
            let is_across = body.width >= SIDE_BY_SIDE;
            let usual = if is_across { list_width(body.width, model) } else { list_height(body.height, model) };
            let split = Split::new(body, is_across, model.panes, usual);
            (self.list, self.detail) = split.panes();
            self.split = Some(split);
        }
        self.split_watch(model);
        self.split_notes(model);
        self.split_results(model);
    }

    /// Takes rows below the table of results for what stands below it.
    fn split_results(&mut self, model: &Model) {
        let inner = self.inner(self.detail);
        if model.tab != Tab::Results || inner.area() == 0 {
            return;
        }
        let rows = results_grid::foot(model, inner.width, inner.height).len();
        let height = u16::try_from(rows).unwrap_or(u16::MAX).min(inner.height);
        self.results_foot = Rect { y: inner.bottom() - height, height, ..inner };
        self.results_heads = results_grid::heads(&model.results, usize::from(inner.height));
    }

    /// Takes the lower part of the log for the watched stats when both have room.
    fn split_watch(&mut self, model: &Model) {
        let watched = model.header.as_ref().map_or(0, |h| h.header.watch.len());
        if model.tab != Tab::Log || watched == 0 || !self.framed || model.shown_attempt().is_none() {
            return;
        }
        let found = model.stats.reading.as_ref().map_or(0, |reading| reading.watched.len());
        let rows = u16::try_from(watched.max(found)).unwrap_or(u16::MAX).min(WATCH_ROWS) + 2;
        if self.detail.height >= rows + LOG_ROWS {
            self.detail.height -= rows;
            self.watch = Rect { x: self.detail.x, y: self.detail.bottom(), width: self.detail.width, height: rows };
        }
    }

    /// Takes rows of the Stats tab for what must be known of them: as many as it has lines, up to a third.
    fn split_notes(&mut self, model: &Model) {
        let inner = self.inner(self.detail);
        if model.tab != Tab::Stats || inner.area() == 0 {
            return;
        }
        let columns = usize::from(inner.width.saturating_sub(2));
        let lines: usize = stats::notes(&model.stats).iter().map(|note| wrap(note, columns).len()).sum();
        let height = u16::try_from(lines).unwrap_or(u16::MAX).min(inner.height / 3);
        self.stats_notes = Rect { y: inner.bottom() - height, height, ..inner };
        let about = about_stat::lines(model, columns, inner.height).len();
        let about = u16::try_from(about).unwrap_or(u16::MAX).min((inner.height - height) / 2);
        self.stats_about = Rect { y: self.stats_notes.y - about, height: about, ..inner };
        if model.stats.chart.is_some() {
            // The list keeps its head and a row.
            let free = self.stats_about.y - inner.y;
            let height = (free * 3 / 5).max(6).min(free.saturating_sub(2));
            self.stats_chart = Rect { y: self.stats_about.y - height, height, ..inner };
        }
    }

    /// The columns for a row of the list.
    pub(crate) fn list_columns(&self) -> u16 {
        self.inner(self.list).width.saturating_sub(list_columns::GUTTER)
    }

    /// The rows of the list.
    pub(crate) fn list_rows(&self) -> usize {
        // One more row is the heads of the columns.
        usize::from(self.inner(self.list).height).saturating_sub(usize::from(self.framed))
    }

    /// The rows of the stats.
    pub(crate) fn stats_rows(&self) -> usize {
        // One more row is the heads of the columns.
        usize::from(self.detail_inner().height - self.below_stats()).saturating_sub(1)
    }

    /// The rows of the Stats tab that stand below the stats.
    pub(crate) fn below_stats(&self) -> u16 {
        self.stats_notes.height + self.stats_about.height + self.stats_chart.height
    }

    /// The rows of the table of results.
    pub(crate) fn results_rows(&self) -> usize {
        usize::from(self.detail_inner().height - self.results_foot.height).saturating_sub(self.results_heads)
    }

    /// The rows and columns inside the detail pane.
    pub(crate) fn detail_inner(&self) -> Rect {
        self.inner(self.detail)
    }

    /// An area without its frame.
    pub(crate) fn inner(&self, area: Rect) -> Rect {
        if self.framed && area.width >= 2 && area.height >= 2 {
            Rect { x: area.x + 1, y: area.y + 1, width: area.width - 2, height: area.height - 2 }
        } else {
            area
        }
    }
}

fn has_banner(model: &Model) -> bool {
    model.is_over()
        || model.ending
        || model.header.as_ref().is_some_and(|h| h.notice.is_some() || h.allocation.is_some())
}

/// The list is as wide as its content, between a third and three fifths of the screen.
fn list_width(width: u16, model: &Model) -> u16 {
    let wanted = list_columns::natural_width(model);
    let wanted = u16::try_from(wanted).unwrap_or(u16::MAX).saturating_add(2);
    wanted.clamp(width / 3, width * 29 / 50)
}

/// The list is as high as its rows need, up to a half.
fn list_height(height: u16, model: &Model) -> u16 {
    let rows = u16::try_from(model.list.lines().len().saturating_add(3)).unwrap_or(u16::MAX);
    rows.clamp(6, (height / 2).max(6))
}
