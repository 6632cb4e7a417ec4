//! A client's connection to an engine: two channels, with the socket behind them.

use std::io;
use std::path::Path;
use std::pin::Pin;
use std::process::Stdio;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite, Join, ReadBuf};
use tokio::net::UnixStream;
use tokio::process::{Child, ChildStdin, ChildStdout};
use tokio::sync::mpsc;
use tokio_util::codec::{Framed, LinesCodecError};

use super::framing;
use super::message::{ClientMessage, Reply, Request, ServerMessage, VERSION};
use crate::text::human;

/// Messages that may wait in each direction. A client that does not read for so long is dropped by the engine.
const QUEUE: usize = 256;

/// How long an engine may take to greet. It greets at once; only a stopped one, or one on a machine that swaps, is slow.
const GREETS_WITHIN: Duration = Duration::from_secs(10);

/// The same through another process, on whose way a batch system may be busy.
const CARRIED_WITHIN: Duration = Duration::from_secs(30);

/// Two channels to an engine. `incoming` closes when the engine is gone.
#[derive(Debug)]
pub struct Link {
    /// What the engine says, the greeting excepted.
    pub incoming: mpsc::Receiver<ServerMessage>,
    /// What the client says.
    pub outgoing: mpsc::Sender<ClientMessage>,
    /// The engine's process number, for people.
    pub engine_pid: i32,
    next_id: u64,
    /// Why nothing more is read of an engine that has not hung up.
    unread: Arc<OnceLock<Unread>>,
}

/// Why what an engine says is read no further.
#[derive(Debug, Clone, Copy)]
enum Unread {
    LineTooLong,
    NoMessage,
}

/// The other end of a link within one program.
#[derive(Debug)]
pub struct LocalEnd {
    /// What the client asks.
    pub requests: mpsc::Receiver<ClientMessage>,
    /// What it is told.
    pub answers: mpsc::Sender<ServerMessage>,
}

/// Why there is no link.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// Nobody listens.
    #[error("could not reach the engine")]
    Unreachable(#[source] io::Error),
    /// The engine speaks another version of the protocol.
    #[error(
        "the engine (process {pid}, release {release}) speaks protocol {theirs} and this client speaks {VERSION}; \
         let it end with the `gem5-tui stop` of that release, or use that release"
    )]
    OtherVersion {
        /// The engine's version.
        theirs: u32,
        /// The engine's release.
        release: String,
        /// The engine's process number.
        pid: i32,
    },
    /// Another user listens.
    #[error("the engine of this experiment belongs to user {uid}; only that user can ask it")]
    OtherUser {
        /// That user's number.
        uid: u32,
    },
    /// Somebody listens and does not answer.
    #[error(
        "the engine{} does not answer; perhaps it was stopped, and SIGCONT lets it go on",
        .pid.map(|pid| format!(" (process {pid})")).unwrap_or_default()
    )]
    Silent {
        /// Its process number, as the kernel tells it (`SO_PEERCRED` in unix(7)).
        pid: Option<i32>,
    },
    /// It said more in one line than is read. It goes on, for this client without a word.
    #[error(
        "the engine (process {pid}) sent a line longer than {}, which no client reads; it goes on, `engine.log` tells what it \
         does, and `gem5-tui stop` ends it", human::bytes(framing::MAX_LINE as u64)
    )]
    LineTooLong {
        /// The engine's process number.
        pid: i32,
    },
    /// It said something that is no message.
    #[error("the engine (process {pid}) said something that makes no sense to this release; it goes on")]
    NoMessage {
        /// The engine's process number.
        pid: i32,
    },
    /// The first message was no greeting.
    #[error("something that is not an engine answers on the engine's socket")]
    NotAnEngine,
}

/// A connection through a process, which is ended when this is dropped.
struct Carried {
    #[expect(dead_code, reason = "it is kept for its end")]
    child: Child,
    ends: Join<ChildStdout, ChildStdin>,
}

impl AsyncRead for Carried {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.ends).poll_read(cx, buf)
    }
}

impl AsyncWrite for Carried {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.ends).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.ends).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.ends).poll_shutdown(cx)
    }
}

impl Link {
    /// Connects, and checks who answers and the greeting.
    pub async fn connect(socket: &Path) -> Result<Self, LinkError> {
        let stream = UnixStream::connect(socket).await.map_err(LinkError::Unreachable)?;
        let peer = stream.peer_cred().map_err(LinkError::Unreachable)?;
        let uid = peer.uid();
        if uid != nix::unistd::geteuid().as_raw() {
            return Err(LinkError::OtherUser { uid });
        }
        Self::greeted(stream, peer.pid(), GREETS_WITHIN).await
    }

