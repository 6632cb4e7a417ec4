//! From the directory of an experiment to what [`report`](crate::report) makes tables of.
//!
//! ```text
//! simulations ─ subject ─▶ rows with their place ─ look, on a few threads ─▶ values, kept ─▶ points and remarks
//! ```
//!
//! Each file of stats is read once, and only what metrics speak of is kept of it ([`Collector`]): in memory for who asks again, and in
//! the cache of the user for another time, whoever the experiment belongs to. Which dump is a result,
//! [`rundir::results`](crate::rundir::results) decides; what becomes of the numbers, `report` does. Whoever shows results, a command or
//! the dashboard, gets them here.
//!
//! The awkward truth: a sweep is never read at one moment. A simulation may end while its neighbour is read, so a table of a
//! sweep that runs is a table of what each one was when its turn came.

mod dumps;
pub(crate) mod foreign;
mod kept;
mod look;
mod names;
mod observations;
mod reading;
mod subject;
mod surroundings;
#[cfg(test)]
pub(crate) mod tests;

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use foreign::Tree;
use kept::{Entry, Kept, MAX_VALUES, Standing};
use look::{Kind, Look};
use names::Names;
pub(crate) use observations::observations;
pub(crate) use reading::{read, stats, unmatched};
use subject::{NO_RESULT, Origin, Subject, UNREAD, is_wanted};
pub(crate) use surroundings::banner;

use crate::experiment::{RowKind, Simulation};
use crate::gem5::stats::{Choice, ResultDump, Unmatched, Watch, WatchError};
use crate::metric::Metrics;
use crate::protocol::{SimView, Status};
use crate::report::observation::Dump as Which;
use crate::report::write::{Document, TableFormat, text};
use crate::report::{Built, Dump, LayoutError, NoDump, Point, Question, State, Table};
use crate::rundir::threads;
use crate::rundir::user_cache::UserCache;
use crate::text::human;

/// Stats that are kept besides those of metrics: what simpoints are weighted by, and how long a tick is.
const ALWAYS: [&str; 4] = ["simInsts", "sim_insts", "simFreq", "sim_freq"];

/// So many simulations are looked at for how their chosen dump stands to the others, which takes another look at the file.
const LOOKED_AT: usize = 20;

/// What was collected.
#[derive(Debug)]
pub(crate) struct Collected {
    /// Every simulation, in the order of the file; where each dump is meant, one for each of them.
    pub(crate) points: Vec<Point>,
    /// What must be known of the dumps that were read.
    pub(crate) remarks: Vec<String>,
    /// Of how many the stats were not come to in the time that was given.
    pub(crate) unread: usize,
    /// A simulation with a dump, in which a name can be looked for.
    example: Option<(String, Origin, Choice)>,
}

/// Collects results again and again, and reads of them only what has changed.
///
/// It holds 16 Mi values at most, and while it reads a dump for each of eight threads.
#[derive(Debug, Default)]
pub(crate) struct Collector {
    disk: UserCache,
    /// The place of each dump among those that count is wanted, for which its file may have to be looked through once more.
    is_numbered: bool,
    /// What is asked for is a part of a plan, of which more parts come: nothing is written meanwhile.
    in_parts: bool,
    kept: Kept,
}

/// Collects what the metrics of a question speak of: of the simulations of a plan, as an engine or the directory shows them.
///
/// # Errors
/// When a glob of a metric is none.
pub(crate) fn collect(
    simulations: &[Simulation],
    views: &[SimView],
    question: &Question,
) -> Result<Collected, WatchError> {
    let collected = Collector::default().collect(simulations, views, question, None)?;
    debug_assert_eq!(collected.unread, 0, "there was all the time");
    Ok(collected)
}

