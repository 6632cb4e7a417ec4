//! The tables of an experiment with their figures: the one without a name, all views, and the figures that have names.

use super::gather::Gathered;
use crate::collect::{self, Collected, collect};
use crate::commands::Failure;
use crate::experiment::results::{PlotRule, ResultsRule};
use crate::report::overview::{Block, figure};
use crate::report::{Asked, Note, Question, QuestionError, plot};
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
    add(&mut blocks, question, &collected);
    for view in &rule.views {
        blocks.push(Block::Heading(view.name.clone()));
        let asked = Asked { view: Some(view.name.clone()), ..Asked::default() };
        match Question::new(&rule, &asked, watch) {
            Ok(question) if question.dump == dump => add(&mut blocks, question, &collected),
            // It reads another dump than the rest.
            Ok(question) => {
                let collected = read(gathered, &question)?;
                add(&mut blocks, question, &collected);
            }
            Err(why) => blocks.push(Block::Text(why.to_string())),
        }
    }
    for named in &rule.plots {
        blocks.push(Block::Heading(named.name.clone()));
        blocks.extend(named_figures(named, &rule, watch, gathered)?);
    }
    Ok(blocks)
}

fn read(gathered: &Gathered, question: &Question) -> Result<Collected, Failure> {
    let collected = collect(&gathered.plan.simulations, &gathered.snapshot.sims, question);
    collected.map_err(|error| Failure::Usage(error.to_string()))
}

fn add(blocks: &mut Vec<Block>, mut question: Question, collected: &Collected) {
    match question.only_one_stat(&collected.points) {
        Ok(told) => blocks.extend(told.into_iter().map(Block::Text)),
        Err(why) => return blocks.push(Block::Text(why.to_string())),
    }
    let tables = match collect::tables(&question, &collected.points) {
        Ok(tables) => tables,
        Err(why) => return blocks.push(Block::Text(why.to_string())),
    };
    for mut built in tables {
        built.table.notes.extend(collected.remarks.iter().map(|text| Note { text: text.clone() }));
        // One that cannot be drawn has its numbers in the table.
        let drawn = figure(&built.table).ok();
        blocks.push(Block::Results(Box::new(built.table)));
        blocks.extend(drawn.map(Block::Figure));
    }
}

/// The figures of a name, or why there are none in their place. Their metrics may be others than those of the tables, so they are collected anew.
fn named_figures(
    named: &PlotRule,
    rule: &ResultsRule,
    watch: &[String],
    gathered: &Gathered,
) -> Result<Vec<Block>, Failure> {
    let asked = plot::asked(named, &Asked::default());
    let question = match Question::new(rule, &asked, watch) {
        Ok(question) => question,
        Err(why) => return Ok(vec![Block::Text(why.to_string())]),
    };
    let collected = read(gathered, &question)?;
    let made = plot::make(named, &question, &collected.points, &collected.remarks);
    let figures = made.and_then(|made| made.plots.iter().map(|plot| Ok(Block::Figure(plot.figure()?.svg()))).collect());
    Ok(figures.unwrap_or_else(|why| vec![Block::Text(why.to_string())]))
}
