//! The engine's loop: names each thing that happens, asks the state what follows, and has it done.
//!
//! The loop never waits for the experiment's disk, which may be a network filesystem that does not answer: what reads
//! or writes there is done by other threads.

mod around;
mod clients;
mod desk;
mod door;
mod journal;
mod observer;

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use crate::engine::attempt::launch;
use crate::engine::attempt::observe::{Followed, Subject};
use crate::engine::attempt::prepare::Need;
use crate::engine::attempt::provenance::Witness;
use crate::engine::directory::adopt::{self, Living};
use crate::engine::directory::{edits, takeover};
use crate::engine::state::{Beginning, Effect, Event, RoomLook, State};
use crate::engine::{EngineError, Options};
use crate::experiment::{Interpreter, Plan};
use crate::gem5::stats::Watch;
use crate::protocol::{QueueState, ServerMessage, address};
use crate::rundir::moment::{SLEPT_LEAST_MS, suspended_ms};
use crate::rundir::record::{Controls, ExperimentRecord, FORMAT, Moment};
use crate::rundir::{AttemptDir, ExperimentDir, Lease, Takeovers, atomic, attempts, leftovers};
use crate::spawn::identity;
use crate::spawn::launch::is_of_machine;
use around::Around;
use desk::{Hands, Work};
use door::{Door, Visit};
use observer::Watcher;

/// Events that may wait. Followers and the watch wait in turn when it is full; nothing is dropped.
const EVENT_QUEUE: usize = 1024;

/// The shortest time between two updates to clients. Everything that changed in between travels together.
const UPDATE_EVERY: Duration = Duration::from_millis(50);

/// Between two looks at the directory, at the socket and at what is left of memory and disk.
const LOOK_AROUND_EVERY: Duration = Duration::from_secs(2);

/// An engine that was started for a client and never sees one ends after this time with nothing to do.
const FIRST_CLIENT_WITHIN: Duration = Duration::from_secs(10);

/// The engine of one experiment, ready to run: it holds the lease and listens.
pub struct Engine {
    state: State,
    outdir: ExperimentDir,
    living: BTreeMap<u32, Living>,
    door: Door,
    witness: Arc<Witness>,
    options: Options,
    lease: Arc<Mutex<Lease>>,
    /// The record of the plan, if the disk did not take it.
    unwritten: Option<Box<ExperimentRecord>>,
}

struct Client {
    lines: mpsc::Sender<Arc<str>>,
    subscribed: bool,
}

struct Loop {
    state: State,
    outdir: ExperimentDir,
    events: mpsc::Sender<Event>,
    clients: HashMap<u64, Client>,
    hands: Hands,
    watch: Watcher,
    witness: Arc<Witness>,
    /// Nothing is decided before this: an engine in the foreground waits for its own printer, which must not miss the
    /// first transitions.
    begun: bool,
    end: Option<&'static str>,
    /// How long the machine had slept since its boot, as far as the state was told, in milliseconds.
    suspended_ms: u64,
}

impl Engine {
    /// Takes the lease, reads the directory and opens the door.
    pub fn open(mut plan: Plan, options: Options) -> Result<Self, EngineError> {
        let outdir = ExperimentDir::new(&plan.outdir);
        let making = |source| EngineError::Directory { path: outdir.path().to_owned(), source };
        std::fs::create_dir_all(outdir.path()).map_err(making)?;
        let socket = address::socket_path(outdir.path()).map_err(EngineError::Socket)?;
        let me = identity::own().map_err(EngineError::Identity)?;
        let before = Lease::holder(&outdir, &me).ok().flatten();
        let lease = Lease::acquire(&outdir, &me, socket.clone(), options.takeover)?;
        let lease = Arc::new(Mutex::new(lease));
        journal::start(&outdir.log());
        let left_over = leftovers::remove(&outdir, plan.simulations.iter().map(|simulation| simulation.name.as_str()));
        if left_over > 0 {
            tracing::info!("removed {left_over} temporary files that a killed writer left");
        }
        let now = Moment::now();
        let mut takeovers = Takeovers::read(&outdir);
        let edits = edits::keep_what_runs(&mut plan, &outdir, &takeovers);
        if options.takeover {
            // Also of what was taken out of the file and runs there.
            let hosts = takeover::take_over(&mut takeovers, &plan, &outdir, before.as_ref(), &me).map_err(making)?;
            tracing::warn!("a person says that these hosts are gone: {}", hosts.join(", "));
        }
        let record = ExperimentRecord { format: FORMAT, at: now, plan: plan.redacted() };
        let unwritten = match atomic::write_json(&outdir.experiment_record(), &record) {
            Ok(()) => None,
            // A full disk is no reason to leave what runs alone: it can be looked at, signalled and cancelled.
            Err(error) if is_of_machine(&error) => {
                tracing::warn!("could not write {}: {error}", outdir.experiment_record().display());
                Some(Box::new(record))
            }
            Err(error) => return Err(making(error)),
        };
        let adopted = adopt::adopt(&plan, &outdir, &takeovers, now);
        tracing::info!(
            "engine {} for {} with {} simulations, {} of them running",
            me.pid,
            plan.source.display(),
            adopted.sims.len(),
            adopted.living.len()
        );
        let (cap, queue) = controls(&outdir, &plan);
        let room = around::room_look(&outdir);
        let beginning = Beginning { sims: adopted.sims, cap, queue, lingers: options.lingers, room, edits };
        let mut state = State::new(plan, beginning, now);
        for sim in state.requeue(options.rerun, now) {
            let dir = outdir.simulation(&state.plan().simulations[sim as usize].name);
            desk::forget_cancelled(&dir).map_err(making)?;
        }
        if options.held {
            state.hold();
        }
        let witness = Arc::new(Witness::new(&state.plan().source));
        let door = Door::open(&socket).map_err(EngineError::Socket)?;
        Ok(Self { state, outdir, living: adopted.living, door, witness, options, lease, unwritten })
    }

