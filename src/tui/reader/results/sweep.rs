//! The simulations of the plan, as far as they were read, and what is read next.

use std::collections::{BTreeSet, HashMap};
use std::time::{Duration, Instant};

use super::seen::Seen;
use crate::collect::{self, Collector};
use crate::experiment::{RowKind, Simulation};
use crate::gem5::stats::{Choice, ResultDump};
use crate::protocol::SimView;
use crate::report::{Host, Include, NoDump, Point, Question, State};
use crate::rundir::user_cache::UserCache;
use crate::tui::reading::Sheet;

/// Simulations that are read before time is looked at.
const BATCH: usize = 8;
/// Reading goes on for so long before a wish is looked for.
const STEP: Duration = Duration::from_millis(40);
/// How many dumps are told about that may not be what is meant, and how many simulations are looked at for them.
const REMARKS: usize = 4;
const LOOKED_AT: usize = 20;
/// While simulations end, what was read is written to the disk of the user no more often than this.
const WRITTEN: Duration = Duration::from_mins(1);

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Sweep {
    entries: Vec<Entry>,
    /// What was read of each.
    points: Vec<Point>,
    /// The number of what the engine told last.
    generation: Option<u64>,
    reads: Reads,
    remarks: Vec<String>,
    looked_at: usize,
    /// What may be meant by stats that no simulation has, once that was looked for.
    unmatched: Option<Vec<String>>,
    /// Up to this one all is read, as far as is known.
    next: usize,
    disk: UserCache,
    /// What the disk of the user has of them, from the first look until nothing new comes. What ends later is read from its files, and
    /// kept there when somebody looks again.
    kept: Option<Collector>,
    /// When that was written last.
    written: Option<Instant>,
}

/// A simulation of the plan.
#[derive(Debug)]
struct Entry {
    /// Its place in the plan.
    simulation: usize,
    /// Which of its dumps the plan means.
    dump: Choice,
    /// Its place among what the engine tells.
    view: Option<usize>,
    /// What it was like when it was read.
    seen: Option<Seen>,
}

/// What decides which stats are read.
#[derive(Debug, Clone, PartialEq, Default)]
struct Reads {
    globs: BTreeSet<String>,
    dump: Option<ResultDump>,
    include: Include,
}

/// What became of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Step {
    /// Something was read.
    pub(super) is_new: bool,
    /// There is more to read.
    pub(super) has_more: bool,
}

impl Sweep {
    /// Takes another plan. What was read of simulations that are the same is kept.
    pub(super) fn lay_out(&mut self, sheet: &Sheet) {
        let old = std::mem::take(&mut self.entries).into_iter().zip(std::mem::take(&mut self.points));
        let mut known: HashMap<String, (Entry, Point)> =
            old.map(|(entry, point)| (point.name.clone(), (entry, point))).collect();
        // A step is no gem5 and has no stats.
        let is_shown = |simulation: &Simulation| !simulation.gone && simulation.run.kind() == RowKind::Simulation;
        for (at, simulation) in sheet.simulations.iter().enumerate().filter(|(_, one)| is_shown(one)) {
            let is_same = |(entry, point): &(Entry, Point)| {
                point.parameters == simulation.parameters && entry.dump == simulation.dump
            };
            let (seen, point) = match known.remove(&simulation.name).filter(is_same) {
                Some((entry, point)) => (entry.seen, point),
                None => (None, unread(simulation)),
            };
            self.entries.push(Entry { simulation: at, dump: simulation.dump.clone(), view: None, seen });
            self.points.push(point);
        }
        self.generation = None;
        self.unmatched = None;
    }

    /// Finds what the engine tells of each.
    pub(super) fn take_views(&mut self, generation: u64, views: &[SimView]) {
        if self.generation == Some(generation) {
            return;
        }
        self.generation = Some(generation);
        self.next = 0;
        let places: HashMap<&str, usize> =
            views.iter().enumerate().map(|(at, view)| (view.name.as_str(), at)).collect();
        for (entry, point) in self.entries.iter_mut().zip(&self.points) {
            entry.view = places.get(point.name.as_str()).copied();
        }
    }

