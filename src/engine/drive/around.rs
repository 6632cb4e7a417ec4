//! What is around the experiment: its directory, its socket, and what is left of memory and disk.
//!
//! The directory may be on a network filesystem that does not answer. So it is looked at in a thread of its own, and while
//! one look has not come back there is no other.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::mpsc::Sender;
use tokio::task::{JoinHandle, spawn_blocking};

use crate::engine::drive::listener::Listener;
use crate::engine::executor::Executor;
use crate::engine::state::{Event, RoomLook};
use crate::protocol::address;
use crate::rundir::record::Place;
use crate::rundir::{ExperimentDir, Lease, filesystem};
use crate::spawn::room;

/// Between two signs of life for other hosts.
const SAY_ALIVE_EVERY: Duration = Duration::from_secs(30);

/// The looks and what they need.
pub(super) struct Around {
    outdir: ExperimentDir,
    executor: Arc<Executor>,
    lease: Arc<Mutex<Lease>>,
    /// Which file the lease is.
    place: Option<Place>,
    looking: Option<JoinHandle<()>>,
    /// When the engine last said that it lives, where other hosts can see that.
    said_alive: Option<Instant>,
}

impl Around {
    pub(super) fn new(
        outdir: ExperimentDir,
        executor: Arc<Executor>,
        lease: Arc<Mutex<Lease>>,
        place: Option<Place>,
    ) -> Self {
        // Nobody else sees a disk of our own, and there the lock says it all.
        let said_alive = filesystem::hides_changes(outdir.path()).is_some().then(Instant::now);
        Self { outdir, executor, lease, place, looking: None, said_alive }
    }

    /// Looks at the directory and, if there is work, at what is left; what it finds comes as events.
    pub(super) fn look(&mut self, events: &Sender<Event>, has_directory: bool, has_work: bool) {
        if self.looking.as_ref().is_some_and(|looking| !looking.is_finished()) {
            return;
        }
        let (outdir, lease, events) = (self.outdir.clone(), Arc::clone(&self.lease), events.clone());
        let executor = Arc::clone(&self.executor);
        let is_due = self.said_alive.is_some_and(|said| said.elapsed() >= SAY_ALIVE_EVERY);
        if is_due {
            self.said_alive = Some(Instant::now());
        }
        self.looking = Some(spawn_blocking(move || {
            // A full queue means that there is more urgent news; the next look tells it again.
            if has_work {
                _ = events.try_send(Event::Room(room_look(&outdir, &executor)));
            }
            if is_due && let Err(error) = lease.lock().unwrap_or_else(PoisonError::into_inner).say_alive() {
                tracing::warn!("could not write a sign of life into the lease: {error}");
            }
            let mut lease = lease.lock().unwrap_or_else(PoisonError::into_inner);
            if let Err(error) = lease.revive() {
                tracing::warn!("the disk of the experiment directory came back otherwise: {error}");
            }
            if has_directory && !lease.stands() {
                tracing::warn!(
                    "the experiment directory was moved, deleted or replaced, or another engine has taken it over"
                );
                _ = events.try_send(Event::DirectoryGone);
            }
        }));
    }

    /// Listens anew if the socket was taken away, and has it written into the lease. A session manager removes the
    /// runtime directory at logout, and simulations outlive the login. None if the socket is there.
    pub(super) fn keep_listening(&self, listener: &mut Listener) -> Option<std::io::Result<()>> {
        if listener.is_there() {
            return None;
        }
        Some(address::socket_path(self.outdir.name(), self.place).and_then(|socket| {
            listener.move_to(&socket)?;
            tracing::info!("the socket was gone; listening on {}", socket.display());
            self.tell_where(socket);
            Ok(())
        }))
    }

    fn tell_where(&self, socket: PathBuf) {
        let lease = Arc::clone(&self.lease);
        // Nobody waits for it: clients look into the lease again when they do not find the engine.
        drop(spawn_blocking(move || {
            if let Err(error) = lease.lock().unwrap_or_else(PoisonError::into_inner).move_to(socket) {
                tracing::warn!("could not write the new socket into the lease: {error}");
            }
        }));
    }
}

/// What is left of memory and disk now.
pub(super) fn room_look(outdir: &ExperimentDir, executor: &Executor) -> RoomLook {
    let memory = executor.abilities().needs_memory_here.then(room::memory).flatten();
    RoomLook { memory, disk: room::disk(outdir.path()).ok() }
}
