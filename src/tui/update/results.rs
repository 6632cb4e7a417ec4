//! What keys do in the Results tab. Part of `update`.
//!
//! Each of them changes what is asked, as a flag of the command does; the table that follows comes from the thread that reads. What
//! was asked and has no table is told and taken back.

use std::collections::BTreeSet;

use super::parts;
use super::say::{Command, table_shown, tell};
use super::typing::{ask_again, ask_for};
use crate::experiment::RowKind;
use crate::experiment::results::{Compare, ViewRule};
use crate::gem5::stats::ResultDump;
use crate::report::Asked;
use crate::report::plot::FigureFormat;
use crate::report::write::{TableFormat, csv};
use crate::text::{Safe, human};
use crate::tui::actions::{Action, Move};
use crate::tui::layout::Areas;
use crate::tui::model::results::Sort;
use crate::tui::model::results::figure::{self, Drawn};
use crate::tui::model::{Focus, Model, Overlay, PromptKind};
use crate::tui::pages::cell;
use crate::tui::reading::{Behind, Keep, Refusal, ResultsReading};

/// What stands in a table where a simulation has no such parameter.
const NO_VALUE: &str = "–";
/// The parameter that a table has where nothing else tells simulations apart.
const SIMULATION: &str = "simulation";
/// Characters of the name of a view.
const MAX_NAME: usize = 80;
/// Bytes that every terminal takes onto its clipboard, by what xterm and tmux do.
const CLIPBOARD: usize = 70_000;

/// Does what the user asked for.
pub(super) fn perform(model: &mut Model, action: Action) {
    let named = model.results.figure.as_ref().and_then(|figure| figure.drawn.name());
    if let Some(name) = named.filter(|_| !matches!(action, Action::Figure | Action::Export)) {
        let name = Safe::line(name);
        return of_named(model, &name, action);
    }
    match action {
        Action::NextMetric => metric(model, 1),
        Action::PreviousMetric => metric(model, -1),
        Action::CompareBaseline => compare(model),
        Action::Baseline => baseline(model),
        Action::Pivot => pivot(model),
        Action::Only => parts::only(model),
        Action::NotOnly => parts::not_only(model),
        Action::Workloads => parts::workloads(model),
        Action::Replicas => parts::replicas(model),
        Action::NoReplicas => parts::no_replicas(model),
        Action::Heat => model.results.heat = !model.results.heat,
        Action::ChooseDump => choose_dump(model),
        Action::NextView => next_view(model),
        Action::SaveView => prompt(model, PromptKind::ResultsView, String::new()),
        Action::Export => export(model),
        Action::AsInFile => as_in_file(model),
        Action::Figure => figure::step(&mut model.results, 1),
        _ => {}
    }
}

/// What keys do while a figure of the file is shown: what is arranged with them is about the table.
fn of_named(model: &mut Model, name: &Safe, action: Action) {
    let step = match action {
        Action::NextMetric => 1,
        Action::PreviousMetric => -1,
        _ => {
            let back = model.key(Action::Back);
            let text = format!("the figure {name} is as the experiment file has it; {back} shows the table");
            return tell(model, Safe::line(&text), true);
        }
    };
    if let Some(figure) = model.results.figure.as_mut().filter(|figure| figure.count() > 1) {
        figure.at = (figure.at.cast_signed() + step).rem_euclid(figure.count().cast_signed()).cast_unsigned();
    } else {
        tell(model, Safe::line(&format!("there is no other metric in {name}")), true);
    }
}

/// Takes an answer of the thread that reads.
pub(super) fn take(model: &mut Model, reading: ResultsReading) {
    let results = &mut model.results;
    if reading.asked != results.asked || reading.metric != results.metric {
        // Something else is asked by now.
        return;
    }
    let asked = (reading.asked.clone(), reading.metric.clone());
    if let (Err(Refusal::Wrong(why)), Some(accepted)) = (&reading.shown, &results.accepted)
        && *accepted != asked
        && results.shown.is_some()
    {
        let why = why.clone();
        (results.asked, results.metric) = accepted.clone();
        return tell(model, why, true);
    }
    results.take(reading);
}

