//! The stats of an attempt: the watched ones over time, and all of the last dump, alone or beside another one.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use crate::gem5::stats::{self, Node, Tree, Watch, diff, parse_block};
use crate::rundir::stats_file::{StatsFile, last_dump_text};
use crate::rundir::{AttemptDir, attempts};
use crate::text::Safe;
use crate::tui::reading::{CompareWant, Compared, FileState, StatLine, StatsReading, StatsWant, TreeRow, WatchedStat};

/// Bytes of stats that are read in one step.
const STATS_STEP: u64 = 16 << 20;
/// Watched stats that are shown: a glob such as `*` matches hundreds of thousands.
const MAX_WATCHED: usize = 200;

pub(super) struct StatsReader {
    path: PathBuf,
    globs: Vec<String>,
    compare: Option<CompareWant>,
    file: StatsFile,
    /// What the lines were made from.
    last: Option<Source>,
    all: Arc<Vec<StatLine>>,
    tree: Arc<Vec<TreeRow>>,
    compared: Option<Compared>,
    was_there: bool,
    problem: Option<Safe>,
    unanswered: bool,
}

/// The number and the place of a dump, and what the file that it is compared with was like.
type Source = (Option<(u32, u64)>, Option<Look>);

/// A file's length and time of change.
type Look = (u64, Option<SystemTime>);

impl StatsReader {
    pub(super) fn new(dir: &AttemptDir, want: &StatsWant) -> Self {
        // The globs were checked with the experiment file; if one does not compile here nothing is watched.
        let watch = Watch::new(&want.globs).or_else(|_| Watch::new::<&str>(&[])).map(Arc::new);
        let watch = watch.expect("an empty list of globs always compiles");
        let path = dir.stats();
        Self {
            globs: want.globs.clone(),
            compare: want.compare.clone(),
            file: StatsFile::open(&path, watch).with_requests(&dir.requested_dumps()),
            path,
            last: None,
            all: Arc::default(),
            tree: Arc::default(),
            compared: None,
            was_there: false,
            problem: None,
            unanswered: true,
        }
    }

    pub(super) fn globs(&self) -> &[String] {
        &self.globs
    }

    /// Says what to compare with from now on.
    pub(super) fn compare(&mut self, with: Option<&CompareWant>) {
        if self.compare.as_ref() != with {
            self.compare = with.cloned();
            self.last = None;
            self.unanswered = true;
        }
    }

    /// What was found has been handed over.
    pub(super) fn answered(&mut self) {
        self.unanswered = false;
    }

    /// Reads a little further. Gives what is known if that is new, and says whether there is more to read.
    pub(super) fn step(&mut self) -> (Option<StatsReading>, bool) {
        let change = match self.file.refresh(STATS_STEP) {
            Ok(change) => change,
            Err(error) => {
                let problem = Safe::line(&error.to_string());
                self.unanswered |= self.problem.as_ref() != Some(&problem);
                self.problem = Some(problem.clone());
                return (self.unanswered.then(|| self.reading(FileState::Unreadable(problem), false)), false);
            }
        };
        self.unanswered |= self.problem.take().is_some();
        let appeared = self.file.exists() && !self.was_there;
        self.was_there |= self.file.exists();
        let took = !change.behind && self.take_last_dump();
        let changed = self.unanswered || change.new_dumps > 0 || change.reset || appeared || took;
        // What has been read once is wanted even if it is not sent at once.
        self.unanswered |= changed;
        if !changed {
            return (None, change.behind);
        }
        let state = match (self.file.exists(), self.was_there) {
            (true, _) => FileState::Present,
            (false, true) => FileState::Gone,
            (false, false) => FileState::Absent,
        };
        (Some(self.reading(state, change.behind)), change.behind)
    }

    fn reading(&self, state: FileState, more: bool) -> StatsReading {
        let reader = self.file.reader();
        StatsReading {
            path: self.path.clone(),
            state,
            dumps: u64::from(reader.dumps()),
            asked: u64::from(reader.requested_dumps()),
            last_asked: reader.latest().is_some_and(|dump| dump.requested),
            age_ms: age_ms(&self.path),
            watched: self.watched(),
            all: Arc::clone(&self.all),
            tree: Arc::clone(&self.tree),
            compared: self.compared.clone(),
            more,
        }
    }