/// The same, with the place of each dump among those that count, as far as its file tells it.
///
/// # Errors
/// When a glob of a metric is none.
pub(crate) fn collect_numbered(
    simulations: &[Simulation],
    views: &[SimView],
    question: &Question,
) -> Result<Collected, WatchError> {
    let mut collector = Collector { is_numbered: true, ..Collector::default() };
    collector.collect(simulations, views, question, None)
}

/// The same of a part of a plan, which is kept nowhere. `looks` are so many as are looked at for how their chosen dump stands to the
/// others.
///
/// # Errors
/// When a glob of a metric is none.
pub(crate) fn collect_some(
    simulations: &[Simulation],
    views: &[SimView],
    question: &Question,
    looks: usize,
) -> Result<Collected, WatchError> {
    Collector { disk: UserCache::none(), ..Collector::default() }.part(simulations, views, question, looks)
}

/// The tables of a question, as [`Question::tables`] makes them, on a few threads where there are many.
///
/// # Errors
/// When it speaks of parameters or values that no simulation has.
pub(crate) fn tables(question: &Question, points: &[Point]) -> Result<Vec<Built>, LayoutError> {
    let prepared = question.prepared(points)?;
    let table = |at: usize| question.shown.get(at).and_then(|metric| question.table(&prepared, *metric));
    Ok(threads::for_each(question.shown.len(), None, table).into_iter().flatten().flatten().collect())
}

/// A document of each table, on a few threads where there are many.
pub(crate) fn written(format: TableFormat, tables: &[Table], look: text::Look) -> Vec<Document> {
    let write = |at: usize| tables.get(at).map(|table| format.write(table, look));
    threads::for_each(tables.len(), None, write).into_iter().flatten().flatten().collect()
}

impl Collector {
    /// One that keeps what it reads on this disk.
    pub(crate) fn on(disk: UserCache) -> Self {
        Self { disk, ..Self::default() }
    }

    /// As [`collect()`], with what is kept. Given a time, it reads no more than fits into that, and what is left another time: then
    /// [`Collected::unread`] tells how much that is, and such a simulation counts as one that waits.
    ///
    /// # Errors
    /// When a glob of a metric is none.
    pub(crate) fn collect(
        &mut self,
        simulations: &[Simulation],
        views: &[SimView],
        question: &Question,
        time: Option<Duration>,
    ) -> Result<Collected, WatchError> {
        let subjects = subjects(simulations, views, question);
        let place = subjects.iter().find_map(Subject::experiment).filter(|place| place.is_absolute());
        self.of(subjects, place.as_deref(), question, time, LOOKED_AT)
    }

    /// The same of a part of a plan. What is kept on the disk is read for the first part, and what is new is written by
    /// [`Self::write`] alone. `looks` are so many as are looked at for how their chosen dump stands to the others.
    ///
    /// # Errors
    /// When a glob of a metric is none.
    pub(crate) fn part(
        &mut self,
        simulations: &[Simulation],
        views: &[SimView],
        question: &Question,
        looks: usize,
    ) -> Result<Collected, WatchError> {
        self.in_parts = true;
        let subjects = subjects(simulations, views, question);
        let place = subjects.iter().find_map(Subject::experiment).filter(|place| place.is_absolute());
        // None of a part may have begun.
        let place = place.or_else(|| self.kept.place().map(Path::to_owned));
        self.of(subjects, place.as_deref(), question, None, looks)
    }

    /// Writes what is new of the parts. Whether there was any part with results.
    pub(crate) fn write(&mut self) -> bool {
        self.kept.write(std::iter::empty(), &self.disk);
        self.kept.place().is_some()
    }

    /// The same of runs that are none of ours.
    ///
    /// # Errors
    /// When a glob of a metric is none.
    pub(crate) fn foreign(&mut self, tree: &Tree, question: &Question) -> Result<Collected, WatchError> {
        let subjects = tree.runs.iter().map(|run| Subject::foreign(run, question.dump.as_ref()));
        self.of(subjects.collect(), Some(&tree.place), question, None, LOOKED_AT)
    }

