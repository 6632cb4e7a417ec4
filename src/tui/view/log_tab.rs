//! The log of the shown attempt.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::text::{Safe, human, width};
use crate::tui::actions::{Action, Context, Tab};
use crate::tui::layout::Areas;
use crate::tui::model::log::{Found, first_visible, new_lines, number_of};
use crate::tui::model::{Log, LogFileChoice, Model, Search, Seeking, log_signs, outputs};
use crate::tui::reading::{FileState, LogLine, LogReading, Sought, Top};
use crate::tui::theme::{Glyph, Role, Theme, part, severity};
use crate::tui::widgets::logview::{From, LineLook};
use crate::tui::widgets::{Spans, grid, logview, put, spans_width};

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
    let filtered = log.filter.as_ref().map(|filter| &filter.pattern);
    let pattern = log.search.as_ref().map(|search| &search.pattern).or(filtered);
    let found = log.search.as_ref().and_then(Search::line);
    let mut y = area.y;
    let mut row = first_row;
    for line in reading.lines.iter().skip(first) {
        let role = if found.is_some_and(|found| line.shows(found)) { Role::CurrentMatch } else { Role::Match };
        let mut base = theme.style(severity(&log_signs::own(line)));
        if log.pointed.is_some_and(|pointed| line.shows(pointed)) {
            base = base.patch(theme.style(Role::SelectedElsewhere));
        }
        let look = LineLook {
            base,
            pattern,
            matched: theme.style(role),
            signs: (log_signs::before(line), log_signs::behind(line)),
        };
        let rows = if log.wrap { logview::row_count(&line.line, width) } else { 1 };
        while row < rows && y < area.bottom() {
            let from = if log.wrap { From::Row(row) } else { From::Column(log.column) };
            let place = Rect { y, height: 1, ..area };
            logview::draw_row(buf, place, &line.line, from, &look, |span| theme.span(span));
            if !log.wrap && line.line.width() > log.column + width {
                put_count(theme, place, line, buf);
            }
            if areas.framed {
                mark_cut(theme, place, signs(log, line, row, width), buf);
            }
            y += 1;
            row += 1;
        }
        row = 0;
        if y >= area.bottom() {
            break;
        }
    }
}

/// Puts how often a line repeats over the end of what is seen of it: who reads a part of it must know all the same.
fn put_count(theme: Theme, row: Rect, line: &LogLine, buf: &mut Buffer) {
    let Some(count) = log_signs::count(line, theme) else { return };
    let wide = (width::width(&count) as u16).min(row.width);
    put(buf, row.right() - wide, row.y, wide, &count, theme.style(Role::Dim));
}

/// The signs that stand in the frame beside a row, on its left and on its right, where it is not a line from its beginning to its end.
fn signs(log: &Log, line: &LogLine, row: usize, width: usize) -> [Option<Glyph>; 2] {
    if log.wrap {
        return [(row > 0).then_some(Glyph::Continues), None];
    }
    let is_cut = line.line.width() > log.column + width;
    [(log.column > 0).then_some(Glyph::CutBefore), is_cut.then_some(Glyph::CutBehind)]
}