    /// Where it listens.
    pub fn socket(&self) -> &Path {
        self.door.path()
    }

    /// The lease. Whoever runs the engine keeps it until the runtime is gone, because a launch that is being prepared as the
    /// engine ends goes on in a thread, and no other engine may decide about that simulation before it is through.
    pub fn lease(&self) -> Arc<Mutex<Lease>> {
        Arc::clone(&self.lease)
    }

    /// Runs until nothing is left to do, or until `leave` says so. Simulations that still run go on.
    pub async fn run(mut self, mut leave: oneshot::Receiver<()>) -> Result<(), EngineError> {
        let (events, mut incoming) = mpsc::channel(EVENT_QUEUE);
        let mut visits = self.door.serve();
        let complaints = events.clone();
        let hands = Hands::start(move |text| {
            // Full means that the engine has more urgent things to hear; the log has it too.
            _ = complaints.try_send(Event::Notice(text));
        })
        .map_err(EngineError::Thread)?;
        if let Some(record) = self.unwritten {
            hands.give(Work::RecordExperiment(self.outdir.clone(), record));
        }
        // The plan's globs were checked when the file was read; without them the columns stay empty.
        let columns = Watch::new(&self.state.watch()).or_else(|_| Watch::new::<&str>(&[]));
        let columns = columns.expect("an empty list of globs compiles");
        let watch = Watcher::start(columns, events.clone()).map_err(EngineError::Thread)?;
        let (state, outdir, witness) = (self.state, self.outdir, self.witness);
        let mut engine = Loop {
            state,
            outdir,
            events,
            clients: HashMap::new(),
            hands,
            watch,
            witness,
            begun: false,
            end: None,
            suspended_ms: suspended_ms(),
        };
        engine.begin(self.living);
        let first_client = tokio::time::sleep(FIRST_CLIENT_WITHIN);
        tokio::pin!(first_client);
        let mut awaiting_first = self.options.lingers;
        if awaiting_first {
            // Pretend that the client which started us is here already, until it is or does not come.
            engine.begun = true;
            engine.handle(Event::Clients(1));
        }
        let mut update_due = None;
        let mut has_door = true;
        let mut look_around = tokio::time::interval(LOOK_AROUND_EVERY);
        let mut around = Around::new(engine.outdir.clone(), self.lease);
        while engine.end.is_none() {
            let now = Moment::now();
            let deadline = engine.state.next_deadline(now);
            let until_deadline =
                deadline.map_or(Duration::MAX, |at| Duration::from_millis(at.saturating_sub(now.boot_ms)));
            if engine.state.has_changed() && update_due.is_none() {
                update_due = Some(tokio::time::Instant::now() + UPDATE_EVERY);
            }
            tokio::select! {
                Some(event) = incoming.recv(), if engine.begun => {
                    engine.handle(event);
                    while let Ok(event) = incoming.try_recv() {
                        engine.handle(event);
                    }
                }
                Some(visit) = visits.recv() => {
                    if matches!(visit, Visit::Joined { .. }) {
                        awaiting_first = false;
                    }
                    // An answer travels together with what it changed.
                    let asked = matches!(visit, Visit::Said { .. });
                    engine.visit(visit);
                    if asked {
                        engine.update();
                        update_due = None;
                    }
                }
                () = sleep_for(until_deadline), if engine.begun => engine.handle(Event::Timer),
                () = sleep_until(update_due) => {
                    engine.update();
                    update_due = None;
                }
                () = &mut first_client, if awaiting_first => {
                    awaiting_first = false;
                    engine.handle(Event::Clients(0));
                }
                _ = look_around.tick() => {
                    around.look(&engine.events, engine.state.has_directory(), engine.state.has_work());
                    match around.keep_door(&mut self.door) {
                        Some(Err(error)) => {
                            has_door = false;
                            engine.handle(Event::Notice(Some(format!("no new client can come: {error}"))));
                        }
                        Some(Ok(())) if !std::mem::replace(&mut has_door, true) => engine.handle(Event::Notice(None)),
                        _ => {}
                    }
                }
                _ = &mut leave => engine.end = Some("asked to leave; simulations go on"),
            }
        }
        self.door.close();
        engine.farewell(&mut visits).await;
        Ok(())
    }
}

