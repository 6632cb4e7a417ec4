//! `gem5-tui plot`: tables of a sweep as figures, in the terminal or in files.

use std::path::Path;

use crate::cli::{PlotArgs, ResultsArgs, Target};
use crate::collect::collect;
use crate::commands::intent::{self, Intent};
use crate::commands::output::{self, Output};
use crate::commands::results::{self, note};
use crate::commands::{Exit, Failure, status, written};
use crate::experiment::results::{PlotKind, PlotRule, ResultsRule};
use crate::figures::{self, FigureError, Files};
use crate::gem5::stats::ResultDump;
use crate::report::plot::terminal::{self, Signs};
use crate::report::plot::{self, FigureFormat, Made, Plot};
use crate::report::write::text::Look;
use crate::report::{Asked, Question};
use crate::rundir::export::Mark;
use crate::text::{Safe, nearest};

/// The size of a figure where nobody tells that of the terminal.
const USUAL: (usize, usize) = (80, 24);
/// In more lines a figure is only taller.
const TALLEST: usize = 30;

/// Draws one figure into files, or some in the terminal.
pub(crate) fn plot(
    target: &Target,
    name: Option<&str>,
    how: &ResultsArgs,
    drawn: &PlotArgs,
    dump: Option<ResultDump>,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let besides = results::asked(None, how, dump)?;
    let file = drawn.output.as_deref().map(|path| Ok::<_, Failure>((path, format_of(path)?))).transpose()?;
    let plan = intent::plan(target, Intent::Measure)?;
    let (results, simulations) = (results::rule_of(&plan), plan.simulations.clone());
    let rules = rules(&results, name, &besides, drawn)?;
    let is_usual = |rule: &PlotRule| drawn.kind.is_none() && !results.plots.iter().any(|known| known.name == rule.name);
    let (snapshot, _) = status::look_anyway(plan)?;
    let mut plots: Vec<(String, Plot)> = Vec::new();
    let mut missing = 0;
    for rule in &rules {
        let mut question = Question::new(&results, &plot::asked(rule, &besides), &snapshot.header.watch)?;
        question.has_one_number()?;
        let collected =
            collect(&simulations, &snapshot.sims, &question).map_err(|error| Failure::Usage(error.to_string()))?;
        for told in question.only_one_stat(&collected.points)? {
            note(&told);
        }
        let made = plot::make(rule, &question, &collected.points, &collected.remarks)?;
        for told in collected.unmatched(&question.metrics) {
            note(&told);
        }
        let Made { plots: of_rule, missing: of_them } = made;
        missing += of_them;
        let of_rule = of_rule.into_iter().map(|plot| match plot {
            Plot::Bars(table) if is_usual(rule) => Plot::usual(table),
            plot => plot,
        });
        plots.extend(of_rule.map(|plot| (rule.name.clone(), plot)));
    }
    match (file, plots.as_slice()) {
        (None, plots) => in_terminal(plots, output)?,
        (Some((path, format)), [(_, plot)]) => in_files(path, format, plot, drawn.force, output)?,
        (Some(_), several) => {
            let names: Vec<String> = if rules.len() > 1 {
                rules.iter().map(|rule| rule.name.clone()).collect()
            } else {
                several.iter().map(|(_, plot)| plot.name()).collect()
            };
            let how = if rules.len() > 1 { "name one" } else { "choose one with --metric" };
            return Err(Failure::Usage(format!(
                "a file holds one figure, and this is {}: {how} of {}",
                several.len(),
                names.join(", ")
            )));
        }
    }
    Ok(if missing == 0 { Exit::Ok } else { Exit::NotOk })
}

/// The figures that are asked for: that of this name, those of the file, or one that the flags describe.
fn rules(results: &ResultsRule, name: Option<&str>, asked: &Asked, drawn: &PlotArgs) -> Result<Vec<PlotRule>, Failure> {
    let kind = drawn.kind.as_deref().and_then(|word| PlotKind::ALL.into_iter().find(|kind| kind.word() == word));
    let usual = PlotRule {
        name: name.unwrap_or_default().to_owned(),
        kind: kind.unwrap_or(if drawn.total.is_some() { PlotKind::Stacked } else { PlotKind::Bars }),
        view: name.map(str::to_owned),
        metrics: Vec::new(),
        total: drawn.total.clone(),
    };
    let changed = |rule: &PlotRule| PlotRule {
        kind: kind.unwrap_or(rule.kind),
        total: drawn.total.clone().or_else(|| rule.total.clone()),
        ..rule.clone()
    };
    let Some(name) = name else {
        let is_described = kind.is_some() || drawn.total.is_some() || !asked.metrics.is_empty();
        return Ok(if results.plots.is_empty() || is_described { vec![usual] } else { results.plots.clone() });
    };
    if let Some(rule) = results.plots.iter().find(|rule| rule.name == name) {
        return Ok(vec![changed(rule)]);
    }
    if results.views.iter().any(|view| view.name == name) {
        return Ok(vec![usual]);
    }
    let known = results.plots.iter().map(|rule| rule.name.as_str());
    let known: Vec<&str> = known.chain(results.views.iter().map(|view| view.name.as_str())).collect();
    let hint = match nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => "the file names none under `results: {plots: …}` or `{views: …}`".to_owned(),
        None => format!("there are {}", known.join(", ")),
    };
    Err(Failure::Usage(format!("there is no figure and no view `{name}`; {hint}")))
}

fn format_of(path: &Path) -> Result<FigureFormat, Failure> {
    FigureFormat::of(path).ok_or_else(|| Failure::Usage(format!("`{}` must end in .svg or .pdf", path.display())))
}

fn in_terminal(plots: &[(String, Plot)], output: &mut Output) -> Result<(), Failure> {
    let terminal = output::terminal();
    let (look, has_styles) = terminal.unwrap_or((Look::UNBOUNDED, false));
    let lines = crossterm::terminal::size().ok().filter(|(_, rows)| *rows > 0 && terminal.is_some());
    let lines = lines.map_or(USUAL.1, |(_, rows)| usize::from(rows).saturating_sub(2).min(TALLEST));
    let signs = if look.unicode { Signs::Unicode } else { Signs::Ascii };
    for (number, (name, plot)) in plots.iter().enumerate() {
        // A figure that cannot be drawn is a mistake, and not a picture of one.
        plot.figure()?;
        if number > 0 {
            output.line(&Safe::plain(""))?;
        }
        if plots.len() > 1 && !name.is_empty() {
            output.line(&Safe::line(&format!("{name}:")))?;
        }
        let mut drawn = terminal::draw(plot, look.width.unwrap_or(USUAL.0), lines, signs);
        while drawn.last().is_some_and(|line| line.spans.is_empty()) {
            drawn.pop();
        }
        output.styled(&drawn, has_styles)?;
    }
    Ok(())
}

fn in_files(path: &Path, format: FigureFormat, plot: &Plot, force: bool, output: &mut Output) -> Result<(), Failure> {
    let Files { files, remark } = figures::export(plot, path, format, force).map_err(|error| match error {
        FigureError::Plot(error) => error.into(),
        FigureError::Export(error) => written::failure(error),
    })?;
    for (path, written) in &files {
        // The numbers have a file beside them that is not the user's business.
        written::tell(path, *written, Mark::Comment { open: "", close: "" }, output)?;
    }
    if let Some(remark) = remark {
        note(&remark);
    }
    Ok(())
}
