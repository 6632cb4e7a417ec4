//! Limits of simulations, and what is left of the machine.

use std::time::Duration;

use gem5_tui::engine::state::found::{Fate, Found, FoundAttempt};
use gem5_tui::engine::state::gauges::forecast::Forecast;
use gem5_tui::engine::state::gauges::host::TreeLook;
use gem5_tui::engine::state::{Event, Observation, State, TreeSignal};
use gem5_tui::experiment::{Goal, Parameter, Retries, Simulation};
use gem5_tui::gem5::{ConsoleWord, GuestState, OutcomeKind, Phase};
use gem5_tui::protocol::{Basis, Clock, Eta, Note, QueueState, Request, Shortage, Status, Wait, Why};
use gem5_tui::rundir::Reach;
use gem5_tui::rundir::record::{Moment, StopReason};
use gem5_tui::rundir::room::Room;

use crate::world::{HANDLE, World, beginning, look, plan, simulation};

const GIB: u64 = 1 << 30;

fn stalling() -> World {
    let watched = Simulation { stall: Some(Duration::from_mins(1)), ..simulation("a") };
    let mut world = World::new(plan(vec![watched], None), 1);
    world.start(0);
    world
}

/// One look each second for so long, at a process that has used so much CPU time by then.
fn look_on(world: &mut World, seconds: u64, cpu_ms: impl Fn(u64) -> u64) {
    for second in 0..seconds {
        world.pass(1_000);
        let at_ms = world.now.boot_ms;
        world.see(0, |look| quiet(look, at_ms, cpu_ms(second)));
    }
}

fn quiet(look: &mut Observation, at_ms: u64, cpu_ms: u64) {
    look.phase = Some(Phase::Running);
    look.stopped = Some(false);
    look.written = Some(100);
    look.tree = Some(TreeLook { at_ms, cpu_ms, rss: 1 });
}

fn short(of: Shortage) -> Why {
    Why::Place { wait: Wait::Short { of } }
}

fn needs(needs: u64, basis: Basis) -> Why {
    Why::Place { wait: Wait::Memory { needs, basis } }
}

#[test]
fn a_simulation_that_does_nothing_is_ended_as_stalled() {
    let mut world = stalling();
    look_on(&mut world, 60, |_| 500);
    assert_eq!(world.stops, []);
    look_on(&mut world, 1, |_| 500);
    assert_eq!(world.stops, [(0, StopReason::Stalled { limit_ms: 60_000 })]);
    let stalled = StopReason::Stalled { limit_ms: 60_000 };
    assert!(matches!(world.why(0), Why::Stopping { reason, .. } if reason == stalled), "{:?}", world.why(0));
}

#[test]
fn a_guest_that_waits_or_has_failed_is_ended_when_its_time_is_over_and_not_while_it_goes_on() {
    let watched = |cancels_on_panic| Simulation {
        guest_stall: Some(Duration::from_mins(1)),
        cancels_on_panic,
        ..simulation("a")
    };
    let says = |state, text: &str| Some(ConsoleWord { state, file: "system.terminal".into(), text: text.into() });
    let hear = |world: &mut World, seconds: u64, guest: &Option<ConsoleWord>| {
        for _ in 0..seconds {
            world.pass(1_000);
            world.see(0, |look| {
                look.phase = Some(Phase::Running);
                look.stopped = Some(false);
                look.guest.clone_from(guest);
            });
        }
    };
    let is_stopping = |world: &World| matches!(world.why(0), Why::Stopping { reason: StopReason::Guest { .. }, .. });
    let mut world = World::new(plan(vec![watched(true)], None), 1);
    world.start(0);
    let prompt = says(GuestState::Waits, "gem5 login:");
    hear(&mut world, 59, &prompt);
    assert!(!is_stopping(&world));
    // It goes on, and waits again: its time begins anew.
    hear(&mut world, 1, &None);
    hear(&mut world, 60, &prompt);
    assert!(!is_stopping(&world));
    hear(&mut world, 1, &prompt);
    assert!(is_stopping(&world));
    for (cancels_on_panic, seconds) in [(true, 1), (false, 61)] {
        let mut world = World::new(plan(vec![watched(cancels_on_panic)], None), 1);
        world.start(0);
        let panic = says(GuestState::Failed, "Kernel panic - not syncing: x");
        hear(&mut world, seconds - 1, &panic);
        assert!(!is_stopping(&world));
        hear(&mut world, 1, &panic);
        assert!(is_stopping(&world), "{cancels_on_panic}");
    }
}

