//! Who runs next, and what follows an end.

use std::collections::BTreeMap;
use std::path::PathBuf;

use gem5_tui::engine::state::found::Changed;
use gem5_tui::engine::state::{Effect, Event};
use gem5_tui::experiment::{Dependency, InputRole, Retries, Simulation};
use gem5_tui::gem5::OutcomeKind;
use gem5_tui::protocol::{QueueState, Reply, Request, Status, Wait, Why};
use gem5_tui::rundir::record::InputFile;

use crate::world::{HANDLE, World, plan, simulation};

fn needs_boot() -> Why {
    Why::Needs { name: "boot".to_owned() }
}

#[test]
fn a_dependant_waits_for_its_need_and_is_blocked_by_its_failure_until_a_retry() {
    let restore = Simulation { needs: vec![Dependency::ok("boot")], ..simulation("restore") };
    let mut world = World::new(plan(vec![simulation("boot"), restore], None), 4);
    world.start(0);
    assert_eq!(world.state.view(1, world.now).why, needs_boot());
    world.end(0, OutcomeKind::Fatal);
    let view = world.state.view(1, world.now);
    let failed = Why::NeedFailed { name: "boot".to_owned(), outcome: OutcomeKind::Fatal };
    assert_eq!((view.status, view.why), (Status::Blocked, failed));
    drop(world.request(Request::Retry { sims: vec![0] }));
    assert_eq!(world.state.view(1, world.now).why, needs_boot());
    world.start(0);
    world.end(0, OutcomeKind::Ok);
    assert!(world.launching.contains_key(&1), "the need is met, so the dependant starts");
    assert_eq!(world.state.met_needs(1), [("boot".to_owned(), 2, Some(PathBuf::from("/runs/0/attempt-2")))]);
}

#[test]
fn failures_are_tried_again_after_a_growing_wait_and_usage_errors_never() {
    let retried = Simulation { retries: Retries { any: 2, by_outcome: BTreeMap::new() }, ..simulation("a") };
    let mut world = World::new(plan(vec![retried], None), 1);
    world.start(0);
    world.end(0, OutcomeKind::Segv);
    assert_eq!(world.state.view(0, world.now).status, Status::Backoff { left_ms: 1_000 });
    world.pass(1_000);
    world.start(0);
    world.end(0, OutcomeKind::Segv);
    assert_eq!(world.state.view(0, world.now).status, Status::Backoff { left_ms: 2_000 });
    world.pass(2_000);
    world.start(0);
    world.end(0, OutcomeKind::Usage);
    assert_eq!(world.state.view(0, world.now).status.word(), "usage");
    assert!(world.ended);
}

#[test]
fn an_engine_with_a_paused_queue_and_nobody_watching_ends_and_launches_nothing() {
    let mut world = World::new(plan(vec![simulation("a"), simulation("b")], None), 1);
    world.event(Event::Clients(1));
    world.start(0);
    drop(world.request(Request::SetQueue { queue: QueueState::Paused }));
    world.end(0, OutcomeKind::Ok);
    assert!(!world.ended);
    assert_eq!(world.state.view(1, world.now).why, Why::Place { wait: Wait::QueuePaused });
    world.event(Event::Clients(0));
    assert!(world.ended);
}

#[test]
fn a_full_disk_holds_the_queue_until_a_launch_works_again_and_burns_nothing() {
    let mut world = World::new(plan(vec![simulation("a"), simulation("b"), simulation("c")], None), 2);
    world.event(Event::Clients(1));
    let full = || "could not write: No space left on device".to_owned();
    let fail = |world: &mut World, sim| {
        world.launching.remove(&sim);
        world.attempts.remove(&sim);
        world.event(Event::LaunchFailed { sim, reason: full(), of_machine: true });
    };
    fail(&mut world, 0);
    fail(&mut world, 1);
    assert!(world.launching.is_empty(), "nothing else is tried");
    let header = world.state.header(world.now);
    assert_eq!(header.queue, QueueState::Open, "the pause of the queue belongs to people");
    assert!(header.notice.unwrap().contains("No space left"));
    let view = world.state.view(2, world.now);
    assert_eq!((view.status, view.why), (Status::Queued, Why::Place { wait: Wait::Trouble }));
    // One is tried, and the wait grows.
    world.pass(5_000);
    assert_eq!(world.launching.len(), 1);
    fail(&mut world, 0);
    world.pass(9_000);
    assert!(world.launching.is_empty());
    world.pass(1_000);
    assert!(!world.launching.contains_key(&0), "what failed last may be the only one at fault");
    assert!(world.launching.contains_key(&1), "another one is the try");
    world.start(1);
    assert!(world.launching.contains_key(&0), "all go on once it works");
    assert_eq!(world.state.header(world.now).notice, None);
}

