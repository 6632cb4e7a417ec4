//! The state with a world around it that does what the effects say, and checks after each event what must hold.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use gem5_tui::engine::state::deadline::Deadline;
use gem5_tui::engine::state::found::Found;
use gem5_tui::engine::state::gauges::host::TreeLook;
use gem5_tui::engine::state::gauges::seen::Seen;
use gem5_tui::engine::state::sim::{Life, Waiting};
use gem5_tui::engine::state::{Beginning, Effect, Event, Observation, RoomLook, State, TreeSignal};
use gem5_tui::experiment::{Concurrency, Dependency, Goal, Plan, Pool, Program, Retries, RowKind, Simulation, When};
use gem5_tui::gem5::{Outcome, OutcomeKind, Phase};
use gem5_tui::protocol::{Counts, Edits, Handle, QueueState, Reply, Request, Status, Wait, Why};
use gem5_tui::rundir::evidence::Ended;
use gem5_tui::rundir::record::{Moment, StopReason};
use gem5_tui::rundir::room::Room;

// Beside this file, whoever includes it.
#[path = "told.rs"]
pub(crate) mod told;
use told::Told;

/// After so many rounds in which all that runs ends, nothing can be left: there are fewer simulations, with few retries.
const MOST_PASSES: u32 = 300;

/// What a started attempt is known by.
pub(crate) const HANDLE: Handle = Handle::Process { pid: 100 };

pub(crate) fn simulation(name: &str) -> Simulation {
    let program = Program::Script { path: "/run.py".into(), args: Vec::new() };
    Simulation::new(name, "/gem5", program, "/")
}

pub(crate) fn plan(simulations: Vec<Simulation>, memory: Option<u64>) -> Plan {
    Plan {
        name: "test".into(),
        source: "/test.yaml".into(),
        outdir: "/runs".into(),
        concurrency: Concurrency::Fixed(2),
        memory,
        min_free_disk: None,
        stop_after: gem5_tui::experiment::StopAfter::NEVER,
        notify: Vec::new(),
        results: gem5_tui::experiment::results::ResultsRule::default(),
        courtesy: gem5_tui::experiment::executor::Courtesy::default(),
        awaiting: Vec::new(),
        sources: Vec::new(),
        origin: None,
        simulations,
    }
}

/// The beginning of an engine in the foreground that found this of the simulations.
pub(crate) fn beginning(found: Vec<Found>, cap: u32) -> Beginning {
    let (room, edits) = (RoomLook::default(), Edits::default());
    Beginning {
        found,
        notices: gem5_tui::rundir::record::NoticesRecord::default(),
        cap,
        here: None,
        queue: QueueState::Open,
        wishes: gem5_tui::rundir::record::Wishes::default(),
        lingers: false,
        room,
        edits,
        deadline: None,
        allocation: None,
        beside: None,
    }
}

/// The state with a world around it that does what the effects say.
pub(crate) struct World {
    pub(crate) state: State,
    pub(crate) now: Moment,
    pub(crate) launching: BTreeMap<u32, u32>,
    /// Those that wait in a batch system, and those that it is asked to give back.
    pub(crate) submitted: BTreeSet<u32>,
    pub(crate) withdrawn: BTreeSet<u32>,
    /// Those that a batch system holds back.
    pub(crate) held: BTreeSet<u32>,
    pub(crate) live: BTreeSet<u32>,
    pub(crate) attempts: BTreeMap<u32, u32>,
    pub(crate) ok: BTreeSet<u32>,
    pub(crate) replies: Vec<Reply>,
    pub(crate) signals: Vec<(u32, TreeSignal)>,
    pub(crate) stops: Vec<(u32, StopReason)>,
    /// Signals are on their way until a test says otherwise.
    pub(crate) holds_signals: bool,
    /// Whom no signal reaches.
    pub(crate) deaf: BTreeSet<u32>,
    pub(crate) ended: bool,
    /// How often it was asked what others have made.
    pub(crate) grows: u32,
    /// What suites are to be told, and what is noted of their calls.
    pub(crate) for_suites: Vec<Effect>,
    /// What is to be written down, for whoever takes it.
    pub(crate) records: Vec<Effect>,
    /// What a client knows, for a world that has one which listens.
    pub(crate) told: Option<Told>,
}

