//! What is known about the selected simulation and the shown attempt.

use ratatui::buffer::Buffer;

use super::{Spans, part};
use crate::protocol::AttemptView;
use crate::rundir::record::{CallResult, End};
use crate::text::{Safe, human, shell};
use crate::tui::layout::Areas;
use crate::tui::model::{Focus, Model, Row};
use crate::tui::reading::{InfoReading, Record};
use crate::tui::theme::{Glyph, Role, Theme};
use crate::tui::widgets::{grid, put_spans, scroll_mark, wrap};

/// Columns of the names on the left.
const NAMES: usize = 12;

/// No value takes more lines than this: a command line of a thousand arguments must not hide what follows it.
const MAX_VALUE_LINES: usize = 40;

/// Draws the Info tab.
pub fn draw(model: &Model, areas: &Areas, buf: &mut Buffer) {
    let area = areas.detail_inner();
    let lines = lines(model, usize::from(area.width));
    if lines.is_empty() {
        let message = [("No simulation is selected", model.theme.style(Role::Text))];
        return grid::draw_message(buf, area, &message);
    }
    let height = usize::from(area.height);
    let offset = model.info.offset.min(lines.len().saturating_sub(height));
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

struct Page {
    theme: Theme,
    width: usize,
    lines: Vec<Spans>,
}

impl Page {
    /// A name and its value, wrapped beside it.
    fn fact(&mut self, name: &str, role: Role, value: &str) {
        let columns = self.width.saturating_sub(NAMES + 2).max(8);
        let rows = wrap(value, columns);
        let left_out = rows.len() > MAX_VALUE_LINES;
        for (at, row) in rows.into_iter().take(MAX_VALUE_LINES).enumerate() {
            let name = if at == 0 { name } else { "" };
            self.lines.push(vec![part(self.theme, Role::Dim, format!("{name:NAMES$}")), part(self.theme, role, row)]);
        }
        if left_out {
            let text = format!("{:NAMES$}more is not shown; e opens the record", "");
            self.lines.push(vec![part(self.theme, Role::Dim, text)]);
        }
    }

    fn heading(&mut self, text: &str) {
        self.lines.push(Spans::new());
        self.lines.push(vec![part(self.theme, Role::Title, text)]);
    }
}

/// The lines of the tab in a pane of this width.
pub fn lines(model: &Model, width: usize) -> Vec<Spans> {
    let Some(row) = model.selected() else { return Vec::new() };
    let mut page = Page { theme: model.theme, width, lines: Vec::new() };
    status(&mut page, model, row);
    if let Some(attempt) = model.shown_attempt() {
        attempt_facts(&mut page, model, attempt);
        match &model.info.reading {
            Some(reading) => records(&mut page, reading),
            None => page.fact("", Role::Dim, "reading the records of the attempt"),
        }
    }
    if !row.view.parameters.is_empty() {
        page.heading("Parameters");
        for (key, value) in &row.view.parameters {
            page.fact(&Safe::line(key), Role::Text, &Safe::line(value));
        }
    }
    if !row.view.attempts.is_empty() {
        page.heading("Attempts");
        attempts(&mut page, model, row);
    }
    page.lines
}

fn status(page: &mut Page, model: &Model, row: &Row) {
    let (glyph, role) = model.theme.status(&row.view.status);
    let mut word = format!("{glyph} {}", row.view.status.word());
    if let crate::protocol::Status::Running { phase } = row.view.status {
        word = format!("{word}, {}", phase.word());
    }
    page.fact("status", role, &word);
    if !row.reason.is_empty() {
        let name = if row.view.status.ended().is_some() { "cause" } else { "why" };
        page.fact(name, Role::Text, &row.reason);
    }
    if !row.view.needs.is_empty() {
        page.fact("needs", Role::Text, &Safe::line(&row.view.needs.join(", ")));
    }
    if row.view.changed {
        page.fact("", Role::Warn, "the experiment file has changed since this result was made; r runs it again");
    }
    let progress = &row.view.progress;
    let mut amounts = Vec::new();
    if let Some(ticks) = progress.ticks {
        amounts.push(format!("{} ticks", human::count(ticks)));
    }
    if let Some(instructions) = progress.instructions {
        amounts.push(format!("{} instructions", human::count(instructions)));
    }
    if progress.dumps > 0 {
        amounts.push(human::plural(u64::from(progress.dumps), "dump"));
    }
    match progress.goal {
        Some(crate::experiment::Goal::Ticks(ticks)) => amounts.push(format!("goal {} ticks", human::count(ticks))),
        Some(crate::experiment::Goal::Instructions(n)) => {
            amounts.push(format!("goal {} instructions", human::count(n)));
        }
        None => {}
    }
    if !amounts.is_empty() {
        page.fact("simulated", Role::Text, &amounts.join(", "));
    }
}

fn attempt_facts(page: &mut Page, model: &Model, attempt: &AttemptView) {
    page.heading(&format!("Attempt {}", attempt.number));
    let shown_is_latest =
        model.selected().and_then(|row| row.view.latest()).is_some_and(|a| a.number == attempt.number);
    if let Some(outcome) = attempt.outcome.as_ref().filter(|_| !shown_is_latest) {
        let role = if outcome.kind.is_ok() { Role::Good } else { Role::Bad };
        page.fact("outcome", role, outcome.kind.word());
        page.fact("cause", Role::Text, &Safe::line(&outcome.cause));
    }
    page.fact("directory", Role::Text, &Safe::line(&attempt.dir.to_string_lossy()));
    if let Some(pid) = attempt.pid {
        page.fact("process", Role::Text, &pid.to_string());
    }
    if let Some(bytes) = attempt.max_rss {
        page.fact("max RSS", Role::Text, &human::bytes(bytes));
    }
}

fn records(page: &mut Page, reading: &InfoReading) {
    match &reading.spec {
        Record::Present(spec) => {
            page.fact("command", Role::Text, &shell::join(&spec.argv));
            page.fact("in", Role::Text, &Safe::line(&spec.cwd.to_string_lossy()));
            for (at, (name, value)) in spec.env.iter().enumerate() {
                let text = match value {
                    Some(value) => format!("{}={}", Safe::line(name), shell::quote(value)),
                    None => format!("{} unset", Safe::line(name)),
                };
                page.fact(if at == 0 { "environment" } else { "" }, Role::Text, &text);
            }
            if let Some(call) = &spec.call {
                page.fact("calls", Role::Text, &Safe::line(&format!("{}:{}", call.module, call.function)));
            }
        }
        Record::Absent => page.fact("command", Role::Dim, "spec.json is not there"),
        Record::Broken(why) => page.fact("command", Role::Bad, &format!("spec.json cannot be read: {why}")),
    }
    match &reading.started {
        Record::Present(started) => page.fact("host", Role::Text, &Safe::line(&started.gem5.host)),
        Record::Absent => {}
        Record::Broken(why) => page.fact("host", Role::Bad, &format!("started.json cannot be read: {why}")),
    }
    match &reading.exit {
        Record::Present(exit) => {
            let end = match &exit.end {
                End::Exited { code } => format!("exit code {code}"),
                End::Signaled { signal, name } => format!("signal {signal} ({name})"),
                End::NotStarted { reason } => format!("not started: {reason}"),
            };
            page.fact("ended with", Role::Text, &Safe::line(&end));
            let mut times = format!("{} wall", human::clock(exit.wall_ms));
            if exit.paused_ms > 0 {
                times = format!("{times}, {} of it paused", human::clock(exit.paused_ms));
            }
            let usage = &exit.usage;
            let cpu =
                format!("{times}, CPU {} user + {} system", human::clock(usage.user_ms), human::clock(usage.system_ms));
            page.fact("time", Role::Text, &cpu);
        }
        Record::Absent => {}
        Record::Broken(why) => page.fact("ended with", Role::Bad, &format!("exit.json cannot be read: {why}")),
    }
    match &reading.result {
        Record::Present(record) => match &record.result {
            CallResult::Returned { value } => page.fact("returned", Role::Text, &Safe::line(&value.to_string())),
            CallResult::Raised { exception, message, .. } => {
                page.fact("raised", Role::Bad, &Safe::line(&format!("{exception}: {message}")));
            }
            CallResult::None { reason } => {
                page.fact("returned", Role::Warn, &Safe::line(&format!("nothing: {reason}")));
            }
        },
        Record::Absent => {}
        Record::Broken(why) => page.fact("returned", Role::Bad, &format!("result.json cannot be read: {why}")),
    }
}

/// One line for each attempt, newest first.
fn attempts(page: &mut Page, model: &Model, row: &Row) {
    let theme = model.theme;
    let shown = model.shown_attempt().map(|attempt| attempt.number);
    for attempt in row.view.attempts.iter().rev() {
        let (word, role) = match &attempt.outcome {
            Some(outcome) if outcome.kind.is_ok() => (outcome.kind.word(), Role::Good),
            Some(outcome) => (outcome.kind.word(), Role::Bad),
            None => (row.view.status.word(), Role::Running),
        };
        let ran = attempt.ran_ms.map(human::clock).unwrap_or_default();
        let rss = attempt.max_rss.map(human::bytes).unwrap_or_default();
        let cause = attempt.outcome.as_ref().map(|outcome| Safe::line(&outcome.cause)).unwrap_or_default();
        let cursor = if shown == Some(attempt.number) { theme.glyph(Glyph::Cursor) } else { " " };
        page.lines.push(vec![
            part(theme, Role::Accent, cursor),
            part(theme, Role::Text, format!("{:<4}", attempt.number)),
            part(theme, role, format!("{word:<13}")),
            part(theme, Role::Text, format!("{ran:>9}  {rss:>9}  ")),
            part(theme, Role::Dim, cause.as_str()),
        ]);
    }
    if row.view.attempts.len() > 1 {
        page.lines.push(vec![part(theme, Role::Dim, "[ and ] show the log, stats and files of another attempt")]);
    }
}
