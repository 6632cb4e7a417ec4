//! What people ask.

use std::collections::BTreeMap;
use std::time::Duration;

use gem5_tui::engine::state::found::{Fate, Found, FoundAttempt};
use gem5_tui::engine::state::gauges::seen::Seen;
use gem5_tui::engine::state::{Beginning, Effect, Event, Observation, State, TreeSignal};
use gem5_tui::experiment::{Retries, Simulation};
use gem5_tui::gem5::{Outcome, OutcomeKind, Phase};
use gem5_tui::protocol::{Act, Delivery, Miss, Reply, Request, Selection, StageView, Status, Step, Wait, Why};
use gem5_tui::rundir::Reach;
use gem5_tui::rundir::evidence::Ended;
use gem5_tui::rundir::record::{Moment, StopReason};

use crate::world::{HANDLE, World, beginning, look, plan, simulation};

#[test]
fn a_cancel_goes_down_the_ladder_and_a_second_press_takes_a_step_at_once() {
    let mut world = World::new(plan(vec![simulation("a")], None), 1);
    world.start(0);
    let stages = |world: &World| world.signals.iter().map(|(_, signal)| format!("{signal:?}")).collect::<Vec<_>>();
    drop(world.request(Request::Cancel { sims: vec![0] }));
    assert_eq!(stages(&world), ["Ladder(Interrupt)"]);
    let stage = StageView { signal: Step::Interrupt, delivery: Delivery::Sent, left_ms: Some(60_000) };
    let stopping = Why::Stopping { reason: StopReason::Cancelled, stage };
    assert_eq!(world.why(0), stopping);
    world.pass(59_000);
    assert_eq!(stages(&world), ["Ladder(Interrupt)"]);
    world.pass(1_000);
    assert_eq!(stages(&world), ["Ladder(Interrupt)", "Ladder(Terminate)"]);
    drop(world.request(Request::Cancel { sims: vec![0] }));
    assert_eq!(stages(&world).last().unwrap(), "Ladder(Kill)");
    world.pass(2_000);
    assert_eq!(stages(&world).len(), 4, "SIGKILL is sent again while something lives");
    world.end(0, OutcomeKind::Cancelled);
    assert!(world.ended);
}

#[test]
fn no_grace_runs_before_a_signal_was_sent() {
    let mut world = World::new(plan(vec![simulation("a")], None), 1);
    world.start(0);
    world.holds_signals = true;
    drop(world.request(Request::Cancel { sims: vec![0] }));
    let delivery = |world: &World| match world.why(0) {
        Why::Stopping { stage, .. } => (stage.signal, stage.delivery, stage.left_ms),
        why => panic!("{why:?}"),
    };
    assert_eq!(delivery(&world), (Step::Interrupt, Delivery::UnderWay, None));
    // A slow disk, or many that were asked before it.
    world.pass(600_000);
    assert_eq!(world.signals, [(0, TreeSignal::Ladder(Step::Interrupt))]);
    world.event(Event::Signalled { sim: 0, attempt: 1, signal: TreeSignal::Ladder(Step::Interrupt), at: world.now });
    assert_eq!(delivery(&world), (Step::Interrupt, Delivery::Sent, Some(60_000)));
    world.pass(59_999);
    assert_eq!(world.signals.len(), 1);
    world.pass(1);
    assert_eq!(world.signals.last(), Some(&(0, TreeSignal::Ladder(Step::Terminate))));
    // What was said of a step that is over changes nothing.
    world.event(Event::Signalled { sim: 0, attempt: 1, signal: TreeSignal::Ladder(Step::Interrupt), at: world.now });
    assert_eq!(delivery(&world), (Step::Terminate, Delivery::UnderWay, None));
}

