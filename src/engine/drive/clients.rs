//! The clients: what they ask, what they are told, and the last words.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::mpsc;

use super::growth::{self, Asker};
use super::recorder::Answer;
use super::{Client, Grown, Loop};
use crate::engine::drive::listener::Visit;
use crate::engine::state::Event;
use crate::protocol::{ClientMessage, Reply, Request, ServerMessage, SimView, Transition, framing};
use crate::rundir::record::Moment;
use crate::text;
use crate::text::excerpt::excerpt;

/// Bytes of JSON in one message, about: far below the line limit of the protocol, whatever logs put into a cause.
const BATCH_BYTES: usize = 256 << 10;

/// Simulations that a new client is told of at once. It is told of all of them one part after the other, as fast as it reads: a
/// plan may have any number, and what waits for a client is in memory.
const SNAPSHOT_PART: u32 = 128;

/// How long the loop tells new clients before it looks at what else there is. Ten thousand simulations take about this long.
const SNAPSHOT_FOR: std::time::Duration = std::time::Duration::from_millis(20);

/// 2 KiB: so much of a request is written into the log. One may name thousands of simulations.
const LOGGED_BYTES: usize = 2 << 10;

/// How long clients are given to read the last words. Those that read need no more than a moment.
const FAREWELL: std::time::Duration = std::time::Duration::from_millis(200);

/// How far a client has been told of every simulation.
#[derive(Debug, Default)]
pub(super) struct Snapshot {
    /// The first one that it has not heard of.
    next: u32,
    missed: Missed,
}

/// What has changed since a client was told of it.
#[derive(Debug, Default)]
struct Missed {
    sims: BTreeSet<u32>,
    header: bool,
}

impl Loop {
    pub(super) fn visit(&mut self, visit: Visit) {
        match visit {
            Visit::Joined { client, lines } => {
                self.clients.insert(client, Client { lines, subscribed: false, snapshot: None });
                self.count_clients();
            }
            Visit::Said { client, message: ClientMessage { id, request: Request::Add { simulations, complete } } } => {
                self.grow(client, id, simulations, complete);
            }
            Visit::Said { client, message } => {
                if message.request != Request::Subscribe {
                    let asked = excerpt(format!("{:?}", message.request), LOGGED_BYTES);
                    tracing::info!("client {client} asks: {asked}");
                }
                self.handle(Event::Request { client, id: message.id, request: message.request });
                if !self.begun {
                    self.begun = true;
                    self.count_clients();
                }
            }
            Visit::Left { client } => {
                self.clients.remove(&client);
                self.growth.forget(client);
                self.count_clients();
            }
        }
    }

    /// Takes a part of what is to be added to the plan, and has it added once it is complete.
    fn grow(&mut self, client: u64, id: u64, part: String, complete: bool) {
        let Some(parts) = self.growth.take(client, part, complete) else {
            return self.tell(client, ServerMessage::Reply { id, reply: Reply::Done { message: String::new() } });
        };
        if self.state.is_draining() {
            return self.refuse(client, id, &growth::Refused::Draining);
        }
        if self.growth.is_busy {
            return self.refuse(client, id, &growth::Refused::Busy);
        }
        tracing::info!("client {client} adds simulations");
        self.growth.is_busy = true;
        let (place, grown) = (self.growing_place(), self.grown.clone());
        drop(tokio::task::spawn_blocking(move || {
            let prepared = growth::handed(place, &parts, (client, id));
            // The engine ends: nobody is left to be told.
            _ = grown.blocking_send(prepared.map_err(|refused| (Asker::Client(client, id), refused)));
        }));
    }

    /// Looks for what others have made.
    pub(super) fn grow_by_what_was_made(&mut self) {
        if self.growth.is_busy {
            // One at a time: a plan is written down as it was when it was looked at.
            self.growth.is_due = true;
            return;
        }
        tracing::info!("the plan is looked at again: what has ended may tell of more simulations");
        self.growth.is_busy = true;
        let (place, grown) = (self.growing_place(), self.grown.clone());
        tokio::spawn(async move {
            // As long as nobody answers, the engine thinks that more may come.
            let made = tokio::task::spawn_blocking(move || growth::made(place)).await;
            let made = made.unwrap_or(Err(growth::Refused::Broken));
            _ = grown.send(made.map_err(|refused| (Asker::File, refused))).await;
        });
    }

    pub(super) fn growing_place(&self) -> growth::Place {
        growth::Place {
            plan: self.state.plan().clone(),
            outdir: self.outdir.clone(),
            executor: Arc::clone(&self.executor),
            record: Arc::clone(&self.plan_record),
        }
    }