impl World {
    pub(crate) fn new(plan: Plan, cap: u32) -> Self {
        Self::of(plan, cap, |_| None)
    }

    /// One whose time is up some time.
    pub(crate) fn until(plan: Plan, cap: u32, deadline: impl Fn(Moment) -> Deadline) -> Self {
        Self::of(plan, cap, |now| Some(deadline(now)))
    }

    fn of(plan: Plan, cap: u32, deadline: impl Fn(Moment) -> Option<Deadline>) -> Self {
        let now = Moment { unix_ms: 0, boot_ms: 1_000, boot: None };
        let beginning = Beginning { deadline: deadline(now), ..beginning(Vec::new(), cap) };
        let mut world = Self {
            state: State::new(plan, beginning, now),
            now,
            launching: BTreeMap::new(),
            submitted: BTreeSet::new(),
            withdrawn: BTreeSet::new(),
            held: BTreeSet::new(),
            live: BTreeSet::new(),
            attempts: BTreeMap::new(),
            ok: BTreeSet::new(),
            replies: Vec::new(),
            signals: Vec::new(),
            holds_signals: false,
            deaf: BTreeSet::new(),
            stops: Vec::new(),
            ended: false,
            grows: 0,
            for_suites: Vec::new(),
            records: Vec::new(),
            told: None,
        };
        world.event(Event::Timer);
        world
    }

    pub(crate) fn count(&self) -> u32 {
        self.state.plan().simulations.len() as u32
    }

    pub(crate) fn event(&mut self, event: Event) {
        let is_paused = |sim: u32| matches!(&self.state.sim(sim).life, Life::Live(live) if live.is_held());
        let simulates = |sim: u32| match &self.state.sim(sim).life {
            Life::Live(live) => live.pause.is_none() && live.stop.is_none() && live.phase == Phase::Running,
            _ => false,
        };
        // A look that finds it running again, because somebody else let it go on, ends the pause first.
        let goes_on =
            |sim: u32| matches!(&event, Event::Observed(look) if look.sim == sim && look.stopped == Some(false));
        let paused: BTreeSet<u32> = (0..self.count()).filter(|&sim| is_paused(sim) && !goes_on(sim)).collect();
        // What a pause has not reached has its place all the time, and what is over needs none.
        let needs_no_place = |sim: u32| match &self.state.sim(sim).life {
            Life::Live(live) => live.is_over || live.pause.is_some_and(|pause| pause.missed || !pause.is_sent),
            _ => false,
        };
        let placed: BTreeSet<u32> = (0..self.count()).filter(|&sim| needs_no_place(sim)).collect();
        let simulating: BTreeSet<u32> = (0..self.count()).filter(|&sim| simulates(sim)).collect();
        let effects = self.state.handle(event, self.now);
        // A cancel lets a paused process go on too, whatever the cap: it is about to end. So does news that it is over already.
        let ends =
            |sim: u32| matches!(&self.state.sim(sim).life, Life::Live(live) if live.stop.is_some() || live.is_over);
        let launches = effects.iter().any(|effect| matches!(effect, Effect::Launch { .. }));
        // What needs no place may start whatever runs.
        let starts = effects.iter().any(|effect| match effect {
            Effect::Launch { sim, .. } => self.is_counted(*sim),
            Effect::Signal { sim, signal, .. } => {
                *signal == TreeSignal::Continue && !ends(*sim) && !placed.contains(sim) && self.is_counted(*sim)
            }
            _ => false,
        });
        let mut sent = Vec::new();
        self.records.extend(effects.iter().filter(|effect| is_record(effect)).cloned());
        for effect in effects {
            match effect {
                Effect::Launch { sim, attempt } => {
                    assert!(!self.ok.contains(&sim), "simulation {sim} is ok and was launched again unasked");
                    let last = self.attempts.insert(sim, attempt).unwrap_or(0);
                    assert!(attempt > last, "attempt {attempt} of {sim} after attempt {last}");
                    assert!(self.launching.insert(sim, attempt).is_none(), "{sim} launched twice at once");
                    assert!(!self.live.contains(&sim), "{sim} launched while it lives");
                    for need in &self.state.plan().simulations[sim as usize].needs {
                        let mut named =
                            (0..self.count()).filter(|&i| self.state.plan().simulations[i as usize].name == need.name);
                        let when = need.when;
                        let need = named.next().expect("the plan has it");
                        let is_met = self.is_met(need, when);
                        assert!(is_met, "{sim} is launched before {need}, which it needs");
                    }
                }
                Effect::Signal { sim, attempt, signal } => {
                    sent.push((sim, attempt, signal));
                    assert!(signal != TreeSignal::PollStats || simulating.contains(&sim), "{sim} is asked for stats");
                    self.signals.push((sim, signal));
                }
                Effect::RecordStop { sim, reason, .. } => {
                    let is_asked = matches!(reason, StopReason::Cancelled | StopReason::TimeUp { .. });
                    assert!(is_asked || !paused.contains(&sim), "{sim} is ended while it is paused: {reason:?}");
                    self.stops.push((sim, reason));
                }
                Effect::Withdraw { sim, attempt } => {
                    assert_eq!(self.launching.get(&sim), Some(&attempt), "{sim} is withdrawn and has started");
                    self.withdrawn.insert(sim);
                }
                Effect::Hold { sim, held, .. } => {
                    assert!(self.submitted.contains(&sim), "{sim} is held and no batch system has it");
                    if held {
                        self.held.insert(sim)
                    } else {
                        self.held.remove(&sim)
                    };
                }
                Effect::Reply { reply, .. } => self.replies.push(reply),
                effect @ (Effect::AnswerCall { .. } | Effect::TakeCall { .. }) => self.for_suites.push(effect),
                Effect::Grow => self.grows += 1,
                Effect::End { .. } => self.ended = true,
                _ => {}
            }
        }
        self.check(starts, launches);
        if let Some(told) = &mut self.told {
            told.hear(&mut self.state, self.now);
        }
        for (sim, attempt, signal) in sent {
            // What has ended meanwhile counts as reached.
            if self.deaf.contains(&sim) && self.live.contains(&sim) {
                self.event(Event::Unsignalled { sim, attempt, signal, why: format!("{sim} is deaf") });
            } else if !self.holds_signals {
                self.event(Event::Signalled { sim, attempt, signal, at: self.now });
            }
        }
    }

