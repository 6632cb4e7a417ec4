//! When the time is up: what is not begun, what is asked to finish, and what becomes of both.

use std::collections::BTreeMap;
use std::time::Duration;

use gem5_tui::engine::state::deadline::Deadline;
use gem5_tui::engine::state::found::{Fate, Found, FoundAttempt};
use gem5_tui::engine::state::{Event, State, TreeSignal};
use gem5_tui::experiment::{Dependency, Retries, Simulation, When};
use gem5_tui::gem5::{Outcome, OutcomeKind};
use gem5_tui::protocol::{Request, Status, Step, Wait, Why};
use gem5_tui::rundir::evidence::Ended;
use gem5_tui::rundir::record::{Moment, StopReason};
use proptest::prelude::*;

use crate::world::told::Told;
use crate::world::{World, beginning, plan, random_plan, simulation};

/// The worlds here begin at 0, and their time is up after ten minutes, with a margin of one.
const END: i64 = 600_000;
const FINISH: u64 = 540_000;

fn taking(name: &str, minutes: u64) -> Simulation {
    Simulation { time: Some(Duration::from_mins(minutes)), ..simulation(name) }
}

fn world(simulations: Vec<Simulation>, cap: u32) -> World {
    World::until(plan(simulations, None), cap, deadline)
}

fn deadline(now: Moment) -> Deadline {
    Deadline::new(END, Some(Duration::from_mins(1)), now)
}

fn late(needs_ms: Option<u64>) -> Why {
    Why::Place { wait: Wait::Time { needs_ms, until_unix_ms: END } }
}

#[test]
fn what_lost_its_place_in_a_batch_system_starts_again_at_once_and_uses_up_no_retry() {
    let mut world = World::new(plan(vec![simulation("a"), simulation("b")], None), 1);
    for number in 1..=3 {
        assert_eq!(world.launching.get(&0), Some(&number));
        world.start(0);
        world.end(0, OutcomeKind::Interrupted);
        assert_eq!(world.state.sim(0).retries_made, 0);
    }
}

#[test]
fn a_cancelled_one_does_not_start_again_whatever_ended_it_first() {
    let mut world = World::new(plan(vec![simulation("a")], None), 1);
    world.start(0);
    drop(world.request(Request::Cancel { sims: vec![0] }));
    world.end(0, OutcomeKind::Interrupted);
    assert!(world.launching.is_empty());
}

#[test]
fn a_job_that_is_said_to_be_over_is_retried_though_nobody_saw_it_start() {
    for is_gone in [false, true] {
        let retries = Retries { any: 1, by_outcome: BTreeMap::new() };
        let mut world = World::new(plan(vec![Simulation { retries, ..simulation("a") }], None), 1);
        let outcome = Outcome::new(OutcomeKind::Lost, "its node failed");
        let ended = Ended { is_gone, ..Ended::of(outcome) };
        world.submit(0, "Priority");
        world.submitted.remove(&0);
        let attempt = world.launching.remove(&0).unwrap();
        world.event(Event::Ended { sim: 0, attempt, ended });
        assert_eq!(world.state.view(0, world.now).status.word() == "backoff", is_gone);
    }
}

#[test]
fn nothing_is_launched_that_cannot_finish_and_the_engine_ends_with_it_left() {
    let mut world = world(vec![taking("long", 20), taking("short", 5), simulation("unknown")], 1);
    assert_eq!(world.why(0), late(Some(1_200_000)));
    world.start(1);
    world.pass(60_000);
    world.end(1, OutcomeKind::Ok);
    world.start(2);
    world.end(2, OutcomeKind::Ok);
    assert!(world.ended, "what is left does not start in the time that there is");
    let header = world.state.header(world.now);
    assert_eq!((header.later, header.counts.queued, header.counts.ok), (1, 1, 2));
}