#[test]
fn what_is_let_go_before_its_pause_was_sent_goes_on() {
    let mut world = World::new(plan(vec![simulation("a"), simulation("b")], None), 1);
    world.start(0);
    world.holds_signals = true;
    drop(world.request(Request::Pause { sims: vec![0] }));
    // A pause of many takes its time, and meanwhile it is seen at work: that is nobody's answer to the pause.
    world.pass(10_000);
    world.see(0, |look| look.stopped = Some(false));
    assert!(matches!(world.request(Request::Pause { sims: vec![0] }), Reply::Refused { .. }), "it is paused already");
    assert!(matches!(world.request(Request::Resume { sims: vec![0] }), Reply::Done { .. }));
    // One behind the other, so that it goes on in the end; it has had its place all the time.
    assert_eq!(world.signals, [(0, TreeSignal::Stop), (0, TreeSignal::Continue)]);
    assert!(!world.launching.contains_key(&1));
    let sent = |world: &mut World, signal| {
        world.event(Event::Signalled { sim: 0, attempt: 1, signal, at: world.now });
    };
    sent(&mut world, TreeSignal::Stop);
    // It stands still for as long as the other signal is on its way.
    world.pass(10_000);
    world.see(0, |look| look.stopped = Some(true));
    assert_eq!(world.state.view(0, world.now).status.word(), "running");
    sent(&mut world, TreeSignal::Continue);
    world.pass(10_000);
    world.see(0, |look| look.stopped = Some(false));
    assert_eq!(world.state.view(0, world.now).status.word(), "running");
    assert!(!world.launching.contains_key(&1));
    // From here on what is seen is what others do.
    world.see(0, |look| look.stopped = Some(true));
    assert_eq!(world.state.view(0, world.now).status.word(), "paused");
}

#[test]
fn a_pause_that_was_taken_back_and_given_again_counts_when_its_own_signal_was_sent() {
    let mut world = World::new(plan(vec![simulation("a"), simulation("b")], None), 1);
    world.start(0);
    world.holds_signals = true;
    for request in
        [Request::Pause { sims: vec![0] }, Request::Resume { sims: vec![0] }, Request::Pause { sims: vec![0] }]
    {
        assert!(matches!(world.request(request), Reply::Done { .. }));
    }
    for signal in [TreeSignal::Stop, TreeSignal::Continue] {
        world.event(Event::Signalled { sim: 0, attempt: 1, signal, at: world.now });
        assert!(!world.launching.contains_key(&1), "its place is not free after {signal:?}");
    }
    world.event(Event::Signalled { sim: 0, attempt: 1, signal: TreeSignal::Stop, at: world.now });
    assert!(world.launching.contains_key(&1));
}

#[test]
fn whom_no_signal_reaches_is_neither_paused_nor_on_its_way_down() {
    let mut world = World::new(plan(vec![simulation("a"), simulation("b")], None), 2);
    world.start(0);
    world.start(1);
    world.deaf.insert(0);
    let notice = |world: &World| world.state.header(world.now).notice;
    drop(world.request(Request::Pause { sims: vec![0, 1] }));
    assert_eq!([0, 1].map(|sim| world.state.view(sim, world.now).status.word()), ["running", "paused"]);
    assert_eq!(notice(&world).as_deref(), Some("0 is deaf"));
    drop(world.request(Request::Cancel { sims: vec![0] }));
    world.pass(2_000);
    world.pass(2_000);
    // A harder signal would fare no better, and nobody is told that it was sent.
    assert!(
        world
            .signals
            .iter()
            .filter(|(sim, _)| *sim == 0)
            .skip(1)
            .all(|(_, signal)| *signal == TreeSignal::Ladder(Step::Interrupt))
    );
    assert!(matches!(world.why(0), Why::Stopping { stage, .. } if stage.delivery == Delivery::Failed));
    world.deaf.clear();
    world.pass(2_000);
    assert!(matches!(world.why(0), Why::Stopping { stage, .. } if stage.delivery == Delivery::Sent));
    assert_eq!(notice(&world), None);
}

/// A request for what is meant by names, and for a retry by having failed, too.
fn by_words(act: Act, names: &[&str]) -> Request {
    let names = names.iter().map(|&name| name.to_owned()).collect();
    Request::Named { act, selection: Selection { names, failed: act == Act::Retry, changed: false } }
}

/// Four simulations that simulate.
fn four() -> World {
    let mut world = World::new(plan(["a-1", "a-2", "b", "gone"].map(simulation).to_vec(), None), 4);
    for sim in 0..4 {
        world.start(sim);
        world.see(sim, |look| look.phase = Some(Phase::Running));
        assert_eq!(world.state.view(sim, world.now).status, Status::Running { phase: Phase::Running });
    }
    world
}