    /// Collects of any rows. What is kept of them belongs to `place`.
    fn of(
        &mut self,
        mut subjects: Vec<Subject>,
        place: Option<&Path>,
        question: &Question,
        time: Option<Duration>,
        looks: usize,
    ) -> Result<Collected, WatchError> {
        let until = time.map(|time| Instant::now() + time);
        let globs: BTreeSet<&str> = question.metrics.stats().into_iter().chain(ALWAYS).collect();
        self.kept.turn_to(place, &globs, &self.disk);
        let watch = Arc::new(Watch::new(&self.kept.globs())?);
        let names = Mutex::new(std::mem::take(&mut self.kept.names));
        let (kept, read) = (&self.kept, AtomicUsize::new(self.kept.values()));
        let origin =
            |at: usize| subjects.get(at).and_then(|subject| Some((subject.stats.as_ref().ok()?, &subject.choice)));
        let standing = |at| origin(at).map_or(Standing::Holds, |(origin, choice)| kept.standing(origin, choice));
        let mut wanted: Vec<(Standing, usize)> =
            threads::for_each(subjects.len(), None, standing).into_iter().flatten().zip(0..).collect();
        wanted.retain(|(standing, _)| *standing != Standing::Holds);
        wanted.sort_unstable_by_key(|(standing, at)| (*standing == Standing::Doubtful, *at));
        let answers = threads::for_each(wanted.len(), until, |number| {
            let (_, at) = wanted.get(number)?;
            let (origin, choice) = origin(*at)?;
            // Who asks in parts holds what there is of each, however much that is.
            let room = if self.in_parts { usize::MAX } else { MAX_VALUES };
            Some(told(origin, choice, &watch, &names, &read, room))
        });
        self.kept.names = names.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut unkept: HashMap<usize, Entry> = HashMap::new();
        let mut unread = BTreeSet::new();
        for ((standing, at), answer) in wanted.into_iter().zip(answers) {
            match (subjects.get(at).map(|subject| &subject.stats), answer.flatten()) {
                (Some(Ok(origin)), Some(Told { entry, is_kept: true })) => self.kept.keep(origin, entry),
                (_, Some(Told { entry, .. })) => _ = unkept.insert(at, entry),
                (_, None) if standing == Standing::Missing => _ = unread.insert(at),
                (_, None) => {}
            }
        }
        for (at, subject) in subjects.iter_mut().enumerate().filter(|(at, _)| !unread.contains(at)) {
            let Ok(origin) = &subject.stats else { continue };
            let entry = unkept.get(&at).or_else(|| self.kept.entry(origin, &subject.choice));
            if let Some(state) = entry.and_then(|entry| entry.state.clone()) {
                subject.state = state;
            }
        }
        if self.is_numbered {
            self.number(&subjects, &mut unkept);
        }
        let mut remarks = Remarks::default();
        for (at, Subject { name, state, choice, stats, .. }) in subjects.iter().enumerate() {
            let (Ok(origin), false) = (stats, matches!(state, State::Running { .. })) else { continue };
            let entry = unkept.get(&at).or_else(|| self.kept.entry(origin, choice));
            let entry = entry.filter(|entry| entry.dumps.is_ok() && !unread.contains(&at));
            let Some(entry) = entry.filter(|_| is_wanted(state, question.include)) else { continue };
            if remarks.looked_at == looks {
                break;
            }
            remarks.looked_at += 1;
            let look = || origin.remark(choice.one()?);
            let remark = if entry.is_looked_at { entry.remark.clone() } else { look() };
            if !unkept.contains_key(&at) {
                self.kept.remark(origin, choice, remark.clone());
            }
            remarks.add(name, remark);
        }
        if unread.is_empty() && !self.in_parts {
            self.kept.write(subjects.iter().filter_map(|subject| subject.stats.as_ref().ok()), &self.disk);
        }
        let mut example = None;
        let mut with_dump = 0;
        let mut points = Vec::with_capacity(subjects.len());
        for (at, subject) in subjects.into_iter().enumerate() {
            let Subject { name, parameters, mut state, choice, host, stats } = subject;
            let mut version = None;
            let dumps = match &stats {
                Ok(_) if unread.contains(&at) => {
                    state = State::Waiting { word: UNREAD.to_owned() };
                    Err(NoDump::new(format!("it is {UNREAD}")))
                }
                Ok(_) if !is_wanted(&state, question.include) => Err(NoDump::new(NO_RESULT)),
                Ok(origin) => {
                    let entry = unkept.get(&at).or_else(|| self.kept.entry(origin, &choice));
                    version = entry.and_then(|entry| entry.version.clone());
                    entry.map_or_else(|| Err(NoDump::new("it has no stats")), |entry| self.dumps(entry, &choice))
                }
                Err(why) => Err(NoDump::new(*why)),
            };
            if let (Ok(_), Ok(origin)) = (&dumps, stats) {
                with_dump += 1;
                example.get_or_insert_with(|| (name.clone(), origin, choice.one().cloned().unwrap_or_default()));
            }
            let point = |dump| Point {
                name: name.clone(),
                parameters: parameters.clone(),
                state: state.clone(),
                choice: choice.clone(),
                dump,
                host,
                version: version.clone(),
            };
            match dumps {
                Ok(dumps) => points.extend(dumps.into_iter().map(|dump| point(Ok(dump)))),
                Err(none) => points.push(point(Err(none))),
            }
        }
        Ok(Collected { remarks: remarks.told(with_dump), points, unread: unread.len(), example })
    }