#[test]
fn a_timeout_counts_where_no_time_is_given_and_margin_is_no_time_to_run() {
    let timeout = |minutes| Some(Duration::from_mins(minutes));
    let nine = Simulation { timeout: timeout(9), ..simulation("nine") };
    let ten = Simulation { timeout: timeout(10), ..simulation("ten") };
    let quick = Simulation { time: timeout(1), timeout: timeout(90), ..simulation("quick") };
    let world = world(vec![nine, ten, quick], 3);
    assert_eq!(world.launching.keys().copied().collect::<Vec<_>>(), [0, 2]);
    assert_eq!(world.why(1), late(Some(600_000)));
}

#[test]
fn what_would_begin_too_late_by_now_waits_although_it_had_time_before() {
    let mut world = world(vec![simulation("a"), taking("b", 5)], 1);
    world.start(0);
    assert_eq!(world.why(1), Why::Place { wait: Wait::Cap });
    world.pass(300_000);
    world.end(0, OutcomeKind::Ok);
    assert_eq!(world.why(1), late(Some(300_000)));
    assert!(world.ended);
}

#[test]
fn what_needs_what_is_left_is_left_too_and_keeps_no_engine_alive() {
    let needs = |name: &str, need: &str, when| {
        let needs = vec![Dependency { name: need.into(), when }];
        Simulation { needs, ..simulation(name) }
    };
    let rows = vec![needs("c", "b", When::Ended), needs("b", "a", When::Ok), taking("a", 20), simulation("d")];
    let mut world = world(rows, 2);
    let left = Why::NeedsLater { name: "a".into() };
    assert_eq!((world.why(0), world.why(1), world.why(2)), (left.clone(), left, late(Some(1_200_000))));
    world.start(3);
    world.end(3, OutcomeKind::Ok);
    assert!(world.ended);
    assert_eq!(world.state.header(world.now).later, 3);
}

#[test]
fn what_runs_is_asked_to_finish_and_is_queued_again_without_a_retry() {
    let retried =
        |name: &str| Simulation { retries: Retries { any: 3, by_outcome: BTreeMap::new() }, ..simulation(name) };
    let mut world = world(vec![retried("a"), simulation("b"), simulation("c")], 2);
    world.start(0);
    world.start(1);
    drop(world.request(Request::Pause { sims: vec![1] }));
    assert!(world.launching.contains_key(&2), "the place of a paused one");
    world.pass(FINISH - 1);
    assert_eq!(world.stops, []);
    assert_eq!(world.state.next_deadline(world.now), Some(world.now.boot_ms + 1));
    world.pass(1);
    let reason = StopReason::TimeUp { at_unix_ms: END };
    assert_eq!(world.stops, [(0, reason), (1, reason)]);
    assert!(world.signals.contains(&(1, TreeSignal::Continue)), "a stopped process would never take it");
    // One that was just being launched is asked as soon as it is there.
    world.start(2);
    world.event(Event::Timer);
    assert_eq!(world.stops.last(), Some(&(2, reason)));
    // All of the margin but what records need.
    let stage = world.state.view(0, world.now).status;
    assert!(matches!(stage, Status::Stopping { stage } if stage.left_ms == Some(50_000)), "{stage:?}");
    world.pass(49_999);
    assert!(!world.signals.contains(&(0, TreeSignal::Ladder(Step::Terminate))));
    for sim in 0..3 {
        world.end(sim, OutcomeKind::Interrupted);
        assert_eq!((world.state.view(sim, world.now).status.word(), world.why(sim)), ("queued", late(None)));
        assert_eq!(world.state.sim(sim).retries_made, 0);
    }
    let header = world.state.header(world.now);
    assert!(world.ended);
    assert_eq!((header.later, header.counts.not_ok), (3, 0));
}

