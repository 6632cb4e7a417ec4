//! The engine's loop: names each thing that happens, asks the state what follows, and has it done.
//!
//! The loop never waits for the experiment's disk, which may be a network filesystem that does not answer: what reads
//! or writes there is done by other threads.

mod allocation;
mod around;
mod clients;
mod glances;
mod growth;
mod journal;
mod listener;
mod observer;
mod others;
mod perform;
mod plan_record;
mod recorder;
mod records;
mod signaller;
mod spare;
mod spawn_watch;
mod suites;
mod told;
mod turn;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

pub use glances::Glances;

use crate::engine::attempt::held::HeldAttempts;
use crate::engine::attempt::launch;
use crate::engine::attempt::observe::{Followed, Subject};
use crate::engine::attempt::provenance::Surroundings;
use crate::engine::directory::adopt::{self, Living};
use crate::engine::directory::{edits, takeover};
use crate::engine::executor::{Begun, Executor, Target};
use crate::engine::notify::{self, Notifier};
use crate::engine::state::shards::Beside;
use crate::engine::state::{Beginning, Event, RoomLook, State};
use crate::engine::{EngineError, Options};
use crate::experiment::{Concurrency, Interpreter, Plan, RowKind, Simulation};
use crate::gem5::OutcomeKind;
use crate::gem5::stats::Watch;
use crate::protocol::{QueueState, address};
use crate::rundir::asked::{self, Asked};
use crate::rundir::moment::{SLEPT_LEAST_MS, suspended_ms};
use crate::rundir::record::{Controls, Identity, Moment, NoticesRecord, Place, Wishes};
use crate::rundir::{
    AttemptDir, Ending, ExperimentDir, Lease, Shard, Takeovers, atomic, beneath, leftovers, trust, usable,
};
use crate::spawn::{identity, limits, tree_group};
use around::Around;
use growth::Growth;
use listener::{Listener, Visit};
use observer::Observer;
use others::OtherShards;
use plan_record::PlanRecord;
use recorder::{Batch, Recorder};
use records::Record;
use signaller::Signaller;
use spawn_watch::SpawnWatch;
use told::Told;

/// Events that may wait. Followers and the observer wait in turn when it is full; nothing is dropped.
const EVENT_QUEUE: usize = 1024;

/// The shortest time between two updates to clients. Everything that changed in between travels together.
const UPDATE_EVERY: Duration = Duration::from_millis(50);

/// Between two parts of what new clients are told. A client that reads has taken what was sent by then.
const SNAPSHOT_EVERY: Duration = Duration::from_millis(5);

/// Between two looks at the directory, at the socket and at what is left of memory and disk.
const LOOK_AROUND_EVERY: Duration = Duration::from_secs(2);

/// An engine that was started for a client and never sees one ends after this time with nothing to do.
const FIRST_CLIENT_WITHIN: Duration = Duration::from_secs(10);

/// The engine of one experiment, ready to run: it holds the lease and listens.
pub struct Engine {
    state: State,
    outdir: ExperimentDir,
    living: BTreeMap<u32, Living>,
    executor: Arc<Executor>,
    listener: Listener,
    surroundings: Arc<Surroundings>,
    options: Options,
    lease: Arc<Mutex<Lease>>,
    plan_record: PlanRecord,
    asked: Vec<Asked>,
    /// Which file the lease is.
    place: Option<Place>,
    me: Identity,
}

/// What became of simulations that are added, or why not and who asked.
type Grown = Result<growth::Grown, (growth::Asker, growth::Refused)>;

struct Client {
    lines: mpsc::Sender<Arc<str>>,
    subscribed: bool,
    /// While it is being told of every simulation.
    snapshot: Option<clients::Snapshot>,
}