    /// Looks for the places of dumps that a look at their stats did not tell.
    fn number(&mut self, subjects: &[Subject], unkept: &mut HashMap<usize, Entry>) {
        let origin =
            |at: usize| subjects.get(at).and_then(|subject| Some((subject.stats.as_ref().ok()?, &subject.choice)));
        let find = |at: usize| {
            let (origin, choice) = origin(at)?;
            let which = unkept.get(&at).or_else(|| self.kept.entry(origin, choice))?.uncounted()?;
            Some((at, origin.place(choice.one()?, which)))
        };
        let found: Vec<_> = threads::for_each(subjects.len(), None, find).into_iter().flatten().flatten().collect();
        for (at, place) in found {
            match (unkept.get_mut(&at), origin(at)) {
                (Some(entry), _) => entry.take_place(place),
                (None, Some((origin, choice))) => self.kept.count(origin, choice, place),
                (None, None) => {}
            }
        }
    }

    /// The dumps of an answer, or what they are together. There is at least one.
    fn dumps(&self, entry: &Entry, choice: &ResultDump) -> Result<Vec<Dump>, NoDump> {
        let dump = |(which, values): &(_, Vec<(u32, f64)>)| {
            let values = values.iter().filter_map(|(stat, value)| Some((self.kept.names.stat(*stat)?, *value)));
            let mut dump = Dump::new(values.collect());
            dump.which = Which::clone(which);
            dump
        };
        let dumps: Vec<Dump> = entry.dumps.as_ref().map_err(Clone::clone)?.iter().map(dump).collect();
        Ok(if *choice == ResultDump::Sum { vec![Dump::sum(&dumps)] } else { dumps })
    }
}

/// The simulations of a plan that have stats, with what is wanted of each.
fn subjects(simulations: &[Simulation], views: &[SimView], question: &Question) -> Vec<Subject> {
    let Question { dump, include, .. } = question;
    let views: HashMap<&str, &SimView> = views.iter().map(|sim| (sim.name.as_str(), sim)).collect();
    // A step is no gem5 and has no stats.
    let is_shown = |simulation: &&Simulation| !simulation.gone && simulation.run.kind() == RowKind::Simulation;
    let subject = |simulation: &Simulation| {
        let of = |view: &SimView| Subject::of(simulation, view, dump.as_ref(), *include);
        // One that an engine does not know yet has not begun.
        let unknown = || of(&SimView::new(0, simulation.name.clone(), Status::Queued));
        views.get(simulation.name.as_str()).map_or_else(unknown, |view| of(view))
    };
    simulations.iter().filter(is_shown).map(subject).collect()
}