#[test]
fn a_cancel_of_what_is_asked_to_finish_is_one() {
    let mut world = world(vec![simulation("a")], 1);
    world.start(0);
    world.pass(FINISH);
    drop(world.request(Request::Cancel { sims: vec![0] }));
    assert_eq!(world.stops.last(), Some(&(0, StopReason::Cancelled)));
    world.end(0, OutcomeKind::Cancelled);
    assert_eq!(world.state.view(0, world.now).status.word(), "cancelled");
}

#[test]
fn the_next_engine_starts_it_again_and_a_look_says_why_it_waits() {
    let outcome = Outcome::new(OutcomeKind::Interrupted, "its time was up, stats kept (dump 1)");
    let fate = Fate::Ended { ended: Ended::of(outcome), at: None };
    let stop = Some((StopReason::TimeUp { at_unix_ms: END }, true));
    let attempt = FoundAttempt { stop, retries_made: Some(2), ..FoundAttempt::new(1, "/runs/a/attempt-1", fate) };
    let found = Found { attempts: vec![attempt], ..Found::default() };
    let now = Moment { unix_ms: END + 1, boot_ms: 5, boot: None };
    let mut state = State::new(plan(vec![simulation("a")], None), beginning(vec![found], 1), now);
    assert_eq!(state.view(0, now).why, Why::Place { wait: Wait::Interrupted });
    state.handle(Event::Timer, now);
    assert_eq!((state.view(0, now).status, state.sim(0).retries_made), (Status::Launching, 2));
}

#[test]
fn a_short_time_is_not_all_margin() {
    let now = Moment { unix_ms: 0, boot_ms: 0, boot: None };
    let margin = |minutes: i64, given| Deadline::new(minutes * 60_000, given, now).margin_ms();
    assert_eq!((margin(600, None), margin(5, None)), (120_000, 30_000));
    assert_eq!(margin(5, Some(Duration::from_mins(4))), 240_000);
    assert_eq!(margin(-5, None), 0, "what is over is over");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn no_event_begins_anything_behind_the_end_or_keeps_the_engine(
        steps in prop::collection::vec((any::<u16>(), any::<u32>(), any::<u64>()), 0..150),
        cap in 1_u32..5,
    ) {
        let mut world = World::until(random_plan(), cap, deadline);
        world.told = Some(Told::default());
        for (choice, pick, number) in steps {
            world.step(choice, pick, number);
        }
        world.deaf.clear();
        // What is held back starts when somebody lets it go.
        world.held.clear();
        world.pass(2 * FINISH);
        while let Some(&sim) = world.launching.keys().next().filter(|_| !world.ended) {
            world.start(sim);
        }
        world.event(Event::Timer);
        while let Some(&sim) = world.live.first().filter(|_| !world.ended) {
            let is_asked = matches!(world.state.view(sim, world.now).status, Status::Stopping { .. });
            prop_assert!(is_asked, "{sim} is {:?}", world.state.view(sim, world.now).status);
            world.end(sim, OutcomeKind::Interrupted);
            prop_assert!(world.launching.is_empty(), "launched behind the end");
        }
        prop_assert!(world.ended || world.state.header(world.now).counts.not_ended() == 0);
    }
}

/// An engine in a job of its own hands in others, which have their own time and go on without it.
#[test]
fn jobs_of_a_batch_system_are_not_ended_with_the_time_of_their_engine() {
    let slurm = || gem5_tui::experiment::executor::StartedBy::Slurm(Box::default());
    let job = |name: &str| Simulation { executor: slurm(), ..taking(name, 600) };
    let mut world = world(vec![job("runs"), job("waits"), job("comes")], 2);
    for sim in [0, 1] {
        world.submit(sim, "Priority");
    }
    let job = gem5_tui::protocol::Handle::Job(crate::world::job());
    world.event(Event::Started { sim: 0, attempt: 1, handle: job, at: world.now });
    world.pass(FINISH + 1);
    assert_eq!((world.stops.len(), world.ended), (0, true), "the next engine finds them");
    assert_eq!(world.why(2), late(None));
}
