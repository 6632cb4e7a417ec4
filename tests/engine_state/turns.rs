//! Whose turn it is, as far as a person says so.

use gem5_tui::engine::state::{Beginning, Effect, Event, State};
use gem5_tui::experiment::{Dependency, Plan, Retries, Simulation};
use gem5_tui::gem5::OutcomeKind;
use gem5_tui::protocol::{Clock, QueueState, Reply, Request, Status, Wait, Why};
use gem5_tui::rundir::record::{Moment, Wishes};

use crate::world::{World, beginning, plan, simulation};

fn four() -> Plan {
    plan(["a", "b", "c", "d"].map(simulation).into(), None)
}

/// A world in which somebody looks.
fn world(plan: Plan, cap: u32) -> World {
    let mut world = World::new(plan, cap);
    world.event(Event::Clients(1));
    world
}

fn why(world: &World, sim: u32) -> Why {
    world.state.view(sim, world.now).why
}

/// What was written down last.
fn recorded(world: &World) -> Wishes {
    let wishes = world.records.iter().rev().find_map(|effect| match effect {
        Effect::RecordControls { wishes, .. } => Some(wishes.clone()),
        _ => None,
    });
    wishes.expect("it is written down")
}

#[test]
fn what_is_held_back_lets_others_pass_until_it_is_let_go() {
    let mut world = world(four(), 1);
    let held = world.request(Request::Pause { sims: vec![1] });
    assert_eq!(held, Reply::Done { message: "b held".to_owned() });
    assert_eq!((why(&world, 1), recorded(&world).held), (Why::Place { wait: Wait::Held }, vec!["b".to_owned()]));
    world.start(0);
    world.end(0, OutcomeKind::Ok);
    assert!(world.launching.contains_key(&2), "the next one passes it");
    assert!(matches!(world.request(Request::Pause { sims: vec![1] }), Reply::Refused { .. }));
    world.start(2);
    world.end(2, OutcomeKind::Ok);
    world.start(3);
    drop(world.request(Request::Resume { sims: vec![1] }));
    assert_eq!((why(&world, 1), recorded(&world)), (Why::Place { wait: Wait::Cap }, Wishes::default()));
    world.end(3, OutcomeKind::Ok);
    assert!(world.launching.contains_key(&1));
}

#[test]
fn what_was_put_first_runs_next_whatever_the_priorities_say() {
    let mut simulations: Vec<Simulation> = four().simulations;
    simulations[1].priority = 9;
    let mut world = world(plan(simulations, None), 1);
    assert!(world.launching.contains_key(&1));
    drop(world.request(Request::First { sims: vec![3, 2] }));
    assert_eq!(why(&world, 3), Why::Place { wait: Wait::Next });
    assert_eq!(recorded(&world).first, ["d", "c"]);
    for (ended, next) in [(1, 3), (3, 2), (2, 0)] {
        world.start(ended);
        world.end(ended, OutcomeKind::Ok);
        assert!(world.launching.contains_key(&next), "{next} after {ended}");
    }
}

#[test]
fn who_is_put_first_last_is_the_very_first_and_it_can_be_taken_back() {
    let mut world = world(four(), 1);
    drop(world.request(Request::First { sims: vec![2] }));
    drop(world.request(Request::First { sims: vec![3] }));
    assert_eq!(recorded(&world).first, ["d", "c"]);
    drop(world.request(Request::InOrder { sims: vec![3] }));
    assert_eq!(recorded(&world).first, ["c"]);
    assert!(matches!(world.request(Request::InOrder { sims: vec![3] }), Reply::Refused { .. }));
    assert!(matches!(world.request(Request::First { sims: vec![0] }), Reply::Refused { .. }), "it is being launched");
    world.start(0);
    world.end(0, OutcomeKind::Ok);
    assert!(world.launching.contains_key(&2));
    // What runs has had its turn.
    drop(world.request(Request::SetCap { cap: 2 }));
    assert_eq!(recorded(&world).first, Vec::<String>::new());
}