/// An answer, and whether it can be given again.
#[derive(Debug)]
struct Told {
    entry: Entry,
    is_kept: bool,
}

/// Looks at one row. `read` counts the values of all of them, for which there is so much `room`.
fn told(
    origin: &Origin,
    choice: &ResultDump,
    watch: &Arc<Watch>,
    names: &Mutex<Names>,
    read: &AtomicUsize,
    room: usize,
) -> Told {
    let Look { dumps, remark, state, version, sources } = origin.look(choice, watch);
    let mut is_kept = sources.is_some();
    let dumps = dumps.and_then(|dumps| {
        let count = dumps.iter().map(|(_, values)| values.len()).sum();
        let all = read.fetch_add(count, Ordering::Relaxed) + count;
        is_kept &= all <= MAX_VALUES;
        if all > room {
            let most = human::count(MAX_VALUES as u64);
            return Err(NoDump::new(format!(
                "its stats are not kept: the metrics match more than {most} values of all simulations"
            )));
        }
        let mut names = names.lock().unwrap_or_else(PoisonError::into_inner);
        let mut numbered = |(name, unit, value)| (names.number(name, unit), value);
        let dumps = dumps.into_iter();
        Ok(dumps.map(|(which, values)| (which, values.into_iter().map(&mut numbered).collect())).collect())
    });
    let entry = Entry::new(origin, choice, sources.unwrap_or_default(), dumps, (state, version), remark);
    Told { entry, is_kept }
}

/// What must be known of dumps, each thing once.
#[derive(Debug, Default)]
struct Remarks {
    /// For the same relation between the same dumps: the first simulation, what is to be known, and how many more there are.
    of: Vec<(Kind, String, String, u64)>,
    looked_at: usize,
}

impl Remarks {
    fn add(&mut self, name: &str, remark: Option<look::Remark>) {
        let Some(look::Remark { kind, text }) = remark else { return };
        match self.of.iter_mut().find(|(known, ..)| *known == kind) {
            Some((.., more)) => *more += 1,
            None => self.of.push((kind, name.to_owned(), text, 0)),
        }
    }

    fn told(self, with_dump: usize) -> Vec<String> {
        let looked_at = self.looked_at;
        let told = self.of.into_iter().map(|(_, name, remark, more)| match more {
            0 if with_dump > looked_at => format!("{name}: {remark} (of the {looked_at} that were looked at)"),
            0 => format!("{name}: {remark}"),
            more => format!("{name} and {}: {remark}", human::plural(more, "other")),
        });
        told.collect()
    }
}

impl Collected {
    /// The stats of metrics that no simulation has, with what may be meant, in a sentence each.
    pub(crate) fn unmatched(&self, metrics: &Metrics) -> Vec<String> {
        let Some((name, origin, choice)) = &self.example else { return Vec::new() };
        let has = |stat: &str| self.points.iter().any(|point| point.dump.as_ref().is_ok_and(|dump| dump.has(stat)));
        let absent: Vec<&str> = metrics.stats().into_iter().filter(|stat| !has(stat)).collect();
        if absent.is_empty() {
            return Vec::new();
        }
        // What cannot be read was told in its cell.
        let all = Arc::new(Watch::new(&["*"]).unwrap_or_default());
        let Ok(Ok(reading)) = origin.read(&choice.clone().into(), &all) else { return Vec::new() };
        reading::without_match(&absent, &reading).iter().map(|one: &Unmatched| one.told_of(name)).collect()
    }
}
