//! Scripts that spawn: who takes a place, who is told what, and what is run again.

use gem5_tui::engine::state::event::{AskedCall, AskedFor};
use gem5_tui::engine::state::found::{Changed, Found};
use gem5_tui::engine::state::{Effect, Event};
use gem5_tui::experiment::{CallId, ScriptPool};
use gem5_tui::experiment::{Gem5Run, OnSuiteEnd, Program, Retries, Run, Simulation, Spawned, Suite};
use gem5_tui::gem5::OutcomeKind;
use gem5_tui::protocol::{QueueState, Reply, Request, Wait, Why};

use crate::world::{World, plan, simulation};

pub(crate) fn suite(name: &str, on_end: OnSuiteEnd) -> Simulation {
    let spawned = Box::new(simulation(""));
    let suite = Suite { path: "/test.py".into(), args: Vec::new(), spawned, on_end, fresh: false };
    let run =
        Run::Gem5(Gem5Run { gem5: "/gem5".into(), gem5_args: Vec::new(), program: Program::Suite(Box::new(suite)) });
    Simulation::of(name, run, "/")
}

/// What call `number` of the suite `s` has become.
fn spawned(number: u32) -> Simulation {
    let call = CallId { key: number.to_string(), occurrence: 1 };
    let spawned = Some(Box::new(Spawned { suite: "s".to_owned(), call, pool: None }));
    Simulation { spawned, ..simulation(&format!("s.{number}")) }
}

fn call(number: u32) -> AskedCall {
    AskedCall {
        number,
        simulation: format!("s.{number}"),
        pool: None,
        fresh: false,
        taken: None,
        answered: false,
        stopped: false,
        is_known: false,
    }
}

/// A world of one suite that runs, with a cap of `cap`.
fn world(cap: u32, on_end: OnSuiteEnd) -> World {
    let mut world = World::new(plan(vec![suite("s", on_end)], None), cap);
    world.start(0);
    world
}

/// An attempt of the suite asks for these calls; those that are not in the plan are added.
fn ask(world: &mut World, attempt: u32, calls: Vec<AskedCall>) {
    let known = |name: &str| world.state.plan().simulations.iter().any(|one| one.name == name);
    let new = calls.iter().filter(|call| !known(&call.simulation)).map(|call| spawned(call.number)).collect();
    for call in &calls {
        // It may be asked for what is ok, with a change.
        let at = world.state.plan().simulations.iter().position(|one| one.name == call.simulation);
        at.map(|at| world.ok.remove(&(at as u32)));
    }
    world.event(Event::Asked(Box::new(AskedFor { suite: 0, attempt, simulations: new, calls, ..AskedFor::default() })));
}

/// The calls that were answered, each with whether its result was there before.
fn answers(world: &mut World) -> Vec<(u32, bool)> {
    let answer = |effect: &Effect| match effect {
        Effect::AnswerCall { number, before, .. } => Some((*number, *before)),
        _ => None,
    };
    std::mem::take(&mut world.for_suites).iter().filter_map(answer).collect()
}

#[test]
fn a_script_takes_no_place_of_what_it_waits_for() {
    let mut world = world(1, OnSuiteEnd::GoOn);
    ask(&mut world, 1, vec![call(1), call(2)]);
    assert_eq!(world.launching.keys().collect::<Vec<_>>(), [&1]);
    assert_eq!(world.why(0), Why::AwaitsSpawned { left: 2, of: 2 });
    assert_eq!(world.why(2), Why::Place { wait: Wait::Cap });
    world.start(1);
    world.end(1, OutcomeKind::Ok);
    assert_eq!(answers(&mut world), [(1, false)]);
    assert!(world.launching.contains_key(&2));
    let told = world.state.view(0, world.now).spawned.unwrap();
    assert_eq!((told.asked, told.answered, told.before, told.counts.ok, told.counts.total), (2, 1, 0, 1, 2));
}

#[test]
fn a_pool_of_the_script_is_a_cap_of_its_own() {
    let mut world = world(9, OnSuiteEnd::GoOn);
    let pool = |number| Some(ScriptPool { number, processes: 1 });
    let of = |number, of_pool| AskedCall { pool: pool(of_pool), ..call(number) };
    ask(&mut world, 1, vec![of(1, 1), of(2, 1), of(3, 2), call(4)]);
    assert_eq!(world.launching.keys().collect::<Vec<_>>(), [&1, &3, &4]);
    assert_eq!(world.why(2), Why::Place { wait: Wait::Pool { processes: 1 } });
    world.start(1);
    world.end(1, OutcomeKind::Ok);
    assert!(world.launching.contains_key(&2));
}

