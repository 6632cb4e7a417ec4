//! The list of simulations.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::frame::{Titles, draw_frame, mark_cursor, mark_scrolled};
use super::{group_row, order_glyph, suite_cells};
use crate::gem5::{GuestState, OutcomeKind, Phase};
use crate::protocol::{Note, SimView, StageView, Status, Why, phrase};
use crate::text::width::Align;
use crate::text::{Safe, human, width};
use crate::tui::actions::{Action, Context};
use crate::tui::layout::Areas;
use crate::tui::layout::list_columns::{GUTTER, Kind, ListColumns, columns};
use crate::tui::model::list::Line;
use crate::tui::model::spots::{Spot, Spots};
use crate::tui::model::{Focus, LinkState, Model, Row};
use crate::tui::pages::eta;
use crate::tui::theme::{Glyph, Role, Theme, part, title_style};
use crate::tui::widgets::grid::{Cell, Column};
use crate::tui::widgets::{Spans, gauge, grid, put, spans_width};

/// The column of the states, which has no room of its own in a heading.
const STATUS: usize = 0;
/// Where progress and reasons stand among the columns; the watched stats follow.
const PROGRESS: usize = 2;
/// The column of the names.
const NAME: usize = 1;
/// Columns of the bar where there is room.
const BAR: usize = 8;
/// Columns that the bar leaves for the time that is left.
const ETA: usize = 7;

/// Draws the list.
pub(super) fn draw(model: &Model, areas: &Areas, buf: &mut Buffer, spots: &mut Spots) {
    let area = areas.list;
    if area.area() == 0 {
        return;
    }
    let focused = model.focus == Focus::List;
    if areas.framed {
        let laid = columns(model, areas.list_columns());
        draw_frame(model.theme, area, focused, &titles(model, focused, &laid), buf);
    }
    let inner = areas.inner(area);
    if inner.area() == 0 {
        return;
    }
    let is_empty = model.list.lines().is_empty();
    if is_empty && model.list.rows().is_empty() {
        return draw_empty(model, inner, buf);
    }
    let room = inner.width.saturating_sub(GUTTER);
    let laid = columns(model, room);
    let mut row = Rect { height: 1, ..inner };
    if areas.framed {
        let heads = Rect { x: row.x + GUTTER, width: row.width.saturating_sub(GUTTER), ..row };
        grid::draw_heads(buf, heads, &laid.columns, &laid.widths, model.theme.style(Role::Dim));
        mark_order(model, heads, &laid, buf);
        for (at, place) in grid::places(heads, &laid.widths) {
            if let Some(kind) = laid.kinds.get(at) {
                // What orders by a column has its arrow in the gap behind it.
                let place = Rect { width: place.width + grid::GAP, ..place }.intersection(heads);
                spots.note(place, Spot::Head(kind.order(model)));
            }
        }
        row.y += 1;
    }
    if is_empty {
        return draw_empty(model, Rect { y: row.y, height: inner.bottom().saturating_sub(row.y), ..inner }, buf);
    }
    let rows = areas.list_rows();
    for line in model.list.lines().iter().skip(model.list.offset).take(rows) {
        match line {
            Line::Row(id) => {
                let Some(simulation) = model.list.rows().get(id) else { continue };
                draw_row(model, simulation, *id, row, &laid, focused, buf);
            }
            Line::Group(group) => draw_heading(model, *group, row, &laid, focused, buf),
        }
        spots.note(row, Spot::Line(*line));
        row.y += 1;
    }
    if areas.framed {
        mark_scrolled(
            model.theme,
            area,
            focused,
            model.list.offset..model.list.offset + rows,
            model.list.lines().len(),
            buf,
        );
    }
}