    /// Connects through a process that carries what is said: its standard input and output are those of the engine. It ends with
    /// the link.
    ///
    /// # Errors
    /// When it could not be started, or nobody greets through it.
    pub async fn connect_through(mut carrier: tokio::process::Command) -> Result<Self, LinkError> {
        carrier.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
        let mut child = carrier.spawn().map_err(LinkError::Unreachable)?;
        let (Some(output), Some(input)) = (child.stdout.take(), child.stdin.take()) else {
            return Err(LinkError::NotAnEngine);
        };
        Self::greeted(Carried { child, ends: tokio::io::join(output, input) }, None, CARRIED_WITHIN).await
    }

    async fn greeted<S>(stream: S, peer: Option<i32>, within: Duration) -> Result<Self, LinkError>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let mut framed = Framed::new(stream, framing::codec());
        let greeting = match tokio::time::timeout(within, framed.next()).await {
            Ok(Some(Ok(line))) => framing::decode::<ServerMessage>(&line),
            Ok(_) => return Err(LinkError::NotAnEngine),
            Err(_) => return Err(LinkError::Silent { pid: peer }),
        };
        let Ok(ServerMessage::Hello { version, release, pid }) = greeting else { return Err(LinkError::NotAnEngine) };
        if version != VERSION {
            return Err(LinkError::OtherVersion { theirs: version, release, pid });
        }
        let (to_client, incoming) = mpsc::channel(QUEUE);
        let (outgoing, from_client) = mpsc::channel(QUEUE);
        let unread = Arc::default();
        tokio::spawn(carry(framed, to_client, from_client, Arc::clone(&unread)));
        Ok(Self { incoming, outgoing, engine_pid: pid, next_id: 0, unread })
    }

    /// A link without a socket, and its other end.
    pub fn local() -> (Self, LocalEnd) {
        let (answers, incoming) = mpsc::channel(QUEUE);
        let (outgoing, requests) = mpsc::channel(QUEUE);
        let engine_pid = std::process::id().cast_signed();
        (Self { incoming, outgoing, engine_pid, next_id: 0, unread: Arc::default() }, LocalEnd { requests, answers })
    }

    /// Why `incoming` has closed although the engine goes on; none if it has hung up.
    pub fn failure(&self) -> Option<LinkError> {
        let pid = self.engine_pid;
        self.unread.get().map(|unread| match unread {
            Unread::LineTooLong => LinkError::LineTooLong { pid },
            Unread::NoMessage => LinkError::NoMessage { pid },
        })
    }

    /// Sends a request and returns its id. An engine that is gone is told by `incoming`, not here.
    pub async fn send(&mut self, request: Request) -> u64 {
        self.next_id += 1;
        let id = self.next_id;
        // The receiver is gone only when the engine is; `incoming` then closes.
        _ = self.outgoing.send(ClientMessage { id, request }).await;
        id
    }
}

async fn carry<S: AsyncRead + AsyncWrite + Unpin>(
    framed: Framed<S, tokio_util::codec::LinesCodec>,
    to_client: mpsc::Sender<ServerMessage>,
    mut from_client: mpsc::Receiver<ClientMessage>,
    unread: Arc<OnceLock<Unread>>,
) {
    let (mut sink, mut stream) = framed.split();
    let refusals = to_client.clone();
    let read = async {
        while let Some(line) = stream.next().await {
            let message = match line {
                Ok(line) => framing::decode_server(&line).map_err(|_error| Unread::NoMessage),
                Err(LinesCodecError::MaxLineLengthExceeded) => Err(Unread::LineTooLong),
                // It has hung up.
                Err(LinesCodecError::Io(_)) => return,
            };
            match message {
                Ok(message) => {
                    if to_client.send(message).await.is_err() {
                        return;
                    }
                }
                Err(why) => {
                    // Nothing else sets it.
                    _ = unread.set(why);
                    return;
                }
            }
        }
    };
    let write = async {
        while let Some(message) = from_client.recv().await {
            // An engine would hang up on a line that it does not read.
            let sent = match framing::line(&message) {
                Ok(line) => sink.send(line).await.is_ok(),
                Err(error) => {
                    let reason = format!("nothing was asked: {error}; ask for fewer at once, or by a glob");
                    let refused = ServerMessage::Reply { id: message.id, reply: Reply::Refused { reason } };
                    refusals.send(refused).await.is_ok()
                }
            };
            if !sent {
                return;
            }
        }
    };
    // Whichever side stops first ends the connection: dropping both halves closes the socket.
    tokio::select! {
        () = read => {}
        () = write => {}
    }
}