struct Loop {
    state: State,
    outdir: ExperimentDir,
    executor: Arc<Executor>,
    events: mpsc::Sender<Event>,
    clients: HashMap<u64, Client>,
    told: Told,
    /// The simulations of which clients were told less because no line held it all, for the log to say so once.
    shortened: BTreeSet<u32>,
    recorder: Recorder,
    signaller: Signaller,
    notifier: Option<Notifier>,
    lease: Arc<Mutex<Lease>>,
    /// The shard that it has, if not the whole.
    shard: Option<Shard>,
    held: Arc<HeldAttempts>,
    plan_record: Arc<PlanRecord>,
    observer: Observer,
    spawn_watch: SpawnWatch,
    surroundings: Arc<Surroundings>,
    growth: Growth,
    grown: mpsc::Sender<Grown>,
    /// Nothing is decided before this: an engine in the foreground waits for its own printer, which must not miss the
    /// first transitions.
    begun: bool,
    /// What was told of the batch systems last.
    batch_notices: Vec<String>,
    end: Option<&'static str>,
    /// How long the machine had slept since its boot, as far as the state was told, in milliseconds.
    suspended_ms: u64,
}

impl Engine {
    /// Takes the lease, reads the directory and listens.
    pub fn open(mut plan: Plan, options: Options) -> Result<Self, EngineError> {
        let path = plan.outdir.clone();
        let making = |source| EngineError::Directory { path: path.clone(), source };
        trust::act();
        limits::take_all_files();
        ExperimentDir::new(&plan.outdir).make().map_err(making)?;
        // All that this engine reads and writes there is in this directory, whatever has its name later.
        let outdir = ExperimentDir::new(&plan.outdir).hold().map_err(making)?;
        let shard = options.shard;
        let is_ours = |simulation: &Simulation| shard.is_none_or(|shard| shard.has(simulation));
        usable::check(&outdir, shard, plan.simulations.iter().map(|simulation| simulation.name.as_str()))?;
        // If it cannot be told, the lease cannot be had either, and says why.
        let place = Lease::place(&outdir, shard).ok();
        let socket = address::socket_path(outdir.name(), place).map_err(EngineError::Socket)?;
        let me = identity::own().map_err(EngineError::Identity)?;
        let before = Lease::beside(&outdir, shard, &me);
        let lease = Lease::acquire(&outdir, shard, &me, socket.clone(), options.takeover)?;
        let lease = Arc::new(Mutex::new(lease));
        journal::start(&outdir.log_of(shard), options.complain);
        let keeping = adopt::Keeping::read(&outdir);
        let ours = plan.simulations.iter().filter(|simulation| is_ours(simulation));
        // Engines of other shards may just be writing into the directory itself.
        let left_over = leftovers::remove(&outdir, shard.is_none(), ours.map(|simulation| simulation.name.as_str()));
        if left_over > 0 {
            tracing::info!("removed {left_over} temporary files that a killed writer left");
        }
        let now = Moment::now();
        let mut takeovers = Takeovers::read(&outdir);
        let edits = edits::keep_what_runs(&mut plan, &outdir, &Executor::local(takeovers.clone()));
        if options.takeover {
            // Also of what was taken out of the file and runs there.
            let hosts = takeover::take_over(&mut takeovers, &plan, &outdir, &before, shard, &me).map_err(making)?;
            tracing::warn!("a person says that these hosts are gone: {}", hosts.join(", "));
        }
        let plan_record = PlanRecord::begin(&outdir, shard, &plan).map_err(making)?;
        let executor = Arc::new(Executor::of(&plan, &outdir, takeovers));
        if shard.is_some() {
            settle_asked(&outdir);
        }
        let mut asked = asked::read(&outdir);
        let index = adopt::index(&plan);
        // A file of another experiment makes no directories here.
        asked.retain(|asked| {
            let name = asked.simulation();
            index.contains_key(name) || beneath::has_simulation(&outdir.simulation(name)).unwrap_or(false)
        });
        let mut adopted = adopt::adopt(keeping, &plan.simulations, &index, &outdir, &executor, &asked);
        adopted.living.retain(|sim, _| is_ours(&plan.simulations[*sim as usize]));
        // What would be made otherwise now, the engine tells that has it.
        let others = adopted.found.iter_mut().zip(&plan.simulations).filter(|(_, simulation)| !is_ours(simulation));
        others.for_each(|(found, _)| found.changed.clear());
        let left = adopted.left.iter().filter(|(group, shim)| tree_group::remove_left(group, shim)).count();
        let left = left + tree_group::remove_orphans();
        if left > 0 {
            tracing::info!("removed {left} control groups that killed shims left");
        }
        tracing::info!(
            "engine {} for {} with {} simulations, {} of them running",
            me.pid,
            plan.source.display(),
            plan.simulations.len(),
            adopted.living.len()
        );
        let (cap, queue, wishes) = controls(&outdir, shard, &plan, &executor);
        let beside = shard.map(|shard| Beside { shard, engines: others::engines(shard, &outdir, &me) });
        let here = slots_here(&plan, &executor);
        let room = around::room_look(&outdir, &executor);
        let allocation = allocation::of_engine(&plan, &options, now);
        if let Some(told) = &allocation.told {
            tracing::info!("{told}");
        }
        let until = allocation.deadline.map(|deadline| deadline.unix_ms());
        if let Err(error) = lease.lock().unwrap_or_else(PoisonError::into_inner).say_until(until) {
            tracing::warn!("could not write into the lease: {error}");
        }
        if let Some(job) = crate::spawn::allocation::reachable_job()
            && let Err(error) = lease.lock().unwrap_or_else(PoisonError::into_inner).say_job(job)
        {
            tracing::warn!("could not write into the lease: {error}");
        }
        // Not before the plan is recorded: the next job has another memory.
        plan.memory = allocation.memory;
        let beginning = Beginning {
            found: adopted.found,
            notices: atomic::read_json(&outdir.notices_of(shard)).ok().flatten().unwrap_or_default(),
            cap,
            here,
            queue,
            wishes,
            lingers: options.lingers,
            room,
            edits,
            deadline: allocation.deadline,
            allocation: allocation.told,
            beside,
        };
        let mut state = State::new(plan, beginning, now);
        for sim in state.requeue(options.rerun, now) {
            let dir = outdir.simulation(&state.plan().simulations[sim as usize].name);
            records::forget_cancelled(&dir).map_err(making)?;
        }
        if options.held {
            state.hold();
        }
        let surroundings = Arc::new(Surroundings::new(&state.plan().source));
        let listener = Listener::open(&socket).map_err(EngineError::Socket)?;
        Ok(Self {
            state,
            outdir,
            living: adopted.living,
            executor,
            listener,
            surroundings,
            options,
            lease,
            plan_record,
            asked,
            place,
            me,
        })
    }

