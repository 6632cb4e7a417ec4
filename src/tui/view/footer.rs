//! The last line: what is being typed, what has just happened, or the keys that do something here.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::hints::Hint;
use super::{filter_prompt, hints};
use crate::protocol::{QueueState, Status};
use crate::text::{Safe, width};
use crate::tui::actions::{Action, Binding, Context, Entry, Move, Tab};
use crate::tui::layout::Areas;
use crate::tui::model::spots::Spots;
use crate::tui::model::{Focus, Model, Overlay, Prompt, PromptKind, able};
use crate::tui::reading::Top;
use crate::tui::theme::{Role, part};
use crate::tui::widgets::{Spans, put, put_spans, spans_width};

/// What is said of a search while it is typed.
const EXPRESSION: &str = "enter searches  Esc undoes  text or regular expression; ctrl+r takes it literally";
const LITERAL: &str = "enter searches  Esc undoes  each letter stands for itself; ctrl+r takes an expression";

/// What is left of advice where it has no room, and its columns.
const KEYS: &str = "enter  Esc";
const SHORT: usize = KEYS.len();

/// Columns that what is typed has at least beside it.
const LEAST_TYPED: usize = 8;

/// Columns of a screen that has room for more than one pane.
const ONE_PANE: u16 = 60;

/// Spaces between two keys.
const GAP: usize = 2;

/// Draws the footer. Returns where the cursor stands while text is being typed.
pub(super) fn draw(model: &Model, area: Rect, buf: &mut Buffer, spots: &mut Spots) -> Option<Position> {
    if area.area() == 0 {
        return None;
    }
    if let Some(prompt) = model.prompt() {
        return Some(draw_prompt(model, prompt, area, buf));
    }
    let room = usize::from(area.width.saturating_sub(2));
    let Some(toast) = &model.toast else {
        let place = Rect { x: area.x + 1, width: room as u16, ..area };
        hints::draw(&hints::keep_fitting(keys(model), room, GAP), place, buf, spots);
        return None;
    };
    let role = if toast.bad { Role::Warn } else { Role::Text };
    let used = put(buf, area.x + 1, area.y, area.width.saturating_sub(1), &toast.text, model.theme.style(role));
    // Of the keys stands what has room behind it.
    let left = room.saturating_sub(usize::from(used) + 2 * GAP);
    let keys = hints::keep_fitting(keys(model), left, GAP);
    let wide = hints::wide(&keys);
    if wide <= left {
        let place = Rect { x: area.right() - 1 - wide as u16, width: wide as u16, ..area };
        hints::draw(&keys, place, buf, spots);
    }
    None
}

