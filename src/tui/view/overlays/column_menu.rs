//! Which columns the list has.

use ratatui::buffer::Buffer;

use super::menu::{self, Menu};
use crate::tui::actions::Action;
use crate::tui::layout::Areas;
use crate::tui::layout::list_columns::{FIXED, Kind, columns};
use crate::tui::model::Model;
use crate::tui::model::spots::Spots;
use crate::tui::theme::Role;

/// Draws the choices, those that are chosen with a cross, and what has no room with that.
pub(super) fn draw(model: &Model, at: usize, buf: &mut Buffer, spots: &mut Spots) {
    let now = columns(model, Areas::of(model).list_columns());
    let all = now.kinds.iter().zip(&now.columns).zip(&now.widths).skip(FIXED);
    let choices = all.map(|((kind, column), width)| {
        let is_chosen = model.choice.shows(&kind.key(model), kind.is_usual());
        let word = match kind {
            Kind::Parameters => "parameters, all in one".to_owned(),
            Kind::Parameter(_) => format!("parameter {}", column.title),
            _ => column.title.clone(),
        };
        let mark = if is_chosen { "[x]" } else { "[ ]" };
        (format!("{mark} {word}"), if is_chosen && width.is_none() { "no room" } else { "" })
    });
    let (toggle, right) = (model.key(Action::Toggle), model.key(Action::ColumnsRight));
    let menu = Menu {
        title: "Columns",
        choices: choices.collect(),
        signs: Role::Dim,
        advice: format!("{toggle} shows or hides  {right} in the list scrolls"),
    };
    menu::draw(model, &menu, at, buf, spots);
}
