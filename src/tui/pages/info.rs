//! What is known about the selected simulation and the shown attempt.

use super::eta;
use crate::experiment::{OnSuiteEnd, RowKind};
use crate::gem5::Phase;
use crate::protocol::{AttemptView, HostView, LeftOut, SimView, SpawnedView, Status, Why};
use crate::rundir::job_facts;
use crate::rundir::record::JobRecords;
use crate::rundir::record::{CallResult, End};
use crate::text::excerpt::excerpt;
use crate::text::{Safe, human, shell};
use crate::tui::actions::Action;
use crate::tui::model::{Model, Row};
use crate::tui::reading::{InfoReading, Record};
use crate::tui::theme::{Glyph, Role, Theme, part, states};
use crate::tui::widgets::{Spans, wrap};

/// Columns of the names on the left.
const NAMES: usize = 12;

/// No value takes more lines than this: a command line of a thousand arguments must not hide what follows it.
const MAX_VALUE_LINES: usize = 40;

struct Page {
    theme: Theme,
    width: usize,
    /// The key that opens the record, while what stands in it is told.
    editor: Option<String>,
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
            let advice = self.editor.as_ref().map(|key| format!("; {key} opens the record")).unwrap_or_default();
            let text = format!("{:NAMES$}more is not shown{advice}", "");
            self.lines.push(vec![part(self.theme, Role::Dim, text)]);
        }
    }

    fn heading(&mut self, text: &str) {
        self.lines.push(Spans::new());
        self.lines.push(vec![part(self.theme, Role::Title, text)]);
    }
}

