//! From the directory of an experiment to what [`report`](crate::report) makes tables of.
//!
//! Each file of stats is read once, and only what metrics speak of is kept of it. Which dump is a result,
//! [`rundir::results`](crate::rundir::results) decides; what becomes of the numbers, `report` does. Whoever shows results, a command or
//! the dashboard, gets them here.
//!
//! The awkward truth: a sweep is never read at one moment. A simulation may end while its neighbour is read, so a table of a
//! sweep that runs is a table of what each one was when its turn came.

mod observations;
mod reading;
mod surroundings;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

pub(crate) use observations::observations;
pub(crate) use reading::{read, unmatched};
pub(crate) use surroundings::banner;

use crate::experiment::{RowKind, Simulation};
use crate::gem5::OutcomeKind;
use crate::gem5::stats::{Choice, Chosen, Watch, WatchError};
use crate::metric::{Metrics, Unit};
use crate::protocol::{SimView, Status};
use crate::report::{Dump, Host, Include, Point, Question, Stat, State, observation};
use crate::rundir::provenance::Provenance;
use crate::rundir::results::Reading;
use crate::rundir::{AttemptDir, atomic};
use crate::text::human;

/// Stats that are kept besides those of metrics: what simpoints are weighted by, and how long a tick is.
const ALWAYS: [&str; 4] = ["simInsts", "sim_insts", "simFreq", "sim_freq"];

/// So many simulations are looked at for how their chosen dump stands to the others, which takes another look at the file.
const LOOKED_AT: usize = 20;

/// What was collected.
pub(crate) struct Collected {
    /// Every simulation, in the order of the file.
    pub(crate) points: Vec<Point>,
    /// What must be known of the dumps that were read.
    pub(crate) remarks: Vec<String>,
    /// A simulation with a dump, in which a name can be looked for.
    example: Option<SimView>,
    dump: Option<Choice>,
}

/// Collects what the metrics of a question speak of: of the simulations of a plan, as an engine or the directory shows them.
///
/// # Errors
/// When a glob of a metric is none.
pub(crate) fn collect(
    simulations: &[Simulation],
    views: Vec<SimView>,
    question: &Question,
) -> Result<Collected, WatchError> {
    collect_some(simulations, views, question, LOOKED_AT)
}

/// The same of a part of a plan. `looks` are so many as are looked at for how their chosen dump stands to the others.
///
/// # Errors
/// When a glob of a metric is none.
pub(crate) fn collect_some(
    simulations: &[Simulation],
    views: Vec<SimView>,
    question: &Question,
    looks: usize,
) -> Result<Collected, WatchError> {
    let Question { metrics, dump, include, .. } = question;
    let globs: BTreeSet<&str> = metrics.stats().into_iter().chain(ALWAYS).collect();
    let watch = Watch::new(&Vec::from_iter(globs))?;
    let mut collecting = Collecting {
        watch: Arc::new(watch),
        include: *include,
        names: HashMap::new(),
        remarks: Vec::new(),
        looked_at: 0,
        looks,
        example: None,
    };
    let mut views: HashMap<String, SimView> = views.into_iter().map(|sim| (sim.name.clone(), sim)).collect();
    let mut points = Vec::with_capacity(simulations.len());
    // A step is no gem5 and has no stats.
    let is_shown = |simulation: &&Simulation| !simulation.gone && simulation.run.kind() != RowKind::Step;
    for simulation in simulations.iter().filter(is_shown) {
        // One that an engine does not know yet has not begun.
        let view = views.remove(&simulation.name);
        let mut view = view.unwrap_or_else(|| SimView::new(0, simulation.name.clone(), Status::Queued));
        // While it runs the last one is shown, whichever is meant.
        view.dump = dump.as_ref().unwrap_or(&simulation.dump).clone();
        points.push(collecting.point(simulation, &view));
    }
    let Collecting { remarks, looked_at, example, .. } = collecting;
    let with_dump = points.iter().filter(|point| point.dump.is_ok()).count();
    let remarks = remarks.into_iter().map(|(_, name, remark, more)| match more {
        0 if with_dump > looked_at => format!("{name}: {remark} (of the {looked_at} that were looked at)"),
        0 => format!("{name}: {remark}"),
        more => format!("{name} and {}: {remark}", human::plural(more, "other")),
    });
    Ok(Collected { remarks: remarks.collect(), points, example, dump: dump.clone() })
}

struct Collecting {
    watch: Arc<Watch>,
    include: Include,
    /// Each stat once, however many simulations have it.
    names: HashMap<(String, Option<String>), Arc<Stat>>,
    /// For the same relation between the same dumps: the first simulation, what is to be known, and how many more there are.
    remarks: Vec<(Kind, String, String, u64)>,
    looked_at: usize,
    looks: usize,
    example: Option<SimView>,
}

