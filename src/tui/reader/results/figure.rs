//! The figures that the experiment file names, as `gem5-tui plot` makes them: what was arranged with keys is about the table.

use crate::experiment::results::{PlotRule, ResultsRule};
use crate::report::plot::{self, Made};
use crate::report::{Asked, Point, Question};
use crate::text::Safe;
use crate::tui::reading::ResultsWant;

/// The question that a figure is.
pub(super) fn question(rule: &ResultsRule, want: &ResultsWant, name: &str) -> Result<Question, Safe> {
    let asked = plot::asked(named(rule, name)?, &Asked::default());
    Question::new(rule, &asked, &want.watch).map_err(|error| Safe::line(&error.to_string()))
}

/// The figure. `notes` are what must be known of what was read.
pub(in crate::tui) fn make(
    rule: &ResultsRule,
    want: &ResultsWant,
    name: &str,
    points: &[Point],
    mut notes: Vec<String>,
) -> Result<Made, Safe> {
    let mut question = question(rule, want, name)?;
    notes.extend(question.only_one_stat(points).map_err(|error| Safe::line(&error.to_string()))?);
    plot::make(named(rule, name)?, &question, points, &notes).map_err(|error| Safe::line(&error.to_string()))
}

fn named<'r>(rule: &'r ResultsRule, name: &str) -> Result<&'r PlotRule, Safe> {
    let found = rule.plots.iter().find(|rule| rule.name == name);
    found.ok_or_else(|| Safe::line(&format!("the experiment file has no figure `{name}` any more")))
}
