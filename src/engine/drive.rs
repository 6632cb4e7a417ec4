//! The engine's loop: names each thing that happens, asks the state what follows, and has it done.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use crate::engine::adopt::{self, Living};
use crate::engine::hands::{self, Hands, Work};
use crate::engine::launch;
use crate::engine::prepare::Need;
use crate::engine::serve::{Door, Visit};
use crate::engine::state::{Beginning, Effect, Event, State};
use crate::engine::watch::Watcher;
use crate::engine::{EngineError, Options};
use crate::experiment::{Interpreter, Plan};
use crate::gem5::stats::Watch;
use crate::protocol::{QueueState, Request, ServerMessage, Transition, address, framing};
use crate::rundir::record::{Controls, ExperimentRecord, FORMAT, Moment};
use crate::rundir::{AttemptDir, ExperimentDir, Lease, atomic};
use crate::spawn::identity;

/// Events that may wait. Followers and the watch wait in turn when it is full; nothing is dropped.
const EVENT_QUEUE: usize = 1024;

/// The shortest time between two updates to clients. Everything that changed in between travels together.
const UPDATE_EVERY: Duration = Duration::from_millis(50);

/// Bytes of JSON in one message, about: far below the line limit of the protocol, whatever logs put into a cause.
const BATCH_BYTES: usize = 256 << 10;

/// Between two looks whether the socket is still there. A session manager removes the runtime directory at logout.
const LOOK_AT_DOOR_EVERY: Duration = Duration::from_secs(5);

/// An engine that was started for a client and never sees one ends after this time with nothing to do.
const FIRST_CLIENT_WITHIN: Duration = Duration::from_secs(10);

/// How long clients are given to read the last words. Those that read need no more than a moment.
const FAREWELL: Duration = Duration::from_millis(200);

/// The engine of one experiment, ready to run: it holds the lease and listens.
pub struct Engine {
    state: State,
    outdir: ExperimentDir,
    living: BTreeMap<u32, Living>,
    door: Door,
    options: Options,
    lease: Lease,
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
    /// Nothing is decided before this: an engine in the foreground waits for its own printer, which must not miss the
    /// first transitions.
    begun: bool,
    end: Option<&'static str>,
}

impl Engine {
    /// Takes the lease, reads the directory and opens the door.
    pub fn open(plan: Plan, options: Options) -> Result<Self, EngineError> {
        let outdir = ExperimentDir::new(&plan.outdir);
        let making = |source| EngineError::Directory { path: outdir.path().to_owned(), source };
        std::fs::create_dir_all(outdir.path()).map_err(making)?;
        let socket = address::socket_path(outdir.path()).map_err(EngineError::Socket)?;
        let me = identity::own().map_err(EngineError::Identity)?;
        let lease = Lease::acquire(&outdir, &me, socket.clone())?;
        crate::engine::journal::start(&outdir.log());
        let now = Moment::now();
        let record = ExperimentRecord { format: FORMAT, at: now, plan: plan.clone() };
        atomic::write_json(&outdir.experiment_record(), &record).map_err(making)?;
        let adopted = adopt::adopt(&plan, &outdir, now);
        tracing::info!(
            "engine {} for {} with {} simulations, {} of them running",
            me.pid,
            plan.source.display(),
            adopted.sims.len(),
            adopted.living.len()
        );
        let (cap, queue) = controls(&outdir, &plan);
        let beginning = Beginning { sims: adopted.sims, cap, queue, lingers: options.lingers };
        let mut state = State::new(plan, beginning, now);
        if options.retry_not_ok {
            for sim in state.requeue_not_ok(now) {
                let dir = outdir.simulation(&state.plan().simulations[sim as usize].name);
                hands::forget_cancelled(&dir).map_err(making)?;
            }
        }
        if options.held {
            state.hold();
        }
        let door = Door::open(&socket).map_err(EngineError::Socket)?;
        Ok(Self { state, outdir, living: adopted.living, door, options, lease })
    }