/// Four of which what is asked for can be done: paused ones go on, and two that have ended run again.
fn four_for(act: Act) -> World {
    let mut world = four();
    match act {
        Act::Pause | Act::DumpStats | Act::Cancel | Act::First | Act::InOrder => {}
        Act::Resume => drop(world.request(Request::Pause { sims: vec![0, 1, 2, 3] })),
        Act::Retry | Act::Anew => {
            world.end(0, OutcomeKind::Ok);
            world.end(2, OutcomeKind::Segv);
            // What is ok runs again only where it is asked for, as it is here.
            world.ok.clear();
        }
    }
    world
}

fn views(world: &World) -> Vec<gem5_tui::protocol::SimView> {
    (0..world.count()).map(|sim| world.state.view(sim, world.now)).collect()
}

#[test]
fn a_request_by_words_is_the_request_by_the_numbers_that_they_mean() {
    for (act, names, by_numbers) in [
        (Act::Cancel, &["a-*"][..], Request::Cancel { sims: vec![0, 1] }),
        (Act::Pause, &["b", "a-2"], Request::Pause { sims: vec![1, 2] }),
        (Act::Resume, &["*"], Request::Resume { sims: vec![0, 1, 2, 3] }),
        (Act::DumpStats, &["gone"], Request::DumpStats { sims: vec![3] }),
        (Act::Retry, &[], Request::Retry { sims: vec![2] }),
        (Act::Retry, &["a-?"], Request::Retry { sims: vec![0, 1, 2] }),
    ] {
        let [mut words, mut numbers] = [(); 2].map(|()| four_for(act));
        let reply = words.request(by_words(act, names));
        assert!(matches!(reply, Reply::Done { .. }), "{act:?} {names:?}: {reply:?}");
        assert_eq!(reply, numbers.request(by_numbers), "{act:?} {names:?}");
        assert_eq!((views(&words), &words.signals), (views(&numbers), &numbers.signals), "{act:?} {names:?}");
    }
}

#[test]
fn words_that_mean_nothing_change_nothing_and_are_told_as_data() {
    let mut world = four();
    let before = views(&world);
    let nearest = Some("gone".to_owned());
    let no_match = Miss::NoMatch { word: "goner".to_owned(), nearest };
    assert_eq!(world.request(by_words(Act::Cancel, &["*", "goner"])), Reply::Missed { miss: no_match });
    let bad = world.request(by_words(Act::Cancel, &["*", "["]));
    assert!(matches!(&bad, Reply::Missed { miss: Miss::NotAGlob { word, .. } } if word == "["), "{bad:?}");
    let miss = Miss::NoneOfKind;
    assert_eq!(world.request(by_words(Act::Retry, &[])), Reply::Missed { miss: miss.clone() });
    assert_eq!(world.request(by_words(Act::Cancel, &[])), Reply::Missed { miss });
    assert_eq!(views(&world), before);
}

#[test]
fn a_cancel_of_a_paused_simulation_lets_its_handler_run() {
    let mut world = World::new(plan(vec![simulation("a")], None), 1);
    world.start(0);
    drop(world.request(Request::Pause { sims: vec![0] }));
    drop(world.request(Request::Cancel { sims: vec![0] }));
    let signals: Vec<String> = world.signals.iter().map(|(_, signal)| format!("{signal:?}")).collect();
    assert_eq!(signals, ["Stop", "Ladder(Interrupt)", "Continue"]);
}

#[test]
fn the_time_limit_does_not_run_while_a_simulation_is_paused() {
    let limited = Simulation { timeout: Some(Duration::from_secs(10)), ..simulation("a") };
    let mut world = World::new(plan(vec![limited], None), 1);
    world.start(0);
    world.pass(9_000);
    drop(world.request(Request::Pause { sims: vec![0] }));
    world.pass(1_000_000);
    drop(world.request(Request::Resume { sims: vec![0] }));
    world.pass(900);
    assert!(matches!(world.state.view(0, world.now).status, Status::Running { .. }));
    world.pass(200);
    assert!(matches!(world.state.view(0, world.now).status, Status::Stopping { .. }));
    let timeout = StopReason::Timeout { limit_ms: 10_000 };
    assert!(matches!(world.why(0), Why::Stopping { reason, .. } if reason == timeout));
}

