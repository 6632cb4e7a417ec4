//! The one table of keys. What the keys do, the footer and the help all come from it.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::{Action, Move, Tab};

/// A key with the modifiers that matter. Shift is part of the character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chord {
    /// The key.
    pub code: KeyCode,
    /// Whether Ctrl is held.
    pub ctrl: bool,
}

/// Where a binding holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
    /// In the list of failures of the sweep.
    Failures,
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
            Self::Failures => "Failures that are alike",
            Self::Dialog => "Dialogs",
        }
    }

    /// Every context, in the order of the help.
    pub const ALL: [Self; 9] = [
        Self::List,
        Self::Everywhere,
        Self::Detail,
        Self::Log,
        Self::Stats,
        Self::Files,
        Self::Why,
        Self::Failures,
        Self::Dialog,
    ];
}

/// One line of the table.
#[derive(Debug, Clone, Copy)]
pub struct Binding {
    /// The keys that do it. The first one stands in the footer.
    pub chords: &'static [Chord],
    /// Where it holds.
    pub context: Context,
    /// What it does.
    pub action: Action,
    /// One or two words for the footer. Empty keeps it out of there.
    pub label: &'static str,
    /// One sentence for the help.
    pub help: &'static str,
    /// Footers that are too narrow drop the highest numbers first.
    pub priority: u8,
}

const fn key(c: char) -> Chord {
    Chord { code: KeyCode::Char(c), ctrl: false }
}

const fn ctrl(c: char) -> Chord {
    Chord { code: KeyCode::Char(c), ctrl: true }
}

const fn code(code: KeyCode) -> Chord {
    Chord { code, ctrl: false }
}

const fn bind(
    context: Context,
    chords: &'static [Chord],
    action: Action,
    priority: u8,
    label: &'static str,
    help: &'static str,
) -> Binding {
    Binding { chords, context, action, label, help, priority }
}

