//! One look at the stats of one row, and what it was made from.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::dumps::read;
use super::foreign::{self, Judged};
use super::subject::Origin;
use super::surroundings;
use crate::gem5::OutcomeKind;
use crate::gem5::stats::{Choice, Chosen, Interval, ResultDump, Summands, Watch, summands};
use crate::metric::Unit;
use crate::report::observation::Dump as Which;
use crate::report::{Dump, NoDump, Stat, State};
use crate::rundir::provenance::Provenance;
use crate::rundir::results::{Ending, Note, ReadError, Reading};
use crate::rundir::sources::Sources;
use crate::rundir::stats_file::packed;
use crate::rundir::{AttemptDir, Outputs, atomic, attempts};
use crate::text::human;

/// The dumps that are meant, each with its stats, their units and values; or why there are none.
pub(super) type Values = Result<Vec<(Which, Vec<(String, Option<String>, f64)>)>, NoDump>;

/// What a look told.
#[derive(Debug)]
pub(super) struct Look {
    /// The stats that are watched of the dumps that are meant.
    pub(super) dumps: Values,
    /// What must be known of several of them; of one it is told by [`Origin::remark`].
    pub(super) remark: Option<Remark>,
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
    pub(super) fn dir(&self) -> &Path {
        match self {
            Self::Attempt { dir, .. } => dir.path(),
            Self::Foreign { m5out } => m5out,
        }
    }

    /// Reads its stats. `Ok(Err(_))` tells why there are none, as a clause.
    pub(super) fn read(&self, dump: &ResultDump, watch: &Arc<Watch>) -> Result<Result<Reading, String>, ReadError> {
        match self {
            Self::Attempt { dir, outcome, .. } => {
                read(&attempts::outputs(dir), Ending::read(dir, *outcome), dump, watch).map(Ok)
            }
            Self::Foreign { m5out } => foreign::judge(m5out, dump, watch).reading,
        }
    }

    /// Reads what `watch` says of the dumps that are meant.
    pub(super) fn look(&self, dump: &ResultDump, watch: &Arc<Watch>) -> Look {
        let dir = match self {
            Self::Attempt { dir, .. } => dir,
            Self::Foreign { m5out } => {
                let Judged { state, reading, version, sources } = foreign::judge(m5out, dump, watch);
                let is_running = matches!(state, State::Running { .. });
                let sources = sources.filter(|_| reading.is_ok() && !is_running);
                let (dumps, remark) = meant(reading, dump, is_running);
                return Look { dumps, remark, state: Some(state), version, sources };
            }
        };
        let mut sources = Sources::default();
        for record in [dir.spec(), dir.exit(), dir.requested_dumps(), dir.provenance(), dir.simout()] {
            sources.add(record);
        }
        for path in stats_files(&attempts::outputs(dir)) {
            sources.add(path);
        }
        let reading = self.read(dump, watch);
        let is_whole = reading.is_ok();
        let (dumps, remark) = meant(reading, dump, self.is_running());
        // What was moved away is not the same as what gem5 never wrote.
        let dumps = dumps.map_err(|none| if dir.path().exists() { none } else { gone(dir) });
        let version = dumps.as_ref().ok().and_then(|_| version(dir));
        Look { dumps, remark, state: None, version, sources: is_whole.then_some(sources) }
    }

    /// The place among those that count of the dump that is meant and was read as `which`, as far as its file tells it. Of what is
    /// none of ours it is told only by the look at its stats.
    pub(super) fn place(&self, choice: &Choice, which: &Which) -> Option<u32> {
        let Self::Attempt { .. } = self else { return None };
        let reading = self.read(&choice.clone().into(), &Arc::default()).ok()?.ok()?;
        let shown = reading.results().shown()?;
        // Another one by now, if it runs.
        let is_same = ticks(shown.interval()) == which.interval && shown.label == which.label;
        reading.place().filter(|_| is_same)
    }

    /// Why the numbers of the dump that is meant may not be what the user means. Looks through the file once more.
    pub(super) fn remark(&self, choice: &Choice) -> Option<Remark> {
        let chosen = self.read(&choice.clone().into(), &Arc::default()).ok()?.ok()?.chosen()?;
        let kind = (chosen.dump.relation.word().to_owned(), Chosen::place(&chosen), chosen.earlier());
        Some(Remark { kind, text: chosen.remark()? })
    }
}

