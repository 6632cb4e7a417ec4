//! What an engine makes of what the directory tells, as it begins and as simulations are added to it.

use gem5_tui::engine::state::found::{Changed, Fate, Found, FoundAttempt};
use gem5_tui::engine::state::{Event, State};
use gem5_tui::experiment::{Retries, Simulation};
use gem5_tui::gem5::{Outcome, OutcomeKind};
use gem5_tui::protocol::{Request, Status};
use gem5_tui::rundir::evidence::Ended;
use gem5_tui::rundir::record::Moment;

use crate::world::{World, beginning, plan, simulation};

const NOW: Moment = Moment { unix_ms: 0, boot_ms: 1_000, boot: None };

fn ended(number: u32, kind: OutcomeKind, retries_made: Option<u32>) -> FoundAttempt {
    let fate = Fate::Ended { ended: Ended::of(Outcome::new(kind, "test")), at: None };
    FoundAttempt { retries_made, ..FoundAttempt::new(number, format!("/runs/a/attempt-{number}"), fate) }
}

#[test]
fn a_retry_of_long_ago_launches_nothing_beside_attempts_that_cannot_be_listed() {
    let found = Found { unlisted: Some("I/O error".to_owned()), retry_after: Some(0), ..Found::default() };
    let state = State::new(plan(vec![simulation("a")], None), beginning(vec![found], 1), NOW);
    let status = state.view(0, NOW).status;
    assert!(matches!(&status, Status::Ended { outcome } if outcome.kind == OutcomeKind::Lost), "{status:?}");
}

#[test]
fn a_retry_that_waited_for_a_place_goes_on_waiting() {
    let found =
        Found { attempts: vec![ended(1, OutcomeKind::Segv, Some(0))], retry_after: Some(1), ..Found::default() };
    let state = State::new(plan(vec![simulation("a")], None), beginning(vec![found], 1), NOW);
    assert!(matches!(state.view(0, NOW).status, Status::Queued), "{:?}", state.view(0, NOW).status);
}

#[test]
fn an_attempt_whose_record_cannot_be_read_gives_no_retries_back() {
    let retried = Simulation { retries: Retries { any: 1, ..Retries::default() }, ..simulation("a") };
    let is_final = |second: Option<u32>| {
        let attempts = vec![ended(1, OutcomeKind::Segv, Some(1)), ended(2, OutcomeKind::Segv, second)];
        let found = Found { attempts, ..Found::default() };
        let state = State::new(plan(vec![retried.clone()], None), beginning(vec![found], 1), NOW);
        matches!(state.view(0, NOW).status, Status::Ended { .. })
    };
    assert!(is_final(Some(1)));
    assert!(is_final(None));
    assert!(!is_final(Some(0)), "a person asked for it, so it has a retry of its own");
}

#[test]
fn what_has_changed_is_told_of_the_attempt_that_was_looked_at_and_of_no_later_one() {
    let mut world = World::new(plan(vec![simulation("a"), simulation("b"), simulation("c")], None), 3);
    world.event(Event::Clients(1));
    for sim in 0..3 {
        world.start(sim);
    }
    world.end(0, OutcomeKind::Ok);
    world.end(1, OutcomeKind::Segv);
    let sims = vec![0];
    drop(world.request(Request::Retry { sims }));
    world.start(0);
    let change = |sim| Changed { sim, attempt: 1, what: vec!["script changed".to_owned()] };
    let changed = (0..3).map(change).collect();
    world.event(Event::Added { simulations: Vec::new(), found: Vec::new(), changed, asked: None });
    let told: Vec<usize> = (0..3).map(|sim| world.state.view(sim, world.now).changed.len()).collect();
    assert_eq!(told, [0, 0, 1], "a runs again from what is there now, b is no result, and c runs as it was begun");
}
