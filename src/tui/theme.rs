//! Colours and glyphs.
//!
//! A meaning is never carried by colour alone: every status has a glyph and a word, and every glyph has an ASCII form
//! for terminals that have nothing else.

use ratatui::style::{Color, Modifier, Style};

use crate::gem5::log::{Severity, classify};
use crate::protocol::Status;
use crate::text::{Colour, SpanStyle, StyledLine};

/// How many colours the terminal has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colours {
    /// None, or the user asked for none.
    None,
    /// The eight or sixteen that the user's palette defines.
    Ansi,
    /// The palette of 256, whose greys look the same on light and dark grounds.
    Indexed,
}

/// How the dashboard looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    /// The colours to use.
    pub colours: Colours,
    /// Whether the terminal shows more than ASCII.
    pub unicode: bool,
}

/// What a piece of text means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Plain text.
    Text,
    /// Text that matters less.
    Dim,
    /// The frame of a pane.
    Border,
    /// The frame of the pane that has the keys.
    BorderFocused,
    /// A title or a heading.
    Title,
    /// A value to notice, a key in the footer.
    Accent,
    /// Something that runs.
    Running,
    /// Something that is stopped for now.
    Paused,
    /// Something that ended well.
    Good,
    /// Something that went wrong.
    Bad,
    /// Something to be careful about.
    Warn,
    /// The selected row of the pane that has the keys.
    Selected,
    /// The selected row of another pane.
    SelectedElsewhere,
    /// Text that a search found.
    Match,
    /// The match that the search stands on.
    CurrentMatch,
}

/// A glyph with a meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Glyph {
    /// A process is being started.
    Launching,
    /// A process runs.
    Running,
    /// A process is stopped for now.
    Paused,
    /// A process was asked to end.
    Stopping,
    /// Waiting for a place.
    Queued,
    /// Waiting for another simulation.
    Blocked,
    /// Waiting before a retry.
    Backoff,
    /// Ended ok.
    Ok,
    /// Ended otherwise.
    Failed,
    /// Ended because the user said so.
    Cancelled,
    /// The end was not seen.
    Lost,
    /// The row was marked by the user.
    Marked,
    /// The cursor of a list.
    Cursor,
    /// The part of a list that is seen, in the edge of its pane.
    Scroll,
    /// Between two facts of one line.
    Dot,
    /// A value that does not exist.
    NoValue,
    /// What goes on from the line before.
    Continues,
    /// What stands below this is shown.
    Unfolded,
    /// What stands below this is not shown.
    Folded,
}

impl Theme {
    /// The theme that the environment asks for. `NO_COLOR` (no-color.org), `TERM`, `COLORTERM` and the locale decide.
    pub fn from_environment(get: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| get(name).filter(|value| !value.is_empty());
        let term = set("TERM").unwrap_or_default();
        let colours = if set("NO_COLOR").is_some() || term.is_empty() || term == "dumb" {
            Colours::None
        } else if term.contains("256")
            || set("COLORTERM").is_some()
            || term.contains("kitty")
            || term.contains("ghostty")
        {
            Colours::Indexed
        } else {
            Colours::Ansi
        };
        let locale = set("LC_ALL").or_else(|| set("LC_CTYPE")).or_else(|| set("LANG")).unwrap_or_default();
        let locale = locale.to_ascii_lowercase();
        Self { colours, unicode: locale.contains("utf-8") || locale.contains("utf8") }
    }