    /// Where it listens.
    pub fn socket(&self) -> &Path {
        self.listener.path()
    }

    /// The lease. Whoever runs the engine keeps it until the runtime is gone, because a launch that is being prepared as the
    /// engine ends goes on in a thread, and no other engine may decide about that simulation before it is through.
    pub fn lease(&self) -> Arc<Mutex<Lease>> {
        Arc::clone(&self.lease)
    }

    /// Runs until nothing is left to do, or until `leave` says so. Simulations that still run go on.
    pub async fn run(mut self, mut leave: oneshot::Receiver<()>) -> Result<(), EngineError> {
        let (events, mut incoming) = mpsc::channel(EVENT_QUEUE);
        let mut visits = self.listener.serve();
        let complaints = events.clone();
        let (answers, mut answered) = mpsc::unbounded_channel();
        let rest = self.asked.iter().map(|asked| Record::of(asked, &self.outdir)).collect();
        let tell = move |text| {
            // Full means that the engine has more urgent things to hear; the log has it too.
            _ = complaints.try_send(Event::Notice(text));
        };
        let recorder = Recorder::start(self.outdir.clone(), self.options.shard.is_some(), rest, answers, tell)
            .map_err(EngineError::Thread)?;
        let (signalled, mut signals) = mpsc::unbounded_channel();
        let signaller = Signaller::start(&self.executor, &signalled).map_err(EngineError::Thread)?;
        let told = events.clone();
        let plan = self.state.plan();
        let around = notify::Around {
            cwd: plan.source.parent().unwrap_or(Path::new("/")).to_owned(),
            outdir: plan.outdir.clone(),
        };
        let notifier = Notifier::start(&plan.notify, &around, move |rule, failed| {
            // Full means that the engine has more urgent things to hear; the log has it too.
            _ = told.try_send(Event::NoticeSent { rule, failed });
        });
        let notifier = notifier.map_err(EngineError::Thread)?;
        let plan_record = Arc::new(self.plan_record);
        if plan_record.is_unwritten() {
            let records = vec![Record::Plan(Arc::clone(&plan_record))];
            recorder.give(Batch { records, answers: Vec::new() });
        }
        // The plan's globs were checked when the file was read; without them the columns stay empty.
        let columns = Watch::new(&self.state.watch()).or_else(|_| Watch::new::<&str>(&[]));
        let columns = columns.expect("an empty list of globs compiles");
        let look_every = self.executor.abilities().look_every;
        let observer = Observer::start(columns, look_every, events.clone()).map_err(EngineError::Thread)?;
        let (seen, mut asked_by_suites) = mpsc::unbounded_channel();
        let spawn_watch = SpawnWatch::start(seen).map_err(EngineError::Thread)?;
        let (state, outdir, surroundings, executor) = (self.state, self.outdir, self.surroundings, self.executor);
        let (grown, mut growing) = mpsc::channel(1);
        let mut engine = Loop {
            state,
            outdir,
            executor,
            events,
            clients: HashMap::new(),
            told: Told::default(),
            shortened: BTreeSet::new(),
            recorder,
            signaller,
            notifier: Some(notifier),
            lease: Arc::clone(&self.lease),
            shard: self.options.shard,
            held: Arc::default(),
            plan_record,
            observer,
            spawn_watch,
            surroundings,
            growth: Growth::default(),
            grown,
            begun: false,
            batch_notices: Vec::new(),
            end: None,
            suspended_ms: suspended_ms(),
        };
        engine.begin(self.living);
        engine.glance_at_ended(0);
        let first_client = tokio::time::sleep(FIRST_CLIENT_WITHIN);
        tokio::pin!(first_client);
        let mut awaiting_first = self.options.lingers;
        if awaiting_first {
            // Pretend that the client which started us is here already, until it is or does not come.
            engine.begun = true;
            engine.handle(Event::Clients(1));
        }
        let mut update_due = None;
        let mut snapshots_due = None;
        let mut is_listening = true;
        let mut look_around = tokio::time::interval(LOOK_AROUND_EVERY);
        let mut around = Around::new(engine.outdir.clone(), Arc::clone(&engine.executor), self.lease, self.place);
        let mut others = self
            .options
            .shard
            .map(|shard| OtherShards::new(shard, self.me, engine.outdir.clone(), Arc::clone(&engine.executor)));
        while engine.end.is_none() {
            let now = Moment::now();
            let deadline = engine.state.next_deadline(now);
            let until_deadline =
                deadline.map_or(Duration::MAX, |at| Duration::from_millis(at.saturating_sub(now.boot_ms)));
            if engine.state.has_changed() && update_due.is_none() {
                update_due = Some(tokio::time::Instant::now() + UPDATE_EVERY);
            }
            if engine.owes_snapshots() && snapshots_due.is_none() {
                snapshots_due = Some(tokio::time::Instant::now() + SNAPSHOT_EVERY);
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
                Some(sent) = signals.recv() => engine.take_signalled(sent),
                Some(answers) = answered.recv() => engine.answer(answers),
                Some(grown) = growing.recv() => engine.take_grown(grown),
                Some(seen) = asked_by_suites.recv(), if engine.begun => engine.take_seen(seen),
                () = sleep_for(until_deadline), if engine.begun => engine.handle(Event::Timer),
                () = sleep_until(update_due) => {
                    engine.update();
                    update_due = None;
                }
                () = sleep_until(snapshots_due) => {
                    engine.go_on_telling();
                    snapshots_due = None;
                }
                () = &mut first_client, if awaiting_first => {
                    awaiting_first = false;
                    engine.handle(Event::Clients(0));
                }
                _ = look_around.tick() => {
                    around.look(&engine.events, engine.state.has_directory(), engine.state.has_work());
                    engine.hear_of_batch_systems();
                    if let Some(others) = &mut others {
                        others.look(&engine.state, &engine.events);
                    }
                    match around.keep_listening(&mut self.listener) {
                        Some(Err(error)) => {
                            is_listening = false;
                            engine.handle(Event::Notice(Some(format!("no new client can come: {error}"))));
                        }
                        Some(Ok(())) if !std::mem::replace(&mut is_listening, true) => engine.handle(Event::Notice(None)),
                        _ => {}
                    }
                }
                _ = &mut leave => engine.end = Some("asked to leave; simulations go on"),
            }
        }
        self.listener.close();
        engine.last_answers(&mut answered).await;
        let notifier = engine.notifier.take();
        engine.farewell(&mut visits).await;
        // The last word is often the one that somebody waits for.
        let finished = notifier.map(|notifier| tokio::task::spawn_blocking(|| notifier.finish()));
        if let Some(finished) = finished {
            // A panic there was told already by the panic hook.
            _ = finished.await;
        }
        Ok(())
    }
}