/// Moves the cursor up or down.
pub(super) fn go(model: &mut Model, by: Move) {
    if model.results.figure.is_some() {
        // Nobody sees where the cursor goes.
        return;
    }
    let rows = Areas::of(model).results_rows();
    let results = &mut model.results;
    results.row = by.apply(results.row, results.order.len(), rows);
}

/// Moves the cursor to the side; from one figure to another where one is drawn.
pub(super) fn sideways(model: &mut Model, step: isize) {
    if model.results.figure.is_some() {
        return figure::step(&mut model.results, step);
    }
    let last = model.results.columns().saturating_sub(1);
    model.results.column = model.results.column.min(last).saturating_add_signed(step).min(last);
}

fn metric(model: &mut Model, step: isize) {
    let Some(shown) = table_shown(model) else { return };
    if shown.metrics.len() < 2 {
        return tell(model, Safe::plain("there is no other metric: name more under `results: {metrics: …}`"), true);
    }
    let count = shown.metrics.len().cast_signed();
    let next = (shown.metric.cast_signed() + step).rem_euclid(count).cast_unsigned();
    model.results.metric = shown.metrics.get(next).cloned();
}

fn compare(model: &mut Model) {
    let Some(shown) = table_shown(model) else { return };
    if shown.built.layout.baseline.is_empty() {
        let key = model.key(Action::Baseline);
        return tell(model, Safe::line(&format!("there is no baseline: {key} takes the row under the cursor")), true);
    }
    let next = match shown.built.layout.comparison() {
        Compare::None => Compare::Ratio,
        Compare::Ratio => Compare::Percent,
        Compare::Percent => Compare::Difference,
        Compare::Difference => Compare::None,
    };
    model.results.asked.table.compare = Some(next);
}

fn baseline(model: &mut Model) {
    let Some(shown) = table_shown(model) else { return };
    let results = &model.results;
    let (Some(table), Some(row)) = (results.table(), results.shown_row()) else { return };
    let workloads = &shown.built.layout.workloads;
    let is_compared = |name: &String, label: &String| !workloads.contains(name) && label != NO_VALUE;
    let of = |names: &[String], labels: &[String]| -> Vec<(String, String)> {
        let pairs = names.iter().zip(labels).filter(|(name, label)| is_compared(name, label));
        pairs.map(|(name, label)| (name.clone(), label.clone())).collect()
    };
    let column = results.data_column().and_then(|at| table.columns.get(at));
    let mut wanted = of(&table.row_names, &row.labels);
    if column.is_none() {
        let name = table.row_names.get(results.column);
        wanted.retain(|(known, _)| Some(known) == name);
    } else if let Some(column) = column.filter(|column| wanted.is_empty() && !column.is_mean) {
        wanted = of(&table.column_names, &column.labels);
    }
    if wanted.is_empty() {
        return tell(model, Safe::plain("here stand workloads and means only, which are no baseline"), true);
    }
    let told: Vec<String> = wanted.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let rule = &mut model.results.asked.table;
    if shown.built.layout.baseline == wanted {
        (rule.baseline, rule.compare) = (Some(Vec::new()), None);
        return tell(model, Safe::plain("nothing is compared"), false);
    }
    rule.baseline = Some(wanted);
    if shown.built.layout.comparison() == Compare::None {
        rule.compare = Some(Compare::Ratio);
    }
    tell(model, Safe::line(&format!("compared with {}", told.join(" "))), false);
}

fn pivot(model: &mut Model) {
    let Some(shown) = table_shown(model) else { return };
    let layout = &shown.built.layout;
    let (mut rows, mut columns) = (layout.rows.clone(), layout.columns.clone());
    let is_row = model.results.column < rows.len();
    let name = if is_row { rows.get(model.results.column) } else { columns.last() };
    let Some(name) = name.cloned() else {
        return tell(model, Safe::plain("no parameter makes columns: put the cursor on one of the rows"), true);
    };
    let (from, to) = if is_row { (&mut rows, &mut columns) } else { (&mut columns, &mut rows) };
    // The mean over workloads stands behind all of them, so that they stay together.
    let is_moved =
        |other: &String| *other == name || layout.workloads.contains(&name) && layout.workloads.contains(other);
    to.extend(from.iter().filter(|other| is_moved(other)).cloned());
    from.retain(|other| !is_moved(other));
    let side = if is_row { "columns" } else { "rows" };
    (model.results.asked.table.rows, model.results.asked.table.columns) = (Some(rows), Some(columns));
    tell(model, Safe::line(&format!("{name} makes {side}")), false);
}