#[test]
fn a_paused_simulation_frees_its_place_and_waits_for_one_to_go_on() {
    let mut world = World::new(plan(vec![simulation("a"), simulation("b")], None), 1);
    world.start(0);
    drop(world.request(Request::Pause { sims: vec![0] }));
    assert!(world.launching.contains_key(&1), "the place of the paused simulation is free");
    world.start(1);
    drop(world.request(Request::Resume { sims: vec![0] }));
    let view = world.state.view(0, world.now);
    assert_eq!((view.status, view.why), (Status::Paused, Why::GoesOn { wait: Wait::Cap }));
    world.end(1, OutcomeKind::Ok);
    assert!(matches!(world.state.view(0, world.now).status, Status::Running { .. }));
}

/// A look at what stands still, as far as can be seen, and has written so much.
fn stopped(world: &World, sim: u32, bytes: u64) -> Event {
    let look = look(sim, 1, world.now);
    Event::Observed(Observation { stopped: Some(true), output_while_stopped: Some(bytes), ..look })
}

#[test]
fn what_writes_on_while_it_is_paused_is_not_called_paused_and_takes_its_place_again() {
    let limited = Simulation { timeout: Some(Duration::from_secs(100)), ..simulation("a") };
    let mut world = World::new(plan(vec![limited, simulation("b"), simulation("c")], None), 1);
    world.start(0);
    world.pass(10_000);
    drop(world.request(Request::Pause { sims: vec![0] }));
    world.start(1);
    // What was under way when the signal came is no sign.
    for (ms, bytes) in [(3_000, 100), (1_000, 200), (2_000, 200), (3_000, 200)] {
        world.pass(ms);
        world.event(stopped(&world, 0, bytes));
        assert_eq!(world.state.view(0, world.now).status, Status::Paused, "{bytes}");
    }
    world.pass(1_000);
    world.event(stopped(&world, 0, 201));
    let view = world.state.view(0, world.now);
    assert!(matches!(view.status, Status::Running { .. }), "{view:?}");
    assert_eq!((view.why, view.elapsed.ms), (Why::PauseMissed, 20_000));
    assert!(view.elapsed.ticking && !view.attempts[0].host_time_tainted);
    // Its place is taken: the end of the other one frees none.
    world.end(1, OutcomeKind::Ok);
    assert!(!world.launching.contains_key(&2));
    assert!(matches!(world.request(Request::Pause { sims: vec![0] }), Reply::Refused { .. }));
    // What stands still goes on at once, and its limit holds as if it had never been paused.
    drop(world.request(Request::Resume { sims: vec![0] }));
    assert_eq!(world.signals.last().map(|(_, signal)| *signal), Some(TreeSignal::Continue));
    assert_ne!(world.why(0), Why::PauseMissed);
    world.pass(79_000);
    assert!(matches!(world.state.view(0, world.now).status, Status::Running { .. }));
    world.pass(2_000);
    assert!(matches!(world.state.view(0, world.now).status, Status::Stopping { .. }));
}

#[test]
fn a_limit_holds_for_what_no_pause_has_reached() {
    let limited = Simulation {
        timeout: Some(Duration::from_secs(30)),
        poll_stats: Some(Duration::from_secs(5)),
        ..simulation("a")
    };
    let mut world = World::new(plan(vec![limited], None), 1);
    world.start(0);
    drop(world.request(Request::Pause { sims: vec![0] }));
    for (ms, bytes) in [(6_000, 1), (1_000, 2)] {
        world.pass(ms);
        world.event(stopped(&world, 0, bytes));
    }
    assert_eq!(world.why(0), Why::PauseMissed);
    world.pass(1);
    assert!(
        world.state.next_deadline(world.now).is_some_and(|at| at > world.now.boot_ms),
        "it never waits for the past"
    );
    world.pass(24_000);
    assert!(matches!(world.why(0), Why::Stopping { .. }));
}

