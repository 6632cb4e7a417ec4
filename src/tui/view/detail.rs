//! The detail pane: the frame with its tabs, and why it is empty when it is.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

use super::frame::{Titles, draw_frame, draw_page};
use super::{files_tab, log_tab, results_tab, stats_tab};
use crate::experiment::RowKind;
use crate::text::{human, width};
use crate::tui::actions::Tab;
use crate::tui::layout::Areas;
use crate::tui::model::spots::{Spot, Spots};
use crate::tui::model::{Focus, Model};
use crate::tui::pages::{group, info, why};
use crate::tui::theme::{Glyph, Role, part, title_style};
use crate::tui::widgets::{Spans, grid, spans_width};

/// Below this width tabs stand close together, so that names beside them can be told from one another.
const NARROW: u16 = 72;

/// Draws the detail pane and the watched stats below it.
pub(super) fn draw(model: &Model, areas: &Areas, buf: &mut Buffer, spots: &mut Spots) {
    let area = areas.detail;
    if area.area() == 0 {
        return;
    }
    let focused = model.focus == Focus::Detail;
    if areas.framed {
        let tabs = tabs(model, area.width);
        let right: Spans = tabs.iter().flat_map(|(_, spans)| spans.clone()).collect();
        let left = name(model, area.width, &right, focused);
        let mut titles = Titles { left, right, ..Titles::default() };
        if model.tab == Tab::Results {
            let room = free(&titles.right, area.width);
            titles.left = results_tab::title(model, room, focused);
            (titles.bottom_left, titles.bottom_right) = results_tab::edge(model, room);
        } else if model.shown_attempt().is_some() {
            match model.tab {
                Tab::Log => (titles.bottom_left, titles.bottom_right) = log_tab::edge(model, areas),
                Tab::Stats => (titles.bottom_left, titles.bottom_right) = stats_tab::edge(model, area.width),
                Tab::Files => titles.bottom_right = files_tab::edge(model),
                Tab::Why => titles.bottom_left = why::edge(model),
                Tab::Info | Tab::Results => {}
            }
        }
        if let Some(since_ms) = model.stalled_ms {
            let span = human::clock(model.now_ms.saturating_sub(since_ms));
            titles.bottom_left = vec![part(model.theme, Role::Warn, format!(" the disk has not answered for {span} "))];
        }
        if let Some(mut x) = draw_frame(model.theme, area, focused, &titles, buf) {
            for (tab, spans) in tabs {
                let width = u16::try_from(spans_width(&spans)).unwrap_or(u16::MAX);
                spots.note(Rect { x, width, height: 1, ..area }, Spot::Tab(tab));
                x = x.saturating_add(width);
            }
        }
    }
    let inner = areas.inner(area);
    if inner.area() == 0 {
        return;
    }
    if let Some(group) = model.list.heading().filter(|_| model.tab != Tab::Results) {
        let page = areas.detail_inner();
        let lines = group::lines(model, group, usize::from(page.width));
        // That of the heading before may have been longer.
        let offset = model.info.offset.min(lines.len().saturating_sub(usize::from(page.height)));
        return draw_page(model, areas, &lines, offset, buf);
    }
    if model.shown_attempt().is_none() && !matches!(model.tab, Tab::Info | Tab::Results) {
        return draw_no_attempt(model, inner, buf);
    }
    let width = usize::from(areas.detail_inner().width);
    match model.tab {
        Tab::Log => log_tab::draw(model, areas, buf),
        Tab::Stats => stats_tab::draw(model, areas, buf, spots),
        Tab::Files => files_tab::draw(model, areas, buf, spots),
        Tab::Info => draw_page(model, areas, &info::lines(model, width), model.info.offset, buf),
        Tab::Results => results_tab::draw(model, areas, buf, spots),
        Tab::Why => draw_page(model, areas, &why::lines(model, width), model.why.offset, buf),
    }
    if areas.watch.area() > 0 {
        stats_tab::draw_watch(model, areas, buf);
    }
}

/// Columns of the upper edge that the tabs leave for what stands on its left.
fn free(tabs: &Spans, columns: u16) -> usize {
    usize::from(columns).saturating_sub(spans_width(tabs) + 5)
}

fn name(model: &Model, columns: u16, tabs: &Spans, focused: bool) -> Spans {
    let theme = model.theme;
    if let Some(group) = model.list.heading() {
        let label = model.list.label(group);
        return vec![(
            format!(" {} ", width::truncate_middle(&label, free(tabs, columns).max(6))),
            title_style(theme, focused),
        )];
    }
    let Some(row) = model.selected() else { return Spans::new() };
    let newest = row.view.attempts_made();
    // The number of an only attempt says nothing.
    let attempt = model.shown_attempt().filter(|_| newest > 1);
    let dot = theme.glyph(Glyph::Dot);
    let free = free(tabs, columns);
    let kind = if row.view.kind == RowKind::Suite { format!("{dot} suite ") } else { String::new() };
    let long = attempt.map_or_else(String::new, |attempt| format!("{dot} attempt {}/{newest} ", attempt.number));
    let long = format!("{kind}{long}");
    let fits = width::width(&row.name) + width::width(&long) <= free;
    let short = attempt.map_or_else(String::new, |attempt| format!("{}/{newest} ", attempt.number));
    let number = if fits { long } else { short };
    let room = free.saturating_sub(width::width(&number)).max(6);
    let name = match row.view.suite {
        // What a suite has spawned differs in its end.
        Some(_) if width::width(&row.name) > room => width::truncate_start(row.label(), room),
        _ => width::truncate_middle(&row.name, room),
    };
    let older = attempt.is_some_and(|attempt| row.view.latest().is_some_and(|latest| latest.number != attempt.number));
    vec![
        (format!(" {name} "), title_style(theme, focused)),
        part(theme, if older { Role::Warn } else { Role::Dim }, number),
    ]
}

/// The tabs; on a narrow screen without the spaces around their names.
fn tabs(model: &Model, columns: u16) -> Vec<(Tab, Spans)> {
    let theme = model.theme;
    let is_narrow = columns < NARROW;
    let one = |(at, tab): (usize, Tab)| {
        let text = if is_narrow { tab.word().to_owned() } else { format!(" {} ", tab.word()) };
        let mut spans = Spans::new();
        if is_narrow && at > 0 {
            spans.push(part(theme, Role::Dim, " "));
        }
        if tab == model.tab {
            spans.push((text, theme.style(Role::Title).add_modifier(Modifier::REVERSED)));
        } else {
            spans.push(part(theme, Role::Dim, text));
        }
        (tab, spans)
    };
    Tab::ALL.into_iter().enumerate().map(one).collect()
}

/// A pane that has nothing to show says why, and what helps.
fn draw_no_attempt(model: &Model, area: Rect, buf: &mut Buffer) {
    let theme = model.theme;
    let Some(row) = model.selected() else {
        let message = [("No simulation is selected", theme.style(Role::Text))];
        return grid::draw_message(buf, area, &message);
    };
    let word = row.view.status.word();
    let reason = model.reason(row);
    let said = if reason.is_empty() { format!("{} is {word}", row.name) } else { format!("{word}: {reason}") };
    let next = why::what_next(model, row);
    let (glyph, role) = theme.status(&row.view.status);
    let said = format!("{glyph} {said}");
    grid::draw_message(buf, area, &[(&said, theme.style(role)), (&next, theme.style(Role::Dim))]);
}
