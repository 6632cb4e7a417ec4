//! What was read once, and on the disk of the user what of it is worth keeping.
//!
//! Everything that is kept was read for the same globs. Who asks for what they cover is served; who asks for another stat has
//! everything read once more, for both. An answer holds as long as every file that it was read from is the one that it was
//! ([`Sources`]); what cannot be told apart from what comes after it is written to no disk.
//!
//! The file may be deleted at any time, and a damaged one, or one of another version of gem5-tui, is none.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::look::{Kind, Remark};
use super::names::{Named, Names};
use super::subject::Origin;
use crate::gem5::OutcomeKind;
use crate::gem5::stats::ResultDump;
use crate::report::observation::Dump as Which;
use crate::report::{NoDump, State};
use crate::rundir::sources::{Lists, Sources, StoredSources};
use crate::rundir::user_cache::UserCache;

/// So many globs are read for at most, besides those that somebody asks for now.
const MAX_GLOBS: usize = 512;

/// 16 Mi values of stats are held at most, which take 256 MiB.
pub(super) const MAX_VALUES: usize = 16 << 20;

/// So many are written: a file of some 40 MB.
const MAX_WRITTEN: usize = 3 << 20;

/// What was written longer ago is removed: the experiment may be gone, and reading it once more takes a moment.
const FORGOTTEN: Duration = Duration::from_hours(24 * 60);

/// The word for the state of what ended well.
const OK: &str = "ok";

/// What the cache calls these files.
const CACHE: &str = "results";

/// Everything that is kept, of one place.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// Whose results these are: the directory of an experiment.
    place: Option<PathBuf>,
    globs: BTreeSet<String>,
    pub(super) names: Names,
    entries: HashMap<PathBuf, Vec<Entry>>,
    /// How many values they have together.
    values: usize,
    /// Whether the disk does not have all of it.
    is_new: bool,
}

/// One answer.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    asked: Asked,
    sources: Sources,
    /// Its files were changed so lately that a further change may not be seen.
    is_doubtful: bool,
    /// Which dumps they are, and the values of their stats by their numbers; or why there is none.
    pub(super) dumps: Values,
    /// What became of the run, where only its output tells it.
    pub(super) state: Option<State>,
    /// The version that its gem5 tells of itself.
    pub(super) version: Option<String>,
    /// Whether the place of its dump was looked for, where the look at its stats did not tell it.
    is_counted: bool,
    /// Whether it was looked at for why its numbers may not be what is meant.
    pub(super) is_looked_at: bool,
    /// What was found then.
    pub(super) remark: Option<Remark>,
}

type Values = Result<Vec<(Which, Vec<(u32, f64)>)>, NoDump>;

/// Whether an answer may be given again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// There is none that could.
    Missing,
    /// Nothing speaks against it, and yet its files may have changed unseen: it is read again where there is time.
    Doubtful,
    /// It holds.
    Holds,
}

/// What was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Asked {
    dump: ResultDump,
    outcome: Option<OutcomeKind>,
    is_running: bool,
}

impl Asked {
    fn of(origin: &Origin, choice: &ResultDump) -> Self {
        Self { dump: choice.clone(), outcome: origin.outcome(), is_running: origin.is_running() }
    }

    /// Whether it was this.
    fn is(&self, origin: &Origin, choice: &ResultDump) -> bool {
        self.is_running == origin.is_running() && self.outcome == origin.outcome() && self.dump == *choice
    }
}

impl Entry {
    pub(super) fn new(
        origin: &Origin,
        choice: &ResultDump,
        sources: Sources,
        dumps: Values,
        (state, version): (Option<State>, Option<String>),
        remark: Option<Remark>,
    ) -> Self {
        let is_doubtful = !sources.may_be_kept();
        Self {
            asked: Asked::of(origin, choice),
            sources,
            is_doubtful,
            dumps,
            state,
            version,
            is_counted: false,
            // Of one dump it takes another look.
            is_looked_at: choice.one().is_none(),
            remark,
        }
    }

    /// The dump that is meant, if its place among those that count is not known and was not looked for.
    pub(super) fn uncounted(&self) -> Option<&Which> {
        match self.dumps.as_deref() {
            Ok([(which, _)]) if which.number.is_none() && !self.is_counted => Some(which),
            _ => None,
        }
    }

    /// Takes what was found when its place was looked for.
    pub(super) fn take_place(&mut self, place: Option<u32>) {
        self.is_counted = true;
        if let Ok([(which, _)]) = self.dumps.as_deref_mut() {
            which.number = place;
        }
    }

    fn values(&self) -> usize {
        self.dumps.iter().flatten().map(|(_, values)| values.len()).sum()
    }
}