#[test]
fn a_cancelled_simulation_is_never_tried_again_by_itself() {
    let retried = Simulation { retries: Retries { any: 5, by_outcome: BTreeMap::new() }, ..simulation("a") };
    let mut world = World::new(plan(vec![retried], None), 1);
    world.start(0);
    drop(world.request(Request::Cancel { sims: vec![0] }));
    // Its shim had died, so nobody saw the end.
    world.end(0, OutcomeKind::Lost);
    assert_eq!(world.state.view(0, world.now).status.word(), "lost");
}

#[test]
fn a_late_look_at_the_last_attempt_says_nothing_about_the_new_one() {
    let mut world = World::new(plan(vec![simulation("a"), simulation("b")], None), 2);
    world.start(0);
    world.end(0, OutcomeKind::Segv);
    drop(world.request(Request::Retry { sims: vec![0] }));
    assert_eq!(world.launching[&0], 2);
    let seen = Seen { ticks: Some(95), dumps: Some(9), ..Seen::default() };
    world.event(Event::Observed(Observation { seen, values: vec![Some(1.0)], ..look(0, 1, world.now) }));
    let view = world.state.view(0, world.now);
    assert_eq!((view.progress.ticks, view.values), (None, Vec::new()));
}

#[test]
fn a_pause_takes_back_a_resume_that_waits_for_a_place() {
    let mut world = World::new(plan(vec![simulation("a"), simulation("b")], None), 1);
    world.start(0);
    drop(world.request(Request::Pause { sims: vec![0] }));
    world.start(1);
    drop(world.request(Request::Resume { sims: vec![0] }));
    assert!(matches!(world.request(Request::Pause { sims: vec![0] }), Reply::Done { .. }));
    world.end(1, OutcomeKind::Ok);
    assert_eq!(world.state.view(0, world.now).status, Status::Paused);
}

#[test]
fn a_cancel_of_everything_signals_what_runs_before_it_records_what_waits() {
    let mut world = World::new(plan(vec![simulation("a"), simulation("b"), simulation("c")], None), 1);
    world.start(0);
    world.end(0, OutcomeKind::Fatal);
    world.start(1);
    let effects = world.state.handle(Event::Request { client: 1, id: 1, request: Request::CancelAll }, world.now);
    let place = |wanted: fn(&Effect) -> bool| effects.iter().position(wanted).unwrap();
    let signal = place(|effect| matches!(effect, Effect::Signal { .. }));
    assert!(signal < place(|effect| matches!(effect, Effect::RecordCancelled { .. })), "{effects:?}");
}

#[test]
fn a_request_for_a_simulation_that_does_not_exist_is_refused() {
    let mut world = World::new(plan(vec![simulation("a")], None), 1);
    let reply = world.request(Request::Pause { sims: vec![9] });
    assert_eq!(reply, Reply::Refused { reason: "there is no such simulation".into() });
}

#[test]
fn what_runs_on_another_host_is_seen_and_left_alone() {
    let started = Moment { unix_ms: 0, boot_ms: 1, boot: None };
    let reach = Reach::Nobody { host: "other".to_owned() };
    let fate = Fate::Runs { reach, handle: HANDLE, paused_ms: 0, paused_since: None };
    let found = vec![found(FoundAttempt { started: Some(started), ..FoundAttempt::new(1, "/runs/a/attempt-1", fate) })];
    let limited = Simulation {
        timeout: Some(Duration::from_secs(1)),
        poll_stats: Some(Duration::from_secs(1)),
        ..simulation("a")
    };
    // This machine has been up for longer than that one, so by its clock every limit has passed.
    let now = Moment { unix_ms: 0, boot_ms: 1_000_000_000, boot: None };
    let mut state = State::new(plan(vec![limited], None), beginning(found, 2), now);
    assert_eq!(state.next_deadline(now), None);
    let touches = |effect: &Effect| matches!(effect, Effect::Signal { .. } | Effect::RecordStop { .. });
    assert!(!state.handle(Event::Timer, now).iter().any(touches));
    for request in [
        Request::Cancel { sims: vec![0] },
        Request::Pause { sims: vec![0] },
        Request::DumpStats { sims: vec![0] },
        Request::CancelAll,
    ] {
        let effects = state.handle(Event::Request { client: 1, id: 1, request: request.clone() }, now);
        assert!(!effects.iter().any(touches), "{request:?}");
        let is_told = |effect: &Effect| match effect {
            Effect::Reply { reply: Reply::Refused { reason }, .. } => reason.contains("it runs on another host"),
            _ => false,
        };
        assert!(effects.iter().any(is_told), "{request:?}: {effects:?}");
    }
}