/// The state of an experiment without an engine, as the directory tells it. Changes nothing.
pub fn look(mut plan: Plan) -> State {
    let outdir = ExperimentDir::new(&plan.outdir);
    let keeping = adopt::Keeping::read(&outdir);
    let takeovers = Takeovers::read(&outdir);
    let executor = Executor::local(takeovers);
    let edits = edits::keep_what_runs(&mut plan, &outdir, &executor);
    let now = Moment::now();
    let asked = asked::read(&outdir);
    let adopted = adopt::adopt(keeping, &plan.simulations, &adopt::index(&plan), &outdir, &executor, &asked);
    let (cap, queue, wishes) = controls(&outdir, None, &plan, &executor);
    let beginning = Beginning {
        found: adopted.found,
        notices: NoticesRecord::default(),
        cap,
        here: slots_here(&plan, &executor),
        queue,
        wishes,
        lingers: false,
        room: RoomLook::default(),
        edits,
        deadline: None,
        allocation: None,
        beside: None,
    };
    let mut state = State::new(plan, beginning, now);
    state.explain_waiting(now);
    let columns = Arc::new(Watch::new(&state.watch()).unwrap_or_default());
    for (sim, Living { number, dir, .. }) in adopted.living {
        let subject = subject(state.plan(), sim, number, dir);
        state.see(&Followed::new(subject, Arc::clone(&columns)).look(Ending::Running).observation);
    }
    state
}

