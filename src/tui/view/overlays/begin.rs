//! Whether the first simulations of an experiment start.

use ratatui::buffer::Buffer;

use super::{Buttons, draw_box, inner_width};
use crate::text::human;
use crate::tui::actions::{Action, Context};
use crate::tui::model::spots::{Spot, Spots};
use crate::tui::model::{BeginChoice, Model};
use crate::tui::theme::{Role, part};
use crate::tui::widgets::{Spans, wrap};

/// Draws the question with its choices.
pub(super) fn draw(model: &Model, focused: BeginChoice, buf: &mut Buffer, spots: &mut Spots) {
    let theme = model.theme;
    let width = inner_width(model);
    let text = |text: &str, role| wrap(text, width).into_iter().map(move |row| vec![part(theme, role, row)]);
    let mut lines: Vec<Spans> = vec![Spans::new()];
    lines.extend(text(&question(model), Role::Text));
    lines.push(Spans::new());
    let choices = BeginChoice::ALL.map(|choice| (answer(choice), word(choice), choice == focused));
    let buttons = Buttons::new(model, &choices);
    let first = lines.len();
    let mut fixed = buttons.lines.len();
    lines.extend(buttons.lines.iter().cloned());
    lines.push(Spans::new());
    let meaning: Vec<Spans> = text(&meaning(model, focused), Role::Dim).collect();
    fixed += 1 + meaning.len();
    lines.extend(meaning);
    let seen = draw_box(model, "Start?", &lines, fixed, buf, spots);
    for (at, place) in buttons.seen(first, &seen) {
        spots.note(place, Spot::Choice(at));
    }
}

/// How many would start, and how many at once.
fn question(model: &Model) -> String {
    let Some(header) = &model.header else { return "Nothing of this has run yet.".to_owned() };
    let simulations = human::plural(u64::from(model.simulations().total), "simulation");
    format!("Nothing of this has run yet: {simulations}, {} at once.", header.header.cap)
}

/// What its key asks for.
fn answer(choice: BeginChoice) -> Action {
    match choice {
        BeginChoice::Start => Action::Yes,
        BeginChoice::Paused => Action::No,
        BeginChoice::Leave => Action::Back,
    }
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