#[test]
fn what_needs_one_that_is_held_back_says_so_and_keeps_no_engine() {
    let restore = Simulation { needs: vec![Dependency::ok("boot")], ..simulation("restore") };
    let read = Simulation { needs: vec![Dependency::ok("restore")], ..simulation("read") };
    let all = vec![simulation("other"), simulation("boot"), restore, read];
    let mut world = World::new(plan(all, None), 1);
    drop(world.request(Request::Pause { sims: vec![1] }));
    for sim in [2, 3] {
        assert_eq!(why(&world, sim), Why::NeedsHeld { name: "boot".to_owned() });
        assert_eq!(world.state.view(sim, world.now).status, Status::Blocked);
    }
    assert_eq!(world.state.header(world.now).held, 3);
    world.start(0);
    assert!(!world.ended);
    world.end(0, OutcomeKind::Ok);
    assert!(world.ended, "nobody waits for a person who holds it back");
}

#[test]
fn the_next_engine_knows_who_is_held_back_and_who_is_first() {
    let now = Moment { unix_ms: 0, boot_ms: 1_000, boot: None };
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    // One of them is in the file no longer.
    let wishes = Wishes { held: names(&["a", "gone"]), first: names(&["d", "c"]), ..Wishes::default() };
    let mut state = State::new(four(), Beginning { wishes, lingers: true, ..beginning(Vec::new(), 2) }, now);
    let effects = state.handle(Event::Clients(1), now);
    let launched = effects.iter().filter_map(|effect| match effect {
        Effect::Launch { sim, .. } => Some(*sim),
        _ => None,
    });
    assert_eq!(launched.collect::<Vec<_>>(), [3, 2]);
    assert_eq!(state.view(0, now).why, Why::Place { wait: Wait::Held });
}

#[test]
fn a_cancel_a_retry_and_a_launch_forget_what_was_said_of_the_turn() {
    let mut world = world(four(), 1);
    drop(world.request(Request::Pause { sims: vec![1, 2] }));
    drop(world.request(Request::Cancel { sims: vec![1] }));
    drop(world.request(Request::Retry { sims: vec![1] }));
    assert_eq!(why(&world, 1), Why::Place { wait: Wait::Cap });
    drop(world.request(Request::First { sims: vec![2] }));
    assert_eq!(why(&world, 2), Why::Place { wait: Wait::Next }, "who is to run next is not held back");
}

#[test]
fn a_retry_by_itself_can_be_held_back_and_comes_at_once_when_it_is_let_go() {
    let retried = Simulation { retries: Retries { any: 1, ..Retries::default() }, ..simulation("a") };
    let mut world = world(plan(vec![retried], None), 1);
    world.start(0);
    world.end(0, OutcomeKind::Segv);
    drop(world.request(Request::Pause { sims: vec![0] }));
    world.pass(60_000);
    assert_eq!((why(&world, 0), world.launching.len()), (Why::Place { wait: Wait::Held }, 0));
    drop(world.request(Request::Resume { sims: vec![0] }));
    assert_eq!(world.launching.len(), 1);
}

#[test]
fn a_paused_queue_says_of_each_why_it_waits() {
    let mut world = world(four(), 1);
    drop(world.request(Request::Pause { sims: vec![1] }));
    drop(world.request(Request::SetQueue { queue: QueueState::Paused }));
    assert_eq!(why(&world, 1), Why::Place { wait: Wait::Held });
    assert_eq!(why(&world, 2), Why::Place { wait: Wait::QueuePaused });
}

#[test]
fn no_time_passes_for_a_sweep_of_which_nothing_has_begun() {
    let mut world = world(four(), 1);
    let later = Moment { boot_ms: world.now.boot_ms + 60_000, ..world.now };
    let asked = State::new(four(), Beginning { queue: QueueState::Paused, ..beginning(Vec::new(), 1) }, world.now);
    assert_eq!(asked.header(later).elapsed, Clock::default());
    world.start(0);
    world.pass(60_000);
    let elapsed = world.state.header(world.now).elapsed;
    assert!(elapsed.ticking && elapsed.ms >= 60_000, "{elapsed:?}");
}
