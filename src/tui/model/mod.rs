//! What the dashboard knows, and what follows from it.
//!
//! Plain data: `update` changes it, `view` draws it. What takes time to work out, such as the order of the list, the groups of
//! failures or the stats that a filter lets through, is kept beside the data that it follows from and is worked out when that
//! changes, never while drawing.
//!
//! Text that came from elsewhere is made safe when it enters the model, once, so that nothing downstream has to
//! remember to do it.
//!
//! The awkward truth: `dirty` is set by hand. Whoever changes something that shows must set it.

pub mod able;
pub mod chart;
mod column_choice;
pub mod columns;
pub mod failures;
pub mod found;
pub mod fuzzy;
pub mod grep;
pub mod groups;
mod history;
pub mod list;
pub mod log;
pub mod log_signs;
pub mod mouse;
pub mod outputs;
mod overlay;
pub mod results;
mod row;
pub mod sort;
pub mod spots;
pub mod stats;
pub mod titles;
#[cfg(test)]
pub(super) mod work;

use std::collections::BTreeMap;
use std::path::PathBuf;

pub use column_choice::ColumnChoice;
pub use columns::Columns;
pub use grep::Grep;
pub use history::History;
pub use list::List;
pub use log::{Log, LogFileChoice, Search, Seeking};
pub use mouse::Mouse;
pub use overlay::{
    BeginChoice, Completing, Confirm, Help, OutputChoice, Overlay, Palette, Prompt, PromptCursor, PromptKind,
    QuitChoice,
};
pub use results::Results;
pub use row::{INDENT, Row};
pub use stats::{Against, Stats};

use super::actions::{Action, Context, Keymap, Tab};
use super::notifications::{Notifications, Watched};
use super::reading::{FailureReading, FilesReading, InfoReading, Want};
use super::theme::Theme;
use crate::protocol::{self, AttemptView, Clock, Counts, Eta, Header};
use crate::rundir::{ListChoices, Panes};
use crate::text::Safe;

/// Everything that the dashboard knows.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is one independent fact, and none is a state of its own")]
pub struct Model {
    /// Colours and glyphs.
    pub theme: Theme,
    /// Which keys ask for which actions.
    pub keymap: Keymap,
    /// Columns of the terminal.
    pub width: u16,
    /// Rows of the terminal.
    pub height: u16,
    /// The time of the last message, on the driver's monotonic clock, milliseconds.
    pub now_ms: u64,
    /// Whether something may look different since the last frame.
    pub dirty: bool,
    /// Whether the engine is there.
    pub link: LinkState,
    /// The experiment as a whole, once it has come.
    pub header: Option<HeaderView>,
    /// The list of simulations.
    pub list: List,
    /// The pane that has the keys.
    pub focus: Focus,
    /// Whether that pane is shown alone.
    pub zoomed: bool,
    /// How the panes share the screen, where the user has said so.
    pub panes: Panes,
    /// The mouse.
    pub mouse: Mouse,
    /// The detail pane's tab.
    pub tab: Tab,
    /// The attempt that the tab was chosen for, and whether it had failed.
    pub subject: Option<(PathBuf, bool)>,
    /// The attempt that the user chose; none is the newest.
    pub attempt: Option<ChosenAttempt>,
    /// The log.
    pub log: Log,
    /// The stats.
    pub stats: Stats,
    /// The columns that the user added.
    pub columns: Columns,
    /// The columns that the user wants to see.
    pub choice: ColumnChoice,
    /// The tables of results.
    pub results: Results,
    /// The files.
    pub files: Files,
    /// The records of the attempt.
    pub info: Info,
    /// Why the attempt ended.
    pub why: Why,
    /// Digits that may become the number of a line.
    pub count: Option<Count>,
    /// What was searched for in all logs.
    pub grep: Grep,
    /// What lies over the panes.
    pub overlay: Option<Overlay>,
    /// What was typed before.
    pub history: History,
    /// A line for the footer that goes away by itself.
    pub toast: Option<Toast>,
    /// How somebody is told who does not look.
    pub notifications: Notifications,
    /// What of that was known when it was looked at last.
    pub(crate) watched: Watched,
    /// Requests that were sent and not yet answered.
    pub pending: BTreeMap<u64, Purpose>,
    /// Since when one of them has been waiting, on this clock; each answer begins it anew.
    pub asked_ms: Option<u64>,
    /// The id of the next request.
    pub next_request: u64,
    /// The cap that was asked for and not yet confirmed, so that `+++` means three more.
    pub wanted_cap: Option<u32>,
    /// Whether the user asked for the end of everything and waits for it.
    pub ending: bool,
    /// What the reader was asked for last.
    pub want: Want,
    /// When other engines were looked for, so that one that always dies is not started for ever.
    pub reconnects_ms: Vec<u64>,
    /// The rows are those of the engine before; the next ones take their place.
    pub is_stale: bool,
    /// The simulation on which the cursor was when another engine took over, until its row has come.
    pub reselect: Option<String>,
    /// The simulation that the stats were compared with when another engine took over, until its row has come.
    pub recompare: Option<String>,
    /// What has changed is asked about once all rows have come: at the beginning and after the file was loaded.
    pub asks_edits: bool,
    /// Why the files of the attempt are looked at by the clock alone, if they are.
    pub polled: Option<Safe>,
    /// Since when the reader has waited for a disk, if it has for long.
    pub stalled_ms: Option<u64>,
    /// When the engine ended. Clocks stand still from then on: nobody tells what goes on.
    pub ended_ms: Option<u64>,
    /// Whether nothing is asked of the engine but what there is to see, so that nothing is lost by leaving.
    pub only_looks: bool,
}