fn mark_cut(theme: Theme, row: Rect, [before, behind]: [Option<Glyph>; 2], buf: &mut Buffer) {
    let mut mark = |x: u16, glyph: Glyph| _ = put(buf, x, row.y, 1, theme.glyph(glyph), theme.style(Role::Dim));
    if let Some(glyph) = before {
        mark(row.x.saturating_sub(1), glyph);
    }
    if let Some(glyph) = behind {
        mark(row.right(), glyph);
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
        FileState::Present if reading.bytes > 0 && model.log.filter.is_some() => Some(nothing_matches(model, reading)),
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

/// Why a filter lets nothing through, and which key shows all.
fn nothing_matches(model: &Model, reading: &LogReading) -> (String, String) {
    let text = model.log.filter.as_ref().map(|filter| filter.text.as_str()).unwrap_or_default();
    let advice = format!("{} and enter show all lines", model.key(Action::OnlyMatching));
    let is_more = reading.filter.is_some_and(|filter| filter.part.is_some());
    let what = match text.strip_prefix('!') {
        Some(text) if is_more => format!("Every line so far matches `{text}`"),
        Some(text) => format!("Every line matches `{text}`"),
        None if is_more => format!("No line so far matches `{text}`"),
        None => format!("No line matches `{text}`"),
    };
    (what, advice)
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

/// The file and what is looked for on the left of the lower edge, the place on the right, within so many columns. Where room is
/// short, what stands first on the right is left out.
pub(super) fn edge(model: &Model, areas: &Areas) -> (Spans, Spans) {
    let room = usize::from(areas.detail.width.saturating_sub(2));
    let theme = model.theme;
    let mut left = vec![part(theme, Role::Text, format!(" {} ", file_name(model)))];
    if let Some((at, of)) = outputs::place(model) {
        left.push(part(theme, Role::Dim, format!("{at}/{of} ")));
    }
    left.extend(sought(theme, model));
    let mut right = facts(theme, model, areas);
    while right.len() > 1 && spans_width(&right.concat()) + 1 + right.len() * 3 > room {
        right.remove(0);
    }
    let dot = part(theme, Role::Dim, format!(" {} ", theme.glyph(Glyph::Dot)));
    let mut joined = right.join(&dot);
    if !joined.is_empty() {
        joined.insert(0, part(theme, Role::Dim, " "));
        joined.push(part(theme, Role::Dim, " "));
    }
    (left, joined)
}

/// What is looked for, and what has become of that.
fn sought(theme: Theme, model: &Model) -> Spans {
    let dot = part(theme, Role::Dim, format!("{} ", theme.glyph(Glyph::Dot)));
    let seeking = model.log.seeking.as_ref();
    let come = |seeking: &Seeking| seeking.part.map_or_else(String::new, |part| format!(" {}", human::percent(part)));
    let is_search =
        seeking.is_some_and(|seeking| matches!(&seeking.seek.sought, Sought::Match(search) if !search.only_severe));
    let mut spans = Spans::new();
    if let Some(filter) = &model.log.filter {
        let looked_at = model.log.reading.as_ref().and_then(|reading| reading.filter?.part);
        let told = filter.tally.filter(|tally| tally.lines > 0 || tally.is_all);
        let count = told.map(|tally| format!(" {}{}", human::count(tally.lines), if tally.is_all { "" } else { "+" }));
        // Until there are lines to show, it is of no interest how many there are.
        let state = looked_at.map(|part| format!(" searching {}", human::percent(part))).or(count).unwrap_or_default();
        spans.extend([dot.clone(), part(theme, Role::Accent, format!("&{}", filter.text))]);
        spans.push(part(theme, Role::Dim, format!("{state} ")));
    }
    if let Some(search) = &model.log.search {
        let state = match (seeking.filter(|_| is_search), search.found) {
            (Some(seeking), _) => format!(" searching{}", come(seeking)),
            (None, Found::Nothing) => " not found".to_owned(),
            (None, Found::Line(_) | Found::Unknown) => {
                tallied(search).map_or_else(String::new, |told| format!(" {told}"))
            }
        };
        let sign = if search.backwards { '\\' } else { '/' };
        spans.extend([dot.clone(), part(theme, Role::Accent, format!("{sign}{}", search.text))]);
        spans.push(part(theme, Role::Dim, format!("{state} ")));
    }
    let other = |seeking: &Seeking| match &seeking.seek.sought {
        Sought::Line(number) => Some((format!("line {}", human::count(*number)), "counting")),
        Sought::Tick(tick) => Some((format!("tick {}", human::count(*tick)), "searching")),
        Sought::Match(search) if search.only_severe => Some(("warnings".to_owned(), "searching")),
        Sought::Match(_) | Sought::Byte(_) => None,
    };
    if let Some((seeking, (what, does))) = seeking.and_then(|seeking| Some((seeking, other(seeking)?))) {
        spans.extend([
            dot,
            part(theme, Role::Accent, what),
            part(theme, Role::Dim, format!(" {does}{} ", come(seeking))),
        ]);
    }
    spans
}

/// Which of the lines that match is the one that was found last, and how many there are.
fn tallied(search: &Search) -> Option<String> {
    let tally = search.tally?;
    let more = if tally.is_all { "" } else { "+" };
    // One that a filter hides is none of those that are counted.
    let is_among = |before: u64| !tally.is_all || before < tally.lines;
    let place = tally.place.filter(|(line, before)| Some(*line) == search.line() && is_among(*before));
    let place = place.map(|(_, before)| format!("{}/", human::count(before + 1))).unwrap_or_default();
    Some(format!("{place}{}{more}", human::count(tally.lines)))
}

/// What is said of the file and of the place in it.
fn facts(theme: Theme, model: &Model, areas: &Areas) -> Vec<Spans> {
    let log = &model.log;
    let Some(reading) = log.reading.as_ref().filter(|reading| reading.state == FileState::Present) else {
        return Vec::new();
    };
    let mut facts = Vec::new();
    if let Some(event) = reading.event {
        facts.push(vec![part(theme, Role::Warn, event)]);
    }
    if log.wrap {
        facts.push(vec![part(theme, Role::Dim, "wrap")]);
    } else if log.column > 0 {
        facts.push(vec![part(theme, Role::Dim, format!("column {}", log.column + 1))]);
    }
    let more = if reading.all_counted { "" } else { "+" };
    let polled = model.is_polled().then(|| vec![part(theme, Role::Dim, "polled")]);
    if log.top == Top::End {
        let live = model.shown_attempt().is_some_and(|attempt| attempt.outcome.is_none());
        let (word, role) = if live { ("FOLLOW", Role::Running) } else { ("END", Role::Dim) };
        facts.push(vec![part(theme, role, word)]);
        facts.extend(polled);
        let lines = human::plural(reading.counted, "line").replacen(' ', &format!("{more} "), 1);
        facts.push(vec![part(theme, Role::Dim, lines)]);
        return facts;
    }
    if let Some(new) = new_lines(log) {
        // The key is that of the log, and does nothing while the list has the keys.
        let is_heard = model.contexts().contains(&Context::Log);
        let key = is_heard.then(|| vec![part(theme, Role::Dim, format!("{} follows", model.key(Action::Follow)))]);
        facts.push(vec![part(theme, Role::Paused, format!("+{} new", human::count(new)))]);
        facts.extend(key);
    }
    facts.extend(polled);
    let inner = areas.detail_inner();
    let first = first_visible(log, reading, usize::from(inner.width), usize::from(inner.height));
    let number = number_of(reading, first).map_or_else(|| "?".to_owned(), human::count);
    facts.push(vec![part(theme, Role::Dim, format!("line {number} of {}{more}", human::count(reading.counted)))]);
    let offset = reading.lines.get(first.0).map_or(0, |line| line.offset);
    facts.push(vec![part(theme, Role::Dim, percent(offset, reading.bytes))]);
    facts
}

/// How far in the log a line begins. All of it lies before none.
fn percent(offset: u64, bytes: u64) -> String {
    let part = if bytes == 0 { 0.0 } else { offset as f64 / bytes as f64 };
    format!("{:.0}%", (part * 100.0).min(99.0))
}
