//! Questions: what is asked before something that cannot be taken back, and what the answers do. Part of `update`.
//!
//! A dialog names the object, how many there are and what will happen, and Enter alone never does it.

use super::say::{Command, Leave, refusal, send, tell};
use super::targets::{counted, is_suite, named, nothing_to, targets, those, those_that};
use super::{begin, column_menu, dumps, failure_groups, grep, groups, map, results, sort_menu, suites, typing};
use crate::gem5::OutcomeKind;
use crate::protocol::{QueueState, Request, SimView, Status};
use crate::text::{Safe, human};
use crate::tui::actions::{Action, Move};
use crate::tui::model::{Confirm, HeaderView, Help, Model, Overlay, PromptKind, Purpose, QuitChoice};
use crate::tui::pages::help;

/// Does what the user asked for while something lies over the panes.
pub(super) fn perform(model: &mut Model, action: Action, commands: &mut Vec<Command>) {
    // What is about the terminal works everywhere.
    match action {
        Action::Suspend => return commands.push(Command::Suspend),
        Action::Redraw => return commands.push(Command::Redraw),
        _ => {}
    }
    let Some(overlay) = model.overlay.take() else { return };
    model.overlay = match overlay {
        // Text is typed before actions are looked up.
        Overlay::Prompt(prompt) => Some(Overlay::Prompt(prompt)),
        Overlay::Palette(palette) => Some(Overlay::Palette(palette)),
        Overlay::Outputs(choice) => Some(Overlay::Outputs(choice)),
        Overlay::Help(help) => in_help(model, help, action),
        Overlay::Sort { at } => sort_menu::perform(model, at, action),
        Overlay::Columns { at } => column_menu::perform(model, at, action, commands),
        Overlay::Map => map::perform(model, action),
        Overlay::Groups { at } => groups::perform(model, at, action, commands),
        Overlay::Failures(failures) => failure_groups::perform(model, failures, action, commands),
        Overlay::Grep => grep::perform(model, action),
        Overlay::Cell { offset } => results::perform_on_cell(model, offset, action),
        Overlay::Dumps { focused } => dumps::perform(model, focused, action),
        Overlay::Confirm(confirm) => answer(model, confirm, action, commands),
        Overlay::Begin { choice } => begin::perform(model, choice, action, commands),
        Overlay::Quit { choice } => choose(model, choice, action, commands),
    };
}

fn in_help(model: &Model, mut help: Help, action: Action) -> Option<Overlay> {
    match action {
        Action::Go(by) => {
            let page = help::page(model);
            let lines = help::line_count(model, &help.filter);
            help.offset = by.apply(help.offset, lines.saturating_sub(page) + 1, page);
        }
        Action::Find => help.typing = Some(typing::prompt(PromptKind::HelpFilter, help.filter.clone())),
        Action::Back if !help.filter.is_empty() => help = Help::default(),
        Action::Back | Action::Accept | Action::No => return None,
        _ => {}
    }
    Some(Overlay::Help(help))
}

fn answer(model: &mut Model, mut confirm: Confirm, action: Action, commands: &mut Vec<Command>) -> Option<Overlay> {
    match action {
        Action::Left | Action::Right | Action::Go(Move::Up | Move::Down) => {
            confirm.yes_focused = !confirm.yes_focused;
            Some(Overlay::Confirm(confirm))
        }
        Action::Accept if !confirm.yes_focused => None,
        Action::Back | Action::No => None,
        Action::Accept | Action::Yes => {
            let sent = send(model, confirm.request, confirm.purpose, commands);
            if confirm.purpose == Purpose::EndAll {
                model.ending |= sent;
            }
            None
        }
        _ => Some(Overlay::Confirm(confirm)),
    }
}

