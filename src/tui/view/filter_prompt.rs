//! What stands beside the filter of the list while it is typed: what is wrong with it, or how a word may go on.

use crate::text::{Safe, width};
use crate::tui::model::{Completing, Model, Prompt, PromptKind};
use crate::tui::theme::{Role, part};
use crate::tui::widgets::Spans;

/// What there is to say of a filter that is being typed, and whether it is wrong. None of what else is typed, and of a filter that is
/// in order.
pub(super) fn said(model: &Model, prompt: &Prompt, room: usize) -> Option<(Spans, bool)> {
    if prompt.kind != PromptKind::ListFilter {
        return None;
    }
    let theme = model.theme;
    if let Some(completing) = &prompt.completing {
        match completing.ways.len() {
            0 => return Some((vec![part(theme, Role::Warn, "nothing is known to go on with here")], true)),
            1 => {}
            _ => return Some((ways(model, completing, room), false)),
        }
    }
    let problem = model.list.filter_problem()?;
    Some((vec![part(theme, Role::Warn, Safe::line(&problem.why))], true))
}

/// The ways around the one that stands there, as many as there is room for.
fn ways(model: &Model, completing: &Completing, room: usize) -> Spans {
    let theme = model.theme;
    let chosen = completing.chosen.unwrap_or(0);
    let mut spans = Spans::new();
    let mut used = 0;
    // Those before the chosen one are shown as long as it is on the first page.
    let mut from = 0;
    let mut wide = 0;
    for (at, way) in completing.ways.iter().enumerate().take(chosen + 1) {
        wide += width::width(way) + 2;
        if wide > room {
            (from, wide) = (at, width::width(way) + 2);
        }
    }
    for (at, way) in completing.ways.iter().enumerate().skip(from) {
        let wide = width::width(way) + 2;
        if used + wide > room {
            break;
        }
        used += wide;
        let role = if at == chosen { Role::Accent } else { Role::Dim };
        spans.push(part(theme, role, format!("  {}", Safe::line(way))));
    }
    spans
}

/// The typed text in parts, so that what is not understood can be seen. `text` is what is shown of it, from `skipped` on.
pub(super) fn typed(model: &Model, prompt: &Prompt, text: &str, skipped: usize) -> Spans {
    let theme = model.theme;
    let all = || vec![part(theme, Role::Text, text)];
    if prompt.kind != PromptKind::ListFilter {
        return all();
    }
    let Some(problem) = model.list.filter_problem() else { return all() };
    let value = prompt.input.value();
    let columns = |end: usize| value.get(..end).map_or(0, |start| width::width(&Safe::line(start)));
    let (from, to) =
        (columns(problem.at.start).saturating_sub(skipped), columns(problem.at.end).saturating_sub(skipped));
    let mut at = 0;
    let mut parts = [String::new(), String::new(), String::new()];
    for c in text.chars() {
        let into = if at < from { 0 } else { usize::from(at >= to) + 1 };
        parts[into].push(c);
        at += width::width(c.encode_utf8(&mut [0; 4]));
    }
    let [before, wrong, behind] = parts;
    vec![part(theme, Role::Text, before), part(theme, Role::Bad, wrong), part(theme, Role::Text, behind)]
}
