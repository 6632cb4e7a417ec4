//! Which keys ask for which actions.

use ratatui::crossterm::event::KeyEvent;

use super::{ACTIONS, Action, Chord, Context, Entry};

/// Which keys ask for which actions.
#[derive(Debug, Clone)]
pub struct Keymap {
    bindings: Vec<Binding>,
}

/// The keys of an action in one place.
#[derive(Debug, Clone)]
pub struct Binding {
    /// The action.
    pub entry: &'static Entry,
    /// Where.
    pub context: Context,
    /// The keys, the most usual one first.
    pub chords: Vec<Chord>,
}

/// A key that would ask for two actions in one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Clash {
    /// The key.
    pub(crate) chord: Chord,
    /// The place.
    pub(crate) context: Context,
    /// The names of the actions.
    pub(crate) first: &'static str,
    /// The other one.
    pub(crate) second: &'static str,
}

/// Whether a place is further inside than another one, so that its keys come first.
fn is_inside(inner: Context, outer: Context) -> bool {
    use Context::{
        Cell, Detail, Dialog, Everywhere, Failures, Figure, Files, Grep, Help, Leave, List, Log, Map, Menu, Results,
        Stats, Why,
    };
    match outer {
        Everywhere => matches!(inner, List | Detail | Log | Stats | Files | Why | Results | Figure),
        Detail => matches!(inner, Log | Stats | Files | Why | Results | Figure),
        Dialog => matches!(inner, Failures | Cell | Leave | Help | Grep | Menu | Map),
        _ => false,
    }
}

impl Default for Keymap {
    /// The keys that stand in the table of actions.
    fn default() -> Self {
        let chord = |text: &&str| text.parse().expect("the table holds keys only, as a test checks");
        let place = |entry: &'static Entry| {
            let binding = move |(context, keys): &(Context, &[&str])| {
                let chords = keys.iter().map(chord).collect();
                Binding { entry, context: *context, chords }
            };
            entry.places.iter().map(binding)
        };
        Self { bindings: ACTIONS.iter().flat_map(place).collect() }
    }
}

impl Keymap {
    /// What a key does where the user is. Earlier contexts win.
    pub fn resolve(&self, contexts: &[Context], event: KeyEvent) -> Option<Action> {
        let chord = Chord::of(event)?;
        contexts
            .iter()
            .find_map(|context| self.of(*context).find(|b| b.chords.contains(&chord)).map(|b| b.entry.action))
    }

    /// The bindings of a context, in the order of the table.
    pub fn of(&self, context: Context) -> impl Iterator<Item = &Binding> {
        self.bindings.iter().filter(move |binding| binding.context == context)
    }

    /// The bindings of all of these contexts that stand in a footer, the most important ones first.
    pub fn footer(&self, contexts: &[Context]) -> Vec<(u8, &Binding)> {
        let mut found: Vec<(u8, &Binding)> = self
            .bindings
            .iter()
            .filter(|binding| contexts.contains(&binding.context))
            .filter_map(|binding| Some((binding.entry.priority?, binding)))
            .collect();
        found.sort_by_key(|(priority, _)| *priority);
        found
    }

    /// The key that asks for an action in a context, if one does.
    pub fn key(&self, context: Context, action: Action) -> Option<Chord> {
        self.of(context).find(|binding| binding.entry.action == action)?.chords.first().copied()
    }

    /// The key that asks for an action where the user is, or else in the first of its places, as sentences name it.
    pub fn word(&self, contexts: &[Context], action: Action, unicode: bool) -> String {
        let here = contexts.iter().find_map(|context| self.key(*context, action));
        let of_it = |binding: &&Binding| binding.entry.action == action;
        let first = || self.bindings.iter().filter(of_it).find_map(|binding| binding.chords.first().copied());
        // What has lost its key can still be asked for by its name.
        let name = || self.bindings.iter().find(of_it).map(|binding| format!(":{}", binding.entry.name));
        here.or_else(first).map(|chord| chord.show(unicode)).or_else(name).unwrap_or_default()
    }

    /// Gives an action other keys in all its places, in place of those that it has.
    pub(crate) fn rebind(&mut self, name: &str, chords: &[Chord]) {
        for binding in self.bindings.iter_mut().filter(|binding| binding.entry.name == name) {
            binding.chords = chords.to_vec();
        }
    }

