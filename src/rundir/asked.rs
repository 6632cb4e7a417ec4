//! What was decided for many simulations at once: on disk in one write, before each of them has its own record.
//!
//! A person who cancels three thousand simulations is told that it is done when it is, and must not wait for three thousand
//! files. So the whole wish is one line of `asked.jsonl`, synced; then the records are written one by one, and when all are
//! there the file goes. An engine that finds it has one before it that was killed in between: what it says counts as if the
//! records were written, and they are written then.

use std::collections::HashMap;
use std::io;
use std::path::{Component, Path};

use serde::{Deserialize, Serialize};

use super::atomic::{self, append_line, read_lines, sync_directory};
use super::layout::ExperimentDir;
use super::record::{FORMAT, Moment, Stop, StopReason};

/// Something that is to be recorded of one simulation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "ask")]
pub enum Asked {
    /// Its attempt is asked to stop: `stop.json`.
    Stop {
        /// The simulation.
        simulation: String,
        /// The attempt.
        attempt: u32,
        /// Why.
        reason: StopReason,
        /// When that was decided.
        at: Moment,
    },
    /// It is cancelled before it has an attempt to end: `cancelled.json`.
    Cancel {
        /// The simulation.
        simulation: String,
        /// When that was decided.
        at: Moment,
    },
    /// A person asks for another attempt: `retry.json`, and no `cancelled.json`.
    Retry {
        /// The simulation.
        simulation: String,
        /// Its newest attempt then; 0 if it has none.
        after: u32,
        /// Whether a suite takes nothing from before.
        #[serde(default)]
        anew: bool,
        /// When that was decided.
        at: Moment,
    },
    /// That is taken back: no `retry.json`.
    ForgetRetry {
        /// The simulation.
        simulation: String,
    },
}

/// One line of `asked.jsonl`.
#[derive(Serialize, Deserialize)]
struct Line {
    format: u32,
    asked: Vec<Asked>,
}

impl Asked {
    /// The simulation that it is about.
    pub fn simulation(&self) -> &str {
        match self {
            Self::Stop { simulation, .. }
            | Self::Cancel { simulation, .. }
            | Self::Retry { simulation, .. }
            | Self::ForgetRetry { simulation } => simulation,
        }
    }
}

/// So many go into one line, so that a line stays far below what is read of the file.
const LINE_MOST: usize = 5_000;

/// Writes all of it down, behind what is there, and returns when it is on disk.
pub(crate) fn append(outdir: &ExperimentDir, asked: &[Asked]) -> io::Result<()> {
    let is_new = !outdir.asked().exists();
    for part in asked.chunks(LINE_MOST) {
        append_line(&outdir.asked(), &Line { format: FORMAT, asked: part.to_vec() })?;
    }
    if is_new { sync_directory(outdir.path()) } else { Ok(()) }
}

/// Removes it, when everything has its record. Returns when that is on disk: what was asked once must not be asked again.
pub(crate) fn forget(outdir: &ExperimentDir) -> io::Result<()> {
    atomic::remove(&outdir.asked())
}

/// What an engine before has not come to record, in its order.
pub(crate) fn read(outdir: &ExperimentDir) -> Vec<Asked> {
    let lines: Vec<Line> = read_lines(&outdir.asked());
    // A later release may ask for what this one does not know; then it is that release's to do.
    let asked = lines.into_iter().filter(|line| line.format <= FORMAT).flat_map(|line| line.asked);
    asked.filter(|asked| is_plain(asked.simulation())).collect()
}

/// Whether this is a name that a simulation can have. Any other leads out of the experiment directory.
fn is_plain(name: &str) -> bool {
    let mut parts = Path::new(name).components();
    matches!((parts.next(), parts.next()), (Some(Component::Normal(only)), None) if only == name)
}

/// The same by simulation.
pub(crate) fn by_simulation(asked: &[Asked]) -> HashMap<&str, Vec<&Asked>> {
    let mut by_simulation: HashMap<&str, Vec<&Asked>> = HashMap::new();
    for one in asked {
        by_simulation.entry(one.simulation()).or_default().push(one);
    }
    by_simulation
}

/// That an attempt was asked to stop, where that has no record yet. `asked` is about its simulation alone.
pub(crate) fn stop_of(number: u32, asked: &[&Asked]) -> Option<Stop> {
    asked.iter().rev().find_map(|asked| match **asked {
        Asked::Stop { attempt, reason, at, .. } if attempt == number => {
            Some(Stop { format: FORMAT, reason, at, signalled: false })
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_is_there_until_it_is_forgotten_and_half_a_line_hides_nothing() {
        let place = tempfile::tempdir().unwrap();
        let outdir = ExperimentDir::new(place.path());
        assert!(read(&outdir).is_empty());
        let cancel = |name: String| Asked::Cancel { simulation: name, at: Moment::now() };
        let many: Vec<Asked> = (0..=LINE_MOST).map(|at| cancel(format!("s{at}"))).collect();
        append(&outdir, &many).unwrap();
        // Somebody else's words lead nowhere.
        append(&outdir, &["../b", "/b", "", ".", "b/../c", "b/"].map(|name| cancel(name.to_owned()))).unwrap();
        let retry = Asked::Retry { simulation: "s1".to_owned(), after: 0, anew: false, at: Moment::now() };
        append(&outdir, std::slice::from_ref(&retry)).unwrap();
        let mut text = std::fs::read(outdir.asked()).unwrap();
        text.extend(b"{\"format\":1,\"asked\":[{\"ask\":\"can");
        std::fs::write(outdir.asked(), text).unwrap();
        let found = read(&outdir);
        assert_eq!(found.len(), LINE_MOST + 2);
        assert_eq!(by_simulation(&found)["s1"], [&many[1], &retry]);
        forget(&outdir).unwrap();
        forget(&outdir).unwrap();
        assert!(read(&outdir).is_empty());
    }
}
