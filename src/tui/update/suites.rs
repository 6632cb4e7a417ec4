//! What is asked of a suite, which means what it has spawned as well. Part of `update`.
//!
//! The engine finds out which simulations that are, so a request names the suite alone; a question counts them.

use std::collections::BTreeSet;

use super::say::{Command, send, tell};
use super::targets::{is_suite, named, nothing_to, targets, those};
use crate::gem5::OutcomeKind;
use crate::protocol::{Request, SimView, Status, Why};
use crate::text::{Safe, human};
use crate::tui::actions::Action;
use crate::tui::model::{Confirm, Model, Overlay, Purpose};

/// The targets, and what the suites among them have spawned.
pub(super) fn with_spawned(model: &Model, targets: &[u32]) -> Vec<u32> {
    let mut all = targets.to_vec();
    let mut seen: BTreeSet<u32> = targets.iter().copied().collect();
    for suite in targets.iter().filter(|id| is_suite(model, **id)) {
        all.extend(model.list.spawned_by(*suite).filter(|id| seen.insert(*id)));
    }
    all
}

/// What a request names so that it means `all`, in that order: a suite among the targets stands for what it has spawned.
pub(super) fn standing_for(model: &Model, targets: &[u32], all: &[u32]) -> Vec<u32> {
    let suites: BTreeSet<u32> = targets.iter().copied().filter(|id| is_suite(model, *id)).collect();
    let suite_of = |id: u32| model.list.rows().get(&id).and_then(|row| row.view.suite);
    let mut seen = BTreeSet::new();
    let named = all.iter().map(|id| suite_of(*id).filter(|suite| suites.contains(suite)).unwrap_or(*id));
    named.filter(|id| seen.insert(*id)).collect()
}

/// What `all` is in words, of which the targets are a part: `test and its 5 simulations that have not ended`. `one` and `many`
/// tell what the simulations are that are meant.
pub(super) fn meant(model: &Model, targets: &[u32], all: &[u32], one: &str, many: &str) -> Safe {
    let [suite] = targets else { return named(model, all) };
    let spawned = all.iter().filter(|id| *id != suite).count() as u64;
    let is_meant = all.contains(suite);
    if spawned == 0 {
        return named(model, all);
    }
    let (name, which) = (named(model, targets), if spawned == 1 { one } else { many });
    let simulations = human::plural(spawned, "simulation");
    Safe::line(&if is_meant {
        format!("{name} and its {simulations} that {which}")
    } else {
        format!("the {simulations} of {name} that {which}")
    })
}

/// Pauses what runs and holds back what waits, or lets that go on. Asks first where that means more than what the cursor is on.
pub(super) fn pause(model: &mut Model, commands: &mut Vec<Command>) {
    let targets = targets(model);
    let all = with_spawned(model, &targets);
    // What a suite has spawned and does not run yet waits for the suite.
    let can = |ids: &[u32]| -> Vec<u32> {
        that(model, ids, |view| !view.was_paused() && (runs(view) || waits(view) && targets.contains(&view.id)))
    };
    let paused = |ids: &[u32]| -> Vec<u32> { that(model, ids, SimView::was_paused) };
    // A suite decides for what it has spawned, as long as it lives itself.
    let pauses = match (can(&targets).is_empty(), paused(&targets).is_empty()) {
        (false, _) => true,
        (true, false) => false,
        (true, true) => !can(&all).is_empty(),
    };
    let sims = if pauses { can(&all) } else { paused(&all) };
    if sims.is_empty() {
        let advice = format!("{} pauses the queue", model.key(Action::PauseQueue));
        return nothing_to(model, "pause", &targets, &advice);
    }
    let named = standing_for(model, &targets, &sims);
    let request = |sims: Vec<u32>| if pauses { Request::Pause { sims } } else { Request::Resume { sims } };
    let waiting = those(model, &all, |status| matches!(status, Status::Blocked | Status::Queued)).len();
    let spawned = sims.iter().any(|id| !named.contains(id)) || named.iter().any(|id| !sims.contains(id));
    if !spawned {
        _ = send(model, request(named), Purpose::Tell, commands);
        return;
    }
    let (title, consequence, yes, no) = if pauses {
        let what = meant(model, &targets, &sims, "runs", "run");
        let waiting = match waiting {
            0 => String::new(),
            waiting => format!(" {waiting} waiting: not launched as long as their suite is paused."),
        };
        (format!("Pause {what}?"), format!("What is paused keeps its memory.{waiting}"), "Pause", "Let run")
    } else {
        let what = meant(model, &targets, &sims, "is paused", "are paused");
        let text = "As many run at once as the cap allows.".to_owned();
        (format!("Let {what} go on?"), text, "Go on", "Keep paused")
    };
    model.overlay = Some(Overlay::Confirm(Confirm {
        title: Safe::line(&title),
        consequences: vec![Safe::line(&consequence)],
        yes,
        no,
        yes_focused: false,
        request: request(named),
        purpose: Purpose::Tell,
    }));
}

