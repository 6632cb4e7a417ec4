//! A sweep that fails again and again for one reason stops itself.

use gem5_tui::engine::state::found::{Fate, Found, FoundAttempt};
use gem5_tui::engine::state::{Beginning, Effect, Event, State};
use gem5_tui::experiment::{Dependency, Plan, Program, Retries, Simulation, StopAfter};
use gem5_tui::gem5::{Outcome, OutcomeKind};
use gem5_tui::protocol::{QueueState, Request, Wait, Why};
use gem5_tui::rundir::evidence::Ended;
use gem5_tui::rundir::record::{Moment, Wishes};

use crate::world::{World, beginning, plan, simulation};

/// So many simulations of one script, which stop after three that fail alike.
fn sweep(count: u32) -> Plan {
    let simulations = (0..count).map(|n| simulation(&format!("s{n}"))).collect();
    Plan { stop_after: StopAfter { alike: 3 }, ..plan(simulations, None) }
}

/// A world in which somebody looks.
fn world(plan: Plan, cap: u32) -> World {
    let mut world = World::new(plan, cap);
    world.event(Event::Clients(1));
    world
}

fn fail(world: &mut World, sim: u32, cause: &str) {
    world.start(sim);
    let attempt = world.attempts[&sim];
    let ended = Ended::of(Outcome::new(OutcomeKind::PythonError, cause));
    world.live.remove(&sim);
    world.event(Event::Ended { sim, attempt, ended });
}

fn queue(world: &World) -> QueueState {
    world.state.header(world.now).queue
}

#[test]
fn three_that_fail_alike_and_none_that_is_ok_pause_the_queue() {
    let mut world = world(sweep(9), 1);
    fail(&mut world, 0, "NameError: name 'x' at 5");
    fail(&mut world, 1, "NameError: name 'x' at 6");
    assert_eq!(queue(&world), QueueState::Open, "two may be chance");
    fail(&mut world, 2, "NameError: name 'x' at 7");
    let header = world.state.header(world.now);
    assert_eq!((header.queue, world.launching.len()), (QueueState::Paused, 0));
    let alike = header.alike.expect("it is told what for");
    assert_eq!((alike.count, alike.program.as_str(), alike.first.as_str()), (3, "run.py", "s0"));
    assert!(alike.cause.contains("NameError"), "{alike:?}");
    assert!(header.notice.unwrap().contains("NameError"));
    assert_eq!(world.state.view(3, world.now).why, Why::Place { wait: Wait::QueuePaused });
    let is_logged = |effect: &Effect| matches!(effect, Effect::Log { text } if text.contains("NameError"));
    assert_eq!(world.records.iter().filter(|effect| is_logged(effect)).count(), 1);
}

#[test]
fn other_reasons_an_ok_end_another_program_and_never_let_the_queue_go_on() {
    let mut others = world(sweep(9), 1);
    for (sim, cause) in ["a.py failed", "b.py failed", "c.py failed", "d.py failed"].into_iter().enumerate() {
        fail(&mut others, sim as u32, cause);
    }
    assert_eq!(queue(&others), QueueState::Open, "they have nothing in common");
    let mut ok = world(sweep(9), 1);
    ok.start(0);
    ok.end(0, OutcomeKind::Ok);
    (1..5).for_each(|sim| fail(&mut ok, sim, "x"));
    assert_eq!(queue(&ok), QueueState::Open, "the script works, and some points do not");
    let mut never = world(Plan { stop_after: StopAfter::NEVER, ..sweep(9) }, 1);
    (0..5).for_each(|sim| fail(&mut never, sim, "x"));
    assert_eq!(queue(&never), QueueState::Open);
    // What makes a checkpoint is ok, and all that restore it fail.
    let boot = Program::Script { path: "/boot.py".into(), args: Vec::new() };
    let restore = |name: &str| Simulation { needs: vec![Dependency::ok("boot")], ..simulation(name) };
    let mut all = vec![Simulation::new("boot", "/gem5", boot, "/")];
    all.extend(["a", "b", "c", "d"].map(restore));
    let mut stages = world(Plan { stop_after: StopAfter { alike: 3 }, ..plan(all, None) }, 1);
    stages.start(0);
    stages.end(0, OutcomeKind::Ok);
    (1..4).for_each(|sim| fail(&mut stages, sim, "x"));
    assert_eq!(queue(&stages), QueueState::Paused);
}

#[test]
fn when_nothing_is_left_to_launch_there_is_nothing_to_stop() {
    let mut world = world(sweep(3), 1);
    (0..3).for_each(|sim| fail(&mut world, sim, "x"));
    assert_eq!((queue(&world), world.state.paused_by_failures()), (QueueState::Open, None));
}