    pub(crate) fn request(&mut self, request: Request) -> Reply {
        if let Request::Retry { sims } = &request {
            for sim in sims {
                self.ok.remove(sim);
            }
        }
        self.event(Event::Request { client: 1, id: 1, request });
        self.replies.pop().expect("every request is answered")
    }

    pub(crate) fn start(&mut self, sim: u32) {
        let Some(attempt) = self.launching.get(&sim).copied().filter(|_| !self.held.contains(&sim)) else { return };
        self.prepare(sim, attempt);
        self.launching.remove(&sim);
        self.withdrawn.remove(&sim);
        self.submitted.remove(&sim);
        self.live.insert(sim);
        self.event(Event::Started { sim, attempt, handle: HANDLE, at: self.now });
    }

    /// Its directory is made, if it was not when a batch system got it.
    fn prepare(&mut self, sim: u32, attempt: u32) {
        if !self.submitted.contains(&sim) {
            let dir = PathBuf::from(format!("/runs/{sim}/attempt-{attempt}"));
            self.event(Event::Prepared { sim, attempt, dir });
        }
    }

    /// A batch system takes what is being launched, or says again why it waits.
    pub(crate) fn submit(&mut self, sim: u32, why: &str) {
        let Some(attempt) = self.launching.get(&sim).copied() else { return };
        self.prepare(sim, attempt);
        self.submitted.insert(sim);
        self.event(Event::Pending { sim, attempt, why: why.to_owned(), held: self.held.contains(&sim), job: job() });
    }

    /// Whether what is needed has come to the end that is waited for.
    fn is_met(&self, need: u32, when: When) -> bool {
        match (self.state.sim(need).ended(), when) {
            (Some(kind), When::Ok) => kind.is_ok(),
            (Some(kind), When::Ended) => kind != OutcomeKind::Lost,
            // What will never start by itself is as good as ended.
            (None, When::Ended) => matches!(self.state.sim(need).life, Life::Waiting(Waiting::NeedFailed(_))),
            (None, When::Ok) => false,
        }
    }

