//! The log of the shown attempt.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::text::{Safe, human};
use crate::tui::actions::{Action, Context, Tab};
use crate::tui::layout::Areas;
use crate::tui::model::log::{first_visible, new_lines};
use crate::tui::model::{LogFileChoice, Model};
use crate::tui::reading::{FileState, LogReading, Top};
use crate::tui::theme::{Glyph, Role, Theme, part, severity};
use crate::tui::widgets::logview::{From, LineLook};
use crate::tui::widgets::{Spans, grid, logview};

/// Draws the visible lines.
pub(super) fn draw(model: &Model, areas: &Areas, buf: &mut Buffer) {
    let area = areas.detail_inner();
    let Some(reading) = &model.log.reading else {
        return message(model, area, "Reading", &file_name(model), buf);
    };
    if let Some((what, advice)) = nothing_to_show(model, reading) {
        return message(model, area, &what, &advice, buf);
    }
    let theme = model.theme;
    let log = &model.log;
    let (width, height) = (usize::from(area.width), usize::from(area.height));
    let (first, first_row) = first_visible(log, reading, width, height);
    let regex = log.search.as_ref().map(|search| &search.regex);
    let found = log.search.as_ref().and_then(|search| search.found);
    let mut y = area.y;
    let mut row = first_row;
    for line in reading.lines.iter().skip(first) {
        let role = if found == Some(line.offset) { Role::CurrentMatch } else { Role::Match };
        let mut base = theme.style(severity(&line.line));
        if log.pointed == Some(line.offset) {
            base = base.patch(theme.style(Role::SelectedElsewhere));
        }
        let look = LineLook { base, regex, matched: theme.style(role) };
        let rows = if log.wrap { logview::row_count(&line.line, width) } else { 1 };
        while row < rows && y < area.bottom() {
            let from = if log.wrap { From::Row(row) } else { From::Column(log.column) };
            let place = Rect { y, height: 1, ..area };
            logview::draw_row(buf, place, &line.line, from, &look, |span| theme.span(span));
            y += 1;
            row += 1;
        }
        row = 0;
        if y >= area.bottom() {
            break;
        }
    }
}

fn message(model: &Model, area: Rect, what: &str, advice: &str, buf: &mut Buffer) {
    let theme = model.theme;
    grid::draw_message(buf, area, &[(what, theme.style(Role::Text)), (advice, theme.style(Role::Dim))]);
}

/// Why there are no lines, and which key helps.
fn nothing_to_show(model: &Model, reading: &LogReading) -> Option<(String, String)> {
    let file = file_name(model);
    let other = || format!("{} shows the next file of output", model.key(Action::NextFile));
    let live = model.shown_attempt().is_some_and(|attempt| attempt.outcome.is_none());
    match &reading.state {
        FileState::Present if !reading.lines.is_empty() => None,
        FileState::Present if live => Some((format!("{file} is empty so far"), other())),
        FileState::Present => Some((format!("{file} is empty"), other())),
        FileState::Absent if live => {
            Some((format!("{file} is not there yet"), "gem5 has written nothing so far".to_owned()))
        }
        FileState::Absent => Some((format!("{file} was never written"), other())),
        FileState::Gone => Some((
            format!("{file} has been removed"),
            format!("{} lists the files that are left", model.key(Action::Show(Tab::Files))),
        )),
        FileState::Unreadable(why) => Some((format!("{file} cannot be read"), why.to_string())),
    }
}

fn file_name(model: &Model) -> String {
    match &model.log.choice {
        LogFileChoice::Simout => "simout.txt".to_owned(),
        LogFileChoice::Simerr => "simerr.txt".to_owned(),
        LogFileChoice::Other(path) => {
            let name = path.strip_prefix("m5out").unwrap_or(path);
            Safe::line(&name.to_string_lossy()).into_string()
        }
    }
}

/// The file and the search on the left of the lower edge, the place on the right.
pub(super) fn edge(model: &Model) -> (Spans, Spans) {
    let theme = model.theme;
    let dot = theme.glyph(Glyph::Dot);
    let mut left = vec![part(theme, Role::Text, format!(" {} ", file_name(model)))];
    if let Some(search) = &model.log.search {
        let state = match (search.request, search.found) {
            (Some(_), _) => " searching",
            (None, Some(_)) => "",
            (None, None) => " not found",
        };
        left.push(part(theme, Role::Dim, format!("{dot} ")));
        left.push(part(theme, Role::Accent, format!("/{}", search.text)));
        left.push(part(theme, Role::Dim, format!("{state} ")));
    }
    let mut right = Spans::new();
    if let Some(reading) = model.log.reading.as_ref().filter(|reading| reading.state == FileState::Present) {
        if let Some(event) = reading.event {
            right.push(part(theme, Role::Warn, format!(" {event} {dot}")));
        }
        if model.log.wrap {
            right.push(part(theme, Role::Dim, format!(" wrap {dot}")));
        } else if model.log.column > 0 {
            right.push(part(theme, Role::Dim, format!(" column {} {dot}", model.log.column + 1)));
        }
        right.extend(place(theme, model, dot));
        if model.is_polled() {
            right.push(part(theme, Role::Dim, format!(" polled {dot}")));
        }
        let more = if reading.all_counted { "" } else { "+" };
        let lines = human::plural(reading.counted, "line");
        let lines = lines.replacen(' ', &format!("{more} "), 1);
        right.push(part(theme, Role::Dim, format!(" {lines} ")));
    }
    (left, right)
}

fn place(theme: Theme, model: &Model, dot: &str) -> Vec<(String, Style)> {
    if model.log.top == Top::End {
        let live = model.shown_attempt().is_some_and(|attempt| attempt.outcome.is_none());
        let word = if live { "FOLLOW" } else { "END" };
        return vec![
            part(theme, if live { Role::Running } else { Role::Dim }, format!(" {word} ")),
            part(theme, Role::Dim, dot),
        ];
    }
    match new_lines(&model.log) {
        Some(new) => {
            // The key is that of the log, and does nothing while the list has the keys.
            let is_heard = model.contexts().contains(&Context::Log);
            let follow = model.key(Action::Follow);
            let advice = if is_heard { format!("{dot} {follow} follows ") } else { String::new() };
            vec![
                part(theme, Role::Paused, format!(" +{} new ", human::count(new))),
                part(theme, Role::Dim, format!("{advice}{dot}")),
            ]
        }
        None => Vec::new(),
    }
}
