//! Jobs that a batch system has, and what it refuses.

use std::path::PathBuf;

use gem5_tui::engine::state::{Beginning, Effect, Event, State, TreeSignal};
use gem5_tui::experiment::Simulation;
use gem5_tui::experiment::executor::StartedBy;
use gem5_tui::gem5::{Outcome, OutcomeKind};
use gem5_tui::protocol::{Handle, QueueState, Reply, Request, Status, Why};
use gem5_tui::rundir::evidence::Ended;
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

/// Ten that a batch system is to have, of an engine that stays for a dashboard or belongs to `gem5-tui run`.
fn refused(lingers: bool) -> (State, Vec<Effect>) {
    let slurm = || StartedBy::Slurm(Box::default());
    let simulations = ('a'..='j').map(|name| Simulation { executor: slurm(), ..simulation(&name.to_string()) });
    let beginning = Beginning { lingers, ..beginning(Vec::new(), 2) };
    let mut state = State::new(plan(simulations.collect(), None), beginning, NOW);
    drop(state.handle(Event::Request { client: 1, id: 1, request: Request::Subscribe }, NOW));
    let mut effects = state.handle(Event::Timer, NOW);
    let mut all = Vec::new();
    for _ in 0..20 {
        let launched: Vec<u32> = effects
            .iter()
            .filter_map(|effect| match effect {
                Effect::Launch { sim, .. } => Some(*sim),
                _ => None,
            })
            .collect();
        all.append(&mut effects);
        for sim in launched {
            let dir = PathBuf::from(format!("/runs/{sim}/attempt-1"));
            effects.extend(state.handle(Event::Prepared { sim, attempt: 1, dir }, NOW));
            let outcome =
                Outcome::new(OutcomeKind::NotStarted, "Slurm refused it: invalid partition specified: nosuch");
            effects.extend(state.handle(Event::Ended { sim, attempt: 1, ended: Ended::of(outcome) }, NOW));
        }
    }
    all.append(&mut effects);
    (state, all)
}

fn not_started(state: &State) -> usize {
    let ended = |sim: &u32| matches!(&state.view(*sim, NOW).status, Status::Ended { outcome } if outcome.kind == OutcomeKind::NotStarted);
    (0..10).filter(ended).count()
}

#[test]
fn a_run_whose_jobs_are_refused_ends_and_says_why() {
    let (state, effects) = refused(false);
    assert!((3..=4).contains(&not_started(&state)), "the rest is not handed in to be refused");
    assert!(effects.iter().any(|effect| matches!(effect, Effect::End { .. })), "nobody opens its queue: {effects:?}");
    assert!(state.header(NOW).notice.is_some_and(|notice| notice.contains("nosuch")));
}

/// The file is mended and loaded anew, or what was refused is retried: both must start something.
#[test]
fn a_dashboard_whose_jobs_are_refused_waits_for_a_retry_and_records_no_paused_queue() {
    let (mut state, effects) = refused(true);
    assert_eq!(state.header(NOW).queue, QueueState::Paused);
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::End { .. })), "{effects:?}");
    let recorded = effects.iter().filter_map(|effect| match effect {
        Effect::RecordControls { queue, .. } => Some(*queue),
        _ => None,
    });
    assert_eq!(recorded.last(), Some(QueueState::Open), "the next engine begins with an open queue");
    let retried = state.handle(Event::Request { client: 1, id: 9, request: Request::Retry { sims: vec![0] } }, NOW);
    assert!(retried.iter().any(|effect| matches!(effect, Effect::Launch { .. })), "{retried:?}");
    assert!(retried.iter().any(|effect| matches!(effect, Effect::Reply { reply: Reply::Done { .. }, .. })));
    assert_eq!(state.header(NOW).notice, None, "whoever retries knows");
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