    /// What was to be added is on disk, or is not.
    pub(super) fn take_grown(&mut self, grown: Grown) {
        self.growth.is_busy = false;
        match grown {
            Ok(growth::Grown { event, living, surroundings }) => {
                if let Some(surroundings) = surroundings {
                    self.surroundings = Arc::new(surroundings);
                }
                let planned = self.state.plan().simulations.len();
                if std::mem::take(&mut self.growth.is_noticed) {
                    self.handle(Event::Notice(None));
                }
                self.handle(event);
                // A drain may have come meanwhile; then nothing was added.
                if self.state.plan().simulations.len() > planned {
                    self.begin(living);
                    self.glance_at_ended(planned);
                }
            }
            Err((Asker::Client(client, id), refused)) => self.refuse(client, id, &refused),
            // Its script is told, or it is tried again.
            Err((Asker::Suite, refused)) => {
                tracing::warn!("what a suite asks for: {refused}");
                self.handle(Event::Notice(Some(text::safe_error(&refused).into_string())));
                self.growth.is_noticed = true;
            }
            Err((Asker::File, refused)) => {
                tracing::warn!("{refused}");
                self.handle(Event::NotGrown(text::safe_error(&refused).into_string()));
            }
        }
        if std::mem::take(&mut self.growth.is_due) {
            self.grow_by_what_was_made();
        }
        self.grow_by_what_is_asked();
    }

    fn refuse(&mut self, client: u64, id: u64, why: &growth::Refused) {
        let reason = text::safe_error(why).into_string();
        self.tell(client, ServerMessage::Reply { id, reply: Reply::Refused { reason } });
    }

    fn count_clients(&mut self) {
        if !self.begun {
            return;
        }
        self.executor.watched(!self.clients.is_empty());
        self.handle(Event::Clients(self.clients.len() as u32));
    }

    pub(super) fn subscribe(&mut self, client: u64) {
        // The others get what has changed so far, so that the flags below speak of the new client only.
        self.update();
        let header = self.header();
        self.told.differs([]);
        let Some(entry) = self.clients.get_mut(&client) else { return };
        entry.subscribed = true;
        entry.snapshot = Some(Snapshot::default());
        if header.is_some_and(|header| entry.lines.try_send(header).is_err()) {
            self.clients.remove(&client);
        }
        self.go_on_telling();
    }

    /// Whether a client has not been told of every simulation yet.
    pub(super) fn owes_snapshots(&self) -> bool {
        self.clients.values().any(|client| client.snapshot.is_some())
    }

    /// Tells those that have not heard of every simulation of more of them, as far as they read.
    pub(super) fn go_on_telling(&mut self) {
        let owed: Vec<u64> = self.clients.iter().filter(|(_, one)| one.snapshot.is_some()).map(|(id, _)| *id).collect();
        let begun = Instant::now();
        for client in owed {
            while begun.elapsed() < SNAPSHOT_FOR && self.tell_more(client) {}
        }
    }

    /// Tells a client of the next simulations. Whether it takes more.
    fn tell_more(&mut self, client: u64) -> bool {
        let total = self.state.plan().simulations.len() as u32;
        let Some(entry) = self.clients.get(&client) else { return false };
        let Some(Snapshot { next, .. }) = entry.snapshot else { return false };
        // The rest of its queue is for what happens meanwhile.
        if entry.lines.capacity() <= entry.lines.max_capacity() / 2 {
            return false;
        }
        let end = next.saturating_add(SNAPSHOT_PART).min(total);
        let part: Vec<u32> = (next..end).collect();
        let lines = self.sims(&part, end == total);
        self.told.differs(part);
        let Some(entry) = self.clients.get_mut(&client) else { return false };
        if !lines.iter().all(|line| entry.lines.try_send(line.clone()).is_ok()) {
            self.clients.remove(&client);
            return false;
        }
        if end < total {
            entry.snapshot.iter_mut().for_each(|snapshot| snapshot.next = end);
            return true;
        }
        let missed = entry.snapshot.take().map(|snapshot| snapshot.missed).unwrap_or_default();
        self.tell_missed(client, missed);
        false
    }

    /// Tells what has changed under a client's eyes, once it has heard of everything.
    fn tell_missed(&mut self, client: u64, Missed { sims, header }: Missed) {
        let changed: Vec<u32> = sims.into_iter().collect();
        let header = if header { self.header() } else { None };
        let lines: Vec<_> = header.into_iter().chain(self.sims(&changed, true)).collect();
        self.told.differs(changed.iter().copied());
        if let Some(entry) = self.clients.get(&client).filter(|_| !changed.is_empty() || !lines.is_empty())
            && !lines.into_iter().all(|line| entry.lines.try_send(line).is_ok())
        {
            self.clients.remove(&client);
        }
    }