/// Orders rows by the column under the cursor: up, down, and as in the file.
pub(super) fn sort(model: &mut Model) {
    let results = &mut model.results;
    let Some(by) = results.by() else { return };
    let row = results.shown_row().map(|row| row.labels.clone());
    results.sort = match results.sort.take().filter(|sort| sort.by == by) {
        None => Some(Sort { by, descending: false }),
        Some(Sort { descending: false, .. }) => Some(Sort { by, descending: true }),
        Some(_) => None,
    };
    results.arrange();
    if let Some(labels) = row {
        results.put_row(&labels);
    }
}

fn choose_dump(model: &mut Model) {
    let before = model.results.asked.dump.as_ref().map(ToString::to_string).unwrap_or_default();
    prompt(model, PromptKind::ResultsDump, before);
}

fn next_view(model: &mut Model) {
    let views = &model.results.told.views;
    if views.is_empty() {
        let save = model.key(Action::SaveView);
        let text =
            format!("the file names no view under `results: {{views: …}}`, and none was saved; {save} saves one");
        return tell(model, Safe::line(&text), true);
    }
    let at = model.results.asked.view.as_ref().and_then(|name| views.iter().position(|view| view == name));
    let next = views.get(at.map_or(0, |at| at + 1)).cloned();
    let text = next.as_ref().map_or_else(|| "no view: the table of the file".to_owned(), |name| format!("view {name}"));
    ask_anew(model, Asked { view: next, ..Asked::default() });
    tell(model, Safe::line(&text), false);
}

fn as_in_file(model: &mut Model) {
    let view = model.results.asked.view.clone().filter(|_| model.results.refusal.is_none());
    ask_anew(model, Asked { view, ..Asked::default() });
    tell(model, Safe::plain("as the experiment file has it"), false);
}

fn ask_anew(model: &mut Model, asked: Asked) {
    let results = &mut model.results;
    (results.asked, results.metric, results.sort) = (asked, None, None);
    results.arrange();
}

fn prompt(model: &mut Model, kind: PromptKind, before: String) {
    if kind != PromptKind::ResultsDump && table_shown(model).is_none() {
        return;
    }
    ask_for(model, kind, before);
}

fn export(model: &mut Model) {
    let Some(shown) = table_shown(model) else { return };
    let experiment = model.header.as_ref().map_or("results", |header| header.header.name.as_str());
    let metric = shown.metrics.get(shown.metric).map_or("", String::as_str);
    let of = model.results.asked.view.as_deref().unwrap_or(metric);
    let plain = |text: &str| -> String {
        let kept = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' };
        text.chars().map(kept).collect::<String>().trim_matches(['_', '.']).to_owned()
    };
    let name = match &model.results.figure {
        None => format!("{}-{}.csv", plain(experiment), plain(of)),
        // Its numbers go into a CSV of that name, which must not be that of the table.
        Some(figure) => match &figure.drawn {
            Drawn::Named(name) => format!("{}-{}.svg", plain(experiment), plain(name)),
            drawn => format!("{}-{}-{}.svg", plain(experiment), plain(of), plain(drawn.word())),
        },
    };
    prompt(model, PromptKind::ResultsFile, name);
}

/// Takes what was typed.
pub(super) fn accept(model: &mut Model, kind: PromptKind, text: &str, commands: &mut Vec<Command>) {
    let text = text.trim();
    match kind {
        PromptKind::ResultsDump if text.is_empty() => model.results.asked.dump = None,
        PromptKind::ResultsDump => match text.parse::<ResultDump>() {
            Ok(dump) => model.results.asked.dump = Some(dump),
            Err(error) => ask_again(model, kind, text, Safe::line(&error.to_string())),
        },
        PromptKind::ResultsFile => keep_file(model, text, commands),
        PromptKind::ResultsView => keep_view(model, text, commands),
        PromptKind::Cap
        | PromptKind::ListFilter
        | PromptKind::FilterName
        | PromptKind::StatsFilter
        | PromptKind::LogSearch { .. }
        | PromptKind::LogFilter { .. }
        | PromptKind::Palette
        | PromptKind::Output
        | PromptKind::HelpFilter
        | PromptKind::SaveLog
        | PromptKind::PipeLog
        | PromptKind::Grep => {}
    }
}

