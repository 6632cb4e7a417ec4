//! The engine's decisions under random events: the cap, the counts and the queue hold whatever happens.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use gem5_tui::engine::life::{Ended, Life, Sim, Waiting};
use gem5_tui::engine::prepare::LaunchError;
use gem5_tui::engine::state::{Beginning, Effect, Event, Observation, State, TreeSignal};
use gem5_tui::experiment::{Concurrency, Plan, Pool, Program, Retries, Simulation};
use gem5_tui::gem5::{Outcome, OutcomeKind};
use gem5_tui::protocol::{Progress, QueueState, Reply, Request, Status};
use gem5_tui::rundir::record::Moment;
use proptest::prelude::*;

fn simulation(name: &str) -> Simulation {
    Simulation {
        name: name.to_owned(),
        parameters: Vec::new(),
        gem5: "/gem5".into(),
        gem5_args: Vec::new(),
        program: Program::Script { path: "/run.py".into(), args: Vec::new() },
        env: BTreeMap::new(),
        cwd: "/".into(),
        timeout: None,
        grace: Duration::from_mins(1),
        retries: Retries::default(),
        memory: None,
        watch: Vec::new(),
        goal: None,
        needs: Vec::new(),
        pool: None,
    }
}

fn plan(simulations: Vec<Simulation>, memory: Option<u64>) -> Plan {
    Plan {
        name: "test".into(),
        source: "/test.yaml".into(),
        outdir: "/runs".into(),
        concurrency: Concurrency::Fixed(2),
        memory,
        simulations,
    }
}

/// The state with a world around it that does what the effects say.
struct World {
    state: State,
    now: Moment,
    launching: BTreeMap<u32, u32>,
    live: BTreeSet<u32>,
    attempts: BTreeMap<u32, u32>,
    ok: BTreeSet<u32>,
    replies: Vec<Reply>,
    signals: Vec<(u32, TreeSignal)>,
    ended: bool,
}

impl World {
    fn new(plan: Plan, cap: u32) -> Self {
        let now = Moment { unix_ms: 0, boot_ms: 1_000 };
        let fresh = Sim {
            attempts: Vec::new(),
            life: Life::Waiting(Waiting::Undecided),
            retries_made: 0,
            progress: Progress::default(),
            values: Vec::new(),
            changed: false,
        };
        let sims = vec![fresh; plan.simulations.len()];
        let beginning = Beginning { sims, cap, queue: QueueState::Open, lingers: false };
        let mut world = Self {
            state: State::new(plan, beginning, now),
            now,
            launching: BTreeMap::new(),
            live: BTreeSet::new(),
            attempts: BTreeMap::new(),
            ok: BTreeSet::new(),
            replies: Vec::new(),
            signals: Vec::new(),
            ended: false,
        };
        world.event(Event::Timer);
        world
    }

    fn count(&self) -> u32 {
        self.state.plan().simulations.len() as u32
    }

    fn event(&mut self, event: Event) {
        let effects = self.state.handle(event, self.now);
        // A cancel lets a paused process go on too, whatever the cap: it is about to end.
        let cancels = effects.iter().any(|effect| matches!(effect, Effect::RecordStop { .. }));
        let starts = effects.iter().any(|effect| match effect {
            Effect::Launch { .. } => true,
            Effect::Signal { signal, .. } => *signal == TreeSignal::Continue && !cancels,
            _ => false,
        });
        for effect in effects {
            match effect {
                Effect::Launch { sim, attempt } => {
                    assert!(!self.ok.contains(&sim), "simulation {sim} is ok and was launched again unasked");
                    let last = self.attempts.insert(sim, attempt).unwrap_or(0);
                    assert!(attempt > last, "attempt {attempt} of {sim} after attempt {last}");
                    assert!(self.launching.insert(sim, attempt).is_none(), "{sim} launched twice at once");
                    assert!(!self.live.contains(&sim), "{sim} launched while it lives");
                }
                Effect::Signal { sim, signal, .. } => self.signals.push((sim, signal)),
                Effect::Reply { reply, .. } => self.replies.push(reply),
                Effect::End { .. } => self.ended = true,
                _ => {}
            }
        }
        self.check(starts);
    }

    fn request(&mut self, request: Request) -> Reply {
        if let Request::Retry { sims } = &request {
            for sim in sims {
                self.ok.remove(sim);
            }
        }
        self.event(Event::Request { client: 1, id: 1, request });
        self.replies.pop().expect("every request is answered")
    }

    fn start(&mut self, sim: u32) {
        let Some(attempt) = self.launching.remove(&sim) else { return };
        let dir = PathBuf::from(format!("/runs/{sim}/attempt-{attempt}"));
        self.event(Event::Prepared { sim, attempt, dir });
        self.live.insert(sim);
        self.event(Event::Started { sim, attempt, pid: 100, at: self.now });
    }

    fn end(&mut self, sim: u32, kind: OutcomeKind) {
        if !self.live.remove(&sim) {
            return;
        }
        if kind.is_ok() {
            self.ok.insert(sim);
        }
        let attempt = self.attempts[&sim];
        let outcome = Outcome { kind, cause: "test".into() };
        self.event(Event::Ended { sim, attempt, ended: Ended { outcome, ran_ms: Some(5), max_rss: None } });
    }

