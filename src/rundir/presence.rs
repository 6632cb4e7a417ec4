//! Where an attempt is between its directory and its end, in words that everybody shares. Who finds it out is
//! `spawn::presence`, which can look at processes.

use std::fmt;

/// Where an attempt is between its directory and its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Presence {
    /// Nothing was started, and nobody is about to.
    NeverStarted,
    /// A batch system has it and has not started it.
    Pending {
        /// Why it waits there.
        why: String,
    },
    /// Its shim lives and has not recorded a start.
    Starting,
    /// Something of it runs, as far as can be seen.
    Runs(Reach),
    /// Nobody can say whether something of it runs. Only a person begins another attempt beside it.
    MayRun {
        /// Why nobody can.
        why: String,
    },
    /// It was started, nothing of it is left, and nobody has recorded its end.
    Gone,
    /// Its end is recorded.
    Ended,
}

/// How what runs can be reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// Its shim lives here.
    Direct,
    /// It runs here and its shim has died: its end may not be recorded.
    Unsupervised,
    /// Its shim lives elsewhere and passes signals on.
    Relayed,
    /// It runs on a host out of reach, and is only seen by its files.
    Nobody {
        /// That host.
        host: String,
    },
}

impl Presence {
    /// Whether it lives, as far as can be seen: its end will come, and nothing is started beside it.
    pub fn is_live(&self) -> bool {
        matches!(self, Self::Pending { .. } | Self::Starting | Self::Runs(_))
    }
}

impl fmt::Display for Presence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NeverStarted => write!(f, "it was never started"),
            Self::Pending { why } => write!(f, "it waits in the batch system: {why}"),
            Self::Starting => write!(f, "it is being started"),
            Self::Runs(Reach::Direct) => write!(f, "it runs"),
            Self::Runs(Reach::Unsupervised) => write!(f, "it runs, and its shim has died: its end may not be recorded"),
            Self::Runs(Reach::Relayed) => write!(f, "it runs on another host"),
            Self::Runs(Reach::Nobody { host }) => write!(f, "it runs on {host} and is only seen by its files"),
            Self::MayRun { why } => write!(f, "it may run: {why}"),
            Self::Gone => write!(f, "it is gone, and its end was not seen"),
            Self::Ended => write!(f, "it has ended"),
        }
    }
}
