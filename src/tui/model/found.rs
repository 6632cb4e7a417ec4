//! Finding an action by a few of its words.

use super::fuzzy::{Fit, fit};
use crate::tui::actions::{ACTIONS, Action, Context, Entry};

/// An action that words have found.
#[derive(Debug, Clone, Copy)]
pub struct Found {
    /// The action.
    pub entry: &'static Entry,
    /// Where it holds.
    pub context: Context,
    /// Whether that is where the user is.
    pub is_here: bool,
}

/// What people type who come from vi, and what it asks for here.
const VI: &[(&str, Action)] = &[
    ("q", Action::Leave),
    ("qa", Action::Leave),
    ("quit", Action::Leave),
    ("exit", Action::Leave),
    ("x", Action::Leave),
    ("wq", Action::Leave),
    ("q!", Action::Detach),
    ("qa!", Action::Detach),
    ("w", Action::SaveView),
    ("e", Action::Edit),
    ("e!", Action::Reload),
    ("h", Action::Help),
];

/// The actions that these words find, best first. Where nothing is typed all are found, those first that hold here.
pub(crate) fn find(text: &str, here: &[Context]) -> Vec<Found> {
    let text = text.trim();
    let found = |(at, entry): (usize, &'static Entry)| {
        let holds = |context: &&Context| here.contains(context);
        let places = || entry.places.iter().map(|(context, _)| context).filter(|context| can_be_gone_to(**context));
        let (context, is_here) = match places().find(holds) {
            Some(context) => (*context, true),
            // How to leave can be said at any time.
            None => (*places().next()?, entry.places.iter().all(|(context, _)| *context == Context::Leave)),
        };
        let rank = rank(entry, text)?;
        let first = if text.is_empty() { entry.priority.unwrap_or(u8::MAX) } else { 0 };
        Some(((rank, !is_here, first, at), Found { entry, context, is_here }))
    };
    let mut all: Vec<_> = ACTIONS.iter().enumerate().filter_map(found).collect();
    all.sort_by_key(|(rank, _)| *rank);
    all.into_iter().map(|(_, found)| found).collect()
}

/// Whether what holds there can be asked for from elsewhere.
fn can_be_gone_to(context: Context) -> bool {
    !matches!(
        context,
        Context::Dialog
            | Context::Help
            | Context::Cell
            | Context::Failures
            | Context::Grep
            | Context::Menu
            | Context::Map
    )
}

/// How well words fit an action, the lowest number best.
fn rank(entry: &Entry, text: &str) -> Option<u8> {
    let is_never = matches!(entry.action, Action::Palette | Action::Accept | Action::Yes | Action::No);
    let vi = VI.iter().any(|(word, action)| *word == text && *action == entry.action);
    let whole = |name: &str| fit(name, text) == Some(Fit::Whole);
    match text {
        _ if is_never => None,
        "" => Some(0),
        _ if vi => Some(0),
        text if entry.name == text => Some(1),
        text if entry.name.starts_with(text) || entry.title.starts_with(text) => Some(2),
        _ if whole(entry.name) || whole(entry.title) => Some(3),
        _ if whole(&format!("{} {} {}", entry.name, entry.title, entry.help)) => Some(4),
        text => fit(entry.name, text).map(|_| 5),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str, here: &[Context]) -> Vec<&'static str> {
        find(text, here).into_iter().map(|found| found.entry.name).collect()
    }

    const LIST: &[Context] = &[Context::List, Context::Everywhere];
    const LOG: &[Context] = &[Context::Log, Context::Detail, Context::Everywhere];

    #[test]
    fn a_few_letters_find_the_action_that_is_meant() {
        for (text, wanted) in [
            ("retry", "retry"),
            ("retry f", "retry-failed"),
            ("rf", "retry-failed"),
            ("dump", "dump-stats"),
            ("results", "show-results"),
            ("detach", "detach"),
            ("why", "show-why"),
            ("wrap", "wrap"),
        ] {
            assert_eq!(names(text, LIST).first(), Some(&wanted), "{text}");
        }
        assert!(names("zzzz", LIST).is_empty());
    }

    #[test]
    fn what_holds_here_comes_before_what_holds_elsewhere() {
        assert_eq!(names("filter", LIST)[0], "filter");
        assert_eq!(names("search", LOG)[0], "search");
        let found = find("follow", LIST);
        assert_eq!((found[0].context, found[0].is_here), (Context::Log, false));
        assert!(find("follow", LOG)[0].is_here);
        assert!(find("drain", LIST)[0].is_here);
    }

    #[test]
    fn words_of_vi_mean_what_their_typist_expects() {
        for (text, wanted) in [("q", "leave"), ("wq", "leave"), ("q!", "detach"), ("e", "edit"), ("e!", "reload")] {
            assert_eq!(names(text, LIST).first(), Some(&wanted), "{text}");
        }
    }

    #[test]
    fn every_action_can_be_found_but_the_answers_of_a_dialog() {
        let all = names("", LIST);
        for entry in ACTIONS {
            let is_answer = entry.places.iter().all(|(context, _)| !can_be_gone_to(*context));
            let is_never = matches!(entry.action, Action::Palette | Action::No);
            assert_eq!(all.contains(&entry.name), !is_answer && !is_never, "{}", entry.name);
        }
    }
}
