//! Tables of directories that gem5-tui never made.

use std::path::{Path, PathBuf};

use super::note;
use crate::cli::ForeignArgs;
use crate::collect::foreign::{self, Naming, Pattern, Tree};
use crate::collect::{Collected, Collector};
use crate::commands::load::File;
use crate::commands::{Exit, Failure, output};
use crate::experiment::results::ResultsRule;
use crate::report::{Asked, Question, State};
use crate::rundir::ExperimentDir;
use crate::text::human;

/// What the words of the command line name.
#[derive(Debug, Default)]
pub(super) struct Named {
    /// Directories without an experiment; none where an experiment is named.
    pub(super) directories: Vec<PathBuf>,
    /// A table.
    pub(super) view: Option<String>,
}

/// Tells directories without an experiment from an experiment. `more` are the words behind the first one.
pub(super) fn named(first: &Path, more: &[String]) -> Result<Named, Failure> {
    let is_foreign = |path: &Path| path.is_dir() && !ExperimentDir::new(path).experiment_record().exists();
    if !is_foreign(first) {
        return match more {
            [] => Ok(Named::default()),
            [view] => Ok(Named { view: Some(view.clone()), ..Named::default() }),
            [_, other, ..] => Err(Failure::Usage(format!(
                "`{other}` is one word too many: an experiment is named, and a table of it; of experiments only one can be shown"
            ))),
        };
    }
    let mut named = Named { directories: vec![first.to_owned()], view: None };
    for word in more {
        let path = Path::new(word);
        match (path.is_dir(), &named.view) {
            (true, _) if !is_foreign(path) => {
                return Err(Failure::Usage(format!("`{word}` is the directory of an experiment; name it alone")));
            }
            (true, _) => named.directories.push(path.to_owned()),
            (false, None) => named.view = Some(word.clone()),
            (false, Some(view)) => {
                return Err(Failure::Usage(format!(
                    "neither `{view}` nor `{word}` is a directory, and only one can be a table"
                )));
            }
        }
    }
    Ok(named)
}

/// Refuses what says nothing of an experiment.
pub(super) fn refuse(how: &ForeignArgs) -> Result<(), Failure> {
    let given = [
        ("--pattern", how.pattern.is_some()),
        ("--param", !how.param.is_empty()),
        ("--results", how.results.is_some()),
    ];
    match given.into_iter().find(|(_, is_given)| *is_given) {
        Some((flag, _)) => Err(Failure::Usage(format!(
            "`{flag}` is for directories without an experiment; the file of this one says what its parameters and results are"
        ))),
        None => Ok(()),
    }
}

/// Collects what the runs in these directories measured.
pub(super) fn collected(
    directories: &[PathBuf],
    how: &ForeignArgs,
    asked: &Asked,
) -> Result<(Question, Collected), Failure> {
    let pattern = how.pattern.as_deref().map(Pattern::parse).transpose().map_err(Failure::Usage)?;
    let settings = how.param.iter().map(|text| setting(text)).collect::<Result<_, _>>()?;
    let tree = foreign::find(directories, &Naming { pattern, settings }).map_err(Failure::Usage)?;
    let rule = how.results.as_deref().map_or_else(|| Ok(ResultsRule::default()), |path| rule(path, &tree))?;
    let question = Question::new(&rule, asked, &[])?;
    let collected =
        Collector::default().foreign(&tree, &question).map_err(|error| Failure::Usage(error.to_string()))?;
    tree.notes.iter().for_each(|told| note(told));
    let is_unknown = |state: &State| matches!(state, State::Failed { word, .. } if word == foreign::UNKNOWN);
    let unknown = collected.points.iter().filter(|point| is_unknown(&point.state)).count() as u64;
    if unknown > 0 {
        let all = human::plural(collected.points.len() as u64, "run");
        let (does, is, they) =
            if unknown == 1 { ("does", "is", "it is no result") } else { ("do", "are", "they are no results") };
        let told = format!("{} of {all} {does} not tell how gem5 ended", human::count(unknown));
        note(&if asked.include.unknown {
            format!("{told}, and {is} counted as if gem5 had ended well")
        } else {
            let counts = if unknown == 1 { "it" } else { "them" };
            format!("{told}, so that {they}; `--include unknown` counts {counts}")
        });
    }
    Ok((question, collected))
}

/// What is given as `l2=system.l2.size`.
fn setting(text: &str) -> Result<(String, String), Failure> {
    let pair = text.split_once('=').map(|(name, setting)| (name.trim().to_owned(), setting.trim().to_owned()));
    pair.filter(|(name, setting)| !name.is_empty() && setting.contains('.')).ok_or_else(|| {
        Failure::Usage(format!(
            "`--param {text}` names no setting; it is given as `l2=system.l2.size`: a name, an object and its setting"
        ))
    })
}

/// What a file says under `results`.
fn rule(path: &Path, tree: &Tree) -> Result<ResultsRule, Failure> {
    let file = File::read(path, &[], true)?;
    match file.load_results(&tree.rows()) {
        Ok((rule, warnings)) => {
            if !warnings.is_empty() {
                file.complain(&warnings);
            }
            Ok(rule)
        }
        Err(wrong) => {
            output::complain_block(&wrong.render(output::stderr_look()));
            Err(Failure::Told(Exit::Usage))
        }
    }
}