fn runs(view: &SimView) -> bool {
    matches!(view.status, Status::Running { .. } | Status::Launching | Status::Submitted)
}

/// Whether it can be held back.
fn waits(view: &SimView) -> bool {
    matches!(view.status, Status::Blocked | Status::Queued | Status::Backoff { .. })
        && !matches!(view.why, Why::NeedFailed { .. })
}

fn that(model: &Model, ids: &[u32], fits: impl Fn(&SimView) -> bool) -> Vec<u32> {
    super::targets::those_that(model, ids, fits)
}

/// What running suites again does, in sentences; nothing if there is no suite among them.
pub(super) fn runs_again(model: &Model, ended: &[u32]) -> Vec<String> {
    let suites: Vec<u32> = ended.iter().copied().filter(|id| is_suite(model, *id)).collect();
    if suites.is_empty() {
        return Vec::new();
    }
    let again = if suites.len() == 1 { "The script runs again." } else { "The scripts run again." };
    let (ok, all) = from_before(model, &suites);
    let before = match all {
        0 => String::new(),
        _ => format!(" What is unchanged and ok is returned from before: {ok} of {all}."),
    };
    vec![format!("{again}{before}"), format!("{} runs everything anew.", model.key(Action::Anew))]
}

/// How many simulations of suites are ok, and how many there are.
fn from_before(model: &Model, suites: &[u32]) -> (usize, usize) {
    let spawned: Vec<u32> = suites.iter().flat_map(|suite| model.list.spawned_by(*suite)).collect();
    (those(model, &spawned, |status| status.ended().is_some_and(OutcomeKind::is_ok)).len(), spawned.len())
}

/// Asks before suites run again and take nothing from before.
pub(super) fn anew(model: &mut Model) {
    let targets = targets(model);
    let suites: Vec<u32> = targets.iter().copied().filter(|id| is_suite(model, *id)).collect();
    let ended = those(model, &suites, |status| status.ended().is_some());
    if suites.is_empty() {
        let again = model.key(Action::Retry);
        let text = format!("only a suite takes anything from before; {again} runs a simulation again");
        return tell(model, Safe::line(&text), true);
    }
    if ended.is_empty() {
        return nothing_to(model, "run anew", &suites, "only what has ended can run again");
    }
    let script = if ended.len() == 1 { "The script runs" } else { "The scripts run" };
    let (ok, all) = from_before(model, &ended);
    let mut consequences = vec![format!("{script} again, and nothing is returned from before.")];
    if ok > 0 {
        let simulations = human::plural(all as u64, "simulation");
        consequences.push(format!("What is asked for is simulated again, also if it is ok: {ok} of {simulations}."));
    }
    consequences.push("Earlier attempts stay as they are.".to_owned());
    model.overlay = Some(Overlay::Confirm(Confirm {
        title: Safe::line(&format!("Run {} anew?", named(model, &ended))),
        consequences: consequences.iter().map(|line| Safe::line(line)).collect(),
        yes: "Run anew",
        no: "Keep",
        yes_focused: false,
        request: Request::Anew { sims: ended },
        purpose: Purpose::Tell,
    }));
}