fn keys(model: &Model) -> Vec<(u8, Hint)> {
    use Action::{Accept, Back, Go, Left, Retry, Right};
    let (up, down) = (Go(Move::Up), Go(Move::Down));
    let dialog = |actions: &[Action], label: &str| hint(model, Context::Dialog, actions, label);
    match &model.overlay {
        Some(Overlay::Help(help)) => {
            let search = hint(model, Context::Help, &[Action::Find], "search");
            let back = dialog(&[Back], if help.filter.is_empty() { "close" } else { "show all" });
            return vec![(0, back), (1, search), (2, dialog(&[down, up], "scroll"))];
        }
        Some(Overlay::Failures(_)) => {
            let group = |action: Action, label: &str| hint(model, Context::Failures, &[action], label);
            return vec![
                (0, group(Accept, "mark them")),
                (2, group(Retry, "retry them")),
                (1, dialog(&[Back], "close")),
            ];
        }
        Some(Overlay::Grep) => {
            let found = |action: Action, label: &str| hint(model, Context::Grep, &[action], label);
            return vec![
                (0, found(Accept, "read the log")),
                (2, found(Action::Find, "search for something else")),
                (3, found(Action::Mark, "mark all")),
                (1, dialog(&[Back], "close")),
            ];
        }
        Some(Overlay::Map) => {
            let failed = hint(model, Context::Map, &[Action::NextFailed, Action::PreviousFailed], "failed");
            let moves = dialog(&[Left, down, up, Right], "move");
            return vec![(0, dialog(&[Accept], "to the list")), (2, failed), (3, moves), (1, dialog(&[Back], "close"))];
        }
        Some(Overlay::Groups { .. }) => {
            let moves = dialog(&[down, up], "move");
            return vec![(0, dialog(&[Accept], "group")), (1, dialog(&[Back], "close")), (2, moves)];
        }
        Some(Overlay::Sort { .. }) => {
            let turn = hint(model, Context::Menu, &[Action::Reverse], "turn round");
            return vec![(0, dialog(&[Accept], "order")), (2, turn), (1, dialog(&[Back], "close"))];
        }
        Some(Overlay::Columns { .. }) => {
            let toggle = hint(model, Context::Menu, &[Action::Toggle], "show or hide");
            return vec![(0, toggle), (1, dialog(&[Back], "close")), (2, dialog(&[down, up], "move"))];
        }
        Some(Overlay::Cell { .. }) => {
            let list = hint(model, Context::Cell, &[Accept], "show them in the list");
            let list = if model.results.behind.is_some() { list } else { Hint::new() };
            return vec![(0, list), (1, dialog(&[Back], "close")), (2, dialog(&[down, up], "scroll"))];
        }
        Some(Overlay::Dumps { .. }) => {
            let moves = dialog(&[down, up], "move");
            return vec![(0, dialog(&[Accept], "show it")), (1, dialog(&[Back], "close")), (2, moves)];
        }
        Some(Overlay::Begin { .. }) => {
            let moves = dialog(&[down, up], "move");
            return vec![(0, dialog(&[Accept], "choose")), (1, dialog(&[Back], "leave")), (2, moves)];
        }
        Some(Overlay::Confirm(_) | Overlay::Quit { .. }) => {
            let moves = dialog(&[Left, down, up, Right], "move");
            return vec![(0, dialog(&[Accept], "choose")), (1, dialog(&[Back], "back")), (2, moves)];
        }
        Some(Overlay::Prompt(_) | Overlay::Palette(_) | Overlay::Outputs(_)) | None => {}
    }
    let mut keys: Vec<(u8, Hint)> = Vec::new();
    let mut last = Vec::new();
    let queue = model.header.as_ref().map_or(QueueState::Open, |h| h.header.queue);
    let counts = model.header.as_ref().map(|h| h.header.counts).unwrap_or_default();
    let waits = counts.queued + counts.blocked > 0;
    let is_zoomed = model.zoomed && model.width >= ONE_PANE;
    let is_alone = model.focus == Focus::List && Areas::of(model).detail.area() == 0;
    if model.focus == Focus::List && model.list.is_filtered() && model.list.lines().is_empty() {
        keys.push((0, hint(model, Context::Everywhere, &[Back], "show all")));
    }
    for (priority, binding) in model.keymap.footer(&model.contexts()) {
        let action = binding.entry.action;
        // What cannot act would only take the room of what can.
        if able::obstacle(model, action).is_some() {
            continue;
        }
        let priority = match action {
            // Nothing goes on before that is pressed.
            Action::PauseQueue if queue == QueueState::Paused => 0,
            // It may be paused in advance, which nobody needs to be reminded of.
            Action::PauseQueue if queue == QueueState::Open && !waits => continue,
            // The other panes are not seen, so the way to them is, except where there is room for one only.
            Action::Zoom if is_zoomed => 3,
            // Where the list stands alone, nothing else tells that there is more.
            Action::Open | Action::Show(_) if is_alone => 13,
            _ => priority,
        };
        let entry = (priority, hint_of(model, binding));
        // The way out and the way to help always stand at the end, where people look for them.
        if matches!(action, Action::Help | Action::Quit) || is_zoomed && action == Action::Zoom {
            last.push(entry);
        } else {
            keys.push(entry);
        }
    }
    // In the order of their importance, as far as that is another one than in the table.
    keys.sort_by_key(|(priority, _)| *priority);
    last.sort_by_key(|(priority, _)| std::cmp::Reverse(*priority == 3));
    keys.extend(last);
    keys
}

