//! One look at the stats of one row, and what it was made from.

use std::path::PathBuf;
use std::sync::Arc;

use super::foreign::{self, Judged};
use super::sources::Sources;
use super::subject::Origin;
use super::surroundings;
use crate::gem5::OutcomeKind;
use crate::gem5::stats::{Choice, Chosen, Watch};
use crate::report::State;
use crate::report::observation::Dump as Which;
use crate::rundir::provenance::Provenance;
use crate::rundir::results::{self, Ending, ReadError, Reading};
use crate::rundir::stats_file::packed;
use crate::rundir::{AttemptDir, Outputs, atomic, attempts};

/// A dump, and its stats with their units and values; or why there is none, as a clause.
pub(super) type Values = Result<(Which, Vec<(String, Option<String>, f64)>), String>;

/// What a look told.
#[derive(Debug)]
pub(super) struct Look {
    /// The stats that are watched of the dump that is meant, each with its unit; or why there is none, as a clause.
    pub(super) dump: Values,
    /// What became of the run, where only its output tells it.
    pub(super) state: Option<State>,
    /// The version that its gem5 tells of itself.
    pub(super) version: Option<String>,
    /// What this was read from; none where it could not be read as a whole.
    pub(super) sources: Option<Sources>,
}

/// Why the numbers of a dump may not be what the user means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Remark {
    /// The same for the same relation between the same dumps.
    pub(super) kind: Kind,
    /// In words.
    pub(super) text: String,
}

/// A relation of dumps, and the places of both.
pub(super) type Kind = (String, Option<(u32, u32)>, Option<u32>);

impl Origin {
    /// Whether a simulation is looked at that runs.
    pub(super) fn is_running(&self) -> bool {
        matches!(self, Self::Attempt { is_running: true, .. })
    }

    /// How the attempt ended, if it has.
    pub(super) fn outcome(&self) -> Option<OutcomeKind> {
        match self {
            Self::Attempt { outcome, .. } => *outcome,
            Self::Foreign { .. } => None,
        }
    }

    /// The directory by which it is known.
    pub(super) fn dir(&self) -> PathBuf {
        match self {
            Self::Attempt { dir, .. } => dir.path().to_owned(),
            Self::Foreign { m5out } => m5out.clone(),
        }
    }

    /// Reads its stats. `Ok(Err(_))` tells why there are none, as a clause.
    pub(super) fn read(&self, choice: &Choice, watch: &Arc<Watch>) -> Result<Result<Reading, String>, ReadError> {
        match self {
            Self::Attempt { dir, outcome, .. } => {
                let ending = Ending::read(dir, *outcome);
                results::read(&attempts::outputs(dir), ending, &ending.choice(choice), watch).map(Ok)
            }
            Self::Foreign { m5out } => foreign::judge(m5out, choice, watch).reading,
        }
    }

    /// Reads what `watch` says of the dump that is meant.
    pub(super) fn look(&self, choice: &Choice, watch: &Arc<Watch>) -> Look {
        let dir = match self {
            Self::Attempt { dir, .. } => dir,
            Self::Foreign { m5out } => {
                let Judged { state, reading, version, sources } = foreign::judge(m5out, choice, watch);
                let is_running = matches!(state, State::Running { .. });
                let sources = sources.filter(|_| reading.is_ok() && !is_running);
                return Look { dump: shown(reading, is_running), state: Some(state), version, sources };
            }
        };
        let mut sources = Sources::default();
        for record in [dir.spec(), dir.exit(), dir.requested_dumps(), dir.provenance(), dir.simout()] {
            sources.add(record);
        }
        for path in stats_files(&attempts::outputs(dir)) {
            sources.add(path);
        }
        let reading = self.read(choice, watch);
        let is_whole = reading.is_ok();
        let dump = shown(reading, self.is_running());
        let version = dump.as_ref().ok().and_then(|_| version(dir));
        Look { dump, state: None, version, sources: is_whole.then_some(sources) }
    }

    /// Why the numbers of the dump that is meant may not be what the user means. Looks through the file once more.
    pub(super) fn remark(&self, choice: &Choice) -> Option<Remark> {
        let chosen = self.read(choice, &Arc::default()).ok()?.ok()?.chosen()?;
        let kind = (chosen.dump.relation.word().to_owned(), Chosen::place(&chosen), chosen.earlier());
        Some(Remark { kind, text: chosen.remark()? })
    }
}

/// The values of the dump that is shown.
fn shown(reading: Result<Result<Reading, String>, ReadError>, is_running: bool) -> Values {
    let reading = reading.map_err(|error| format!("{error}: {}", error.source))??;
    let results = reading.results();
    let shown = if is_running { results.shown() } else { results.result() };
    let Some(shown) = shown else {
        let why = reading.note().map(|note| note.to_string());
        return Err(why.unwrap_or_else(|| "it has no complete dump".to_owned()));
    };
    let interval = shown.interval().map(|interval| (interval.start, interval.end));
    let which = Which { number: reading.number(), label: shown.label.clone(), interval };
    let values = results.all_with_units();
    Ok((which, values.map(|(name, value, unit)| (name.to_owned(), unit.map(str::to_owned), value)).collect()))
}

/// The files that are looked for: those of the command line, and what each becomes when it is compressed.
fn stats_files(outputs: &Outputs) -> Vec<PathBuf> {
    let plain = outputs.stats_files();
    let packed: Vec<PathBuf> = plain.iter().map(|path| packed(path)).collect();
    plain.into_iter().chain(packed).collect()
}

/// The version that its gem5 tells of itself.
fn version(attempt: &AttemptDir) -> Option<String> {
    let provenance: Option<Provenance> = atomic::read_json(&attempt.provenance()).ok().flatten();
    surroundings::version(attempt, provenance.as_ref())
}