fn choose(model: &mut Model, choice: QuitChoice, action: Action, commands: &mut Vec<Command>) -> Option<Overlay> {
    let at = QuitChoice::ALL.iter().position(|c| *c == choice).unwrap_or_default();
    // The last one stands before the first one.
    let beside =
        |step: isize| (at.cast_signed() + step).rem_euclid(QuitChoice::ALL.len().cast_signed()).cast_unsigned();
    let to = |by: Move| {
        let at = match by {
            Move::Up => beside(-1),
            Move::Down => beside(1),
            by => by.apply(at, QuitChoice::ALL.len(), QuitChoice::ALL.len()),
        };
        Some(Overlay::Quit { choice: QuitChoice::ALL[at] })
    };
    match action {
        Action::Go(by) => to(by),
        Action::Right => to(Move::Down),
        Action::Left => to(Move::Up),
        Action::Back | Action::No => None,
        Action::Detach | Action::Drain | Action::CancelAll => {
            leave(model, action, commands);
            model.overlay.take()
        }
        Action::Accept => {
            let action = match choice {
                QuitChoice::Stay => return None,
                QuitChoice::Detach => Action::Detach,
                QuitChoice::Drain => Action::Drain,
                QuitChoice::CancelAll => Action::CancelAll,
            };
            leave(model, action, commands);
            model.overlay.take()
        }
        _ => Some(Overlay::Quit { choice }),
    }
}

/// Leaves in the way that was chosen, or asks once more.
pub(super) fn leave(model: &mut Model, action: Action, commands: &mut Vec<Command>) {
    match action {
        Action::Drain => _ = send(model, Request::Drain, Purpose::LeaveDraining, commands),
        Action::CancelAll => match refusal(model) {
            Some(why) => tell(model, why, true),
            None => model.overlay = Some(Overlay::Confirm(cancel_all(model))),
        },
        _ => commands.push(Command::Quit(if is_busy(model) { detached(model) } else { Leave::Idle })),
    }
}

/// What stays behind when the user leaves.
fn detached(model: &Model) -> Leave {
    let header = model.header.as_ref().map(|view| &view.header);
    Leave::Detached {
        queue_is_open: header.is_none_or(|header| header.queue != QueueState::Paused),
        is_live: header.is_none_or(|header| header.counts.running + header.counts.paused > 0),
    }
}

/// Whether something goes on or waits, as far as anybody knows.
fn is_busy(model: &Model) -> bool {
    let busy = |h: &HeaderView| h.header.counts.running + h.header.counts.paused + h.header.counts.queued > 0;
    !model.is_over() && !model.only_looks && model.header.as_ref().is_some_and(busy)
}

/// Leaves at once when nothing can be lost by it, and else asks.
pub(super) fn quit(model: &mut Model, commands: &mut Vec<Command>) {
    if !is_busy(model) {
        commands.push(Command::Quit(Leave::Idle));
    } else if model.ending {
        // It was asked and answered; a second time means that waiting for the end is too long.
        commands.push(Command::Quit(Leave::CancelledAll));
    } else {
        model.overlay = Some(Overlay::Quit { choice: QuitChoice::Stay });
        model.dirty = true;
    }
}

