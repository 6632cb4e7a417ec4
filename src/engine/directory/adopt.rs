//! What the directory tells of every simulation: what ended, what still runs, what never started.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;
use std::thread::{self, JoinHandle};
use std::time::SystemTime;

use super::ended::{EndedSimulation, Kept, ReadFrom};
use super::made_from::MadeFrom;
use crate::engine::executor::Executor;
use crate::engine::state::found::{Changed, Fate, Found, FoundAttempt};
use crate::experiment::{Plan, Simulation};
use crate::gem5::{Outcome, OutcomeKind};
use crate::protocol::{Handle, JobView};
use crate::rundir::asked::{self, Asked};
use crate::rundir::atomic::RecordError;
use crate::rundir::attempts::{self, AttemptRecords};
use crate::rundir::evidence::{Ended, conclude};
use crate::rundir::fault::passes_in_ours;
use crate::rundir::inputs::{Inputs, executable};
use crate::rundir::moment::{SLEPT_LEAST_MS, suspended_ms};
use crate::rundir::record::JobRecords;
use crate::rundir::record::{Cancelled, End, Exit, Identity, Retry, Spec, Started};
use crate::rundir::user_cache::UserCache;
use crate::rundir::{AttemptDir, ExperimentDir, Presence, Reach, SimulationDir, atomic, threads};

/// So many attempts of a simulation are read, the newest ones: only these are told, and what counts is the newest.
const MOST_ATTEMPTS: usize = 1_000;

/// The numbers of simulations by their names.
pub type Index<'a> = HashMap<&'a str, u32>;

/// What the directory tells.
#[derive(Debug, Default)]
pub struct Adopted {
    /// Of the simulations, in their order, up to the last one that has begun anything.
    pub found: Vec<Found>,
    /// The attempts that have not ended, by the place of the simulation in that order.
    pub living: BTreeMap<u32, Living>,
    /// The control groups of attempts that are gone, with the shims that made them: one that was killed has left its own.
    pub left: Vec<(PathBuf, Identity)>,
}

/// An attempt that has not ended.
#[derive(Debug, Clone)]
pub struct Living {
    /// Its number.
    pub number: u32,
    /// Its directory.
    pub dir: AttemptDir,
    /// Who runs; none while its shim is still starting.
    pub started: Option<Started>,
}

/// What is found of one simulation.
#[derive(Debug, Default)]
struct Looked {
    found: Found,
    /// What of it still runs.
    living: Option<Living>,
    /// What its newest attempt was made from.
    made_from: Option<MadeFrom>,
    /// What attempts that are gone may have left in the system.
    left: Vec<(PathBuf, Identity)>,
    origin: Origin,
}

/// How it was found.
#[derive(Debug, Default)]
enum Origin {
    /// By what is kept.
    Kept,
    /// In records to which nothing is added any more by itself.
    Ended(ReadFrom),
    /// Otherwise.
    #[default]
    Changing,
}

impl From<(Found, MadeFrom)> for Looked {
    fn from((found, made_from): (Found, MadeFrom)) -> Self {
        Self { found, made_from: Some(made_from), origin: Origin::Kept, ..Self::default() }
    }
}

impl Adopted {
    fn of(looks: Vec<Looked>) -> Self {
        let mut adopted = Self::default();
        for (at, Looked { found, living, left, .. }) in (0..).zip(looks) {
            adopted.living.extend(living.map(|living| (at, living)));
            adopted.left.extend(left);
            adopted.found.push(found);
        }
        adopted
    }
}

/// What is kept of an experiment, which a thread reads while something else is looked at.
#[derive(Debug)]
pub struct Keeping {
    outdir: ExperimentDir,
    reading: Option<JoinHandle<Kept>>,
}

impl Keeping {
    /// Begins to read it.
    pub fn read(outdir: &ExperimentDir) -> Self {
        let of = outdir.clone();
        let reading = thread::Builder::new().name("kept".to_owned()).spawn(move || Kept::read(&of, &UserCache::new()));
        Self { outdir: outdir.clone(), reading: reading.ok() }
    }