impl Kept {
    /// What is kept of `place`, if it is not at hand already; and from now on read for `globs`, too.
    pub(super) fn turn_to(&mut self, place: Option<&Path>, globs: &BTreeSet<&str>, disk: &UserCache) {
        if self.place.as_deref() != place {
            *self = place.and_then(|place| Self::read(place, disk)).unwrap_or_default();
            self.place = place.map(Path::to_owned);
        }
        if globs.iter().all(|glob| self.globs.contains(*glob)) {
            return;
        }
        let own = std::mem::take(&mut self.globs);
        self.globs = globs.iter().map(|glob| (*glob).to_owned()).collect();
        if own.len() <= MAX_GLOBS {
            self.globs.extend(own);
        }
        self.entries.clear();
        (self.values, self.names) = (0, Names::default());
    }

    /// Whose results these are.
    pub(super) fn place(&self) -> Option<&Path> {
        self.place.as_deref()
    }

    /// What everything is read for.
    pub(super) fn globs(&self) -> Vec<&str> {
        self.globs.iter().map(String::as_str).collect()
    }

    /// Whether there is an answer, and whether it still holds.
    pub(super) fn standing(&self, origin: &Origin, choice: &ResultDump) -> Standing {
        match self.entry(origin, choice) {
            Some(entry) if !entry.sources.are_the_same() => Standing::Missing,
            Some(entry) if entry.is_doubtful => Standing::Doubtful,
            Some(_) => Standing::Holds,
            None => Standing::Missing,
        }
    }

    /// The answer that is kept, whether it holds or not.
    pub(super) fn entry(&self, origin: &Origin, choice: &ResultDump) -> Option<&Entry> {
        self.entries.get(origin.dir())?.iter().find(|entry| entry.asked.is(origin, choice))
    }

    /// Keeps an answer in the place of an earlier one.
    pub(super) fn keep(&mut self, origin: &Origin, entry: Entry) {
        let entries = self.entries.entry(origin.dir().to_owned()).or_default();
        // What was shown while it ran, or under another outcome, is never asked for again.
        let is_past = |old: &Entry| old.asked.dump == entry.asked.dump;
        self.values -= entries.iter().filter(|old| is_past(old)).map(Entry::values).sum::<usize>();
        self.values += entry.values();
        entries.retain(|old| !is_past(old));
        entries.push(entry);
        self.is_new = true;
    }

    /// Keeps the place of the dump of an answer, or that it could not be told.
    pub(super) fn count(&mut self, origin: &Origin, choice: &ResultDump, place: Option<u32>) {
        if let Some(entry) = self.entry_mut(origin, choice) {
            entry.take_place(place);
            self.is_new = true;
        }
    }

    /// Keeps what a look at an answer found.
    pub(super) fn remark(&mut self, origin: &Origin, choice: &ResultDump, remark: Option<Remark>) {
        if let Some(entry) = self.entry_mut(origin, choice).filter(|entry| !entry.is_looked_at) {
            (entry.is_looked_at, entry.remark) = (true, remark);
            self.is_new = true;
        }
    }

    fn entry_mut(&mut self, origin: &Origin, choice: &ResultDump) -> Option<&mut Entry> {
        self.entries.get_mut(origin.dir())?.iter_mut().find(|entry| entry.asked.is(origin, choice))
    }

    /// How many values there are.
    pub(super) fn values(&self) -> usize {
        self.values
    }

    /// Writes it, if the disk does not have it: of `origins`, and of others that are still there, since a question may be about a part. Without a disk it is read again another time.
    pub(super) fn write<'o>(&mut self, origins: impl Iterator<Item = &'o Origin>, disk: &UserCache) {
        let Some(place) = self.place.clone().filter(|_| self.is_new) else { return };
        let here: HashSet<&Path> = origins.map(Origin::dir).collect();
        self.entries.retain(|dir, _| here.contains(dir.as_path()) || dir.exists());
        self.values = self.entries.values().flatten().map(Entry::values).sum();
        self.is_new = false;
        if self.values() <= MAX_WRITTEN {
            disk.write(CACHE, &place, &Stored::of(self, &place));
            disk.forget(CACHE, FORGOTTEN);
        }
    }

    fn read(place: &Path, disk: &UserCache) -> Option<Self> {
        let stored: Stored = disk.read(CACHE, &place)?;
        stored.restored(place)
    }
}

/// The form on the disk. Directories are those below the place, and each list of files stands there once.
#[derive(Debug, Serialize, Deserialize)]
struct Stored {
    gem5_tui: String,
    place: PathBuf,
    globs: Vec<String>,
    stats: Vec<Named>,
    lists: Vec<Vec<PathBuf>>,
    kept: Vec<StoredEntry>,
}