#[test]
fn launches_that_work_again_are_as_many_more_as_have_worked_and_not_all_at_once() {
    let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let mut world = World::new(plan(names.map(simulation).into(), None), 8);
    world.event(Event::Clients(1));
    let fail_all = |world: &mut World| {
        for sim in std::mem::take(&mut world.launching).into_keys() {
            world.attempts.remove(&sim);
            world.event(Event::LaunchFailed { sim, reason: "too few processes".into(), of_machine: true });
        }
    };
    fail_all(&mut world);
    world.pass(5_000);
    let begin = |world: &mut World| {
        let sim = *world.launching.keys().next().unwrap();
        world.start(sim);
    };
    assert_eq!(world.launching.len(), 1);
    begin(&mut world);
    assert_eq!(world.launching.len(), 2, "all six at once would take the processes from each other");
    begin(&mut world);
    assert_eq!(world.launching.len(), 3);
    assert!(world.state.header(world.now).notice.unwrap().contains("too few processes"));
    // A wait after a success is as short as the first one was.
    fail_all(&mut world);
    world.pass(4_999);
    assert!(world.launching.is_empty());
    world.pass(1);
    assert_eq!(world.launching.len(), 1);
    for _ in 0..6 {
        begin(&mut world);
    }
    assert!(world.launching.is_empty(), "all run");
    assert_eq!(world.state.header(world.now).notice, None);
}

#[test]
fn nobody_is_told_that_launches_are_tried_again_when_nothing_is_left_to_launch() {
    let mut world = World::new(plan(vec![simulation("a")], None), 1);
    world.event(Event::Clients(1));
    world.launching.clear();
    world.attempts.clear();
    world.event(Event::LaunchFailed { sim: 0, reason: "No space left on device".into(), of_machine: true });
    assert!(world.state.header(world.now).notice.is_some());
    drop(world.request(Request::Cancel { sims: vec![0] }));
    assert_eq!(world.state.header(world.now).notice, None);
}

#[test]
fn a_need_that_was_made_anew_while_its_dependant_ran_is_told_when_that_ends() {
    let restore = Simulation { needs: vec![Dependency::ok("boot")], ..simulation("restore") };
    let mut world = World::new(plan(vec![simulation("boot"), restore], None), 4);
    world.start(0);
    world.end(0, OutcomeKind::Ok);
    world.start(1);
    drop(world.request(Request::Retry { sims: vec![0] }));
    world.start(0);
    world.end(0, OutcomeKind::Ok);
    world.end(1, OutcomeKind::Ok);
    assert_eq!(world.state.view(1, world.now).changed, ["boot ran again"]);
}

#[test]
fn what_is_wrong_with_one_simulation_is_no_reason_to_hold_the_others() {
    let mut world = World::new(plan(vec![simulation("a"), simulation("b")], None), 1);
    world.event(Event::Clients(1));
    (world.launching, world.attempts) = Default::default();
    world.event(Event::LaunchFailed { sim: 0, reason: "a file is in the way".into(), of_machine: false });
    assert_eq!(world.state.view(0, world.now).status.word(), "not-started");
    assert!(world.launching.contains_key(&1));
}

