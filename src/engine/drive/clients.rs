//! The clients: what they ask, what they are told, and the last words.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::growth;
use super::recorder::Answer;
use super::{Client, Grown, Loop};
use crate::engine::drive::listener::Visit;
use crate::engine::state::Event;
use crate::protocol::{ClientMessage, Reply, Request, ServerMessage, Transition, framing};
use crate::rundir::record::Moment;
use crate::text;

/// Bytes of JSON in one message, about: far below the line limit of the protocol, whatever logs put into a cause.
const BATCH_BYTES: usize = 256 << 10;

/// How long clients are given to read the last words. Those that read need no more than a moment.
const FAREWELL: std::time::Duration = std::time::Duration::from_millis(200);

impl Loop {
    pub(super) fn visit(&mut self, visit: Visit) {
        match visit {
            Visit::Joined { client, lines } => {
                self.clients.insert(client, Client { lines, subscribed: false });
                self.count_clients();
            }
            Visit::Said { client, message: ClientMessage { id, request: Request::Add { simulations, complete } } } => {
                self.grow(client, id, simulations, complete);
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
                self.growth.forget(client);
                self.count_clients();
            }
        }
    }

    /// Takes a part of what is to be added to the plan, and has it added once it is complete.
    fn grow(&mut self, client: u64, id: u64, part: String, complete: bool) {
        let Some(parts) = self.growth.take(client, part, complete) else {
            return self.tell(client, &ServerMessage::Reply { id, reply: Reply::Done { message: String::new() } });
        };
        if self.state.is_draining() {
            return self.refuse(client, id, &growth::Refused::Draining);
        }
        if self.growth.is_busy {
            return self.refuse(client, id, &growth::Refused::Busy);
        }
        tracing::info!("client {client} adds simulations");
        self.growth.is_busy = true;
        let (plan, outdir) = (self.state.plan().clone(), self.outdir.clone());
        let (executor, grown) = (Arc::clone(&self.executor), self.grown.clone());
        let record = Arc::clone(&self.plan_record);
        drop(tokio::task::spawn_blocking(move || {
            let prepared = growth::prepare(plan, &parts, &outdir, &executor, &record, (client, id));
            // The engine ends: nobody is left to be told.
            _ = grown.blocking_send(prepared.map_err(|refused| (client, id, refused)));
        }));
    }

    /// What was to be added is on disk, or is not.
    pub(super) fn take_grown(&mut self, grown: Grown) {
        self.growth.is_busy = false;
        match grown {
            Ok(growth::Grown { event, living, surroundings }) => {
                self.surroundings = Arc::new(surroundings);
                let planned = self.state.plan().simulations.len();
                self.handle(event);
                // A drain may have come meanwhile; then nothing was added.
                if self.state.plan().simulations.len() > planned {
                    self.begin(living);
                    self.glance_at_ended(planned);
                }
            }
            Err((client, id, refused)) => self.refuse(client, id, &refused),
        }
    }

    fn refuse(&mut self, client: u64, id: u64, why: &growth::Refused) {
        let reason = text::safe_error(why).into_string();
        self.tell(client, &ServerMessage::Reply { id, reply: Reply::Refused { reason } });
    }

    fn count_clients(&mut self) {
        if !self.begun {
            return;
        }
        self.handle(Event::Clients(self.clients.len() as u32));
    }

    pub(super) fn subscribe(&mut self, client: u64) {
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
    pub(super) fn update(&mut self) {
        let (changed, header_changed) = self.state.take_changed();
        if (changed.is_empty() && !header_changed) || !self.is_watched() {
            return;
        }
        let changed: Vec<u32> = changed.into_iter().collect();
        let lines = self.lines(&changed, false);
        self.send_subscribers(&lines);
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
    }

    /// Tells every subscriber of transitions at once: updates are coalesced, transitions are not.
    pub(super) fn announce(&mut self, transitions: &[Transition]) {
        let lists = encoded(framing::lists(transitions, BATCH_BYTES)).unwrap_or_default();
        let lines: Vec<_> = lists.iter().map(|list| Arc::from(framing::transitions(list))).collect();
        self.send_subscribers(&lines);
    }

    /// Whether anybody is told of changes.
    pub(super) fn is_watched(&self) -> bool {
        self.clients.values().any(|client| client.subscribed)
    }

    /// A client whose queue is full does not read, and is dropped; it may come back.
    fn send_subscribers(&mut self, lines: &[Arc<str>]) {
        let takes_all = |client: &Client| lines.iter().all(|line| client.lines.try_send(line.clone()).is_ok());
        self.clients.retain(|_, client| !client.subscribed || takes_all(client));
    }

    fn lines(&self, sims: &[u32], whole: bool) -> Vec<Arc<str>> {
        let now = Moment::now();
        let header = line(&ServerMessage::Header { header: Box::new(self.state.header(now)) });
        let views = sims.iter().map(|&sim| self.state.view(sim, now));
        let mut lists = encoded(framing::lists(views, BATCH_BYTES)).unwrap_or_default();
        if whole && lists.is_empty() {
            lists.push("[]".to_owned());
        }
        let last = lists.len().saturating_sub(1);
        let sims = |(at, list): (usize, &String)| Arc::from(framing::sims(list, !whole || at == last));
        header.into_iter().chain(lists.iter().enumerate().map(sims)).collect()
    }

    pub(super) fn tell(&mut self, client: u64, message: &ServerMessage) {
        let Some(line) = line(message) else { return };
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

fn line(message: &ServerMessage) -> Option<Arc<str>> {
    encoded(framing::encode(message)).map(Arc::from)
}

fn encoded<T>(result: Result<T, serde_json::Error>) -> Option<T> {
    result.inspect_err(|error| tracing::warn!("a message could not be written: {error}")).ok()
}
