//! Steps in the queue, ends that are waited for whatever they are, and priorities.

use std::path::PathBuf;

use gem5_tui::experiment::{Dependency, Run, Simulation, Step, When};
use gem5_tui::gem5::{OutcomeKind, Phase};
use gem5_tui::protocol::{Reply, Request, Status, Wait, Why};

use crate::world::{World, plan, simulation};

fn step(name: &str) -> Simulation {
    let step = Step { program: "/bin/true".into(), args: Vec::new(), gets_results: false };
    Simulation::of(name, Run::Step { step }, "/")
}

/// A step that waits for the end of `need`, whatever it is.
fn after(name: &str, need: &str) -> Simulation {
    Simulation { needs: vec![Dependency { name: need.to_owned(), when: When::Ended }], ..step(name) }
}

fn priority(name: &str, priority: i32) -> Simulation {
    Simulation { priority, ..simulation(name) }
}

#[test]
fn a_step_is_never_asked_for_stats() {
    let mut world = World::new(plan(vec![step("a"), simulation("b")], None), 2);
    world.start(0);
    assert_eq!(
        world.state.view(0, world.now).status,
        Status::Running { phase: Phase::Running },
        "from its first moment"
    );
    let reply = world.request(Request::DumpStats { sims: vec![0] });
    assert!(matches!(reply, Reply::Refused { .. }), "{reply:?}");
    assert!(world.signals.is_empty());
}

#[test]
fn what_waits_for_an_end_starts_after_any_and_not_after_one_that_nobody_saw() {
    for (kind, starts) in [
        (OutcomeKind::Ok, true),
        (OutcomeKind::Segv, true),
        (OutcomeKind::Cancelled, true),
        // It may still run.
        (OutcomeKind::Lost, false),
    ] {
        let mut world = World::new(plan(vec![simulation("sim"), after("clean", "sim")], None), 2);
        world.start(0);
        assert!(!world.launching.contains_key(&1), "it has not ended");
        world.end(0, kind);
        assert_eq!(world.launching.contains_key(&1), starts, "{kind:?}");
        if starts {
            assert_eq!(world.state.met_needs(1), [("sim".to_owned(), 1, Some(PathBuf::from("/runs/0/attempt-1")))]);
        } else {
            assert_eq!(world.why(1), Why::NeedFailed { name: "sim".to_owned(), outcome: OutcomeKind::Lost });
        }
    }
}

#[test]
fn what_will_never_start_by_itself_is_waited_for_no_longer_and_its_late_run_is_told() {
    let sim = Simulation { needs: vec![Dependency::ok("compile")], ..simulation("sim") };
    let mut world = World::new(plan(vec![step("compile"), sim, after("report", "sim")], None), 2);
    world.start(0);
    world.end(0, OutcomeKind::Failed);
    assert_eq!(world.state.met_needs(2), [("sim".to_owned(), 0, None)]);
    world.start(2);
    world.end(2, OutcomeKind::Ok);
    assert!(world.ended, "nothing is left to do");
    drop(world.request(Request::Retry { sims: vec![0] }));
    world.start(0);
    world.end(0, OutcomeKind::Ok);
    world.start(1);
    world.end(1, OutcomeKind::Ok);
    assert_eq!(world.state.view(2, world.now).changed, ["sim ran again"]);
}

#[test]
fn a_retry_that_waits_is_no_end() {
    let retries = gem5_tui::experiment::Retries { any: 1, ..Default::default() };
    let sim = Simulation { retries, ..simulation("sim") };
    let mut world = World::new(plan(vec![sim, after("clean", "sim")], None), 2);
    world.start(0);
    world.end(0, OutcomeKind::Segv);
    assert!(matches!(world.state.view(0, world.now).status, Status::Backoff { .. }));
    assert_eq!(world.why(1), Why::Needs { name: "sim".to_owned() });
}

#[test]
fn the_highest_priority_starts_first_and_the_order_of_the_file_decides_the_rest() {
    let simulations = vec![priority("a", 0), priority("b", 5), priority("c", -1), priority("d", 5), simulation("e")];
    let mut world = World::new(plan(simulations, None), 1);
    assert_eq!(world.why(0), Why::Place { wait: Wait::Priority { highest: 5 } });
    assert_eq!(world.why(3), Why::Place { wait: Wait::Cap }, "it is the next one");
    let mut order = Vec::new();
    while let Some(&next) = world.launching.keys().next() {
        order.push(next);
        world.start(next);
        world.end(next, OutcomeKind::Ok);
    }
    assert_eq!(order, [1, 3, 0, 4, 2]);
}

#[test]
fn where_memory_is_short_the_highest_priority_gets_it() {
    let large = Simulation { memory: Some(8), ..priority("large", 9) };
    let small = |name: &str| Simulation { memory: Some(4), ..simulation(name) };
    let mut world = World::new(plan(vec![small("a"), small("b"), large], Some(10)), 2);
    assert_eq!(world.launching.keys().copied().collect::<Vec<_>>(), [2], "the small ones do not fit beside it");
    world.start(2);
    world.end(2, OutcomeKind::Ok);
    assert_eq!(world.launching.keys().copied().collect::<Vec<_>>(), [0, 1]);
}
