//! Hears what our shims tell: one pipe for all of them.

use std::collections::HashMap;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rustix::pipe::{PipeFlags, pipe_with};
use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe::Receiver;
use tokio::sync::Notify;

use crate::spawn::shim_word::{self, Word};

/// What one shim has said, for who waits for it.
#[derive(Debug, Default)]
pub(super) struct Said {
    started: Notify,
    over: Notify,
}

impl Said {
    /// Waits until the start is recorded, or it says no more.
    pub(super) async fn started(&self) {
        self.started.notified().await;
    }

    /// The same for the end of its tree.
    pub(super) async fn over(&self) {
        self.over.notified().await;
    }

    /// It is gone.
    pub(super) fn no_more(&self) {
        self.started.notify_one();
        self.over.notify_one();
    }
}

type Waiting = Arc<Mutex<HashMap<i32, Arc<Said>>>>;

/// The pipe, made when the first shim is started.
#[derive(Debug, Default)]
pub(super) struct Words {
    writer: OnceLock<OwnedFd>,
    waiting: Waiting,
}

impl Words {
    /// What a shim writes to.
    ///
    /// # Errors
    /// When there are no descriptors.
    pub(super) fn writer(&self) -> io::Result<BorrowedFd<'_>> {
        if let Some(writer) = self.writer.get() {
            return Ok(writer.as_fd());
        }
        // Neither side ever waits for the other.
        let (reader, writer) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?;
        let reader = Receiver::from_owned_fd(reader)?;
        tokio::spawn(hear(reader, Arc::clone(&self.waiting)));
        Ok(self.writer.get_or_init(|| writer).as_fd())
    }

    /// What the shim with this number says from now on. Asked for before anybody can have heard it.
    pub(super) fn of(&self, shim: i32) -> Arc<Said> {
        let said = Arc::new(Said::default());
        lock(&self.waiting).insert(shim, Arc::clone(&said));
        said
    }

    /// Nobody waits for that shim any more.
    pub(super) fn forget(&self, shim: i32) {
        lock(&self.waiting).remove(&shim);
    }
}

async fn hear(mut reader: Receiver, waiting: Waiting) {
    let mut bytes = [0; shim_word::BYTES];
    // Words are written whole, so pieces of them are read in step.
    while reader.read_exact(&mut bytes).await.is_ok() {
        let Some((shim, word)) = shim_word::decode(bytes) else { continue };
        let Some(said) = lock(&waiting).get(&shim).map(Arc::clone) else { continue };
        match word {
            Word::Started => said.started.notify_one(),
            Word::Over => said.over.notify_one(),
        }
    }
}

fn lock(waiting: &Waiting) -> std::sync::MutexGuard<'_, HashMap<i32, Arc<Said>>> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}