    fn kept(self) -> Kept {
        // Where there may be no further thread, this one reads it.
        let read = self.reading.and_then(|reading| reading.join().ok());
        read.unwrap_or_else(|| Kept::read(&self.outdir, &UserCache::new()))
    }
}

/// Reads what the directory tells of these simulations. `index` tells the number of a simulation by its name. A record that
/// cannot be read is told in the log and its attempt counts as lost: never as ok.
///
/// `asked` is what an engine before has not come to record: it counts as if it were there. `keeping` is what is kept of them.
pub fn adopt(
    keeping: Keeping,
    simulations: &[Simulation],
    index: &Index<'_>,
    outdir: &ExperimentDir,
    executor: &Executor,
    asked: &[Asked],
) -> Adopted {
    Adopted::of(look_and_keep(keeping.kept(), simulations, index, outdir, executor, asked, &UserCache::new()))
}

/// Looks at all simulations of an experiment, and keeps in `disk` what has ended.
fn look_and_keep(
    kept: Kept,
    simulations: &[Simulation],
    index: &Index<'_>,
    outdir: &ExperimentDir,
    executor: &Executor,
    asked: &[Asked],
    disk: &UserCache,
) -> Vec<Looked> {
    let then = SystemTime::now();
    let looks = look_at(&kept, simulations, index, outdir, executor, asked);
    let (mut same, mut new) = (HashSet::new(), Vec::new());
    for (simulation, looked) in simulations.iter().zip(&looks) {
        match (&looked.origin, &looked.made_from) {
            (Origin::Kept, _) => _ = same.insert(simulation.name.as_str()),
            (Origin::Ended(from), Some(made_from)) => {
                let dir = outdir.simulation(&simulation.name);
                new.push(EndedSimulation { simulation, dir, found: &looked.found, made_from, from });
            }
            _ => {}
        }
    }
    kept.renew(&same, &new, then, disk);
    looks
}

/// The same of simulations that are added to a plan.
pub fn adopt_added(
    simulations: &[Simulation],
    index: &Index<'_>,
    outdir: &ExperimentDir,
    executor: &Executor,
) -> Adopted {
    Adopted::of(look_at(&Kept::default(), simulations, index, outdir, executor, &[]))
}

/// Looks at simulations by what is kept of them.
fn look_at(
    kept: &Kept,
    simulations: &[Simulation],
    index: &Index<'_>,
    outdir: &ExperimentDir,
    executor: &Executor,
    asked: &[Asked],
) -> Vec<Looked> {
    let asked = asked::by_simulation(asked);
    let there = attempts::begun(outdir);
    let asked_of = |simulation: &Simulation| asked.get(simulation.name.as_str()).map_or(&[][..], Vec::as_slice);
    // Thousands may have begun nothing yet.
    let begun: Vec<usize> = (0..)
        .zip(simulations)
        .filter(|(_, one)| there.has(&one.name) || !asked_of(one).is_empty())
        .map(|(at, _)| at)
        .collect();
    // Thousands of simulations share a few files; each is hashed once.
    let inputs = Inputs::default();
    let look = |at: usize| {
        let simulation = simulations.get(*begun.get(at)?)?;
        let asked = asked_of(simulation);
        let known = || kept.get(simulation, &outdir.simulation(&simulation.name)).filter(|_| asked.is_empty());
        let mut looked = known().map_or_else(|| find(simulation, outdir, executor, asked), Looked::from);
        if let Some(made_from) = &looked.made_from {
            let used = made_from.needs.iter().filter_map(|need| Some((*index.get(need.name.as_str())?, need.attempt)));
            looked.found.used = used.collect();
            // What runs was begun by an engine that may have read another file, and a retry may be taken back.
            if looked.found.attempts.last().is_some_and(counts) {
                looked.found.changed = made_from.changes(simulation, ended(&looked.found), &inputs);
            }
        }
        Some(looked)
    };
    let mut looks = Vec::new();
    looks.resize_with(begun.last().map_or(0, |last| last + 1), Looked::default);
    for (at, looked) in begun.iter().zip(threads::for_each(begun.len(), None, look)) {
        if let Some(of) = looks.get_mut(*at) {
            *of = looked.flatten().unwrap_or_default();
        }
    }
    looks
}

