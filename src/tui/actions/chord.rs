//! A key with the modifiers that matter, and how it is written.

use std::fmt;
use std::str::FromStr;

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// A key with the modifiers that matter. Shift is part of the character.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Chord {
    code: KeyCode,
    ctrl: bool,
    alt: bool,
}

/// Text that is no chord.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no key: write one such as `x`, `G`, `space`, `f5`, `ctrl+d` or `alt+enter`")]
pub struct ChordError(String);

/// The keys that are written as words.
const NAMED: &[(&str, KeyCode)] = &[
    ("space", KeyCode::Char(' ')),
    ("enter", KeyCode::Enter),
    ("esc", KeyCode::Esc),
    ("tab", KeyCode::Tab),
    // Terminals report Shift with Tab as a key of its own.
    ("shift+tab", KeyCode::BackTab),
    ("backspace", KeyCode::Backspace),
    ("delete", KeyCode::Delete),
    ("insert", KeyCode::Insert),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("pgup", KeyCode::PageUp),
    ("pgdn", KeyCode::PageDown),
];

/// Function keys that any keyboard or terminal has.
const FUNCTION_KEYS: std::ops::RangeInclusive<u8> = 1..=24;

impl Chord {
    /// The chord of a key event, or none for keys that cannot be written.
    pub fn of(event: KeyEvent) -> Option<Self> {
        if event.modifiers.intersects(KeyModifiers::SUPER | KeyModifiers::META | KeyModifiers::HYPER) {
            return None;
        }
        let code = match event.code {
            // Enhanced keyboards report Shift beside the plain letter.
            KeyCode::Char(c) if event.modifiers.contains(KeyModifiers::SHIFT) => KeyCode::Char(c.to_ascii_uppercase()),
            other => other,
        };
        let (ctrl, alt) = (KeyModifiers::CONTROL, KeyModifiers::ALT);
        Self::new(code, event.modifiers.contains(ctrl), event.modifiers.contains(alt))
    }

    fn new(code: KeyCode, ctrl: bool, alt: bool) -> Option<Self> {
        let code = match code {
            // Terminals differ in whether they report the letter or the control character's own case.
            KeyCode::Char(c) if ctrl => KeyCode::Char(c.to_ascii_lowercase()),
            other => other,
        };
        let is_written = match code {
            KeyCode::Char(c) => c == ' ' || !(c.is_whitespace() || c.is_control()),
            KeyCode::F(number) => FUNCTION_KEYS.contains(&number),
            code => NAMED.iter().any(|(_, named)| *named == code),
        };
        is_written.then_some(Self { code, ctrl, alt })
    }

    /// The chord as the footer and the help write it, shorter than a file does.
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
            KeyCode::F(number) => format!("F{number}"),
            other => format!("{other:?}"),
        };
        let (alt, ctrl) = (if self.alt { "M-" } else { "" }, if self.ctrl { "^" } else { "" });
        format!("{alt}{ctrl}{name}")
    }
}

impl fmt::Display for Chord {
    /// Writes the chord as [`FromStr`] reads it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.ctrl { "ctrl+" } else { "" })?;
        f.write_str(if self.alt { "alt+" } else { "" })?;
        match (NAMED.iter().find(|(_, code)| *code == self.code), self.code) {
            (Some((name, _)), _) => f.write_str(name),
            (None, KeyCode::F(number)) => write!(f, "f{number}"),
            (None, KeyCode::Char(c)) => write!(f, "{c}"),
            (None, _) => unreachable!("a chord has a key that can be written"),
        }
    }
}

impl FromStr for Chord {
    type Err = ChordError;

    fn from_str(text: &str) -> Result<Self, ChordError> {
        let (mut key, mut ctrl, mut alt) = (text, false, false);
        loop {
            if let Some(rest) = key.strip_prefix("ctrl+").filter(|_| !ctrl) {
                (key, ctrl) = (rest, true);
            } else if let Some(rest) = key.strip_prefix("alt+").filter(|_| !alt) {
                (key, alt) = (rest, true);
            } else {
                break;
            }
        }
        let mut chars = key.chars();
        let single = chars.next().filter(|_| chars.as_str().is_empty());
        let named = || NAMED.iter().find(|(name, _)| *name == key).map(|(_, code)| *code);
        let function = || key.strip_prefix('f')?.parse().ok().map(KeyCode::F);
        let code = single.filter(|c| *c != ' ').map(KeyCode::Char).or_else(named).or_else(function);
        code.and_then(|code| Self::new(code, ctrl, alt)).ok_or_else(|| ChordError(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn code() -> impl Strategy<Value = KeyCode> {
        prop_oneof![
            any::<char>().prop_map(KeyCode::Char),
            any::<u8>().prop_map(KeyCode::F),
            (0..NAMED.len()).prop_map(|at| NAMED[at].1),
        ]
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_as_the_same_key(code in code(), ctrl: bool, alt: bool) {
            if let Some(chord) = Chord::new(code, ctrl, alt) {
                prop_assert_eq!(chord.to_string().parse(), Ok(chord));
            }
        }

        #[test]
        fn any_text_is_a_key_or_an_error_that_quotes_it(text in "((ctrl|alt|shift)\\+){0,2}(\\PC{0,3}|f[0-9]{0,4}|enter)") {
            match text.parse::<Chord>() {
                Ok(chord) => prop_assert_eq!(chord.to_string().parse(), Ok(chord)),
                Err(error) => prop_assert!(error.to_string().contains(&text)),
            }
        }
    }

    #[test]
    fn keys_are_written_as_people_write_them() {
        for text in ["ctrl+d", "alt+x", "f5", "space", "enter", "G", "+", "ctrl++", "shift+tab", "ctrl+alt+pgdn", "é"]
        {
            assert_eq!(text.parse::<Chord>().unwrap().to_string(), text);
        }
        for text in ["", " ", "ctrl+", "ctrl+ctrl+d", "f0", "f25", "F5", "xy", "super+x", "ctrl + d", "\t"] {
            assert!(text.parse::<Chord>().is_err(), "{text:?}");
        }
    }
}
