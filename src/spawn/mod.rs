//! The spawn context: one fresh gem5 for every task.
//!
//! gem5 can simulate only one system in the life of its process, so parallel simulations need parallel processes, each
//! started from nothing. gem5's own `gem5.utils.multiprocessing` does so from inside gem5; this module keeps its words
//! ([`Context`], [`Process`], [`Pool`]) and its promises, and is a supervisor besides: processes are known by identity
//! and not by number ([`identity`]), found as a tree ([`tree`]), and started from a defined state (`launch`).
//!
//! [`Context`], [`Process`] and [`Pool`] are the face of this crate as a library:
//!
//! ```no_run
//! use gem5_tui::spawn::{Context, Pool, Process, Target};
//! use serde_json::json;
//!
//! let context = Context::spawn().executable("build/X86/gem5.opt").search_path("configs");
//! let run_sim = Target::function("sim", "run_sim");
//! let mut bob = Process::new(&context, run_sim.clone()).named("bob").args([json!("bob")]);
//! bob.start()?;
//! bob.join(None);
//! let results = Pool::new(&context, 4)?.map(&run_sim, (0..10).map(|task| json!(task)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! `examples/spawn.rs` is the whole of it, and runs with `cargo run --example spawn`.
//!
//! How a process is made stands once: `command_line` lays out its arguments, [`call::Exchange`] carries a
//! function's, `launch::launch` starts it, `ended` reads its wait status. [`Process`] and the shim are two callers of
//! these. The shim does not go through [`Process`], because its order of things is another one: who holds a simulation for
//! days must have written down who runs before it waits, must reap every orphan of the tree and not only its own child,
//! and sees stops and continues, in one thread that waits for a signal. A [`Process`] writes nothing down and asks for one
//! child at a time.
//!
//! The neighbours: the shim holds one process for days; the engine builds command lines here and signals trees.
//!
//! The awkward truth: a parent learns how a child ended, and nobody else does. That is why every simulation has a shim,
//! and why [`Process`] and [`Pool`] are only for callers that stay.

pub mod allocation;
pub(crate) mod ask;
pub(crate) mod builds;
pub mod call;
pub(crate) mod command_line;
pub(crate) mod context;
mod descendants;
pub(crate) mod dump_request;
pub(crate) mod ended;
pub(crate) mod git;
pub mod identity;
mod image;
mod inner;
pub mod last_words;
pub(crate) mod launch;
pub(crate) mod limits;
pub(crate) mod listener;
pub(crate) mod machine;
pub(crate) mod memory_group;
pub(crate) mod multisim;
pub(crate) mod pool;
pub(crate) mod presence;
pub(crate) mod process;
pub(crate) mod room;
mod scan;
pub(crate) mod scratch;
pub(crate) mod shim_command;
pub(crate) mod shim_word;
pub(crate) mod slurm_environment;
pub(crate) mod stat;
pub mod tree;
pub(crate) mod tree_group;
pub(crate) mod usage;
mod vfork;

pub use command_line::command_line;
pub use context::{Context, ContextError};
pub use identity::{Alive, SignalError};
pub use pool::{Pool, PoolError, Tasks};
pub use presence::{presence, presence_at};
pub use process::{Process, StartError, Target};
pub use tree::{Root, Snapshot, Tree, TreeState};
pub use usage::TreeUsage;