    fn pass(&mut self, ms: u64) {
        self.now.boot_ms += ms;
        self.now.unix_ms += ms.cast_signed();
        self.event(Event::Timer);
    }

    fn running(&self) -> u32 {
        let runs = |sim: u32| match &self.state.sim(sim).life {
            Life::Launching { .. } => true,
            Life::Live(live) => live.pause.is_none() && live.stop.is_none(),
            _ => false,
        };
        (0..self.count()).filter(|&sim| runs(sim)).count() as u32
    }

    /// What must hold after every event.
    fn check(&self, started: bool) {
        let header = self.state.header(self.now);
        let counts = header.counts;
        let sum = counts.blocked + counts.queued + counts.running + counts.paused + counts.ok + counts.not_ok;
        assert_eq!(sum, counts.total, "{counts:?}");
        assert_eq!(counts.total, self.count());
        if started {
            assert!(self.running() <= header.cap, "{} run with a cap of {}", self.running(), header.cap);
        }
        if let Some(memory) = header.memory {
            assert!(memory.used <= memory.budget, "{memory:?}");
        }
        let taken = (0..self.count()).filter(|&sim| self.state.sim(sim).takes_place()).count() as u32;
        for sim in 0..self.count() {
            let view = self.state.view(sim, self.now);
            let runs = matches!(view.status, Status::Running { .. } | Status::Launching | Status::Ended { .. });
            assert!(runs || !view.reason.is_empty(), "{} is {} for no reason", view.name, view.status.word());
            let idle = matches!(self.state.sim(sim).life, Life::Waiting(Waiting::Undecided));
            assert!(!idle, "{} was never looked at", view.name);
            // A wake-up is lost when a simulation waits for a cap that is not reached.
            if view.reason.contains("cap ") {
                assert!(taken >= header.cap, "{} waits for a place and there is one", view.name);
            }
            if view.reason.starts_with("needs ") && view.status == Status::Blocked {
                let met = self.state.plan().simulations[sim as usize].needs.iter().all(|need| {
                    (0..self.count()).any(|i| self.ok.contains(&i) && self.state.view(i, self.now).name == *need)
                });
                assert!(!met, "{} waits for what has ended ok", view.name);
            }
        }
    }

    /// One random step.
    fn step(&mut self, choice: u16, pick: u32, number: u64) {
        if self.ended {
            return;
        }
        let sim = pick % self.count();
        let sims = vec![sim, (pick / 7) % self.count()];
        match choice % 16 {
            0..=3 => self
                .start(self.launching.keys().nth(pick as usize % self.launching.len().max(1)).copied().unwrap_or(sim)),
            4..=6 => self.end(
                self.live.iter().nth(pick as usize % self.live.len().max(1)).copied().unwrap_or(sim),
                OutcomeKind::Ok,
            ),
            7 => self.end(sim, OutcomeKind::Segv),
            8 => drop(self.request(Request::Pause { sims })),
            9 => drop(self.request(Request::Resume { sims })),
            10 if number.is_multiple_of(4) => drop(self.request(Request::Cancel { sims })),
            11 => drop(self.request(Request::Retry { sims })),
            12 => drop(self.request(Request::SetCap { cap: (number % 6) as u32 })),
            13 => {
                let queue = if number.is_multiple_of(3) { QueueState::Paused } else { QueueState::Open };
                drop(self.request(Request::SetQueue { queue }));
            }
            14 if number.is_multiple_of(3) => {
                if let Some(attempt) = self.launching.remove(&sim) {
                    let reason = "no place on the disk".to_owned();
                    // A machine error leaves the number unused.
                    self.attempts.insert(sim, attempt - 1);
                    self.event(Event::LaunchFailed {
                        sim,
                        error: LaunchError { reason, of_machine: pick.is_multiple_of(2) },
                    });
                }
            }
            14 => self.event(Event::Clients((number % 3) as u32 + 1)),
            _ => self.pass(number % 5_000),
        }
    }

    /// Lets everything come to its end.
    fn finish(&mut self) {
        if !self.ended {
            drop(self.request(Request::SetQueue { queue: QueueState::Open }));
            drop(self.request(Request::SetCap { cap: 4 }));
        }
        for _ in 0..10_000 {
            if self.ended {
                return;
            }
            let all: Vec<u32> = (0..self.count()).collect();
            drop(self.request(Request::Resume { sims: all }));
            for sim in self.launching.keys().copied().collect::<Vec<_>>() {
                self.start(sim);
            }
            for sim in self.live.iter().copied().collect::<Vec<_>>() {
                self.end(sim, OutcomeKind::Ok);
            }
            self.pass(400_000);
        }
        panic!("the engine never came to its end");
    }
}