#[test]
fn a_drain_is_not_undone_by_a_new_engine_for_the_edited_file() {
    let now = Moment { unix_ms: 0, boot_ms: 1_000, boot: None };
    let beginning = Beginning { lingers: true, ..beginning(Vec::new(), 1) };
    let mut state = State::new(plan(vec![simulation("a")], None), beginning, now);
    state.handle(Event::Clients(1), now);
    let mut ask = |request| state.handle(Event::Request { client: 1, id: 1, request }, now);
    ask(Request::Drain);
    let effects = ask(Request::Reload);
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::End { .. })), "{effects:?}");
}

/// What is found of a simulation with one attempt.
fn found(attempt: FoundAttempt) -> Found {
    Found { attempts: vec![attempt], ..Found::default() }
}

/// A simulation whose attempt ended ok, or runs, and would be made from something else now.
fn outdated(fate: Fate) -> Found {
    let started = Some(Moment { unix_ms: 0, boot_ms: 1, boot: None });
    let attempt = FoundAttempt { started, ..FoundAttempt::new(1, "/runs/a/attempt-1", fate) };
    Found { changed: vec!["script changed".to_owned()], ..found(attempt) }
}

fn ended_ok() -> Fate {
    let ended = Ended { ran_ms: Some(1), ..Ended::of(Outcome::new(OutcomeKind::Ok, "done")) };
    Fate::Ended { ended, at: None }
}

/// The state of one simulation, with a dashboard that watches, after a look at its stats.
fn watched(found: Found) -> State {
    let now = Moment { unix_ms: 0, boot_ms: 1_000, boot: None };
    let beginning = Beginning { lingers: true, ..beginning(vec![found], 1) };
    let mut state = State::new(plan(vec![simulation("a")], None), beginning, now);
    state.handle(Event::Clients(1), now);
    state.handle(Event::Observed(Observation { values: vec![Some(1.5)], ..look(0, 1, now) }), now);
    state
}

#[test]
fn what_changed_under_an_attempt_is_told_until_the_next_one_has_started() {
    let at = Moment { unix_ms: 0, boot_ms: 1_000, boot: None };
    let runs = Fate::Runs { reach: Reach::Direct, handle: HANDLE, paused_ms: 0, paused_since: None };
    let mut state = watched(outdated(runs));
    assert!(!state.view(0, at).is_outdated(), "it has no result yet");
    let ended = || Ended { ran_ms: Some(1), ..Ended::of(Outcome::new(OutcomeKind::Ok, "done")) };
    state.handle(Event::Ended { sim: 0, attempt: 1, ended: ended() }, at);
    assert!(state.view(0, at).is_outdated(), "it was made from the file before");
    state.handle(Event::Request { client: 1, id: 1, request: Request::Retry { sims: vec![0] } }, at);
    state.handle(Event::Prepared { sim: 0, attempt: 2, dir: "/runs/a/attempt-2".into() }, at);
    state.handle(Event::Started { sim: 0, attempt: 2, handle: HANDLE, at }, at);
    state.handle(Event::Ended { sim: 0, attempt: 2, ended: ended() }, at);
    assert_eq!(state.view(0, at).changed, Vec::<String>::new());
}

#[test]
fn a_retry_that_could_not_be_launched_and_is_taken_back_leaves_all_that_was_known() {
    let now = Moment { unix_ms: 0, boot_ms: 1_000, boot: None };
    let mut state = watched(outdated(ended_ok()));
    let mut ask = |request| state.handle(Event::Request { client: 1, id: 1, request }, now);
    let launches = |effect: &Effect| matches!(effect, Effect::Launch { sim: 0, attempt: 2 });
    assert!(ask(Request::Retry { sims: vec![0] }).iter().any(launches));
    state.handle(Event::LaunchFailed { sim: 0, reason: "Read-only file system".into(), of_machine: true }, now);
    state.handle(Event::Request { client: 1, id: 2, request: Request::Cancel { sims: vec![0] } }, now);
    let view = state.view(0, now);
    assert!(view.is_outdated(), "{view:?}");
    assert_eq!(view.values, [Some(1.5)]);
}

