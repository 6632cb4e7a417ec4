//! F49: clocks that are set, and machines that sleep.

use std::process::Command;
use std::time::Duration;

use gem5_tui::engine::state::Event;
use gem5_tui::experiment::{Retries, Simulation};
use gem5_tui::gem5::OutcomeKind;
use gem5_tui::protocol::{Clock, Status as SimStatus};
use gem5_tui::rundir::atomic::{read_json, write_json};
use gem5_tui::rundir::record::{Moment, Started};

use crate::stage::{Running, Stage, Status, gate};

#[path = "../../engine_state/world.rs"]
#[expect(dead_code, reason = "this test needs a part of what the tests of the state need")]
mod world;
use world::{World, plan, simulation};

const DAY_MS: i64 = 86_400_000;

/// More than any of these simulations runs, and less than any limit here.
const SANE_MS: u64 = 600_000;

/// Two simulations that any jump would end, if anything believed it.
fn limited() -> Stage {
    let stage = Stage::new();
    let limits = "  timeout: 1h\n  stall: 1h\n  retries: 2\nconcurrency: 2";
    stage.experiment(limits, &(gate("a", "") + &gate("b", "")));
    stage
}

#[track_caller]
fn assert_sane(status: &Status, name: &str) {
    assert_eq!(status.word(name), "running", "{}", status.reason(name));
    let sim = &status.sims[name];
    assert!(sim["elapsed"]["ms"].as_u64().unwrap() < SANE_MS, "{sim}");
    // A later engine has not seen when it came into a phase, except the first.
    let in_phase = &sim["in_phase"];
    assert!(in_phase.is_null() || in_phase["ms"].as_u64().unwrap() < SANE_MS, "{sim}");
    assert_eq!(sim["elapsed"]["ticking"], true, "{sim}");
}

#[test]
fn f49_wall_times_that_are_a_day_off_change_no_duration_and_end_nothing() {
    let stage = limited();
    let engine = stage.engine("");
    stage.wait_entered(&["a", "b"]);
    engine.kill();
    // As if the clock had been set between the start and now: yesterday for one, tomorrow for the other.
    for (name, shift) in [("a", -DAY_MS), ("b", DAY_MS)] {
        let path = stage.attempt(name, 1).started();
        let started: Started = read_json(&path).unwrap().unwrap();
        let at = Moment { unix_ms: started.at.unix_ms + shift, ..started.at };
        write_json(&path, &Started { at, ..started }).unwrap();
    }
    let check = || {
        let status = stage.status();
        assert_sane(&status, "a");
        assert_sane(&status, "b");
    };
    check();
    let engine = stage.engine("");
    check();
    stage.open_all(&["a", "b"], 0);
    for name in ["a", "b"] {
        let status = stage.wait_word(name, "ok");
        assert!(status.sims[name]["attempts"][0]["ran_ms"].as_u64().unwrap() < SANE_MS);
        assert!(stage.exit(name, 1).wall_ms < SANE_MS);
    }
    engine.finish().expect(0);
    let shown = stage.call("show exp.yaml a").expect(0).out;
    assert!(shown.contains("after "), "{shown}");
}

fn hasty() -> Simulation {
    Simulation {
        timeout: Some(Duration::from_mins(1)),
        stall: Some(Duration::from_mins(1)),
        poll_stats: Some(Duration::from_mins(10)),
        retries: Retries { any: 5, ..Retries::default() },
        ..simulation("a")
    }
}

fn elapsed(world: &World) -> Clock {
    world.state.view(0, world.now).elapsed
}

