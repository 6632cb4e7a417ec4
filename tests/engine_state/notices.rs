//! What is told to those who do not look: of each thing one notice, and none twice.

use std::time::Duration;

use gem5_tui::engine::state::found::{Fate, Found, FoundAttempt};
use gem5_tui::engine::state::gauges::host::TreeLook;
use gem5_tui::engine::state::notices::{Happened, Notice};
use gem5_tui::engine::state::{Beginning, Effect, Event, State};
use gem5_tui::experiment::{Plan, Retries, Simulation, StopAfter};
use gem5_tui::gem5::{Outcome, OutcomeKind, Phase};
use gem5_tui::protocol::Request;
use gem5_tui::rundir::Reach;
use gem5_tui::rundir::evidence::Ended;
use gem5_tui::rundir::record::{Moment, NoticesRecord};
use gem5_tui::rundir::room::Room;

use crate::world::{HANDLE, World, beginning, look, plan, simulation};

/// A minute and more: by then the next notice of a kind may come.
const APART_MS: u64 = 61_000;

/// So many simulations, and an item of `notify` for each of these lists.
fn sweep(count: u32, on: &[serde_json::Value]) -> Plan {
    let simulations: Vec<Simulation> = (0..count).map(|n| simulation(&format!("s{n}"))).collect();
    let rule = |on: &serde_json::Value| {
        serde_json::from_value(serde_json::json!({ "on": on, "run": ["tell"] })).expect("it is a rule")
    };
    Plan { notify: on.iter().map(rule).collect(), ..plan(simulations, None) }
}

fn on(words: &[&str]) -> serde_json::Value {
    serde_json::json!(words)
}

fn below(limit: f64) -> serde_json::Value {
    serde_json::json!([{ "stat": { "stat": "ipc", "side": "below", "value": limit } }])
}

/// What was told since the last time, with the item that it was told by.
fn told(world: &mut World) -> Vec<(u32, Notice)> {
    let notice = |effect| match effect {
        Effect::Notify { rule, notice } => Some((rule, *notice)),
        _ => None,
    };
    std::mem::take(&mut world.records).into_iter().filter_map(notice).collect()
}

fn events(told: &[(u32, Notice)]) -> Vec<(u32, Happened, u32)> {
    told.iter().map(|(rule, notice)| (*rule, notice.event, notice.count)).collect()
}

#[test]
fn four_hundred_failures_in_a_second_are_one_notice_with_their_number() {
    let mut world = World::new(sweep(401, &[on(&["failed"])]), 401);
    for sim in 0..400 {
        world.start(sim);
        world.end(sim, OutcomeKind::Panic);
    }
    assert_eq!(events(&told(&mut world)), [], "it waits for others");
    world.pass(2_000);
    let all = told(&mut world);
    assert_eq!(events(&all), [(0, Happened::Failed, 400)]);
    let notice = &all[0].1;
    assert_eq!((notice.simulation.as_deref(), notice.attempt, notice.outcome), (Some("s0"), Some(1), Some("panic")));
    assert_eq!((notice.simulations.len(), notice.counts.not_ok), (20, 400));
    world.pass(APART_MS);
    assert_eq!(events(&told(&mut world)), [], "none is told again");
}

#[test]
fn failures_that_trickle_in_are_told_once_in_a_minute() {
    let mut world = World::new(sweep(41, &[on(&["failed"])]), 41);
    let mut all = Vec::new();
    for sim in 0..40 {
        world.start(sim);
        world.end(sim, OutcomeKind::Segv);
        world.pass(3_000);
        all.extend(told(&mut world));
    }
    world.pass(APART_MS);
    all.extend(told(&mut world));
    assert!(all.len() <= 4, "{:?}", events(&all));
    assert_eq!(all.iter().map(|(_, notice)| notice.count).sum::<u32>(), 40);
}

