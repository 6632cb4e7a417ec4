//! Why the shown attempt ended, or why the selected simulation does not run.
//!
//! What a researcher asks first stands first: the cause, what gem5 said, what can be done. The lines before it follow.

use ratatui::style::Style;

use crate::experiment::RowKind;
use crate::gem5::{Outcome, OutcomeKind, backtrace};
use crate::protocol::{self, AttemptView, Status};
use crate::text::{Safe, human, width};
use crate::tui::actions::{Action, Tab};
use crate::tui::model::failures::alike;
use crate::tui::model::{Focus, Model, Row, able};
use crate::tui::reading::{FailureReading, LogLine};
use crate::tui::theme::{Glyph, Role, Theme, part, severity};
use crate::tui::widgets::{Spans, wrap};

/// What stands in the lower edge: the file that the lines are from.
pub(crate) fn edge(model: &Model) -> Spans {
    let Some(file) = model.why.reading.as_ref().and_then(|reading| reading.file.as_ref()) else { return Spans::new() };
    vec![part(model.theme, Role::Text, format!(" {} ", file_name(file)))]
}

fn file_name(file: &std::path::Path) -> Safe {
    Safe::line(&file.strip_prefix("m5out").unwrap_or(file).to_string_lossy())
}

struct Page {
    theme: Theme,
    width: usize,
    lines: Vec<Spans>,
}

impl Page {
    fn text(&mut self, role: Role, text: &str) {
        let style = self.theme.style(role);
        self.styled(style, text);
    }

    /// Text that is read whole: wrapped, never cut.
    fn styled(&mut self, style: Style, text: &str) {
        for row in wrap(text, self.width.saturating_sub(2).max(8)) {
            self.lines.push(vec![(row, style)]);
        }
    }

    /// Short facts, as many in a row as fit. None is torn apart as long as it fits a row alone.
    fn facts(&mut self, facts: &[String], dot: &str) {
        let columns = self.width.saturating_sub(2).max(8);
        let mut row = String::new();
        for fact in facts {
            let longer = format!("{row} {dot} {fact}");
            if row.is_empty() {
                row.clone_from(fact);
            } else if width::width(&longer) <= columns {
                row = longer;
            } else {
                self.text(Role::Dim, &std::mem::replace(&mut row, fact.clone()));
            }
        }
        self.text(Role::Dim, &row);
    }

    fn heading(&mut self, text: &str, more: &str) {
        self.lines.push(Spans::new());
        self.lines.push(vec![
            part(self.theme, Role::Title, text),
            part(self.theme, Role::Dim, if more.is_empty() { String::new() } else { format!("  {more}") }),
        ]);
    }

    fn key(&mut self, key: &str, what: &str) {
        let columns = self.width.saturating_sub(9).max(8);
        for (at, row) in wrap(what, columns).into_iter().enumerate() {
            let key = if at == 0 { key } else { "" };
            self.lines
                .push(vec![part(self.theme, Role::Accent, format!("{key:<7}")), part(self.theme, Role::Text, row)]);
        }
    }
}

/// The lines of the tab in a pane of this width.
pub(crate) fn lines(model: &Model, width: usize) -> Vec<Spans> {
    let Some(row) = model.selected() else { return Vec::new() };
    let mut page = Page { theme: model.theme, width, lines: Vec::new() };
    match model.shown_attempt() {
        Some(attempt) => match &attempt.outcome {
            Some(outcome) => ended(&mut page, model, row, attempt, outcome),
            None => not_ended(&mut page, model, row),
        },
        None => not_ended(&mut page, model, row),
    }
    page.lines
}

/// Nothing has failed: say what the simulation does or waits for.
fn not_ended(page: &mut Page, model: &Model, row: &Row) {
    let (glyph, role) = model.theme.status(&row.view.status);
    page.text(role, &format!("{glyph} {}", row.view.status.word()));
    page.text(Role::Text, &model.reason(row));
    page.lines.push(Spans::new());
    page.text(Role::Dim, &what_next(model, row));
}