#[test]
fn f49_a_wall_clock_that_jumps_to_and_fro_ends_nothing_and_delays_nothing() {
    let mut world = World::new(plan(vec![hasty()], None), 1);
    world.start(0);
    for (second, jump) in (1_u64..).zip([DAY_MS, -2 * DAY_MS, i64::MAX / 2, -i64::MAX / 2, -DAY_MS, DAY_MS].repeat(8)) {
        world.now.unix_ms = world.now.unix_ms.saturating_add(jump);
        world.pass(1_000);
        world.see(0, |look| look.seen.ticks = Some(second));
        assert_eq!(elapsed(&world), Clock { ms: second * 1_000, ticking: true });
    }
    assert_eq!((world.stops.len(), world.signals.len()), (0, 0));
    // A backoff lasts as long as it would have.
    world.end(0, OutcomeKind::Segv);
    let SimStatus::Backoff { left_ms } = world.state.view(0, world.now).status else { panic!("it waits") };
    world.now.unix_ms += 400 * DAY_MS;
    world.pass(left_ms - 1);
    assert!(world.launching.is_empty());
    world.now.unix_ms = 0;
    world.pass(1);
    assert!(world.launching.contains_key(&0));
    // And the limit itself holds.
    world.start(0);
    world.now.unix_ms -= DAY_MS;
    world.pass(60_000);
    assert_eq!(world.stops.len(), 1);
}

#[test]
fn f49_a_machine_that_sleeps_for_a_day_times_nothing_out() {
    let mut world = World::new(plan(vec![hasty()], None), 1);
    world.start(0);
    world.pass(10_000);
    world.see(0, |look| look.seen.ticks = Some(1));
    // The boot clock goes on while the machine sleeps. That it slept is told before any deadline is looked at.
    world.now.boot_ms += DAY_MS.cast_unsigned();
    world.now.unix_ms += DAY_MS;
    world.event(Event::Slept(DAY_MS.cast_unsigned()));
    world.event(Event::Timer);
    world.see(0, |look| look.seen.ticks = Some(2));
    assert_eq!(elapsed(&world), Clock { ms: 10_000, ticking: true });
    assert_eq!(world.stops.len(), 0);
    world.pass(50_000);
    assert_eq!(world.stops.len(), 1, "what is left of the limit holds");
}

/// The program where the boot clock is a day ahead, as after a day of sleep. None where there is no such place.
fn a_day_later(stage: &Stage, args: &str) -> Option<Running> {
    let unshare = |program: &str| {
        let mut command = Command::new("unshare");
        command.args(["--time", "--boottime", "86400", "--", program]);
        command
    };
    if !unshare("true").output().is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: there are no time namespaces for this user");
        return None;
    }
    let mut command = unshare(env!("CARGO_BIN_EXE_gem5-tui"));
    command.args(args.split_whitespace());
    stage.surround(&mut command);
    Some(Running::start(command))
}

#[test]
fn f49_a_run_where_the_boot_clock_is_a_day_ahead_is_like_any_other() {
    let stage = limited();
    let Some(run) = a_day_later(&stage, "run exp.yaml --json") else { return };
    stage.wait_entered(&["a", "b"]);
    let status = stage.status();
    assert_sane(&status, "a");
    stage.open_all(&["a", "b"], 0);
    let lines = run.finish().expect(0).json();
    assert!(lines.last().unwrap()["elapsed_ms"].as_u64().unwrap() < SANE_MS, "{lines:?}");
    assert!(stage.exit("a", 1).wall_ms < SANE_MS);
    assert_eq!((stage.entered("a"), stage.entered("b")), (1, 1));
}

#[test]
fn f49_an_engine_that_comes_after_a_day_of_sleep_times_nothing_out() {
    let stage = limited();
    let engine = stage.engine("");
    stage.wait_entered(&["a", "b"]);
    engine.kill();
    let Some(engine) = a_day_later(&stage, "engine exp.yaml") else { return };
    assert_eq!(engine.line(0), r#"{"engine":"ready"}"#);
    let status = stage.status();
    assert_eq!(status.summary["engine"], true);
    assert_sane(&status, "a");
    assert_sane(&status, "b");
    stage.open_all(&["a", "b"], 0);
    stage.wait_word("a", "ok");
    stage.wait_word("b", "ok");
    engine.finish().expect(0);
    assert_eq!((stage.entered("a"), stage.entered("b")), (1, 1));
    assert!(!stage.attempt("a", 1).stop().exists() && !stage.has_attempt("a", 2));
}
