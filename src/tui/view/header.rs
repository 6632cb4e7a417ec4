//! The experiment in one or two lines, and the banner below it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::protocol::QueueState;
use crate::text::{human, width};
use crate::tui::actions::Action;
use crate::tui::model::{HeaderView, LinkState, Model, Overlay};
use crate::tui::pages::eta;
use crate::tui::theme::{Glyph, Role, Theme, part};
use crate::tui::widgets::{Spans, gauge, keep_fitting, put, put_spans, spans_width};

/// What is unusual and stands elsewhere too gives way to every count that is not zero.
const STAND_IN: u8 = 10;
/// A count of nothing says the least.
const ZERO: u8 = 13;

/// Below this width parts stand closer together.
const NARROW: u16 = 60;

/// Spaces between the parts.
const GAP: usize = 3;

/// Draws the header.
pub(super) fn draw(model: &Model, area: Rect, buf: &mut Buffer) {
    if area.area() == 0 {
        return;
    }
    let theme = model.theme;
    let Some(view) = &model.header else {
        let what = if model.only_looks { "reading the experiment" } else { "waiting for the engine" };
        put(buf, area.x + 1, area.y, area.width.saturating_sub(1), what, theme.style(Role::Dim));
        return;
    };
    if area.height >= 2 {
        two_ends(theme, buf, area, identity(model, view, Words::All), times(model, view));
        let second = Rect { y: area.y + 1, ..area };
        let right = limits(model, view);
        two_ends(theme, buf, second, widest(area, &right, |words| counts(model, words)), right);
    } else {
        let mut right = limits(model, view);
        right.extend(times(model, view));
        let left = widest(area, &right, |words| {
            let mut left = identity(model, view, words);
            left.extend(counts(model, words));
            left
        });
        two_ends(theme, buf, area, left, right);
    }
}

/// How many words the left group has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Words {
    /// All of them.
    All,
    /// The rarer states have their glyphs only.
    Some,
    /// All states have their glyphs only.
    None,
}

/// The left group with as many words as there is room for. With the fewest, what is on the right gives way.
fn widest(area: Rect, right: &[(u8, Spans)], left: impl Fn(Words) -> Vec<(u8, Spans)>) -> Vec<(u8, Spans)> {
    let gap = gap(area);
    let fits = |left: &[(u8, Spans)], right| groups_width(left, gap) + right <= room(area) + gap;
    let all = left(Words::All);
    if fits(&all, groups_width(right, gap)) {
        return all;
    }
    let some = left(Words::Some);
    if fits(&some, 0) { some } else { left(Words::None) }
}

/// Columns between two parts: less where each of them may cost a count.
fn gap(area: Rect) -> usize {
    if area.width < NARROW { GAP - 1 } else { GAP }
}

/// Columns for both groups.
fn room(area: Rect) -> usize {
    usize::from(area.width.saturating_sub(2))
}

/// Columns of a group with a gap behind each part.
fn groups_width(group: &[(u8, Spans)], gap: usize) -> usize {
    group.iter().filter(|(_, spans)| !spans.is_empty()).map(|(_, spans)| spans_width(spans) + gap).sum()
}

/// One group at each end of the line; what does not fit is dropped by number, from both groups alike.
fn two_ends(theme: Theme, buf: &mut Buffer, area: Rect, mut left: Vec<(u8, Spans)>, mut right: Vec<(u8, Spans)>) {
    let (width, gap) = (room(area), gap(area));
    left.retain(|(_, spans)| !spans.is_empty());
    right.retain(|(_, spans)| !spans.is_empty());
    let below = |left: &[(u8, Spans)], least: u8| left.iter().filter(|(priority, _)| *priority < least).count();
    let (all, counts) = (below(&left, ZERO), below(&left, STAND_IN));
    let dropped = |left: &[(u8, Spans)]| all - below(left, ZERO);
    // Behind what is left stands how many have no room.
    let sign = |left: &[(u8, Spans)]| match dropped(left) {
        0 => Spans::new(),
        dropped => vec![part(theme, Role::Dim, format!("+{dropped}"))],
    };
    // No count gives way to the sign for what is not one.
    let sign_width =
        |left: &[(u8, Spans)]| if below(left, STAND_IN) < counts { groups_width(&[(0, sign(left))], gap) } else { 0 };
    while left.len() + right.len() > 1
        && groups_width(&left, gap) + groups_width(&right, gap) + sign_width(&left) > width + gap
    {
        let most = |group: &[(u8, Spans)]| group.iter().map(|(priority, _)| *priority).max();
        let group = if most(&left) > most(&right) { &mut left } else { &mut right };
        let Some(worst) = most(group) else { break };
        let Some(at) = group.iter().rposition(|(priority, _)| *priority == worst) else { break };
        group.remove(at);
    }
    let more = (0, sign(&left));
    let taken = groups_width(&left, gap) + groups_width(&right, gap);
    if taken + groups_width(std::slice::from_ref(&more), gap) <= width + gap {
        left.push(more);
    }
    let left = keep_fitting(left, width, gap);
    let right = keep_fitting(right, width.saturating_sub(spans_width(&left)), gap);
    put_spans(buf, area.x + 1, area.y, area.width.saturating_sub(1), &left);
    let wide = u16::try_from(spans_width(&right)).unwrap_or(u16::MAX);
    if wide < area.width {
        put_spans(buf, area.right() - 1 - wide, area.y, wide, &right);
    }
}