#[test]
fn what_is_tried_again_cancelled_or_ok_is_no_failure() {
    let mut sweep = sweep(3, &[on(&["failed"])]);
    sweep.simulations[0].retries = Retries { any: 1, ..Retries::default() };
    let mut world = World::new(sweep, 3);
    for sim in 0..3 {
        world.start(sim);
    }
    world.end(0, OutcomeKind::Panic);
    world.request(Request::Cancel { sims: vec![1] });
    world.end(1, OutcomeKind::Cancelled);
    world.end(2, OutcomeKind::Ok);
    world.pass(2_500);
    assert_eq!(events(&told(&mut world)), []);
    world.start(0);
    world.end(0, OutcomeKind::Panic);
    world.pass(2_500);
    let all = told(&mut world);
    assert_eq!((events(&all), all[0].1.attempt), (vec![(0, Happened::Failed, 1)], Some(2)));
}

#[test]
fn the_end_of_all_is_told_once_behind_the_failures_and_again_after_a_retry() {
    let mut world = World::new(sweep(2, &[on(&["failed", "done"]), on(&["done"])]), 2);
    world.event(Event::Clients(1));
    for (sim, kind) in [(0, OutcomeKind::Ok), (1, OutcomeKind::Fatal)] {
        world.start(sim);
        world.end(sim, kind);
    }
    let all = told(&mut world);
    assert_eq!(events(&all), [(0, Happened::Failed, 1), (0, Happened::Done, 0), (1, Happened::Done, 0)]);
    assert_eq!((all[1].1.counts.ok, all[1].1.counts.not_ok), (1, 1));
    world.pass(APART_MS);
    assert_eq!(events(&told(&mut world)), []);
    world.request(Request::Retry { sims: vec![1] });
    world.start(1);
    world.end(1, OutcomeKind::Ok);
    assert_eq!(events(&told(&mut world)), [(0, Happened::Done, 0), (1, Happened::Done, 0)]);
}

#[test]
fn nothing_is_done_while_something_is_held_back() {
    let mut world = World::new(sweep(2, &[on(&["done"])]), 1);
    world.event(Event::Clients(1));
    world.request(Request::Pause { sims: vec![1] });
    world.start(0);
    world.end(0, OutcomeKind::Ok);
    world.pass(APART_MS);
    assert_eq!(events(&told(&mut world)), []);
}

#[test]
fn a_queue_that_pauses_itself_says_so_at_once() {
    let plan = Plan { stop_after: StopAfter { alike: 3 }, ..sweep(9, &[on(&["failed"])]) };
    let mut world = World::new(plan, 1);
    world.event(Event::Clients(1));
    for sim in 0..3 {
        world.start(sim);
        world.end(sim, OutcomeKind::Fatal);
    }
    let all = told(&mut world);
    assert_eq!(events(&all), [(0, Happened::Failed, 3)]);
    assert!(all[0].1.text.contains("queue paused"), "{}", all[0].1.text);
}

#[test]
fn a_stall_is_told_as_it_is_found_and_its_end_only_to_those_who_heard_nothing() {
    let mut plan = sweep(1, &[on(&["stalled", "failed"]), on(&["failed"])]);
    plan.simulations[0].stall = Some(Duration::from_mins(1));
    let mut world = World::new(plan, 1);
    world.event(Event::Clients(1));
    world.start(0);
    for _ in 0..64 {
        world.pass(1_000);
        let at_ms = world.now.boot_ms;
        world.see(0, |look| {
            (look.phase, look.stopped, look.written) = (Some(Phase::Running), Some(false), Some(100));
            look.tree = Some(TreeLook { at_ms, cpu_ms: 500, rss: 1 });
        });
    }
    let all = told(&mut world);
    assert_eq!(events(&all), [(0, Happened::Stalled, 1)]);
    assert!(all[0].1.reason.as_deref().is_some_and(|reason| reason.contains("1m")), "{:?}", all[0].1);
    world.end(0, OutcomeKind::Stalled);
    world.pass(APART_MS);
    assert_eq!(events(&told(&mut world)), [(1, Happened::Failed, 1)]);
}