#[test]
fn silent_work_is_no_stall() {
    let mut world = stalling();
    look_on(&mut world, 600, |second| second * 300);
    assert_eq!(world.stops, []);
}

#[test]
fn a_paused_simulation_does_not_stall_and_has_its_whole_time_afterwards() {
    let mut world = stalling();
    look_on(&mut world, 50, |_| 500);
    drop(world.request(Request::Pause { sims: vec![0] }));
    for _ in 0..500 {
        world.pass(1_000);
        world.see(0, |look| look.stopped = Some(true));
    }
    drop(world.request(Request::Resume { sims: vec![0] }));
    look_on(&mut world, 9, |_| 500);
    assert_eq!(world.stops, []);
    look_on(&mut world, 2, |_| 500);
    assert_eq!(world.stops.len(), 1);
}

#[test]
fn nobody_is_ended_for_what_could_not_be_looked_at() {
    let mut world = stalling();
    look_on(&mut world, 5, |_| 500);
    // The disk does not answer for an hour: no look comes.
    world.pass(3_600_000);
    assert_eq!(world.stops, []);
    let at_ms = world.now.boot_ms;
    world.see(0, |look| {
        quiet(look, at_ms, 500);
        look.written = None;
    });
    assert_eq!(world.stops, []);
}

#[test]
fn an_output_beyond_its_limit_ends_the_simulation() {
    let limited = Simulation { max_output: Some(GIB), ..simulation("a") };
    let mut world = World::new(plan(vec![limited], None), 1);
    world.start(0);
    world.see(0, |look| look.output = Some((2_000, GIB)));
    assert_eq!(world.stops, []);
    world.see(0, |look| look.output = Some((12_000, GIB + 1)));
    assert_eq!(world.stops, [(0, StopReason::Output { bytes: GIB + 1, limit: GIB })]);
}

#[test]
fn a_sleep_of_the_whole_machine_is_no_run_time_and_no_part_of_a_grace() {
    let limited = Simulation { timeout: Some(Duration::from_secs(10)), ..simulation("a") };
    let mut world = World::new(plan(vec![limited, simulation("b")], None), 2);
    world.start(0);
    world.start(1);
    drop(world.request(Request::Cancel { sims: vec![1] }));
    world.now.boot_ms += 3_600_000;
    world.event(Event::Slept(3_600_000));
    world.event(Event::Timer);
    assert_eq!(world.stops, [(1, StopReason::Cancelled)]);
    assert_eq!(world.signals, [(1, TreeSignal::Ladder(gem5_tui::protocol::Step::Interrupt))]);
    assert!(world.state.view(0, world.now).attempts[0].host_time_tainted);
    world.pass(10_000);
    assert_eq!(world.stops.last(), Some(&(0, StopReason::Timeout { limit_ms: 10_000 })));
}

