//! What lies over the panes and has the keys.

use std::ops::Range;
use std::path::PathBuf;

use tui_input::Input;

use super::failures::Failures;
use super::found::Found;
use super::{Purpose, stats};
use crate::protocol::Request;
use crate::text::Safe;

/// What lies over the panes and has the keys.
#[derive(Debug, Clone)]
pub enum Overlay {
    /// The keys.
    Help(Help),
    /// An action is looked for by its words.
    Palette(Palette),
    /// The output that the log shows is chosen.
    Outputs(OutputChoice),
    /// All rows of the list at once.
    Map,
    /// Simulations by the values of their parameters.
    Groups {
        /// The focused one.
        at: usize,
    },
    /// What the list is ordered by.
    Sort {
        /// The focused one of [`Model::sorts`](super::Model::sorts).
        at: usize,
    },
    /// Which columns the list has.
    Columns {
        /// The focused one.
        at: usize,
    },
    /// The failures of the sweep.
    Failures(Failures),
    /// The simulations in whose logs something was found.
    Grep,
    /// A question with yes and no.
    Confirm(Confirm),
    /// Whether the first simulations of an experiment start.
    Begin {
        /// The focused choice.
        choice: BeginChoice,
    },
    /// How to leave.
    Quit {
        /// The focused choice.
        choice: QuitChoice,
    },
    /// What is known of a cell of results.
    Cell {
        /// The first visible line.
        offset: usize,
    },
    /// The dumps of the shown attempt.
    Dumps {
        /// The number of the focused one; none is the one that is shown where none is chosen.
        focused: Option<u32>,
    },
    /// A line of text is being typed.
    Prompt(Prompt),
}

/// The keys, or those lines about them that were searched for.
#[derive(Debug, Clone, Default)]
pub struct Help {
    /// The first visible line.
    pub offset: usize,
    /// Words that a line must have.
    pub filter: String,
    /// Those words while they are typed.
    pub typing: Option<Prompt>,
}

/// An action that is looked for by its words.
#[derive(Debug, Clone)]
pub struct Palette {
    /// The words.
    pub prompt: Prompt,
    /// The actions that they find, best first, and why one would do nothing now.
    pub found: Vec<(Found, Option<&'static str>)>,
    /// The one that Enter takes.
    pub at: Option<usize>,
}

/// An output that is being chosen.
#[derive(Debug, Clone)]
pub struct OutputChoice {
    /// Words that its name must have.
    pub prompt: Prompt,
    /// The one that Enter takes; none is the first that the words find.
    pub focused: Option<PathBuf>,
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

/// Whether the first simulations of an experiment start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BeginChoice {
    /// They do.
    Start,
    /// Not yet: the queue is paused.
    Paused,
    /// No; and the next one who opens it is asked again.
    Leave,
}

impl BeginChoice {
    /// Every choice, top to bottom.
    pub const ALL: [Self; 3] = [Self::Start, Self::Paused, Self::Leave];
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
    /// Where the cursor was before, for Esc.
    pub cursor: PromptCursor,
    /// The ways in which a word may go on, while they are gone through.
    pub completing: Option<Completing>,
    /// How many lines back in what was typed before it stands.
    pub back: usize,
    /// What was being typed when that was begun.
    pub draft: String,
}

/// The ways in which a word may go on.
#[derive(Debug, Clone)]
pub struct Completing {
    /// The word, in bytes, as it was when it was asked for.
    pub at: Range<usize>,
    /// The ways.
    pub ways: Vec<String>,
    /// What stands behind the word.
    pub rest: String,
    /// The one that stands there now, if there is any.
    pub chosen: Option<usize>,
}

impl Prompt {
    /// One in which this text stands already.
    pub fn new(kind: PromptKind, before: String, cursor: PromptCursor) -> Self {
        let input = Input::new(before.clone());
        Self { kind, input, before, cursor, completing: None, back: 0, draft: String::new() }
    }
}

/// Where the cursor was before a filter was typed. A simulation goes by name, since another engine may come meanwhile.
#[derive(Debug, Clone)]
pub enum PromptCursor {
    /// On a simulation, if there was one.
    Simulation(Option<String>),
    /// On a stat, if there was one.
    Stat(Option<stats::Cursor>),
    /// What else is typed leaves the cursor alone.
    Stays,
}

/// What a line of text is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PromptKind {
    /// The list's filter.
    ListFilter,
    /// A name for it.
    FilterName,
    /// The stats' filter.
    StatsFilter,
    /// The log's search.
    LogSearch {
        /// Towards its beginning.
        backwards: bool,
        /// The text stands for itself.
        is_literal: bool,
    },
    /// The lines of the log that are shown.
    LogFilter {
        /// The text stands for itself.
        is_literal: bool,
    },
    /// The file that the log goes into.
    SaveLog,
    /// The program that reads the log.
    PipeLog,
    /// The search in all logs.
    Grep,
    /// The words of an action, or the number of a place.
    Palette,
    /// The words of an output.
    Output,
    /// The words of lines of the help.
    HelpFilter,
    /// How many run at once.
    Cap,
    /// Which dump results are of.
    ResultsDump,
    /// The file that a table goes into.
    ResultsFile,
    /// The name under which a table is kept.
    ResultsView,
}

impl QuitChoice {
    /// Every choice, top to bottom.
    pub const ALL: [Self; 4] = [Self::Stay, Self::Detach, Self::Drain, Self::CancelAll];
}
