//! Requests, replies and events.

use serde::{Deserialize, Serialize};

use super::select::{Miss, Selection};
use super::view::{Header, QueueState, SimView};

/// The version of these messages. Engine and client must agree on it exactly.
pub const VERSION: u32 = 5;

/// What a client sends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClientMessage {
    /// Chosen by the client and repeated in the reply.
    pub id: u64,
    /// What is asked.
    pub request: Request,
}

/// What a client asks. Simulations are named by their index in the plan, which never changes while an engine lives; or by
/// words, for a client that has not asked which there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "do")]
pub enum Request {
    /// Send the header and every simulation now, and then every change.
    Subscribe,
    /// Stop the process trees of these simulations with SIGSTOP, and hold those back that wait.
    Pause {
        /// Which.
        sims: Vec<u32>,
    },
    /// Let these simulations go on.
    Resume {
        /// Which.
        sims: Vec<u32>,
    },
    /// Put these simulations before all others that wait, in this order.
    First {
        /// Which.
        sims: Vec<u32>,
    },
    /// Take that back.
    InOrder {
        /// Which.
        sims: Vec<u32>,
    },
    /// Ask these simulations to write their stats now, with SIGUSR1, and to go on.
    DumpStats {
        /// Which.
        sims: Vec<u32>,
    },
    /// Cancel these simulations; asked again, go one step down the ladder at once.
    Cancel {
        /// Which.
        sims: Vec<u32>,
    },
    /// Queue a new attempt of each of these simulations that has ended.
    Retry {
        /// Which.
        sims: Vec<u32>,
    },
    /// The same, and a suite takes nothing from before: whatever it asks for is simulated again.
    Anew {
        /// Which.
        sims: Vec<u32>,
    },
    /// One of these for the simulations that are meant by words. The engine finds out which ones they are.
    Named {
        /// What to do to them.
        act: Act,
        /// Which.
        selection: Selection,
    },
    /// Change the cap. Lowering it stops nothing.
    SetCap {
        /// The new cap, at least one.
        cap: u32,
    },
    /// Open, pause or drain the queue.
    SetQueue {
        /// What the queue shall be.
        queue: QueueState,
    },
    /// Cancel everything that runs, drop everything that waits, and end the engine when the last one is gone.
    CancelAll,
    /// Launch nothing more and end the engine when the last running simulation has ended.
    Drain,
    /// Add simulations to the plan. They are handed over in as many parts as it takes, and are added with the last one.
    Add {
        /// A list of simulations as JSON, as [`super::framing::lists`] makes it. They have their secrets.
        simulations: String,
        /// Whether this is the last part.
        complete: bool,
    },
    /// End the engine now, so that the next one reads the experiment file as it is. What runs goes on.
    Reload,
}

/// What can be done to simulations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Act {
    /// [`Request::Pause`].
    Pause,
    /// [`Request::Resume`].
    Resume,
    /// [`Request::First`].
    First,
    /// [`Request::InOrder`].
    InOrder,
    /// [`Request::DumpStats`].
    DumpStats,
    /// [`Request::Cancel`].
    Cancel,
    /// [`Request::Retry`].
    Retry,
    /// [`Request::Anew`].
    Anew,
}

impl Act {
    /// The request to do so to these simulations.
    pub fn to(self, sims: Vec<u32>) -> Request {
        match self {
            Self::Pause => Request::Pause { sims },
            Self::Resume => Request::Resume { sims },
            Self::First => Request::First { sims },
            Self::InOrder => Request::InOrder { sims },
            Self::DumpStats => Request::DumpStats { sims },
            Self::Cancel => Request::Cancel { sims },
            Self::Retry => Request::Retry { sims },
            Self::Anew => Request::Anew { sims },
        }
    }
}

/// The last words of an engine that makes room for another one.
pub const RELOADS: &str = "a new engine takes the experiment file as it is now";

/// What the engine sends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "type")]
pub enum ServerMessage {
    /// The first message on every connection.
    Hello {
        /// The engine's [`VERSION`].
        version: u32,
        /// The engine's release, for the advice to restart it.
        release: String,
        /// The engine's process number, for people.
        pid: i32,
    },
    /// The answer to one request.
    Reply {
        /// The id of the request.
        id: u64,
        /// What became of it.
        reply: Reply,
    },
    /// The experiment as a whole.
    Header {
        /// All of it; headers are small.
        header: Box<Header>,
    },
    /// Simulations that are new to this client or changed.
    Sims {
        /// Each of them whole.
        sims: Vec<SimView>,
        /// Whether the client now has every simulation.
        complete: bool,
    },
    /// Simulations went from one status to another. Every single one is told, however short it was.
    Transitions {
        /// What changed, in its order.
        transitions: Vec<Transition>,
    },
    /// The engine ends. Nothing follows.
    Goodbye {
        /// Why, in one phrase.
        reason: String,
    },
}

/// A simulation went from one status to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transition {
    /// When, milliseconds since the Unix epoch.
    pub at_unix_ms: i64,
    /// The simulation's index in the plan.
    pub sim: u32,
    /// Its name.
    pub simulation: String,
    /// Its newest attempt; 0 before the first.
    pub attempt: u32,
    /// The status word before.
    pub from: String,
    /// The status word now; the outcome's word once it has ended.
    pub to: String,
    /// Why, in one phrase.
    pub reason: String,
}

/// What became of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "result")]
pub enum Reply {
    /// Done, or under way.
    Done {
        /// What was done, in one phrase, such as `3 simulations paused`.
        message: String,
    },
    /// Not done.
    Refused {
        /// Why, in one phrase.
        reason: String,
    },
    /// Not done, because the words of a [`Request::Named`] mean nothing.
    Missed {
        /// Why.
        miss: Miss,
    },
}