#[test]
fn a_script_hears_of_a_failure_only_when_no_retry_is_left() {
    let mut world = world(2, OnSuiteEnd::GoOn);
    let retries = Retries { any: 1, ..Retries::default() };
    let tried = Simulation { retries, ..spawned(1) };
    let asked = AskedFor { attempt: 1, simulations: vec![tried], calls: vec![call(1)], ..AskedFor::default() };
    world.event(Event::Asked(Box::new(asked)));
    world.start(1);
    world.end(1, OutcomeKind::Segv);
    assert_eq!(answers(&mut world), []);
    world.pass(600_000);
    world.start(1);
    world.end(1, OutcomeKind::Segv);
    assert_eq!(answers(&mut world), [(1, false)]);
}

#[test]
fn what_is_ok_and_unchanged_is_not_simulated_again_and_all_else_is() {
    let mut world = world(9, OnSuiteEnd::GoOn);
    ask(&mut world, 1, vec![call(1), call(2), call(3), call(4)]);
    for (sim, kind) in [(1, OutcomeKind::Ok), (2, OutcomeKind::Segv), (3, OutcomeKind::Ok), (4, OutcomeKind::Ok)] {
        world.start(sim);
        world.end(sim, kind);
    }
    world.end(0, OutcomeKind::Segv);
    answers(&mut world);
    assert!(matches!(world.request(Request::Retry { sims: vec![0] }), Reply::Done { .. }));
    world.start(0);
    let changed = vec![Changed { sim: 3, attempt: 1, what: vec!["sim.py changed".to_owned()] }];
    let calls = vec![call(1), call(2), call(3), AskedCall { fresh: true, ..call(4) }];
    world.ok.clear();
    world.event(Event::Asked(Box::new(AskedFor { attempt: 2, changed, calls, ..AskedFor::default() })));
    assert_eq!(answers(&mut world), [(1, true)]);
    assert_eq!(world.launching, [(2, 2), (3, 2), (4, 2)].into());
    assert_eq!(world.why(0), Why::AwaitsSpawned { left: 3, of: 4 });
}

#[test]
fn what_an_engine_has_decided_about_a_call_no_later_one_decides_again() {
    let mut world = world(9, OnSuiteEnd::GoOn);
    ask(&mut world, 1, vec![call(1)]);
    world.start(1);
    world.end(1, OutcomeKind::Segv);
    answers(&mut world);
    // As if the engine had died before it could answer: the end of attempt 1 is what was asked for.
    ask(&mut world, 1, vec![AskedCall { taken: Some((0, false)), ..call(1) }]);
    assert_eq!((answers(&mut world), world.launching.is_empty()), (vec![(1, false)], true));
    // It was to run again, and that got lost.
    ask(&mut world, 1, vec![AskedCall { taken: Some((1, false)), ..call(1) }]);
    assert_eq!((answers(&mut world), world.launching.clone()), (vec![], [(1, 2)].into()));
}

#[test]
fn simulations_of_a_script_that_dies_go_on_or_are_cancelled_as_the_file_says() {
    for (on_end, cancelled) in [(OnSuiteEnd::GoOn, false), (OnSuiteEnd::Cancel, true)] {
        let mut world = world(1, on_end);
        ask(&mut world, 1, vec![call(1), call(2)]);
        world.start(1);
        world.end(0, OutcomeKind::Killed);
        assert_eq!(world.state.view(2, world.now).status.ended().is_some(), cancelled, "{on_end:?}");
        assert_eq!(!world.stops.is_empty(), cancelled);
        world.end(1, if cancelled { OutcomeKind::Cancelled } else { OutcomeKind::Ok });
        assert_eq!(answers(&mut world), [], "nobody is there to be told");
        // Its next attempt finds what went on.
        world.request(Request::Retry { sims: vec![0] });
        world.start(0);
        ask(&mut world, 2, vec![call(1)]);
        assert_eq!(answers(&mut world), if cancelled { vec![] } else { vec![(1, true)] });
    }
}

