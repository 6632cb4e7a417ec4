//! From points to rows for programs: what each simulation measured, and what surrounds it.

use std::collections::HashMap;

use super::Collected;
use super::surroundings::Surroundings;
use crate::gem5::OutcomeKind;
use crate::gem5::stats::ResultDump;
use crate::protocol::{SimView, Status};
use crate::report::observation::{Measured, Observation, Observations};
use crate::report::{LayoutError, Point, Question, State};
use crate::rundir::{AttemptDir, threads};

/// A row for each dump that was collected, and for each simulation that has none. `views` are those that it was collected from.
///
/// # Errors
/// When the question speaks of parameters or values that no simulation has.
pub(crate) fn observations(
    collected: &Collected,
    views: &[SimView],
    question: &Question,
) -> Result<Observations, LayoutError> {
    let views: HashMap<&str, &SimView> = views.iter().map(|view| (view.name.as_str(), view)).collect();
    let measured = question.measured(&collected.points)?;
    // Each row takes a look at several files.
    let row = |at: usize| {
        let (place, values) = measured.get(at)?;
        let point = collected.points.get(*place)?;
        Some(observation(point, views.get(point.name.as_str()).copied(), values.clone()))
    };
    let rows = threads::for_each(measured.len(), None, row).into_iter().flatten().flatten().collect();
    let sum = (question.dump == Some(ResultDump::Sum)).then_some(SUMS);
    let notes = sum.into_iter().map(str::to_owned).chain(collected.remarks.iter().cloned()).collect();
    Ok(Observations { metrics: question.metric_names(), rows, notes })
}

/// What the dump of a row is where no dump is.
const SUMS: &str = "each row is the sum of all dumps of its simulation";

fn observation(point: &Point, view: Option<&SimView>, values: Vec<Measured>) -> Observation {
    let latest = view.and_then(SimView::latest);
    let surroundings = latest.map(|attempt| Surroundings::read(&AttemptDir::new(&attempt.dir)));
    let dump = point.dump.as_ref().ok().map(|dump| dump.which.clone());
    let (ok, outcome, reason) = ended(point, view);
    let seconds = |ms: u64| ms as f64 / 1e3;
    let surroundings = surroundings.unwrap_or_default();
    Observation {
        simulation: point.name.clone(),
        parameters: point.parameters.clone(),
        ok,
        outcome,
        reason,
        attempt: latest.map(|attempt| attempt.number),
        dump,
        values,
        wall_s: latest.and_then(|attempt| attempt.ran_ms).map(seconds),
        cpu_s: surroundings.cpu_ms.map(seconds),
        max_rss_bytes: latest.and_then(|attempt| attempt.max_rss),
        host: surroundings.host,
        gem5_version: surroundings.gem5_version.or_else(|| point.version.clone()),
        gem5_sha256: surroundings.gem5_sha256,
        script_sha256: surroundings.script_sha256,
        commit: surroundings.commit,
        dirty: surroundings.dirty,
        outdir: surroundings.outdir,
    }
}

/// Whether it is ok, the word of its end if it has ended, and what is to be known of that.
fn ended(point: &Point, view: Option<&SimView>) -> (bool, Option<String>, Option<String>) {
    match (view.map(|view| &view.status), &point.state) {
        (Some(Status::Ended { outcome }), _) => {
            let kind: OutcomeKind = outcome.kind;
            (kind.is_ok(), Some(kind.word().to_owned()), Some(outcome.line()).filter(|line| !line.is_empty()))
        }
        (_, State::Running { word } | State::Waiting { word }) => (false, None, Some(format!("it is {word}"))),
        // Nobody but the point knows it.
        (_, State::Ok) => (true, Some(OutcomeKind::Ok.word().to_owned()), None),
        (_, State::Failed { word, cause }) => (false, Some(word.clone()), Some(cause.clone())),
    }
}