    /// The style of text that means this.
    pub fn style(self, role: Role) -> Style {
        let plain = Style::new();
        let colour = |ansi: Color, indexed: u8| match self.colours {
            Colours::None => plain,
            Colours::Ansi => plain.fg(ansi),
            Colours::Indexed => plain.fg(Color::Indexed(indexed)),
        };
        let grey = |indexed: u8| match self.colours {
            Colours::Indexed => plain.fg(Color::Indexed(indexed)),
            Colours::None | Colours::Ansi => plain.add_modifier(Modifier::DIM),
        };
        match role {
            Role::Text => plain,
            Role::Dim => grey(245),
            Role::Border => grey(240),
            Role::Title => plain.add_modifier(Modifier::BOLD),
            Role::Accent | Role::BorderFocused => colour(Color::Cyan, 38),
            Role::Running => colour(Color::Cyan, 39),
            Role::Good => colour(Color::Green, 71),
            Role::Bad => colour(Color::Red, 167),
            Role::Warn | Role::Paused => colour(Color::Yellow, 178),
            Role::Selected => match self.colours {
                Colours::None => plain.add_modifier(Modifier::REVERSED),
                Colours::Ansi => plain.bg(Color::Blue).fg(Color::White).add_modifier(Modifier::BOLD),
                Colours::Indexed => plain.bg(Color::Indexed(24)).fg(Color::Indexed(255)),
            },
            Role::SelectedElsewhere => match self.colours {
                Colours::Indexed => plain.bg(Color::Indexed(238)).fg(Color::Indexed(255)),
                Colours::None | Colours::Ansi => plain.add_modifier(Modifier::BOLD),
            },
            Role::Match => match self.colours {
                Colours::None => plain.add_modifier(Modifier::UNDERLINED),
                Colours::Ansi => plain.fg(Color::Black).bg(Color::Yellow),
                Colours::Indexed => plain.fg(Color::Indexed(16)).bg(Color::Indexed(179)),
            },
            Role::CurrentMatch => match self.colours {
                Colours::None => plain.add_modifier(Modifier::REVERSED),
                Colours::Ansi => plain.fg(Color::Black).bg(Color::Cyan),
                Colours::Indexed => plain.fg(Color::Indexed(16)).bg(Color::Indexed(81)),
            },
        }
    }

    /// The glyph in the set of this terminal. Always one column wide.
    pub fn glyph(self, glyph: Glyph) -> &'static str {
        let (unicode, ascii) = match glyph {
            Glyph::Launching => ("▷", ">"),
            Glyph::Running => ("▶", ">"),
            Glyph::Paused => ("‖", "="),
            Glyph::Stopping => ("■", "!"),
            Glyph::Queued => ("…", "."),
            Glyph::Blocked => ("◌", "-"),
            Glyph::Backoff => ("↻", "~"),
            Glyph::Ok => ("✔", "+"),
            Glyph::Failed => ("✖", "x"),
            Glyph::Cancelled => ("⊘", "/"),
            Glyph::Lost => ("?", "?"),
            Glyph::Marked => ("●", "*"),
            Glyph::Cursor => ("▌", ">"),
            Glyph::Scroll => ("┃", "#"),
            Glyph::Dot => ("·", "-"),
            Glyph::NoValue => ("—", "-"),
            Glyph::Continues => ("↪", ">"),
            Glyph::Unfolded => ("▾", "v"),
            Glyph::Folded => ("▸", ">"),
        };
        if self.unicode { unicode } else { ascii }
    }

    /// The glyph and the meaning of a status.
    pub fn status(self, status: &Status) -> (&'static str, Role) {
        use crate::gem5::OutcomeKind;
        let (glyph, role) = match status {
            Status::Blocked => (Glyph::Blocked, Role::Dim),
            Status::Queued | Status::Submitted => (Glyph::Queued, Role::Dim),
            Status::Backoff { .. } => (Glyph::Backoff, Role::Warn),
            Status::Launching => (Glyph::Launching, Role::Running),
            Status::Running { .. } => (Glyph::Running, Role::Running),
            Status::Paused => (Glyph::Paused, Role::Paused),
            Status::Stopping { .. } => (Glyph::Stopping, Role::Warn),
            Status::Ended { outcome } => match outcome.kind {
                kind if kind.is_ok() => (Glyph::Ok, Role::Good),
                OutcomeKind::Cancelled | OutcomeKind::Interrupted => (Glyph::Cancelled, Role::Warn),
                OutcomeKind::Lost => (Glyph::Lost, Role::Bad),
                _ => (Glyph::Failed, Role::Bad),
            },
        };
        (self.glyph(glyph), role)
    }

    /// The style of a part of a log line that sets its own colours.
    pub fn span(self, span: SpanStyle) -> Style {
        let colour = |colour: Colour| match (self.colours, colour) {
            (Colours::None, _) | (Colours::Ansi, Colour::Rgb(..) | Colour::Indexed(16..)) => None,
            (_, Colour::Indexed(index)) => Some(Color::Indexed(index)),
            (_, Colour::Rgb(r, g, b)) => Some(Color::Rgb(r, g, b)),
        };
        let mut style = Style::new();
        style.fg = span.fg.and_then(colour);
        style.bg = span.bg.and_then(colour);
        let modifiers = [
            (span.bold, Modifier::BOLD),
            (span.dim, Modifier::DIM),
            (span.underline, Modifier::UNDERLINED),
            (span.reverse, Modifier::REVERSED),
        ];
        for (_, modifier) in modifiers.into_iter().filter(|(on, _)| *on) {
            style = style.add_modifier(modifier);
        }
        style
    }
}