/// Asks before simulations are cancelled. What is being stopped already goes one step down without a question.
pub(super) fn cancel(model: &mut Model, commands: &mut Vec<Command>) {
    let targets = targets(model);
    let all = suites::with_spawned(model, &targets);
    let stopping = those(model, &all, |status| matches!(status, Status::Stopping { .. }));
    let live =
        those(model, &all, |status| status.is_live() && !matches!(status, Status::Stopping { .. } | Status::Submitted));
    // There is nothing to signal yet.
    let submitted = those(model, &all, |status| *status == Status::Submitted);
    let waiting = those(model, &all, |s| matches!(s, Status::Blocked | Status::Queued | Status::Backoff { .. }));
    if live.is_empty() && waiting.is_empty() && submitted.is_empty() {
        if stopping.is_empty() {
            let them = if targets.len() == 1 { "it" } else { "them" };
            let advice = format!("{} runs {them} again", model.key(Action::Retry));
            return nothing_to(model, "cancel", &targets, &advice);
        }
        let sims = suites::standing_for(model, &targets, &stopping);
        send(model, Request::Cancel { sims }, Purpose::Tell, commands);
        return;
    }
    let mut consequences = Vec::new();
    if !live.is_empty() {
        let subject = if waiting.is_empty() && submitted.is_empty() {
            String::new()
        } else {
            format!("{} running: ", live.len())
        };
        consequences.extend(steps(model, &subject, &live));
        consequences.push(format!("A second {} goes one step further at once.", model.key(Action::Cancel)));
    }
    if !submitted.is_empty() {
        consequences.push(format!("{} in the batch system: taken back, ended if started.", submitted.len()));
    }
    if !waiting.is_empty() {
        consequences.push(format!("{} waiting: will not be launched.", waiting.len()));
    }
    let mut sims = live;
    sims.extend(submitted);
    sims.extend(waiting);
    let asked = suites::standing_for(model, &targets, &sims);
    consequences.extend(hidden(model, &asked));
    let what = suites::meant(model, &targets, &sims, "has not ended", "have not ended");
    model.overlay = Some(Overlay::Confirm(Confirm {
        title: Safe::line(&format!("Cancel {what}?")),
        consequences: consequences.iter().map(|line| Safe::line(line)).collect(),
        yes: if sims.len() > 1 { "Cancel them" } else { "Cancel it" },
        no: "Keep",
        yes_focused: false,
        request: Request::Cancel { sims: asked },
        purpose: Purpose::Tell,
    }));
}

/// Marks survive a filter and a fold, so say how many of the objects are not on the screen.
fn hidden(model: &Model, sims: &[u32]) -> Option<String> {
    let by = if model.list.filter().is_empty() { "in folded suites" } else { "hidden by the filter" };
    let shown: std::collections::BTreeSet<u32> = model.list.listed().into_iter().collect();
    let hidden = sims.iter().filter(|id| !shown.contains(id)).count();
    (hidden > 0).then(|| format!("{hidden} of them {by}."))
}

/// Runs again what has ended. Asks first where the new attempt would stand before a result, or where it is not on the screen
/// what runs again.
pub(super) fn retry(model: &mut Model, commands: &mut Vec<Command>) {
    let targets = targets(model);
    let ended = those(model, &targets, |status| status.ended().is_some());
    if ended.is_empty() {
        return nothing_to(model, "retry", &targets, "only what has ended can run again");
    }
    let mut simulations = ended.clone();
    simulations.retain(|id| !is_suite(model, *id));
    let results = those(model, &simulations, |status| status.ended().is_some_and(OutcomeKind::is_ok)).len();
    let hidden = hidden(model, &ended);
    let mut consequences = suites::runs_again(model, &ended);
    if results == 0 && hidden.is_none() && consequences.is_empty() {
        send(model, Request::Retry { sims: ended }, Purpose::Tell, commands);
        return;
    }
    if results > 0 {
        let subject = if ended.len() == 1 { "It".to_owned() } else { format!("{results} of them") };
        consequences.push(format!("{subject} ended ok. Tables show the newest attempt."));
    }
    consequences.push("Earlier attempts stay as they are.".to_owned());
    consequences.extend(hidden);
    model.overlay = Some(Overlay::Confirm(Confirm {
        title: Safe::line(&format!("Run {} again?", named(model, &ended))),
        consequences: consequences.iter().map(|line| Safe::line(line)).collect(),
        yes: "Run again",
        no: "Keep",
        yes_focused: false,
        request: Request::Retry { sims: ended },
        purpose: Purpose::Tell,
    }));
}