/// The values of the dumps that are meant, and what must be known of several.
fn meant(
    reading: Result<Result<Reading, String>, ReadError>,
    dump: &ResultDump,
    is_running: bool,
) -> (Values, Option<Remark>) {
    let reading = reading.map_err(|error| format!("{error}: {}", error.source)).and_then(|reading| reading);
    match (reading, dump) {
        (Err(why), _) => (Err(NoDump::new(why)), None),
        (Ok(reading), ResultDump::One(_)) => (shown(&reading, is_running), None),
        (Ok(reading), ResultDump::Each) => each(&reading),
        (Ok(reading), ResultDump::Sum) => summed(&reading),
    }
}

/// The values of the dump that is shown.
fn shown(reading: &Reading, is_running: bool) -> Values {
    let results = reading.results();
    let shown = if is_running { results.shown() } else { results.result() };
    let Some(shown) = shown else { return Err(none(reading)) };
    let which = Which { number: reading.number(), label: shown.label.clone(), interval: ticks(shown.interval()) };
    let values = results.all_with_units();
    Ok(vec![(which, values.map(|(name, value, unit)| (name.to_owned(), unit.map(str::to_owned), value)).collect())])
}

/// The values of each dump that counts.
fn each(reading: &Reading) -> (Values, Option<Remark>) {
    let dumps: Vec<_> = reading
        .counting()
        .map(|(place, dump)| {
            let which = Which { number: Some(place), label: dump.label.clone(), interval: ticks(dump.interval()) };
            let values = reading.values_of(dump);
            (which, values.map(|(name, value, unit)| (name.to_owned(), unit.map(str::to_owned), value)).collect())
        })
        .collect();
    match reading.of_file() {
        Some(note @ Note::TooMuch(_)) => (Err(NoDump::new(note.to_string())), None),
        _ if dumps.is_empty() => (Err(none(reading)), None),
        Some(note @ Note::Damaged(_)) => {
            let kind = ("damaged".to_owned(), None, None);
            (Ok(dumps), Some(Remark { kind, text: note.to_string() }))
        }
        _ => (Ok(dumps), None),
    }
}

/// Those of them that are added up.
fn summed(reading: &Reading) -> (Values, Option<Remark>) {
    let (dumps, damage) = each(reading);
    let dumps = match (dumps, damage) {
        (Ok(_), Some(damage)) => return (Err(NoDump { word: damage.kind.0, reason: damage.text }), None),
        (Ok(dumps), None) => dumps,
        (Err(none), _) => return (Err(none), None),
    };
    let intervals: Vec<(u32, Option<Interval>)> =
        reading.counting().map(|(place, dump)| (place, dump.interval())).collect();
    match summands(&intervals) {
        Ok(summands) => {
            let remark = left_out(&summands);
            let dumps = (0..).zip(dumps).filter(|(at, _)| summands.of.contains(at)).map(|(_, dump)| dump).collect();
            (Ok(dumps), remark)
        }
        Err(why) => (Err(NoDump { word: why.word().to_owned(), reason: why.to_string() }), None),
    }
}

/// The values of stats that have a sum.
pub(super) fn values_of_sum(look: Look) -> Vec<(String, f64)> {
    let dump = |(_, values): (Which, Vec<(String, Option<String>, f64)>)| {
        let stat = |(name, unit, value): (String, Option<String>, f64)| {
            (Arc::new(Stat { name, unit: Unit::parse(unit.as_deref()) }), value)
        };
        Dump::new(values.into_iter().map(stat).collect())
    };
    let dumps: Vec<Dump> = look.dumps.into_iter().flatten().map(dump).collect();
    if dumps.is_empty() { Vec::new() } else { Dump::sum(&dumps).values() }
}

/// What is to be known of dumps that are in no sum.
fn left_out(summands: &Summands) -> Option<Remark> {
    let (place, of) = summands.repeated.first()?;
    let more = summands.repeated.len() as u64 - 1;
    let more = if more > 0 { format!(", and so do {}", human::plural(more, "other")) } else { String::new() };
    let text = format!("dump {place} repeats dump {of} and is in no sum{more}");
    Some(Remark { kind: ("repeated".to_owned(), Some((*place, summands.repeated.len() as u32)), Some(*of)), text })
}

/// Why there is no dump where there is no directory.
fn gone(dir: &AttemptDir) -> NoDump {
    let reason = format!("its directory is gone: {}", dir.path().display());
    NoDump { word: "gone".to_owned(), reason }
}

/// Why there is no dump.
fn none(reading: &Reading) -> NoDump {
    let why = if reading.is_all_asked() { Some(Note::AllAsked) } else { reading.note() };
    NoDump::new(why.map_or_else(|| "it has no complete dump".to_owned(), |why| why.to_string()))
}

fn ticks(interval: Option<Interval>) -> Option<(u64, u64)> {
    interval.map(|interval| (interval.start, interval.end))
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
