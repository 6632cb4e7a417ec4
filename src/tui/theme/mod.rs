//! Colours and glyphs.
//!
//! A meaning is never carried by colour alone: every status has a glyph and a word, and every glyph has an ASCII form
//! for terminals that have nothing else. `looks` is the one table of what meanings look like, `choose` finds out which of its columns
//! fits the terminal.

mod choose;
mod looks;
mod states;

pub use choose::{Surroundings, ThemeName};
pub use states::states;

use ratatui::style::{Color, Modifier, Style};

use crate::gem5::log::{Severity, classify};
use crate::protocol::Status;
use crate::text::{Colour, SpanStyle, StyledLine};

/// Which colours mean what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colours {
    /// None, or the user asked for none.
    None,
    /// The eight or sixteen that the user's palette defines.
    Ansi,
    /// Of the palette of 256, for a dark ground.
    Dark,
    /// Of the palette of 256, for a light ground.
    Light,
    /// Of the palette of 256, on a ground of its own, as far apart as can be.
    Contrast,
}

impl Colours {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::None, Self::Ansi, Self::Dark, Self::Light, Self::Contrast];
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
    /// How often something is there.
    Times,
    /// What begins further left.
    CutBefore,
    /// What goes on further right.
    CutBehind,
    /// What stands below this is shown.
    Unfolded,
    /// What stands below this is not shown.
    Folded,
    /// The smallest is on top.
    Ascending,
    /// The largest is on top.
    Descending,
}

impl Theme {
    /// The style of text that means this.
    pub fn style(self, role: Role) -> Style {
        looks::style(self.colours, role)
    }

    /// Ink and ground of everything that has none of its own, where the theme does not leave them to the terminal.
    pub fn base(self) -> Option<(Color, Color)> {
        (self.colours == Colours::Contrast).then_some((looks::INK, looks::GROUND))
    }

    /// Ink and ground for a number that is this part of the largest one; none where grounds cannot tell it.
    pub fn shade(self, part: f64) -> Option<Style> {
        looks::shade(self.colours, part)
    }

    /// What a series of a figure looks like, the first one being 0.
    pub fn series(self, at: usize) -> Style {
        looks::series(self.colours, at)
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
            Glyph::Times => ("×", "x"),
            Glyph::CutBefore => ("…", "<"),
            Glyph::CutBehind => ("…", ">"),
            Glyph::Unfolded => ("▾", "v"),
            Glyph::Folded => ("▸", ">"),
            Glyph::Ascending => ("▲", "^"),
            Glyph::Descending => ("▼", "v"),
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
            // Nobody knows how those of a log look on this ground.
            (Colours::None | Colours::Contrast, _) | (Colours::Ansi, Colour::Rgb(..) | Colour::Indexed(16..)) => None,
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

    const ROLES: [Role; 15] = [
        Role::Text,
        Role::Dim,
        Role::Border,
        Role::BorderFocused,
        Role::Title,
        Role::Accent,
        Role::Running,
        Role::Paused,
        Role::Good,
        Role::Bad,
        Role::Warn,
        Role::Selected,
        Role::SelectedElsewhere,
        Role::Match,
        Role::CurrentMatch,
    ];

    #[test]
    fn without_colours_nothing_has_one_and_what_matters_is_told_apart_all_the_same() {
        let theme = Theme { colours: Colours::None, unicode: true };
        for role in ROLES {
            let style = theme.style(role);
            assert_eq!((style.fg, style.bg), (None, None), "{role:?}");
        }
        for theme in Colours::ALL.map(|colours| Theme { colours, unicode: true }) {
            for (one, other) in [
                (Role::Text, Role::Selected),
                (Role::SelectedElsewhere, Role::Selected),
                (Role::Text, Role::Match),
                (Role::Match, Role::CurrentMatch),
            ] {
                assert_ne!(theme.style(one), theme.style(other), "{theme:?}: {one:?} and {other:?}");
            }
        }
    }

    /// The colour of an index of the palette of 256, as terminals have it by default; none of the first 16, which users define.
    fn rgb(colour: Color) -> Option<[f64; 3]> {
        let Color::Indexed(index) = colour else { return None };
        let level = |at: u8| if at == 0 { 0.0 } else { f64::from(55 + 40 * at) };
        match index {
            ..16 => None,
            232.. => Some([f64::from(8 + 10 * (index - 232)); 3]),
            _ => Some([level((index - 16) / 36), level((index - 16) / 6 % 6), level((index - 16) % 6)]),
        }
    }

    /// How far apart two colours are, as WCAG counts it: from 1 to 21.
    fn contrast(one: [f64; 3], other: [f64; 3]) -> f64 {
        let luminance = |rgb: [f64; 3]| -> f64 {
            let linear = rgb
                .map(|part| part / 255.0)
                .map(|part| if part <= 0.039_28 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) });
            0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
        };
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    #[test]
    fn what_is_to_be_read_can_be_read_on_its_ground() {
        for (colours, ground, least) in
            [(Colours::Dark, [20.0; 3], 4.0), (Colours::Light, [255.0; 3], 4.0), (Colours::Contrast, [0.0; 3], 7.0)]
        {
            let theme = Theme { colours, unicode: true };
            // A frame that is not looked at may be faint.
            for role in ROLES.into_iter().filter(|role| *role != Role::Border) {
                let style = theme.style(role);
                let Some(ink) = style.fg.and_then(rgb) else { continue };
                let ground = style.bg.and_then(rgb).unwrap_or(ground);
                let seen = contrast(ink, ground);
                assert!(seen >= least, "{colours:?} {role:?}: {seen:.1}");
            }
            for part in [0.0, 0.2, 0.4, 0.6, 0.8, 1.0] {
                let style = theme.shade(part).expect("a shade");
                let (ink, ground) = (style.fg.and_then(rgb).unwrap(), style.bg.and_then(rgb).unwrap());
                assert!(contrast(ink, ground) >= 3.0, "{colours:?} {part}");
            }
        }
    }

