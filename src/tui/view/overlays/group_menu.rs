//! By what the list can be grouped.

use ratatui::buffer::Buffer;

use super::menu::{self, Menu};
use crate::text::Safe;
use crate::tui::actions::Action;
use crate::tui::model::Model;
use crate::tui::model::groups::ways;
use crate::tui::model::spots::Spots;
use crate::tui::theme::{Glyph, Role};

/// Draws the choices, the one that holds with a mark.
pub(super) fn draw(model: &Model, at: usize, buf: &mut Buffer, spots: &mut Spots) {
    let mark = model.theme.glyph(Glyph::Marked);
    let choice = |way: Vec<String>| {
        let word = if way.is_empty() { "nothing".to_owned() } else { Safe::line(&way.join(" and ")).into_string() };
        (word, if way == model.list.grouped_by() { mark } else { "" })
    };
    let menu = Menu {
        title: "Group by",
        choices: ways(model).into_iter().map(choice).collect(),
        signs: Role::Accent,
        advice: format!("{} groups the list", model.key(Action::Accept)),
    };
    menu::draw(model, &menu, at, buf, spots);
}
