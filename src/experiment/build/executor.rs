//! Where a simulation is started, with what a batch system is asked for.

use std::time::Duration;

use super::sbatch::refused;
use super::{Builder, arguments};
use crate::experiment::executor::{CommandJob, Part, SlurmJob, StartedBy};
use crate::experiment::model::{At, CommandKeys, Executor, SlurmKeys};
use crate::experiment::problem::{Problem, Problems};
use crate::experiment::retries::{Retries, Retry};
use crate::experiment::scope::PointScope;
use crate::experiment::template::Template;
use crate::experiment::yaml::brief;

impl Builder<'_> {
    /// `limits` are what the simulation says of memory and time.
    pub(super) fn started_by(
        &self,
        scope: &PointScope<'_>,
        limits: (Option<u64>, Option<Duration>),
        problems: &mut Problems,
    ) -> Option<StartedBy> {
        // A script that waits for days for what it spawns takes no place in a queue.
        if scope.entry.suite.is_some() {
            return Some(StartedBy::Local);
        }
        Some(match self.expansion.executor(scope.entry) {
            Executor::Local => StartedBy::Local,
            Executor::Slurm(keys) => StartedBy::Slurm(Box::new(slurm(&keys, scope, problems)?)),
            Executor::Command(keys) => StartedBy::Command(Box::new(command(&keys, scope, limits, problems)?)),
        })
    }
}

/// Warns of a retry with more of what nothing limits.
pub(super) fn check_raised(
    retries: &At<Retries>,
    (memory, time): (Option<u64>, Option<Duration>),
    scope: &PointScope<'_>,
    problems: &mut Problems,
) {
    let raised = |of: fn(&Retry) -> bool| retries.value.by_outcome.values().any(of);
    for (what, is_raised, is_said) in [
        ("memory", raised(|retry| retry.memory.is_some()), memory.is_some()),
        ("timeout", raised(|retry| retry.time.is_some()), time.is_some()),
    ] {
        if is_raised && !is_said {
            scope.refuse_at(retries.at, false, what, problems, || {
                let problem = Problem::warning(retries.at, format!("there is no `{what}` that could be raised"));
                problem.help(format!("write one, such as `{what}: {}`", if what == "memory" { "8GiB" } else { "6h" }))
            });
        }
    }
}

fn slurm(keys: &SlurmKeys, scope: &PointScope<'_>, problems: &mut Problems) -> Option<SlurmJob> {
    let SlurmKeys { partition, account, qos, time, constraint, exclude, gres, cpus, extra } = keys;
    let mut word = |template: &Option<At<Template>>| word(template.as_ref(), scope, problems);
    let (partition, account, qos) = (word(partition), word(account), word(qos));
    let (constraint, exclude, gres) = (word(constraint), word(exclude), word(gres));
    let (time, cpus) = (scope.value(time.as_ref(), problems), scope.value(cpus.as_ref(), problems));
    let extra = self::extra(extra.as_deref().unwrap_or_default(), scope, problems);
    Some(SlurmJob { partition, account, qos, time, constraint, exclude, gres, cpus, extra: extra? })
}

/// The words of another batch system. What they speak of must be there.
fn command(
    keys: &CommandKeys,
    scope: &PointScope<'_>,
    (memory, timeout): (Option<u64>, Option<Duration>),
    problems: &mut Problems,
) -> Option<CommandJob> {
    let CommandKeys { name, submit, status, cancel, signal, id, cpus, time } = keys;
    let submit = submit.clone()?;
    // By its program, without the directories before it.
    let program = || match submit.first() {
        Some(Part::Word(program)) => program.rsplit('/').next().unwrap_or_default().to_owned(),
        _ => String::new(),
    };
    let job = CommandJob {
        name: name.as_ref().map_or_else(program, |name| name.value.clone()),
        status: status.clone()?,
        cancel: cancel.clone()?,
        signal: signal.clone().unwrap_or_default(),
        id: id.clone(),
        cpus: scope.value(cpus.as_ref(), problems),
        time: scope.value(time.as_ref(), problems),
        submit,
    };
    let has_time = timeout.is_some() || job.time.is_some();
    let asked = [
        ("{memory_mib}", "memory", memory.is_some()),
        ("{minutes}", "timeout", has_time),
        ("{seconds}", "timeout", has_time),
    ];
    for (word, setting, is_there) in asked {
        let speaks_of_it = |part: &Part| matches!(part, Part::Word(part) if part.contains(word));
        if !is_there && job.submit.iter().any(speaks_of_it) {
            let at = scope.entry.at;
            scope.refuse_at(at, false, word, problems, || {
                let problem =
                    Problem::error(at, format!("`submit` speaks of `{word}`, and no `{setting}` is said here"));
                problem.help(format!(
                    "write a `{setting}`, or one under `defaults`; or put the words that ask for it into a list of their own in \
                     `submit`, which is left out where nothing is said: `[-l, \"{word}\"]`"
                ))
            });
        }
    }
    Some(job)
}

/// One value, where it is there. What is refused is told, and no plan is made of it.
fn word(template: Option<&At<Template>>, scope: &PointScope<'_>, problems: &mut Problems) -> Option<String> {
    let template = template.filter(|template| !scope.is_left_out(template))?;
    let text = scope.text(template, problems)?;
    if text.trim().is_empty() || text.chars().any(char::is_control) {
        scope.refuse(template, "no word", problems, || {
            let problem = Problem::error(template.at, "this is empty, or has more than one line");
            problem.help("leave the key out where nothing is asked for")
        });
    }
    Some(text)
}

fn extra(items: &[At<Template>], scope: &PointScope<'_>, problems: &mut Problems) -> Option<Vec<String>> {
    let templates = items.iter().map(|item| (&item.value, item.at));
    let (words, origins) = arguments(scope.arguments(templates, problems)?);
    let mut are_fine = true;
    for (word, origin) in words.iter().zip(origins) {
        let item = &items[origin];
        if let Some(refused) = refused(word) {
            are_fine = false;
            scope.refuse(item, refused.why, problems, || {
                let message = format!("`{}` cannot be among `extra`", brief(word));
                Problem::error(item.at, message).label(refused.why).help(refused.instead)
            });
        }
    }
    are_fine.then_some(words)
}