/// What the directory tells of simulations that another engine has, by their places, and whether each is to be looked at again
/// though nothing is written there. What has changed under them, that engine tells.
pub fn of_others<'s>(
    places: &[usize],
    at: impl Fn(usize) -> &'s Simulation + Sync,
    outdir: &ExperimentDir,
    executor: &Executor,
) -> Vec<(Found, bool)> {
    let look = |place: usize| {
        let looked = find(at(*places.get(place)?), outdir, executor, &[]);
        Some((looked.found, looked.living.is_some()))
    };
    threads::for_each(places.len(), None, look).into_iter().map(|looked| looked.flatten().unwrap_or_default()).collect()
}

/// The numbers of the plan's simulations by their names.
pub fn index(plan: &Plan) -> Index<'_> {
    plan.simulations.iter().map(|simulation| simulation.name.as_str()).zip(0..).collect()
}

/// What has changed by now under the newest attempts of these simulations, each with its number, for each that has one.
pub fn changed<'s>(simulations: impl Iterator<Item = (u32, &'s Simulation)>, outdir: &ExperimentDir) -> Vec<Changed> {
    let inputs = Inputs::default();
    let change = |(sim, simulation): (u32, &Simulation)| {
        let dir = outdir.simulation(&simulation.name);
        let attempt = attempts::newest(&dir)?;
        let record = dir.attempt(attempt).spec();
        let spec = atomic::read_json::<Spec>(&record).ok().flatten()?;
        let exit = atomic::read_json::<Exit>(&dir.attempt(attempt).exit()).ok().flatten();
        let ended = exit.map(|exit| exit.at.unix_ms);
        Some(Changed { sim, attempt, what: MadeFrom::of(spec, record).changes(simulation, ended, &inputs) })
    };
    simulations.filter_map(change).collect()
}

/// Whether an attempt is a result or may become one.
fn counts(attempt: &FoundAttempt) -> bool {
    match &attempt.fate {
        Fate::Pending { .. } | Fate::Starting | Fate::Runs { .. } => true,
        Fate::NotStarted(_) => false,
        Fate::Ended { ended, .. } => ended.outcome.kind.is_ok(),
    }
}

/// When the newest attempt ended, if it has, as its record tells.
fn ended(found: &Found) -> Option<i64> {
    match found.attempts.last()?.fate {
        Fate::Ended { at, .. } => at.map(|at| at.unix_ms),
        _ => None,
    }
}

