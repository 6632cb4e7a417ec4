//! The engine: decides what runs.
//!
//! There is one engine per experiment directory; a kernel lock sees to it ([`crate::rundir::Lease`]). It has the shape
//! of most long-lived loops that can be tested: many sources are named as one [`state::Event`], the pure
//! [`state::State`] answers with [`state::Effect`]s, and the driver performs them.
//!
//! ```text
//!  clients ─ listener ─┐                         ┌─ attempt   makes directories, has shims started and followed
//!  files ─── observer ─┼─ drive ── State::handle ┼─ recorder  records and signals
//!  shims ──── attempt ─┘   (events → effects)    └─ clients   replies, updates
//! ```
//!
//! | room | does |
//! |---|---|
//! | [`state`] | decides; pure, and all that is known lives there |
//! | [`directory`] | tells what an earlier engine left, and what an edited file adds |
//! | [`attempt`] | prepares, launches and looks at one attempt |
//! | [`executor`] | starts shims, follows and signals what they hold: on this machine |
//! | `notify` | tells those who do not look |
//! | [`drive`] | performs: the loop, its threads, its clients |
//!
//! What waits for a disk runs in threads of its own, so that a disk that does not answer holds up nobody's cancel.
//!
//! The awkward truth: an engine may be killed between any two lines. So nothing that matters lives only here. The
//! intent to launch, the reason of a stop and the end of an attempt are on disk before anything follows from them, and
//! [`directory::adopt`] builds the same state from the directory that the last engine had in memory.

pub mod attempt;
pub mod directory;
pub mod drive;
pub mod executor;
mod notify;
pub mod state;

pub use drive::{Engine, Glances, look};

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use crate::rundir::named::as_named;
use crate::rundir::usable::Unusable;
use crate::rundir::{LeaseError, Shard};
use crate::text::Safe;

/// How an engine is run.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Whether it waits for clients to leave when nothing is left to do.
    pub lingers: bool,
    /// Whether the queue begins paused.
    pub held: bool,
    /// What is queued again at the beginning.
    pub rerun: Rerun,
    /// Until when there is time, where a person says it. Else it is the end of the batch job, if it runs in one.
    pub until: Option<Until>,
    /// How long before that what runs is asked to finish, where a person says it.
    pub margin: Option<Duration>,
    /// A person says that the other host which has the experiment is gone with all its processes.
    pub takeover: bool,
    /// The part of the experiment that it has, where other engines have the others.
    pub shard: Option<Shard>,
    /// Where a person reads at once what cannot stand in `engine.log`.
    pub complain: Option<fn(&Safe)>,
}

/// Until when there is time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// Until then.
    At {
        /// In milliseconds since the Unix epoch.
        unix_ms: i64,
    },
    /// Whatever a batch system says.
    Never,
}

/// What an engine queues again at its beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rerun {
    /// What ended otherwise than ok.
    pub not_ok: bool,
    /// What ended ok and would be made from something else now.
    pub changed: bool,
    /// Suites that ended ok: their calls return what there is from before, so that only what is done with it is done again.
    pub suites: bool,
}

impl Rerun {
    /// What ended otherwise than ok, and nothing else.
    pub const NOT_OK: Self = Self { not_ok: true, changed: false, suites: false };
}

/// Why there is no engine.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// Another engine holds the experiment, or the lock file is out of reach.
    #[error(transparent)]
    Lease(#[from] LeaseError),
    /// Somebody else could change what is done in the experiment directory, or files of a user's are in the way.
    #[error(transparent)]
    Unusable(#[from] Unusable),
    /// The experiment directory could not be made or written.
    #[error("could not use the experiment directory {}", as_named(path).display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// There is no place for the socket, or it could not be opened.
    #[error("could not open the engine's socket")]
    Socket(#[source] io::Error),
    /// The engine could not learn who it is.
    #[error("could not read this process's own identity from /proc")]
    Identity(#[source] io::Error),
    /// A thread could not be started.
    #[error("could not start a thread; the limit on processes (`ulimit -u`) or on memory (`ulimit -v`) is reached")]
    Thread(#[source] io::Error),
}
