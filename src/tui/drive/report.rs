//! Reports of the mouse that a line has cut in two.
//!
//! The terminal library puts a report together that comes in parts, but for one cut: an Escape that comes alone is the key. What comes
//! behind it would be keys too, `[<64;9;5M`, and there each of them is an action. Nobody types that fast, so what looks like the rest
//! of a report and comes at once behind an Escape is one, and is dropped.

use std::time::{Duration, Instant};

use ratatui::crossterm::event::{Event, KeyCode, KeyEventKind, KeyModifiers};

/// The rest of a report comes within this time. Two keys of a person are further apart.
const AT_ONCE: Duration = Duration::from_millis(40);

/// No report is longer.
const LONGEST: usize = 24;

/// Looks for the rest of a report among the keys.
#[derive(Debug, Default)]
pub(super) struct Report {
    /// When the last part came, and how much has come behind the Escape.
    part: Option<(Instant, usize)>,
}

impl Report {
    /// Whether an event is a part of a report, and so no key.
    pub(super) fn takes(&mut self, event: &Event, now: Instant) -> bool {
        let Event::Key(key) = event else {
            self.part = None;
            return false;
        };
        if key.kind == KeyEventKind::Release {
            return false;
        }
        if key.code == KeyCode::Esc && key.modifiers.is_empty() {
            self.part = Some((now, 0));
            return false;
        }
        let Some((_, so_far)) = self.part.take().filter(|(last, _)| now.saturating_duration_since(*last) <= AT_ONCE)
        else {
            return false;
        };
        let KeyCode::Char(c) = key.code else { return false };
        let fits = match so_far {
            0 => c == '[',
            1 => c == '<',
            _ => c.is_ascii_digit() || matches!(c, ';' | 'M' | 'm'),
        };
        let is_plain = key.modifiers.difference(KeyModifiers::SHIFT).is_empty();
        if !fits || !is_plain || so_far >= LONGEST {
            return false;
        }
        if !matches!(c, 'M' | 'm') {
            self.part = Some((now, so_far + 1));
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use ratatui::crossterm::event::KeyEvent;

    use super::*;

    /// What is left of keys, each so many milliseconds after the one before.
    fn left(keys: &[(KeyCode, u64)]) -> Vec<KeyCode> {
        let (mut report, mut now) = (Report::default(), Instant::now());
        let mut left = Vec::new();
        for (code, after) in keys {
            now += Duration::from_millis(*after);
            if !report.takes(&Event::Key(KeyEvent::new(*code, KeyModifiers::NONE)), now) {
                left.push(*code);
            }
        }
        left
    }

    fn chars(text: &str, after: u64) -> Vec<(KeyCode, u64)> {
        text.chars().map(|c| (KeyCode::Char(c), after)).collect()
    }

    #[test]
    fn a_report_that_was_cut_behind_its_escape_is_no_keys() {
        for report in ["[<64;9;5M", "[<0;120;40m", "[<35;1;1M", "[<0;0;0M"] {
            let keys = [vec![(KeyCode::Esc, 0)], chars(report, 1), chars("jM", 1)].concat();
            assert_eq!(left(&keys), [KeyCode::Esc, KeyCode::Char('j'), KeyCode::Char('M')], "{report}");
        }
    }

    #[test]
    fn who_presses_escape_and_then_a_key_of_that_name_is_heard() {
        let keys = [vec![(KeyCode::Esc, 0)], chars("[<0;", 150)].concat();
        assert_eq!(left(&keys).len(), keys.len());
        // Without an Escape nothing is a report.
        assert_eq!(left(&chars("[<64;9;5M", 0)).len(), 9);
        let keys = [vec![(KeyCode::Esc, 0)], chars("jk", 0)].concat();
        assert_eq!(left(&keys).len(), 3);
    }

    #[test]
    fn a_report_that_never_ends_does_not_take_the_keyboard() {
        let keys = [vec![(KeyCode::Esc, 0)], chars(&format!("[<{}", "1".repeat(500)), 0)].concat();
        assert!(left(&keys).len() > 400);
        let keys = [vec![(KeyCode::Esc, 0)], chars("[<64;", 1), chars("1", 500)].concat();
        assert_eq!(left(&keys), [KeyCode::Esc, KeyCode::Char('1')]);
    }
}