/// Shows which column the list is ordered by, and which way. The arrow stands in the gap behind the head, so that nothing moves.
fn mark_order(model: &Model, heads: Rect, laid: &ListColumns, buf: &mut Buffer) {
    let (theme, sort) = (model.theme, model.list.sort());
    // A parameter that has a column of its own is told there.
    let drawn: Vec<(&Kind, &Column, Rect)> = grid::places(heads, &laid.widths)
        .filter_map(|(at, place)| Some((laid.kinds.get(at)?, laid.columns.get(at)?, place)))
        .collect();
    let own = drawn.iter().any(|(kind, ..)| matches!(kind, Kind::Parameter(_)) && kind.is_order(&sort));
    let is_told = |kind: &Kind| kind.is_order(&sort) && !(own && *kind == Kind::Parameters);
    let Some((_, column, place)) = drawn.into_iter().find(|(kind, ..)| is_told(kind)) else { return };
    let title = u16::try_from(width::width(&column.title)).unwrap_or(u16::MAX).min(place.width);
    let behind = if column.align == Align::Left { title } else { place.width };
    let at = place.x.saturating_add(behind);
    // Behind the last column there is no gap; in front of a title on its right there mostly is.
    let at = if at < heads.right() || column.align == Align::Left {
        at
    } else {
        place.x.saturating_add(place.width - title).saturating_sub(1)
    };
    let at = at.min(heads.right().saturating_sub(1));
    let arrow = theme.glyph(order_glyph(&sort, model.list.is_reversed()));
    put(buf, at, heads.y, 1, arrow, theme.style(Role::Accent));
}

fn draw_row(model: &Model, row: &Row, id: u32, area: Rect, laid: &ListColumns, focused: bool, buf: &mut Buffer) {
    let theme = model.theme;
    let selected = model.list.selected() == Some(id);
    let marked = model.list.marked.contains(&id);
    let mut widths = laid.widths.clone();
    let room = |at: usize| widths.get(at).copied().flatten().unwrap_or(0);
    let added = model.columns.names.len();
    let stats = model.header.as_ref().map_or(0, |h| h.titles.len());
    let is_suite = suite_cells::is_suite(row);
    let wide = if is_suite { grid::merged(&widths, PROGRESS, stats + added) } else { room(PROGRESS) };
    let mut cells = cells(model, row, &laid.kinds, room(NAME), wide);
    let no_values =
        row.view.values.iter().all(Option::is_none) && (0..added).all(|at| model.columns.value(row, at).is_none());
    let runs = matches!(row.view.status, Status::Running { .. });
    // What a guest says that has failed or waits matters more than how far it has come.
    let guest_speaks = runs && row.view.notes.iter().any(|note| matches!(note, Note::Guest(_)));
    if is_suite || guest_speaks || (runs && trouble(&row.view).is_some()) || (no_values && !runs) {
        // Without values there is room for the whole reason.
        grid::merge(&mut widths, &mut cells, PROGRESS, stats + added);
    }
    let inside = Rect { x: area.x + GUTTER, width: area.width.saturating_sub(GUTTER), ..area };
    grid::draw_row(buf, inside, &laid.columns, &widths, &cells);
    if selected {
        mark_cursor(theme, area, focused, buf);
    }
    if marked {
        // The colour of the row tells that the cursor is here, too.
        put(buf, area.x, area.y, 1, theme.glyph(Glyph::Marked), theme.style(Role::Accent));
    }
}

fn draw_heading(model: &Model, group: u32, area: Rect, laid: &ListColumns, focused: bool, buf: &mut Buffer) {
    let mut widths = laid.widths.clone();
    let room = |at: usize| usize::from(widths.get(at).copied().flatten().unwrap_or(0));
    let label = usize::from(grid::merged(&widths, STATUS, 1));
    let mut cells = group_row::cells(model, group, &laid.kinds, label, room(PROGRESS));
    grid::merge(&mut widths, &mut cells, STATUS, 1);
    let inside = Rect { x: area.x + GUTTER, width: area.width.saturating_sub(GUTTER), ..area };
    grid::draw_row(buf, inside, &laid.columns, &widths, &cells);
    if model.list.heading() == Some(group) {
        mark_cursor(model.theme, area, focused, buf);
    }
    if model.list.members(group).iter().any(|id| model.list.marked.contains(id)) {
        put(buf, area.x, area.y, 1, model.theme.glyph(Glyph::Marked), model.theme.style(Role::Accent));
    }
}

