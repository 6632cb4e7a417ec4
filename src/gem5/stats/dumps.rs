//! The dumps of a file, whatever its form: their places, their watched values over time, and which were asked for.
//!
//! Who reads a form of stats makes a [`Draft`] of every dump that begins, hands it every value, and adds it when the dump
//! is complete.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use super::choice::Choice;
use super::dump::{Dump, MAX_LABEL};
use super::requested::Requests;
use super::sequence::Sequence;
use super::simulated::Simulated;
use super::watch::Watch;

/// So many different stats are kept at most of a file that is followed; a watch of `*` on a many-core system would else keep tens
/// of thousands for every dump. The first stat of each glob is kept beyond that.
pub(super) const MAX_NAMES: usize = 512;

/// So many are kept at most by who wants the last values only. A system of a thousand cores has half as many; a file that was
/// made to have more shall take no memory.
const MAX_LAST_NAMES: usize = 1 << 20;

/// So many dumps are kept for plots. A plot is hardly wider in columns.
const HISTORY: usize = 512;

/// So many ticks of dumps are kept of a file that is read once.
const MAX_TICKS: usize = 100_000;

/// Dumps that are kept where the last alone are wanted.
const LAST: usize = 2;

/// The complete dumps of one file, with what is watched of them.
#[derive(Debug)]
pub struct Dumps {
    watch: Arc<Watch>,
    keep: usize,
    most_names: usize,
    names: Vec<String>,
    /// The units of the names, as the dump in which they were first seen has them.
    units: Vec<Option<String>>,
    places: HashMap<String, usize>,
    /// For every name the globs that match it.
    globs: Vec<Vec<u16>>,
    count: u32,
    history: Vec<Dump>,
    /// `finalTick` of the dumps, oldest first, where only the last of them are kept: the last [`MAX_TICKS`].
    ticks: VecDeque<u64>,
    /// Every how many dumps one is kept; doubles when the history is full.
    stride: u32,
    requests: Requests,
    /// How many of the dumps were requested.
    requested: u32,
    /// The last dump that was not requested, when it is not the latest.
    unasked: Option<Dump>,
    /// What they count, and which one is meant.
    sequence: Sequence,
    simulated: Simulated,
}

/// A dump that has begun and is not complete. Nothing of it is shown.
#[derive(Debug, Default)]
pub struct Draft {
    dump: Dump,
    /// Names that no complete dump had, in the order of this one, with their units.
    new_names: Vec<(String, Option<String>)>,
    new_places: HashMap<String, usize>,
    /// Values with the places of their names.
    values: Vec<(usize, f64)>,
}

impl Dumps {
    /// None so far. The watch is shared, because thousands of simulations have the same.
    pub fn new(watch: Arc<Watch>) -> Self {
        Self {
            watch,
            keep: HISTORY,
            most_names: MAX_NAMES,
            names: Vec::new(),
            units: Vec::new(),
            places: HashMap::new(),
            globs: Vec::new(),
            count: 0,
            history: Vec::new(),
            ticks: VecDeque::new(),
            stride: 1,
            requests: Requests::default(),
            requested: 0,
            unasked: None,
            sequence: Sequence::default(),
            simulated: Simulated::default(),
        }
    }

    /// Says which dump is meant, before any is read. See [`Self::sequence`].
    #[must_use]
    pub fn choosing(self, choice: Choice) -> Self {
        Self { sequence: Sequence::new(choice), ..self }
    }

    /// Keeps the fewest dumps that can be, and of them all that is watched. For who wants the last values only.
    #[must_use]
    pub fn last_only(self) -> Self {
        Self { keep: LAST, most_names: MAX_LAST_NAMES, ..self }
    }

    /// Keeps every dump, and of them all that is watched. For who reads all of a file, and stops where that is too much.
    #[must_use]
    pub fn every(self) -> Self {
        Self { keep: usize::MAX, most_names: MAX_LAST_NAMES, ..self }
    }

    /// Keeps so many dumps at most.
    #[cfg(test)]
    pub(super) fn keeping(self, keep: usize) -> Self {
        Self { keep, ..self }
    }

    /// Tells where dumps were asked for from outside. A request is known before its answer is written, so what is told
    /// before a piece is read that was written earlier marks every dump that the piece completes.
    pub fn set_requests(&mut self, requests: Requests) {
        self.requests = requests;
    }