/// A part in a role.
pub fn part(theme: Theme, role: Role, text: impl Into<String>) -> (String, Style) {
    (text.into(), theme.style(role))
}

/// The style of a title.
pub fn title_style(theme: Theme, focused: bool) -> Style {
    let style = theme.style(Role::Title);
    if focused { style.patch(theme.style(Role::Accent)) } else { style.remove_modifier(Modifier::DIM) }
}

/// What a line is about, if it does not set colours itself.
pub fn severity(line: &StyledLine) -> Role {
    if line.spans.iter().any(|span| span.style != SpanStyle::default()) {
        return Role::Text;
    }
    match classify(&line.plain()).map(|line| line.severity) {
        Some(Severity::Panic | Severity::Fatal | Severity::Error) => Role::Bad,
        Some(Severity::Warn | Severity::Hack) => Role::Warn,
        Some(Severity::Info) | None => Role::Text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::width::width;

    fn theme(pairs: &[(&str, &str)]) -> Theme {
        Theme::from_environment(|name| pairs.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned()))
    }

    #[test]
    fn no_color_wins_over_every_other_variable() {
        let with = theme(&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor"), ("LANG", "C.UTF-8")]);
        assert_eq!(with, Theme { colours: Colours::Indexed, unicode: true });
        let without = theme(&[("TERM", "xterm-256color"), ("NO_COLOR", "1"), ("LANG", "C.UTF-8")]);
        assert_eq!(without.colours, Colours::None);
        for role in [Role::Bad, Role::Selected, Role::Match, Role::Running, Role::Border] {
            let style = without.style(role);
            assert_eq!((style.fg, style.bg), (None, None), "{role:?}");
        }
    }

    #[test]
    fn every_outcome_that_is_ok_looks_ok() {
        use crate::gem5::{Outcome, OutcomeKind};
        let theme = theme(&[("TERM", "xterm-256color"), ("LANG", "C.UTF-8")]);
        for kind in OutcomeKind::ALL {
            let (glyph, role) = theme.status(&Status::Ended { outcome: Outcome::new(kind, String::new()) });
            assert_eq!((glyph == theme.glyph(Glyph::Ok), role == Role::Good), (kind.is_ok(), kind.is_ok()), "{kind:?}");
        }
    }

    #[test]
    fn a_locale_without_utf_8_gets_ascii() {
        assert!(!theme(&[("TERM", "xterm"), ("LANG", "C")]).unicode);
        assert!(!theme(&[("LANG", "de_DE.UTF-8"), ("LC_ALL", "POSIX")]).unicode);
        assert!(theme(&[("LC_CTYPE", "en_US.utf8")]).unicode);
    }

    #[test]
    fn every_glyph_is_one_column_wide() {
        use Glyph::{
            Backoff, Blocked, Cancelled, Cursor, Dot, Failed, Folded, Launching, Lost, Marked, NoValue, Ok, Paused,
            Queued, Running, Stopping, Unfolded,
        };
        for unicode in [false, true] {
            let theme = Theme { colours: Colours::None, unicode };
            for glyph in [
                Launching, Running, Paused, Stopping, Queued, Blocked, Backoff, Ok, Failed, Cancelled, Lost, Marked,
                Cursor, Dot, NoValue, Folded, Unfolded,
            ] {
                assert_eq!(width(theme.glyph(glyph)), 1, "{glyph:?}");
            }
        }
    }
}
