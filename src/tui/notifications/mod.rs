//! How somebody is told who does not look at the dashboard: what rings, and what the window says that the terminal is in.
//!
//! `settings` has what a user may set, `news` what is worth a call, `window` what the title says, and `sequences` what a terminal is
//! sent for each. All of it is pure; `update` compares one header with the next, and `terminal` writes.
//!
//! What an experiment file sets under `notify:` is another thing: the engine does it, whether a dashboard is open or not.
//!
//! The awkward truth: a terminal does not say which of these it knows. A title harms none, and neither does a bell; OSC 9 and OSC 777
//! are asked for by name, and progress is shown unasked only where the environment names a terminal that is known to show it, since
//! others take it for a message.

mod news;
mod sequences;
mod settings;
mod window;

pub(crate) use news::Watched;
pub(crate) use sequences::{RESTORE_TITLE, SAVE_TITLE, call, progress, title};
pub use settings::{Notifications, Occasion, ShowsProgress, Way};
pub(crate) use window::{Progress, Window};
