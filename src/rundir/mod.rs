//! The truth on disk.
//!
//! One experiment is one directory. Every fact that must survive a crash is a small JSON record in it, written
//! atomically, or one line appended to a file:
//!
//! ```text
//! <outdir>/
//!   experiment.json              what was planned                             engine
//!   engine.lock                  who decides; a kernel lock on it is the lease  engine
//!   controls.json                cap and queue as a person last set them      engine
//!   notices.json                 what is still to be told, with `notify:`     engine
//!   takeovers.jsonl              hosts that a person said are gone            engine
//!   views.json                   tables that a person named in the dashboard  client
//!   asked.jsonl                  decided, and not recorded one by one yet     engine
//!   engine.log                   what the engine did, for people              engine
//!   NAME-2-of-4.EXT              of these: experiment.json, engine.lock, controls.json, notices.json and engine.log as the
//!                                engine of one shard has them                 engine
//!   <simulation>/cancelled.json  cancelled before it had an attempt to end    engine
//!   <simulation>/retry.json      a person asked for another attempt           engine
//!   <simulation>/latest          symbolic link to the newest attempt          engine
//!   <simulation>/attempt-N/
//!      spec.json                 what to launch; locked while a shim lives    engine
//!      provenance.json           what surrounds it: versions, hashes, commits engine
//!      claim.json                which shim has it, where none inherits a lock  shim
//!      started.json              who runs                                     shim
//!      beat.jsonl                what it uses, for those who cannot look       shim
//!      pauses.jsonl              stops and continues, as the kernel saw them  shim
//!      requested_dumps.jsonl     stats dumps that were asked for              engine
//!      stop.json                 why we asked it to stop                      engine
//!      exit.json                 how it ended                                 shim, or engine where none was left
//!      result.json               what a `target:` function returned or raised shim
//!      outcome.json              why it ended, derived; may be deleted        engine
//!      m5out/                    gem5's own output, simout.txt and simerr.txt gem5
//! ```
//!
//! Whether a shim lives is not guessed from process numbers: the engine locks `spec.json` and hands the locked file
//! to the shim as its standard input, so the kernel holds the lock for exactly as long as the shim lives.
//!
//! Logs and stats belong to gem5, which may write gigabytes, truncate them or never make them. [`LogFile`] and
//! [`StatsFile`] read them in bounded steps and tell when what was read before does not hold any more. Where they are,
//! [`Outputs`] know; which dump of the stats is a result, `results` alone decides.

pub mod asked;
pub mod atomic;
pub mod attempts;
pub(crate) mod beats;
pub(crate) mod beneath;
pub(crate) mod changes;
pub(crate) mod declared;
pub mod evidence;
pub mod export;
pub(crate) mod fault;
pub mod files;
pub mod filesystem;
pub(crate) mod follow;
pub(crate) mod held;
pub(crate) mod inputs;
pub mod job_facts;
pub(crate) mod kernel_file;
pub(crate) mod latest;
pub(crate) mod layout;
pub(crate) mod lease;
pub(crate) mod leftovers;
mod line_count;
mod line_pattern;
mod list_choices;
pub(crate) mod log_file;
mod log_search;
pub(crate) mod log_text;
pub(crate) mod machine;
pub(crate) mod moment;
pub(crate) mod named;
pub(crate) mod ours;
mod outputs;
pub mod planned;
pub(crate) mod presence;
pub mod provenance;
pub mod record;
pub(crate) mod reserve;
pub(crate) mod results;
pub mod rewrite;
pub mod room;
pub mod saved_views;
mod shard;
pub(crate) mod shard_files;
pub(crate) mod sources;
pub mod spawns;
pub mod stats_file;
pub(crate) mod takeovers;
pub(crate) mod threads;
pub mod trust;
pub mod usable;
pub(crate) mod user_cache;
pub(crate) mod user_state;
pub(crate) mod written;

pub use held::Standing;
pub use layout::{AttemptDir, ExperimentDir, SimulationDir};
pub use lease::{Lease, LeaseError};
pub use line_count::LineCount;
pub use line_pattern::{LinePattern, PatternError};
pub use list_choices::{ListChoices, Panes};
pub use log_file::{Excerpt, Found, LogFile, MatchesStep, Numbered, RawLine};
pub use log_search::Match;
pub use outputs::Outputs;
pub use presence::{Presence, Reach};
pub use results::{Ending, Results};
pub use shard::{NoShard, Shard};
pub use stats_file::{StatsChange, StatsFile, count_dumps};
pub use takeovers::Takeovers;
