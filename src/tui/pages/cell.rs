//! What a cell of results is made of: the number in full, the formula with numbers, and the simulations behind it; on the name of a
//! row, all that stands below the table.

use crate::experiment::results::ViewRule;
use crate::report::{Cell, Value};
use crate::text::{Safe, human};
use crate::tui::model::Model;
use crate::tui::reading::Fact;
use crate::tui::theme::{Role, part};
use crate::tui::widgets::{Spans, wrap};

/// Columns of a line at most: longer ones are hard to read.
const WIDEST: usize = 100;
/// Columns that words stand in from the edge.
const INDENT: usize = 4;

/// How many lines it has.
pub(crate) fn line_count(model: &Model) -> usize {
    lines(model).len()
}

/// Lines that are seen at once: what is left of the screen by the frame and its edges.
pub(crate) fn page(model: &Model) -> usize {
    usize::from(model.height).saturating_sub(4).max(1)
}

/// Columns of a line.
pub(crate) fn columns(model: &Model) -> usize {
    usize::from(model.width).saturating_sub(6).clamp(1, WIDEST)
}

/// What the cell is called: `l2=1MiB workload=chase`.
pub(crate) fn title(model: &Model) -> String {
    let results = &model.results;
    let (Some(table), Some(row), Some(at)) = (results.table(), results.shown_row(), results.data_column()) else {
        return "about the table".to_owned();
    };
    let pairs = |names: &[String], labels: &[String]| -> Vec<String> {
        let named = names.iter().zip(labels).map(|(name, label)| format!("{name}={label}"));
        if names.is_empty() { labels.to_vec() } else { named.collect() }
    };
    let mut parts = pairs(&table.row_names, &row.labels);
    parts.extend(table.columns.get(at).iter().flat_map(|column| pairs(&table.column_names, &column.labels)));
    if parts.is_empty() { table.title.clone() } else { parts.join(" ") }
}

/// The lines.
pub(crate) fn lines(model: &Model) -> Vec<Spans> {
    let theme = model.theme;
    let results = &model.results;
    let Some(shown) = &results.shown else { return vec![vec![part(theme, Role::Dim, "there is no table")]] };
    let columns = columns(model);
    let mut lines: Vec<Spans> = Vec::new();
    let mut say = |role: Role, indent: usize, text: &str| {
        let rows = wrap(text, columns.saturating_sub(indent).max(8)).into_iter();
        lines.extend(rows.map(|row| vec![part(theme, role, format!("{}{row}", " ".repeat(indent)))]));
    };
    let Some(cell) = results.cell() else {
        for line in &shown.aligned.below {
            say(Role::Text, 0, line);
        }
        let name = results.asked.view.clone().unwrap_or_else(|| "mine".to_owned());
        let view = ViewRule { name, ..shown.view.clone() };
        say(Role::Text, 0, "");
        say(Role::Dim, 0, "as the experiment file would say it, under `results: {views: …}`:");
        say(Role::Accent, INDENT, &Safe::line(&view.to_yaml()));
        return lines;
    };
    let table = shown.table();
    let unit = table.unit.as_ref().map_or_else(String::new, |unit| format!(" {unit}"));
    match cell {
        Cell::Value(value) => {
            let text = Safe::line(&format!("{} = {}{unit}", table.title, number(value, theme.unicode)));
            say(Role::Title, 0, &text);
            if value.is_provisional {
                say(Role::Warn, 0, "it may still change: something of it runs, so that it is in no mean");
            }
            for note in value.notes.iter().filter_map(|at| table.notes.get(*at)) {
                say(Role::Warn, 0, &Safe::line(&note.text));
            }
        }
        Cell::Missing { word, reason } => {
            say(Role::Bad, 0, &Safe::line(&format!("{}: {word}", table.title)));
            say(Role::Text, 0, &Safe::line(reason));
        }
    }
    let name = shown.metrics.get(shown.metric).map_or("", String::as_str);
    let formula = if name == shown.formula { name.to_owned() } else { format!("{name} = {}", shown.formula) };
    say(Role::Dim, 0, &Safe::line(&formula));
    // The mean over workloads is of the cells that are one.
    let is_mean = is_mean(model);
    let of_workloads = shown.built.layout.workloads.join(" ");
    let is_of_others = |step: &&String| !is_mean && step.contains(&format!(" over {of_workloads} ("));
    for step in table.pipeline.iter().skip(2).filter(|step| !is_of_others(step)) {
        say(Role::Dim, 0, &Safe::line(step));
    }
    let Some((behind, facts)) = &results.behind else { return lines };
    let Some(facts) = facts else {
        say(Role::Dim, 0, "reading the simulations behind it");
        return lines;
    };
    let told = |is_baseline: bool| facts.iter().filter(move |fact| fact.is_baseline == is_baseline);
    let groups = [(false, "behind it", behind.simulations.len()), (true, "compared with", behind.baseline.len())];
    for (is_baseline, what, all) in groups.into_iter().filter(|(.., all)| *all > 0) {
        say(Role::Text, 0, "");
        say(Role::Title, 0, &format!("{what}: {}", human::plural(all as u64, "simulation")));
        told(is_baseline).for_each(|fact| of_fact(fact, &mut say));
        let left_out = all.saturating_sub(told(is_baseline).count());
        if left_out > 0 {
            say(Role::Dim, INDENT / 2, &format!("and {} more", human::count(left_out as u64)));
        }
    }
    lines
}

/// Whether the cell is a mean over workloads.
fn is_mean(model: &Model) -> bool {
    let results = &model.results;
    let of_column = results.data_column().and_then(|at| results.table()?.columns.get(at)).is_some_and(|c| c.is_mean);
    let row = results.order.get(results.row);
    let of_row = results.shown.as_ref().zip(row).is_some_and(|(shown, at)| shown.mean_rows.get(*at) == Some(&true));
    of_column || of_row
}

fn of_fact(fact: &Fact, say: &mut impl FnMut(Role, usize, &str)) {
    let Fact { name, word, formula, value, origin, .. } = fact;
    say(Role::Text, INDENT / 2, &Safe::line(&format!("{name}  {word}")));
    let sum = if formula.as_str() == value.as_str() { value.to_string() } else { format!("{formula} = {value}") };
    say(Role::Accent, INDENT, &sum);
    if !origin.is_empty() {
        say(Role::Dim, INDENT, origin);
    }
}

fn number(value: &Value, unicode: bool) -> String {
    let sign = if unicode { "±" } else { "+-" };
    let number = format!("{}", value.number);
    match value.error {
        Some(error) => format!("{number} {sign} {} (95 % t interval, n = {})", human::number(error), value.count),
        None if value.count > 1 => format!("{number} (n = {})", value.count),
        None => number,
    }
}