/// The lines of the tab in a pane of this width.
pub(crate) fn lines(model: &Model, width: usize) -> Vec<Spans> {
    let Some(row) = model.selected() else { return Vec::new() };
    let mut page = Page { theme: model.theme, width, editor: None, lines: Vec::new() };
    // What makes it differ from its neighbours is looked for most.
    for parameter in &row.view.parameters {
        let value = Safe::line(parameter.value.as_written());
        page.fact(&Safe::line(&parameter.name), Role::Text, &value);
    }
    if !row.view.parameters.is_empty() {
        page.lines.push(Spans::new());
    }
    status(&mut page, model, row);
    if let Some(attempt) = model.shown_attempt() {
        attempt_facts(&mut page, model, attempt);
        match &model.info.reading {
            Some(reading) => records(&mut page, model, reading),
            None => page.fact("", Role::Dim, "reading the records of the attempt"),
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
    if let Status::Running { phase } = row.view.status {
        if phase != Phase::Running {
            word = format!("{word}, {}", phase.word());
        }
        if let Some(clock) = row.view.in_phase {
            word = format!("{word} for {}", human::clock(model.clock(clock, row.at_ms)));
        }
    }
    page.fact("status", role, &word);
    match &row.view.status {
        // What has changed since has a line of its own, below.
        Status::Ended { outcome } if !row.view.changed.is_empty() => {
            page.fact("cause", Role::Text, &Safe::line(&outcome.line()));
        }
        _ if row.reason.is_empty() => {}
        Status::Ended { .. } => page.fact("cause", Role::Text, &row.reason),
        _ => page.fact("why", Role::Text, &model.reason(row)),
    }
    match row.view.kind {
        RowKind::Simulation => {}
        RowKind::Step => page.fact("kind", Role::Text, "a step: a program that is no gem5"),
        RowKind::Suite => suite_facts(page, &row.view),
    }
    if let Some(suite) = row.view.suite.and_then(|suite| model.list.rows().get(&suite)) {
        page.fact("suite", Role::Text, &suite.name);
    }
    if row.view.priority != 0 {
        page.fact("priority", Role::Text, &row.view.priority.to_string());
    }
    if !row.view.needs.is_empty() {
        let more = match row.view.more_needs {
            0 => String::new(),
            more => format!(" and {} more", human::count(u64::from(more))),
        };
        page.fact("needs", Role::Text, &Safe::line(&format!("{}{more}", row.view.needs.join(", "))));
    }
    if !row.view.changed.is_empty() {
        let what = Safe::line(&row.view.changed.join(", "));
        let since = match &row.view.status {
            Status::Ended { .. } => format!("since this result was made; {} runs it again", model.key(Action::Retry)),
            _ => "since this attempt was launched".to_owned(),
        };
        page.fact("changed", Role::Warn, &format!("{what} {since}"));
    }
    let progress = &row.view.progress;
    let mut amounts = Vec::new();
    if let Some(ticks) = progress.ticks {
        amounts.push(format!("{} ticks", human::count(ticks)));
    }
    if let Some(instructions) = progress.instructions {
        amounts.push(format!("{} instructions", human::count(instructions)));
    }
    if let Some(dumps) = progress.dumps.filter(|dumps| *dumps > 0) {
        amounts.push(human::plural(u64::from(dumps), "dump"));
    }
    match progress.goal {
        Some(crate::experiment::Goal::Ticks(ticks)) => amounts.push(format!("goal {} ticks", human::count(ticks))),
        Some(crate::experiment::Goal::Instructions(n)) => {
            amounts.push(format!("goal {} instructions", human::count(n)));
        }
        Some(crate::experiment::Goal::Seconds(s)) => amounts.push(format!("goal {s} s")),
        None => {}
    }
    if let Some(seconds) = progress.seconds {
        amounts.insert(0, format!("{} s", human::number(seconds)));
    }
    if !amounts.is_empty() {
        page.fact("simulated", Role::Text, &amounts.join(", "));
    }
    if let (Some(eta), true) = (progress.eta, row.view.status.is_live()) {
        let left = eta::range(model.eta_left(eta, row.at_ms), model.theme.unicode);
        page.fact("time left", Role::Text, &left);
    } else if progress.goal.is_some()
        && progress.fraction.is_none()
        && row.view.status.is_live()
        && row.view.status != Status::Submitted
    {
        page.fact("time left", Role::Dim, "not known: neither a dump nor a line of the log has told of progress yet");
    }
    checkpoint_facts(page, &row.view);
    if let Some(host) = row.view.host.filter(|_| row.view.status.is_live()) {
        page.heading("Host");
        host_facts(page, &host, row.view.memory);
    }
}

/// What a suite has spawned, and what becomes of that.
fn suite_facts(page: &mut Page, view: &SimView) {
    page.fact("kind", Role::Text, "a suite: a script that spawns simulations");
    let runs = matches!(view.status, Status::Running { .. }) && view.why == Why::Nothing;
    if runs {
        page.fact("script", Role::Text, "runs, and waits for no simulation");
    }
    let Some(SpawnedView { counts, asked, answered, before, on_end }) = view.spawned else { return };
    let count = |number: u32| human::count(u64::from(number));
    let states = states(counts).into_iter();
    let states: Vec<String> = states.map(|(number, _, _, word)| format!("{} {word}", count(number))).collect();
    let of = if states.is_empty() { String::new() } else { format!(": {}", states.join(", ")) };
    page.fact("spawned", Role::Text, &format!("{}{of}", human::plural(u64::from(counts.total), "simulation")));
    if asked > 0 {
        let before = if before > 0 { format!(", {} from before", count(before)) } else { String::new() };
        let text = format!("{} in its newest attempt; {} answered{before}", count(asked), count(answered));
        page.fact("asked for", Role::Text, &text);
    }
    let end = match on_end {
        OnSuiteEnd::GoOn => "its simulations go on, and its next attempt finds them",
        OnSuiteEnd::Cancel => "its simulations are cancelled",
    };
    page.fact("if it fails", Role::Text, end);
}

/// The checkpoints by their ticks, and those whose directories tell more one below the other.
fn checkpoint_facts(page: &mut Page, view: &SimView) {
    let LeftOut { checkpoints: earlier, uncounted, checkpoint_folders: more, .. } = view.left_out;
    if view.checkpoints.is_empty() {
        return;
    }
    let count = human::plural(view.checkpoints.len() as u64 + u64::from(earlier), "checkpoint");
    let least = if uncounted { " at least" } else { "" };
    let last = if earlier > 0 { "the last ones " } else { "" };
    let ticks: Vec<String> = view.checkpoints.iter().map(|tick| tick.map_or("?".to_owned(), human::count)).collect();
    page.fact("checkpoints", Role::Text, &format!("{count}{least}, {last}at tick {}", ticks.join("  ")));
    for checkpoint in &view.checkpoint_folders {
        page.fact("", Role::Text, Safe::line(&checkpoint.phrase()).as_ref());
    }
    if more > 0 {
        page.fact("", Role::Dim, &format!("and {more} with other names"));
    }
}

/// What the simulation uses of the host while it runs.
fn host_facts(page: &mut Page, host: &HostView, declared: Option<u64>) {
    let cores = host.cores.map_or_else(|| "not measured yet".to_owned(), |cores| format!("{cores:.2} cores in use"));
    page.fact("CPU", Role::Text, &format!("{cores}, {} so far", human::clock(host.cpu_ms)));
    let declared =
        declared.map_or_else(|| "none declared".to_owned(), |bytes| format!("{} declared", human::bytes(bytes)));
    let memory = format!("{} resident, {} at most, {declared}", human::bytes(host.rss), human::bytes(host.peak_rss));
    page.fact("memory", Role::Text, &memory);
    if let Some(rate) = host.tick_rate {
        page.fact("tick rate", Role::Text, &format!("{} ticks a second", human::number(rate)));
    }
    if let Some(speed) = host.speed.filter(|speed| *speed > 0.0) {
        let slower = if speed < 1.0 {
            format!(", {} times slower than real", human::count((1.0 / speed) as u64))
        } else {
            String::new()
        };
        page.fact("speed", Role::Text, &format!("{} simulated seconds a second{slower}", human::number(speed)));
    }
    if let Some(bytes) = host.output {
        page.fact("output", Role::Text, &human::bytes(bytes));
    }
}

fn attempt_facts(page: &mut Page, model: &Model, attempt: &AttemptView) {
    page.heading(&format!("Attempt {}", attempt.number));
    let shown_is_latest =
        model.selected().and_then(|row| row.view.latest()).is_some_and(|a| a.number == attempt.number);
    if let Some(outcome) = attempt.outcome.as_ref().filter(|_| !shown_is_latest) {
        let role = if outcome.kind.is_ok() { Role::Good } else { Role::Bad };
        page.fact("outcome", role, outcome.kind.word());
        page.fact("cause", Role::Text, &Safe::line(&outcome.line()));
    }
    if attempt.host_time_tainted {
        page.fact("host time", Role::Warn, "it was paused: gem5 counts that as host time, so its host stats are wrong");
    }
    page.fact("directory", Role::Text, &Safe::line(&attempt.dir.to_string_lossy()));
    if let Some(why) = model.polled.as_ref().filter(|_| model.is_polled()) {
        page.fact("changes", Role::Dim, &format!("looked for every second: {why}"));
    }
    if let Some(pid) = attempt.pid {
        page.fact("process", Role::Text, &pid.to_string());
    }
    if let Some(bytes) = attempt.max_rss {
        page.fact("max RSS", Role::Text, &human::bytes(bytes));
    }
}

fn records(page: &mut Page, model: &Model, reading: &InfoReading) {
    job(page, model, reading);
    page.editor = Some(model.key(Action::Edit));
    match &reading.spec {
        Record::Present(spec) => {
            if let Some((script, args)) = spec.suite() {
                page.fact("script", Role::Text, &Safe::line(script));
                if !args.is_empty() {
                    page.fact("arguments", Role::Text, &shell::join(args));
                }
            }
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
    // The editor opens this record and no other one.
    page.editor = None;
    match &reading.started {
        Record::Present(started) => {
            page.fact("host", Role::Text, &Safe::line(&started.gem5.host));
            match &started.group {
                Some(group) => page.fact("tree", Role::Text, &format!("held by control group {}", Safe::path(group))),
                None => page.fact("tree", Role::Text, "held by its shim; no control group can be made here"),
            }
        }
        Record::Absent => {}
        Record::Broken(why) => page.fact("host", Role::Bad, &format!("started.json cannot be read: {why}")),
    }
    match &reading.exit {
        Record::Present(exit) => {
            let end = match &exit.end {
                End::Exited { code } => format!("exit code {code}"),
                End::Signaled { signal, name } => format!("signal {signal} ({name})"),
                End::NotStarted { reason, .. } => format!("not started: {reason}"),
            };
            page.fact("ended with", Role::Text, &Safe::line(&end));
            let mut times = format!("{} wall", human::clock(exit.wall_ms));
            if exit.paused_ms > 0 {
                times = format!("{times}, {} of it paused", human::clock(exit.paused_ms));
            }
            if let Some(usage) = &exit.usage {
                let (user, system) = (human::clock(usage.user_ms), human::clock(usage.system_ms));
                times = format!("{times}, CPU {user} user + {system} system");
            }
            page.fact("time", Role::Text, &times);
            if exit.unsupervised {
                page.fact("", Role::Warn, "its shim had been killed: the kernel told the end, and nobody what it used");
            }
        }
        Record::Absent => {}
        Record::Broken(why) => page.fact("ended with", Role::Bad, &format!("exit.json cannot be read: {why}")),
    }
    match &reading.result {
        Record::Present(record) => match &record.result {
            CallResult::Returned { value, shown, .. } => {
                page.fact("returned", Role::Text, &beginning(shown.clone().unwrap_or_else(|| value.to_string())));
            }
            CallResult::Raised { exception, message, .. } => {
                page.fact("raised", Role::Bad, &beginning(format!("{exception}: {message}")));
            }
            CallResult::None { reason } => {
                page.fact("returned", Role::Warn, &beginning(format!("nothing: {reason}")));
            }
        },
        Record::Absent => {}
        Record::Broken(why) => page.fact("returned", Role::Bad, &format!("result.json cannot be read: {why}")),
    }
}

/// What is known of the job, where a batch system has or had the attempt.
fn job(page: &mut Page, model: &Model, reading: &InfoReading) {
    for (record, why) in [
        ("submitting.json", reading.submitting.broken()),
        ("submitted.json", reading.submitted.broken()),
        ("job.json", reading.job_end.broken()),
    ] {
        if let Some(why) = why {
            page.fact("job", Role::Bad, &format!("{record} cannot be read: {why}"));
        }
    }
    let job = JobRecords {
        submitting: reading.submitting.get().cloned(),
        submitted: reading.submitted.get().cloned(),
        end: reading.job_end.get().cloned(),
    };
    let has_ended = model.shown_attempt().is_some_and(|attempt| attempt.outcome.is_some());
    for (name, value) in job_facts::facts(&job, reading.started.get(), has_ended) {
        page.fact(name, Role::Text, &Safe::line(&value));
    }
}

/// What is shown of what a function returned or raised: it may be megabytes, and is wrapped anew for each frame.
fn beginning(text: String) -> Safe {
    /// A screen or two. `gem5-tui show` has all of it.
    const SHOWN: usize = 8 << 10;
    Safe::line(&excerpt(text, SHOWN))
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
        let cause = attempt.outcome.as_ref().map(|outcome| Safe::line(&outcome.line())).unwrap_or_default();
        let cursor = if shown == Some(attempt.number) { theme.glyph(Glyph::Cursor) } else { " " };
        page.lines.push(vec![
            part(theme, Role::Accent, cursor),
            part(theme, Role::Text, format!("{:<4}", attempt.number)),
            part(theme, role, format!("{word:<13}")),
            part(theme, Role::Text, format!("{ran:>9}  {rss:>9}  ")),
            part(theme, Role::Dim, cause.as_str()),
        ]);
    }
    if row.view.left_out.attempts > 0 {
        let older = human::plural(row.view.left_out.attempts.into(), "older attempt");
        page.lines.push(vec![part(theme, Role::Dim, format!("and {older}, which `gem5-tui show --attempt` shows"))]);
    }
    if row.view.attempts.len() > 1 {
        let (earlier, later) = (model.key(Action::PreviousAttempt), model.key(Action::NextAttempt));
        let text = format!("{earlier} and {later} show the log, stats and files of another attempt");
        page.lines.push(vec![part(theme, Role::Dim, text)]);
    }
}