    /// Forgets all dumps, for a file that was truncated or replaced. The requests stay.
    pub fn reset(&mut self) {
        let requests = std::mem::take(&mut self.requests);
        let (keep, most_names) = (self.keep, self.most_names);
        let sequence = Sequence::new(self.sequence.choice().clone());
        *self = Self { keep, most_names, requests, sequence, ..Self::new(Arc::clone(&self.watch)) };
    }

    /// The watch.
    pub fn watch(&self) -> &Watch {
        &self.watch
    }

    /// The names of the watched stats that complete dumps had, in the order in which they were first seen.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The unit of the name at `index`, where gem5 wrote one: 21.0 and later do.
    pub fn unit(&self, index: usize) -> Option<&str> {
        self.units.get(index)?.as_deref()
    }

    /// The place of a name among [`Self::names`].
    pub fn place(&self, name: &str) -> Option<usize> {
        self.places.get(name).copied()
    }

    /// How many complete dumps the file has so far.
    pub fn count(&self) -> u32 {
        self.count
    }

    /// The last complete dump.
    pub fn latest(&self) -> Option<&Dump> {
        self.history.last()
    }

    /// The last complete dump that nobody asked for from outside.
    pub fn latest_unasked(&self) -> Option<&Dump> {
        self.latest().filter(|dump| !dump.requested).or(self.unasked.as_ref())
    }

    /// How many of the complete dumps were written because somebody asked from outside.
    pub fn requested(&self) -> u32 {
        self.requested
    }

    /// What each of them counts beside those before it, and which one is meant.
    pub fn sequence(&self) -> &Sequence {
        &self.sequence
    }

    /// Complete dumps, oldest first; the last one is always the latest. When there are more than are kept, every
    /// second is dropped and from then on every second only is added, and so on: the history is evenly thinned over
    /// the whole run.
    pub fn history(&self) -> &[Dump] {
        &self.history
    }

    /// `finalTick` of the dumps that told one, oldest first. Of a file that is read once it is that of every dump, up to 100,000;
    /// of one that is followed, that of the history.
    pub fn ticks(&self) -> Vec<u64> {
        if self.keep == LAST {
            return self.ticks.iter().copied().collect();
        }
        self.history.iter().filter_map(|dump| dump.final_tick).map(|tick| tick as u64).collect()
    }

    /// Says that dumps before the next one were not read.
    pub fn skip(&mut self) {
        self.simulated.skip();
    }

    /// The tick at which the process began to simulate, as its first dump tells: at the latest then. `None` if that is not known.
    pub fn began(&self) -> Option<u64> {
        self.simulated.began()
    }

    /// The instructions of all dumps together, over resets of the stats. `None` if there are none, or not all dumps were read.
    pub fn instructions(&self) -> Option<u64> {
        self.simulated.instructions()
    }

    /// Adds a dump that is complete and ends at the offset `end`.
    pub fn add(&mut self, draft: Draft, end: u64) {
        let Draft { mut dump, new_names, values, .. } = draft;
        for (name, unit) in new_names {
            self.globs.push(self.watch.matching(&name).map(|glob| glob as u16).collect());
            self.places.insert(name.clone(), self.names.len());
            self.names.push(name);
            self.units.push(unit);
        }
        self.count = self.count.saturating_add(1);
        if let Some(tick) = dump.final_tick.filter(|_| self.keep == LAST) {
            self.ticks.push_back(tick as u64);
            if self.ticks.len() > MAX_TICKS {
                self.ticks.pop_front();
            }
        }
        dump.number = self.count;
        dump.end = end;
        dump.requested = self.requests.explain(dump.start);
        if dump.requested {
            self.requested += 1;
            if let Some(unasked) = self.latest().filter(|dump| !dump.requested) {
                self.unasked = Some(unasked.clone());
            }
        } else {
            self.unasked = None;
        }
        self.sequence.add(dump.summary());
        dump.values = vec![None; self.names.len()];
        dump.first = vec![None; self.watch.globs().len()];
        for (place, value) in values {
            if let Some(slot) = dump.values.get_mut(place) {
                *slot = Some(value);
            }
            for glob in self.globs.get(place).into_iter().flatten() {
                if let Some(first) = dump.first.get_mut(usize::from(*glob)) {
                    first.get_or_insert(place as u32);
                }
            }
        }
        self.simulated.take(&dump);
        self.remember(dump);
    }

