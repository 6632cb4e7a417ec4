//! The question before the first simulations of an experiment start, and a dashboard that only looks.

use super::fixture::{Dash, end, sweep};
use crate::gem5::OutcomeKind;
use crate::protocol::{QueueState, Request, Status, Wait, Why};
use crate::tui::model::{BeginChoice, Overlay};
use crate::tui::update::{Command, Leave};

/// A dashboard that asks, of an experiment of which nothing has run.
fn asked(width: u16, height: u16) -> Dash {
    let mut dash = Dash::new(width, height);
    dash.model.overlay = Some(Overlay::Begin { choice: BeginChoice::Start });
    dash.header(|header| header.queue = QueueState::Paused);
    let mut sims = sweep();
    for sim in &mut sims {
        sim.attempts.clear();
        (sim.status, sim.why) = (Status::Queued, Why::Place { wait: Wait::QueuePaused });
    }
    dash.sims(sims);
    dash
}

fn is_asked(dash: &Dash) -> bool {
    matches!(dash.model.overlay, Some(Overlay::Begin { .. }))
}

fn has_left(dash: &Dash) -> bool {
    dash.commands.iter().any(|command| matches!(command, Command::Quit(Leave::Idle)))
}

#[test]
fn how_many_would_start_and_how_many_at_once_is_asked_first() {
    let text = asked(120, 40).text();
    for shown in ["Start?", "12 simulations, 4 at once", "start", "look", "leave"] {
        assert!(text.contains(shown), "{shown}\n{text}");
    }
    // The choices stay where there is room for nothing else.
    let text = asked(40, 12).text();
    for shown in ["start", "look", "leave"] {
        assert!(text.contains(shown), "{shown}\n{text}");
    }
}

#[test]
fn each_answer_does_what_it_says() {
    let open = Request::SetQueue { queue: QueueState::Open };
    let paused = Request::SetQueue { queue: QueueState::Paused };
    for (keys, request) in [("<enter>", &open), ("y", &open), ("j<enter>", &paused), ("n", &paused)] {
        let mut dash = asked(120, 40);
        dash.keys(keys);
        assert_eq!(dash.requests(), [request], "{keys}");
        assert!(!is_asked(&dash) && !has_left(&dash));
    }
    for keys in ["jj<enter>", "<esc>", "q"] {
        let mut dash = asked(120, 40);
        dash.keys(keys);
        assert!(dash.requests().is_empty() && has_left(&dash), "{keys} starts nothing");
    }
}

#[test]
fn who_answers_before_the_engine_has_told_everything_is_asked_on() {
    let mut dash = Dash::new(120, 40);
    dash.model.overlay = Some(Overlay::Begin { choice: BeginChoice::Start });
    dash.keys("<enter>");
    assert!(is_asked(&dash) && dash.requests().is_empty());
    dash.sims(sweep());
    dash.keys("<enter>");
    assert!(!is_asked(&dash));
}

#[test]
fn who_only_looks_asks_for_nothing_and_leaves_without_a_question() {
    let mut dash = Dash::running(120, 40);
    dash.model.only_looks = true;
    dash.keys("pcrRPK+s");
    assert!(dash.requests().is_empty() && dash.model.overlay.is_none());
    assert!(dash.text().contains("this only looks"));
    dash.keys("q");
    assert!(has_left(&dash));
}

#[test]
fn who_has_only_answered_follows_what_runs_and_not_one_simulation() {
    let mut dash = asked(120, 40);
    assert!(!dash.text().contains("QUEUE PAUSED"), "nobody has paused it");
    dash.keys("y");
    dash.sim(0, |view| view.status = end(OutcomeKind::Ok, ""));
    let first = dash.model.list.order().first().copied();
    assert_eq!((dash.model.list.selected(), dash.model.list.offset), (first, 0));
}

#[test]
fn a_dashboard_that_only_looks_says_so_in_its_first_line() {
    let mut dash = Dash::running(120, 40);
    assert!(!dash.text().contains("VIEW ONLY"));
    dash.model.only_looks = true;
    assert!(dash.text().lines().next().unwrap().contains("VIEW ONLY"));
}