/// What is to be looked at of an attempt.
fn subject(plan: &Plan, sim: u32, attempt: u32, dir: AttemptDir) -> Subject {
    let simulation = &plan.simulations[sim as usize];
    // The script of a suite simulates nothing, so gem5's files tell no phase of it.
    let interpreter = match simulation.run.kind() {
        RowKind::Suite => Some(Interpreter::Python),
        RowKind::Simulation | RowKind::Step => simulation.run.interpreter(),
    };
    // Its growth tells a stall from silent work, and who fills the disk.
    let measured = simulation.max_output.is_some() || simulation.stall.is_some() || plan.min_free_disk.is_some();
    let limited = simulation.stall.is_some() || simulation.guest_stall.is_some();
    Subject { sim, attempt, dir, interpreter, measured, limited, dump: simulation.dump.clone() }
}

/// Records what an engine that had the whole experiment has not come to: of several engines none could remove the file, which says
/// it of all. Two that do so at once write the same.
fn settle_asked(outdir: &ExperimentDir) {
    let asked = asked::read(outdir);
    let is_ours = |asked: &&Asked| beneath::has_simulation(&outdir.simulation(asked.simulation())).unwrap_or(false);
    let failed = asked.iter().filter(is_ours).find_map(|asked| Record::of(asked, outdir).write().err());
    let forgotten = || if outdir.asked().exists() { asked::forget(outdir) } else { Ok(()) };
    match failed {
        // It counts all the same as long as it is there.
        Some(why) => tracing::warn!("{}", why.text),
        None => {
            if let Err(error) = forgotten() {
                tracing::warn!("could not remove {}: {error}", outdir.asked().display());
            }
        }
    }
}

/// The cap and the queue: as a person last set them. For the cap, the experiment file or the command line may say
/// otherwise since.
fn controls(
    outdir: &ExperimentDir,
    shard: Option<Shard>,
    plan: &Plan,
    executor: &Executor,
) -> (u32, QueueState, Wishes) {
    let planned = planned_cap(plan, executor);
    match atomic::read_json::<Controls>(&outdir.controls_of(shard)) {
        Ok(Some(controls)) => {
            let cap = if controls.planned_cap == planned { controls.cap } else { planned };
            (cap, if controls.queue_paused { QueueState::Paused } else { QueueState::Open }, controls.wishes)
        }
        _ => (planned, QueueState::Open, Wishes::default()),
    }
}