/// The name and what is unusual about the experiment.
fn identity(model: &Model, view: &HeaderView, words: Words) -> Vec<(u8, Spans)> {
    let theme = model.theme;
    let (is_look, is_asked) = (model.only_looks, matches!(model.overlay, Some(Overlay::Begin { .. })));
    let mut parts = vec![(0, vec![part(theme, Role::Title, view.name.as_str())])];
    if view.header.stand_in {
        let text = if words == Words::None { "stand-in" } else { "stand-in gem5" };
        parts.push((STAND_IN, vec![part(theme, Role::Warn, text)]));
    }
    if is_look {
        parts.push((1, vec![part(theme, Role::Accent, "VIEW ONLY")]));
    }
    match view.header.queue {
        // Nobody has said yet whether it begins.
        _ if is_asked => {}
        QueueState::Open => {}
        QueueState::Paused => parts.push((1, vec![part(theme, Role::Paused, "QUEUE PAUSED")])),
        QueueState::Draining => parts.push((1, vec![part(theme, Role::Warn, "DRAINING")])),
    }
    parts
}

/// How many simulations are in which state. A suite takes no place under the cap that stands beside them.
fn counts(model: &Model, words: Words) -> Vec<(u8, Spans)> {
    let (theme, counts) = (model.theme, model.simulations());
    // What has ended and is being written down holds no place under the cap any more, beside which this stands.
    let running = counts.running.saturating_sub(model.list.concluded());
    let is_over = counts.all_ended();
    let one = |priority: u8, number: u32, glyph: Glyph, role: Role, word: &str| {
        let text = format!("{} {}", theme.glyph(glyph), human::count(u64::from(number)));
        let (priority, role) = if number == 0 { (ZERO, Role::Dim) } else { (priority, role) };
        if number == 0 && (word != "running" || is_over) {
            return (priority, vec![]);
        }
        let mut spans = vec![part(theme, role, text)];
        if words == Words::All || words == Words::Some && matches!(word, "running" | "queued") {
            spans.push(part(theme, Role::Dim, format!(" {word}")));
        }
        (priority, spans)
    };
    // A script that has failed is seen although all its simulations are ok, and is told from them in few words too.
    let suites = model.list.suites().failed();
    let suites = (suites > 0).then(|| {
        let text = format!("{} {}", theme.glyph(Glyph::Failed), human::plural(suites.into(), "suite"));
        part(theme, Role::Bad, text)
    });
    vec![
        one(3, running, Glyph::Running, Role::Running, "running"),
        one(5, counts.paused, Glyph::Paused, Role::Paused, "paused"),
        one(6, counts.queued, Glyph::Queued, Role::Text, "queued"),
        one(7, counts.blocked, Glyph::Blocked, Role::Text, "blocked"),
        one(5, counts.ok, Glyph::Ok, Role::Good, "ok"),
        one(4, counts.failed(), Glyph::Failed, Role::Bad, "not ok"),
        one(6, counts.cancelled, Glyph::Cancelled, Role::Warn, "cancelled"),
        (4, suites.into_iter().collect()),
    ]
}

fn limits(model: &Model, view: &HeaderView) -> Vec<(u8, Spans)> {
    let theme = model.theme;
    let cap = match model.wanted_cap {
        Some(wanted) if wanted != view.header.cap => format!("{} → {wanted}", view.header.cap),
        _ => view.header.cap.to_string(),
    };
    let mut parts = vec![(8, fact(theme, "cap", &cap))];
    if let Some(memory) = view.header.memory {
        let (used, budget) = (human::bytes(memory.used), human::bytes(memory.budget));
        // `20 GiB/48 GiB` says its unit once.
        let text = match (used.split_once(' '), budget.split_once(' ')) {
            (Some((number, unit)), Some((_, other))) if unit == other => format!("{number}/{budget}"),
            _ => format!("{used}/{budget}"),
        };
        parts.push((11, fact(theme, "mem", &text)));
        if memory.seen > 0 {
            // More than the budget means that what was declared is too little.
            let role = if memory.seen > memory.budget { Role::Bad } else { Role::Text };
            parts.push((12, vec![part(theme, Role::Dim, "seen "), part(theme, role, human::bytes(memory.seen))]));
        }
    }
    parts
}