/// What happens next to a simulation that has no end to tell of, and which key helps.
pub(crate) fn what_next(model: &Model, row: &Row) -> String {
    let (state, action, does) = match &row.view.status {
        Status::Blocked => return unblocked(model, row),
        Status::Running { .. }
            if row.view.why == protocol::Why::PauseMissed && able::no_engine(model, Action::Pause).is_none() =>
        {
            let (resume, cancel) = (model.key(Action::Pause), model.key(Action::Cancel));
            return format!(
                "all that can be stopped from here stands still, and gem5 is not in it; {resume} lets that go on, {cancel} cancels it"
            );
        }
        Status::Launching => return "its attempt is being prepared".to_owned(),
        Status::Queued => match row.view.why {
            protocol::Why::Place { wait: protocol::Wait::SuitePaused } => {
                return "it starts by itself once its suite goes on".to_owned();
            }
            _ if row.view.was_paused() => ("it does not start by itself", Action::Pause, "lets it go"),
            protocol::Why::Place { wait: protocol::Wait::QueuePaused } => {
                ("nothing starts while the queue is paused", Action::PauseQueue, "opens it")
            }
            protocol::Why::Place {
                wait: protocol::Wait::Cap | protocol::Wait::Next | protocol::Wait::Priority { .. },
            } => ("it starts by itself", Action::RaiseCap, "raises the cap"),
            // Another one in its place would wait for the same.
            _ => return "it starts by itself".to_owned(),
        },
        Status::Backoff { .. } => ("it starts again by itself", Action::Retry, "starts it now"),
        Status::Submitted => return submitted(model, row),
        Status::Running { .. } | Status::Paused | Status::Stopping { .. } => {
            ("it has not ended", Action::Show(Tab::Log), "shows its log")
        }
        Status::Ended { .. } => ("there is no attempt to show", Action::Retry, "runs it"),
    };
    if able::no_engine(model, action).is_some() {
        return state.to_owned();
    }
    format!("{state}; {} {does}", model.key(action))
}

/// What can be done with a job that waits.
fn submitted(model: &Model, row: &Row) -> String {
    let (hold, cancel, ask) = (model.key(Action::Pause), model.key(Action::Cancel), model.key(Action::DumpStats));
    if able::no_engine(model, Action::Pause).is_some() {
        return "it starts when the batch system lets it".to_owned();
    }
    if row.view.was_paused() {
        return format!("it does not start before it is let go: {hold} does that; {cancel} takes it back");
    }
    format!(
        "it starts when the batch system lets it; {ask} asks when that is, {hold} holds it back, {cancel} takes it back"
    )
}

/// What lets a simulation start that waits for another one.
fn unblocked(model: &Model, row: &Row) -> String {
    let goes = format!("{} goes to it", model.key(Action::Open));
    match &row.view.why {
        why @ protocol::Why::NeedFailed { .. } => {
            let alike = model.list.rows().values().filter(|other| other.view.why == *why).count();
            let these = if alike == 1 {
                "this one then starts by itself".to_owned()
            } else {
                format!("these {} then start by themselves", human::count(alike as u64))
            };
            format!("fix it and run it again with {}; {these}; {goes}", model.key(Action::Retry))
        }
        _ => format!("it starts by itself when what it needs has ended ok; {goes}"),
    }
}