    /// A client adds simulations; the last one may need one that was there, or one that is added with it.
    pub(crate) fn grow(&mut self, pick: u32, number: u64) -> Reply {
        let named = |at: u32| format!("grown-{at}");
        let first = self.count();
        let need = self.state.plan().simulations[(pick % first) as usize].name.clone();
        let needs = vec![Dependency::ok(if number.is_multiple_of(2) { need } else { named(first) })];
        let retries = Retries { any: (number % 2) as u32, by_outcome: BTreeMap::new() };
        let one = Simulation { retries, memory: Some(number % 3), ..simulation(&named(first)) };
        let other = Simulation { needs, ..simulation(&named(first + 1)) };
        let (found, changed, asked) = (Vec::new(), Vec::new(), Some((1, 1)));
        self.event(Event::Added { simulations: vec![one, other], found, changed, asked });
        self.replies.pop().expect("whoever adds is answered")
    }

    /// A batch system gives back what it was asked for.
    pub(crate) fn give_back(&mut self, sim: u32) {
        if !self.withdrawn.remove(&sim) {
            return;
        }
        self.submitted.remove(&sim);
        self.held.remove(&sim);
        let Some(attempt) = self.launching.remove(&sim) else { return };
        let outcome = Outcome::new(OutcomeKind::NotStarted, "withdrawn");
        self.event(Event::Ended { sim, attempt, ended: Ended::of(outcome) });
        assert_eq!(self.state.view(sim, self.now).status.word(), "cancelled");
    }

    pub(crate) fn end(&mut self, sim: u32, kind: OutcomeKind) {
        if !self.live.remove(&sim) {
            return;
        }
        if kind.is_ok() {
            self.ok.insert(sim);
        }
        let attempt = self.attempts[&sim];
        let outcome = Outcome::new(kind, "test");
        self.event(Event::Ended {
            sim,
            attempt,
            ended: Ended { ran_ms: Some(5), ended_unix_ms: Some(self.now.unix_ms), ..Ended::of(outcome) },
        });
    }

    /// Its tree has ended, and what it wrote is on its way to the disk.
    pub(crate) fn over(&mut self, sim: u32) {
        if self.live.contains(&sim) {
            self.event(Event::Over { sim, attempt: self.attempts[&sim] });
        }
    }

    /// A look at a running simulation; `change` says what is seen.
    pub(crate) fn see(&mut self, sim: u32, change: impl FnOnce(&mut Observation)) {
        if self.live.contains(&sim) {
            let mut observation = look(sim, self.attempts[&sim], self.now);
            change(&mut observation);
            self.event(Event::Observed(observation));
        }
    }

    pub(crate) fn room(&mut self, memory: Room, disk: Room) {
        self.event(Event::Room(RoomLook { memory: Some(memory), disk: Some(disk) }));
    }

    pub(crate) fn why(&self, sim: u32) -> Why {
        self.state.view(sim, self.now).why
    }

    /// What is free of the memory budget.
    pub(crate) fn free(&self) -> u64 {
        self.state.header(self.now).limits().free.expect("there is a budget")
    }

    pub(crate) fn pass(&mut self, ms: u64) {
        self.now.boot_ms += ms;
        self.now.unix_ms += ms.cast_signed();
        self.event(Event::Timer);
    }

    /// Whether the row is one that takes a place.
    fn is_counted(&self, sim: u32) -> bool {
        self.state.plan().simulations[sim as usize].run.kind() != RowKind::Suite
    }

    pub(crate) fn running(&self) -> u32 {
        let runs = |sim: u32| {
            self.is_counted(sim)
                && match &self.state.sim(sim).life {
                    Life::Launching { .. } | Life::Submitted { .. } => true,
                    Life::Live(live) => !live.is_over && !live.is_paused() && live.stop.is_none(),
                    _ => false,
                }
        };
        (0..self.count()).filter(|&sim| runs(sim)).count() as u32
    }