/// The state of an experiment without an engine, as the directory tells it. Changes nothing.
pub fn look(mut plan: Plan) -> State {
    let outdir = ExperimentDir::new(&plan.outdir);
    let takeovers = Takeovers::read(&outdir);
    let edits = edits::keep_what_runs(&mut plan, &outdir, &takeovers);
    let now = Moment::now();
    let adopted = adopt::adopt(&plan, &outdir, &takeovers, now);
    let (cap, queue) = controls(&outdir, &plan);
    let beginning = Beginning { sims: adopted.sims, cap, queue, lingers: false, room: RoomLook::default(), edits };
    let mut state = State::new(plan, beginning, now);
    state.explain_waiting();
    let columns = Arc::new(Watch::new(&state.watch()).unwrap_or_default());
    for (sim, Living { number, dir, .. }) in adopted.living {
        let subject = subject(state.plan(), sim, number, attempts::open(dir.path()));
        if let Some(observation) = Followed::new(subject, Arc::clone(&columns)).look(false) {
            state.see(&observation);
        }
    }
    state
}

/// What is to be looked at of an attempt.
fn subject(plan: &Plan, sim: u32, attempt: u32, dir: AttemptDir) -> Subject {
    let simulation = &plan.simulations[sim as usize];
    let phased = Interpreter::of(&simulation.gem5) == Interpreter::Gem5;
    // Its growth tells a stall from silent work, and who fills the disk.
    let measured = simulation.max_output.is_some() || simulation.stall.is_some() || plan.min_free_disk.is_some();
    Subject { sim, attempt, dir, phased, measured }
}

/// The cap and the queue: as a person last set them. For the cap, the experiment file or the command line may say
/// otherwise since.
fn controls(outdir: &ExperimentDir, plan: &Plan) -> (u32, QueueState) {
    let planned = planned_cap(plan);
    match atomic::read_json::<Controls>(&outdir.controls()) {
        Ok(Some(controls)) => {
            let cap = if controls.planned_cap == planned { controls.cap } else { planned };
            (cap, if controls.queue_paused { QueueState::Paused } else { QueueState::Open })
        }
        _ => (planned, QueueState::Open),
    }
}

fn planned_cap(plan: &Plan) -> u32 {
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get() as u32);
    plan.concurrency.resolve(cores)
}

async fn sleep_for(span: Duration) {
    if span == Duration::MAX { std::future::pending().await } else { tokio::time::sleep(span).await }
}

