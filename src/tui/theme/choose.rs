//! Which colours fit: what the user wants, what the terminal has, and on which ground it writes.

use super::{Colours, Theme};

/// A theme by its name, as the configuration and `--theme` call it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ThemeName {
    /// What fits the ground of the terminal.
    Auto,
    /// For a dark ground.
    Dark,
    /// For a light ground.
    Light,
    /// On a ground of its own, as far apart as can be.
    Contrast,
    /// The sixteen colours that the user's palette defines.
    Ansi,
    /// No colours.
    None,
}

impl ThemeName {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Auto, Self::Dark, Self::Light, Self::Contrast, Self::Ansi, Self::None];

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Dark => "dark",
            Self::Light => "light",
            Self::Contrast => "contrast",
            Self::Ansi => "ansi",
            Self::None => "none",
        }
    }
}

/// What the environment tells of the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Surroundings {
    has_colours: bool,
    has_256: bool,
    unicode: bool,
    /// Whether the ground is light, where that is known.
    light: Option<bool>,
}

impl Surroundings {
    /// What the variables tell: `NO_COLOR` (no-color.org), `TERM`, `COLORTERM`, `COLORFGBG` and the locale.
    pub fn of(get: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| get(name).filter(|value| !value.is_empty());
        let term = set("TERM").unwrap_or_default();
        let has_colours = set("NO_COLOR").is_none() && !term.is_empty() && term != "dumb";
        let has_256 =
            term.contains("256") || set("COLORTERM").is_some() || term.contains("kitty") || term.contains("ghostty");
        let locale = set("LC_ALL").or_else(|| set("LC_CTYPE")).or_else(|| set("LANG")).unwrap_or_default();
        let locale = locale.to_ascii_lowercase();
        let unicode = locale.contains("utf-8") || locale.contains("utf8");
        Self { has_colours, has_256, unicode, light: set("COLORFGBG").and_then(|value| is_light(&value)) }
    }

    /// The theme that fits.
    pub fn theme(self, wanted: ThemeName) -> Theme {
        let colours = match wanted {
            // Who says so to all programs says so to this one.
            _ if !self.has_colours => Colours::None,
            ThemeName::None => Colours::None,
            ThemeName::Ansi => Colours::Ansi,
            ThemeName::Light => Colours::Light,
            ThemeName::Contrast => Colours::Contrast,
            ThemeName::Auto if !self.has_256 => Colours::Ansi,
            ThemeName::Auto if self.light == Some(true) => Colours::Light,
            ThemeName::Dark | ThemeName::Auto => Colours::Dark,
        };
        Theme { colours, unicode: self.unicode }
    }

    /// Whether the theme depends on a ground that only the terminal can tell.
    pub fn must_ask(self, wanted: ThemeName) -> bool {
        wanted == ThemeName::Auto && self.has_colours && self.has_256 && self.light.is_none()
    }
}

/// What `COLORFGBG` says, such as `0;15` or `15;default;0`: its last part is the colour of the ground.
fn is_light(value: &str) -> Option<bool> {
    match value.rsplit(';').next()?.trim().parse::<u8>().ok()? {
        7 | 9..=15 => Some(true),
        0..=6 | 8 => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn around(pairs: &[(&str, &str)]) -> Surroundings {
        Surroundings::of(|name| pairs.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned()))
    }

    const RICH: [(&str, &str); 3] = [("TERM", "xterm-256color"), ("COLORTERM", "truecolor"), ("LANG", "C.UTF-8")];

    #[test]
    fn no_color_wins_over_everything_else() {
        assert_eq!(around(&RICH).theme(ThemeName::Auto), Theme { colours: Colours::Dark, unicode: true });
        let without = around(&[&RICH[..], &[("NO_COLOR", "1")]].concat());
        for name in ThemeName::ALL {
            assert_eq!(without.theme(name).colours, Colours::None, "{name:?}");
        }
        assert!(!without.must_ask(ThemeName::Auto));
        assert_eq!(around(&[("TERM", "dumb")]).theme(ThemeName::Dark).colours, Colours::None);
    }

    #[test]
    fn the_ground_decides_where_it_is_known_and_is_asked_for_where_it_is_not() {
        for (value, colours, asks) in [
            ("15;0", Colours::Dark, false),
            ("0;15", Colours::Light, false),
            ("0;default;15", Colours::Light, false),
            ("12;8", Colours::Dark, false),
            ("default;default", Colours::Dark, true),
            ("", Colours::Dark, true),
        ] {
            let around = around(&[&RICH[..], &[("COLORFGBG", value)]].concat());
            assert_eq!((around.theme(ThemeName::Auto).colours, around.must_ask(ThemeName::Auto)), (colours, asks));
            assert!(!around.must_ask(ThemeName::Light), "who said it is not asked");
        }
        assert!(!around(&[("TERM", "xterm")]).must_ask(ThemeName::Auto), "sixteen colours are the user's own");
    }

    #[test]
    fn a_terminal_of_sixteen_colours_gets_them_unless_somebody_says_otherwise() {
        let around = around(&[("TERM", "xterm"), ("LANG", "C.UTF-8")]);
        assert_eq!(around.theme(ThemeName::Auto).colours, Colours::Ansi);
        assert_eq!(around.theme(ThemeName::Light).colours, Colours::Light);
    }

    #[test]
    fn a_locale_without_utf_8_gets_ascii() {
        let unicode = |pairs: &[(&str, &str)]| around(pairs).theme(ThemeName::Auto).unicode;
        assert!(!unicode(&[("TERM", "xterm"), ("LANG", "C")]));
        assert!(!unicode(&[("LANG", "de_DE.UTF-8"), ("LC_ALL", "POSIX")]));
        assert!(unicode(&[("LC_CTYPE", "en_US.utf8")]));
    }
}
