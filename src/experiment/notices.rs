//! The rules of `notify`, checked beside what they speak of.

use std::collections::BTreeSet;

use super::FileKind;
use super::model::{At, NotifyItem};
use super::notify::{NotifyRule, Occasion, Threshold, Way};
use super::paths::resolve;
use super::plan::Simulation;
use super::problem::{Problem, Problems};
use super::scope::Expansion;
use super::yaml::{NodeId, brief};
use crate::text::nearest;

/// The rules of a file with these simulations.
pub(super) fn rules(expansion: &Expansion<'_>, simulations: &[Simulation], problems: &mut Problems) -> Vec<NotifyRule> {
    let items = expansion.file.notify.as_deref().unwrap_or_default();
    if items.is_empty() {
        return Vec::new();
    }
    let spawned = simulations.iter().filter_map(|simulation| simulation.suite().map(|suite| &suite.spawned.watch));
    let own = simulations.iter().map(|simulation| &simulation.watch);
    let watched: BTreeSet<&str> = own.chain(spawned).flat_map(|globs| globs.iter()).map(String::as_str).collect();
    let rule = |NotifyItem { on, way, at }: &NotifyItem| {
        for At { value, at } in on {
            if let Occasion::Stat(Threshold { stat, .. }) = value {
                check_stat(stat, *at, &watched, problems);
            }
        }
        let way = match way {
            Way::Run(words) => Way::Run(command(expansion, words, *at, problems)),
            Way::Post(post) => Way::Post(post.clone()),
        };
        NotifyRule { on: on.iter().map(|occasion| occasion.value.clone()).collect(), way }
    };
    items.iter().map(rule).collect()
}

/// Only what is watched is read while a simulation runs.
fn check_stat(stat: &str, at: NodeId, watched: &BTreeSet<&str>, problems: &mut Problems) {
    if watched.contains(stat) {
        return;
    }
    let problem = Problem::error(at, format!("the stat `{}` is not watched", brief(stat)));
    problems.push(problem.help(match nearest(stat, watched.iter().copied()) {
        Some(near) => format!("did you mean `{near}`, which is?"),
        None => format!("add it, as it is written here: `defaults: {{watch: [{stat}]}}`"),
    }));
}

/// The words with the path of the program. One that is not there is no reason to run nothing: the file may be meant for another
/// machine, too.
fn command(expansion: &Expansion<'_>, words: &[String], at: NodeId, problems: &mut Problems) -> Vec<String> {
    let Some((program, rest)) = words.split_first() else { return Vec::new() };
    let resolved = resolve(expansion.directory(), program);
    let (is_there, path) = if program.contains('/') {
        let is_there = matches!(expansion.files.kind(&resolved), FileKind::Executable | FileKind::Unasked);
        (is_there, resolved.to_string_lossy().into_owned())
    } else {
        (expansion.files.find_on_path(program).is_some(), program.clone())
    };
    if !is_there {
        let short = brief(program);
        let beside = !program.contains('/') && expansion.files.kind(&resolved) == FileKind::Executable;
        let (what, help) = match program.contains('/') {
            true => ("is no program", "make it executable, or correct its path".to_owned()),
            false if beside => {
                ("is not on PATH", format!("for the file beside the experiment file, write `./{program}`"))
            }
            false => {
                ("is not on PATH", "install it, or name it by its path; nothing is told here without it".to_owned())
            }
        };
        problems.push(Problem::warning(at, format!("`{short}` {what}")).help(help));
    }
    std::iter::once(path).chain(rest.iter().cloned()).collect()
}
