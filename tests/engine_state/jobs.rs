//! A batch system that takes nothing, or on which nothing comes to anything.

use gem5_tui::engine::state::{Effect, Event};
use gem5_tui::experiment::Simulation;
use gem5_tui::experiment::executor::StartedBy;
use gem5_tui::gem5::{Outcome, OutcomeKind};
use gem5_tui::protocol::{Handle, QueueState, Request};
use gem5_tui::rundir::evidence::Ended;

use crate::world::{World, job, plan, simulation};

fn world(count: u32) -> World {
    let named =
        |number: u32| Simulation { executor: StartedBy::Slurm(Box::default()), ..simulation(&format!("s{number}")) };
    World::new(plan((0..count).map(named).collect(), None), count)
}

fn refuse(world: &mut World, sim: u32) {
    let attempt = world.launching.remove(&sim).expect("it is being launched");
    world.event(Event::Prepared { sim, attempt, dir: "/runs/attempt-1".into() });
    let outcome = Outcome::new(OutcomeKind::NotStarted, "no such partition".to_owned());
    world.event(Event::Ended { sim, attempt, ended: Ended::of(outcome) });
}

fn notice(world: &World) -> String {
    world.state.header(world.now).notice.unwrap_or_default()
}

#[test]
fn what_is_refused_three_times_in_a_row_pauses_the_queue_and_the_next_engine_tries_it() {
    let mut world = world(6);
    assert_eq!(world.launching.len(), 3, "no more than may be refused");
    refuse(&mut world, 0);
    refuse(&mut world, 1);
    assert_eq!(world.launching.len(), 1, "one by one behind a refusal");
    world.submit(2, "Priority");
    refuse(&mut world, 3);
    refuse(&mut world, 4);
    assert_eq!(world.state.header(world.now).queue, QueueState::Open, "one was taken in between");
    refuse(&mut world, 5);
    assert_eq!(world.state.header(world.now).queue, QueueState::Paused);
    assert!(notice(&world).contains("no such partition"), "{}", notice(&world));
    let paused = |effect: &Effect| matches!(effect, Effect::RecordControls { queue: QueueState::Paused, .. });
    assert!(!world.records.iter().any(paused), "{:?}", world.records);
    // Whoever opens it has mended it, and begins with none.
    drop(world.request(Request::SetQueue { queue: QueueState::Open }));
    assert_eq!(notice(&world), "");
    drop(world.request(Request::Retry { sims: vec![0, 1] }));
    refuse(&mut world, 0);
    refuse(&mut world, 1);
    assert_eq!(world.state.header(world.now).queue, QueueState::Open);
}

#[test]
fn starts_that_come_to_nothing_on_three_nodes_pause_the_queue_unless_one_comes_to_something() {
    let mut world = world(2);
    let dies = |world: &mut World, node: &str| {
        world.event(Event::DeadStart { node: node.to_owned(), why: "no such file".to_owned() });
    };
    for _ in 0..5 {
        dies(&mut world, "n1");
    }
    dies(&mut world, "n2");
    assert_eq!(world.state.header(world.now).queue, QueueState::Open, "it may be those nodes");
    let attempt = world.launching[&0];
    world.submit(0, "Priority");
    world.launching.remove(&0);
    world.submitted.remove(&0);
    world.live.insert(0);
    world.event(Event::Started { sim: 0, attempt, handle: Handle::Job(job()), at: world.now });
    dies(&mut world, "n3");
    dies(&mut world, "n1");
    assert_eq!(world.state.header(world.now).queue, QueueState::Open);
    dies(&mut world, "n4");
    assert_eq!(world.state.header(world.now).queue, QueueState::Paused);
    assert!(notice(&world).contains("n1, n3, n4") && notice(&world).contains("no such file"), "{}", notice(&world));
}

/// Nobody who waits for `run` could open it.
#[test]
fn an_engine_in_the_foreground_ends_when_nothing_more_can_come_of_a_queue_that_was_paused_so() {
    let mut world = world(4);
    for sim in 0..2 {
        refuse(&mut world, sim);
    }
    world.submit(2, "Priority");
    assert!(!world.ended);
    for _ in 0..3 {
        world.event(Event::NowhereElse { why: "no node".to_owned() });
    }
    world.launching.remove(&3).unwrap();
    world.event(Event::LaunchFailed { sim: 3, reason: "no node".to_owned(), of_machine: true });
    assert!(!world.ended, "what was taken is waited for");
    world.start(2);
    world.end(2, OutcomeKind::Ok);
    assert!(world.ended);
}