#[test]
fn a_result_stands_when_a_retry_that_left_nothing_is_cancelled() {
    let now = Moment { unix_ms: 0, boot_ms: 1_000, boot: None };
    let failed = || "No space left on device".to_owned();
    for stays in [false, true] {
        let mut state = watched(outdated(ended_ok()));
        state.handle(Event::Request { client: 1, id: 1, request: Request::Retry { sims: vec![0] } }, now);
        if stays {
            // The shim recorded that it could not start anything, so the directory is kept.
            state.handle(Event::Prepared { sim: 0, attempt: 2, dir: "/runs/a/attempt-2".into() }, now);
            state.handle(Event::LaunchFailed { sim: 0, reason: failed(), of_machine: true }, now);
        }
        let cancel = Event::Request { client: 1, id: 2, request: Request::Cancel { sims: vec![0] } };
        let mut effects = state.handle(cancel, now);
        if !stays {
            effects.extend(state.handle(Event::LaunchFailed { sim: 0, reason: failed(), of_machine: true }, now));
        }
        // A directory that stays would be launched again by the next engine, if nothing told it not to.
        let (cancelled, view) = (Effect::RecordCancelled { sim: 0 }, state.view(0, now));
        assert_eq!(effects.contains(&cancelled), stays, "{effects:?}");
        assert_eq!(effects.contains(&Effect::ForgetRetry { sim: 0 }), !stays, "{effects:?}");
        assert_eq!((view.status.word(), view.is_outdated()), (if stays { "cancelled" } else { "ok" }, !stays));
    }
}

#[test]
fn what_a_batch_system_has_is_withdrawn_by_a_cancel_and_stopped_if_it_starts_all_the_same() {
    let mut world = World::new(plan(vec![simulation("a"), simulation("b")], None), 2);
    for sim in [0, 1] {
        world.submit(sim, "Priority");
        assert_eq!(world.state.view(sim, world.now).status, Status::Submitted);
        assert!(matches!(world.request(Request::Resume { sims: vec![sim] }), Reply::Refused { .. }), "it is not held");
        assert!(matches!(world.request(Request::Pause { sims: vec![sim] }), Reply::Done { .. }));
        assert!(world.held.contains(&sim) && world.state.sim(sim).takes_place());
        assert!(matches!(world.request(Request::Pause { sims: vec![sim] }), Reply::Refused { .. }), "it is held");
        assert!(matches!(world.request(Request::Resume { sims: vec![sim] }), Reply::Done { .. }));
        assert!(!world.held.contains(&sim));
        drop(world.request(Request::Cancel { sims: vec![sim] }));
    }
    assert_eq!(world.withdrawn, [0, 1].into(), "both are asked back");
    assert_eq!(world.stops.len(), 2, "and why is on disk, whatever becomes of this engine");
    world.give_back(0);
    world.start(1);
    assert!(matches!(world.state.view(1, world.now).status, Status::Stopping { .. }), "it was faster than the cancel");
    world.end(1, OutcomeKind::Cancelled);
    assert!(world.ended);
}

#[test]
fn an_engine_that_begins_finds_what_waits_in_a_batch_system() {
    let fate = Fate::Pending { why: "Resources".to_owned(), job: crate::world::job() };
    let now = Moment { unix_ms: 0, boot_ms: 1_000, boot: None };
    let found = vec![found(FoundAttempt::new(1, "/runs/a/attempt-1", fate))];
    let mut state = State::new(plan(vec![simulation("a")], None), beginning(found, 1), now);
    assert_eq!(state.handle(Event::Timer, now), [], "it is not launched a second time");
    assert_eq!(state.view(0, now).status, Status::Submitted);
    let effects = state.handle(Event::Request { client: 1, id: 1, request: Request::Cancel { sims: vec![0] } }, now);
    assert!(effects.contains(&Effect::Withdraw { sim: 0, attempt: 1 }), "{effects:?}");
}