fn titles(model: &Model, focused: bool, laid: &ListColumns) -> Titles {
    let theme = model.theme;
    let list = &model.list;
    let suites = u64::from(list.suites().total);
    let total = human::count(list.rows().len() as u64 - suites);
    let mut left = vec![
        (" Simulations ".to_owned(), title_style(theme, focused)),
        part(
            theme,
            Role::Text,
            if list.filter().is_empty() {
                format!("{total} ")
            } else {
                format!(
                    "{} of {total} ",
                    human::count((list.listed().len() - list.suites_shown(&model.columns)) as u64)
                )
            },
        ),
    ];
    if suites > 0 {
        let suites = human::plural(suites, "suite");
        left.push(part(theme, Role::Dim, format!("{} {suites} ", theme.glyph(Glyph::Dot))));
    }
    if !list.marked.is_empty() {
        let mark = theme.glyph(Glyph::Marked);
        left.push(part(theme, Role::Accent, format!("{mark} {} marked ", human::count(list.marked.len() as u64))));
    }
    let dot = theme.glyph(Glyph::Dot);
    left.push(part(
        theme,
        Role::Dim,
        format!(
            "{dot} sort {} {} ",
            list.sort().word(model.header.as_ref(), &model.columns),
            theme.glyph(order_glyph(&list.sort(), list.is_reversed()))
        ),
    ));
    if list.is_grouped() {
        let by = Safe::line(&list.grouped_by().join(" and "));
        left.push(part(theme, Role::Dim, format!("{dot} groups {by} ")));
    }
    if !list.filter().is_empty() {
        let filter = crate::text::Safe::line(list.filter());
        left.push(part(theme, Role::Dim, format!("{dot} filter ")));
        left.push(part(theme, Role::Accent, format!("{filter} ")));
    }
    Titles { left, bottom_left: scrolled(model, laid), bottom_right: position(model), ..Titles::default() }
}

/// How many columns are on the left and on the right of those that are seen, with the keys that go there.
fn scrolled(model: &Model, laid: &ListColumns) -> Spans {
    let key = |action| model.key(action);
    let left = (laid.left > 0).then(|| format!("{} {} ", key(Action::ColumnsLeft), laid.left));
    let more = human::plural(laid.right as u64, "more column");
    let right = (laid.right > 0).then(|| format!("{} {more} ", key(Action::ColumnsRight)));
    let text: String = left.into_iter().chain(right).collect();
    if text.is_empty() { Spans::new() } else { vec![part(model.theme, Role::Dim, format!(" {text}"))] }
}

/// Where the cursor is.
fn position(model: &Model) -> Spans {
    let len = model.list.order().len();
    if let Some(group) = model.list.heading() {
        let members = human::plural(model.list.members(group).len() as u64, "simulation");
        return vec![part(model.theme, Role::Dim, format!(" group of {members} "))];
    }
    let Some(at) = model.list.row_position().map(|at| at + 1) else { return Spans::new() };
    let (at_text, len_text) = (human::count(at as u64), human::count(len as u64));
    let percent = at * 100 / len.max(1);
    let text = format!(" {at_text} of {len_text} {} {percent}% ", model.theme.glyph(Glyph::Dot));
    vec![part(model.theme, Role::Dim, text)]
}

fn draw_empty(model: &Model, area: Rect, buf: &mut Buffer) {
    let theme = model.theme;
    let (what, advice): (&str, &str) = if !model.list.rows().is_empty() {
        let hidden = human::count(model.list.rows().len() as u64);
        let back = model.keymap.word(&[Context::Everywhere], Action::Back, theme.unicode);
        let has_capitals = model.list.filter().chars().any(char::is_uppercase);
        let case = if has_capitals { "; capitals of a text are taken as they are" } else { "" };
        ("No simulation matches the filter", &format!("it hides {hidden}; {back} takes it away{case}"))
    } else if model.link == LinkState::Connecting && model.only_looks {
        ("Reading what the simulations have left", "they come in a moment")
    } else if model.link == LinkState::Connecting {
        ("Waiting for the engine", "the simulations come in a moment")
    } else if matches!(model.link, LinkState::Broken { .. }) {
        ("The engine cannot be heard", &format!("{} leaves", model.key(Action::Quit)))
    } else if model.is_over() {
        ("The engine has ended", &format!("{} leaves", model.key(Action::Quit)))
    } else {
        ("This experiment has no simulations", "add some to the experiment file")
    };
    grid::draw_message(buf, area, &[(what, theme.style(Role::Text)), (advice, theme.style(Role::Dim))]);
}

