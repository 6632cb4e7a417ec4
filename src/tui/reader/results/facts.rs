//! What is told of the simulations behind a cell: the formula with their numbers, where they ran, from which commits.

use super::answer::question;
use crate::experiment::results::{Definition, ResultsRule};
use crate::metric::Missing;
use crate::protocol::SimView;
use crate::report::Point;
use crate::rundir::provenance::Provenance;
use crate::rundir::{AttemptDir, atomic};
use crate::text::{Safe, human};
use crate::tui::reading::{Behind, Fact, ResultsWant};

/// So many are told of. Each takes a look at a file.
const MOST: usize = 30;

/// Characters of a commit, as people write them.
const COMMIT: usize = 10;

/// What is known of them. `of` finds a point and how the engine tells of it.
pub(super) fn facts<'p>(
    rule: &ResultsRule,
    want: &ResultsWant,
    behind: &Behind,
    of: impl Fn(&str) -> Option<(&'p Point, Option<&'p SimView>)>,
) -> Vec<Fact> {
    let Ok(question) = question(rule, want) else { return Vec::new() };
    let places = || question.shown.iter().filter(|at| question.rules.get(**at).is_some());
    let named = places().find(|at| question.rules.get(**at).map(|rule| &rule.name) == want.metric.as_ref());
    let Some(metric) = named.or_else(|| places().next()).copied() else { return Vec::new() };
    let text = question.rules.get(metric).map(|rule| match &rule.value {
        Definition::Value(text) | Definition::Stat(text) => text.as_str(),
    });
    let both = behind.simulations.iter().map(|name| (name, false));
    let both = both.chain(behind.baseline.iter().map(|name| (name, true)));
    let fact = |(name, is_baseline): (&String, bool)| {
        let (point, view) = of(name)?;
        let value = match question.metrics.evaluate(metric, point).value {
            Ok(quantity) => human::exact(quantity.number),
            Err(Missing::Unknown { reason }) => reason,
            Err(missing) => format!("{}: {}", missing.word(), missing.reason()),
        };
        let formula = question.metrics.with_numbers(metric, text.unwrap_or_default(), point);
        Some(Fact {
            name: name.clone(),
            word: Safe::line(view.map_or("queued", |view| view.status.word())),
            formula: Safe::line(&formula),
            value: Safe::line(&value),
            origin: Safe::line(&view.map(origin).unwrap_or_default()),
            is_baseline,
        })
    };
    both.take(MOST).filter_map(fact).collect()
}

fn origin(view: &SimView) -> String {
    let Some(attempt) = view.latest() else { return String::new() };
    let mut told = vec![format!("attempt {}", attempt.number)];
    let provenance: Option<Provenance> = atomic::read_json(&AttemptDir::new(&attempt.dir).provenance()).ok().flatten();
    let Some(provenance) = provenance else { return told.concat() };
    told.push(format!("on {}", provenance.host));
    told.extend(provenance.executable.and_then(|build| build.version).map(|version| format!("gem5 {version}")));
    told.extend(provenance.repositories.iter().map(|repository| {
        let commit: String = repository.head.chars().take(COMMIT).collect();
        let name = repository.path.file_name().unwrap_or_default().to_string_lossy();
        let dirty = if repository.dirty == Some(true) { " with changes" } else { "" };
        format!("{name} {commit}{dirty}")
    }));
    told.join(", ")
}