/// Asks before all that is not ok runs again.
pub(super) fn retry_failed(model: &mut Model) {
    // What is no longer in the file has results, and is not run.
    let has_failed = |view: &SimView| !view.gone && view.status.ended().is_some_and(OutcomeKind::is_failure);
    let all: Vec<u32> = model.list.rows().keys().copied().collect();
    let everywhere = those_that(model, &all, has_failed);
    let is_filtered = model.list.is_filtered();
    let failed = if is_filtered { those_that(model, &model.list.listed(), has_failed) } else { everywhere.clone() };
    let hidden = human::count((everywhere.len() - failed.len()) as u64);
    if failed.is_empty() {
        let retry = model.key(Action::Retry);
        let text = match everywhere.len() {
            0 if model.simulations().cancelled > 0 => {
                format!("nothing has failed; mark what was cancelled, and {retry} runs it again")
            }
            0 => "nothing to retry: no simulation has failed".to_owned(),
            _ => format!("nothing here has failed; {hidden} that the filter hides have"),
        };
        return tell(model, Safe::line(&text), true);
    }
    let others = if is_filtered && everywhere.len() > failed.len() {
        format!("The {hidden} that failed and do not match the filter stay as they are.")
    } else {
        String::new()
    };
    let waiting = model.simulations().queued;
    let opens = model.header.as_ref().is_some_and(|view| view.header.alike.is_some()) && waiting > 0;
    let consequences = [
        others,
        if opens {
            format!("The queue opens by it: the {} that wait start as well.", human::count(waiting.into()))
        } else {
            String::new()
        },
        "Each gets a new attempt; earlier attempts stay as they are.".to_owned(),
        match model.header.as_ref().map(|h| h.header.cap) {
            Some(cap) => format!("At most {} at once (cap).", human::plural(u64::from(cap), "simulation")),
            None => String::new(),
        },
    ];
    model.overlay = Some(Overlay::Confirm(Confirm {
        title: Safe::line(&format!("Retry {}?", of_failed(model, &failed))),
        consequences: consequences.iter().filter(|line| !line.is_empty()).map(|line| Safe::line(line)).collect(),
        yes: "Retry",
        no: "Leave as they are",
        yes_focused: false,
        request: Request::Retry { sims: failed },
        purpose: Purpose::Tell,
    }));
}

fn of_failed(model: &Model, failed: &[u32]) -> Safe {
    match failed {
        [_] => named(model, failed),
        many if model.list.is_filtered() => Safe::line(&format!("the {} here that failed", named(model, many))),
        many => Safe::line(&format!("all {} that failed", named(model, many))),
    }
}

/// What a cancel does to what runs: the steps of the ladder, and what is kept.
fn steps(model: &Model, subject: &str, live: &[u32]) -> [String; 2] {
    [
        format!("{subject}SIGINT now, SIGTERM {}, then SIGKILL.", grace(model, live)),
        "Stats are kept if the script lets gem5 finish.".to_owned(),
    ]
}

/// When SIGTERM follows SIGINT, in words.
fn grace(model: &Model, sims: &[u32]) -> String {
    let graces = || sims.iter().filter_map(|sim| model.list.rows().get(sim)).map(|row| row.view.grace_ms);
    match (graces().min(), graces().max()) {
        (Some(least), Some(most)) if least == most => format!("after {}", human::span(most)),
        (Some(least), Some(most)) => format!("after {} to {}", human::span(least), human::span(most)),
        _ => "after the grace period".to_owned(),
    }
}

fn cancel_all(model: &Model) -> Confirm {
    let counts = model.header.as_ref().map(|h| h.header.counts).unwrap_or_default();
    let live = counts.running + counts.paused;
    let waiting = counts.queued + counts.blocked;
    let suites = model.list.suites().not_ended();
    let what = counted((live + waiting).saturating_sub(suites) as usize, suites as usize);
    let mut consequences = Vec::new();
    if live > 0 {
        let all: Vec<u32> =
            model.list.rows().values().filter(|row| row.view.status.is_live()).map(|row| row.view.id).collect();
        consequences.extend(steps(model, &format!("{live} running or paused: "), &all));
    }
    if waiting > 0 {
        consequences.push(format!("{waiting} waiting: will not be launched."));
    }
    consequences.push("This screen stays until the last one is gone.".to_owned());
    Confirm {
        title: Safe::line(&format!("Cancel all {what}?")),
        consequences: consequences.iter().map(|line| Safe::line(line)).collect(),
        yes: "Cancel all",
        no: "Keep all",
        yes_focused: false,
        request: Request::CancelAll,
        purpose: Purpose::EndAll,
    }
}
