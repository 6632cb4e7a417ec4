//! What the window says that the terminal is in.

use super::news::{is_done, own_counts};
use crate::protocol::{Header, QueueState};
use crate::text::Safe;

/// How far the sweep is, as a title and as progress.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Window {
    /// The title. What changes stands first: a tab shows the beginning.
    pub(crate) title: Safe,
    /// How far, while something is left to be done.
    pub(crate) progress: Option<Progress>,
}

/// How far, and how it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    /// Nothing has failed.
    Going(u8),
    /// Something has failed.
    WithFailures(u8),
    /// The queue does not launch.
    Paused(u8),
}

impl Window {
    /// What it says of an experiment.
    pub(crate) fn of(header: &Header, unicode: bool) -> Self {
        let counts = own_counts(header);
        let (ended, failed) = (counts.ok + counts.not_ok, counts.failed());
        let mut parts = vec![format!("{ended}/{}", counts.total)];
        if failed > 0 {
            parts.push(format!("{failed} failed"));
        }
        let is_done = is_done(&counts);
        if is_done {
            parts.push("done".to_owned());
        } else if header.queue == QueueState::Paused {
            parts.push("queue paused".to_owned());
        }
        parts.push(header.name.clone());
        let title = Safe::line(&parts.join(if unicode { " · " } else { " - " }));
        let percent = u64::from(ended) * 100 / u64::from(counts.total.max(1));
        let percent = u8::try_from(percent).unwrap_or(100);
        let progress = match header.queue {
            _ if is_done || counts.total == 0 => None,
            QueueState::Paused => Some(Progress::Paused(percent)),
            _ if failed > 0 => Some(Progress::WithFailures(percent)),
            _ => Some(Progress::Going(percent)),
        };
        Self { title, progress }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Counts;
    use crate::tui::tests::header;

    fn window(counts: Counts, queue: QueueState) -> (String, Option<Progress>) {
        let mut header = header();
        (header.counts, header.queue, header.shard) = (Counts { total: 8, ..counts }, queue, None);
        header.name = "l2".to_owned();
        let Window { title, progress } = Window::of(&header, true);
        (title.into_string(), progress)
    }

    #[test]
    fn a_title_begins_with_what_changes() {
        let going = Counts { ok: 2, running: 6, ..Counts::default() };
        assert_eq!(window(going, QueueState::Open), ("2/8 · l2".to_owned(), Some(Progress::Going(25))));
        let failing = Counts { ok: 2, not_ok: 2, cancelled: 1, ..Counts::default() };
        let told = ("4/8 · 1 failed · l2".to_owned(), Some(Progress::WithFailures(50)));
        assert_eq!(window(failing, QueueState::Open), told);
        let told = ("4/8 · 1 failed · queue paused · l2".to_owned(), Some(Progress::Paused(50)));
        assert_eq!(window(failing, QueueState::Paused), told);
        let done = Counts { ok: 8, ..Counts::default() };
        assert_eq!(window(done, QueueState::Open), ("8/8 · done · l2".to_owned(), None));
        let later = Counts { ok: 8, awaiting: 1, ..Counts::default() };
        assert_eq!(window(later, QueueState::Open), ("8/8 · l2".to_owned(), Some(Progress::Going(100))));
    }

    #[test]
    fn a_name_cannot_end_the_title() {
        let mut header = header();
        header.name = "x\u{1b}\\\u{7}\u{9c}y".to_owned();
        let title = Window::of(&header, true).title;
        assert!(title.chars().all(|c| !c.is_control()), "{title:?}");
    }
}
