//! A number before `G` in the log: `120G` goes to line 120. Part of `update`.
//!
//! The digits are the keys of the tabs, too. So each shows its tab at once, and a `G` right behind them comes back to the log. One
//! digit alone is the key of a tab and no number: whoever looks at another tab and then wants its end would be taken away from it.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::say::tell;
use super::shown;
use crate::text::Safe;
use crate::tui::actions::{Action, Move, Tab};
use crate::tui::model::{Count, Focus, Model};
use crate::tui::reading::Sought;

/// Keys of a number come as fast as a number is typed; those of tabs are pressed to look at something.
const WITHIN_MS: u64 = 1_500;

/// No log has more lines than this has digits.
const MAX_DIGITS: usize = 18;

/// Takes a key of a number, if it is one that nothing else is to be done about.
pub(super) fn takes(model: &mut Model, event: KeyEvent) -> bool {
    if model.overlay.is_some() {
        model.count = None;
        return false;
    }
    let in_log = model.focus == Focus::Detail && model.tab == Tab::Log;
    let before = model.count.take().filter(|count| count.until_ms >= model.now_ms);
    let until_ms = model.now_ms + WITHIN_MS;
    let action = model.keymap.resolve(&model.contexts(), event);
    match event.code {
        KeyCode::Char(digit @ '0'..='9') if event.modifiers == KeyModifiers::NONE => {
            let Some(mut digits) = before.map(|count| count.digits).or(in_log.then(String::new)) else { return false };
            if digits.len() < MAX_DIGITS {
                digits.push(digit);
            }
            let is_number = digits.len() > 1;
            // Who only goes through the tabs need not be told.
            if is_number && action.is_none() {
                let key = model.key(Action::Go(Move::Bottom));
                tell(model, Safe::line(&format!("{key} goes to line {digits} of the log")), false);
            }
            model.count = Some(Count { digits, until_ms });
            // A digit has other meanings where it begins no number.
            is_number && !matches!(action, Some(Action::Show(_)))
        }
        _ if matches!(action, Some(Action::Go(Move::Bottom | Move::Top))) => {
            let number = before.filter(|count| count.digits.len() > 1).and_then(|count| count.digits.parse().ok());
            let Some(number) = number else { return false };
            model.dirty = true;
            model.focus = Focus::Detail;
            shown::show(model, Tab::Log);
            model.log.seek(Sought::Line(number));
            true
        }
        _ => false,
    }
}