/// Every key of the dashboard.
pub const BINDINGS: &[Binding] = &[
    bind(Context::Everywhere, &[key('k'), code(KeyCode::Up)], Action::Go(Move::Up), 0, "", "One up"),
    bind(Context::Everywhere, &[key('j'), code(KeyCode::Down)], Action::Go(Move::Down), 0, "", "One down"),
    bind(Context::Everywhere, &[key('g'), code(KeyCode::Home)], Action::Go(Move::Top), 0, "", "To the first"),
    bind(Context::Everywhere, &[key('G'), code(KeyCode::End)], Action::Go(Move::Bottom), 0, "", "To the last"),
    bind(Context::Everywhere, &[ctrl('u')], Action::Go(Move::HalfUp), 0, "", "Half a page up"),
    bind(Context::Everywhere, &[ctrl('d')], Action::Go(Move::HalfDown), 0, "", "Half a page down"),
    bind(Context::Everywhere, &[code(KeyCode::PageUp), ctrl('b')], Action::Go(Move::PageUp), 0, "", "A page up"),
    bind(Context::Everywhere, &[code(KeyCode::PageDown), ctrl('f')], Action::Go(Move::PageDown), 0, "", "A page down"),
    bind(
        Context::Everywhere,
        &[code(KeyCode::Tab), code(KeyCode::BackTab)],
        Action::OtherPane,
        40,
        "pane",
        "Give the keys to the other pane",
    ),
    bind(Context::Everywhere, &[key('1')], Action::Show(Tab::Log), 0, "", "The log"),
    bind(Context::Everywhere, &[key('2')], Action::Show(Tab::Stats), 0, "", "The stats of the last complete dump"),
    bind(Context::Everywhere, &[key('3')], Action::Show(Tab::Files), 0, "", "The files of the attempt"),
    bind(Context::Everywhere, &[key('4')], Action::Show(Tab::Info), 0, "", "Command line, environment, attempts"),
    bind(Context::Everywhere, &[key('5')], Action::Show(Tab::Why), 0, "", "Why it failed, or why it does not run"),
    bind(Context::Everywhere, &[key('z')], Action::Zoom, 55, "zoom", "Show this pane alone, or all again"),
    bind(Context::List, &[code(KeyCode::Enter)], Action::Open, 38, "open", "Read the log of the selected simulation"),
    bind(Context::List, &[key(' ')], Action::Mark, 35, "mark", "Mark the simulation and go one down"),
    bind(Context::List, &[key('a')], Action::MarkAll, 60, "mark all", "Mark all in the list, or unmark all"),
    bind(Context::Everywhere, &[key('p')], Action::Pause, 10, "pause", "Pause the simulation, or let it go on"),
    bind(Context::Everywhere, &[key('c')], Action::Cancel, 12, "cancel", "Cancel; again, go one step down at once"),
    bind(Context::Everywhere, &[key('r')], Action::Retry, 14, "retry", "Run it again in a new attempt"),
    bind(Context::Everywhere, &[key('R')], Action::RetryFailed, 34, "retry failed", "Run all that is not ok again"),
    bind(
        Context::Everywhere,
        &[key('L')],
        Action::Reload,
        0,
        "",
        "Load the experiment file as it is now; what runs goes on",
    ),
    bind(Context::Everywhere, &[key('b')], Action::Unfold, 0, "", "Show a failure's backtrace, or fold it"),
    bind(
        Context::Everywhere,
        &[key('F')],
        Action::Failures,
        36,
        "failures",
        "The failures of the sweep, alike ones together",
    ),
    bind(Context::Everywhere, &[key('s')], Action::DumpStats, 47, "dump stats", "Ask gem5 to write its stats now"),
    bind(
        Context::Everywhere,
        &[key('P')],
        Action::PauseQueue,
        45,
        "pause queue",
        "Launch nothing more, or launch again",
    ),
    bind(
        Context::Everywhere,
        &[key('+'), key('=')],
        Action::RaiseCap,
        50,
        "cap",
        "Let one more simulation run at once",
    ),
    bind(Context::Everywhere, &[key('-')], Action::LowerCap, 0, "", "Let one simulation less run at once"),
    bind(Context::List, &[key('/')], Action::Find, 20, "filter", "Show only what matches all words; `!word` excludes"),
    bind(Context::List, &[key('t')], Action::Sort, 42, "sort", "Order by the next key"),
    bind(Context::Log, &[key('/')], Action::Find, 20, "search", "Search; a regular expression, or literal text"),
    bind(Context::Log, &[key('n')], Action::NextMatch, 25, "next", "The next match"),
    bind(Context::Log, &[key('N')], Action::PreviousMatch, 0, "", "The previous match"),
    bind(Context::Log, &[key('f')], Action::Follow, 16, "follow", "Follow the end of the log, or stop"),
    bind(Context::Log, &[key('w')], Action::Wrap, 30, "wrap", "Wrap long lines, or cut them"),
    bind(
        Context::Everywhere,
        &[key('o')],
        Action::NextFile,
        46,
        "output",
        "The next output: simout, simerr, terminals",
    ),
    bind(
        Context::Everywhere,
        &[key('[')],
        Action::PreviousAttempt,
        0,
        "",
        "The attempt before this one, with its log, stats and files",
    ),
    bind(Context::Everywhere, &[key(']')], Action::NextAttempt, 0, "", "The attempt after this one"),
    bind(
        Context::Stats,
        &[key('/')],
        Action::Find,
        20,
        "filter",
        "Show only stats whose names match; `l2omr` means l2.overallMissRate",
    ),
    bind(
        Context::Stats,
        &[key('w')],
        Action::ToggleColumn,
        21,
        "watch",
        "Add the stat to the columns of the list, or take it away; until you leave",
    ),
    bind(Context::Stats, &[key('v')], Action::ViewStats, 22, "tree", "Show the stats as a tree, or as a list"),
    bind(Context::Stats, &[code(KeyCode::Enter)], Action::Open, 0, "", "Open a group of the tree, or close it"),
    bind(Context::Stats, &[key('d')], Action::ComparePrevious, 24, "diff", "Compare with the dump before, or stop"),
    bind(
        Context::Stats,
        &[key('D')],
        Action::CompareMarked,
        26,
        "diff marked",
        "Compare with the next simulation that is marked in the list, or stop",
    ),
    bind(Context::Stats, &[key('t')], Action::Sort, 28, "sort", "Order a comparison by how much values changed"),
    bind(Context::Files, &[code(KeyCode::Enter)], Action::Open, 20, "open", "Read the file in the log"),
    bind(Context::Why, &[code(KeyCode::Enter)], Action::Open, 16, "log", "Read the log where the failure stands"),
    bind(
        Context::Failures,
        &[code(KeyCode::Enter), key(' ')],
        Action::Accept,
        0,
        "",
        "Mark all of the group and go to the first",
    ),
    bind(Context::Failures, &[key('r')], Action::Retry, 0, "", "Run all of the group again"),
    bind(
        Context::Detail,
        &[key('h'), code(KeyCode::Left)],
        Action::Left,
        0,
        "",
        "Scroll to the left, close a group, or go to the tab on the left",
    ),
    bind(
        Context::Detail,
        &[key('l'), code(KeyCode::Right)],
        Action::Right,
        0,
        "",
        "Scroll to the right, open a group, or go to the tab on the right",
    ),
    bind(Context::List, &[key('h'), code(KeyCode::Left)], Action::Left, 0, "", "The tab on the left"),
    bind(Context::List, &[key('l'), code(KeyCode::Right)], Action::Right, 0, "", "The tab on the right"),
    bind(Context::Everywhere, &[key('e')], Action::Edit, 48, "edit", "Open the file in $VISUAL, $EDITOR or $PAGER"),
    bind(Context::Everywhere, &[key('y')], Action::Copy, 58, "copy", "Copy the name, the path or the line"),
    bind(Context::Everywhere, &[code(KeyCode::Esc)], Action::Back, 0, "", "One step back"),
    bind(Context::Everywhere, &[ctrl('l')], Action::Redraw, 0, "", "Draw everything anew"),
    bind(Context::Everywhere, &[ctrl('z')], Action::Suspend, 0, "", "Suspend this client; simulations go on"),
    bind(Context::Everywhere, &[key('?')], Action::Help, 1, "help", "Show the keys"),
    bind(Context::Everywhere, &[key('q'), ctrl('c')], Action::Quit, 2, "quit", "Leave; asks first when something runs"),
    bind(Context::Dialog, &[key('k'), code(KeyCode::Up)], Action::Go(Move::Up), 0, "", "One up"),
    bind(Context::Dialog, &[key('j'), code(KeyCode::Down)], Action::Go(Move::Down), 0, "", "One down"),
    bind(Context::Dialog, &[code(KeyCode::PageUp), ctrl('u')], Action::Go(Move::PageUp), 0, "", "A page up"),
    bind(Context::Dialog, &[code(KeyCode::PageDown), ctrl('d')], Action::Go(Move::PageDown), 0, "", "A page down"),
    bind(Context::Dialog, &[key('g'), code(KeyCode::Home)], Action::Go(Move::Top), 0, "", "To the first"),
    bind(Context::Dialog, &[key('G'), code(KeyCode::End)], Action::Go(Move::Bottom), 0, "", "To the last"),
    bind(
        Context::Dialog,
        &[code(KeyCode::Tab), key('l'), code(KeyCode::Right)],
        Action::Right,
        0,
        "",
        "The next choice",
    ),
    bind(
        Context::Dialog,
        &[code(KeyCode::BackTab), key('h'), code(KeyCode::Left)],
        Action::Left,
        0,
        "",
        "The previous choice",
    ),
    bind(Context::Dialog, &[code(KeyCode::Enter)], Action::Accept, 0, "", "Take the focused choice"),
    bind(Context::Dialog, &[ctrl('z')], Action::Suspend, 0, "", "Suspend this client; simulations go on"),
    bind(Context::Dialog, &[ctrl('l')], Action::Redraw, 0, "", "Draw everything anew"),
    bind(Context::Dialog, &[key('y')], Action::Yes, 0, "", "Yes"),
    bind(Context::Dialog, &[key('n')], Action::No, 0, "", "No"),
    bind(
        Context::Dialog,
        &[code(KeyCode::Esc), key('q'), key('?'), ctrl('c')],
        Action::Back,
        0,
        "",
        "Close and change nothing",
    ),
];