fn ended(page: &mut Page, model: &Model, row: &Row, attempt: &AttemptView, outcome: &Outcome) {
    let theme = model.theme;
    let (glyph, role) = theme.status(&Status::Ended { outcome: outcome.clone() });
    page.text(role, &format!("{glyph} {}", outcome.kind.word()));
    page.styled(theme.style(Role::Title), &Safe::line(&outcome.cause));
    let dot = theme.glyph(Glyph::Dot);
    let mut facts = Vec::new();
    facts.extend(outcome.place.as_deref().map(|place| Safe::line(place).into_string()));
    facts.extend(outcome.tick.map(|tick| format!("tick {}", human::count(tick))));
    facts.extend(attempt.ran_ms.map(|ms| format!("after {}", human::clock(ms))));
    let newest = row.view.latest().is_some_and(|latest| latest.number == attempt.number);
    if row.view.attempts.len() > 1 {
        facts.push(format!("attempt {} of {}", attempt.number, row.view.attempts_made()));
    }
    page.facts(&facts, dot);
    let reading = model.why.reading.as_ref();
    if outcome.kind.is_ok() {
        return last_lines(page, reading, "The end of");
    }
    match reading {
        Some(reading) if reading.found => said(page, model, reading),
        _ => {}
    }
    done_about_it(page, model, row, outcome.kind, newest);
    match reading {
        Some(reading) if reading.found => last_lines(page, Some(reading), "Before it, in"),
        reading => last_lines(page, reading, "The end of"),
    }
}

/// The failure in gem5's words.
fn said(page: &mut Page, model: &Model, reading: &FailureReading) {
    let theme = page.theme;
    page.heading("What was said", "");
    for (at, line) in reading.message.iter().enumerate() {
        page.text(if at == 0 { Role::Bad } else { Role::Text }, &line.line.plain());
    }
    if !reading.backtrace.is_empty() {
        let names: Vec<Option<String>> =
            reading.backtrace.iter().map(|frame| backtrace::function(&frame.line.plain())).collect();
        let first = names.iter().flatten().find(|name| !backtrace::is_reporter(name));
        let mark = theme.glyph(if model.why.unfolded { Glyph::Unfolded } else { Glyph::Folded });
        let frames = human::plural(reading.backtrace.len() as u64, "frame");
        let first = first.map_or_else(String::new, |name| format!(" from {name}"));
        page.lines.push(vec![
            part(theme, Role::Accent, format!("{mark} ")),
            part(theme, Role::Text, frames),
            part(theme, Role::Dim, Safe::line(&first).into_string()),
        ]);
        if model.why.unfolded {
            for (frame, name) in reading.backtrace.iter().zip(names) {
                let plain = frame.line.plain();
                let text = name.map_or_else(|| plain.trim().to_owned(), |name| frame_line(&plain, &name));
                page.lines.push(vec![part(theme, Role::Dim, format!("  {}", Safe::line(&text)))]);
            }
        }
    }
    let after = || reading.after.iter().filter(|line| !line.line.plain().trim().is_empty());
    for line in after().take(MAX_AFTER) {
        page.text(Role::Dim, &line.line.plain());
    }
    if after().count() > MAX_AFTER {
        page.key(&model.key(Action::Open), "more lines follow: read them in the log");
    }
}

/// Lines behind the failure that are shown: gem5's advice has one.
const MAX_AFTER: usize = 8;

/// A frame of Python keeps its place, which is what one looks for; a frame of C++ has none worth reading.
fn frame_line(plain: &str, name: &str) -> String {
    match plain.trim().split_once(')') {
        Some((place, rest)) if rest.starts_with(": ") => format!("{place})  {name}"),
        _ => name.to_owned(),
    }
}

fn done_about_it(page: &mut Page, model: &Model, row: &Row, kind: OutcomeKind, newest: bool) {
    page.heading("What can be done", "");
    page.text(Role::Text, &advice(model, kind));
    if newest && able::no_engine(model, Action::Retry).is_none() {
        let again = format!("run it again, as attempt {}", row.view.attempts_made() + 1);
        if row.view.kind == RowKind::Suite {
            page.key(&model.key(Action::Retry), &format!("{again}; what is unchanged and ok is returned from before"));
            page.key(&model.key(Action::Anew), "run it again, and take nothing from before");
        } else {
            page.key(&model.key(Action::Retry), &again);
        }
    }
    let alike = alike(&model.list, row);
    if alike > 0 && newest {
        page.key(
            &model.key(Action::Failures),
            &format!("{} ended in the same way", human::plural(alike as u64, "other simulation")),
        );
    }
    if let Some(reading) = &model.why.reading {
        if let Some(file) = &reading.file {
            let place = if reading.found { "where it stands" } else { "at its end" };
            // From the list the first press gives this pane the keys.
            let twice = if model.focus == Focus::Detail { "" } else { ": press it twice" };
            page.key(&model.key(Action::Open), &format!("read {} {place}{twice}", file_name(file)));
        }
        if !reading.backtrace.is_empty() {
            page.key(
                &model.key(Action::Unfold),
                if model.why.unfolded { "fold the backtrace" } else { "show the whole backtrace" },
            );
        }
    }
}

