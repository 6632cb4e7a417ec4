//! What the terminal says of its ground.
//!
//! It is asked once and not waited for: the answer comes among the keys whenever it comes, over a slow line perhaps long after the
//! first frame, or never. The terminal library does not know it and makes keys of it, `ESC ]` and then a letter each, and a letter is an
//! action. So all that comes is looked at here first until the answer has come.

use ratatui::crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// Asks for the ground (OSC 11).
pub(super) const QUESTION: &str = "\x1b]11;?\x1b\\";

/// The beginning of an answer, behind `ESC ]`.
const ANSWER: &str = "11;";

/// No answer is longer.
const LONGEST: usize = 64;

/// Takes the answer out of what comes from the terminal.
#[derive(Debug, Default)]
pub(super) struct Ground {
    awaits: bool,
    /// What has come of an answer behind `ESC ]`.
    answer: Option<String>,
    /// An Escape that may have been the first half of `ESC ]`: the line may cut anywhere.
    escaped: bool,
}

/// What an event was.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// Nothing of an answer.
    Event,
    /// A part of the answer.
    Part,
    /// The end of it: whether the ground is light, where that could be read.
    Light(Option<bool>),
}

impl Ground {
    /// One that was asked for.
    pub(super) fn asked() -> Self {
        Self { awaits: true, ..Self::default() }
    }

    /// Looks at an event.
    pub(super) fn hear(&mut self, event: &Event) -> Heard {
        let Event::Key(key) = event else { return Heard::Event };
        if !self.awaits || key.kind == KeyEventKind::Release {
            return Heard::Event;
        }
        let was_escaped = std::mem::take(&mut self.escaped);
        if let Some(answer) = &mut self.answer {
            if ends(*key) {
                let light = light_in(answer);
                *self = Self::default();
                return Heard::Light(light);
            }
            match key.code {
                // The last half of `ESC \`, cut off.
                KeyCode::Esc => return Heard::Part,
                KeyCode::Char(c) if key.modifiers.difference(KeyModifiers::SHIFT).is_empty() => {
                    let fits = ANSWER.chars().nth(answer.len()).is_none_or(|wanted| wanted == c);
                    if fits && answer.len() < LONGEST {
                        answer.push(c);
                        return Heard::Part;
                    }
                }
                _ => {}
            }
            // It was no answer.
            self.answer = None;
            return Heard::Event;
        }
        match (key.code, key.modifiers) {
            (KeyCode::Char(']'), KeyModifiers::ALT) => self.answer = Some(String::new()),
            (KeyCode::Char(']'), KeyModifiers::NONE) if was_escaped => self.answer = Some(String::new()),
            (KeyCode::Esc, KeyModifiers::NONE) => {
                self.escaped = true;
                return Heard::Event;
            }
            _ => return Heard::Event,
        }
        Heard::Part
    }
}

/// BEL, or `ESC \`, as the terminal library tells them.
fn ends(key: KeyEvent) -> bool {
    matches!(
        (key.code, key.modifiers),
        (KeyCode::Char('g'), KeyModifiers::CONTROL) | (KeyCode::Char('\\'), KeyModifiers::ALT | KeyModifiers::NONE)
    )
}

/// Whether `11;rgb:ffff/ffff/ffff` is light. Parts have one to four digits, and a fourth one is opacity.
fn light_in(answer: &str) -> Option<bool> {
    let (_, parts) = answer.split_once("rgb")?;
    let parts = parts.trim_start_matches(['a', ':']);
    let part = |text: &str| {
        let most = 16_u32.checked_pow(u32::try_from(text.len()).ok()?)?.checked_sub(1).filter(|most| *most > 0)?;
        Some(f64::from(u32::from_str_radix(text, 16).ok()?) / f64::from(most))
    };
    let mut parts = parts.split('/').map(part);
    let (red, green, blue) = (parts.next()??, parts.next()??, parts.next()??);
    Some(0.299 * red + 0.587 * green + 0.114 * blue > 0.5)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(code: KeyCode, modifiers: KeyModifiers) -> Event {
        Event::Key(KeyEvent::new(code, modifiers))
    }

    /// The events that the terminal library makes of this text.
    fn events(text: &str) -> Vec<Event> {
        let mut events = Vec::new();
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            events.push(match c {
                '\x1b' => match chars.next() {
                    Some(c) => key(KeyCode::Char(c), KeyModifiers::ALT),
                    None => key(KeyCode::Esc, KeyModifiers::NONE),
                },
                '\x07' => key(KeyCode::Char('g'), KeyModifiers::CONTROL),
                c => key(KeyCode::Char(c), KeyModifiers::NONE),
            });
        }
        events
    }

    /// What of the text is taken for keys, and what the terminal has said of its ground.
    fn heard(events: &[Event]) -> (usize, Option<bool>) {
        let mut ground = Ground::asked();
        let (mut keys, mut light) = (0, None);
        for event in events {
            match ground.hear(event) {
                Heard::Event => keys += 1,
                Heard::Part => {}
                Heard::Light(told) => light = told,
            }
        }
        (keys, light)
    }

    #[test]
    fn an_answer_is_heard_and_none_of_it_is_a_key() {
        for (text, light) in [
            ("\x1b]11;rgb:ffff/ffff/ffff\x1b\\", Some(true)),
            ("\x1b]11;rgb:1e1e/1e1e/1e1e\x07", Some(false)),
            ("\x1b]11;rgb:ff/ff/e0\x07", Some(true)),
            ("\x1b]11;rgba:0000/0000/0000/ffff\x07", Some(false)),
            ("\x1b]11;?\x07", None),
        ] {
            assert_eq!(heard(&events(text)), (0, light), "{text:?}");
            // Keys around it are keys.
            let around = format!("jj{text}k");
            assert_eq!(heard(&events(&around)), (3, light), "{text:?}");
        }
    }

    #[test]
    fn a_cut_behind_any_escape_makes_no_key_of_a_letter() {
        let mut cut = vec![key(KeyCode::Esc, KeyModifiers::NONE)];
        cut.extend(events("]11;rgb:ffff/ffff/ffff"));
        cut.push(key(KeyCode::Esc, KeyModifiers::NONE));
        cut.extend(events("\\"));
        // Escape alone was an Escape: nobody knew better when it came.
        assert_eq!(heard(&cut), (1, Some(true)));
    }

    #[test]
    fn what_is_no_answer_is_keys_and_so_is_all_that_comes_later() {
        assert_eq!(heard(&events("\x1b]jk")).0, 2);
        let late = format!("\x1b]11;rgb:0/0/0\x07{}", "\x1b]11;r");
        assert_eq!(heard(&events(&late)), (5, Some(false)));
        let mut nobody_asked = Ground::default();
        assert!(events("\x1b]11;").iter().all(|event| nobody_asked.hear(event) == Heard::Event));
    }

    #[test]
    fn an_answer_that_never_ends_does_not_take_the_keyboard() {
        let endless = format!("\x1b]11;{}", "f".repeat(500));
        assert!(heard(&events(&endless)).0 > 300);
    }
}
