//! Keys and what they do, in one line; a press of the mouse on one is as good as the key.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::text::width;
use crate::tui::actions::{Action, Context};
use crate::tui::model::Model;
use crate::tui::model::spots::{Spot, Spots};
use crate::tui::theme::{Role, part};
use crate::tui::widgets::{fitting, put};

/// Parts of a line, each with what it asks for when it is pressed.
pub(super) type Hint = Vec<(String, Style, Option<Action>)>;

/// The first key of each action, and what they do. The keys stand `apart`.
pub(super) fn hint(model: &Model, context: Context, actions: &[Action], apart: &str, label: &str) -> Hint {
    let theme = model.theme;
    let mut hint = Hint::new();
    for action in actions {
        let Some(key) = model.keymap.key(context, *action) else { continue };
        if !hint.is_empty() {
            let (apart, style) = part(theme, Role::Accent, apart);
            hint.push((apart, style, None));
        }
        let (key, style) = part(theme, Role::Accent, key.show(theme.unicode));
        hint.push((key, style, Some(*action)));
    }
    let (label, style) = part(theme, Role::Dim, format!(" {label}"));
    // What stands for all of several keys is none of them.
    hint.push((label, style, actions.first().copied().filter(|_| apart == " ")));
    hint
}

/// Those that fit on a line, `gap` apart, when those with the highest number are dropped first.
pub(super) fn keep_fitting(mut hints: Vec<(u8, Hint)>, room: usize, gap: usize) -> Hint {
    let sizes: Vec<(u8, usize)> = hints.iter().map(|(number, hint)| (*number, wide(hint))).collect();
    let mut line = Hint::new();
    for (at, place) in fitting(&sizes, room, gap).into_iter().enumerate() {
        if at > 0 {
            line.push((" ".repeat(gap), Style::new(), None));
        }
        line.append(&mut hints[place].1);
    }
    line
}

/// Columns of a line.
pub(super) fn wide(hint: &Hint) -> usize {
    hint.iter().map(|(text, ..)| width::width(text)).sum()
}

/// Draws a line into an area of one row.
pub(super) fn draw(line: &Hint, area: Rect, buf: &mut Buffer, spots: &mut Spots) {
    let mut x = area.x;
    for (text, style, action) in line {
        let used = put(buf, x, area.y, area.right().saturating_sub(x), text, *style);
        if let Some(action) = action {
            spots.note(Rect { x, width: used, ..area }, Spot::Key(*action));
        }
        x += used;
    }
}
