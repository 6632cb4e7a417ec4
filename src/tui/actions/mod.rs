//! What a user can ask for, whatever key asks for it.
//!
//! [`ACTIONS`] is the one table: for each action its name, its words, where it holds and which keys ask for it unless they are
//! changed. The [`Keymap`], the footer, the help and the table in the README all come from it, so a key is written down once.
//! What an action does is decided in `update`.
//!
//! The awkward truth: one key may mean different things in different places (`/` filters a list and searches a log), and what
//! the user sees as two actions may be one [`Action`] here. So entries have names of their own.

mod chord;
mod keymap;
mod table;

pub(crate) use chord::Chord;
pub(crate) use keymap::{Binding, Keymap};
pub(crate) use table::ACTIONS;

/// The tabs of the detail pane, in the order of their keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    /// The output of the attempt.
    Log,
    /// The stats of its last complete dump.
    Stats,
    /// The files in its directory.
    Files,
    /// What is known about it.
    Info,
    /// Why it ended, or why it does not run.
    Why,
    /// The tables of the sweep.
    Results,
}

impl Tab {
    /// Every tab, left to right.
    pub const ALL: [Self; 6] = [Self::Log, Self::Stats, Self::Files, Self::Info, Self::Why, Self::Results];

    /// The word for the screen.
    pub fn word(self) -> &'static str {
        match self {
            Self::Log => "Log",
            Self::Stats => "Stats",
            Self::Files => "Files",
            Self::Info => "Info",
            Self::Why => "Why",
            Self::Results => "Results",
        }
    }

    /// The neighbour to the right (`1`) or to the left (`-1`), around the ends.
    #[must_use]
    pub fn beside(self, step: isize) -> Self {
        let at = Self::ALL.iter().position(|tab| *tab == self).unwrap_or_default().cast_signed();
        Self::ALL[(at + step).rem_euclid(Self::ALL.len().cast_signed()).cast_unsigned()]
    }
}

/// A distance to move by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    /// One up.
    Up,
    /// One down.
    Down,
    /// Half a page up.
    HalfUp,
    /// Half a page down.
    HalfDown,
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
    /// To the first.
    Top,
    /// To the last.
    Bottom,
}

impl Move {
    /// The same distance as a number of rows, for a page of `page` rows. The ends are as far as numbers go.
    pub fn rows(self, page: usize) -> isize {
        let page = page.max(1).cast_signed();
        match self {
            Self::Up => -1,
            Self::Down => 1,
            Self::HalfUp => -(page / 2).max(1),
            Self::HalfDown => (page / 2).max(1),
            Self::PageUp => -(page - 1).max(1),
            Self::PageDown => (page - 1).max(1),
            Self::Top => isize::MIN,
            Self::Bottom => isize::MAX,
        }
    }

    /// The index that is this far from `at` in a list of `len`.
    pub fn apply(self, at: usize, len: usize, page: usize) -> usize {
        let last = len.saturating_sub(1);
        at.min(last).saturating_add_signed(self.rows(page)).min(last)
    }
}