#[test]
fn what_ran_again_together_with_its_suite_is_not_run_a_third_time() {
    let mut world = world(9, OnSuiteEnd::GoOn);
    ask(&mut world, 1, vec![call(1), call(2)]);
    for sim in [1, 2] {
        world.start(sim);
        world.end(sim, OutcomeKind::Segv);
    }
    world.end(0, OutcomeKind::Segv);
    answers(&mut world);
    world.pass(1000);
    world.request(Request::Retry { sims: vec![0, 1] });
    world.start(0);
    world.pass(1000);
    world.start(1);
    world.end(1, OutcomeKind::Segv);
    ask(&mut world, 2, vec![call(1), call(2)]);
    assert_eq!((answers(&mut world), world.launching.clone()), (vec![(1, false)], [(2, 2)].into()));
}

#[test]
fn what_a_script_has_asked_for_just_before_it_died_is_cancelled_as_well() {
    let mut world = world(1, OnSuiteEnd::Cancel);
    ask(&mut world, 1, vec![call(1)]);
    world.start(1);
    world.end(0, OutcomeKind::Killed);
    ask(&mut world, 1, vec![call(2)]);
    assert!(world.state.view(2, world.now).status.ended().is_some());
    world.end(1, OutcomeKind::Cancelled);
    assert!(world.launching.is_empty());
}

#[test]
fn a_result_from_before_is_no_answer_when_its_renewal_was_cancelled() {
    let mut world = world(1, OnSuiteEnd::GoOn);
    ask(&mut world, 1, vec![call(1)]);
    world.start(1);
    world.end(1, OutcomeKind::Ok);
    world.end(0, OutcomeKind::Segv);
    world.request(Request::Retry { sims: vec![0] });
    world.start(0);
    world.request(Request::SetQueue { queue: QueueState::Paused });
    ask(&mut world, 2, vec![AskedCall { fresh: true, ..call(1) }]);
    world.for_suites.clear();
    world.request(Request::Cancel { sims: vec![1] });
    let [Effect::AnswerCall { number: 1, after: 1, before: false, .. }] = world.for_suites[..] else {
        panic!("{:?}", world.for_suites)
    };
    assert_eq!(world.state.sim(1).latest().unwrap().number, 1, "the attempt that does not count");
}

#[test]
fn a_suite_that_ended_ok_cancels_nothing() {
    let mut world = world(1, OnSuiteEnd::Cancel);
    ask(&mut world, 1, vec![call(1)]);
    world.start(1);
    world.end(0, OutcomeKind::Ok);
    assert!(world.stops.is_empty());
}

#[test]
fn pause_resume_and_cancel_of_a_suite_mean_its_simulations_too() {
    let mut world = world(1, OnSuiteEnd::GoOn);
    ask(&mut world, 1, vec![call(1), call(2)]);
    world.start(1);
    world.request(Request::Pause { sims: vec![0] });
    let word = |world: &World, sim| world.state.view(sim, world.now).status.word();
    assert_eq!([word(&world, 0), word(&world, 1), word(&world, 2)], ["paused", "paused", "queued"]);
    assert_eq!(world.why(2), Why::Place { wait: Wait::SuitePaused });
    world.request(Request::Resume { sims: vec![0] });
    assert_eq!([word(&world, 0), word(&world, 1)], ["running", "running"]);
    world.request(Request::Cancel { sims: vec![0] });
    assert_eq!([word(&world, 0), word(&world, 1), word(&world, 2)], ["stopping", "stopping", "cancelled"]);
    // What waits for that alone starts when its suite goes on.
    let mut world = self::world(1, OnSuiteEnd::GoOn);
    world.request(Request::SetQueue { queue: QueueState::Paused });
    ask(&mut world, 1, vec![call(1), call(2)]);
    world.request(Request::Pause { sims: vec![0] });
    world.request(Request::SetQueue { queue: QueueState::Open });
    assert_eq!(world.why(1), Why::Place { wait: Wait::SuitePaused });
    world.request(Request::Resume { sims: vec![0] });
    assert_eq!(world.launching.keys().collect::<Vec<_>>(), [&1]);
    assert_eq!(world.why(2), Why::Place { wait: Wait::Cap });
    // And without its suite, one alone.
    let mut world = self::world(2, OnSuiteEnd::GoOn);
    ask(&mut world, 1, vec![call(1), call(2)]);
    world.request(Request::Cancel { sims: vec![1] });
    world.start(1);
    assert_eq!([word(&world, 0), word(&world, 2)], ["running", "launching"]);
}

