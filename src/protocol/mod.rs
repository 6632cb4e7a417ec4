//! What engine and clients say to each other.
//!
//! A connection is a stream of JSON objects, one a line. The engine speaks first with [`ServerMessage::Hello`]; a
//! client that speaks another version leaves with advice and without having changed anything. After
//! [`Request::Subscribe`] the engine sends the header and every simulation, then only what changed.
//!
//! An engine that a client starts is first handed its plan, through its standard input ([`handover`]).
//!
//! What a message tells has bounds ([`bounds`]), so that no line is longer than one that is read ([`framing`]).
//!
//! Messages hold raw text. Whoever shows a part of one to a person passes it through `text::Safe` first.

pub(crate) mod address;
pub mod bounds;
pub mod failures;
pub(crate) mod filter;
pub mod framing;
pub mod handover;
pub(crate) mod left_out;
pub(crate) mod link;
pub mod message;
pub(crate) mod phrase;
pub(crate) mod select;
mod sim_view;
pub(crate) mod view;
pub(crate) mod why;

pub use handover::HandoverError;
pub use left_out::LeftOut;
pub use link::{Link, LinkError};
pub use message::{Act, ClientMessage, RELOADS, Reply, Request, ServerMessage, Transition, VERSION};
pub use phrase::Limits;
pub use select::{Miss, Selection};
pub use view::{
    Alike, AttemptView, Clock, Counted, Counts, Edits, Eta, Handle, Header, HostView, JobView, MemoryView, Progress,
    QueueState, ShardView, SimView, SpawnedView, Status, SweepTime,
};
pub use why::{Basis, Delivery, Note, Shortage, StageView, Step, Wait, Why};