/// What a user can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Move the cursor, or scroll.
    Go(Move),
    /// Scroll left, or go to the tab on the left.
    Left,
    /// Scroll right, or go to the tab on the right.
    Right,
    /// Give the keys to the other pane.
    OtherPane,
    /// Show a tab.
    Show(Tab),
    /// Show one pane alone, or all again.
    Zoom,
    /// Give the list more of the screen.
    GrowList,
    /// Give the other pane more of it.
    ShrinkList,
    /// Let the panes share the screen as they usually do.
    UsualPanes,
    /// Open what the cursor is on.
    Open,
    /// Mark or unmark the selected simulation.
    Mark,
    /// Mark every simulation in the list, or unmark all.
    MarkAll,
    /// Pause what runs, or let what is paused go on.
    Pause,
    /// Let simulations run before all others that wait, or in their turn.
    First,
    /// Ask simulations to write their stats now.
    DumpStats,
    /// Let the queue launch nothing, or launch again.
    PauseQueue,
    /// Ask simulations to end.
    Cancel,
    /// Run simulations again.
    Retry,
    /// Run suites again and take nothing from before.
    Anew,
    /// Run everything that ended not ok again.
    RetryFailed,
    /// Read the experiment file anew.
    Reload,
    /// Let one more simulation run at once.
    RaiseCap,
    /// Let one simulation less run at once.
    LowerCap,
    /// Type how many run at once.
    SetCap,
    /// Filter a list, or search the log.
    Find,
    /// Find an action by its words, or go to a place by its number.
    Palette,
    /// Search the log towards its beginning.
    FindBackwards,
    /// Search the logs of all simulations.
    Grep,
    /// Go to the next line that warns or tells of an error.
    NextSevere,
    /// Go to the one before.
    PreviousSevere,
    /// Show lines from their first column.
    FirstColumn,
    /// Show where the longest line ends.
    LastColumn,
    /// Go to the next match.
    NextMatch,
    /// Go to the previous match.
    PreviousMatch,
    /// Follow the end of the log, or stop.
    Follow,
    /// Wrap long lines, or cut them.
    Wrap,
    /// Show the next file of output.
    NextFile,
    /// Show the attempt before this one.
    PreviousAttempt,
    /// Show the attempt after this one.
    NextAttempt,
    /// Open the file in an editor.
    Edit,
    /// Copy to the clipboard.
    Copy,
    /// Add the stat to the columns of the list, or take it away.
    ToggleColumn,
    /// List the stats, or show them as a tree.
    ViewStats,
    /// Compare the last dump with the one before it, or stop.
    ComparePrevious,
    /// Compare the stats with those of the next marked simulation, or stop.
    CompareMarked,
    /// Look at the dump before.
    EarlierDump,
    /// Look at the dump after.
    LaterDump,
    /// Draw the stat over the dumps, or stop.
    Chart,
    /// Draw it on a logarithmic axis, or stop.
    LogScale,
    /// Show the frames of a backtrace, or fold them.
    Unfold,
    /// Show the failures of the sweep, those that are alike together.
    Failures,
    /// Fold away a group or what a suite has spawned, or show it.
    Fold,
    /// Fold away all groups and suites, or show all.
    FoldAll,
    /// Order the list by the next key.
    Sort,
    /// Choose what the list is ordered by.
    ChooseSort,
    /// Turn the order of the list round.
    Reverse,
    /// Choose the columns of the list.
    ChooseColumns,
    /// Show or hide what is focused in a menu.
    Toggle,
    /// Scroll the columns of the list to those on the left.
    ColumnsLeft,
    /// Scroll them to those on the right.
    ColumnsRight,
    /// Show all rows of the list at once.
    Map,
    /// Choose by which parameters the list is grouped.
    Groups,
    /// Go to the next simulation that has failed.
    NextFailed,
    /// Go to the one before.
    PreviousFailed,
    /// Show the next metric.
    NextMetric,
    /// Show the metric before.
    PreviousMetric,
    /// Compare with the baseline in the next way.
    CompareBaseline,
    /// Make the row, or the value, under the cursor the baseline.
    Baseline,
    /// Move a parameter between rows and columns.
    Pivot,
    /// Show only what has the value under the cursor.
    Only,
    /// Show again what that left out.
    NotOnly,
    /// Make means over the parameter under the cursor, or over none.
    Workloads,
    /// Take what differs in the parameter under the cursor for replicas.
    Replicas,
    /// Take nothing for replicas.
    NoReplicas,
    /// Shade numbers by their size, or stop.
    Heat,
    /// Choose which dump is looked at, or results are of.
    ChooseDump,
    /// Show the next view.
    NextView,
    /// Keep the table under a name.
    SaveView,
    /// Write the table into a file.
    Export,
    /// Undo what was arranged with keys.
    AsInFile,
    /// Draw the next figure in the table's place.
    Figure,
    /// Show the keys.
    Help,
    /// Close the pane that is open, or leave.
    Quit,
    /// Leave, asking first when something runs.
    Leave,
    /// Leave without a question; everything goes on.
    Detach,
    /// Leave; what runs may finish, nothing more is launched.
    Drain,
    /// End everything; asks first.
    CancelAll,
    /// Mark a line of the log with a letter.
    MarkLine,
    /// Go to the line of a mark.
    GoToMark,
    /// Copy from the line of a mark to this one.
    CopyRange,
    /// Choose the output that the log shows.
    ChooseOutput,
    /// Fold lines of the log that repeat, or show them.
    FoldRepeats,
    /// Show only lines of the log that match.
    OnlyMatching,
    /// Write the log into a file.
    SaveLog,
    /// Have a program read the log.
    PipeLog,
    /// One step back.
    Back,
    /// Leave the mouse to the terminal, or take it back.
    Mouse,
    /// Stop this client and give the shell back.
    Suspend,
    /// Draw everything anew.
    Redraw,
    /// Choose what is focused in a dialog.
    Accept,
    /// Say yes in a dialog.
    Yes,
    /// Say no in a dialog.
    No,
}