#[test]
fn a_cancel_is_no_failure_and_a_retry_comes_first() {
    let mut cancelled = world(sweep(9), 1);
    for sim in 0..4 {
        cancelled.start(sim);
        cancelled.end(sim, OutcomeKind::Cancelled);
    }
    assert_eq!(queue(&cancelled), QueueState::Open);
    let mut sweep = sweep(9);
    for simulation in &mut sweep.simulations {
        simulation.retries = Retries { any: 1, ..Retries::default() };
    }
    let mut world = world(sweep, 3);
    (0..3).for_each(|sim| fail(&mut world, sim, "x"));
    assert_eq!(queue(&world), QueueState::Open, "each is tried again, which may help");
}

#[test]
fn an_end_that_is_ok_after_all_opens_the_queue_again() {
    let mut world = world(sweep(9), 4);
    world.start(3);
    (0..3).for_each(|sim| fail(&mut world, sim, "x"));
    // What was being launched beside them runs on.
    assert_eq!(queue(&world), QueueState::Paused);
    world.end(3, OutcomeKind::Ok);
    assert_eq!((queue(&world), world.state.header(world.now).alike), (QueueState::Open, None));
    assert!(world.launching.contains_key(&6), "and it launches");
}

#[test]
fn who_retries_what_failed_is_stopped_again_only_when_it_fails_again() {
    let mut world = world(sweep(9), 1);
    (0..3).for_each(|sim| fail(&mut world, sim, "x"));
    drop(world.request(Request::Retry { sims: vec![0, 1, 2] }));
    assert_eq!((queue(&world), world.launching.len()), (QueueState::Open, 1));
    (0..3).for_each(|sim| fail(&mut world, sim, "x"));
    assert_eq!(queue(&world), QueueState::Paused);
}

#[test]
fn who_goes_on_is_not_stopped_for_the_same_reason_again_and_the_next_engine_knows_it() {
    let mut world = world(sweep(20), 1);
    (0..3).for_each(|sim| fail(&mut world, sim, "x"));
    world.records.clear();
    drop(world.request(Request::SetQueue { queue: QueueState::Open }));
    let wishes = world.records.iter().find_map(|effect| match effect {
        Effect::RecordControls { wishes, queue: QueueState::Open, .. } => Some(wishes.clone()),
        _ => None,
    });
    let wishes = wishes.expect("it is written down");
    (3..8).for_each(|sim| fail(&mut world, sim, "x"));
    assert_eq!(queue(&world), QueueState::Open);
    (8..11).for_each(|sim| fail(&mut world, sim, "another thing"));
    assert_eq!(queue(&world), QueueState::Paused, "another reason is told");
    assert_eq!(
        next_engine(Wishes::default()).queue,
        QueueState::Paused,
        "it does not run into the same without a word"
    );
    assert_eq!(next_engine(wishes).queue, QueueState::Open);
}

/// What the next engine says at its beginning, where three have failed alike.
fn next_engine(wishes: Wishes) -> gem5_tui::protocol::Header {
    let now = Moment { unix_ms: 0, boot_ms: 1_000, boot: None };
    let ended = Ended::of(Outcome::new(OutcomeKind::PythonError, "x"));
    let attempt = FoundAttempt::new(1, "/runs/a/attempt-1", Fate::Ended { ended, at: None });
    let found = vec![Found { attempts: vec![attempt], ..Found::default() }; 3];
    let mut state = State::new(sweep(9), Beginning { wishes, lingers: true, ..beginning(found, 1) }, now);
    state.handle(Event::Clients(1), now);
    state.header(now)
}

#[test]
fn an_engine_in_the_foreground_ends_when_all_that_is_left_is_stopped() {
    let mut world = World::new(sweep(9), 2);
    world.start(1);
    fail(&mut world, 0, "x");
    fail(&mut world, 2, "x");
    fail(&mut world, 3, "x");
    assert!(!world.ended, "what runs may end ok, and then it goes on");
    assert_eq!(world.state.header(world.now).counts.running, 1);
    world.end(1, OutcomeKind::Fatal);
    assert!(world.ended, "whoever waits for it must be told");
}

#[test]
fn a_change_of_the_cap_records_no_pause_of_a_persons() {
    let mut world = world(sweep(9), 1);
    (0..3).for_each(|sim| fail(&mut world, sim, "x"));
    world.records.clear();
    drop(world.request(Request::SetCap { cap: 2 }));
    let is_open = |effect: &Effect| matches!(effect, Effect::RecordControls { queue: QueueState::Open, .. });
    assert!(world.records.iter().any(is_open));
    assert_eq!(queue(&world), QueueState::Paused);
}