fn cells(model: &Model, row: &Row, kinds: &[Kind], name_width: u16, progress_width: u16) -> Vec<Cell> {
    let theme = model.theme;
    let view = &row.view;
    let host = view.host.filter(|_| view.status.is_live());
    let dim = |text: String| vec![part(theme, Role::Dim, text)];
    let cell = |kind: &Kind| match kind {
        Kind::Status => {
            let (glyph, role) = theme.status(&view.status);
            vec![part(theme, role, format!("{glyph} {}", view.status.word()))]
        }
        Kind::Name => suite_cells::name(model, row, usize::from(name_width), progress_width == 0),
        Kind::Progress => progress(model, row, usize::from(progress_width)),
        Kind::Stat(at) => value(theme, view, *at),
        Kind::Added(at) => number(theme, model.columns.value(row, *at)),
        Kind::Try => match view.attempts_made() {
            0 | 1 => vec![],
            tries => vec![part(theme, Role::Warn, tries.to_string())],
        },
        Kind::Elapsed if view.attempts.is_empty() || view.status == Status::Submitted => vec![],
        Kind::Elapsed => dim(human::clock(model.clock(view.elapsed, row.at_ms))),
        Kind::Cores => dim(host.and_then(|host| host.cores).map(|cores| format!("{cores:.1}")).unwrap_or_default()),
        Kind::Rss => dim(host.map(|host| human::bytes(host.rss)).unwrap_or_default()),
        Kind::Parameters => dim(row.parameters.as_str().to_owned()),
        Kind::Parameter(name) => {
            let value = row.parameter(name).map(|value| Safe::line(value.as_written()).into_string());
            vec![part(theme, Role::Text, value.unwrap_or_default())]
        }
    };
    kinds.iter().map(cell).collect()
}

fn value(theme: Theme, view: &SimView, at: usize) -> Spans {
    number(theme, view.values.get(at).copied().flatten())
}

fn number(theme: Theme, value: Option<f64>) -> Spans {
    match value {
        Some(value) => vec![part(theme, Role::Text, human::number(value))],
        None => vec![part(theme, Role::Dim, theme.glyph(Glyph::NoValue))],
    }
}

/// How far a simulation has come, or why it is not running.
fn progress(model: &Model, row: &Row, columns: usize) -> Cell {
    let own = own_progress(model, row, columns);
    if suite_cells::is_suite(row) { suite_cells::progress(model, row, own, columns) } else { own }
}

