//! The tables of an experiment with their figures: the one without a name, and all views; then the figures that the file names.

use super::gather::Gathered;
use crate::collect::{Collected, collect};
use crate::commands::Failure;
use crate::experiment::results::PlotRule;
use crate::report::overview::{Block, figure};
use crate::report::plot;
use crate::report::{Asked, Note, Question, QuestionError};

/// What is told of one that cannot be made stands in its place: a report of the rest is better than none.
pub(super) fn tables(gathered: &Gathered) -> Result<Vec<Block>, Failure> {
    let (rule, header) = (&gathered.plan.results, &gathered.snapshot.header);
    let question = match Question::new(rule, &Asked::default(), &header.watch) {
        Ok(question) => question,
        Err(why @ (QuestionError::NoMetric | QuestionError::NoStat)) => return Ok(vec![Block::Text(why.to_string())]),
        Err(why) => return Err(why.into()),
    };
    let collected = collect(&gathered.plan.simulations, gathered.snapshot.sims.clone(), &question);
    let collected = collected.map_err(|error| Failure::Usage(error.to_string()))?;
    let mut blocks = Vec::new();
    add(&mut blocks, question, &collected);
    for view in &rule.views {
        blocks.push(Block::Heading(view.name.clone()));
        let asked = Asked { view: Some(view.name.clone()), ..Asked::default() };
        match Question::new(rule, &asked, &header.watch) {
            Ok(question) => add(&mut blocks, question, &collected),
            Err(why) => blocks.push(Block::Text(why.to_string())),
        }
    }
    for plot in &rule.plots {
        blocks.push(Block::Heading(plot.name.clone()));
        blocks.extend(named(plot, gathered)?);
    }
    Ok(blocks)
}

/// The figures that the file names, each with its own metrics.
fn named(rule: &PlotRule, gathered: &Gathered) -> Result<Vec<Block>, Failure> {
    let header = &gathered.snapshot.header;
    let asked = plot::asked(rule, &Asked::default());
    let question = match Question::new(&gathered.plan.results, &asked, &header.watch) {
        Ok(question) => question,
        Err(why) => return Ok(vec![Block::Text(why.to_string())]),
    };
    let collected = collect(&gathered.plan.simulations, gathered.snapshot.sims.clone(), &question);
    let collected = collected.map_err(|error| Failure::Usage(error.to_string()))?;
    let made = plot::make(rule, &question, &collected.points, &collected.remarks);
    let figures = made.and_then(|made| made.plots.iter().map(|plot| Ok(Block::Figure(plot.figure()?.svg()))).collect());
    Ok(figures.unwrap_or_else(|why| vec![Block::Text(why.to_string())]))
}

fn add(blocks: &mut Vec<Block>, mut question: Question, collected: &Collected) {
    match question.only_one_stat(&collected.points) {
        Ok(told) => blocks.extend(told.into_iter().map(Block::Text)),
        Err(why) => return blocks.push(Block::Text(why.to_string())),
    }
    let tables = match question.tables(&collected.points) {
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