/// What a footer says of a binding. One label stands for both directions of the cap, and one for all tabs.
fn hint_of(model: &Model, binding: &Binding) -> Hint {
    let (context, action) = (binding.context, binding.entry.action);
    match action {
        Action::RaiseCap => hint(model, context, &[action, Action::LowerCap], "cap"),
        Action::Show(first) => {
            let ends: Vec<Action> =
                [Some(first), Tab::ALL.last().copied()].into_iter().flatten().map(Action::Show).collect();
            hints::hint(model, context, &ends, "-", "tabs")
        }
        _ => hint(model, context, &[action], label(model, binding.entry)),
    }
}

/// The first key of each action, and what they do.
fn hint(model: &Model, context: Context, actions: &[Action], label: &str) -> Hint {
    hints::hint(model, context, actions, " ", label)
}

/// Toggles say what the next press does.
fn label(model: &Model, entry: &Entry) -> &'static str {
    let paused = model.selected().is_some_and(|row| row.view.was_paused());
    // Nothing of it runs: the keys are about its turn, or its job.
    let submitted = model.selected().is_some_and(|row| row.view.status == Status::Submitted);
    let waits = |status: &Status| {
        matches!(status, Status::Submitted | Status::Queued | Status::Blocked | Status::Backoff { .. })
    };
    let waits = model.selected().is_some_and(|row| waits(&row.view.status));
    let queue_open = model.header.as_ref().is_none_or(|h| h.header.queue == QueueState::Open);
    match entry.action {
        Action::Pause if model.list.marked.is_empty() && waits => {
            if paused {
                "let go"
            } else {
                "hold"
            }
        }
        Action::DumpStats if model.list.marked.is_empty() && submitted => "expected start",
        Action::Pause if model.list.marked.is_empty() && paused => "resume",
        Action::PauseQueue if !queue_open => "open queue",
        Action::Fold if model.list.cursor().and_then(|line| model.list.is_folded(line)) == Some(true) => "unfold",
        Action::Follow if model.log.top == Top::End => "stop following",
        Action::Wrap if model.log.wrap => "unwrap",
        Action::Open if model.focus == Focus::List && model.list.heading().is_some() => "fold",
        Action::Open if model.focus == Focus::List && model.needed().is_none() => "log",
        Action::Zoom if model.zoomed => "all panes",
        Action::Figure if model.results.figure.is_some() => "next figure",
        _ => entry.title,
    }
}