/// Whether the engine is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkState {
    /// The first messages have not all come yet.
    Connecting,
    /// Messages come.
    Live,
    /// The engine is gone, and another one is being found or started.
    Reconnecting,
    /// The engine has said goodbye, or is gone without a word.
    Ended {
        /// Why, if it said so.
        reason: Option<Safe>,
    },
    /// The engine goes on, and what it says cannot be read.
    Broken {
        /// Why.
        why: Safe,
    },
}

/// The header and when it came.
#[derive(Debug, Clone)]
pub struct HeaderView {
    /// The header.
    pub header: Header,
    /// When it came.
    pub at_ms: u64,
    /// The experiment's name.
    pub name: Safe,
    /// What a person must know.
    pub notice: Option<Safe>,
    /// What there is to run on, where that is less than the machine.
    pub allocation: Option<Safe>,
    /// Short titles of the watched stats.
    pub titles: Vec<Safe>,
}

/// The pane that has the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Focus {
    /// The list of simulations.
    List,
    /// The detail pane.
    Detail,
}

/// An older attempt that the user chose to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChosenAttempt {
    /// The simulation that it is of, by name: another engine has other numbers.
    pub simulation: String,
    /// Its number.
    pub number: u32,
}

/// Digits that were typed in the log, one right after the other. Each is the key of a tab too, and is taken as one until a `G`
/// comes behind them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    /// The digits.
    pub digits: String,
    /// When the next key must have come.
    pub until_ms: u64,
}

/// The files of the attempt.
#[derive(Debug, Default)]
pub struct Files {
    /// What the reader found.
    pub reading: Option<FilesReading>,
    /// The cursor.
    pub selected: usize,
    /// The first visible one.
    pub offset: usize,
}

/// The records of the attempt.
#[derive(Debug, Default)]
pub struct Info {
    /// What the reader found.
    pub reading: Option<InfoReading>,
    /// The first visible line.
    pub offset: usize,
}

/// Why the attempt ended.
#[derive(Debug, Default)]
pub struct Why {
    /// What the reader found.
    pub reading: Option<FailureReading>,
    /// Whether the frames of the backtrace are shown.
    pub unfolded: bool,
    /// The first visible line.
    pub offset: usize,
}

/// Why a request was sent, when its answer means more than a line in the footer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To show the answer.
    Tell,
    /// To add simulations, after which there may be something to ask.
    Grow,
    /// To change the cap.
    Cap,
    /// To leave once the engine drains.
    LeaveDraining,
    /// To wait until everything has ended.
    EndAll,
}

/// A line for the footer that goes away by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toast {
    /// What it says.
    pub text: Safe,
    /// Whether something was not done.
    pub bad: bool,
    /// When it goes away.
    pub until_ms: u64,
}