#[test]
fn a_disk_that_becomes_short_is_told_once_until_it_is_short_again() {
    let mut world = World::new(sweep(2, &[on(&["disk"])]), 1);
    let room = |free: u64| Room { free: free << 30, total: 100 << 30 };
    let (enough, low) = (room(90), Room { free: 100 << 20, total: 100 << 30 });
    for disk in [enough, low, low, low] {
        world.room(enough, disk);
    }
    let all = told(&mut world);
    assert_eq!((events(&all), all[0].1.simulation.is_none()), (vec![(0, Happened::Disk, 0)], true));
    assert!(all[0].1.text.contains("100 MiB"), "{}", all[0].1.text);
    world.pass(APART_MS);
    for disk in [enough, low] {
        world.room(enough, disk);
    }
    assert_eq!(events(&told(&mut world)), [(0, Happened::Disk, 0)]);
}

/// A sweep whose stat is watched.
fn watching(limit: f64) -> Plan {
    let mut plan = sweep(2, &[below(limit)]);
    for simulation in &mut plan.simulations {
        simulation.watch = ["cycles".to_owned(), "ipc".to_owned()].into();
    }
    plan
}

#[test]
fn a_stat_is_told_once_for_each_attempt_when_it_is_beyond_its_limit() {
    let mut world = World::new(watching(0.5), 2);
    world.event(Event::Clients(1));
    world.start(0);
    let see = |world: &mut World, value: Option<f64>| {
        world.see(0, |look| look.values = vec![Some(0.1), value]);
        world.pass(APART_MS);
        told(world)
    };
    for value in [None, Some(0.5), Some(f64::NAN), Some(0.9)] {
        assert_eq!(events(&see(&mut world, value)), []);
    }
    let all = see(&mut world, Some(0.25));
    assert_eq!(events(&all), [(0, Happened::Stat, 1)]);
    let notice = &all[0].1;
    assert_eq!((notice.stat.as_deref(), notice.value.as_deref()), (Some("ipc"), Some("0.25")));
    for value in [Some(0.9), Some(0.1)] {
        assert_eq!(events(&see(&mut world, value)), [], "one that comes and goes is told once");
    }
    world.end(0, OutcomeKind::Fatal);
    world.request(Request::Retry { sims: vec![0] });
    world.start(0);
    assert_eq!(events(&see(&mut world, Some(0.2))), [(0, Happened::Stat, 1)]);
}

#[test]
fn the_last_dump_counts_also_when_the_run_has_ended_by_then() {
    let mut world = World::new(watching(0.5), 2);
    world.event(Event::Clients(1));
    world.start(0);
    world.end(0, OutcomeKind::Ok);
    let at = world.now;
    world.event(Event::Observed(gem5_tui::engine::state::Observation {
        values: vec![None, Some(0.125)],
        ..look(0, 1, at)
    }));
    world.pass(2_500);
    assert_eq!(events(&told(&mut world)), [(0, Happened::Stat, 1)]);
}

fn at(boot_ms: u64) -> Moment {
    Moment { unix_ms: 0, boot_ms, boot: None }
}

fn found(fate: Fate) -> Found {
    let attempt = FoundAttempt {
        number: 1,
        dir: "/runs/s0/attempt-1".into(),
        started: Some(at(10)),
        executable: None,
        was_paused: false,
        retries_made: Some(0),
        stop: None,
        fate,
    };
    Found { attempts: vec![attempt], ..Found::default() }
}

/// What the first events of an engine tell that finds this.
fn told_by_the_next(
    plan: Plan,
    found: Found,
    notices: NoticesRecord,
    and: impl Fn(&mut State) -> Vec<Effect>,
) -> Vec<Happened> {
    let beginning = Beginning { notices, lingers: true, ..beginning(vec![found], 1) };
    let mut state = State::new(plan, beginning, at(1_000));
    let mut effects = state.handle(Event::Clients(1), at(1_000));
    effects.extend(and(&mut state));
    effects.extend(state.handle(Event::Timer, at(1_000 + APART_MS)));
    let notice = |effect: Effect| match effect {
        Effect::Notify { notice, .. } => Some(notice.event),
        _ => None,
    };
    effects.into_iter().filter_map(notice).collect()
}

