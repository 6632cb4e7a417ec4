//! What the dashboard knows. Plain data: `update` changes it, the panes draw it.
//!
//! Text that came from elsewhere is made safe when it enters the model, once, so that nothing downstream has to
//! remember to do it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use regex::bytes::Regex;
use tui_input::Input;

use super::action::Tab;
use super::arrange::Sort;
use super::reading::{FilesReading, InfoReading, LogReading, StatsReading, Want};
use super::theme::Theme;
use crate::protocol::{Clock, Header, Request, SimView};
use crate::text::Safe;

/// Everything that the dashboard knows.
#[derive(Debug)]
pub struct Model {
    /// Colours and glyphs.
    pub theme: Theme,
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
    /// The detail pane's tab.
    pub tab: Tab,
    /// The attempt that the user chose; none is the newest.
    pub attempt: Option<u32>,
    /// The log.
    pub log: Log,
    /// The stats.
    pub stats: Stats,
    /// The files.
    pub files: Files,
    /// The records of the attempt.
    pub info: Info,
    /// What lies over the panes.
    pub overlay: Option<Overlay>,
    /// A line for the footer that goes away by itself.
    pub toast: Option<Toast>,
    /// Requests that were sent and not yet answered.
    pub pending: BTreeMap<u64, Purpose>,
    /// The id of the next request.
    pub next_request: u64,
    /// The cap that was asked for and not yet confirmed, so that `+++` means three more.
    pub wanted_cap: Option<u32>,
    /// Whether the user asked for the end of everything and waits for it.
    pub ending: bool,
    /// What the reader was asked for last.
    pub want: Want,
    /// When the engine ended. Clocks stand still from then on: nobody tells what goes on.
    pub ended_ms: Option<u64>,
}

/// Whether the engine is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkState {
    /// The first messages have not all come yet.
    Connecting,
    /// Messages come.
    Live,
    /// The engine has said goodbye, or is gone without a word.
    Ended {
        /// Why, if it said so.
        reason: Option<Safe>,
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

/// The list of simulations.
#[derive(Debug, Default)]
pub struct List {
    /// Every simulation, by its index in the plan.
    pub rows: BTreeMap<u32, Row>,
    /// The simulations that the filter lets through, in the order of the screen.
    pub order: Vec<u32>,
    /// The selected simulation. Selection is by simulation, so sorting and filtering never move it to another one.
    pub selected: Option<u32>,
    /// Whether the user has pressed a key. Before that the first row is selected, whichever it is, so that a sweep
    /// that is only watched shows what runs.
    pub chosen: bool,
    /// Where the selected one stood in `order`, for the case that it leaves the list.
    pub at: usize,
    /// The first visible position in `order`.
    pub offset: usize,
    /// The marked simulations.
    pub marked: BTreeSet<u32>,
    /// What the list is ordered by.
    pub sort: Sort,
    /// What the list is filtered by. Empty lets everything through.
    pub filter: String,
    /// Columns of the longest name.
    pub name_width: usize,
    /// Columns of the longest list of parameters.
    pub parameters_width: usize,
    /// Columns of the longest word for a status.
    pub status_width: usize,
    /// Whether any simulation has more than one attempt.
    pub retried: bool,
}

/// One simulation.
#[derive(Debug, Clone)]
pub struct Row {
    /// The simulation.
    pub view: SimView,
    /// When it came.
    pub at_ms: u64,
    /// Its name.
    pub name: Safe,
    /// Why it is not running, or the cause of its end.
    pub reason: Safe,
    /// Its parameters, as `key=value key=value`.
    pub parameters: Safe,
}

/// Where the visible part of the log begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Top {
    /// The last line is at the bottom, also when more lines come.
    #[default]
    End,
    /// At a line.
    At {
        /// The offset of the line in the file, bytes.
        offset: u64,
        /// The row of the wrapped line, counted from zero.
        row: usize,
    },
}

/// Which file of an attempt the log shows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum LogFileChoice {
    /// Standard output.
    #[default]
    Simout,
    /// Standard error.
    Simerr,
    /// Another file, relative to the attempt's directory.
    Other(PathBuf),
}

/// The log.
#[derive(Debug, Default)]
pub struct Log {
    /// Which file.
    pub choice: LogFileChoice,
    /// Whether the user chose it. Until then it is the one that tells most.
    pub chosen: bool,
    /// Where the visible part begins.
    pub top: Top,
    /// The first visible column.
    pub column: usize,
    /// Whether long lines are wrapped.
    pub wrap: bool,
    /// The lines around the visible part.
    pub reading: Option<LogReading>,
    /// How many lines there were when following stopped.
    pub lines_at_stop: Option<u64>,
    /// What is searched for.
    pub search: Option<Search>,
    /// A line to bring into the upper third of the screen as soon as it has been read.
    pub centre: Option<u64>,
    /// The number of the last search request, so that late answers are told from wanted ones.
    pub searches: u64,
}

/// A search in the log.
#[derive(Debug, Clone)]
pub struct Search {
    /// What the user typed.
    pub text: Safe,
    /// What it means.
    pub regex: Regex,
    /// The request that is under way.
    pub request: Option<SearchRequest>,
    /// The line that was found last.
    pub found: Option<u64>,
}

