//! The stats of an attempt: the watched ones over time, and all of the dump that counts, alone or beside another one.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use super::beside::{self, Beside};
use super::history::histories;
use crate::gem5::OutcomeKind;
use crate::gem5::stats::{
    self, Choice, Chosen, Dump, Missing, Node, Summary, Tree, Unmatched, Watch, diff, parse_block,
};
use crate::rundir::stats_file::MAX_DUMP;
use crate::rundir::{AttemptDir, Ending, Outputs, Results, StatsFile, attempts, results};
use crate::text::Safe;
use crate::tui::reading::{
    CompareWant, Compared, DumpLine, FileState, History, StatLine, StatsReading, StatsWant, TreeRow, WatchedStat,
};

/// Bytes of stats that are read in one step.
const STATS_STEP: u64 = 16 << 20;

pub(super) struct StatsReader {
    attempt: AttemptDir,
    path: PathBuf,
    globs: Vec<String>,
    outcome: Option<OutcomeKind>,
    ending: Ending,
    dump: Choice,
    /// The number of the dump that is looked at, if one is chosen.
    at: Option<u32>,
    compare: Option<CompareWant>,
    /// Where the attempt writes that it is compared with.
    other: Option<Outputs>,
    file: StatsFile,
    watch: Arc<Watch>,
    /// Attempts whose histories are read too.
    beside: Vec<Beside>,
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
    pub(super) fn new(outputs: &Outputs, want: &StatsWant) -> Self {
        // The globs were checked with the experiment file; if one does not compile here nothing is watched.
        let watch = Watch::new(&want.globs).or_else(|_| Watch::new::<&str>(&[])).map(Arc::new);
        let watch = watch.expect("an empty list of globs always compiles");
        let path = if want.outcome.is_some() { outputs.stats_as_left() } else { outputs.stats() };
        let attempt = outputs.attempt().clone();
        let mut file = StatsFile::open(&path, Arc::clone(&watch)).with_requests(&attempt.requested_dumps());
        file = file.choosing(want.dump.clone());
        if want.outcome.is_some() {
            file.set_ended();
        }
        let mut beside = Vec::new();
        beside::follow(&mut beside, &want.beside, &watch);
        Self {
            globs: want.globs.clone(),
            watch,
            beside,
            outcome: want.outcome,
            ending: Ending::read(&attempt, want.outcome),
            dump: want.dump.clone(),
            at: want.at,
            compare: want.compare.clone(),
            other: None,
            file,
            attempt,
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

    /// Whether this reader can go on for what is wanted: what it has read depends on the globs and on the choice of the dump.
    pub(super) fn serves(&self, want: &StatsWant) -> bool {
        self.globs == want.globs && self.dump == want.dump
    }

    /// Says how the attempt ended by now, and what to compare with.
    pub(super) fn want(&mut self, want: &StatsWant) {
        self.unanswered |= beside::follow(&mut self.beside, &want.beside, &self.watch);
        if self.compare != want.compare {
            self.compare.clone_from(&want.compare);
            self.other = None;
            self.last = None;
            self.unanswered = true;
        }
        if self.at != want.at {
            self.at = want.at;
            self.unanswered = true;
        }
        if self.outcome != want.outcome {
            self.outcome = want.outcome;
            self.ending = Ending::read(&self.attempt, want.outcome);
            if want.outcome.is_some() {
                self.file.set_ended();
            }
            self.unanswered = true;
        }
    }

    fn results(&self) -> Results<'_> {
        Results::of(self.file.dumps(), self.ending)
    }

    /// Whether the dump that is shown is any other than the last one that counts.
    fn is_chosen(&self) -> bool {
        !self.ending.choice(&self.dump).is_last()
    }

    /// The dump that is meant, if it is there. The file counts for another choice than the last dump as soon as it is read, and
    /// what is shown follows it only once the attempt has ended.
    fn chosen(&self) -> Result<Chosen, Missing> {
        let (sequence, ends) = (self.file.dumps().sequence(), self.ending.wrote_stats());
        let dump = sequence.chosen(ends)?;
        // What was passed over had numbers too.
        let of = (self.file.skipped() == 0).then(|| sequence.count(ends));
        Ok(Chosen { dump, of, choice: sequence.choice().clone() })
    }

    /// The dump that somebody chose to look at, or of a file with very many the nearest one before it that is kept.
    fn looked_at(&self) -> Option<&Dump> {
        let (at, history) = (self.at?, self.file.dumps().history());
        let behind = history.partition_point(|dump| dump.number <= at);
        history.get(behind.saturating_sub(1))
    }

    /// The dump whose text is looked at.
    fn to_look_at(&self) -> Option<Summary> {
        self.looked_at().map(Dump::summary).or_else(|| self.usual())
    }

    /// The one that is where nobody chose any.
    fn usual(&self) -> Option<Summary> {
        if self.is_chosen() {
            return self.chosen().ok().map(|chosen| chosen.dump.dump);
        }
        self.results().to_look_at().map(Dump::summary)
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
        let took = !change.behind && self.take_dump();
        // What is shown comes first; the others take what is left.
        let (has_beside, is_beside_behind) =
            if change.behind { (false, false) } else { beside::step(&mut self.beside, STATS_STEP) };
        let changed = self.unanswered || change.new_dumps > 0 || change.reset || appeared || took || has_beside;
        // What has been read once is wanted even if it is not sent at once.
        self.unanswered |= changed;
        let is_behind = change.behind || is_beside_behind;
        if !changed {
            return (None, is_behind);
        }
        let state = match (self.file.exists(), self.was_there) {
            (true, _) => FileState::Present,
            (false, true) => FileState::Gone,
            (false, false) => FileState::Absent,
        };
        (Some(self.reading(state, change.behind)), is_behind)
    }

    fn reading(&self, state: FileState, more: bool) -> StatsReading {
        let (dumps, results) = (self.file.dumps(), self.results());
        let shown = self.to_look_at();
        let is_asked = match self.looked_at() {
            Some(dump) => results.is_asked(dump),
            None => !self.is_chosen() && results.to_look_at().is_some_and(|dump| results.is_asked(dump)),
        };
        let chosen = self.chosen();
        let is_missed = self.is_chosen() && self.at.is_none() && !more;
        let missing = chosen.as_ref().err().filter(|why| is_missed && **why != Missing::NoDump);
        let missing = missing.map(|why| Safe::line(&why.to_string()));
        // A dump that somebody asked for is shown in place of what counts only while it runs.
        let is_it = |chosen: &Chosen| shown.as_ref().is_some_and(|shown| chosen.dump.dump.start == shown.start);
        let unwatched = dumps.latest().map_or(0, |dump| u64::from(dump.left_out));
        StatsReading {
            attempt: self.attempt.path().to_owned(),
            path: self.path.clone(),
            state,
            dumps: u64::from(dumps.count()),
            asked: u64::from(dumps.requested()),
            shown: shown.as_ref().map_or(0, |dump| u64::from(dump.number)),
            shown_asked: is_asked,
            choices: Arc::new(self.choices()),
            usual: self.usual().map(|dump| dump.number),
            label: shown.as_ref().and_then(|dump| dump.label.as_deref()).map(Safe::line),
            chosen: chosen.ok().filter(is_it),
            missing,
            skipped: self.file.skipped(),
            unlisted: shown.as_ref().map_or(0, |dump| (dump.end - dump.start).saturating_sub(MAX_DUMP)),
            unread_lines: dumps.latest().map_or(0, |dump| u64::from(dump.unread_lines)),
            damaged: self.file.damage().map(Safe::line),
            unwatched,
            unmatched: self.unmatched(),
            age_ms: age_ms(&self.path),
            watched: self.watched(),
            all: Arc::clone(&self.all),
            tree: Arc::clone(&self.tree),
            compared: self.compared.clone(),
            beside: beside::readings(&self.beside),
            more,
        }
    }

    fn choices(&self) -> Vec<DumpLine> {
        let results = self.results();
        let line = |dump: &Dump| DumpLine {
            number: dump.number,
            interval: dump.interval(),
            seconds: dump.sim_seconds,
            tick: dump.final_tick,
            label: dump.label.as_deref().map(Safe::line),
            is_asked: results.is_asked(dump),
        };
        self.file.dumps().history().iter().map(line).collect()
    }

    /// Takes the dump that is shown apart if it is another one, or is compared with something else. Says whether it did.
    fn take_dump(&mut self) -> bool {
        if let (Some(CompareWant::Other { attempt, .. }), None) = (&self.compare, &self.other) {
            self.other = Some(attempts::outputs(&AttemptDir::new(attempt)));
        }
        let shown = self.to_look_at();
        let place = shown.as_ref().map(|dump| (dump.number, dump.start));
        let other = self.other.as_ref().map(|outputs| look(&outputs.stats_as_left()));
        let from = Some((place, other.flatten()));
        if from == self.last {
            return false;
        }
        let shown = shown.as_ref();
        let text = shown.and_then(|dump| self.file.text_of(dump).ok().flatten()).unwrap_or_default();
        let new = parse_block(&text);
        let before = |dump: &Summary| self.file.text_before(dump).map_err(|error| error.to_string());
        let old = match (&self.compare, &self.other) {
            (Some(CompareWant::Previous), _) => Some(shown.map_or(Ok(None), before)),
            (Some(CompareWant::Other { outcome, dump, .. }), Some(outputs)) => {
                Some(text_of_other(outputs, *outcome, dump))
            }
            (Some(CompareWant::Other { .. }) | None, _) => None,
        };
        self.last = from;
        let (old, problem) = match old {
            None => (None, None),
            Some(Ok(Some(text))) => (Some(parse_block(&text)), None),
            Some(Ok(None)) if self.compare == Some(CompareWant::Previous) => {
                (None, Some(Safe::plain("it is the first dump")))
            }
            Some(Ok(None)) => (None, Some(Safe::plain("it has no dump"))),
            Some(Err(error)) => (None, Some(Safe::line(&error))),
        };
        self.compared = self.compare.clone().map(|want| Compared { want, problem });
        let lines = lines(old.as_deref(), &new);
        self.tree = Arc::new(tree(&new, &lines));
        self.all = Arc::new(lines);
        true
    }

    /// What is watched and has matched no stat of any dump. Where there are dumps without a text nothing is claimed.
    fn unmatched(&self) -> Vec<Safe> {
        let (dumps, watch) = (self.file.dumps(), self.file.dumps().watch());
        if dumps.count() == 0 || self.all.is_empty() {
            return Vec::new();
        }
        let is_matched = |glob: usize| dumps.names().iter().any(|name| watch.matches_at(glob, name));
        let globs = watch.globs().iter().enumerate().filter(|(at, _)| !is_matched(*at));
        let names = self.all.iter().map(|stat| stat.name.as_str());
        globs.filter_map(|(_, glob)| Unmatched::of(glob, &names)).map(|one| Safe::line(&one.to_string())).collect()
    }

    fn watched(&self) -> Vec<WatchedStat> {
        let (dumps, results) = (self.file.dumps(), self.results());
        let is_any_other = self.at.is_some() || self.is_chosen();
        let shown = if is_any_other { None } else { results.to_look_at() };
        let lines: HashMap<&str, &StatLine> = self.all.iter().map(|stat| (stat.name.as_str(), stat)).collect();
        let stat = |(index, History { name, values, dumps }): (usize, History)| {
            let line = lines.get(name.as_str());
            WatchedStat {
                unit: line.map(|line| line.unit.clone()).unwrap_or_default(),
                description: line.map(|line| line.description.clone()).unwrap_or_default(),
                // The history is thinned, and the chosen dump may not be in it; its text is.
                last: if is_any_other {
                    line.and_then(|line| line.value)
                } else {
                    shown.and_then(|dump| dump.value(index))
                },
                name,
                values,
                dumps,
            }
        };
        histories(dumps, &results).into_iter().enumerate().map(stat).collect()
    }
}

/// The text of the dump that is shown for another attempt.
fn text_of_other(outputs: &Outputs, outcome: Option<OutcomeKind>, dump: &Choice) -> Result<Option<String>, String> {
    let ending = Ending::read(outputs.attempt(), outcome);
    let reading = results::read(outputs, ending, &ending.choice(dump), &Arc::default());
    reading.map_err(|error| error.source.to_string())?.text().map_err(|error| error.to_string())
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