    /// Tells every subscriber what has changed since the last time.
    pub(super) fn update(&mut self) {
        let (changed, header_changed) = self.state.take_changed();
        if (changed.is_empty() && !header_changed) || !self.is_watched() {
            return;
        }
        let now = Moment::now();
        let (state, told) = (&self.state, &mut self.told);
        let is_news = |sim: &u32| told.is_news_of_sim(state.view(*sim, now), now);
        let changed: Vec<u32> = changed.into_iter().filter(is_news).collect();
        if !self.told.is_news_of_header(self.state.header(now), now) && changed.is_empty() {
            return;
        }
        // Whoever has not heard of everything is told later, so that nobody is said to know all who does not.
        for Snapshot { next, missed } in self.clients.values_mut().filter_map(|client| client.snapshot.as_mut()) {
            missed.sims.extend(changed.iter().filter(|sim| *sim < next));
            missed.header = true;
        }
        if self.clients.values().all(|client| !client.subscribed || client.snapshot.is_some()) {
            return;
        }
        let mut lines: Vec<Arc<str>> = self.header().into_iter().collect();
        if !changed.is_empty() {
            lines.extend(self.sims(&changed, true));
        }
        self.send_to(&lines, |client| client.subscribed && client.snapshot.is_none());
    }

    /// What is told of one transition.
    pub(super) fn transition(&self, sim: u32, from: &str, to: &str, now: Moment) -> Transition {
        let view = self.state.view(sim, now);
        let reason = view.reason(self.state.limits());
        Transition {
            at_unix_ms: now.unix_ms,
            sim,
            simulation: view.name,
            attempt: self.state.attempt_in_sight(sim),
            from: from.to_owned(),
            to: to.to_owned(),
            reason,
        }
        .bounded()
    }

    /// Tells every subscriber of transitions at once: updates are coalesced, transitions are not.
    pub(super) fn announce(&mut self, transitions: &[Transition]) {
        let lists = encoded(framing::lists(transitions, BATCH_BYTES, |_| None)).unwrap_or_default();
        let lines: Vec<_> = lists.iter().map(|list| Arc::from(framing::transitions(list))).collect();
        self.send_to(&lines, |client| client.subscribed);
    }

    /// Whether anybody is told of changes.
    pub(super) fn is_watched(&self) -> bool {
        self.clients.values().any(|client| client.subscribed)
    }

    /// A client whose queue is full does not read, and is dropped; it may come back.
    fn send_to(&mut self, lines: &[Arc<str>], is_meant: impl Fn(&Client) -> bool) {
        let takes_all = |client: &Client| lines.iter().all(|line| client.lines.try_send(line.clone()).is_ok());
        self.clients.retain(|_, client| !is_meant(client) || takes_all(client));
    }

    /// The line of the header.
    fn header(&self) -> Option<Arc<str>> {
        line(&ServerMessage::Header { header: Box::new(self.state.header(Moment::now())) })
    }

    /// The lines of these simulations. `complete` says whether whoever reads the last one has heard of all there are.
    fn sims(&mut self, sims: &[u32], complete: bool) -> Vec<Arc<str>> {
        let now = Moment::now();
        let (state, shortened) = (&self.state, &mut self.shortened);
        let views = sims.iter().map(|&sim| state.view(sim, now));
        let shorter = |view: SimView| {
            if shortened.insert(view.id) {
                tracing::warn!("{}: too much is known of it for one message, so that clients are told less", view.name);
            }
            Some(view.minimal())
        };
        let mut lists = encoded(framing::lists(views, BATCH_BYTES, shorter)).unwrap_or_default();
        if complete && lists.is_empty() {
            lists.push("[]".to_owned());
        }
        let last = lists.len().saturating_sub(1);
        lists.iter().enumerate().map(|(at, list)| Arc::from(framing::sims(list, complete && at == last))).collect()
    }

    pub(super) fn tell(&mut self, client: u64, message: ServerMessage) {
        let Some(line) = line(&message.bounded()) else { return };
        if let Some(entry) = self.clients.get(&client)
            && entry.lines.try_send(line).is_err()
        {
            self.clients.remove(&client);
        }
    }

    /// Tells what clients wait for that is only now on disk.
    pub(super) async fn last_answers(&mut self, answered: &mut mpsc::UnboundedReceiver<Vec<Answer>>) {
        // A disk that hangs must not keep an engine from its end.
        _ = tokio::time::timeout(FAREWELL, self.recorder.flush()).await;
        while let Ok(answers) = answered.try_recv() {
            self.answer(answers);
        }
    }

    /// Tells every client that the engine ends, also those that come at this very moment, and waits until they know.
    pub(super) async fn farewell(mut self, visits: &mut mpsc::Receiver<Visit>) {
        self.update();
        let reason = self.end.unwrap_or("the engine ends").to_owned();
        let Some(goodbye) = line(&ServerMessage::Goodbye { reason }.bounded()) else { return };
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

fn line(message: &ServerMessage) -> Option<Arc<str>> {
    encoded(framing::line(message)).map(Arc::from)
}

fn encoded<T, E: Display>(result: Result<T, E>) -> Option<T> {
    result.inspect_err(|error| tracing::warn!("a message could not be written: {error}")).ok()
}