impl Chord {
    /// The chord of a key event, or none for chords that no table knows, such as with Alt.
    pub fn of(event: KeyEvent) -> Option<Self> {
        if event
            .modifiers
            .intersects(KeyModifiers::ALT | KeyModifiers::SUPER | KeyModifiers::META | KeyModifiers::HYPER)
        {
            return None;
        }
        let ctrl = event.modifiers.contains(KeyModifiers::CONTROL);
        let code = match event.code {
            // Terminals differ in whether they report the letter or the control character's own case.
            KeyCode::Char(c) if ctrl => KeyCode::Char(c.to_ascii_lowercase()),
            // Enhanced keyboards report Shift beside the plain letter.
            KeyCode::Char(c) if event.modifiers.contains(KeyModifiers::SHIFT) => KeyCode::Char(c.to_ascii_uppercase()),
            other => other,
        };
        Some(Self { code, ctrl })
    }

    /// The chord as the footer and the help write it.
    pub fn show(self, unicode: bool) -> String {
        let arrow = |unicode_arrow: &str, word: &str| if unicode { unicode_arrow } else { word }.to_owned();
        let name = match self.code {
            KeyCode::Char(' ') => "space".to_owned(),
            KeyCode::Char(c) => c.to_string(),
            KeyCode::Up => arrow("↑", "up"),
            KeyCode::Down => arrow("↓", "down"),
            KeyCode::Left => arrow("←", "left"),
            KeyCode::Right => arrow("→", "right"),
            KeyCode::PageUp => "PgUp".to_owned(),
            KeyCode::PageDown => "PgDn".to_owned(),
            KeyCode::BackTab => "S-Tab".to_owned(),
            KeyCode::Enter => "enter".to_owned(),
            other => format!("{other:?}"),
        };
        if self.ctrl { format!("^{name}") } else { name }
    }
}