async fn sleep_until(at: Option<tokio::time::Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

impl Loop {
    /// Follows what another engine launched, and looks once at what ended long ago.
    fn begin(&mut self, living: BTreeMap<u32, Living>) {
        for (sim, living) in living {
            let name = self.state.plan().simulations[sim as usize].name.clone();
            self.follow(sim, living.number, living.dir.clone());
            self.hands.give(Work::Remember(living.dir.clone()));
            tokio::spawn(launch::follow_adopted(self.outdir.clone(), sim, name, living, self.events.clone()));
        }
        for sim in 0..self.state.plan().simulations.len() as u32 {
            if let Some(attempt) = self.state.sim(sim).latest().filter(|attempt| attempt.ended.is_some()) {
                let (number, dir) = (attempt.number, AttemptDir::new(&attempt.dir));
                self.watch.glance(sim, number, dir);
            }
        }
    }

    fn follow(&self, sim: u32, attempt: u32, dir: AttemptDir) {
        self.watch.follow(subject(self.state.plan(), sim, attempt, dir));
    }

    fn handle(&mut self, event: Event) {
        match &event {
            Event::Prepared { sim, attempt, dir } => self.follow(*sim, *attempt, AttemptDir::new(dir)),
            Event::Ended { sim, attempt, ended } => {
                let name = &self.state.plan().simulations[*sim as usize].name;
                tracing::info!(
                    "{name} attempt {attempt} ended: {} {}",
                    ended.outcome.kind.word(),
                    ended.outcome.line()
                );
                self.watch.last_look(*sim);
                self.hands.give(Work::Forget(self.attempt_dir(*sim, *attempt)));
            }
            Event::Started { sim, attempt, .. } => {
                self.hands.give(Work::Remember(self.attempt_dir(*sim, *attempt)));
            }
            Event::LaunchFailed { sim, error } => {
                let reason = &error.reason;
                tracing::warn!("{}: {reason}", self.state.plan().simulations[*sim as usize].name);
                self.watch.last_look(*sim);
            }
            _ => {}
        }
        let slept_ms = suspended_ms().saturating_sub(self.suspended_ms);
        if slept_ms >= SLEPT_LEAST_MS {
            tracing::info!("the machine slept for {} s", slept_ms / 1000);
            self.suspended_ms += slept_ms;
            // Before any deadline is looked at: all of them seem to have passed.
            self.decide(Event::Slept(slept_ms));
        }
        self.decide(event);
    }

    fn decide(&mut self, event: Event) {
        let effects = self.state.handle(event, Moment::now());
        let now = Moment::now();
        let mut transitions = Vec::new();
        for effect in effects {
            if let Effect::Announce { sim, from, to } = effect {
                transitions.push(self.transition(sim, from, to, now));
            } else {
                self.perform(effect);
            }
        }
        self.announce(transitions);
    }

    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Launch { sim, attempt } => self.launch(sim, attempt),
            Effect::RecordStop { sim, attempt, reason } => {
                self.hands.give(Work::RecordStop(self.attempt_dir(sim, attempt), reason, Moment::now()));
            }
            Effect::Signal { sim, attempt, signal } => {
                self.hands.give(Work::Signal(self.attempt_dir(sim, attempt), signal));
            }
            Effect::RecordCancelled { sim } => self.hands.give(Work::RecordCancelled(self.simulation_dir(sim))),
            Effect::ForgetRetry { sim } => self.hands.give(Work::ForgetRetry(self.simulation_dir(sim))),
            Effect::RecordRetry { sim, after } => self.hands.give(Work::RecordRetry(self.simulation_dir(sim), after)),
            Effect::RecordControls { cap, queue } => {
                let planned_cap = planned_cap(self.state.plan());
                let queue_paused = queue == QueueState::Paused;
                let controls = Controls { format: FORMAT, planned_cap, cap, queue_paused };
                self.hands.give(Work::RecordControls(self.outdir.clone(), controls));
            }
            Effect::Reply { client, id, reply } => self.tell(client, &ServerMessage::Reply { id, reply }),
            Effect::Subscribe { client } => self.subscribe(client),
            // Told together, by the caller.
            Effect::Announce { .. } => {}
            Effect::End { reason } => {
                tracing::info!("the engine ends: {reason}");
                self.end = Some(reason);
            }
        }
    }

    fn launch(&self, sim: u32, attempt: u32) {
        let plan = self.state.plan();
        let simulation = plan.simulations[sim as usize].clone();
        let needs =
            self.state.met_needs(sim).into_iter().map(|(name, attempt, dir)| Need { name, attempt, dir }).collect();
        tracing::info!("{} attempt {attempt} is launched", simulation.name);
        let (outdir, events) = (self.outdir.clone(), self.events.clone());
        let retries_made = self.state.sim(sim).retries_made;
        let what = launch::Wanted { outdir, sim, simulation, number: attempt, needs, retries_made };
        let witness = Arc::clone(&self.witness);
        tokio::spawn(launch::launch(what, witness, events));
    }

    fn simulation_dir(&self, sim: u32) -> crate::rundir::SimulationDir {
        self.outdir.simulation(&self.state.plan().simulations[sim as usize].name)
    }

    fn attempt_dir(&self, sim: u32, attempt: u32) -> AttemptDir {
        self.simulation_dir(sim).attempt(attempt)
    }
}