    /// Takes the last dump apart if it is another one, or is compared with something else. Says whether it did.
    fn take_last_dump(&mut self) -> bool {
        let place = self.file.reader().latest().map(|dump| (dump.number, dump.start));
        let other = match &self.compare {
            Some(CompareWant::Other(attempt)) => Some(look(&attempts::open(attempt).stats())),
            _ => None,
        };
        let from = Some((place, other.flatten()));
        if from == self.last {
            return false;
        }
        self.last = from;
        let text = self.file.last_dump().ok().flatten().unwrap_or_default();
        let new = parse_block(&text);
        let old = match &self.compare {
            None => None,
            Some(CompareWant::Previous) => Some(self.file.dump_before()),
            Some(CompareWant::Other(attempt)) => Some(last_dump_text(&attempts::open(attempt).stats())),
        };
        let (old, problem) = match old {
            None => (None, None),
            Some(Ok(Some(text))) => (Some(parse_block(&text)), None),
            Some(Ok(None)) if self.compare == Some(CompareWant::Previous) => {
                (None, Some(Safe::plain("it is the first dump")))
            }
            Some(Ok(None)) => (None, Some(Safe::plain("it has no dump"))),
            Some(Err(error)) => (None, Some(Safe::line(&error.to_string()))),
        };
        self.compared = self.compare.clone().map(|want| Compared { want, problem });
        let lines = lines(old.as_deref(), &new);
        self.tree = Arc::new(tree(&new, &lines));
        self.all = Arc::new(lines);
        true
    }

    fn watched(&self) -> Vec<WatchedStat> {
        let reader = self.file.reader();
        let meanings: HashMap<&str, &Safe> =
            self.all.iter().map(|stat| (stat.name.as_str(), &stat.description)).collect();
        let all_asked = reader.history().iter().all(|dump| dump.requested);
        let stat = |(index, name): (usize, &String)| {
            let dumps = reader.history().iter().filter(|dump| all_asked || !dump.requested);
            WatchedStat {
                name: Safe::line(name),
                description: meanings.get(name.as_str()).map(|text| (*text).clone()).unwrap_or_default(),
                last: reader.latest().and_then(|dump| dump.value(index)),
                values: dumps.map(|dump| dump.value(index)).collect(),
            }
        };
        reader.names().iter().enumerate().take(MAX_WATCHED).map(stat).collect()
    }
}

/// The lines of the new dump, with the values of the old one beside them and those that only the old one has.
pub(in crate::tui) fn lines(old: Option<&[stats::StatLine]>, new: &[stats::StatLine]) -> Vec<StatLine> {
    let shown = |stat: &stats::StatLine, value: Option<f64>, other: Option<f64>| StatLine {
        name: Safe::line(&stat.name),
        value,
        other,
        share: stat.pdf,
        unit: Safe::line(stat.unit.as_deref().unwrap_or_default()),
        description: Safe::line(&stat.description),
    };
    let Some(old) = old else { return new.iter().map(|stat| shown(stat, Some(stat.value), None)).collect() };
    let by_name = |lines: &[stats::StatLine]| -> HashMap<String, usize> {
        lines.iter().enumerate().map(|(at, line)| (line.name.clone(), at)).collect()
    };
    let (olds, news) = (by_name(old), by_name(new));
    let line = |change: stats::Change| {
        let new = news.get(&change.name).and_then(|at| new.get(*at));
        let stat = new.or_else(|| old.get(*olds.get(&change.name)?))?;
        Some(shown(stat, change.new, change.old))
    };
    diff(old, new).into_iter().filter_map(line).collect()
}

/// The tree of the new dump, with the values told by their places among the lines.
pub(in crate::tui) fn tree(new: &[stats::StatLine], lines: &[StatLine]) -> Vec<TreeRow> {
    let stats = stats::stats(new);
    let places: HashMap<&str, usize> = lines.iter().enumerate().map(|(at, line)| (line.name.as_str(), at)).collect();
    let place = |name: &str| places.get(Safe::line(name).as_str()).copied();
    let row = |row: &stats::Row| {
        let (line, stats) = match row.node {
            Node::Group { stats } => (None, stats),
            // A vector's own row shows its total, if it has one.
            Node::Stat(at) => {
                let name = stats.get(at).map_or("", |stat| stat.name.as_str());
                (place(name).or_else(|| place(&format!("{name}::total"))), 0)
            }
            Node::Element(at, element) => {
                let element = stats.get(at).and_then(|stat| stat.elements.get(element));
                (element.and_then(|element| place(&element.name)), 0)
            }
        };
        TreeRow {
            depth: row.depth,
            label: Safe::line(&row.label),
            path: row.path.clone(),
            below: row.below,
            stats,
            line,
        }
    };
    Tree::of(&stats).rows().iter().map(row).collect()
}

fn look(path: &Path) -> Option<Look> {
    let metadata = path.metadata().ok()?;
    Some((metadata.len(), metadata.modified().ok()))
}

fn age_ms(path: &Path) -> Option<u64> {
    let modified = fs::metadata(path).and_then(|metadata| metadata.modified()).ok()?;
    let age = SystemTime::now().duration_since(modified).unwrap_or_default();
    u64::try_from(age.as_millis()).ok()
}