    /// Forgets what was read if other stats, or another dump, are wanted.
    pub(super) fn take_question(&mut self, question: &Question, sheet: &Sheet) {
        let reads = Reads {
            globs: question.metrics.stats().into_iter().map(str::to_owned).collect(),
            dump: question.dump.clone(),
            include: question.include,
        };
        if reads == self.reads {
            return;
        }
        self.reads = reads;
        (self.kept, self.written) = (Some(Collector::on(self.disk.clone())), None);
        (self.next, self.looked_at, self.unmatched) = (0, 0, None);
        self.remarks.clear();
        for (entry, point) in self.entries.iter_mut().zip(&mut self.points) {
            entry.seen = None;
            if let Some(simulation) = sheet.simulations.get(entry.simulation) {
                *point = unread(simulation);
            }
        }
    }

    /// Reads those that need it, for a while.
    pub(super) fn read(&mut self, sheet: &Sheet, views: &[SimView], question: &Question) -> Step {
        let begun = Instant::now();
        let mut batch: Vec<usize> = Vec::new();
        let mut is_new = false;
        let count = self.entries.len();
        for at in std::mem::take(&mut self.next)..count {
            let Some(entry) = self.entries.get_mut(at) else { continue };
            let view = entry.view.and_then(|view| views.get(view));
            if entry.seen.as_mut().is_none_or(|seen| !seen.is_fresh(view)) {
                batch.push(at);
            }
            if batch.len() == BATCH {
                self.read_batch(&std::mem::take(&mut batch), sheet, views, question);
                is_new = true;
                if begun.elapsed() >= STEP {
                    self.next = at + 1;
                    return Step { is_new, has_more: true };
                }
            }
        }
        if !batch.is_empty() {
            self.read_batch(&batch, sheet, views, question);
            is_new = true;
        }
        self.write(is_new);
        is_new |= self.look_for_unmatched(views);
        Step { is_new, has_more: false }
    }

    /// Writes what was read, when all of it has been. `is_new` says that there was something to read.
    fn write(&mut self, is_new: bool) {
        let is_due = !is_new || self.written.is_none_or(|written| written.elapsed() >= WRITTEN);
        if let Some(kept) = self.kept.as_mut().filter(|_| is_due)
            && kept.write()
        {
            self.written = Some(Instant::now());
            if !is_new {
                self.kept = None;
            }
        }
    }

    fn read_batch(&mut self, batch: &[usize], sheet: &Sheet, views: &[SimView], question: &Question) {
        let (mut simulations, mut told) = (Vec::new(), Vec::new());
        for at in batch {
            let Some(entry) = self.entries.get_mut(*at) else { continue };
            let view = entry.view.and_then(|view| views.get(view));
            simulations.extend(sheet.simulations.get(entry.simulation).cloned());
            told.extend(view.cloned());
            entry.seen = Some(Seen::now(view));
        }
        let looks = LOOKED_AT.saturating_sub(self.looked_at);
        // A glob that is none was refused when it was read.
        let collected = match &mut self.kept {
            Some(kept) => kept.part(&simulations, &told, question, looks),
            None => collect::collect_some(&simulations, &told, question, looks),
        };
        let Ok(collected) = collected else { return };
        self.looked_at += collected.points.iter().filter(|point| point.dump.is_ok()).count();
        for (at, read) in batch.iter().zip(collected.points) {
            if let Some(point) = self.points.get_mut(*at) {
                *point = read;
            }
        }
        put_remarks(&mut self.remarks, collected.remarks);
    }

    /// Looks once, when all has been read, for what may be meant by stats that no simulation has. Whether it did.
    fn look_for_unmatched(&mut self, views: &[SimView]) -> bool {
        let with_dump = self.points.iter().position(|point| point.dump.is_ok());
        let (Some(at), None) = (with_dump, &self.unmatched) else { return false };
        let has = |glob: &str| self.points.iter().any(|point| point.dump.as_ref().is_ok_and(|dump| dump.has(glob)));
        let absent: Vec<&str> = self.reads.globs.iter().map(String::as_str).filter(|glob| !has(glob)).collect();
        let view = self.entries.get(at).and_then(|entry| views.get(entry.view?));
        // What cannot be read was told in its cell.
        let told = view.map(|view| {
            collect::unmatched(&absent, view, self.reads.dump.as_ref().and_then(ResultDump::one)).unwrap_or_default()
        });
        let name = self.points.get(at).map_or("", |point| point.name.as_str());
        self.unmatched = Some(told.unwrap_or_default().iter().map(|one| one.told_of(name)).collect());
        true
    }