    /// Adds the dump and thins the history when it is full.
    fn remember(&mut self, dump: Dump) {
        let stride = self.stride;
        // The latest dump is always there; when it is not one to keep, the next one takes its place.
        if self.history.last().is_some_and(|last| (last.number - 1) % stride != 0) {
            self.history.pop();
        }
        self.history.push(dump);
        if self.history.len() > self.keep {
            self.stride = self.stride.saturating_mul(2);
            let stride = self.stride;
            let latest = self.count;
            self.history.retain(|dump| (dump.number - 1) % stride == 0 || dump.number == latest);
        }
    }
}

impl Draft {
    /// A dump that begins at the offset `start`.
    pub fn at(start: u64) -> Self {
        Self { dump: Dump { start, ..Dump::default() }, ..Self::default() }
    }

    /// The same with the label that the script gave it. A long one is cut.
    #[must_use]
    pub fn labelled(mut self, label: Option<String>) -> Self {
        self.dump.label = label.map(|mut label| {
            label.truncate(label.floor_char_boundary(MAX_LABEL));
            label
        });
        self
    }

    /// Notes a line that is too long to be read.
    pub(super) fn skip_line(&mut self) {
        self.dump.unread_lines = self.dump.unread_lines.saturating_add(1);
    }

    /// Whether anything is kept of a stat of this name.
    pub(super) fn wants(name: &[u8], dumps: &Dumps) -> bool {
        dumps.watch.matches_bytes(name) || Figure::of(name).is_some()
    }

    /// Whether anything may be kept of the stats of a line that begins so.
    pub(super) fn may_want(beginning: [u8; 2], dumps: &Dumps) -> bool {
        // White space in front of a name is none of it, and not all of it is ASCII.
        let [first, _] = beginning;
        !first.is_ascii_graphic() || Figure::BEGINNINGS.contains(&beginning) || dumps.watch.may_begin(beginning)
    }

    /// Takes a value with its unit. What is not watched is passed over.
    pub fn take(&mut self, name: &str, value: f64, unit: Option<&str>, dumps: &Dumps) {
        if let Some(figure) = Figure::of(name.as_bytes()) {
            *figure.of_dump(&mut self.dump) = Some(value);
        }
        let known = dumps.place(name).or_else(|| self.new_places.get(name).copied());
        let place = match known {
            Some(place) => place,
            None if !dumps.watch.matches(name) => return,
            None if dumps.names.len() + self.new_names.len() >= dumps.most_names && !self.is_first(name, dumps) => {
                self.dump.left_out = self.dump.left_out.saturating_add(1);
                return;
            }
            None => {
                let place = dumps.names.len() + self.new_names.len();
                self.new_places.insert(name.to_owned(), place);
                self.new_names.push((name.to_owned(), unit.map(str::to_owned)));
                place
            }
        };
        self.values.push((place, value));
    }

    /// Whether a glob matches this stat that has matched none before: a column of a table, which has a value whatever else does.
    fn is_first(&self, name: &str, dumps: &Dumps) -> bool {
        let is_known = |glob: usize| {
            dumps.globs.iter().any(|globs| globs.contains(&(glob as u16)))
                || self.new_names.iter().any(|(name, _)| dumps.watch.matches_at(glob, name))
        };
        (0..dumps.watch.globs().len()).any(|glob| dumps.watch.matches_at(glob, name) && !is_known(glob))
    }
}

/// A figure that is kept of every dump.
#[derive(Debug, Clone, Copy)]
enum Figure {
    FinalTick,
    SimTicks,
    SimInsts,
    SimSeconds,
}

impl Figure {
    /// What their names begin with.
    const BEGINNINGS: [[u8; 2]; 2] = [*b"fi", *b"si"];

    /// The one of this name. 20.x wrote `sim_ticks`, later releases `simTicks`.
    fn of(name: &[u8]) -> Option<Self> {
        match name {
            b"finalTick" | b"final_tick" => Some(Self::FinalTick),
            b"simTicks" | b"sim_ticks" => Some(Self::SimTicks),
            b"simInsts" | b"sim_insts" => Some(Self::SimInsts),
            b"simSeconds" | b"sim_seconds" => Some(Self::SimSeconds),
            _ => None,
        }
    }

    fn of_dump(self, dump: &mut Dump) -> &mut Option<f64> {
        match self {
            Self::FinalTick => &mut dump.final_tick,
            Self::SimTicks => &mut dump.sim_ticks,
            Self::SimInsts => &mut dump.sim_insts,
            Self::SimSeconds => &mut dump.sim_seconds,
        }
    }
}