    /// What must hold after every event.
    fn check(&self, started: bool, launched: bool) {
        let header = self.state.header(self.now);
        let counts = header.counts;
        let sum = counts.blocked + counts.queued + counts.running + counts.paused + counts.ok + counts.not_ok;
        assert_eq!(sum, counts.total, "{counts:?}");
        assert_eq!(counts.total, self.count());
        let awaiting = self.state.plan().awaiting.len() as u32;
        let mut counted = Counts { awaiting, ..Counts::default() };
        (0..self.count()).for_each(|sim| counted.add(&self.state.view(sim, self.now).status));
        assert_eq!(counts, counted, "what is kept is what is there");
        if started {
            assert!(self.running() <= header.cap, "{} run with a cap of {}", self.running(), header.cap);
        }
        assert!(!launched || header.queue == QueueState::Open, "launched from a queue that is {:?}", header.queue);
        // What runs may grow beyond the budget, but nothing is launched then.
        if let Some(memory) = header.memory.filter(|_| launched) {
            assert!(memory.used <= memory.budget, "{memory:?}");
        }
        let taken =
            (0..self.count()).filter(|&sim| self.is_counted(sim) && self.state.sim(sim).takes_place()).count() as u32;
        for sim in 0..self.count() {
            let view = self.state.view(sim, self.now);
            let runs = matches!(view.status, Status::Running { .. } | Status::Launching | Status::Ended { .. });
            assert!(runs || view.why != Why::Nothing, "{} is {} for no reason", view.name, view.status.word());
            // Jobs are handed in a few at a time, and wait for their turn.
            let is_job = self.state.plan().simulations[sim as usize].executor.system().is_some();
            assert!(is_job || view.why != Why::Place { wait: Wait::Turn }, "{} was never looked at", view.name);
            // A wake-up is lost when a simulation waits for a cap that is not reached.
            if matches!(
                view.why,
                Why::Place { wait: Wait::Cap | Wait::Next | Wait::Priority { .. } } | Why::GoesOn { wait: Wait::Cap }
            ) {
                assert!(taken >= header.cap, "{} waits for a place and there is one", view.name);
            }
            let tries = (0..self.count()).any(|sim| matches!(self.state.sim(sim).life, Life::Launching { .. }));
            if view.why == (Why::Place { wait: Wait::Trouble }) && !tries {
                assert!(self.state.next_deadline(self.now).is_some(), "{} waits for a try that never comes", view.name);
            }
            if let Why::Needs { .. } = view.why {
                let met = self.state.plan().simulations[sim as usize].needs.iter().all(|need| {
                    (0..self.count())
                        .any(|i| self.state.view(i, self.now).name == need.name && self.is_met(i, need.when))
                });
                assert!(!met, "{} waits for what has ended ok", view.name);
            }
        }
    }