#[test]
fn an_engine_that_was_killed_leaves_the_last_word_to_the_next_one_and_no_other_says_it_again() {
    let plan = || sweep(1, &[on(&["done", "failed"])]);
    let ended = || found(Fate::Ended { ended: Ended::of(Outcome::new(OutcomeKind::Ok, "")), at: None });
    let owed = |owes_done| NoticesRecord { format: 1, owes_done, stats: Vec::new() };
    let nothing = |_: &mut State| Vec::new();
    assert_eq!(told_by_the_next(plan(), ended(), owed(true), nothing), [Happened::Done]);
    assert_eq!(told_by_the_next(plan(), ended(), owed(false), nothing), []);
    // What an engine launched that knew of no notices.
    let runs = || found(Fate::Runs { reach: Reach::Direct, handle: HANDLE, paused_ms: 0, paused_since: None });
    let end = |state: &mut State| {
        let ended = Ended::of(Outcome::new(OutcomeKind::Ok, ""));
        state.handle(Event::Ended { sim: 0, attempt: 1, ended }, at(2_000))
    };
    assert_eq!(told_by_the_next(plan(), runs(), owed(false), end), [Happened::Done]);
}

#[test]
fn a_threshold_of_which_was_told_is_known_to_the_next_engine() {
    let mut world = World::new(watching(0.5), 1);
    world.start(0);
    world.see(0, |look| look.values = vec![None, Some(0.1)]);
    let record = |effect: &Effect| match effect {
        Effect::RecordNotices(record) => Some(record.clone()),
        _ => None,
    };
    let record = world.records.iter().rev().find_map(record).expect("it is written down");
    assert_eq!((record.stats.len(), record.stats[0].simulation.as_str()), (1, "s0"));
    let runs = || found(Fate::Runs { reach: Reach::Direct, handle: HANDLE, paused_ms: 0, paused_since: None });
    let see = |state: &mut State| {
        let values = vec![None, Some(0.1)];
        let look = gem5_tui::engine::state::Observation { values, ..look(0, 1, at(2_000)) };
        state.handle(Event::Observed(look), at(2_000))
    };
    assert_eq!(told_by_the_next(watching(0.5), runs(), record, see), []);
    assert_eq!(told_by_the_next(watching(0.5), runs(), NoticesRecord::default(), see), [Happened::Stat]);
}

#[test]
fn without_notices_nothing_is_told_and_nothing_written_down() {
    let mut world = World::new(sweep(1, &[]), 1);
    world.start(0);
    world.end(0, OutcomeKind::Panic);
    world.pass(APART_MS);
    assert!(!world.records.iter().any(|effect| matches!(effect, Effect::Notify { .. } | Effect::RecordNotices(_))));
}

#[test]
fn what_cannot_be_told_is_in_the_header_until_it_can_be_again() {
    let mut world = World::new(sweep(1, &[on(&["done"])]), 1);
    let notice = |world: &World| world.state.header(world.now).notice;
    world.event(Event::NoticeSent { rule: 0, failed: Some("the bell is broken".into()) });
    assert!(notice(&world).is_some_and(|notice| notice.contains("the bell is broken")));
    world.event(Event::NoticeSent { rule: 0, failed: None });
    assert_eq!(notice(&world), None);
}

#[test]
fn what_a_command_finds_in_its_environment_has_nothing_of_another_notice() {
    let mut world = World::new(sweep(1, &[on(&["failed", "done"])]), 1);
    world.event(Event::Clients(1));
    world.start(0);
    let ended = Ended::of(Outcome::new(OutcomeKind::Panic, "a \u{1b}]0;title\u{7} and a \0 and\na line"));
    world.live.remove(&0);
    world.event(Event::Ended { sim: 0, attempt: 1, ended });
    let all = told(&mut world);
    let variables = all[0].1.variables();
    let get = |name: &str| variables[&format!("GEM5_TUI_{name}")].as_deref();
    assert_eq!(
        (get("EVENT"), get("SIMULATION"), get("COUNT"), get("STAT")),
        (Some("failed"), Some("s0"), Some("1"), None)
    );
    assert!(variables.values().flatten().all(|value| !value.chars().any(char::is_control)), "{variables:?}");
    assert_eq!(all[1].1.variables()["GEM5_TUI_SIMULATION"], None, "an inherited one is removed");
}