fn draw_prompt(model: &Model, prompt: &Prompt, area: Rect, buf: &mut Buffer) -> Position {
    let theme = model.theme;
    let (name, advice) = match prompt.kind {
        PromptKind::ListFilter => {
            ("filter", "enter keeps  Esc undoes  tab completes  ^s names it  is:failed  l2=1MiB  ipc>0.8  !word  a|b")
        }
        PromptKind::FilterName => ("name of this filter", "enter names it  Esc does not; then @NAME filters so"),
        PromptKind::StatsFilter => ("filter", "enter keeps  Esc undoes"),
        PromptKind::ResultsDump => {
            ("dump", "last, first, 2, -2, label:GLOB, roi:N, sum:all; nothing for that of the file  Esc leaves it")
        }
        PromptKind::ResultsFile => {
            ("export to", "the ending tells the form: csv tsv md tex html txt svg pdf  Esc writes nothing")
        }
        PromptKind::ResultsView => ("save view as", "beside the experiment, not in your file  Esc saves nothing"),
        // Enter is no advice where it does nothing.
        PromptKind::Palette => (
            "",
            "enter does it  Esc closes  a word finds it, up and down choose  a number goes to a line, @1000 to a tick",
        ),
        PromptKind::Output => ("output", "enter shows it  Esc closes  up and down choose"),
        PromptKind::HelpFilter => ("search", "enter keeps  Esc shows all"),
        PromptKind::Cap => ("how many at once", "enter sets it  Esc leaves it  lowering it stops nothing"),
        PromptKind::SaveLog => {
            ("save to", "enter writes it  Esc writes nothing  all that the log shows; nothing is replaced")
        }
        PromptKind::PipeLog => (
            "pipe to",
            "enter gives it the log  Esc does not  all that is shown, as to less -S or wc -l  no shell is in between",
        ),
        PromptKind::Grep => ("search all logs", "enter searches  Esc undoes  text or regular expression"),
        PromptKind::LogFilter { is_literal } => (
            if is_literal { "show only lines literally with" } else { "show only lines with" },
            "enter shows them  Esc undoes  nothing typed shows all  !text shows the others  ctrl+r takes it literally",
        ),
        PromptKind::LogSearch { backwards, is_literal } => (
            match (backwards, is_literal) {
                (false, false) => "search",
                (true, false) => "search backwards",
                (false, true) => "search literally",
                (true, true) => "search literally, backwards",
            },
            if is_literal { LITERAL } else { EXPRESSION },
        ),
    };
    let label = if name.is_empty() { " :".to_owned() } else { format!(" {name}: ") };
    let used = put(buf, area.x, area.y, area.width, &label, theme.style(Role::Accent));
    let room = usize::from(area.width - used);
    // What is wrong with what was typed is said where the advice was.
    let told = model.toast.as_ref().filter(|toast| toast.bad);
    let told = told.map(|toast| (vec![part(theme, Role::Warn, toast.text.as_str().to_owned())], true));
    let said = told.or_else(|| filter_prompt::said(model, prompt, room / 2));
    // It takes up to a half, and what is typed scrolls in the rest.
    let kept = match &said {
        Some((spans, _)) => (spans_width(spans) + 2).min(room / 2),
        None if room >= LEAST_TYPED + SHORT => SHORT + 2,
        None => 0,
    };
    let room = room - kept;
    let scroll = prompt.input.visual_scroll(room.saturating_sub(1));
    let value = Safe::line(prompt.input.value());
    let shown: String = skip_columns(&value, scroll);
    let parts = filter_prompt::typed(model, prompt, &shown, scroll);
    let typed = put_spans(buf, area.x + used, area.y, room as u16, &parts);
    let cursor = prompt.input.visual_cursor().saturating_sub(scroll).min(room.saturating_sub(1)) as u16;
    let left = usize::from(area.width).saturating_sub(usize::from(used + typed) + 4);
    // What is wrong stays, and of advice as much as fits, from the front, which has the keys: for those there is room kept.
    let (spans, most) = match said {
        Some((spans, _)) => (spans, left),
        None if width::width(advice) <= left || kept > 0 => {
            (vec![part(theme, Role::Dim, said_in(advice, left))], left.max(SHORT))
        }
        None => (Spans::new(), 0),
    };
    let wide = spans_width(&spans).min(most) as u16;
    put_spans(buf, area.right() - 1 - wide, area.y, wide, &spans);
    Position::new((area.x + used + cursor).min(area.right() - 1), area.y)
}

/// The parts of an advice that fit from its beginning, or else the keys alone: the first two have them.
fn said_in(advice: &str, columns: usize) -> String {
    let mut said = String::new();
    let mut parts = 0;
    for part in advice.split("  ") {
        let gap = if said.is_empty() { "" } else { "  " };
        if width::width(&said) + gap.len() + width::width(part) > columns {
            break;
        }
        said = format!("{said}{gap}{part}");
        parts += 1;
    }
    if parts < 2 { KEYS.to_owned() } else { said }
}

fn skip_columns(text: &str, columns: usize) -> String {
    let mut skipped = 0;
    text.chars()
        .skip_while(|c| {
            let skip = skipped < columns;
            skipped += width::width(c.encode_utf8(&mut [0; 4]));
            skip
        })
        .collect()
}