    /// One random step.
    pub(crate) fn step(&mut self, choice: u16, pick: u32, number: u64) {
        if self.ended {
            return;
        }
        let sim = pick % self.count();
        let sims = vec![sim, (pick / 7) % self.count()];
        match choice % 25 {
            24 => {
                if !self.deaf.remove(&sim) {
                    self.deaf.insert(sim);
                }
            }
            0..=3 => self
                .start(self.launching.keys().nth(pick as usize % self.launching.len().max(1)).copied().unwrap_or(sim)),
            4..=6 => self.end(
                self.live.iter().nth(pick as usize % self.live.len().max(1)).copied().unwrap_or(sim),
                OutcomeKind::Ok,
            ),
            7 if number.is_multiple_of(2) => self.over(sim),
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
                if !self.submitted.contains(&sim)
                    && let Some(attempt) = self.launching.remove(&sim)
                {
                    let reason = "no place on the disk".to_owned();
                    // A machine error leaves the number unused.
                    self.attempts.insert(sim, attempt - 1);
                    self.event(Event::LaunchFailed { sim, reason, of_machine: pick.is_multiple_of(2) });
                }
            }
            14 => self.event(Event::Clients((number % 3) as u32 + 1)),
            15..=17 => self.see_something(sim, pick, number),
            18 => {
                let room = |percent: u64| Room { free: percent << 30, total: 100 << 30 };
                self.room(room(number % 40), room((number / 7) % 40));
            }
            20 => self.submit(sim, if number.is_multiple_of(2) { "Priority" } else { "Resources" }),
            22 if self.count() < 40 => drop(self.grow(pick, number)),
            21 => self.give_back(self.withdrawn.first().copied().unwrap_or(sim)),
            23 if number.is_multiple_of(3) => drop(self.request(Request::InOrder { sims })),
            23 => drop(self.request(Request::First { sims })),
            _ => self.pass(number % 5_000),
        }
    }

    fn see_something(&mut self, sim: u32, pick: u32, number: u64) {
        let now_ms = self.now.boot_ms;
        self.see(sim, |look| {
            look.stopped = Some(number.is_multiple_of(7));
            look.phase = Some(if number.is_multiple_of(5) { Phase::Dumping } else { Phase::Running });
            look.seen.ticks = Some(number % 1_000_000);
            look.output_while_stopped = look.stopped.filter(|stopped| *stopped).map(|_| number);
            look.written = number.is_multiple_of(3).then_some(u64::from(pick % 2));
            look.tree = Some(TreeLook { at_ms: now_ms, cpu_ms: number % 4, rss: u64::from(pick % 6) });
            look.output = Some((now_ms, u64::from(pick)));
        });
    }

    /// Lets everything come to its end.
    pub(crate) fn finish(&mut self) {
        if !self.ended {
            let enough = Room { free: 90 << 30, total: 100 << 30 };
            self.room(enough, enough);
            drop(self.request(Request::SetQueue { queue: QueueState::Open }));
            drop(self.request(Request::SetCap { cap: 4 }));
        }
        for _ in 0..MOST_PASSES {
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
        let left = (0..self.count()).filter(|&sim| self.state.sim(sim).ended().is_none());
        panic!("the engine never came to its end: {:?}", left.map(|sim| (sim, self.why(sim))).collect::<Vec<_>>());
    }
}

/// Whether it is a record about one simulation or call.
fn is_record(effect: &Effect) -> bool {
    matches!(
        effect,
        Effect::RecordStop { .. }
            | Effect::RecordCancelled { .. }
            | Effect::RecordRetry { .. }
            | Effect::ForgetRetry { .. }
            | Effect::TakeCall { .. }
            | Effect::AnswerCall { .. }
            | Effect::RecordControls { .. }
            | Effect::Notify { .. }
            | Effect::RecordNotices(_)
            | Effect::Log { .. }
    )
}

pub(crate) fn random_plan() -> Plan {
    let simulations = (0..12_u64)
        .map(|i| Simulation {
            memory: (i % 3 == 0).then_some(3 + i / 3),
            needs: if i % 5 == 4 {
                vec![Dependency { name: format!("s{}", i - 3), when: if i % 2 == 0 { When::Ok } else { When::Ended } }]
            } else {
                Vec::new()
            },
            priority: (i % 4) as i32 - 1,
            pool: (i % 4 == 1).then_some(Pool { id: 0, processes: 2 }),
            retries: Retries { any: (i % 3) as u32, by_outcome: BTreeMap::new() },
            timeout: (i % 6 == 2).then(|| Duration::from_secs(20)),
            stall: (i % 3 == 1).then(|| Duration::from_secs(15)),
            poll_stats: (i % 2 == 1).then(|| Duration::from_secs(5)),
            max_output: (i == 7).then_some(1 << 31),
            goal: (i % 4 == 0).then_some(Goal::Ticks(500_000)),
            ..simulation(&format!("s{i}"))
        })
        .collect();
    Plan { min_free_disk: Some(10 << 30), ..plan(simulations, Some(10)) }
}

/// A look at a process that shows nothing yet.
pub(crate) fn look(sim: u32, attempt: u32, at: Moment) -> Observation {
    Observation {
        sim,
        attempt,
        at,
        phase: None,
        guest: None,
        stopped: None,
        seen: Seen::default(),
        values: Vec::new(),
        written: None,
        repeated: 0,
        tree: None,
        output_while_stopped: None,
        output: None,
    }
}

/// A job of a batch system.
pub(crate) fn job() -> gem5_tui::protocol::JobView {
    gem5_tui::protocol::JobView { system: "slurm".to_owned(), id: Some("7".to_owned()), node: None }
}