#[test]
fn stats_are_asked_for_in_step_from_the_start_and_only_while_it_simulates() {
    let polled = Simulation { poll_stats: Some(Duration::from_mins(1)), ..simulation("a") };
    let mut world = World::new(plan(vec![polled], None), 1);
    world.start(0);
    let polls = |world: &World| world.signals.iter().filter(|(_, signal)| *signal == TreeSignal::PollStats).count();
    world.see(0, |look| look.phase = Some(Phase::Building));
    world.pass(70_000);
    assert_eq!(polls(&world), 0, "it is still building");
    world.see(0, |look| look.phase = Some(Phase::Running));
    assert_eq!(world.state.next_deadline(world.now), Some(world.now.boot_ms + 50_000));
    world.pass(50_000);
    assert_eq!(polls(&world), 1);
    drop(world.request(Request::Pause { sims: vec![0] }));
    assert_eq!(world.state.next_deadline(world.now), None);
    world.pass(600_000);
    assert_eq!(polls(&world), 1, "it is paused");
    drop(world.request(Request::Resume { sims: vec![0] }));
    world.pass(60_000);
    assert_eq!(polls(&world), 2);
    // Late by more than a period: one dump tells all that several would.
    world.pass(300_000);
    assert_eq!(polls(&world), 3);
    drop(world.request(Request::Cancel { sims: vec![0] }));
    world.pass(59_000);
    assert_eq!(polls(&world), 3, "it is stopping");
}

fn room(percent: u64) -> Room {
    Room { free: percent * GIB, total: 100 * GIB }
}

#[test]
fn little_memory_holds_the_queue_until_there_is_clearly_more() {
    let mut world = World::new(plan(vec![simulation("a"), simulation("b")], None), 1);
    world.start(0);
    world.room(room(9), room(50));
    world.end(0, OutcomeKind::Ok);
    assert_eq!(world.why(1), short(Shortage::Memory));
    let notice = world.state.header(world.now).notice.unwrap();
    assert!(notice.contains("9 GiB of 100 GiB memory are left"), "{notice}");
    assert_eq!(world.state.header(world.now).queue, QueueState::Open, "nobody has paused it");
    world.room(room(14), room(50));
    assert!(world.launching.is_empty());
    world.room(room(15), room(50));
    assert!(world.launching.contains_key(&1));
    assert_eq!(world.state.header(world.now).notice, None);
}

#[test]
fn a_nearly_full_disk_holds_the_queue_and_ends_nobody() {
    let mut world = World::new(plan(vec![simulation("a"), simulation("b")], None), 1);
    world.start(0);
    let disk = |mib: u64| Room { free: mib << 20, total: 20 * GIB };
    world.room(room(50), disk(255));
    world.end(0, OutcomeKind::Ok);
    assert_eq!(world.why(1), short(Shortage::Disk));
    world.room(room(50), disk(300));
    assert!(world.launching.is_empty());
    world.room(room(50), disk(330));
    assert!(world.launching.contains_key(&1));
    assert_eq!(world.stops, []);
}

#[test]
fn a_shortage_that_passes_does_not_open_a_queue_that_a_person_paused() {
    let mut world = World::new(plan(vec![simulation("a"), simulation("b")], None), 1);
    world.event(Event::Clients(1));
    world.start(0);
    drop(world.request(Request::SetQueue { queue: QueueState::Paused }));
    world.room(room(1), room(50));
    world.end(0, OutcomeKind::Ok);
    world.room(room(50), room(50));
    assert_eq!((world.why(1), world.launching.is_empty()), (Why::Place { wait: Wait::QueuePaused }, true));
}

#[test]
fn below_the_free_space_that_must_stay_the_one_that_writes_most_ends_and_then_the_next_if_it_shrinks_on() {
    let all = vec![simulation("idle"), simulation("slow"), simulation("fast"), simulation("waits")];
    let mut world = World::new(gem5_tui::experiment::Plan { min_free_disk: Some(10 * GIB), ..plan(all, None) }, 3);
    (0..3).for_each(|sim| world.start(sim));
    for (step, at_ms) in [(1, 2_000), (2, 12_000)] {
        for (sim, rate) in [(0, 0), (1, GIB), (2, 5 * GIB)] {
            world.see(sim, |look| look.output = Some((at_ms, 50 * GIB + step * rate)));
        }
    }
    world.room(room(50), room(19));
    assert_eq!(world.stops, [], "below twice the limit only the queue is held");
    world.room(room(50), room(9));
    let stop = |sim, free| (sim, StopReason::DiskFull { free, limit: 10 * GIB });
    assert_eq!(world.stops, [stop(2, 9 * GIB)]);
    world.room(room(50), room(7));
    assert_eq!(world.stops.len(), 1, "one at a time");
    world.end(2, OutcomeKind::Disk);
    world.room(room(50), room(9));
    assert_eq!(world.stops.len(), 1, "it became no less");
    world.room(room(50), room(5));
    assert_eq!(world.stops, [stop(2, 9 * GIB), stop(1, 5 * GIB)]);
    world.end(1, OutcomeKind::Disk);
    world.room(room(50), room(1));
    assert_eq!(world.stops.len(), 2, "the last one writes nothing");
    assert_eq!(world.why(3), short(Shortage::Disk));
}