fn times(model: &Model, view: &HeaderView) -> Vec<(u8, Spans)> {
    let theme = model.theme;
    let Some(sweep) = view.header.sweep else {
        let elapsed = human::clock(model.clock(view.header.elapsed, view.at_ms));
        return unfinished(model, view, &elapsed);
    };
    let elapsed = human::clock(model.clock(sweep.elapsed, view.at_ms));
    let Some(finished) = sweep.finished_unix_ms else { return unfinished(model, view, &elapsed) };
    // At least, where a shim was killed and nobody knows what its attempt used.
    let least = if sweep.cpu_untold > 0 { "+" } else { "" };
    vec![
        (10, fact(theme, "took", &elapsed)),
        (12, fact(theme, "CPU", &format!("{}{least}", human::clock(sweep.cpu_ms)))),
        // Without its seconds.
        (11, fact(theme, "finished", human::local_time(finished).get(..16).unwrap_or_default())),
    ]
}

/// How long it has gone on, and how long it will.
fn unfinished(model: &Model, view: &HeaderView, elapsed: &str) -> Vec<(u8, Spans)> {
    let theme = model.theme;
    let mut parts = vec![(12, done(model)), (10, fact(theme, "elapsed", elapsed))];
    if let Some(eta) = view.header.eta {
        parts.push((7, fact(theme, "ETA", &eta::range(model.eta_left(eta, view.at_ms), theme.unicode))));
    }
    parts
}

/// How much of the sweep has ended, as a bar and in per cent.
fn done(model: &Model) -> Spans {
    /// Columns of the bar.
    const BAR: usize = 8;
    let (theme, counts) = (model.theme, model.simulations());
    if counts.total == 0 {
        return Spans::new();
    }
    let part_done = f64::from(counts.ok + counts.not_ok) / f64::from(counts.total);
    let (filled, empty) = gauge::bar(part_done, BAR, theme.unicode);
    let ground = if theme.unicode { "·".repeat(width::width(&empty)) } else { empty };
    vec![
        part(theme, Role::Running, filled),
        part(theme, Role::Border, ground),
        part(theme, Role::Text, format!(" {}", human::percent(part_done))),
        part(theme, Role::Dim, " done"),
    ]
}

fn fact(theme: Theme, name: &str, value: &str) -> Spans {
    vec![part(theme, Role::Dim, format!("{name} ")), part(theme, Role::Text, value)]
}

/// What the engine says that a person must know. What goes before the cause of failures is what can be done about them, because the line is
/// cut where the screen ends.
fn notice(model: &Model) -> String {
    let Some(header) = &model.header else { return String::new() };
    let notice = header.notice.as_deref().unwrap_or_default();
    let told = header.header.alike.as_ref().and_then(|alike| Some((alike, notice.strip_prefix(&alike.phrase())?)));
    let Some((alike, rest)) = told else { return notice.to_owned() };
    let (retry, go_on) = (model.key(Action::RetryFailed), model.key(Action::PauseQueue));
    format!("{}: {retry} retries, {go_on} goes on · {}{rest}", alike.beginning(), alike.cause)
}

/// Draws what a person must know.
pub(super) fn draw_banner(model: &Model, area: Rect, buf: &mut Buffer) {
    if area.area() == 0 {
        return;
    }
    let theme = model.theme;
    let counts = model.header.as_ref().map(|h| h.header.counts).unwrap_or_default();
    let live = u64::from(counts.running + counts.paused);
    let quit = model.key(Action::Quit);
    let (role, text) = match &model.link {
        LinkState::Ended { reason } => {
            let reason = reason.as_deref().filter(|reason| !reason.is_empty());
            let reason =
                reason.map_or_else(|| "The engine has ended".to_owned(), |r| format!("The engine has ended: {r}"));
            let what = if live > 0 { "; simulations go on" } else { "" };
            (Role::Warn, format!("{reason}{what}. {quit} leaves; the same command starts another"))
        }
        LinkState::Broken { why } => (Role::Bad, format!("What is shown is old: {why}")),
        LinkState::Reconnecting => {
            (Role::Warn, "The engine is gone; another one is on its way, and the simulations go on".to_owned())
        }
        _ if model.ending => (
            Role::Warn,
            format!("Ending: {} still to stop. {quit} leaves without waiting", human::plural(live, "simulation")),
        ),
        _ if let Some((None, Some(allocation))) =
            model.header.as_ref().map(|h| (h.notice.as_deref(), h.allocation.as_deref())) =>
        {
            (Role::Dim, allocation.to_owned())
        }
        _ => (Role::Warn, notice(model)),
    };
    let mark = match (role, theme.unicode) {
        (Role::Dim, _) => "",
        (_, true) => "▲ ",
        (_, false) => "! ",
    };
    let spans = [part(theme, role, mark), part(theme, role, text)];
    put_spans(buf, area.x + 1, area.y, area.width.saturating_sub(1), &spans);
}
