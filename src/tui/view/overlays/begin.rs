//! Whether the first simulations of an experiment start.

use ratatui::buffer::Buffer;

use super::{draw_box, inner_width};
use crate::text::human;
use crate::tui::actions::{Action, Context};
use crate::tui::model::spots::{Spot, Spots};
use crate::tui::model::{BeginChoice, Model};
use crate::tui::theme::{Glyph, Role, part};
use crate::tui::widgets::{Spans, wrap};

/// Columns of the longest word.
const WORD: usize = 6;

/// Draws the question with its choices.
pub(super) fn draw(model: &Model, focused: BeginChoice, buf: &mut Buffer, spots: &mut Spots) {
    let theme = model.theme;
    let width = inner_width(model);
    let text = |text: &str, role| wrap(text, width).into_iter().map(move |row| vec![part(theme, role, row)]);
    let mut lines: Vec<Spans> = vec![Spans::new()];
    lines.extend(text(&question(model), Role::Text));
    lines.push(Spans::new());
    let first = lines.len();
    for choice in BeginChoice::ALL {
        let is_focused = choice == focused;
        let cursor = if is_focused { theme.glyph(Glyph::Cursor) } else { " " };
        let role = if is_focused { Role::Selected } else { Role::Text };
        lines.push(vec![part(theme, Role::Accent, cursor), part(theme, role, format!(" {:<WORD$} ", word(choice)))]);
    }
    lines.push(Spans::new());
    let meaning: Vec<Spans> = text(&meaning(model, focused), Role::Dim).collect();
    let fixed = BeginChoice::ALL.len() + 1 + meaning.len();
    lines.extend(meaning);
    for (line, place) in draw_box(model, "Start?", &lines, fixed, buf, spots) {
        if let Some(at) = line.checked_sub(first).filter(|at| *at < BeginChoice::ALL.len()) {
            spots.note(place, Spot::Choice(at));
        }
    }
}

/// How many would start, and how many at once.
fn question(model: &Model) -> String {
    let Some(header) = &model.header else { return "Nothing of this has run yet.".to_owned() };
    let simulations = human::plural(u64::from(model.simulations().total), "simulation");
    format!("Nothing of this has run yet: {simulations}, {} at once.", header.header.cap)
}

fn word(choice: BeginChoice) -> &'static str {
    match choice {
        BeginChoice::Start => "start",
        BeginChoice::Paused => "look",
        BeginChoice::Leave => "leave",
    }
}

fn meaning(model: &Model, choice: BeginChoice) -> String {
    let key = |action| model.keymap.word(&[Context::Everywhere], action, model.theme.unicode);
    match choice {
        BeginChoice::Start => {
            let (more, less) = (key(Action::RaiseCap), key(Action::LowerCap));
            format!("They start now; {more} and {less} change how many at once.")
        }
        BeginChoice::Paused => {
            format!("Nothing starts: the queue is paused until {} opens it.", key(Action::PauseQueue))
        }
        BeginChoice::Leave => "Nothing starts, and you are asked again the next time.".to_owned(),
    }
}