impl Model {
    /// A dashboard that knows nothing yet.
    pub fn new(theme: Theme, width: u16, height: u16) -> Self {
        Self {
            theme,
            keymap: Keymap::default(),
            width,
            height,
            now_ms: 0,
            dirty: true,
            link: LinkState::Connecting,
            header: None,
            list: List::default(),
            focus: Focus::List,
            zoomed: false,
            panes: Panes::default(),
            mouse: Mouse::default(),
            tab: Tab::Log,
            subject: None,
            attempt: None,
            log: Log::default(),
            stats: Stats::default(),
            columns: Columns::default(),
            choice: ColumnChoice::default(),
            results: Results::default(),
            files: Files::default(),
            info: Info::default(),
            why: Why::default(),
            count: None,
            grep: Grep::default(),
            overlay: None,
            history: History::default(),
            toast: None,
            notifications: Notifications::default(),
            watched: Watched::default(),
            pending: BTreeMap::new(),
            asked_ms: None,
            next_request: 1,
            wanted_cap: None,
            ending: false,
            want: Want::default(),
            reconnects_ms: Vec::new(),
            is_stale: false,
            reselect: None,
            recompare: None,
            asks_edits: true,
            polled: None,
            stalled_ms: None,
            ended_ms: None,
            only_looks: false,
        }
    }

    /// How the list is arranged, to be remembered.
    pub fn choices(&self) -> ListChoices {
        ListChoices {
            columns: self.choice.said.clone(),
            filters: self.list.named_filters().clone(),
            groups: self.list.grouped_by().to_vec(),
            panes: self.panes,
        }
    }

    /// Arranges the list as it was the last time.
    pub fn recall(&mut self, choices: ListChoices) {
        self.choice.said = choices.columns;
        self.panes = choices.panes;
        self.list.name_filters(choices.filters, &self.columns);
        self.list.group_by(choices.groups, &self.columns);
    }

    /// The key that asks for an action, for sentences that advise it. One that holds here stands before that of another place.
    pub fn key(&self, action: Action) -> String {
        self.keymap.word(&self.contexts(), action, self.theme.unicode)
    }

    /// The selected simulation.
    pub fn selected(&self) -> Option<&Row> {
        self.list.rows().get(&self.list.selected()?)
    }

    /// What the selected simulation waits for, if it is blocked and has no attempt to show.
    pub fn needed(&self) -> Option<&str> {
        match &self.selected()?.view.why {
            protocol::Why::Needs { name }
            | protocol::Why::NeedsHeld { name }
            | protocol::Why::NeedsLater { name }
            | protocol::Why::NeedFailed { name, .. }
                if self.shown_attempt().is_none() =>
            {
                Some(name)
            }
            _ => None,
        }
    }

    /// The attempt that the detail pane shows.
    pub fn shown_attempt(&self) -> Option<&AttemptView> {
        let view = &self.selected()?.view;
        let chosen = self.attempt.as_ref().filter(|chosen| chosen.simulation == view.name);
        let chosen = chosen.and_then(|chosen| view.attempts.iter().find(|attempt| attempt.number == chosen.number));
        chosen.or(view.attempts.last())
    }

    /// A clock's reading now, milliseconds, if the message that brought it came at `at_ms`.
    pub fn clock(&self, clock: Clock, at_ms: u64) -> u64 {
        if clock.ticking {
            let now_ms = self.ended_ms.unwrap_or(self.now_ms);
            clock.ms.saturating_add(now_ms.saturating_sub(at_ms))
        } else {
            clock.ms
        }
    }

    /// What is left of a span that was `left_ms` when its message came at `at_ms`.
    pub fn left(&self, left_ms: u64, at_ms: u64) -> u64 {
        left_ms.saturating_sub(self.ended_ms.unwrap_or(self.now_ms).saturating_sub(at_ms))
    }

    /// What is left of a range that came at `at_ms`.
    pub fn eta_left(&self, eta: Eta, at_ms: u64) -> Eta {
        Eta { low_ms: self.left(eta.low_ms, at_ms), high_ms: self.left(eta.high_ms, at_ms) }
    }

    /// Whether something on the screen changes by time alone, so that it must be drawn again each second.
    pub fn ticks(&self) -> bool {
        self.toast.is_some()
            || self.asked_ms.is_some()
            || self.stalled_ms.is_some()
            || self.results.is_behind
            || (!self.is_over() && self.header.as_ref().is_some_and(|h| h.header.is_ticking()))
    }