/// A relation of dumps, and the places of both.
type Kind = (&'static str, Option<(u32, u32)>, Option<u32>);

impl Collecting {
    fn point(&mut self, simulation: &Simulation, view: &SimView) -> Point {
        let state = state(view);
        let latest = view.latest();
        let host = Host {
            elapsed: latest.and_then(|attempt| attempt.ran_ms).map(|ms| ms as f64 / 1e3),
            max_rss: latest.and_then(|attempt| attempt.max_rss).map(|bytes| bytes as f64),
            attempts: view.attempts.len() as u32 + view.left_out.attempts,
        };
        let is_wanted = match &state {
            State::Ok | State::Running { .. } => true,
            State::Failed { word, .. } => {
                (self.include.cancelled && word == OutcomeKind::Cancelled.word())
                    || (self.include.timeout && word == OutcomeKind::Timeout.word())
            }
            State::Waiting { .. } => false,
        };
        let dump = if is_wanted { self.dump(view, &state) } else { Err("its stats are no result".to_owned()) };
        let version = dump.as_ref().ok().and(latest).and_then(|attempt| version(&AttemptDir::new(&attempt.dir)));
        Point {
            name: simulation.name.clone(),
            parameters: simulation.parameters.clone(),
            state,
            choice: view.dump.clone(),
            dump,
            host,
            version,
        }
    }

    fn dump(&mut self, view: &SimView, state: &State) -> Result<Dump, String> {
        let reading = match read(view, &self.watch, None) {
            Ok(Some(reading)) => reading,
            Ok(None) => return Err("it has no attempt".to_owned()),
            Err(error) => return Err(format!("{error}: {}", error.source)),
        };
        let results = reading.results();
        let is_running = matches!(state, State::Running { .. });
        let shown = if is_running { results.shown() } else { results.result() };
        if shown.is_none() {
            let why = reading.note().map(|note| note.to_string());
            return Err(why.unwrap_or_else(|| "it has no complete dump".to_owned()));
        }
        let values = results.all_with_units().map(|(name, value, unit)| (self.stat(name, unit), value)).collect();
        if self.example.is_none() {
            self.example = Some(view.clone());
        }
        if !is_running && self.looked_at < self.looks {
            self.looked_at += 1;
            self.remark(&reading, &view.name);
        }
        let mut dump = Dump::new(values);
        if let Some(shown) = shown {
            let interval = shown.interval().map(|interval| (interval.start, interval.end));
            dump.which = observation::Dump { number: reading.number(), label: shown.label.clone(), interval };
        }
        Ok(dump)
    }

    fn stat(&mut self, name: &str, unit: Option<&str>) -> Arc<Stat> {
        let key = (name.to_owned(), unit.map(str::to_owned));
        let stat = self.names.entry(key).or_insert_with_key(|(name, unit)| {
            Arc::new(Stat { name: name.clone(), unit: Unit::parse(unit.as_deref()) })
        });
        Arc::clone(stat)
    }

    /// Why the numbers of the chosen dump may not be what the user means.
    fn remark(&mut self, reading: &Reading, name: &str) {
        let Some(chosen) = reading.chosen() else { return };
        let Some(remark) = chosen.remark() else { return };
        let kind: Kind = (chosen.dump.relation.word(), Chosen::place(&chosen), chosen.earlier());
        match self.remarks.iter_mut().find(|(known, ..)| *known == kind) {
            Some((.., more)) => *more += 1,
            None => self.remarks.push((kind, name.to_owned(), remark, 0)),
        }
    }
}

fn state(view: &SimView) -> State {
    let word = view.status.word().to_owned();
    match &view.status {
        Status::Ended { outcome } if outcome.kind.is_ok() => State::Ok,
        Status::Ended { outcome } => State::Failed { word: outcome.kind.word().to_owned(), cause: outcome.line() },
        Status::Running { .. } | Status::Paused | Status::Stopping { .. } => State::Running { word },
        Status::Blocked | Status::Queued | Status::Backoff { .. } | Status::Launching | Status::Submitted => {
            State::Waiting { word }
        }
    }
}

/// The version that its gem5 tells of itself.
fn version(attempt: &AttemptDir) -> Option<String> {
    let provenance: Option<Provenance> = atomic::read_json(&attempt.provenance()).ok().flatten();
    surroundings::version(attempt, provenance.as_ref())
}

impl Collected {
    /// The stats of metrics that no simulation has, with what may be meant, in a sentence each.
    pub(crate) fn unmatched(&self, metrics: &Metrics) -> Vec<String> {
        let Some(example) = &self.example else { return Vec::new() };
        let has = |stat: &str| self.points.iter().any(|point| point.dump.as_ref().is_ok_and(|dump| dump.has(stat)));
        let absent: Vec<&str> = metrics.stats().into_iter().filter(|stat| !has(stat)).collect();
        // What cannot be read was told in its cell.
        let unmatched = unmatched(&absent, example, self.dump.as_ref()).unwrap_or_default();
        unmatched.iter().map(|one| one.told_of(&example.name)).collect()
    }
}