/// Where a binding holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Context {
    /// In both panes.
    Everywhere,
    /// In the list of simulations.
    List,
    /// In every tab of the detail pane.
    Detail,
    /// In the log.
    Log,
    /// In the stats.
    Stats,
    /// In the files.
    Files,
    /// In the view of a failure.
    Why,
    /// In the tables of results.
    Results,
    /// In a figure in their place.
    Figure,
    /// In what is told of a cell of them.
    Cell,
    /// In the list of failures of the sweep.
    Failures,
    /// In the question how to leave.
    Leave,
    /// In the help.
    Help,
    /// In the list of simulations in whose logs something was found.
    Grep,
    /// In what can be chosen for the list.
    Menu,
    /// In the map of all simulations.
    Map,
    /// In dialogs and in the help.
    Dialog,
}

impl Context {
    /// The heading in the help.
    pub fn heading(self) -> &'static str {
        match self {
            Self::Everywhere => "Everywhere",
            Self::List => "Simulations",
            Self::Detail => "All tabs",
            Self::Log => "Log",
            Self::Stats => "Stats",
            Self::Files => "Files",
            Self::Why => "Why",
            Self::Results => "Results",
            Self::Figure => "A figure of results",
            Self::Cell => "A cell of results",
            Self::Failures => "Failures that are alike",
            Self::Leave => "The question how to leave",
            Self::Help => "This help",
            Self::Grep => "Found in logs",
            Self::Menu => "Menus of the list",
            Self::Map => "Map",
            Self::Dialog => "Dialogs",
        }
    }

    /// Every context, in the order of the help.
    pub const ALL: [Self; 17] = [
        Self::List,
        Self::Everywhere,
        Self::Detail,
        Self::Log,
        Self::Stats,
        Self::Files,
        Self::Why,
        Self::Results,
        Self::Figure,
        Self::Cell,
        Self::Failures,
        Self::Leave,
        Self::Help,
        Self::Grep,
        Self::Menu,
        Self::Map,
        Self::Dialog,
    ];
}

/// A line of the table of actions.
#[derive(Debug)]
pub struct Entry {
    /// What is done.
    pub action: Action,
    /// How it is called where keys are set. It stays as it is, because files of users will have it.
    pub name: &'static str,
    /// One or two words for the footer.
    pub title: &'static str,
    /// One sentence for the help, without its full stop.
    pub help: &'static str,
    /// Where it holds, and the keys that ask for it there unless they are changed. The first one stands in the footer.
    pub places: &'static [(Context, &'static [&'static str])],
    /// Footers that are too narrow drop the highest numbers first; none keeps it out of all of them.
    pub priority: Option<u8>,
}