    /// Whether the files on the screen may change and are looked at by the clock alone.
    pub fn is_polled(&self) -> bool {
        self.polled.is_some() && self.shown_attempt().is_some_and(|attempt| attempt.outcome.is_none())
    }

    /// Why a simulation is where it is, with all that there is to say now.
    pub fn reason(&self, row: &Row) -> Safe {
        match &self.header {
            Some(view) if row.view.why.names_limits() => Safe::line(&row.view.reason(view.header.limits())),
            _ => row.reason.clone(),
        }
    }

    /// Whether the engine has ended.
    pub fn is_over(&self) -> bool {
        matches!(self.link, LinkState::Ended { .. } | LinkState::Broken { .. } | LinkState::Reconnecting)
    }

    /// How many simulations are in which state, without the suites that spawn them.
    pub fn simulations(&self) -> Counts {
        self.header.as_ref().map(|view| view.header.counts.without(self.list.suites())).unwrap_or_default()
    }

    /// Everything that the list can be ordered by.
    pub fn sorts(&self) -> Vec<sort::Sort> {
        let stats = self.header.as_ref().map_or(0, |header| header.titles.len());
        sort::Sort::all(&self.list.parameters(), stats, self.columns.names.len())
    }

    /// Whether the keys are about the tables of results.
    pub fn in_results(&self) -> bool {
        self.focus == Focus::Detail && self.tab == Tab::Results
    }

    /// Where the keys go, innermost first.
    pub fn contexts(&self) -> Vec<Context> {
        match &self.overlay {
            Some(Overlay::Failures(_)) => return vec![Context::Failures, Context::Dialog],
            Some(Overlay::Map) => return vec![Context::Map, Context::Dialog],
            Some(Overlay::Sort { .. } | Overlay::Columns { .. } | Overlay::Groups { .. }) => {
                return vec![Context::Menu, Context::Dialog];
            }
            Some(Overlay::Cell { .. }) => return vec![Context::Cell, Context::Dialog],
            Some(Overlay::Quit { .. }) => return vec![Context::Leave, Context::Dialog],
            Some(Overlay::Help(_)) => return vec![Context::Help, Context::Dialog],
            Some(Overlay::Grep) => return vec![Context::Grep, Context::Dialog],
            Some(_) => return vec![Context::Dialog],
            None => {}
        }
        self.contexts_below()
    }

    /// Where the keys go when nothing lies over the panes.
    pub fn contexts_below(&self) -> Vec<Context> {
        match (self.focus, self.tab) {
            (Focus::List, _) => vec![Context::List, Context::Everywhere],
            (Focus::Detail, Tab::Log) => vec![Context::Log, Context::Detail, Context::Everywhere],
            (Focus::Detail, Tab::Stats) => vec![Context::Stats, Context::Detail, Context::Everywhere],
            (Focus::Detail, Tab::Files) => vec![Context::Files, Context::Detail, Context::Everywhere],
            (Focus::Detail, Tab::Info) => vec![Context::Detail, Context::Everywhere],
            // What is about a cell has no meaning where none is seen.
            (Focus::Detail, Tab::Results) if self.results.figure.is_some() => {
                vec![Context::Figure, Context::Detail, Context::Everywhere]
            }
            (Focus::Detail, Tab::Results) => vec![Context::Results, Context::Detail, Context::Everywhere],
            (Focus::Detail, Tab::Why) => vec![Context::Why, Context::Detail, Context::Everywhere],
        }
    }

    /// The text that is being typed, if any.
    pub fn prompt(&self) -> Option<&Prompt> {
        match &self.overlay {
            Some(Overlay::Prompt(prompt)) => Some(prompt),
            Some(Overlay::Palette(palette)) => Some(&palette.prompt),
            Some(Overlay::Outputs(choice)) => Some(&choice.prompt),
            Some(Overlay::Help(help)) => help.typing.as_ref(),
            _ => None,
        }
    }

    /// The same, to be changed.
    pub fn prompt_mut(&mut self) -> Option<&mut Prompt> {
        match &mut self.overlay {
            Some(Overlay::Prompt(prompt)) => Some(prompt),
            Some(Overlay::Palette(palette)) => Some(&mut palette.prompt),
            Some(Overlay::Outputs(choice)) => Some(&mut choice.prompt),
            Some(Overlay::Help(help)) => help.typing.as_mut(),
            _ => None,
        }
    }
}