#[test]
fn a_cancel_is_not_forgotten_when_the_launch_fails() {
    let mut world = World::new(plan(vec![simulation("a")], None), 1);
    world.event(Event::Clients(1));
    drop(world.request(Request::Cancel { sims: vec![0] }));
    (world.launching, world.attempts) = Default::default();
    let effects = world
        .state
        .handle(Event::LaunchFailed { sim: 0, reason: "No space left on device".into(), of_machine: true }, world.now);
    let is_recorded = effects.iter().any(|effect| matches!(effect, Effect::RecordCancelled { sim: 0 }));
    assert!(is_recorded, "no attempt is left that would tell the next engine");
    assert_eq!(world.state.view(0, world.now).status.word(), "cancelled");
}

#[test]
fn an_attempt_whose_directory_stayed_keeps_its_number() {
    let mut world = World::new(plan(vec![simulation("a")], None), 1);
    world.event(Event::Clients(1));
    let dir = PathBuf::from("/runs/a/attempt-1");
    let fail = |world: &mut World, is_taken_back: bool, attempt: u32| {
        assert_eq!(world.launching.remove(&0), Some(attempt));
        world.event(Event::Prepared { sim: 0, attempt, dir: dir.clone() });
        if is_taken_back {
            world.event(Event::TakenBack { sim: 0, attempt });
            world.attempts.clear();
        }
        world.event(Event::LaunchFailed { sim: 0, reason: "No space left on device".into(), of_machine: true });
        world.pass(60_000);
    };
    fail(&mut world, true, 1);
    fail(&mut world, false, 1);
    assert_eq!(world.launching.get(&0), Some(&2), "nothing is written where something is");
}

/// Starts `sim` on the build of `gem5` that has this hash.
fn start_on(world: &mut World, sim: u32, gem5: &str, hash: &str) {
    let attempt = world.launching.remove(&sim).expect("it is being launched");
    world.pass(10);
    world.event(Event::Prepared { sim, attempt, dir: PathBuf::from(format!("/runs/{sim}/attempt-{attempt}")) });
    let executable = InputFile {
        role: InputRole::Executable,
        path: gem5.into(),
        bytes: 1,
        modified_ns: 0,
        sha256: Some(hash.to_owned()),
    };
    world.event(Event::Executable { sim, attempt, executable });
    world.live.insert(sim);
    world.event(Event::Started { sim, attempt, handle: HANDLE, at: world.now });
}

#[test]
fn a_replaced_executable_is_told_for_as_long_as_results_of_both_are_shown() {
    let mut world = World::new(plan(["a", "b", "c", "d"].map(simulation).into(), None), 4);
    let notice = |world: &World| world.state.header(world.now).notice;
    // In the order of time, which is not that of the plan.
    start_on(&mut world, 2, "/x/gem5.opt", "old");
    start_on(&mut world, 0, "/y/gem5.opt", "new");
    assert_eq!(notice(&world), None, "they are two executables");
    start_on(&mut world, 3, "/x/gem5.opt", "new");
    start_on(&mut world, 1, "/x/gem5.opt", "new");
    let told = "gem5.opt was replaced during the sweep: attempts from d (attempt 1) on ran another build";
    assert_eq!(notice(&world).as_deref(), Some(told));
    // Another notice that is taken back does not take this one along.
    world.event(Event::Notice(Some("no new client can come".to_owned())));
    world.event(Event::Notice(None));
    assert_eq!(notice(&world).as_deref(), Some(told));
    world.end(2, OutcomeKind::Ok);
    drop(world.request(Request::Retry { sims: vec![2] }));
    assert_eq!(notice(&world).as_deref(), Some(told), "nothing has replaced its result yet");
    start_on(&mut world, 2, "/x/gem5.opt", "new");
    assert_eq!(notice(&world), None);
}

#[test]
fn the_time_stands_still_once_everything_has_ended() {
    let mut world = World::new(plan(vec![simulation("a")], None), 1);
    world.event(Event::Clients(1));
    world.start(0);
    world.pass(5_000);
    world.end(0, OutcomeKind::Ok);
    world.pass(3_600_000);
    let elapsed = world.state.header(world.now).elapsed;
    assert_eq!((elapsed.ms, elapsed.ticking), (5_000, false));
}