/// What the reader shall look for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SearchRequest {
    /// Tells this request from earlier ones.
    pub id: u64,
    /// Where to begin, bytes.
    pub from: u64,
    /// Towards the end of the file.
    pub forward: bool,
    /// Begin behind the line at `from`, not at it.
    pub after: bool,
}

/// The stats.
#[derive(Debug, Default)]
pub struct Stats {
    /// What the reader found.
    pub reading: Option<StatsReading>,
    /// When it came.
    pub at_ms: u64,
    /// What the names are filtered by.
    pub filter: String,
    /// The stats that the filter lets through, as indexes.
    pub order: Vec<usize>,
    /// The cursor, an index into the watched stats and then `order`.
    pub selected: usize,
    /// The first visible one.
    pub offset: usize,
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

/// What lies over the panes and has the keys.
#[derive(Debug, Clone)]
pub enum Overlay {
    /// The keys.
    Help {
        /// The first visible line.
        offset: usize,
    },
    /// A question with yes and no.
    Confirm(Confirm),
    /// How to leave.
    Quit {
        /// The focused choice.
        choice: QuitChoice,
    },
    /// A line of text is being typed.
    Prompt(Prompt),
}

/// A question with yes and no. The focus is on no at first.
#[derive(Debug, Clone)]
pub struct Confirm {
    /// The question.
    pub title: Safe,
    /// What will happen.
    pub consequences: Vec<Safe>,
    /// The word on the button that does it.
    pub yes: &'static str,
    /// The word on the button that does nothing.
    pub no: &'static str,
    /// Whether the button that does it is focused.
    pub yes_focused: bool,
    /// What is sent on yes.
    pub request: Request,
    /// Why it is sent.
    pub purpose: Purpose,
}

/// How to leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuitChoice {
    /// Not at all.
    Stay,
    /// Leave; everything goes on.
    Detach,
    /// Leave; what runs may finish, nothing more is launched.
    Drain,
    /// Cancel everything.
    CancelAll,
}

/// A line of text that is being typed.
#[derive(Debug, Clone)]
pub struct Prompt {
    /// What it is for.
    pub kind: PromptKind,
    /// The text.
    pub input: Input,
    /// What stood there before, for Esc.
    pub before: String,
}

/// What a line of text is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PromptKind {
    /// The list's filter.
    ListFilter,
    /// The stats' filter.
    StatsFilter,
    /// The log's search.
    LogSearch,
}

/// Why a request was sent, when its answer means more than a line in the footer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To show the answer.
    Tell,
    /// To change the cap.
    Cap,
    /// To leave once the engine drains.
    LeaveDraining,
    /// To wait until everything has ended.
    EndAll,
}

/// A line for the footer that goes away by itself.
#[derive(Debug, Clone)]
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
            width,
            height,
            now_ms: 0,
            dirty: true,
            link: LinkState::Connecting,
            header: None,
            list: List::default(),
            focus: Focus::List,
            zoomed: false,
            tab: Tab::Log,
            attempt: None,
            log: Log::default(),
            stats: Stats::default(),
            files: Files::default(),
            info: Info::default(),
            overlay: None,
            toast: None,
            pending: BTreeMap::new(),
            next_request: 1,
            wanted_cap: None,
            ending: false,
            want: Want::default(),
            ended_ms: None,
        }
    }

    /// The selected simulation.
    pub fn selected(&self) -> Option<&Row> {
        self.list.rows.get(&self.list.selected?)
    }

    /// The attempt that the detail pane shows.
    pub fn shown_attempt(&self) -> Option<&crate::protocol::AttemptView> {
        let attempts = &self.selected()?.view.attempts;
        match self.attempt {
            Some(number) => attempts.iter().find(|attempt| attempt.number == number).or(attempts.last()),
            None => attempts.last(),
        }
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

    /// Whether something on the screen changes by time alone, so that it must be drawn again each second.
    pub fn ticks(&self) -> bool {
        self.toast.is_some() || (!self.is_over() && self.header.as_ref().is_some_and(|h| h.header.elapsed.ticking))
    }

    /// Whether the engine has ended.
    pub fn is_over(&self) -> bool {
        matches!(self.link, LinkState::Ended { .. })
    }

    /// The text that is being typed, if any.
    pub fn prompt(&self) -> Option<&Prompt> {
        match &self.overlay {
            Some(Overlay::Prompt(prompt)) => Some(prompt),
            _ => None,
        }
    }
}

impl Row {
    /// Makes the simulation's text safe and notes when it came.
    pub fn new(view: SimView, at_ms: u64) -> Self {
        let parameters: Vec<String> = view.parameters.iter().map(|(key, value)| format!("{key}={value}")).collect();
        let reason = match &view.status {
            crate::protocol::Status::Ended { outcome } if view.reason.is_empty() => outcome.cause.as_str(),
            _ => view.reason.as_str(),
        };
        Self {
            at_ms,
            name: Safe::line(&view.name),
            reason: Safe::line(reason),
            parameters: Safe::line(&parameters.join(" ")),
            view,
        }
    }
}

impl QuitChoice {
    /// Every choice, top to bottom.
    pub const ALL: [Self; 4] = [Self::Stay, Self::Detach, Self::Drain, Self::CancelAll];
}
