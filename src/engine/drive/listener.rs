//! Where clients come in: accepts those of this user, reads their requests, writes what they subscribed to.

use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::codec::Framed;

use super::spare::Spare;
use crate::protocol::{ClientMessage, ServerMessage, VERSION, framing};

/// Lines that may wait for one client. What a new client is told of all simulations takes half of them at most; one that lets
/// more than this pile up does not read, and is dropped so that it cannot hold up the others.
const CLIENT_QUEUE: usize = 1024;

/// Requests that may wait for the engine.
const REQUEST_QUEUE: usize = 256;

/// Clients that are served at once; one more waits [`PLACE_WITHIN`] and is turned away.
const MAX_CLIENTS: usize = 64;

/// How long a client waits for a place.
const PLACE_WITHIN: Duration = Duration::from_millis(500);

/// How long a client that the engine has dropped may take nothing of what was sent before.
const TAKES_WITHIN: Duration = Duration::from_secs(1);

/// What clients do.
#[derive(Debug)]
pub(super) enum Visit {
    /// A client came. Lines for it go here; dropping the sender ends the connection.
    Joined {
        /// A number of its own, never reused.
        client: u64,
        /// Where its lines go.
        lines: mpsc::Sender<Arc<str>>,
    },
    /// A client asked something.
    Said {
        /// Which client.
        client: u64,
        /// What.
        message: ClientMessage,
    },
    /// A client is gone.
    Left {
        /// Which.
        client: u64,
    },
}

/// The socket, removed when it is dropped. Only the holder of the lease may make one.
#[derive(Debug)]
pub(super) struct Listener {
    path: PathBuf,
    /// Device and inode of the socket, to see whether it is still there.
    socket: (u64, u64),
    unserved: Option<UnixListener>,
    /// Where visits go, and who accepts them.
    serving: Option<(mpsc::Sender<Visit>, JoinHandle<()>)>,
    counter: Arc<AtomicU64>,
}

impl Listener {
    /// Listens on `path`. What a dead engine left there is removed: the caller holds the lease, so it is nobody's.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let (listener, socket) = bind(path)?;
        let counter = Arc::new(AtomicU64::new(1));
        Ok(Self { path: path.to_owned(), socket, unserved: Some(listener), serving: None, counter })
    }

    /// Where it listens.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Accepts clients from now on. What they do arrives in the receiver.
    pub(super) fn serve(&mut self) -> mpsc::Receiver<Visit> {
        let (visits, receiver) = mpsc::channel(REQUEST_QUEUE);
        if let Some(listener) = self.unserved.take() {
            let accepting = tokio::spawn(accept(listener, visits.clone(), Arc::clone(&self.counter)));
            self.serving = Some((visits, accepting));
        }
        receiver
    }

    /// Whether the socket can still be found. A session manager removes the runtime directory at logout, and the
    /// simulations outlive the login.
    pub(super) fn is_there(&self) -> bool {
        std::fs::symlink_metadata(&self.path).is_ok_and(|meta| (meta.dev(), meta.ino()) == self.socket)
    }

    /// Listens on another socket. The clients that are here stay.
    pub(super) fn move_to(&mut self, path: &Path) -> io::Result<()> {
        let (listener, socket) = bind(path)?;
        if let Some((visits, accepting)) = self.serving.take() {
            accepting.abort();
            let accepting = tokio::spawn(accept(listener, visits.clone(), Arc::clone(&self.counter)));
            self.serving = Some((visits, accepting));
        }
        (self.path, self.socket) = (path.to_owned(), socket);
        Ok(())
    }

    /// Accepts nobody any more: whoever comes now finds no engine, and not one that has stopped to listen.
    pub(super) fn close(&mut self) {
        if let Some((_, accepting)) = self.serving.take() {
            accepting.abort();
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if self.is_there() {
            // Gone by now is just as well.
            _ = std::fs::remove_file(&self.path);
        }
    }
}