    /// Whether a key asks for the action of this name.
    pub(crate) fn has_key(&self, name: &str) -> bool {
        self.bindings.iter().any(|binding| binding.entry.name == name && !binding.chords.is_empty())
    }

    /// The keys that ask for the action of this name in the first of its places, the most usual one first.
    pub(crate) fn keys_of(&self, name: &str) -> Vec<Chord> {
        let first = self.bindings.iter().find(|binding| binding.entry.name == name);
        first.map(|binding| binding.chords.clone()).unwrap_or_default()
    }

    /// The keys that would ask for two actions in one place, each pair of actions once.
    pub(crate) fn clashes(&self) -> Vec<Clash> {
        let mut found: Vec<Clash> = Vec::new();
        for (at, second) in self.bindings.iter().enumerate() {
            for first in self.bindings[..at].iter().filter(|first| first.context == second.context) {
                let Some(chord) = second.chords.iter().find(|chord| first.chords.contains(chord)) else { continue };
                let names = (first.entry.name, second.entry.name);
                if !found.iter().any(|clash| (clash.first, clash.second) == names) {
                    found.push(Clash {
                        chord: *chord,
                        context: second.context,
                        first: first.entry.name,
                        second: second.entry.name,
                    });
                }
            }
        }
        found
    }

    /// The keys of an action that ask for another one where the user is further inside, and for which.
    pub(crate) fn hidden(&self, name: &str) -> Vec<(Chord, Context, &'static str)> {
        let mut found = Vec::new();
        for outer in self.bindings.iter().filter(|binding| binding.entry.name == name) {
            let is_inside = |inner: &&Binding| is_inside(inner.context, outer.context);
            for inner in self.bindings.iter().filter(is_inside) {
                let chords = outer.chords.iter().filter(|chord| inner.chords.contains(chord));
                found.extend(chords.map(|chord| (*chord, inner.context, inner.entry.name)));
            }
        }
        found
    }

