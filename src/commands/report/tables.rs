//! The tables of an experiment with their figures: the one without a name, all views, and the figures that have names.
//!
//! Each table and each figure stands there once. A table has the figures of the file that are of its view, or the one that
//! [`Plot::usual`] makes of it where the file names none.

use std::collections::BTreeSet;

use super::gather::Gathered;
use crate::collect::{self, Collected, collect};
use crate::commands::Failure;
use crate::experiment::results::{PlotRule, ResultsRule};
use crate::report::overview::Block;
use crate::report::plot::{self, Plot, PlotError};
use crate::report::{Asked, Note, Question, QuestionError, Table};
use crate::rundir::{ExperimentDir, saved_views};

/// What is told of one that cannot be made stands in its place: a report of the rest is better than none.
pub(super) fn tables(gathered: &Gathered) -> Result<Vec<Block>, Failure> {
    let mut rule = gathered.plan.results.clone();
    let mut blocks = Vec::new();
    match saved_views::read(&ExperimentDir::new(&gathered.snapshot.header.outdir)) {
        Ok(saved) => saved_views::put_behind(&mut rule, saved),
        Err(error) => blocks.push(Block::Text(format!("Saved views are left out: {error}"))),
    }
    let watch = &gathered.snapshot.header.watch;
    let question = match Question::new(&rule, &Asked::default(), watch) {
        Ok(question) => question,
        Err(why @ (QuestionError::NoMetric | QuestionError::NoStat)) => {
            blocks.push(Block::Text(why.to_string()));
            return Ok(blocks);
        }
        Err(why) => return Err(why.into()),
    };
    let collected = read(gathered, &question)?;
    let dump = question.dump.clone();
    let mut notes = BTreeSet::new();
    let unnamed = Shown::of(question, &collected, &mut notes);
    let mut views = Vec::new();
    for view in &rule.views {
        let asked = Asked { view: Some(view.name.clone()), ..Asked::default() };
        let shown = match Question::new(&rule, &asked, watch) {
            Ok(question) if question.dump == dump => Shown::of(question, &collected, &mut notes),
            // It reads another dump than the rest.
            Ok(question) => {
                let collected = read(gathered, &question)?;
                Shown::of(question, &collected, &mut notes)
            }
            Err(why) => Shown::nothing(why.to_string()),
        };
        views.push((view.name.as_str(), shown));
    }
    let mut figures = Vec::new();
    for rule_of_plot in &rule.plots {
        figures.push((rule_of_plot, named_figures(rule_of_plot, &rule, watch, gathered, &mut notes)?));
    }
    blocks.extend(notes.into_iter().map(Block::Text));
    // A view that shows the same has the name by which it is asked for.
    if unnamed.tables.is_empty() || !views.iter().any(|(_, shown)| shown.tables == unnamed.tables) {
        unnamed.add(&mut blocks, None, &figures);
    }
    for (name, shown) in views {
        blocks.push(Block::Heading(name.to_owned()));
        shown.add(&mut blocks, Some(name), &figures);
    }
    for (named, made) in figures.iter().filter(|(named, _)| named.view.is_none()) {
        blocks.push(Block::Heading(named.name.clone()));
        add_figures(&mut blocks, &named.name, made);
    }
    Ok(blocks)
}

/// Tables that are shown together.
struct Shown {
    /// What stands above them.
    told: Vec<String>,
    tables: Vec<Table>,
    /// The metric of each.
    metrics: Vec<String>,
}

/// The figures of a name, or why there are none.
type Figures<'f> = [(&'f PlotRule, Result<Vec<Plot>, String>)];

impl Shown {
    fn of(mut question: Question, collected: &Collected, notes: &mut BTreeSet<String>) -> Self {
        let mut told = match question.only_one_stat(&collected.points) {
            Ok(told) => told,
            Err(why) => return Self::nothing(why.to_string()),
        };
        notes.extend(collected.unmatched(&question.metrics));
        let tables = match collect::tables(&question, &collected.points) {
            Ok(built) => built.into_iter().map(|built| with_notes(built.table, collected)).collect(),
            Err(why) => {
                told.push(why.to_string());
                Vec::new()
            }
        };
        Self { told, tables, metrics: question.metric_names() }
    }

    fn nothing(why: String) -> Self {
        Self { told: vec![why], tables: Vec::new(), metrics: Vec::new() }
    }

    /// The tables, with the figures of the file that are of this view.
    fn add(self, blocks: &mut Vec<Block>, view: Option<&str>, figures: &Figures<'_>) {
        blocks.extend(self.told.into_iter().map(Block::Text));
        let is_drawn = |table: &Table| {
            figures.iter().filter_map(|(_, made)| made.as_ref().ok()).flatten().any(|plot| plot.is_of(table))
        };
        for (table, metric) in self.tables.into_iter().zip(&self.metrics) {
            // One that cannot be drawn has its numbers in the table.
            let usual = (!is_drawn(&table)).then(|| Plot::usual(table.clone()));
            let usual = usual.and_then(|plot| figure(view.unwrap_or(metric), &plot).ok());
            blocks.push(Block::Results(Box::new(table)));
            blocks.extend(usual);
        }
        for (named, made) in figures.iter().filter(|(named, _)| named.view.is_some() && named.view.as_deref() == view) {
            if view != Some(&named.name) {
                blocks.push(Block::Heading(named.name.clone()));
            }
            add_figures(blocks, &named.name, made);
        }
    }
}

fn with_notes(mut table: Table, collected: &Collected) -> Table {
    table.notes.extend(collected.remarks.iter().map(|text| Note { text: text.clone() }));
    table
}

fn read(gathered: &Gathered, question: &Question) -> Result<Collected, Failure> {
    let collected = collect(&gathered.plan.simulations, &gathered.snapshot.sims, question);
    collected.map_err(|error| Failure::Usage(error.to_string()))
}

fn add_figures(blocks: &mut Vec<Block>, name: &str, made: &Result<Vec<Plot>, String>) {
    match made {
        Ok(plots) => blocks
            .extend(plots.iter().map(|plot| figure(name, plot).unwrap_or_else(|why| Block::Text(why.to_string())))),
        Err(why) => blocks.push(Block::Text(why.clone())),
    }
}

fn figure(name: &str, plot: &Plot) -> Result<Block, PlotError> {
    Ok(Block::Figure { name: name.to_owned(), title: plot.name(), svg: plot.figure()?.svg() })
}

/// The figures of a name, or why there are none. Their metrics may be others than those of the tables, so they are collected anew.
fn named_figures(
    named: &PlotRule,
    rule: &ResultsRule,
    watch: &[String],
    gathered: &Gathered,
    notes: &mut BTreeSet<String>,
) -> Result<Result<Vec<Plot>, String>, Failure> {
    let asked = plot::asked(named, &Asked::default());
    let question = match Question::new(rule, &asked, watch) {
        Ok(question) => question,
        Err(why) => return Ok(Err(why.to_string())),
    };
    let collected = read(gathered, &question)?;
    notes.extend(collected.unmatched(&question.metrics));
    let made = plot::make(named, &question, &collected.points, &collected.remarks);
    Ok(made.map(|made| made.plots).map_err(|why| why.to_string()))
}
