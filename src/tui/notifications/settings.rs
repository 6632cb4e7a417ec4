//! What a user may set.

/// What is called out, how, and what the window shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notifications {
    /// What is worth a call.
    pub on: Vec<Occasion>,
    /// How it is made; none makes no call.
    pub by: Vec<Way>,
    /// Whether the window's title tells how far the sweep is.
    pub title: bool,
    /// Whether the terminal shows it as progress.
    pub progress: ShowsProgress,
}

impl Notifications {
    /// The same, as far as the terminal is made for it, by what the environment says of that.
    pub(crate) fn fitting(mut self, get: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| get(name).filter(|value| !value.is_empty());
        // No window is around those.
        self.title &= !matches!(set("TERM").as_deref(), None | Some("dumb" | "linux"));
        if self.progress == ShowsProgress::WhereKnown && shows_progress(&set) {
            self.progress = ShowsProgress::Always;
        }
        self
    }
}

impl Default for Notifications {
    /// What happens seldom and ends the waiting is worth a bell. A failure is not: a night of them would ring all night.
    fn default() -> Self {
        Self {
            on: vec![Occasion::Done, Occasion::Notice],
            by: vec![Way::Bell],
            title: true,
            progress: ShowsProgress::WhereKnown,
        }
    }
}

/// What is worth a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    /// Everything has ended.
    Done,
    /// A simulation has failed. What fails soon after another is told with it.
    Failed,
    /// There is something that a person must know, such as a full disk or a queue that is paused because all that ran has failed.
    Notice,
}

impl Occasion {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Done, Self::Failed, Self::Notice];

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Notice => "notice",
        }
    }
}

/// How a call is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// BEL, which tmux and screen pass on as a mark of their window.
    Bell,
    /// A message of the desktop, as iTerm2, kitty, `WezTerm`, ghostty and Windows' terminals show it.
    Osc9,
    /// A message of the desktop, as urxvt, foot, ghostty and terminals made with VTE show it.
    Osc777,
}

impl Way {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Bell, Self::Osc9, Self::Osc777];

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Bell => "bell",
            Self::Osc9 => "osc9",
            Self::Osc777 => "osc777",
        }
    }
}

/// Whether a terminal is told how far the sweep is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShowsProgress {
    /// Where the environment names one that shows it.
    WhereKnown,
    /// Whatever terminal it is.
    Always,
    /// Never.
    Never,
}

impl ShowsProgress {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::WhereKnown, Self::Always, Self::Never];

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::WhereKnown => "auto",
            Self::Always => "true",
            Self::Never => "false",
        }
    }
}

/// Whether this is one of the terminals that are known to show OSC 9;4 as progress, by what they set: Windows Terminal, `ConEmu`, `WezTerm`,
/// ghostty, and iTerm2 where its list of features has the `P` of progress (iTerm2, "Feature Reporting").
fn shows_progress(set: &impl Fn(&str) -> Option<String>) -> bool {
    let program = set("TERM_PROGRAM").unwrap_or_default();
    set("WT_SESSION").is_some()
        || set("ConEmuANSI").is_some_and(|value| value == "ON")
        || matches!(program.as_str(), "WezTerm" | "ghostty")
        || (program == "iTerm.app" && set("TERM_FEATURES").is_some_and(|features| features.contains('P')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn around(pairs: &[(&str, &str)]) -> (bool, bool) {
        let get = |name: &str| pairs.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
        let fitting = Notifications::default().fitting(get);
        (fitting.title, fitting.progress == ShowsProgress::Always)
    }

    #[test]
    fn progress_is_for_terminals_that_are_known_to_show_it_and_titles_for_those_in_a_window() {
        const X: (&str, &str) = ("TERM", "xterm-256color");
        assert_eq!(around(&[X]), (true, false));
        for known in [
            &[("WT_SESSION", "x")][..],
            &[("ConEmuANSI", "ON")],
            &[("TERM_PROGRAM", "ghostty")],
            &[("TERM_PROGRAM", "iTerm.app"), ("TERM_FEATURES", "T3CwP")],
        ] {
            assert_eq!(around(&[&[X], known].concat()), (true, true), "{known:?}");
        }
        for other in [
            &[("TERM_PROGRAM", "iTerm.app"), ("TERM_FEATURES", "T3Cw")][..],
            // It would keep it for itself.
            &[("TERM_PROGRAM", "tmux")],
            &[("ConEmuANSI", "OFF")],
        ] {
            assert_eq!(around(&[&[X], other].concat()), (true, false), "{other:?}");
        }
        for term in ["linux", "dumb", ""] {
            assert_eq!(around(&[("TERM", term)]), (false, false), "{term:?}");
        }
    }

    #[test]
    fn who_says_what_they_want_gets_it() {
        let get = |name: &str| (name == "WT_SESSION").then(|| "x".to_owned());
        let never = Notifications { progress: ShowsProgress::Never, ..Notifications::default() };
        assert_eq!(never.fitting(get).progress, ShowsProgress::Never);
    }
}