    /// Gives an action another key in one of its places.
    #[cfg(test)]
    pub(in crate::tui) fn set(&mut self, context: Context, action: Action, key: &str) {
        let is_it = |binding: &&mut Binding| binding.context == context && binding.entry.action == action;
        let binding = self.bindings.iter_mut().find(is_it).expect("a place of the action");
        binding.chords = vec![key.parse().expect("a key")];
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use ratatui::crossterm::event::{KeyCode, KeyModifiers};

    use super::super::{Move, Tab};
    use super::*;

    /// The action after this one, so that no action can be added without standing here, and so in the table.
    fn after(action: Action) -> Option<Action> {
        use Action::*;
        Some(match action {
            Go(Move::Up) => Go(Move::Down),
            Go(Move::Down) => Go(Move::HalfUp),
            Go(Move::HalfUp) => Go(Move::HalfDown),
            Go(Move::HalfDown) => Go(Move::PageUp),
            Go(Move::PageUp) => Go(Move::PageDown),
            Go(Move::PageDown) => Go(Move::Top),
            Go(Move::Top) => Go(Move::Bottom),
            Go(Move::Bottom) => Left,
            Left => Right,
            Right => OtherPane,
            OtherPane => Show(Tab::Log),
            Show(Tab::Log) => Show(Tab::Stats),
            Show(Tab::Stats) => Show(Tab::Files),
            Show(Tab::Files) => Show(Tab::Info),
            Show(Tab::Info) => Show(Tab::Why),
            Show(Tab::Why) => Show(Tab::Results),
            Show(Tab::Results) => Zoom,
            Zoom => GrowList,
            GrowList => ShrinkList,
            ShrinkList => UsualPanes,
            UsualPanes => Open,
            Open => Mark,
            Mark => MarkAll,
            MarkAll => Pause,
            Pause => First,
            First => DumpStats,
            DumpStats => PauseQueue,
            PauseQueue => Cancel,
            Cancel => Retry,
            Retry => Anew,
            Anew => RetryFailed,
            RetryFailed => Reload,
            Reload => RaiseCap,
            RaiseCap => LowerCap,
            LowerCap => SetCap,
            SetCap => Palette,
            Palette => FindBackwards,
            FindBackwards => Grep,
            Grep => NextSevere,
            NextSevere => PreviousSevere,
            PreviousSevere => FirstColumn,
            FirstColumn => LastColumn,
            LastColumn => Find,
            Find => OnlyMatching,
            OnlyMatching => NextMatch,
            NextMatch => PreviousMatch,
            PreviousMatch => Follow,
            Follow => Wrap,
            Wrap => FoldRepeats,
            FoldRepeats => MarkLine,
            MarkLine => GoToMark,
            GoToMark => CopyRange,
            CopyRange => SaveLog,
            SaveLog => PipeLog,
            PipeLog => ChooseOutput,
            ChooseOutput => NextFile,
            NextFile => PreviousAttempt,
            PreviousAttempt => NextAttempt,
            NextAttempt => Edit,
            Edit => Copy,
            Copy => ToggleColumn,
            ToggleColumn => ViewStats,
            ViewStats => ComparePrevious,
            ComparePrevious => CompareMarked,
            CompareMarked => Chart,
            Chart => LogScale,
            LogScale => Unfold,
            Unfold => Failures,
            Failures => Sort,
            Sort => ChooseSort,
            ChooseSort => Reverse,
            Reverse => ChooseColumns,
            ChooseColumns => Toggle,
            Toggle => ColumnsLeft,
            ColumnsLeft => ColumnsRight,
            ColumnsRight => Map,
            Map => Groups,
            Groups => NextFailed,
            NextFailed => PreviousFailed,
            PreviousFailed => Fold,
            Fold => FoldAll,
            FoldAll => NextMetric,
            NextMetric => PreviousMetric,
            PreviousMetric => CompareBaseline,
            CompareBaseline => Baseline,
            Baseline => Pivot,
            Pivot => Only,
            Only => NotOnly,
            NotOnly => Workloads,
            Workloads => Replicas,
            Replicas => NoReplicas,
            NoReplicas => Heat,
            Heat => EarlierDump,
            EarlierDump => LaterDump,
            LaterDump => ChooseDump,
            ChooseDump => NextView,
            NextView => SaveView,
            SaveView => Export,
            Export => AsInFile,
            AsInFile => Figure,
            Figure => Help,
            Help => Quit,
            Quit => Leave,
            Leave => Detach,
            Detach => Drain,
            Drain => CancelAll,
            CancelAll => Back,
            Back => Mouse,
            Mouse => Suspend,
            Suspend => Redraw,
            Redraw => Accept,
            Accept => Yes,
            Yes => No,
            No => return None,
        })
    }

    #[test]
    fn every_action_can_be_asked_for_with_a_key() {
        let keymap = Keymap::default();
        let mut action = Some(Action::Go(Move::Up));
        while let Some(wanted) = action {
            let asks = |context: &Context| keymap.key(*context, wanted).is_some();
            assert!(Context::ALL.iter().any(asks), "no key asks for {wanted:?}");
            action = after(wanted);
        }
        for binding in &keymap.bindings {
            assert!(!binding.chords.is_empty(), "{} has a place without a key", binding.entry.name);
        }
    }

    #[test]
    fn no_key_means_two_things_in_one_place() {
        let mut seen = HashSet::new();
        for binding in &Keymap::default().bindings {
            for chord in &binding.chords {
                assert!(seen.insert((binding.context, *chord)), "{chord} is bound twice in {:?}", binding.context);
            }
        }
    }

    #[test]
    fn every_action_has_a_name_of_its_own_and_words() {
        let mut seen = HashSet::new();
        for entry in ACTIONS {
            assert!(seen.insert(entry.name), "{} stands twice", entry.name);
            assert!(entry.name.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{entry:?}");
            assert!(!entry.title.is_empty() && !entry.places.is_empty(), "{entry:?}");
            assert!(entry.help.starts_with(char::is_uppercase) && !entry.help.ends_with('.'), "{entry:?}");
        }
    }

    #[test]
    fn shift_is_part_of_the_letter_on_every_kind_of_keyboard() {
        let plain = KeyEvent::new(KeyCode::Char('R'), KeyModifiers::NONE);
        let legacy = KeyEvent::new(KeyCode::Char('R'), KeyModifiers::SHIFT);
        let enhanced = KeyEvent::new(KeyCode::Char('r'), KeyModifiers::SHIFT);
        let resolve = |event| Keymap::default().resolve(&[Context::Everywhere], event);
        for event in [plain, legacy, enhanced] {
            assert_eq!(resolve(event), Some(Action::RetryFailed), "{event:?}");
        }
        assert_eq!(resolve(KeyEvent::new(KeyCode::Char('c'), KeyModifiers::ALT)), None);
    }
}
