//! The keys, from the table of actions.

use crate::text::width;
use crate::tui::actions::{Binding, Context};
use crate::tui::model::Model;
use crate::tui::theme::{Role, part};
use crate::tui::widgets::{Spans, spans_width, wrap};

/// Columns of the keys.
const KEYS: usize = 12;
/// From this width on there are two columns of keys.
const TWO_COLUMNS: u16 = 132;

/// How many lines the help has at the present width.
pub(crate) fn line_count(model: &Model) -> usize {
    lines(model).len()
}

fn keys_of(binding: &Binding, unicode: bool) -> String {
    binding.chords.iter().map(|chord| chord.show(unicode)).collect::<Vec<_>>().join(" ")
}

/// What a context's keys do, in so many columns.
fn section(model: &Model, context: Context, columns: usize) -> Vec<Spans> {
    let theme = model.theme;
    let mut lines = vec![vec![part(theme, Role::Title, context.heading())]];
    for binding in model.keymap.of(context) {
        let keys = keys_of(binding, theme.unicode);
        let pad = KEYS.saturating_sub(width::width(&keys)).max(1);
        for (at, row) in wrap(binding.entry.help, columns.saturating_sub(KEYS).max(8)).into_iter().enumerate() {
            let (keys, pad) = if at == 0 { (keys.as_str(), pad) } else { ("", KEYS) };
            lines.push(vec![
                part(theme, Role::Accent, keys),
                part(theme, Role::Text, " ".repeat(pad)),
                part(theme, Role::Text, row),
            ]);
        }
    }
    lines.push(Spans::new());
    lines
}

/// Columns of the help with its frame.
pub(crate) fn frame_width(model: &Model) -> u16 {
    model.width.min(if model.width < TWO_COLUMNS { 76 } else { 150 })
}

/// The lines of the help: one column, or two of about the same length.
pub(crate) fn lines(model: &Model) -> Vec<Spans> {
    let two = model.width >= TWO_COLUMNS;
    let column = usize::from(frame_width(model)) / if two { 2 } else { 1 } - if two { 4 } else { 0 };
    let room = if two { column - 2 } else { column.saturating_sub(4) };
    // What the keys do right now comes first.
    let mut contexts = model.contexts_below();
    contexts.extend(Context::ALL.into_iter().filter(|context| !contexts.contains(context)).collect::<Vec<_>>());
    let sections: Vec<Vec<Spans>> = contexts.into_iter().map(|context| section(model, context, room)).collect();
    let total: usize = sections.iter().map(Vec::len).sum();
    if !two {
        return sections.into_iter().flatten().collect();
    }
    let (mut left, mut right): (Vec<Spans>, Vec<Spans>) = (Vec::new(), Vec::new());
    for section in sections {
        let side = if left.len() + section.len() / 2 < total / 2 { &mut left } else { &mut right };
        side.extend(section);
    }
    let height = left.len().max(right.len());
    let mut right = right.into_iter();
    left.resize(height, Spans::new());
    left.into_iter()
        .map(|mut line| {
            let used = spans_width(&line);
            line.push(part(model.theme, Role::Text, " ".repeat(column.saturating_sub(used))));
            line.extend(right.next().unwrap_or_default());
            line
        })
        .collect()
}