fn keep_file(model: &mut Model, text: &str, commands: &mut Vec<Command>) {
    let Some(table) = model.results.in_order().filter(|_| !text.is_empty()) else {
        return tell(model, Safe::plain("nothing was written"), true);
    };
    let path = std::path::PathBuf::from(text);
    let named = model.results.figure.as_ref().and_then(|figure| figure.drawn.name()).map(Safe::line);
    if let Some(format) = FigureFormat::of(&path) {
        let plot = match &model.results.figure {
            Some(figure) => figure.plot().cloned(),
            None => figure::plot(&model.results, &Drawn::Bars),
        };
        let Some(plot) = plot.map(Box::new) else {
            return tell(model, Safe::plain("there is no figure yet; nothing was written"), true);
        };
        return commands.push(Command::Keep(Keep::Figure { plot, format, path }));
    }
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_ascii_lowercase());
    let tables = TableFormat::ALL.iter().map(|format| format.extension()).filter(|_| named.is_none());
    let figures = FigureFormat::ALL.iter().map(|format| format.extension());
    let format = extension.as_deref().and_then(TableFormat::of_extension).filter(|_| named.is_none());
    let Some(format) = format else {
        let known: Vec<String> = tables.chain(figures).map(|end| format!(".{end}")).collect();
        let of = named.map_or_else(String::new, |name| format!(" of the figure {name}"));
        let wrong = format!("the name tells the form{of}: one of {}; nothing was written", known.join(" "));
        return ask_again(model, PromptKind::ResultsFile, text, Safe::line(&wrong));
    };
    commands.push(Command::Keep(Keep::Export { table: Box::new(table), format, path }));
}

fn keep_view(model: &mut Model, name: &str, commands: &mut Vec<Command>) {
    let results = &model.results;
    let (Some(shown), Some(header)) = (&results.shown, &model.header) else { return };
    if name.is_empty() || name.chars().count() > MAX_NAME || name.chars().any(char::is_control) {
        let wrong = format!("a view has a name of 1 to {MAX_NAME} characters; nothing was saved");
        return ask_again(model, PromptKind::ResultsView, name, Safe::line(&wrong));
    }
    if results.told.views.iter().take(results.told.of_file).any(|known| known == name) {
        let wrong =
            format!("the experiment file has a view `{name}`, which is the one of that name; take another name");
        return ask_again(model, PromptKind::ResultsView, name, Safe::line(&wrong));
    }
    let view = Box::new(ViewRule { name: name.to_owned(), ..shown.view.clone() });
    commands.push(Command::Keep(Keep::View { view, outdir: header.header.outdir.clone() }));
}

/// Copies the table.
pub(super) fn copy(model: &mut Model, commands: &mut Vec<Command>) {
    let Some(table) = model.results.in_order() else {
        return tell(model, Safe::plain("there is no table to copy"), true);
    };
    let document = csv::write(&table, csv::Form::TABS);
    let rows = human::plural(table.rows.len() as u64, "row");
    let much = if document.as_str().len() > CLIPBOARD { "; not every terminal takes so much" } else { "" };
    tell(model, Safe::line(&format!("{rows} sent to the clipboard of your terminal{much}")), false);
    commands.push(Command::CopyTable(document));
}

/// Shows what the cell under the cursor is made of; on the name of a row, all that stands below the table.
pub(super) fn open(model: &mut Model) {
    if model.results.shown.is_none() {
        return;
    }
    model.results.behind = model.results.cell().is_some().then(|| (behind(model), None));
    model.overlay = Some(Overlay::Cell { offset: 0 });
}

/// What keys do while a cell is looked at.
pub(super) fn perform_on_cell(model: &mut Model, offset: usize, action: Action) -> Option<Overlay> {
    let (lines, page) = (cell::line_count(model), cell::page(model));
    match action {
        Action::Go(by) => Some(Overlay::Cell { offset: by.apply(offset, lines.saturating_sub(page) + 1, page) }),
        Action::Accept => {
            show_in_list(model);
            None
        }
        Action::Back | Action::No => {
            model.results.behind = None;
            None
        }
        _ => Some(Overlay::Cell { offset }),
    }
}

