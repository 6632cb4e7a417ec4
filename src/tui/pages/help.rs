//! The keys, from the table of actions, and what the signs mean.

use super::legend::{self, Sign};
use crate::text::width;
use crate::tui::actions::{Binding, Context};
use crate::tui::model::Model;
use crate::tui::model::fuzzy::{Fit, fit};
use crate::tui::theme::{Role, part};
use crate::tui::widgets::{Spans, spans_width, wrap};

/// Columns of the keys, and of the signs.
const KEYS: usize = 12;
const SIGNS: usize = 15;
/// From this width on there are two columns of keys.
const TWO_COLUMNS: u16 = 132;

/// How many lines the help has at the present width.
pub(crate) fn line_count(model: &Model, filter: &str) -> usize {
    lines(model, filter).len()
}

/// How many of them are seen at once. The frame needs two lines, and what is typed stands in another one.
pub(crate) fn page(model: &Model) -> usize {
    usize::from(model.height).saturating_sub(3).max(1)
}

fn keys_of(binding: &Binding, unicode: bool) -> String {
    binding.chords.iter().map(|chord| chord.show(unicode)).collect::<Vec<_>>().join(" ")
}

/// A line of the help before it is wrapped.
struct Entry {
    left: String,
    role: Role,
    right: &'static str,
}

impl Entry {
    fn has(&self, heading: &str, name: &str, filter: &str) -> bool {
        fit(&format!("{} {} {heading} {name}", self.left, self.right), filter) == Some(Fit::Whole)
    }
}

/// What a context's keys do.
fn keys_in(model: &Model, context: Context, filter: &str) -> Vec<Entry> {
    let entry = |binding: &Binding| {
        let left = keys_of(binding, model.theme.unicode);
        let entry = Entry { left, role: Role::Accent, right: binding.entry.help };
        entry.has(context.heading(), binding.entry.name, filter).then_some(entry)
    };
    model.keymap.of(context).filter_map(entry).collect()
}

fn legend_of(heading: &str, signs: Vec<Sign>, filter: &str) -> Vec<Entry> {
    let entry = |sign: Sign| Entry { left: sign.shown, role: sign.role, right: sign.meaning };
    signs.into_iter().map(entry).filter(|entry| entry.has(heading, "", filter)).collect()
}

/// Entries under their heading, in so many columns. Nothing if there are none.
fn section(model: &Model, heading: &str, left: usize, entries: &[Entry], columns: usize) -> Vec<Spans> {
    if entries.is_empty() {
        return Vec::new();
    }
    let theme = model.theme;
    let mut lines = vec![vec![part(theme, Role::Title, heading)]];
    for entry in entries {
        let pad = left.saturating_sub(width::width(&entry.left)).max(1);
        for (at, row) in wrap(entry.right, columns.saturating_sub(left).max(8)).into_iter().enumerate() {
            let (keys, pad) = if at == 0 { (entry.left.as_str(), pad) } else { ("", left) };
            lines.push(vec![
                part(theme, entry.role, keys),
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

/// The lines of the help that have all words of a filter: one column, or two of about the same length.
pub(crate) fn lines(model: &Model, filter: &str) -> Vec<Spans> {
    let two = model.width >= TWO_COLUMNS;
    let column = usize::from(frame_width(model)) / if two { 2 } else { 1 } - if two { 4 } else { 0 };
    let room = if two { column - 2 } else { column.saturating_sub(4) };
    let keys = |context: Context| section(model, context.heading(), KEYS, &keys_in(model, context, filter), room);
    // What the keys do right now comes first, and then what is seen.
    let here = model.contexts_below();
    let elsewhere = Context::ALL.into_iter().filter(|context| !here.contains(context));
    let mut sections: Vec<Vec<Spans>> = here.iter().map(|context| keys(*context)).collect();
    for (heading, signs) in
        [("Signs", legend::signs(model.theme)), ("How a simulation ended", legend::outcomes(model.theme))]
    {
        sections.push(section(model, heading, SIGNS, &legend_of(heading, signs, filter), room));
    }
    sections.extend(elsewhere.map(keys));
    let total: usize = sections.iter().map(Vec::len).sum();
    if total == 0 {
        return vec![vec![part(model.theme, Role::Dim, "nothing in the help has these words")]];
    }
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