fn planned_cap(plan: &Plan, executor: &Executor) -> u32 {
    let slots = executor.abilities().slots;
    let jobs = plan.simulations.iter().filter(|simulation| simulation.executor.system().is_some()).count();
    let of_jobs = if jobs == 0 { 0 } else { plan.courtesy.max_queued() };
    let of_here = if jobs == plan.simulations.len() && jobs > 0 { 0 } else { slots };
    plan.concurrency.resolve(of_jobs.saturating_add(of_here))
}

/// How many may run on this machine, where the cap counts the jobs of a batch system, too, and nobody has said how many.
fn slots_here(plan: &Plan, executor: &Executor) -> Option<u32> {
    let has_jobs = plan.simulations.iter().any(|simulation| simulation.executor.system().is_some());
    (has_jobs && plan.concurrency == Concurrency::Auto).then(|| executor.abilities().slots.max(1))
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
    /// Tells what a person should know of the batch systems, if that is news.
    fn hear_of_batch_systems(&mut self) {
        let notices = self.executor.notices();
        if notices != self.batch_notices {
            self.batch_notices.clone_from(&notices);
            self.handle(Event::Batch(notices));
        }
    }

    /// Follows what another engine launched.
    fn begin(&mut self, living: impl IntoIterator<Item = (u32, Living)>) {
        for (sim, living) in living {
            if self.state.is_others(sim) {
                continue;
            }
            let Living { number, dir, started } = living;
            self.held.keep(&dir);
            self.follow(sim, number, dir.clone());
            self.follow_spawns(sim, number, &dir);
            let target = Target { sim, simulation: self.simulation_dir(sim), number, dir };
            let (executor, events) = (Arc::clone(&self.executor), self.events.clone());
            tokio::spawn(launch::follow(target, Begun::Found(started.map(Box::new)), executor, events));
        }
    }

    /// Looks once at what ended long ago, of the simulations from `first` on.
    fn glance_at_ended(&self, first: usize) {
        for sim in first as u32..self.state.plan().simulations.len() as u32 {
            let latest = self.state.sim(sim).latest();
            if let Some((attempt, ended)) = latest.and_then(|attempt| Some((attempt, attempt.ended.as_ref()?))) {
                let subject = subject(self.state.plan(), sim, attempt.number, self.attempt_dir(sim, attempt.number));
                self.observer.glance(subject, ended.outcome.kind);
            }
        }
    }

    fn follow(&self, sim: u32, attempt: u32, dir: AttemptDir) {
        self.observer.follow(subject(self.state.plan(), sim, attempt, dir));
    }

    fn handle(&mut self, event: Event) {
        match &event {
            Event::Prepared { sim, attempt, dir } => {
                let dir = self.held.way_to(AttemptDir::new(dir));
                self.follow_spawns(*sim, *attempt, &dir);
                self.follow(*sim, *attempt, dir);
            }
            Event::Ended { sim, attempt, ended } => {
                let name = &self.state.plan().simulations[*sim as usize].name;
                tracing::info!(
                    "{name} attempt {attempt} ended: {} {}",
                    ended.outcome.kind.word(),
                    ended.outcome.line()
                );
                self.observer.last_look(*sim, ended.outcome.kind);
                self.spawn_watch.let_go(*sim);
                let dir = self.attempt_dir(*sim, *attempt);
                self.held.let_go(&dir);
            }
            Event::TakenBack { sim, attempt } => self.held.let_go(&self.attempt_dir(*sim, *attempt)),
            Event::LaunchFailed { sim, reason, .. } => {
                tracing::warn!("{}: {reason}", self.state.plan().simulations[*sim as usize].name);
                self.observer.last_look(*sim, OutcomeKind::NotStarted);
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

    fn simulation_dir(&self, sim: u32) -> crate::rundir::SimulationDir {
        self.outdir.simulation(&self.state.plan().simulations[sim as usize].name)
    }

    /// The directory of an attempt: as it is held while the attempt lives.
    fn attempt_dir(&self, sim: u32, attempt: u32) -> AttemptDir {
        self.held.way_to(self.simulation_dir(sim).attempt(attempt))
    }
}