fn with_memory(name: &str, memory: u64) -> Simulation {
    Simulation { memory: Some(memory * GIB), ..simulation(name) }
}

fn tree(rss: u64) -> impl Fn(&mut Observation) {
    move |look| look.tree = Some(TreeLook { at_ms: 2_000, cpu_ms: 0, rss: rss * GIB })
}

#[test]
fn what_a_simulation_really_uses_counts_when_it_is_more_than_it_declared() {
    let mut world = World::new(plan(vec![with_memory("a", 4), with_memory("b", 4)], Some(10 * GIB)), 1);
    world.start(0);
    world.see(0, tree(7));
    drop(world.request(Request::SetCap { cap: 2 }));
    assert_eq!((world.why(1), world.free()), (needs(4 * GIB, Basis::Declared), 3 * GIB));
    let more = Note::UsesMore { rss: 7 * GIB, declared: 4 * GIB };
    assert_eq!(world.state.view(0, world.now).notes, [more]);
    let memory = world.state.header(world.now).memory.unwrap();
    assert_eq!((memory.used, memory.seen), (7 * GIB, 7 * GIB));
    // It counts the same when it is run again.
    world.end(0, OutcomeKind::Segv);
    world.start(1);
    drop(world.request(Request::Retry { sims: vec![0] }));
    assert_eq!((world.why(0), world.free()), (needs(7 * GIB, Basis::Seen), 6 * GIB));
}

#[test]
fn one_that_declares_nothing_counts_as_its_finished_neighbours() {
    let point =
        |name: &str, size: &str| Simulation { parameters: vec![Parameter::text("size", size)], ..simulation(name) };
    let mut world = World::new(plan(vec![point("a", "1"), point("b", "2"), point("c", "3")], Some(10 * GIB)), 1);
    world.start(0);
    world.see(0, tree(6));
    world.end(0, OutcomeKind::Ok);
    world.start(1);
    world.see(1, tree(1));
    drop(world.request(Request::SetCap { cap: 3 }));
    assert_eq!((world.why(2), world.free()), (needs(6 * GIB, Basis::Neighbours), 4 * GIB));
}

#[test]
fn a_retry_after_oom_is_counted_with_more_memory_and_still_gets_its_turn() {
    let retries = Retries { any: 2, ..Retries::default() };
    let eater = Simulation { retries, ..with_memory("eater", 6) };
    let mut world = World::new(plan(vec![eater, with_memory("b", 2)], Some(10 * GIB)), 2);
    world.start(0);
    world.start(1);
    world.end(0, OutcomeKind::Oom);
    let again = Why::TriedAgain { outcome: OutcomeKind::Oom, left_ms: 1_000, memory: Some(9 * GIB), limit_ms: None };
    assert_eq!(world.why(0), again);
    world.pass(1_000);
    assert_eq!((world.why(0), world.free()), (needs(9 * GIB, Basis::AfterOom), 8 * GIB));
    world.end(1, OutcomeKind::Ok);
    world.start(0);
    world.end(0, OutcomeKind::Oom);
    world.pass(2_000);
    assert!(world.launching.contains_key(&0), "more than the whole budget means alone, not never");
}

