//! What is known of the group on whose heading the cursor stands.

use crate::text::width::{self, wrap};
use crate::text::{Safe, human};
use crate::tui::actions::Action;
use crate::tui::model::Model;
use crate::tui::model::groups::summary;
use crate::tui::theme::{Role, part, states};
use crate::tui::widgets::Spans;

/// Columns of the names of stats, at most.
const NAMES: usize = 32;

/// The lines of the page, for a pane of this width.
pub(crate) fn lines(model: &Model, group: u32, columns: usize) -> Vec<Spans> {
    let theme = model.theme;
    let summary = summary(model, group);
    let members = human::plural(u64::from(summary.counts.total), "simulation");
    let mut lines = vec![vec![part(theme, Role::Title, members)]];
    for (number, glyph, role, word) in states(summary.counts) {
        let number = human::count(u64::from(number));
        lines.push(vec![part(theme, role, format!("  {} {number} {word}", theme.glyph(glyph)))]);
    }
    let watched = model.header.iter().flat_map(|header| &header.titles);
    let titles: Vec<&Safe> = watched.chain(&model.columns.titles).collect();
    if !titles.is_empty() {
        lines.push(Spans::new());
        lines.push(vec![part(theme, Role::Title, "Means of what ended ok")]);
    }
    let names = titles.iter().map(|title| width::width(title)).max().unwrap_or(0).min(NAMES);
    for (title, mean) in titles.into_iter().zip(&summary.means) {
        let name = width::fit(title, names, width::Align::Left);
        let (role, value) = match mean {
            None => (Role::Dim, "no value yet".to_owned()),
            Some(mean) if mean.is_whole => (Role::Text, human::number(mean.value)),
            Some(mean) => {
                let (of, all) = (human::count(u64::from(mean.of)), human::count(u64::from(summary.counts.total)));
                (Role::Text, format!("{} ({of} of {all})", human::number(mean.value)))
            }
        };
        lines.push(vec![part(theme, Role::Dim, format!("  {name} ")), part(theme, role, value)]);
    }
    lines.push(Spans::new());
    let (fold, mark, by) = (model.key(Action::Fold), model.key(Action::Mark), model.key(Action::Groups));
    let about = format!(
        "{fold} folds or unfolds it, {mark} marks its simulations, {by} groups by something else. What is asked for here, such as \
         a pause, is asked for all of them."
    );
    lines.extend(
        wrap(&about, columns.saturating_sub(2).max(1)).into_iter().map(|row| vec![part(theme, Role::Dim, row)]),
    );
    lines
}
