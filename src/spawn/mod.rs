//! The spawn context: one fresh gem5 for every task.
//!
//! gem5 can simulate only one system in the life of its process, so parallel simulations need parallel processes, each
//! started from nothing. gem5's own `gem5.utils.multiprocessing` does so from inside gem5; this module keeps its words
//! ([`Context`], [`Process`], [`Pool`]) and its promises, and is a supervisor besides: processes are known by identity
//! and not by number ([`identity`]), found as a tree ([`tree`]), and started from a defined state ([`launch`]).
//!
//! The neighbours: the shim uses the same parts to hold one process for days; the engine builds command lines here and
//! signals trees.
//!
//! The awkward truth: a parent learns how a child ended, and nobody else does. That is why every simulation has a shim,
//! and why [`Process`] and [`Pool`] are only for callers that stay.

pub mod ask;
pub mod builds;
pub mod call;
pub mod command_line;
pub mod context;
pub mod ended;
pub mod git;
pub mod identity;
pub mod last_words;
pub mod launch;
pub mod memory_group;
pub mod multisim;
pub mod pool;
pub mod presence;
pub mod process;
pub mod room;
pub mod shim_command;
pub mod stat;
pub mod tree;
pub mod tree_group;
pub mod usage;

pub use command_line::command_line;
pub use context::{Context, ContextError};
pub use identity::{Alive, SignalError};
pub use pool::{Pool, PoolError, Tasks};
pub use presence::{presence, presence_at};
pub use process::{Process, StartError, Target};
pub use tree::{Root, Snapshot, Tree, TreeState};
pub use usage::TreeUsage;