/// Marks the simulations behind the cell in the list and nothing else, and goes to the first.
fn show_in_list(model: &mut Model) {
    let Some((behind, _)) = model.results.behind.take() else { return };
    let list = &mut model.list;
    let is_in = |name: &String| behind.simulations.contains(name);
    let ids: Vec<u32> = list.rows().values().filter(|row| is_in(&row.view.name)).map(|row| row.view.id).collect();
    let Some(first) = ids.first().copied() else {
        return tell(model, Safe::plain("no simulation is behind this cell"), true);
    };
    list.marked = if ids.len() > 1 { ids.iter().copied().collect() } else { BTreeSet::default() };
    // What was asked for must be seen.
    list.reveal(first, &model.columns);
    model.focus = Focus::List;
    model.zoomed = false;
    if ids.len() > 1 {
        let text = format!("{} marked: those behind the cell", human::plural(ids.len() as u64, "simulation"));
        tell(model, Safe::line(&text), false);
    }
}

/// The numbers of the simulations behind the cell under the cursor.
pub(super) fn targets(model: &Model) -> Vec<u32> {
    // What nobody sees is not acted upon.
    if model.results.cell().is_none() || model.results.figure.is_some() {
        return Vec::new();
    }
    let names: std::collections::HashSet<String> = behind(model).simulations.into_iter().collect();
    model.list.rows().values().filter(|row| names.contains(&row.view.name)).map(|row| row.view.id).collect()
}

/// The simulations behind the cell under the cursor, and those that it is compared with.
fn behind(model: &Model) -> Behind {
    let results = &model.results;
    let (Some(shown), Some(table), Some(row), Some(at)) =
        (&results.shown, results.table(), results.shown_row(), results.data_column())
    else {
        return Behind::default();
    };
    let layout = &shown.built.layout;
    let is_mean_row = results.order.get(results.row).is_some_and(|at| shown.mean_rows.get(*at) == Some(&true));
    let Some(column) = table.columns.get(at) else { return Behind::default() };
    // A mean is over the workloads, so that it has no value of theirs.
    let of_row =
        table.row_names.iter().zip(&row.labels).filter(|(name, _)| !is_mean_row || !layout.workloads.contains(name));
    let of_column = table
        .column_names
        .iter()
        .zip(&column.labels)
        .filter(|(name, _)| !column.is_mean || !layout.workloads.contains(name));
    let wanted: Vec<(&String, &String)> =
        of_row.chain(of_column).chain(shown.view.only.iter().map(|(n, v)| (n, v))).collect();
    // Those whose values are in the cell, and those that should be.
    let simulations = matching(model, &wanted);
    let is_compared = |name: &str| layout.baseline.iter().any(|(known, _)| known == name);
    let of_baseline: Vec<(&String, &String)> = wanted
        .iter()
        .copied()
        .filter(|(name, _)| !is_compared(name))
        .chain(layout.baseline.iter().map(|(name, value)| (name, value)))
        .collect();
    let mut baseline = Vec::new();
    if layout.comparison() != Compare::None {
        baseline = matching(model, &of_baseline);
        baseline.retain(|name| !simulations.contains(name));
    }
    Behind { simulations, baseline }
}

/// The simulations that have all of these values.
fn matching(model: &Model, wanted: &[(&String, &String)]) -> Vec<String> {
    let rows = model.list.rows().values().map(|row| &row.view);
    let has = |view: &crate::protocol::SimView, (name, value): &(&String, &String)| match view
        .parameters
        .iter()
        .find(|parameter| parameter.name == **name)
    {
        Some(parameter) => parameter.value.is(value),
        None => value.as_str() == NO_VALUE || name.as_str() == SIMULATION && view.name == **value,
    };
    let is_shown = |view: &&crate::protocol::SimView| !view.gone && view.kind == RowKind::Simulation;
    rows.filter(is_shown).filter(|view| wanted.iter().all(|one| has(view, one))).map(|view| view.name.clone()).collect()
}