#[test]
fn a_retry_that_has_more_tells_it_before_it_happens_and_what_a_person_asks_for_has_what_the_file_says() {
    let retry = |times: &str| serde_json::from_str(times).unwrap();
    let retries = Retries {
        any: 0,
        by_outcome: [
            ("oom".to_owned(), retry(r#"{"times": 3, "memory": 2}"#)),
            ("timeout".to_owned(), retry(r#"{"times": 3, "time": 1.5}"#)),
        ]
        .into(),
    };
    let limited = Simulation { retries, timeout: Some(Duration::from_secs(100)), ..with_memory("a", 6) };
    let mut world = World::new(plan(vec![limited], None), 1);
    let again =
        |outcome, left_ms, memory: Option<u64>, limit_ms| Why::TriedAgain { outcome, left_ms, memory, limit_ms };
    world.start(0);
    world.end(0, OutcomeKind::Oom);
    assert_eq!(world.why(0), again(OutcomeKind::Oom, 1_000, Some(12 * GIB), None));
    world.pass(1_000);
    world.start(0);
    world.end(0, OutcomeKind::Timeout);
    assert_eq!(world.why(0), again(OutcomeKind::Timeout, 2_000, Some(12 * GIB), Some(150_000)));
    world.pass(2_000);
    world.start(0);
    world.pass(149_999);
    assert_eq!(world.stops, [], "the limit of this attempt is a longer one");
    world.pass(1);
    assert_eq!(world.stops, [(0, StopReason::Timeout { limit_ms: 150_000 })]);
    world.end(0, OutcomeKind::Timeout);
    world.pass(4_000);
    world.start(0);
    world.end(0, OutcomeKind::Segv);
    drop(world.request(Request::Retry { sims: vec![0] }));
    world.start(0);
    world.pass(100_000);
    assert_eq!(world.stops.last(), Some(&(0, StopReason::Timeout { limit_ms: 100_000 })));
}

#[test]
fn progress_is_told_from_evidence_and_its_absence_is_told_too() {
    let goal = Simulation { goal: Some(Goal::Ticks(1_000)), ..simulation("a") };
    let mut world = World::new(plan(vec![goal], None), 1);
    world.start(0);
    world.see(0, |look| look.phase = Some(Phase::Running));
    assert_eq!(world.why(0), Why::Untold);
    let told = |world: &mut World, ticks: u64| {
        world.pass(10_000);
        world.see(0, |look| {
            look.seen.ticks = Some(ticks);
            look.seen.begun_at = Some(0);
        });
        world.state.view(0, world.now).progress
    };
    assert_eq!(told(&mut world, 0).eta, None);
    assert_eq!(world.why(0), Why::Untold);
    let progress = told(&mut world, 100);
    assert_eq!((progress.fraction, world.why(0)), (Some(0.1), Why::Nothing));
    assert_eq!(progress.eta, Some(Eta { low_ms: 45_000, high_ms: 180_000 }));
    assert_eq!(world.state.header(world.now).eta, progress.eta);
}

#[test]
fn the_sweep_takes_as_long_as_the_neighbours_tell_and_without_any_nothing_is_told() {
    let all = (0..5).map(|i| simulation(&format!("s{i}"))).collect();
    let mut world = World::new(plan(all, None), 2);
    assert_eq!(world.state.header(world.now).eta, None);
    world.start(0);
    world.start(1);
    world.pass(10_000);
    world.end(0, OutcomeKind::Ok);
    // The world says that each ran for 5 ms. One that has run longer than all before it cannot be told.
    assert_eq!(world.state.header(world.now).eta, None);
    world.end(1, OutcomeKind::Ok);
    let eta = world.state.header(world.now).eta.unwrap();
    assert!(eta.low_ms >= 6 && eta.low_ms <= 10 && eta.high_ms >= 10 && eta.high_ms <= 16, "{eta:?}");
}

#[test]
fn the_nearest_neighbours_tell_more_than_all_others() {
    let point = |name: &str, workload: &str, size: &str| {
        let parameters = vec![Parameter::text("workload", workload), Parameter::text("size", size)];
        Simulation { parameters, ..simulation(name) }
    };
    let all = [point("a", "chase", "1"), point("b", "stream", "2"), point("c", "stream", "1"), point("d", "sort", "4")];
    let mut forecast = Forecast::new(&all);
    assert_eq!((forecast.run_time(2), forecast.memory(2)), (None, None));
    forecast.learn(0, 100_000, 8 * GIB);
    assert_eq!(forecast.run_time(3), Some(Eta { low_ms: 50_000, high_ms: 200_000 }), "nothing nearer is known");
    forecast.learn(1, 1_000, GIB);
    // Both differ from it in one parameter.
    assert_eq!(forecast.run_time(2), Some(Eta { low_ms: 750, high_ms: 150_000 }));
    assert_eq!(forecast.memory(2), Some(8 * GIB));
    let mut near = Forecast::new(&[point("x", "sort", "9"), point("y", "stream", "2"), point("z", "stream", "3")]);
    near.learn(0, 100_000, 8 * GIB);
    near.learn(1, 1_000, GIB);
    assert_eq!((near.run_time(2), near.memory(2)), (Some(Eta { low_ms: 500, high_ms: 2_000 }), Some(GIB)));
}

#[test]
fn host_time_of_a_paused_attempt_is_wrong_and_says_so() {
    let mut world = World::new(plan(vec![simulation("a")], None), 1);
    world.event(Event::Clients(1));
    world.start(0);
    let tainted = |world: &World| world.state.view(0, world.now).attempts[0].host_time_tainted;
    assert!(!tainted(&world));
    drop(world.request(Request::Pause { sims: vec![0] }));
    world.pass(5_000);
    drop(world.request(Request::Resume { sims: vec![0] }));
    assert!(tainted(&world));
    world.end(0, OutcomeKind::Ok);
    assert!(tainted(&world));
    assert!(matches!(world.state.view(0, world.now).status, Status::Ended { .. }));
}

#[test]
fn the_time_in_a_phase_stands_still_in_a_pause() {
    let mut world = World::new(plan(vec![simulation("a")], None), 1);
    world.start(0);
    world.pass(4_000);
    world.see(0, |look| look.phase = Some(Phase::Running));
    world.pass(3_000);
    drop(world.request(Request::Pause { sims: vec![0] }));
    world.pass(9_000);
    let clock = world.state.view(0, world.now).in_phase.unwrap();
    assert_eq!((clock.ms, clock.ticking), (3_000, false));
}

#[test]
fn what_was_begun_by_an_earlier_engine_has_run_since_then_and_no_time_is_made_up() {
    let at = |boot_ms| Moment { unix_ms: 0, boot_ms, boot: None };
    let runs = |started| {
        let fate = Fate::Runs { reach: Reach::Direct, handle: HANDLE, paused_ms: 0, paused_since: None };
        let attempt = FoundAttempt { started: Some(at(started)), ..FoundAttempt::new(1, "/runs/attempt-1", fate) };
        Found { attempts: vec![attempt], ..Found::default() }
    };
    let now = at(70_000);
    let beginning = beginning(vec![runs(10_000), runs(60_000)], 2);
    let mut state = State::new(plan(vec![simulation("a"), simulation("b")], None), beginning, now);
    state.handle(Event::Observed(Observation { phase: Some(Phase::Building), ..look(1, 1, now) }), now);
    assert_eq!(state.header(now).elapsed, Clock { ms: 60_000, ticking: true });
    let in_phase = |sim: u32| state.view(sim, now).in_phase;
    assert_eq!(in_phase(0), Some(Clock { ms: 60_000, ticking: true }), "the first phase is as old as the process");
    assert_eq!(in_phase(1), None, "nobody saw when it came into this one");
}