    /// What was read, in the order of the plan.
    pub(super) fn points(&self) -> &[Point] {
        &self.points
    }

    /// How many have been read.
    pub(super) fn read_so_far(&self) -> usize {
        self.entries.iter().filter(|entry| entry.seen.is_some()).count()
    }

    /// What must be known of what was read.
    pub(super) fn notes(&self) -> Vec<String> {
        self.remarks.iter().chain(self.unmatched.iter().flatten()).cloned().collect()
    }

    /// A simulation of this name, and what the engine tells of it.
    pub(super) fn named<'s>(&'s self, name: &str, views: &'s [SimView]) -> Option<(&'s Point, Option<&'s SimView>)> {
        let (point, entry) = self.points.iter().zip(&self.entries).find(|(point, _)| point.name == name)?;
        Some((point, entry.view.and_then(|view| views.get(view))))
    }
}

/// A simulation that has not been looked at yet.
fn unread(simulation: &Simulation) -> Point {
    Point {
        name: simulation.name.clone(),
        parameters: simulation.parameters.clone(),
        state: State::Waiting { word: "unread".to_owned() },
        choice: simulation.dump.clone().into(),
        dump: Err(NoDump::new("it has not been read yet")),
        host: Host::default(),
        version: None,
    }
}

/// Keeps what is said of the first of several of which the same is said, but for numbers.
fn put_remarks(known: &mut Vec<String>, told: Vec<String>) {
    let what = |remark: &str| -> String {
        let what = remark.split_once(": ").map_or(remark, |(_, what)| what);
        // How many were looked at stands behind it.
        let what = what.split_once(" (of the ").map_or(what, |(what, _)| what);
        what.chars().filter(|c| !c.is_ascii_digit() && *c != '.' && *c != ',').collect()
    };
    for remark in told {
        let Some(first) = known.iter_mut().find(|known| what(known) == what(&remark)) else {
            if known.len() < REMARKS {
                known.push(remark);
            }
            continue;
        };
        if let Some((names, what)) = first.split_once(": ") {
            let name = names.split_once(" and ").map_or(names, |(name, _)| name);
            *first = format!("{name} and others: {what}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collect::tests::{Bench, IPC, forge, question};
    use crate::experiment::results::ResultsRule;
    use crate::metric::Source as _;

    #[test]
    fn what_was_read_is_kept_for_who_opens_the_tab_again() {
        let bench = Bench::new(20);
        let sheet = Sheet {
            rule: ResultsRule::default(),
            simulations: bench.simulations.clone(),
            source: "/lab.yaml".into(),
            outdir: "/out".into(),
            wrong: None,
        };
        let question = question(&[IPC], None);
        let open = |views: &[SimView]| {
            let mut sweep = Sweep { disk: bench.disk(), ..Sweep::default() };
            sweep.lay_out(&sheet);
            sweep.take_views(1, views);
            sweep.take_question(&question, &sheet);
            sweep
        };
        let read = |sweep: &mut Sweep, views: &[SimView]| -> Vec<Option<f64>> {
            while sweep.read(&sheet, views, &question).has_more {}
            sweep.points().iter().map(|point| point.stat(IPC, None).ok().map(|value| value.number)).collect()
        };
        let mut all: Vec<Option<f64>> = (1..=20).map(|number| format!("0.{number}").parse().ok()).collect();
        let mut first = open(&[]);
        assert_eq!(read(&mut first, &[]), vec![None; 20]);
        assert_eq!(bench.file(), None, "there is nothing to keep yet");
        first.take_views(2, &bench.views);
        assert_eq!(read(&mut first, &bench.views), all);
        forge(&bench.file().expect("all was read"), 0.7, 7.5);
        assert_eq!(read(&mut first, &bench.views), all);
        assert!(first.kept.is_none(), "nothing new comes");
        all[6] = Some(7.5);
        assert_eq!(read(&mut open(&bench.views), &bench.views), all);
    }
}
