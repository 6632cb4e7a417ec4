//! What a run tells before its end and at it, depending on who reads.

use std::time::{Duration, Instant};

use super::failed::Seen;
use super::progress::Progress;
use crate::commands::output;
use crate::protocol::{Counts, Header, SimView};
use crate::text::Safe;

/// Between two looks at the clock on the line that tells how far it is.
const SHOWN_EVERY: Duration = Duration::from_secs(1);

/// Columns of a line in a file, at most: enough for any cause that a person has written.
const USUAL_WIDTH: usize = 400;

/// What is told of a run, and how.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) enum ToldAs {
    /// JSON, for programs.
    Json,
    /// Nothing before the end.
    Quiet,
    /// A line for every transition, at a terminal, too.
    Lines,
    /// What suits whoever reads it.
    #[default]
    Usual,
}

impl ToldAs {
    /// What the options of a command line mean, of which there is one at most.
    pub(crate) fn of(json: bool, quiet: bool, lines: bool) -> Self {
        match (json, quiet, lines) {
            (true, ..) => Self::Json,
            (_, true, _) => Self::Quiet,
            (.., true) => Self::Lines,
            _ => Self::Usual,
        }
    }
}

/// What is told before the end.
enum Told {
    /// JSON.
    Json,
    /// A line for every transition.
    Lines,
    /// How far it is, on one line, and what has failed.
    Progress(Progress),
    /// Nothing.
    Nothing,
}

/// What is told, and what it is told from.
pub(super) struct Shown {
    told: Told,
    seen: Seen,
    /// The experiment as a command line names it again.
    file: String,
}

impl Shown {
    pub(super) fn of(told: ToldAs, file: &str) -> Self {
        let told = match told {
            ToldAs::Json => Told::Json,
            ToldAs::Quiet => Told::Nothing,
            ToldAs::Lines => Told::Lines,
            ToldAs::Usual => output::for_progress().map_or(Told::Lines, |look| Told::Progress(Progress::new(look))),
        };
        Self { told, seen: Seen::default(), file: file.to_owned() }
    }

    /// Whether programs read it.
    pub(super) fn json(&self) -> bool {
        matches!(self.told, Told::Json)
    }

    /// Waits for the next look at the clock.
    pub(super) async fn next_look(&self) {
        match self.told {
            Told::Progress(_) => tokio::time::sleep(SHOWN_EVERY).await,
            Told::Json | Told::Lines | Told::Nothing => std::future::pending().await,
        }
    }

    /// Tells how far it is, a while after `header` came.
    pub(super) fn progress(&mut self, header: Option<(&Header, Counts)>, since: Instant) {
        if let (Told::Progress(progress), Some((header, counts))) = (&mut self.told, header) {
            let more = if header.elapsed.ticking { since.elapsed().as_millis() as u64 } else { 0 };
            progress.show(header.eta, counts, header.elapsed.ms.saturating_add(more));
        }
    }

    /// Makes room for what is printed next.
    pub(super) fn make_room(&mut self) {
        if let Told::Progress(progress) = &mut self.told {
            progress.hide();
        }
    }

    /// Takes what simulations have become.
    pub(super) fn sims(&mut self, sims: Vec<SimView>, complete: bool) {
        let width = self.width();
        let failed = self.seen.take(sims, complete, width);
        if matches!(self.told, Told::Progress(_)) {
            failed.iter().for_each(output::complain);
        }
    }

    /// How long a line may be.
    fn width(&self) -> usize {
        match &self.told {
            Told::Progress(progress) => progress.width(),
            Told::Json | Told::Lines | Told::Nothing => USUAL_WIDTH,
        }
    }

    /// Whether every transition has a line.
    pub(super) fn lists_transitions(&self) -> bool {
        matches!(self.told, Told::Json | Told::Lines)
    }

    /// Why what failed has failed, and what runs it again. It is for people, so what is piped has it beside it.
    pub(super) fn failures(&self) {
        let lines = if self.json() { Vec::new() } else { self.seen.by_reason(&self.file, self.width()) };
        if lines.is_empty() {
            return;
        }
        lines.iter().for_each(output::complain);
        let file = &self.file;
        output::complain(&Safe::line(&format!("once it is mended, `gem5-tui run {file}` runs what is not ok again")));
    }
}