#[test]
fn what_is_added_to_a_plan_waits_runs_and_is_counted_as_if_it_had_always_been_there() {
    let mut world = World::new(plan(vec![simulation("a")], None), 1);
    world.event(Event::Clients(1));
    world.start(0);
    assert!(matches!(world.grow(0, 0), Reply::Done { .. }));
    assert_eq!(world.state.header(world.now).counts.total, 3);
    assert_eq!(world.why(1), Why::Place { wait: Wait::Cap });
    assert_eq!(world.why(2), Why::Needs { name: "a".to_owned() });
    world.end(0, OutcomeKind::Ok);
    world.start(1);
    world.end(1, OutcomeKind::Ok);
    world.start(2);
    world.end(2, OutcomeKind::Ok);
    assert_eq!(world.state.header(world.now).counts.ok, 3);
    assert!(world.ended);
}

#[test]
fn a_draining_engine_takes_nothing_more_on() {
    let mut world = World::new(plan(vec![simulation("a")], None), 1);
    world.start(0);
    drop(world.request(Request::Drain));
    assert!(matches!(world.grow(0, 0), Reply::Refused { .. }));
    assert_eq!(world.count(), 1);
}

#[test]
fn what_changed_under_a_result_is_told_when_the_plan_grows() {
    let mut world = World::new(plan(vec![simulation("a"), simulation("b")], None), 2);
    world.event(Event::Clients(1));
    world.start(0);
    world.end(0, OutcomeKind::Ok);
    let changed = (0..2).map(|sim| Changed { sim, attempt: 1, what: vec!["script changed".to_owned()] }).collect();
    let simulations = vec![simulation("c")];
    world.event(Event::Added { simulations, found: Vec::new(), changed, asked: None });
    assert!(world.state.view(0, world.now).is_outdated());
    assert_eq!(world.state.view(1, world.now).changed, Vec::<String>::new(), "it is made from what is there now");
}

#[test]
fn an_engine_ends_when_all_that_is_left_needs_what_needs_what_has_failed() {
    let needs = |name: &str, need: &str| Simulation { needs: vec![Dependency::ok(need)], ..simulation(name) };
    let mut world = World::new(plan(vec![needs("c", "b"), needs("b", "a"), simulation("a")], None), 1);
    world.start(2);
    world.end(2, OutcomeKind::Segv);
    let failed = Why::NeedFailed { name: "a".to_owned(), outcome: OutcomeKind::Segv };
    assert_eq!((world.why(0), world.why(1)), (failed.clone(), failed));
    assert!(world.ended);
}

#[test]
fn the_place_of_what_has_ended_is_free_while_the_disk_takes_what_it_wrote() {
    let mut world = World::new(plan(vec![simulation("a"), simulation("b"), simulation("c")], None), 1);
    world.start(0);
    assert!(world.launching.is_empty());
    world.over(0);
    assert_eq!((world.launching.keys().copied().collect::<Vec<_>>(), world.why(0)), (vec![1], Why::Over));
    world.start(1);
    // Its end frees no second one.
    world.end(0, OutcomeKind::Ok);
    assert!(world.launching.is_empty());
    world.end(1, OutcomeKind::Ok);
    assert_eq!(world.launching.keys().copied().collect::<Vec<_>>(), [2]);
}

#[test]
fn one_end_or_another_cap_tells_what_changed_and_not_every_row_that_waits() {
    let simulations = (0..50).map(|n| Simulation { memory: Some(2), ..simulation(&format!("s{n}")) });
    let mut world = World::new(plan(simulations.collect(), Some(5)), 2);
    world.start(0);
    world.start(1);
    world.state.take_changed();
    world.end(0, OutcomeKind::Ok);
    assert_eq!(world.state.take_changed().0, [0, 2].into(), "the one that ended, and the one that takes its place");
    drop(world.request(Request::SetCap { cap: 3 }));
    assert_eq!(world.state.take_changed().0, [].into(), "it is memory that they wait for");
    // With memory to spare it is the cap, and its number is told once for all.
    let simulations = (0..50).map(|n| simulation(&format!("s{n}")));
    let mut world = World::new(plan(simulations.collect(), None), 2);
    world.state.take_changed();
    drop(world.request(Request::SetCap { cap: 3 }));
    assert_eq!(world.state.take_changed().0, [2].into());
}
