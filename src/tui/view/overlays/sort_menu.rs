//! What the list can be ordered by.

use ratatui::buffer::Buffer;

use super::menu::{self, Menu};
use crate::tui::actions::Action;
use crate::tui::model::Model;
use crate::tui::model::sort::Sort;
use crate::tui::model::spots::Spots;
use crate::tui::theme::Role;
use crate::tui::view::order_glyph;

/// Draws the choices, the one that holds with its arrow.
pub(super) fn draw(model: &Model, at: usize, buf: &mut Buffer, spots: &mut Spots) {
    let now = model.list.sort();
    let arrow = model.theme.glyph(order_glyph(&now, model.list.is_reversed()));
    let choice = |sort: Sort| {
        let sign = if sort == now { arrow } else { "" };
        (sort.word(model.header.as_ref(), &model.columns), sign)
    };
    let (take, turn) = (model.key(Action::Accept), model.key(Action::Reverse));
    let menu = Menu {
        title: "Order by",
        choices: model.sorts().into_iter().map(choice).collect(),
        signs: Role::Accent,
        advice: format!("{take} takes it  {turn} again: the other way"),
    };
    menu::draw(model, &menu, at, buf, spots);
}