#[test]
fn a_call_that_the_script_ends_is_cancelled_and_answered() {
    let mut world = world(1, OnSuiteEnd::GoOn);
    ask(&mut world, 1, vec![call(1), call(2)]);
    world.start(1);
    ask(&mut world, 1, vec![AskedCall { stopped: true, is_known: true, ..call(2) }]);
    assert_eq!(answers(&mut world), [(2, false)]);
    ask(&mut world, 1, vec![AskedCall { stopped: true, is_known: true, ..call(1) }]);
    assert_eq!(world.stops.len(), 1);
    world.end(1, OutcomeKind::Cancelled);
    assert_eq!(answers(&mut world), [(1, false)]);
    assert_eq!(world.why(0), Why::Nothing, "it waits for no more");
}

#[test]
fn an_engine_that_drains_does_not_wait_for_a_script_that_waits_for_what_nobody_launches() {
    let mut world = world(1, OnSuiteEnd::GoOn);
    ask(&mut world, 1, vec![call(1), call(2)]);
    world.start(1);
    world.request(Request::Drain);
    assert!(!world.ended);
    world.end(1, OutcomeKind::Ok);
    assert!(world.ended);
}

#[test]
fn a_suite_that_is_run_anew_takes_nothing_from_before_once() {
    let mut world = world(1, OnSuiteEnd::GoOn);
    world.end(0, OutcomeKind::Ok);
    world.ok.clear();
    world.request(Request::Anew { sims: vec![0] });
    assert!(world.state.sim(0).anew);
    world.start(0);
    assert!(!world.state.sim(0).anew, "a retry of it takes what it has made");
}

#[test]
fn what_was_cancelled_before_it_started_runs_when_the_next_attempt_asks_for_it() {
    let mut world = world(1, OnSuiteEnd::Cancel);
    ask(&mut world, 1, vec![call(1), call(2)]);
    world.start(1);
    world.end(0, OutcomeKind::Killed);
    world.end(1, OutcomeKind::Cancelled);
    world.request(Request::Retry { sims: vec![0] });
    world.start(0);
    ask(&mut world, 2, vec![call(2)]);
    assert_eq!((answers(&mut world), world.launching.clone()), (vec![], [(2, 1)].into()));
}

#[test]
fn what_a_script_asked_for_before_it_died_is_treated_like_what_it_had_asked_for_when_it_is_only_read_then() {
    for (on_end, word) in [(OnSuiteEnd::GoOn, "launching"), (OnSuiteEnd::Cancel, "cancelled")] {
        let mut world = world(1, on_end);
        world.end(0, OutcomeKind::Killed);
        ask(&mut world, 1, vec![call(1)]);
        assert_eq!(world.state.view(1, world.now).status.word(), word, "{on_end:?}");
        assert_eq!(world.for_suites, [], "nobody is there to be told");
    }
}

#[test]
fn calls_of_an_attempt_that_is_gone_do_not_count_for_the_one_that_lives() {
    let mut world = world(2, OnSuiteEnd::GoOn);
    world.end(0, OutcomeKind::Killed);
    world.request(Request::Retry { sims: vec![0] });
    world.start(0);
    ask(&mut world, 2, vec![call(1), call(2)]);
    ask(&mut world, 1, vec![call(1)]);
    assert_eq!(world.why(0), Why::AwaitsSpawned { left: 2, of: 2 });
}

#[test]
fn a_stop_that_comes_after_the_answer_does_not_cancel_what_a_person_has_begun_since() {
    let mut world = world(1, OnSuiteEnd::GoOn);
    ask(&mut world, 1, vec![call(1)]);
    world.start(1);
    world.end(1, OutcomeKind::Segv);
    world.request(Request::Retry { sims: vec![1] });
    ask(&mut world, 1, vec![AskedCall { stopped: true, is_known: true, ..call(1) }]);
    assert_eq!(world.state.view(1, world.now).status.word(), "launching");
    world.start(1);
    assert!(world.stops.is_empty());
}

#[test]
fn nothing_is_started_beside_attempts_that_cannot_be_listed() {
    let found = Found { unlisted: Some("I/O error".to_owned()), ..Found::default() };
    let mut world = world(1, OnSuiteEnd::GoOn);
    let (simulations, calls) = (vec![spawned(1)], vec![call(1)]);
    let asked = AskedFor { attempt: 1, simulations, found: vec![found], calls, ..AskedFor::default() };
    world.event(Event::Asked(Box::new(asked)));
    assert_eq!((answers(&mut world), world.launching.is_empty()), (vec![(1, false)], true));
}