    #[test]
    fn series_of_figures_can_be_read_on_their_ground_and_told_apart() {
        for (colours, ground) in
            [(Colours::Dark, [30.0; 3]), (Colours::Light, [255.0; 3]), (Colours::Contrast, [0.0; 3])]
        {
            let theme = Theme { colours, unicode: true };
            let inks: Vec<[f64; 3]> = (0..8).map(|at| theme.series(at).fg.and_then(rgb).expect("an ink")).collect();
            for (at, ink) in inks.iter().enumerate() {
                let seen = contrast(*ink, ground);
                assert!(seen >= 4.5, "{colours:?} {at}: {seen:.1}");
                assert!(!inks[..at].contains(ink), "{colours:?} {at}");
            }
        }
    }

    #[test]
    fn every_outcome_that_is_ok_looks_ok() {
        use crate::gem5::{Outcome, OutcomeKind};
        let theme = Theme { colours: Colours::Dark, unicode: true };
        for kind in OutcomeKind::ALL {
            let (glyph, role) = theme.status(&Status::Ended { outcome: Outcome::new(kind, String::new()) });
            assert_eq!((glyph == theme.glyph(Glyph::Ok), role == Role::Good), (kind.is_ok(), kind.is_ok()), "{kind:?}");
        }
    }

    #[test]
    fn every_glyph_is_one_column_wide() {
        use Glyph::{
            Ascending, Backoff, Blocked, Cancelled, Continues, Cursor, CutBefore, CutBehind, Descending, Dot, Failed,
            Folded, Launching, Lost, Marked, NoValue, Ok, Paused, Queued, Running, Stopping, Unfolded,
        };
        for unicode in [false, true] {
            let theme = Theme { colours: Colours::None, unicode };
            for glyph in [
                Launching, Running, Paused, Stopping, Queued, Blocked, Backoff, Ok, Failed, Cancelled, Lost, Marked,
                Continues, Cursor, CutBefore, CutBehind, Dot, NoValue, Folded, Unfolded, Ascending, Descending,
            ] {
                assert_eq!(width(theme.glyph(glyph)), 1, "{glyph:?}");
            }
        }
    }
}