fn random_plan() -> Plan {
    let simulations = (0..12_u64)
        .map(|i| Simulation {
            memory: (i % 3 == 0).then_some(3 + i / 3),
            needs: if i % 5 == 4 { vec![format!("s{}", i - 3)] } else { Vec::new() },
            pool: (i % 4 == 1).then_some(Pool { id: 0, processes: 2 }),
            retries: Retries { any: (i % 3) as u32, by_outcome: BTreeMap::new() },
            timeout: (i % 6 == 2).then(|| Duration::from_secs(20)),
            ..simulation(&format!("s{i}"))
        })
        .collect();
    plan(simulations, Some(10))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn no_event_breaks_the_cap_the_counts_or_the_queue(
        steps in prop::collection::vec((any::<u16>(), any::<u32>(), any::<u64>()), 0..250),
        cap in 1_u32..5,
    ) {
        let mut world = World::new(random_plan(), cap);
        for (choice, pick, number) in steps {
            world.step(choice, pick, number);
        }
        world.finish();
    }
}

#[test]
fn ten_thousand_random_events_lose_no_wake_up() {
    let mut world = World::new(random_plan(), 3);
    let mut seed = 0x9E37_79B9_7F4A_7C15_u64;
    for _ in 0..10_000 {
        // xorshift64: the same events in every run.
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        if world.ended {
            world = World::new(random_plan(), (seed % 4 + 1) as u32);
        }
        world.step((seed >> 48) as u16, (seed >> 16) as u32, seed >> 5);
    }
    world.finish();
}

#[test]
fn a_cancel_goes_down_the_ladder_and_a_second_press_takes_a_step_at_once() {
    let mut world = World::new(plan(vec![simulation("a")], None), 1);
    world.start(0);
    let stages = |world: &World| world.signals.iter().map(|(_, signal)| format!("{signal:?}")).collect::<Vec<_>>();
    drop(world.request(Request::Cancel { sims: vec![0] }));
    assert_eq!(stages(&world), ["Ladder(Interrupt)"]);
    assert_eq!(world.state.view(0, world.now).reason, "cancelled: SIGINT sent, SIGTERM in 1m");
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
    assert!(world.state.view(0, world.now).reason.starts_with("timeout after 10"));
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
    assert_eq!((view.status.word(), view.reason.as_str()), ("paused", "goes on when there is a place: cap 1 reached"));
    world.end(1, OutcomeKind::Ok);
    assert!(matches!(world.state.view(0, world.now).status, Status::Running { .. }));
}

#[test]
fn a_dependant_waits_for_its_need_and_is_blocked_by_its_failure_until_a_retry() {
    let restore = Simulation { needs: vec!["boot".into()], ..simulation("restore") };
    let mut world = World::new(plan(vec![simulation("boot"), restore], None), 4);
    world.start(0);
    assert_eq!(world.state.view(1, world.now).reason, "needs boot");
    world.end(0, OutcomeKind::Fatal);
    let view = world.state.view(1, world.now);
    assert_eq!((view.status, view.reason.as_str()), (Status::Blocked, "blocked by boot: fatal"));
    drop(world.request(Request::Retry { sims: vec![0] }));
    assert_eq!(world.state.view(1, world.now).reason, "needs boot");
    world.start(0);
    world.end(0, OutcomeKind::Ok);
    assert!(world.launching.contains_key(&1), "the need is met, so the dependant starts");
    assert_eq!(world.state.met_needs(1), [("boot".to_owned(), PathBuf::from("/runs/0/attempt-2"))]);
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
    assert_eq!(world.state.view(1, world.now).reason, "the queue is paused");
    world.event(Event::Clients(0));
    assert!(world.ended);
}

#[test]
fn a_full_disk_pauses_the_queue_instead_of_burning_it() {
    let mut world = World::new(plan(vec![simulation("a"), simulation("b"), simulation("c")], None), 1);
    world.event(Event::Clients(1));
    (world.launching, world.attempts) = Default::default();
    let error = LaunchError { reason: "could not write: No space left on device".into(), of_machine: true };
    world.event(Event::LaunchFailed { sim: 0, error });
    assert!(world.launching.is_empty(), "nothing else is tried");
    assert_eq!(world.state.header(world.now).queue, QueueState::Paused);
    assert!(world.state.header(world.now).notice.unwrap().contains("No space left"));
    drop(world.request(Request::SetQueue { queue: QueueState::Open }));
    assert!(world.launching.contains_key(&0), "the same one is tried again");
    (world.launching, world.attempts) = Default::default();
    let error = LaunchError { reason: "a file is in the way".into(), of_machine: false };
    world.event(Event::LaunchFailed { sim: 0, error });
    assert_eq!(world.state.view(0, world.now).status.word(), "not-started");
    assert!(world.launching.contains_key(&1), "what is wrong with one is no reason to hold the others");
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
    world.event(Event::Observed(Observation {
        sim: 0,
        attempt: 1,
        at_ms: 0,
        phase: None,
        stopped: None,
        ticks: Some(95),
        instructions: None,
        dumps: 9,
        values: vec![Some(1.0)],
    }));
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
fn a_request_for_a_simulation_that_does_not_exist_is_refused() {
    let mut world = World::new(plan(vec![simulation("a")], None), 1);
    let reply = world.request(Request::Pause { sims: vec![9] });
    assert_eq!(reply, Reply::Refused { reason: "there is no such simulation".into() });
}
