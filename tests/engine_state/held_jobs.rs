//! Jobs that wait in a batch system: held, let go, and asked when they start.

use gem5_tui::engine::state::{Effect, Event, State, TreeSignal};
use gem5_tui::experiment::Simulation;
use gem5_tui::experiment::executor::StartedBy;
use gem5_tui::protocol::{Handle, Request, Why};
use gem5_tui::rundir::record::Moment;

use crate::world::{World, beginning, job, plan, simulation};

const NOW: Moment = Moment { unix_ms: 0, boot_ms: 1_000, boot: None };

fn why(world: &World) -> Why {
    world.state.view(0, world.now).why
}

fn pending(why: &str, held: bool) -> Event {
    Event::Pending { sim: 0, attempt: 1, why: why.to_owned(), held, job: job() }
}

/// An answer of squeue may be older than the hold, and must not let the row say that nothing holds it.
#[test]
fn an_answer_from_before_a_hold_does_not_undo_it() {
    let mut world = World::new(plan(vec![simulation("a")], None), 1);
    world.submit(0, "Priority");
    drop(world.request(Request::Pause { sims: vec![0] }));
    assert_eq!(why(&world), Why::Held { said: String::new() }, "what it said before is no reason any more");
    world.event(pending("Priority", false));
    assert_eq!(why(&world), Why::Held { said: String::new() });
    world.event(pending("held (JobHeldUser)", true));
    assert_eq!(why(&world), Why::Held { said: "held (JobHeldUser)".to_owned() });
    drop(world.request(Request::Resume { sims: vec![0] }));
    world.event(pending("held (JobHeldUser)", true));
    assert_eq!(why(&world), Why::Submitted { said: String::new() });
    world.event(pending("Resources", false));
    assert_eq!(why(&world), Why::Submitted { said: "Resources".to_owned() });
}

#[test]
fn a_hold_that_was_refused_holds_nothing() {
    let mut world = World::new(plan(vec![simulation("a")], None), 1);
    world.submit(0, "Priority");
    drop(world.request(Request::Pause { sims: vec![0] }));
    world.event(Event::NotHeld { sim: 0, attempt: 1 });
    assert_eq!(why(&world), Why::Submitted { said: "Priority".to_owned() });
    drop(world.request(Request::Pause { sims: vec![0] }));
    drop(world.request(Request::Resume { sims: vec![0] }));
    assert_eq!(why(&world), Why::Submitted { said: "Priority".to_owned() }, "held and let go before anybody looked");
}

#[test]
fn of_a_job_that_waits_it_is_asked_when_it_starts_and_not_for_stats() {
    let mut state = State::new(plan(vec![simulation("a")], None), beginning(Vec::new(), 1), NOW);
    drop(state.handle(Event::Timer, NOW));
    drop(state.handle(Event::Prepared { sim: 0, attempt: 1, dir: "/runs/a/attempt-1".into() }, NOW));
    drop(state.handle(pending("Priority", false), NOW));
    let ask = |id| Event::Request { client: 1, id, request: Request::DumpStats { sims: vec![0] } };
    let effects = state.handle(ask(1), NOW);
    assert!(effects.contains(&Effect::AskStart { sim: 0, attempt: 1 }), "{effects:?}");
    drop(state.handle(Event::Request { client: 1, id: 2, request: Request::Cancel { sims: vec![0] } }, NOW));
    let effects = state.handle(ask(3), NOW);
    assert!(effects.iter().all(|effect| !matches!(effect, Effect::AskStart { .. })), "it is taken back: {effects:?}");
}

/// Its node waits for it and its time goes on: it must not wait for a place that jobs have which only wait themselves.
#[test]
fn a_paused_job_keeps_its_place_and_goes_on_at_once() {
    let slurm = || StartedBy::Slurm(Box::default());
    let simulations = ["a", "b"].map(|name| Simulation { executor: slurm(), ..simulation(name) });
    let mut state = State::new(plan(simulations.into(), None), beginning(Vec::new(), 1), NOW);
    drop(state.handle(Event::Timer, NOW));
    drop(state.handle(Event::Prepared { sim: 0, attempt: 1, dir: "/runs/a/attempt-1".into() }, NOW));
    drop(state.handle(Event::Started { sim: 0, attempt: 1, handle: Handle::Job(job()), at: NOW }, NOW));
    let effects = state.handle(Event::Request { client: 1, id: 1, request: Request::Pause { sims: vec![0] } }, NOW);
    assert!(
        effects.iter().all(|effect| !matches!(effect, Effect::Launch { .. })),
        "nothing takes its place: {effects:?}"
    );
    drop(state.handle(Event::Signalled { sim: 0, attempt: 1, signal: TreeSignal::Stop, at: NOW }, NOW));
    let effects = state.handle(Event::Request { client: 1, id: 2, request: Request::Resume { sims: vec![0] } }, NOW);
    let goes_on = Effect::Signal { sim: 0, attempt: 1, signal: TreeSignal::Continue };
    assert!(effects.contains(&goes_on), "{effects:?}");
}
