//! What was typed before, so that it need not be typed again.

use std::collections::BTreeMap;

use super::PromptKind;

/// So many lines of each kind are kept.
const MOST: usize = 100;

/// The lines that were typed, by what they were for.
#[derive(Debug, Default)]
pub struct History(BTreeMap<PromptKind, Vec<String>>);

impl History {
    /// Keeps a line as the newest of its kind.
    pub fn keep(&mut self, kind: PromptKind, line: &str) {
        if line.trim().is_empty() {
            return;
        }
        let lines = self.0.entry(kind).or_default();
        lines.retain(|known| known != line);
        lines.push(line.to_owned());
        if lines.len() > MOST {
            lines.remove(0);
        }
    }

    /// The line that is so many back, the newest being one back.
    pub fn back(&self, kind: PromptKind, back: usize) -> Option<&str> {
        let lines = self.0.get(&kind)?;
        lines.get(lines.len().checked_sub(back)?).filter(|_| back > 0).map(String::as_str)
    }
}