#[derive(Debug, Serialize, Deserialize)]
struct StoredEntry {
    dir: PathBuf,
    asked: Asked,
    sources: StoredSources,
    missing: Option<NoDump>,
    dumps: Vec<StoredDump>,
    /// The word of its state, and the cause.
    state: Option<(String, String)>,
    version: Option<String>,
    is_counted: bool,
    is_looked_at: bool,
    remark: Option<(Kind, String)>,
}

#[derive(Debug, Serialize, Deserialize)]
struct StoredDump {
    /// The number, the label and the interval of the dump.
    which: (Option<u32>, Option<String>, Option<(u64, u64)>),
    stats: Vec<u32>,
    /// The bits of each value: JSON has no word for what is not a number, and rounds what is one.
    values: Vec<u64>,
}

impl StoredDump {
    fn of((which, values): &(Which, Vec<(u32, f64)>)) -> Self {
        Self {
            which: (which.number, which.label.clone(), which.interval),
            stats: values.iter().map(|(stat, _)| *stat).collect(),
            values: values.iter().map(|(_, value)| value.to_bits()).collect(),
        }
    }

    /// The dump, if its stats are among `count`.
    fn restored(self, count: u32) -> Option<(Which, Vec<(u32, f64)>)> {
        if self.stats.len() != self.values.len() || self.stats.iter().any(|stat| *stat >= count) {
            return None;
        }
        let (number, label, interval) = self.which;
        let values = self.stats.into_iter().zip(self.values.into_iter().map(f64::from_bits)).collect();
        Some((Which { number, label, interval }, values))
    }
}

/// A state that has an end, as words.
fn words(state: &State) -> (String, String) {
    match state {
        State::Ok => (OK.to_owned(), String::new()),
        State::Failed { word, cause } => (word.clone(), cause.clone()),
        // Such a one is not kept.
        State::Running { word } | State::Waiting { word } => (word.clone(), String::new()),
    }
}

fn of_words((word, cause): (String, String)) -> State {
    if word == OK { State::Ok } else { State::Failed { word, cause } }
}

impl Stored {
    fn of(kept: &Kept, place: &Path) -> Self {
        let mut lists = Lists::default();
        let mut entries = Vec::new();
        let all = kept.entries.iter().flat_map(|(dir, entries)| entries.iter().map(move |one| (dir, one)));
        for (dir, entry) in all.filter(|(_, entry)| !entry.is_doubtful) {
            entries.push(StoredEntry {
                dir: dir.strip_prefix(place).unwrap_or(dir).to_owned(),
                asked: entry.asked.clone(),
                sources: entry.sources.stored(dir, &mut lists),
                missing: entry.dumps.as_ref().err().cloned(),
                dumps: entry.dumps.iter().flatten().map(StoredDump::of).collect(),
                state: entry.state.as_ref().map(words),
                version: entry.version.clone(),
                is_counted: entry.is_counted,
                is_looked_at: entry.is_looked_at,
                remark: entry.remark.clone().map(|remark| (remark.kind, remark.text)),
            });
        }
        let globs = kept.globs.iter().cloned().collect();
        let (gem5_tui, place) = (env!("CARGO_PKG_VERSION").to_owned(), place.to_owned());
        Self {
            gem5_tui,
            place,
            globs,
            stats: kept.names.all().cloned().collect(),
            lists: lists.into_all(),
            kept: entries,
        }
    }

    fn restored(self, place: &Path) -> Option<Kept> {
        if self.gem5_tui != env!("CARGO_PKG_VERSION") || self.place != place {
            return None;
        }
        let mut kept = Kept { globs: self.globs.into_iter().collect(), ..Kept::default() };
        for (number, Named(name, unit)) in (0..).zip(self.stats) {
            if kept.names.number(name, unit) != number {
                return None;
            }
        }
        let count = kept.names.all().count() as u32;
        for entry in self.kept {
            let dumps: Vec<_> = entry.dumps.into_iter().map(|dump| dump.restored(count)).collect::<Option<_>>()?;
            let dir = place.join(&entry.dir);
            let sources = entry.sources.restored(&self.lists, &dir)?;
            let remark = entry.remark.map(|(kind, text)| Remark { kind, text });
            kept.values += dumps.iter().map(|(_, values)| values.len()).sum::<usize>();
            kept.entries.entry(dir).or_default().push(Entry {
                asked: entry.asked,
                sources,
                is_doubtful: false,
                dumps: entry.missing.map_or(Ok(dumps), Err),
                state: entry.state.map(of_words),
                version: entry.version,
                is_counted: entry.is_counted,
                is_looked_at: entry.is_looked_at,
                remark,
            });
        }
        Some(kept)
    }
}