fn own_progress(model: &Model, row: &Row, columns: usize) -> Cell {
    let theme = model.theme;
    let view = &row.view;
    let dot = theme.glyph(Glyph::Dot);
    let reason = || vec![part(theme, Role::Dim, row.reason.as_str())];
    // Whatever comes after a panic or at a prompt is no progress.
    let guest = view.notes.iter().find_map(|note| match note {
        Note::Guest(word) if word.state != GuestState::Troubled => Some(word),
        _ => None,
    });
    match &view.status {
        Status::Running { .. } if let Some(word) = guest => {
            vec![part(theme, Role::Warn, Safe::line(&word.text))]
        }
        Status::Running { .. } if let Some(note) = trouble(view) => {
            let done = view.progress.fraction.map(|part| format!("{} ", human::percent(part.clamp(0.0, 1.0))));
            vec![part(theme, Role::Text, done.unwrap_or_default()), part(theme, Role::Warn, Safe::line(&note.phrase()))]
        }
        Status::Running { .. } if view.why == Why::PauseMissed => vec![part(theme, Role::Warn, row.reason.as_str())],
        Status::Running { phase } => match view.progress.fraction {
            Some(fraction) => {
                let mut spans = bar(theme, fraction, Role::Running, columns);
                let free = columns.saturating_sub(spans_width(&spans));
                let more = match view.progress.eta {
                    _ if *phase != Phase::Running => format!(" {}", phase.word()),
                    Some(eta) => format!(" {}", eta::range(model.eta_left(eta, row.at_ms), theme.unicode)),
                    None => String::new(),
                };
                let node = node(view).map(|node| format!(" on {node}")).unwrap_or_default();
                if width::width(&more) <= free {
                    let has_room = width::width(&more) + width::width(&node) <= free;
                    spans.push(part(theme, Role::Dim, more));
                    spans.extend(has_room.then(|| part(theme, Role::Dim, node)));
                }
                spans
            }
            None => vec![part(theme, Role::Dim, without_fraction(model, row, *phase, dot))],
        },
        Status::Paused => match view.progress.fraction {
            Some(fraction) => bar(theme, fraction, Role::Paused, columns),
            None => reason(),
        },
        Status::Stopping { stage } => {
            let left_ms = stage.left_ms.map(|left_ms| round_up(model.left(left_ms, row.at_ms)));
            vec![part(theme, Role::Warn, phrase::stage_phrase(StageView { left_ms, ..*stage }))]
        }
        Status::Backoff { left_ms } => {
            let left = human::span(round_up(model.left(*left_ms, row.at_ms)));
            let after = match view.why {
                Why::TriedAgain { outcome, memory, limit_ms, .. } => {
                    format!("{} {dot} after {}", phrase::raised(memory, limit_ms), outcome.word())
                }
                _ => String::new(),
            };
            vec![part(theme, Role::Dim, format!("in {left}{after}"))]
        }
        Status::Ended { outcome } if outcome.kind.is_ok() => {
            let took = human::clock(model.clock(view.elapsed, row.at_ms));
            let more = format!("{took} {dot} {}", outcome.kind.word());
            if !view.changed.is_empty() {
                vec![part(theme, Role::Warn, row.reason.as_str())]
            } else if outcome.kind == OutcomeKind::Ok || width::width(&more) > columns {
                // How long it took differs from row to row. Why it ended well says something only where a limit ended it.
                vec![part(theme, Role::Dim, took)]
            } else {
                vec![part(theme, Role::Dim, more)]
            }
        }
        Status::Ended { .. } => vec![part(theme, Role::Text, row.reason.as_str())],
        Status::Launching | Status::Submitted | Status::Queued | Status::Blocked => reason(),
    }
}

/// What a person must know of one that runs, because its end may be lost.
fn trouble(view: &SimView) -> Option<&Note> {
    let is_trouble = |note: &&Note| matches!(note, Note::Unsupervised | Note::Deleted | Note::Moved { .. });
    view.notes.iter().find(is_trouble)
}

/// The node that its job runs on.
fn node(view: &SimView) -> Option<Safe> {
    Some(Safe::line(view.latest()?.job.as_ref()?.node.as_deref()?))
}

/// Whole seconds, so that a countdown does not show milliseconds and ends with one.
pub(super) fn round_up(ms: u64) -> u64 {
    ms.div_ceil(1000) * 1000
}

/// Without a goal the only evidence of progress is how much was simulated; with one and without evidence there is no bar.
fn without_fraction(model: &Model, row: &Row, phase: Phase, dot: &str) -> String {
    let view = &row.view;
    let amount = match (view.progress.ticks, view.progress.instructions) {
        (Some(ticks), _) => Some(format!("{} ticks", human::number(ticks as f64))),
        (None, Some(instructions)) => Some(format!("{} instructions", human::number(instructions as f64))),
        (None, None) => None,
    };
    match (phase, amount) {
        (Phase::Running, Some(amount)) => amount,
        (Phase::Running, None) if view.progress.goal.is_some() => "no progress told yet".to_owned(),
        (Phase::Running, None) => "no goal set".to_owned(),
        (phase, Some(amount)) => format!("{} {dot} {amount}", phase.word()),
        (phase, None) => match view.in_phase {
            Some(clock) => format!("{} {}", phase.word(), human::clock(model.clock(clock, row.at_ms))),
            None => phase.word().to_owned(),
        },
    }
}

fn bar(theme: Theme, fraction: f64, role: Role, columns: usize) -> Spans {
    let percent = format!("{:>5}", human::percent(fraction.clamp(0.0, 1.0)));
    let columns = columns.saturating_sub(percent.len() + ETA).min(BAR);
    if columns < 3 {
        return vec![part(theme, Role::Text, percent.trim_start())];
    }
    let (filled, empty) = gauge::bar(fraction, columns, theme.unicode);
    let ground = if theme.unicode { "·".repeat(width::width(&empty)) } else { empty };
    vec![part(theme, role, filled), part(theme, Role::Border, ground), part(theme, Role::Text, percent)]
}