    /// Where it listens.
    pub fn socket(&self) -> &Path {
        self.door.path()
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
        // The plan's globs were checked when the file was read; without them the columns stay empty.
        let columns = Watch::new(&self.state.watch()).or_else(|_| Watch::new::<&str>(&[]));
        let columns = columns.expect("an empty list of globs compiles");
        let watch = Watcher::start(columns, events.clone()).map_err(EngineError::Thread)?;
        let (state, outdir) = (self.state, self.outdir);
        let mut engine = Loop { state, outdir, events, clients: HashMap::new(), hands, watch, begun: false, end: None };
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
        let mut look_at_door = tokio::time::interval(LOOK_AT_DOOR_EVERY);
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
                _ = look_at_door.tick() => {
                    if !self.lease.is_there() {
                        if engine.state.has_directory() {
                            tracing::warn!("the experiment directory was deleted or replaced");
                        }
                        engine.handle(Event::DirectoryGone);
                    } else if !self.door.is_there()
                        && let Err(error) = move_door(&mut self.door, &mut self.lease, &engine.outdir)
                    {
                        engine.handle(Event::Notice(Some(format!("no new client can come: {error}"))));
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

/// Listens anew after the socket was taken away, and says where in the lease.
fn move_door(door: &mut Door, lease: &mut Lease, outdir: &ExperimentDir) -> std::io::Result<()> {
    let socket = address::socket_path(outdir.path())?;
    door.move_to(&socket)?;
    tracing::info!("the socket was gone; listening on {}", socket.display());
    lease.move_to(socket)
}

/// The state of an experiment without an engine, as the directory tells it. Changes nothing.
pub fn look(plan: Plan) -> State {
    let outdir = ExperimentDir::new(&plan.outdir);
    let now = Moment::now();
    let adopted = adopt::adopt(&plan, &outdir, now);
    let (cap, queue) = controls(&outdir, &plan);
    let mut state = State::new(plan, Beginning { sims: adopted.sims, cap, queue, lingers: false }, now);
    state.explain_waiting();
    state
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
        let interpreter = Interpreter::of(&self.state.plan().simulations[sim as usize].gem5);
        self.watch.follow(sim, attempt, dir, interpreter == Interpreter::Gem5);
    }

    fn handle(&mut self, event: Event) {
        match &event {
            Event::Prepared { sim, attempt, dir } => self.follow(*sim, *attempt, AttemptDir::new(dir)),
            Event::Ended { sim, attempt, ended } => {
                let name = &self.state.plan().simulations[*sim as usize].name;
                tracing::info!("{name} attempt {attempt} ended: {} {}", ended.outcome.kind.word(), ended.outcome.cause);
                self.watch.last_look(*sim);
            }
            Event::LaunchFailed { sim, error } => {
                let reason = &error.reason;
                tracing::warn!("{}: {reason}", self.state.plan().simulations[*sim as usize].name);
                self.watch.last_look(*sim);
            }
            _ => {}
        }
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
                self.hands.give(Work::RecordStop(self.attempt_dir(sim, attempt), reason));
            }
            Effect::Signal { sim, attempt, signal } => {
                self.hands.give(Work::Signal(self.attempt_dir(sim, attempt), signal));
            }
            Effect::RecordCancelled { sim } => self.hands.give(Work::RecordCancelled(self.simulation_dir(sim))),
            Effect::ForgetCancelled { sim } => self.hands.give(Work::ForgetCancelled(self.simulation_dir(sim))),
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
        let needs = self.state.met_needs(sim).into_iter().map(|(name, dir)| Need { name, dir }).collect();
        tracing::info!("{} attempt {attempt} is launched", simulation.name);
        let (outdir, events) = (self.outdir.clone(), self.events.clone());
        tokio::spawn(launch::launch(outdir, sim, simulation, attempt, needs, events));
    }

    fn simulation_dir(&self, sim: u32) -> crate::rundir::SimulationDir {
        self.outdir.simulation(&self.state.plan().simulations[sim as usize].name)
    }

    fn attempt_dir(&self, sim: u32, attempt: u32) -> AttemptDir {
        self.simulation_dir(sim).attempt(attempt)
    }

    // ---- clients

    fn visit(&mut self, visit: Visit) {
        match visit {
            Visit::Joined { client, lines } => {
                self.clients.insert(client, Client { lines, subscribed: false });
                self.count_clients();
            }
            Visit::Said { client, message } => {
                if message.request != Request::Subscribe {
                    tracing::info!("client {client} asks: {:?}", message.request);
                }
                self.handle(Event::Request { client, id: message.id, request: message.request });
                if !self.begun {
                    self.begun = true;
                    self.count_clients();
                }
            }
            Visit::Left { client } => {
                self.clients.remove(&client);
                self.count_clients();
            }
        }
    }

    fn count_clients(&mut self) {
        if !self.begun {
            return;
        }
        self.handle(Event::Clients(self.clients.len() as u32));
    }

    fn subscribe(&mut self, client: u64) {
        // The others get what has changed so far, so that the flags below speak of the new client only.
        self.update();
        let all: Vec<u32> = (0..self.state.plan().simulations.len() as u32).collect();
        let lines = self.lines(&all, true);
        let Some(entry) = self.clients.get_mut(&client) else { return };
        entry.subscribed = true;
        if !lines.into_iter().all(|line| entry.lines.try_send(line).is_ok()) {
            self.clients.remove(&client);
        }
    }

    /// Tells every subscriber what has changed since the last time.
    fn update(&mut self) {
        let (changed, header_changed) = self.state.take_changed();
        if changed.is_empty() && !header_changed {
            return;
        }
        let changed: Vec<u32> = changed.into_iter().collect();
        let lines = self.lines(&changed, false);
        self.send_subscribers(&lines);
    }

    /// What is told of one transition.
    fn transition(&self, sim: u32, from: &str, to: &str, now: Moment) -> Transition {
        let view = self.state.view(sim, now);
        Transition {
            at_unix_ms: now.unix_ms,
            sim,
            simulation: view.name,
            attempt: self.state.attempt_in_sight(sim),
            from: from.to_owned(),
            to: to.to_owned(),
            reason: view.reason,
        }
    }

    /// Tells every subscriber of transitions at once: updates are coalesced, transitions are not.
    fn announce(&mut self, transitions: Vec<Transition>) {
        let batches = batches(transitions);
        let lines: Vec<_> =
            batches.into_iter().filter_map(|transitions| line(&ServerMessage::Transitions { transitions })).collect();
        self.send_subscribers(&lines);
    }

    /// A client whose queue is full does not read, and is dropped; it may come back.
    fn send_subscribers(&mut self, lines: &[Arc<str>]) {
        let takes_all = |client: &Client| lines.iter().all(|line| client.lines.try_send(line.clone()).is_ok());
        self.clients.retain(|_, client| !client.subscribed || takes_all(client));
    }

    fn lines(&self, sims: &[u32], whole: bool) -> Vec<Arc<str>> {
        let now = Moment::now();
        let mut messages = vec![ServerMessage::Header { header: Box::new(self.state.header(now)) }];
        let mut batches = batches(sims.iter().map(|&sim| self.state.view(sim, now)).collect());
        if whole && batches.is_empty() {
            batches.push(Vec::new());
        }
        let last = batches.len().saturating_sub(1);
        let sims = |(at, sims)| ServerMessage::Sims { sims, complete: !whole || at == last };
        messages.extend(batches.into_iter().enumerate().map(sims));
        messages.iter().filter_map(line).collect()
    }

    fn tell(&mut self, client: u64, message: &ServerMessage) {
        let Some(line) = line(message) else { return };
        if let Some(entry) = self.clients.get(&client)
            && entry.lines.try_send(line).is_err()
        {
            self.clients.remove(&client);
        }
    }

    /// Tells every client that the engine ends, also those that come at this very moment, and waits until they know.
    async fn farewell(mut self, visits: &mut mpsc::Receiver<Visit>) {
        self.update();
        let reason = self.end.unwrap_or("the engine ends").to_owned();
        let Some(goodbye) = line(&ServerMessage::Goodbye { reason }) else { return };
        for (_, Client { lines, .. }) in self.clients.drain() {
            // A client that does not read its queue misses the last words.
            _ = lines.try_send(goodbye.clone());
        }
        let deadline = tokio::time::Instant::now() + FAREWELL;
        // Ends when the last connection has: each of them holds a sender.
        while let Ok(Some(visit)) = tokio::time::timeout_at(deadline, visits.recv()).await {
            if let Visit::Joined { lines, .. } = visit {
                _ = lines.try_send(goodbye.clone());
            }
        }
    }
}

/// Cuts a list into messages by the size of what they say, not by its number: a cause can be long.
fn batches<T: serde::Serialize>(items: Vec<T>) -> Vec<Vec<T>> {
    let mut batches: Vec<Vec<T>> = Vec::new();
    let mut bytes = usize::MAX;
    for item in items {
        let size = framing::encode(&item).map_or(0, |text| text.len());
        if bytes.saturating_add(size) > BATCH_BYTES {
            batches.push(Vec::new());
            bytes = 0;
        }
        bytes += size;
        batches.last_mut().expect("the first item begins the first batch").push(item);
    }
    batches
}

fn line(message: &ServerMessage) -> Option<Arc<str>> {
    match framing::encode(message) {
        Ok(text) => Some(Arc::from(text)),
        Err(error) => {
            tracing::warn!("a message could not be written: {error}");
            None
        }
    }
}