/// What a key does where the user is. Earlier contexts win.
pub fn resolve(contexts: &[Context], event: KeyEvent) -> Option<Action> {
    let chord = Chord::of(event)?;
    contexts.iter().find_map(|context| {
        BINDINGS.iter().find(|b| b.context == *context && b.chords.contains(&chord)).map(|b| b.action)
    })
}

/// The bindings with a label that hold in any of the contexts, most important first.
pub fn labelled(contexts: &[Context]) -> Vec<&'static Binding> {
    let mut found: Vec<_> = BINDINGS.iter().filter(|b| !b.label.is_empty() && contexts.contains(&b.context)).collect();
    found.sort_by_key(|b| b.priority);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_means_two_things_in_one_place() {
        for (i, a) in BINDINGS.iter().enumerate() {
            for b in &BINDINGS[i + 1..] {
                if a.context == b.context {
                    for chord in a.chords {
                        assert!(!b.chords.contains(chord), "{chord:?} is bound twice: {} / {}", a.help, b.help);
                    }
                }
            }
        }
    }

    #[test]
    fn every_binding_has_a_key_and_a_sentence() {
        for binding in BINDINGS {
            assert!(!binding.chords.is_empty(), "{binding:?}");
            assert!(binding.help.starts_with(char::is_uppercase), "{binding:?}");
            assert!(!binding.help.ends_with('.'), "{binding:?}");
        }
    }

    #[test]
    fn shift_is_part_of_the_letter_on_every_kind_of_keyboard() {
        let plain = KeyEvent::new(KeyCode::Char('R'), KeyModifiers::NONE);
        let legacy = KeyEvent::new(KeyCode::Char('R'), KeyModifiers::SHIFT);
        let enhanced = KeyEvent::new(KeyCode::Char('r'), KeyModifiers::SHIFT);
        for event in [plain, legacy, enhanced] {
            assert_eq!(resolve(&[Context::Everywhere], event), Some(Action::RetryFailed), "{event:?}");
        }
        let alt = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::ALT);
        assert_eq!(resolve(&[Context::Everywhere], alt), None);
    }
}