/// What usually helps after an end like this.
fn advice(model: &Model, kind: OutcomeKind) -> String {
    let advice = match kind {
        OutcomeKind::Ok | OutcomeKind::Limit => "",
        OutcomeKind::RanDry => {
            "Nothing was left to simulate: a guest that waits for ever, or a system without a CPU. If it is meant so, a `success:` rule says it."
        }
        OutcomeKind::NoStats => "The script ended well and simulated nothing: is its argument one that it knows?",
        OutcomeKind::GuestFailed => "gem5 worked; the simulated program or system failed. Its output tells more.",
        OutcomeKind::Failed => "The script chose this exit code; its output tells more.",
        OutcomeKind::Fatal => "gem5 says that the configuration cannot work: change it before a retry.",
        OutcomeKind::Panic => "gem5 says that this must never happen: a defect in gem5, or a guest that broke it.",
        OutcomeKind::Abort => "gem5 aborted. The backtrace names the place in gem5.",
        OutcomeKind::Segv => "A defect in gem5 or its build. If it comes now and then, `retries: {segv: 2}` helps.",
        OutcomeKind::PythonError => "The script raised this; the frame of your own file says where.",
        OutcomeKind::Usage => {
            let info = model.key(Action::Show(Tab::Info));
            return format!("gem5 or the script refused the command line ({info} shows it): change it before a retry.");
        }
        OutcomeKind::NotStarted => "The program could not be started: is `gem5:` the right path, and executable?",
        OutcomeKind::Timeout => "It ran into `timeout:`. Raise it, or set a smaller goal.",
        OutcomeKind::Stalled => {
            "Nothing moved for as long as `stall:` allows. The last lines may say what it waits for."
        }
        OutcomeKind::Disk => "Make room or raise the limit before a retry; traces are the usual reason.",
        OutcomeKind::Oom => {
            let lower = model.key(Action::LowerCap);
            return format!(
                "Memory ran out. Lower the cap with {lower}, or declare more `memory:` so that fewer run at once."
            );
        }
        OutcomeKind::Cancelled => "It was cancelled; a retry starts it from the beginning.",
        OutcomeKind::Interrupted => "Its time was up or its place was taken; it is started again, from the beginning.",
        OutcomeKind::Killed => "Somebody or something else sent the signal: the kernel's log may know.",
        OutcomeKind::Lost => "Its end was not seen, so nothing is known about its results. A retry makes sure.",
    };
    advice.to_owned()
}

fn last_lines(page: &mut Page, reading: Option<&FailureReading>, title: &str) {
    let Some(reading) = reading else {
        page.heading("", "");
        return page.text(Role::Dim, "reading the ends of the logs");
    };
    let Some(file) = &reading.file else {
        page.heading("No output", "");
        return page.text(Role::Dim, "gem5 wrote nothing to standard output and standard error");
    };
    if reading.before.is_empty() {
        return;
    }
    let count = human::plural(reading.before.len() as u64, "line");
    page.heading(&format!("{title} {}", file_name(file)), &count);
    for line in &reading.before {
        page.lines.push(log_line(page.theme, line));
    }
}

/// A line as it stands in the log, cut at the edge.
fn log_line(theme: Theme, line: &LogLine) -> Spans {
    let base = theme.style(severity(&line.line));
    line.line.spans.iter().map(|span| (span.text.to_string(), base.patch(theme.span(span.style)))).collect()
}