/// What is found of one simulation in its records.
fn find(simulation: &Simulation, outdir: &ExperimentDir, executor: &Executor, asked: &[&Asked]) -> Looked {
    let dir = outdir.simulation(&simulation.name);
    let mut found = Found::default();
    let (mut living, mut newest, mut left) = (None, None, Vec::new());
    // Noted before it is read: what is written meanwhile is seen the next time.
    let mut from = ReadFrom::default();
    from.simulation(&dir);
    let numbers = attempts::numbers(&dir).unwrap_or_else(|error| {
        tracing::warn!("could not list {}: {error}", dir.name().display());
        found.unlisted = Some(error.to_string());
        Vec::new()
    });
    let old = numbers.len().saturating_sub(MOST_ATTEMPTS);
    found.unread = old as u32;
    let mut is_over = asked.is_empty() && found.unlisted.is_none() && old == 0;
    for number in numbers.into_iter().skip(old) {
        from.attempt(&dir.attempt(number));
        match attempts::read(&dir, number) {
            Ok(mut records) => {
                records.stop = records.stop.or_else(|| asked::stop_of(number, asked));
                let presence = executor.presence(&records);
                if living.is_some() && !presence.is_live() && presence != Presence::Ended {
                    // A person's copy of what runs, or what was begun and came to nothing: it must not hide what runs.
                    tracing::warn!("{} is passed over: {presence}", records.dir.name().display());
                    continue;
                }
                living = presence.is_live().then(|| Living {
                    number,
                    dir: held(records.dir.clone()),
                    started: records.started.clone(),
                });
                if matches!(presence, Presence::Gone | Presence::Ended)
                    && let Some(Started { group: Some(group), shim, .. }) = &records.started
                {
                    // Whoever removes it begins by what is read.
                    is_over &= !group.exists();
                    left.push((group.clone(), shim.clone()));
                }
                let (attempt, is_final) = found_attempt(simulation, &records, presence);
                is_over &= is_final;
                found.attempts.push(attempt);
                found.hidden = None;
                from.written(records.exit.map(|exit| exit.written).unwrap_or_default());
                newest = records.spec.map(|spec| MadeFrom::of(spec, records.dir.spec()));
            }
            Err(error) => {
                tracing::warn!("{error}");
                is_over = false;
                found.hidden = attempts::hidden(&error);
                let (attempt, alive) = unread(&dir, number, &error);
                found.attempts.push(attempt);
                // What an earlier attempt was launched from says nothing of this one.
                (living, newest) = (alive, None);
            }
        }
    }
    let retry = atomic::read_json::<Retry>(&dir.retry());
    let cancelled = atomic::read_json::<Cancelled>(&dir.cancelled());
    is_over &= retry.is_ok() && cancelled.is_ok();
    (found.retry_after, found.anew) =
        retry.ok().flatten().map_or((None, false), |retry| (Some(retry.after), retry.anew));
    found.cancelled = matches!(cancelled, Ok(Some(_)));
    for asked in asked {
        match asked {
            Asked::Stop { .. } => {}
            Asked::Cancel { .. } => found.cancelled = true,
            Asked::Retry { after, anew, .. } => {
                (found.retry_after, found.anew, found.cancelled) = (Some(*after), *anew, false);
            }
            Asked::ForgetRetry { .. } => found.retry_after = None,
        }
    }
    let origin = if is_over { Origin::Ended(from) } else { Origin::Changing };
    Looked { found, living, made_from: newest, left, origin }
}

/// The directory of an attempt that lives, held, so that it is followed wherever it goes. With too few descriptors it is
/// followed by its name.
fn held(dir: AttemptDir) -> AttemptDir {
    dir.hold().unwrap_or(dir)
}

/// An attempt whose records cannot be read: a later release wrote them, or the disk does not answer. If its shim lives, it
/// runs all the same; and one whose records a disk hides for a while is followed until they tell.
fn unread(dir: &SimulationDir, number: u32, why: &RecordError) -> (FoundAttempt, Option<Living>) {
    let attempt = dir.attempt(number);
    if let Some(cause) = attempts::hidden(why) {
        let ended = Ended::of(Outcome::new(OutcomeKind::Lost, cause));
        return (FoundAttempt::new(number, attempt.name(), Fate::Ended { ended, at: None }), None);
    }
    let is_hidden = matches!(why, RecordError::Read { source, .. } if passes_in_ours(source));
    if is_hidden || attempts::is_held(&attempt.spec()) {
        let attempt = held(attempt);
        let living = Living { number, dir: attempt.clone(), started: None };
        return (FoundAttempt::new(number, attempt.name(), Fate::Starting), Some(living));
    }
    let cause = format!("its records cannot be read: {why}");
    let ended = Ended::of(Outcome::new(OutcomeKind::Lost, cause));
    (FoundAttempt::new(number, attempt.name(), Fate::Ended { ended, at: None }), None)
}