fn bind(path: &Path) -> io::Result<(UnixListener, (u64, u64))> {
    match std::fs::symlink_metadata(path) {
        Ok(meta) if meta.file_type().is_socket() => std::fs::remove_file(path)?,
        Ok(_) => {
            return Err(io::Error::other(format!("{} is in the way and is not a socket; remove it", path.display())));
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    // The directory is private to this user, so nobody else reaches the socket whatever its own mode is.
    let listener = UnixListener::bind(path)?;
    let meta = std::fs::symlink_metadata(path)?;
    Ok((listener, (meta.dev(), meta.ino())))
}

async fn accept(listener: UnixListener, visits: mpsc::Sender<Visit>, counter: Arc<AtomicU64>) {
    let places = Arc::new(tokio::sync::Semaphore::new(MAX_CLIENTS));
    let spare = Arc::new(Spare::default());
    spare.fill();
    let mut is_failing = false;
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) if is_out_of_descriptors(&error) && spare.give() => continue,
            Err(error) => {
                if !std::mem::replace(&mut is_failing, true) {
                    tracing::warn!("could not accept a client: {error}");
                }
                // Others may close what is missing.
                tokio::time::sleep(Duration::from_millis(200)).await;
                spare.fill();
                continue;
            }
        };
        is_failing = false;
        if !is_same_user(&stream) {
            tracing::warn!("turned away a client of another user");
            continue;
        }
        // A burst of clients that come and go must turn nobody away, and one full of clients must not hold up the others.
        let place = tokio::time::timeout(PLACE_WITHIN, Arc::clone(&places).acquire_owned()).await;
        let Ok(Ok(place)) = place else {
            drop(stream);
            spare.fill();
            continue;
        };
        let client = counter.fetch_add(1, Ordering::Relaxed);
        let (visits, spare) = (visits.clone(), Arc::clone(&spare));
        tokio::spawn(async move {
            let _place = place;
            attend(stream, client, &visits).await;
            // What it had is not for a launch that fails for want of more.
            spare.fill();
            // The engine ends: nobody is left to be told.
            _ = visits.send(Visit::Left { client }).await;
        });
    }
}

/// Of this process, or of the machine.
fn is_out_of_descriptors(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(nix::libc::EMFILE | nix::libc::ENFILE))
}

fn is_same_user(stream: &UnixStream) -> bool {
    stream.peer_cred().is_ok_and(|peer| peer.uid() == nix::unistd::geteuid().as_raw())
}

async fn attend(stream: UnixStream, client: u64, visits: &mpsc::Sender<Visit>) {
    let (lines, mut waiting) = mpsc::channel::<Arc<str>>(CLIENT_QUEUE);
    let (mut sink, mut stream) = Framed::new(stream, framing::codec()).split();
    let hello = ServerMessage::Hello {
        version: VERSION,
        release: env!("CARGO_PKG_VERSION").to_owned(),
        pid: std::process::id().cast_signed(),
    };
    let Ok(hello) = framing::line(&hello) else { return };
    if sink.send(Arc::<str>::from(hello)).await.is_err() || visits.send(Visit::Joined { client, lines }).await.is_err()
    {
        return;
    }
    let write = async {
        while let Some(line) = waiting.recv().await {
            let mut sending = std::pin::pin!(sink.send(line));
            loop {
                match tokio::time::timeout(TAKES_WITHIN, &mut sending).await {
                    Ok(Ok(())) => break,
                    Ok(Err(_)) => return,
                    // The engine has given it up, and it does not read the rest: its place is for others.
                    Err(_) if waiting.is_closed() => return,
                    Err(_) => {}
                }
            }
        }
    };
    let read = async {
        while let Some(line) = stream.next().await {
            // A line that is too long or not a request is the end of this client, not of the engine.
            let Ok(message) = line.map_err(drop).and_then(|line| framing::decode(&line).map_err(drop)) else { return };
            if visits.send(Visit::Said { client, message }).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = write => {}
        () = read => {}
    }
}
