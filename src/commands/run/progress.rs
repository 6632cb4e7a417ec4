//! How far a run is, on one line of a terminal that is drawn over and over.

use crate::commands::output;
use crate::protocol::{Counts, Eta};
use crate::report::write::text::Look;
use crate::text::width::truncate;
use crate::text::{Safe, human};

/// Columns of the bar itself.
const BAR: u64 = 24;

/// The line, and what it shows now.
#[derive(Debug)]
pub(super) struct Progress {
    look: Look,
    shown: Option<Safe>,
}

impl Progress {
    pub(super) fn new(look: Look) -> Self {
        Self { look, shown: None }
    }

    /// Columns of the terminal.
    pub(super) fn width(&self) -> usize {
        self.look.width.unwrap_or(80)
    }

    /// Shows how it stands, where that is something else than is shown.
    pub(super) fn show(&mut self, eta: Option<Eta>, counts: Counts, ran_ms: u64) {
        let line = line(eta, counts, ran_ms, self.look);
        if self.shown.as_ref() != Some(&line) {
            output::show_progress(&line);
            self.shown = Some(line);
        }
    }

    /// Makes room for a line that stays.
    pub(super) fn hide(&mut self) {
        if self.shown.take().is_some() {
            output::hide_progress();
        }
    }
}

/// `▐███████▌··▌ 12/16  3 running  1 not ok  0:31  ETA ~0:10`. It is shorter than the terminal is wide, or it would take two lines.
fn line(eta: Option<Eta>, counts: Counts, ran_ms: u64, look: Look) -> Safe {
    let (full, empty) = if look.unicode { ("█", "·") } else { ("#", ".") };
    let ended = u64::from(counts.ok + counts.not_ok);
    let done = ended * BAR / u64::from(counts.total).max(1);
    let bar = full.repeat(done as usize) + &empty.repeat((BAR - done) as usize);
    let mut parts = vec![format!("{bar} {ended}/{}", counts.total)];
    let told = [
        (counts.running, "running"),
        (counts.paused, "paused"),
        (counts.queued + counts.blocked, "waiting"),
        (counts.failed(), "not ok"),
        (counts.cancelled, "cancelled"),
    ];
    parts.extend(told.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")));
    parts.push(human::clock(ran_ms));
    if let Some(eta) = eta {
        parts.push(format!("ETA ~{}", human::clock(eta.high_ms)));
    }
    let line = Safe::line(&parts.join("  "));
    match look.width {
        Some(width) => Safe::line(&truncate(line.as_str(), width.saturating_sub(1))),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_never_fills_a_terminal_and_tells_what_counts() {
        let counts = Counts { total: 16, ok: 10, not_ok: 2, cancelled: 1, running: 3, queued: 1, ..Counts::default() };
        let told =
            |width, unicode| line(None, counts, 31_000, Look { width: Some(width), unicode }).as_str().to_owned();
        assert_eq!(
            told(100, false),
            "##################...... 12/16  3 running  1 waiting  1 not ok  1 cancelled  0:31"
        );
        assert!(told(100, true).starts_with("██████████████████······ 12/16"));
        for width in 1..100 {
            assert!(crate::text::width::width(&told(width, true)) < width.max(2), "{width}");
        }
        let nothing = line(None, Counts::default(), 0, Look { width: None, unicode: false });
        assert!(nothing.as_str().contains("0/0"));
    }
}