fn found_attempt(simulation: &Simulation, records: &AttemptRecords, presence: Presence) -> (FoundAttempt, bool) {
    let may_run = matches!(presence, Presence::MayRun { .. });
    let (fate, is_final) = fate(simulation, records, presence);
    let found = FoundAttempt {
        // Where nobody knows what runs, no retry comes by itself.
        started: records.started.as_ref().map(|started| started.at).filter(|_| !may_run),
        executable: records.spec.as_ref().and_then(|spec| executable(&spec.inputs)).cloned(),
        was_paused: records.exit.as_ref().is_some_and(|exit| exit.paused_ms > 0),
        retries_made: records.spec.as_ref().map(|spec| spec.retries_made),
        stop: records.stop.as_ref().map(|stop| (stop.reason, stop.signalled)),
        ..FoundAttempt::new(records.number, records.dir.name(), fate)
    };
    (found, is_final)
}

/// Where an attempt is, and whether its records tell all of it and are not added to any more by themselves.
fn fate(simulation: &Simulation, records: &AttemptRecords, presence: Presence) -> (Fate, bool) {
    let has_ended = presence == Presence::Ended;
    let fate = match (presence, &records.started) {
        (Presence::Pending { why }, _) => {
            let job = job(records);
            // Whoever shows a job whose number is known says that it is one.
            let why = if job.id.is_some() { String::new() } else { why };
            Fate::Pending { why, job }
        }
        (Presence::Starting, _) => Fate::Starting,
        (Presence::Runs(reach), Some(started)) => runs(records, started, reach),
        (Presence::MayRun { why }, Some(_)) => {
            Fate::Ended { ended: Ended::of(Outcome::new(OutcomeKind::Lost, why)), at: None }
        }
        (Presence::NeverStarted, _) => Fate::NotStarted(conclude::never_started(&records.dir)),
        _ => match &records.exit {
            Some(Exit { end: End::NotStarted { reason, of_machine: true }, .. }) => {
                Fate::NotStarted(Outcome::new(OutcomeKind::NotStarted, reason.clone()))
            }
            exit => {
                let (ended, is_recorded) = conclude::conclude_or_take(simulation.success.as_deref(), records);
                let job_end = || records.job.as_ref()?.end.as_ref().map(|end| end.at);
                let at = exit.as_ref().map(|exit| exit.at).or_else(job_end);
                return (Fate::Ended { ended, at }, has_ended && is_recorded);
            }
        },
    };
    (fate, false)
}

fn runs(records: &AttemptRecords, started: &Started, reach: Reach) -> Fate {
    let (paused_ms, paused_since) = attempts::pauses(&records.dir);
    // How long another machine slept cannot be told from here.
    let is_here = !matches!(reach, Reach::Nobody { .. } | Reach::Relayed);
    let slept_ms = started.suspended_ms.filter(|_| is_here).map_or(0, |then| suspended_ms().saturating_sub(then));
    // What was slept during a pause is counted twice: a limit then comes later, and never too early.
    let paused_ms = paused_ms.saturating_add(if slept_ms < SLEPT_LEAST_MS { 0 } else { slept_ms });
    let handle = match reach {
        Reach::Relayed => Handle::Job(job(records)),
        _ => Handle::Process { pid: started.gem5.pid },
    };
    Fate::Runs { reach, handle, paused_ms, paused_since }
}

/// What the records tell of the job that an attempt is.
fn job(records: &AttemptRecords) -> JobView {
    records.job.as_deref().map(|job| job_view(job, records.started.as_ref())).unwrap_or_default()
}

/// What the records of an attempt tell of its job.
pub fn job_view(job: &JobRecords, started: Option<&Started>) -> JobView {
    JobView {
        system: job.submitting.as_ref().map(|submitting| submitting.system.clone()).unwrap_or_default(),
        id: job.submitted.as_ref().map(|submitted| submitted.id.clone()),
        node: started.map(|started| started.shim.host.clone()),
    }
}

#[cfg(test)]
mod tests;
