//! An engine that has one shard of an experiment: what it does about the others, which is nothing, and how long it waits for them.

use gem5_tui::engine::state::found::{Engines, Fate, Found, FoundAttempt, Others};
use gem5_tui::engine::state::shards::Beside;
use gem5_tui::engine::state::{Beginning, Effect, Event, State};
use gem5_tui::experiment::{Dependency, Simulation};
use gem5_tui::gem5::{Outcome, OutcomeKind};
use gem5_tui::protocol::{Handle, QueueState, Reply, Request, ShardView, Wait, Why};
use gem5_tui::rundir::evidence::Ended;
use gem5_tui::rundir::record::Moment;
use gem5_tui::rundir::{Reach, Shard};

use crate::world::{beginning, plan, simulation};

const NOW: Moment = Moment { unix_ms: 1_000_000, boot_ms: 1_000, boot: None };

fn later(ms: u64) -> Moment {
    Moment { unix_ms: NOW.unix_ms + ms.cast_signed(), boot_ms: NOW.boot_ms + ms, boot: None }
}

/// The first of two, and a name in each.
fn shards() -> (Shard, String, String) {
    let first: Shard = "1/2".parse().expect("a shard");
    let name = |number| {
        (0..1000)
            .map(|at| format!("n{at}"))
            .find(|name| first.of_name(name).number() == number)
            .expect("one of so many")
    };
    (first, name(1), name(2))
}

/// An engine of the first shard, whose only simulation needs the only one of the second.
fn state(other: Found, engines: Engines) -> State {
    let (shard, own, need) = shards();
    let simulations =
        vec![simulation(&need), Simulation { needs: vec![Dependency::ok(need.clone())], ..simulation(&own) }];
    let beside = Some(Beside { shard, engines });
    State::new(plan(simulations, None), Beginning { beside, ..beginning(vec![other, Found::default()], 2) }, NOW)
}

fn ended(kind: OutcomeKind, ended_unix_ms: i64) -> Found {
    let ended = Ended { ended_unix_ms: Some(ended_unix_ms), ..Ended::of(Outcome::new(kind, "test")) };
    let attempt = FoundAttempt::new(1, "/runs/need/attempt-1", Fate::Ended { ended, at: None });
    Found { attempts: vec![attempt], ..Found::default() }
}

fn running() -> Found {
    let handle = Handle::Process { pid: 7 };
    let fate = Fate::Runs { reach: Reach::Direct, handle, paused_ms: 0, paused_since: None };
    Found { attempts: vec![FoundAttempt::new(1, "/runs/need/attempt-1", fate)], ..Found::default() }
}

/// The second shard has an engine since then.
fn since(unix_ms: i64) -> Engines {
    Engines::from([(2, unix_ms)])
}

fn seen(state: &mut State, found: Vec<(u32, Found)>, engines: Engines, now: Moment) -> Vec<Effect> {
    state.handle(Event::Others(Box::new(Others { found, engines })), now)
}

fn is_told(effect: &Effect) -> bool {
    matches!(effect, Effect::Announce { sim: 1, .. })
}

fn ends(effects: &[Effect]) -> bool {
    effects.iter().any(|effect| matches!(effect, Effect::End { .. }))
}

fn view(state: &State) -> ShardView {
    state.header(NOW).shard.expect("it has one")
}

#[test]
fn what_another_engine_has_takes_no_place_and_is_neither_launched_nor_ended() {
    let mut state = state(running(), since(1));
    let effects = state.handle(Event::Timer, later(1));
    assert!(effects.iter().all(is_told), "{effects:?}");
    assert_eq!((state.header(NOW).counts.running, view(&state).counts.running), (1, 0));
    for request in [Request::Cancel { sims: vec![0] }, Request::Pause { sims: vec![0] }, Request::CancelAll] {
        let effects = state.handle(Event::Request { client: 1, id: 1, request }, later(2));
        assert!(!effects.iter().any(|effect| matches!(effect, Effect::Signal { .. } | Effect::RecordStop { .. })));
    }
    let retry = Request::Retry { sims: vec![0] };
    let effects = state.handle(Event::Request { client: 1, id: 2, request: retry }, later(3));
    let is_refused = |effect: &Effect| matches!(effect, Effect::Reply { reply: Reply::Refused { .. }, .. });
    assert!(effects.iter().any(is_refused), "{effects:?}");
}

#[test]
fn a_need_of_another_shard_is_waited_for_while_its_engine_lives_and_then_met() {
    let mut state = state(Found::default(), since(1));
    assert_eq!(state.view(0, NOW).why, Why::Place { wait: Wait::Shard { number: 2, of: 2 } });
    let hours = 3_600_000;
    for (passed, found) in [(1, Vec::new()), (hours, vec![(0, running())]), (2 * hours, Vec::new())] {
        assert!(seen(&mut state, found, since(1), later(passed)).iter().all(is_told));
    }
    let effects = seen(&mut state, vec![(0, ended(OutcomeKind::Ok, 5))], Engines::new(), later(3 * hours));
    assert!(effects.contains(&Effect::Launch { sim: 1, attempt: 1 }), "{effects:?}");
    let needs = state.met_needs(1);
    assert_eq!((needs[0].1, needs[0].2.as_deref()), (1, Some("/runs/need/attempt-1".as_ref())));
}

#[test]
fn a_shard_that_has_no_engine_is_waited_for_a_moment_and_left_for_the_next_run() {
    let mut state = state(Found::default(), Engines::new());
    assert!(!ends(&seen(&mut state, Vec::new(), Engines::new(), later(1))));
    assert!(!ends(&seen(&mut state, Vec::new(), Engines::new(), later(59_000))));
    // It has come, and is gone again: the moment begins anew.
    assert!(!ends(&seen(&mut state, Vec::new(), since(5), later(59_500))));
    assert!(!ends(&seen(&mut state, Vec::new(), Engines::new(), later(80_000))));
    assert!(!ends(&seen(&mut state, Vec::new(), Engines::new(), later(139_000))));
    assert!(ends(&seen(&mut state, Vec::new(), Engines::new(), later(141_000))));
    assert_eq!((view(&state).awaiting, view(&state).counts.total), (1, 1));
}

#[test]
fn what_failed_before_its_engine_began_runs_again_there() {
    let failed_at = NOW.unix_ms - 50_000;
    let failed = || ended(OutcomeKind::Failed, failed_at);
    // That engine began later, so it has queued it again.
    let mut lives = state(failed(), since(failed_at + 1));
    assert!(!ends(&seen(&mut lives, Vec::new(), since(failed_at + 1), later(3_600_000))));
    assert!(matches!(lives.view(1, NOW).why, Why::Needs { .. }));
    // It failed under that engine, which is done with it.
    let mut done = state(failed(), since(failed_at - 1));
    assert!(ends(&seen(&mut done, Vec::new(), since(failed_at - 1), later(1))));
    assert_eq!(view(&done).awaiting, 0);
    // Nobody is there, and somebody may come who begins at the same time as this one.
    let mut alone = state(failed(), Engines::new());
    assert!(!ends(&seen(&mut alone, Vec::new(), Engines::new(), later(1))));
    assert!(ends(&seen(&mut alone, Vec::new(), Engines::new(), later(61_000))));
}

#[test]
fn a_queue_that_is_drained_waits_for_no_other_shard() {
    let mut state = state(Found::default(), since(1));
    let request = Request::Drain;
    assert!(ends(&state.handle(Event::Request { client: 1, id: 1, request }, later(1))));
    assert_eq!(state.header(NOW).queue, QueueState::Draining);
}
