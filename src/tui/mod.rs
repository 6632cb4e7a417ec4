//! The dashboard: a client that shows an experiment and passes on what its user wants.
//!
//! | room | what it is for |
//! |---|---|
//! | `update/` | decides: one message at a time changes the model, and out come commands |
//! | `model/` | what is known, and what follows from it: the order of the list, the groups of failures |
//! | `view/` | draws the model, with pieces from `widgets/` that know nothing about gem5 |
//! | `layout/`, `pages/` | what deciding and drawing must agree on: where everything goes, and the text that is scrolled |
//! | `actions/` | what a user can ask for, and the keys that ask for it: one table |
//! | `theme/` | what meanings look like |
//! | `config/` | what a user sets for all experiments |
//! | `notifications/` | how somebody is told who does not look: what rings, and what the window's title says |
//! | `reading/`, `reader/` | what is wanted from files and what was found; the threads that read them |
//! | `drive/`, `terminal.rs`, `watchdog.rs` | the loop and the editor, the terminal, and its end |
//!
//! Only the last two rows touch the world. `drive` turns the keyboard, the engine, the reader, signals and time into messages,
//! performs the commands and draws when something changed; everything above them is pure, and imports go one way, as
//! `tests/architecture.rs` checks. `reader` is a thread of its own, because a file on a dead network mount may never answer.
//!
//! Nothing here starts, stops or judges a simulation; closing the dashboard changes nothing. It learns of simulations
//! from the engine ([`crate::protocol`]) and reads logs and stats straight from the attempt's directory
//! ([`crate::rundir`]).
//!
//! The awkward truth: a terminal can vanish in a way that makes the library under us spin for ever. A `watchdog` thread
//! looks for that and ends the process if the dashboard has not left at once.

pub(crate) mod actions;
pub mod config;
mod drive;
pub(crate) mod layout;
pub mod model;
pub mod notifications;
pub(crate) mod pages;
mod reader;
pub(crate) mod reading;
mod terminal;
pub mod theme;
pub mod update;
pub mod view;
mod watchdog;
pub(crate) mod widgets;

#[cfg(test)]
mod tests;

pub(crate) use drive::external_program;
pub use update::Leave;

use std::io;
use std::pin::Pin;

use crate::protocol::Link;
use crate::text::Safe;
use reading::ReadSheet;
pub(crate) use reading::Sheet;

/// How the dashboard shall look, beyond what the environment says.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// What the user has set for all experiments.
    pub config: config::Config,
    /// The theme in place of the one that is set there.
    pub theme: Option<theme::ThemeName>,
    /// Draw with ASCII only.
    pub ascii: bool,
    /// Something that the user must know at once; shown until a key is pressed or a reply comes.
    pub notice: Option<Safe>,
    /// Ask first whether the queue, which is paused until then, shall be opened.
    pub asks: bool,
    /// Nothing is asked of the engine but what there is to see.
    pub only_looks: bool,
}

/// Why the dashboard could not be shown.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Standard input or output is not a terminal.
    #[error("the dashboard needs a terminal, and standard {stream} is not one; `gem5-tui run` works without")]
    NoTerminal {
        /// `input` or `output`.
        stream: &'static str,
    },
    /// The terminal could not be prepared or drawn on.
    #[error("could not use the terminal")]
    Terminal(#[source] io::Error),
    /// A thread or a signal handler could not be set up.
    #[error("could not start the dashboard")]
    Start(#[source] io::Error),
}

/// What the dashboard can do about an engine that is gone, or about a file that was edited. It knows neither by itself.
pub struct Engines {
    /// Reads the experiment file. Tells the simulations that it adds, as lists of JSON, if to add them is all that makes the
    /// plan that of the file, and nothing for any other edit; or what is wrong with it.
    pub check_file: Box<dyn Fn() -> Checking>,
    /// Finds the experiment's engine, or starts one.
    pub connect: Box<dyn Fn() -> Connecting>,
    /// Reads of the experiment file what it says of results. Called in a thread of its own.
    pub(crate) read_sheet: ReadSheet,
    /// Finds out what the user must know of the engine's plan, where that is not known. Asked once everything is shown.
    pub compare: Option<Comparing>,
}

/// A file that is being read, and what is wrong with it.
pub type Checking = Pin<Box<dyn Future<Output = Result<Vec<String>, Safe>>>>;

/// What the user must know of the engine's plan, if anything.
pub type Comparing = Pin<Box<dyn Future<Output = Option<Safe>>>>;

/// An engine that is being found or started.
pub type Connecting = Pin<Box<dyn Future<Output = Result<Link, Safe>>>>;

impl std::fmt::Debug for Engines {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Engines")
    }
}

/// Shows the dashboard until the user leaves, the terminal is gone or a signal ends it. The caller has compared the
/// protocol's versions; this subscribes.
pub async fn run(link: Link, engines: Engines, options: Options) -> Result<Leave, Error> {
    terminal::require()?;
    let variable = |name: &str| std::env::var(name).ok();
    let surroundings = theme::Surroundings::of(variable);
    let wanted = options.theme.unwrap_or(options.config.theme.value);
    let mut theme = surroundings.theme(wanted);
    theme.unicode &= !(options.ascii || options.config.ascii.value);
    let (asks_ground, keymap) = (surroundings.must_ask(wanted), options.config.keymap.clone());
    let mouse = options.config.mouse.value;
    let notifications = options.config.notifications.value().fitting(variable);
    let drive = drive::Drive::new(link, engines, drive::Look { theme, asks_ground, keymap, mouse, notifications })?;
    // It holds all that is shown, which is much for a stack.
    Box::pin(drive.run(options)).await
}

/// Gives the controlling terminal back to the shell, for a dashboard that was killed on it.
pub fn give_back_terminal() -> io::Result<()> {
    terminal::give_back_controlling()
}
