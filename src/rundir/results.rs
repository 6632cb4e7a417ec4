//! Which dump of an attempt is its result, and what a stat's value is. Nothing else decides it.
//!
//! A dump that was asked for from outside shows how far a run had come then, and would stand among results as if it were
//! one. So it is shown, and marked, only while the attempt runs. What counts afterwards depends on how it ended:
//! [`Ending`] tells. Where there are several that count, the user says which one is meant ([`Choice`]): the last one where nothing
//! is said. While an attempt runs the last one is shown, whichever is meant, because what is meant may be yet to come.
//!
//! The awkward truth: what gem5 wrote last is a result even if it was asked for, wherever gem5 came to an end at which it
//! writes its stats, because it writes no second dump in one tick. So the same file has another result after SIGKILL than
//! after an exit.

mod every;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(crate) use every::{read_every, read_every_foreign};

use super::atomic;
use super::layout::AttemptDir;
use super::named::as_named;
use super::outputs::Outputs;
use super::record::{End, Exit};
use super::stats_file::{self, FoundStats, Integrity, Reach, read_requests};
use crate::gem5::OutcomeKind;
use crate::gem5::stats::{Choice, Chosen, Dump, Dumps, Missing, Requests, StatsForm, Watch};
use crate::text::human;

/// What the end of an attempt says of its last dump.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// It has not ended: the last dump shows how far it has come, whoever asked for it.
    Running,
    /// gem5 came to an end at which it writes its stats (`m5/simulate.py` registers it with `atexit`): the last dump is a
    /// result, whatever was asked for before.
    WroteStats,
    /// A signal ended it, or `fatal` in C++, or nobody knows what did: no dump was written at the end, and one that was asked
    /// for is no result.
    CutOff,
}

impl Ending {
    /// How an attempt with this outcome ended; none if it has not. `exit` is what the shim recorded.
    pub fn of(outcome: Option<OutcomeKind>, exit: Option<&Exit>) -> Self {
        let has_exited = exit.is_some_and(|exit| matches!(exit.end, End::Exited { .. }));
        match outcome {
            None => Self::Running,
            Some(kind) if has_exited && kind != OutcomeKind::Fatal => Self::WroteStats,
            Some(_) => Self::CutOff,
        }
    }

    /// Whether gem5 wrote the last dump because it came to its end, so that it counts even if it was asked for.
    pub fn wrote_stats(self) -> bool {
        self == Self::WroteStats
    }

    /// Which dump is shown of those that `setting` may mean: while the attempt runs, the last one.
    pub fn choice(self, setting: &Choice) -> Choice {
        if self == Self::Running { Choice::LAST } else { setting.clone() }
    }

    /// The same from the attempt's own record.
    pub fn read(attempt: &AttemptDir, outcome: Option<OutcomeKind>) -> Self {
        let exit = || atomic::read_json::<Exit>(&attempt.exit()).ok().flatten();
        Self::of(outcome, outcome.and_then(|_| exit()).as_ref())
    }
}

/// The dumps of an attempt under the rule.
#[derive(Debug, Clone, Copy)]
pub struct Results<'d> {
    dumps: &'d Dumps,
    ending: Ending,
}

impl<'d> Results<'d> {
    /// Which of these dumps counts after this ending.
    pub fn of(dumps: &'d Dumps, ending: Ending) -> Self {
        Self { dumps, ending }
    }

    /// The last dump that is a result. While the attempt runs it may be followed by another.
    pub fn result(&self) -> Option<&'d Dump> {
        match self.ending {
            Ending::WroteStats => self.dumps.latest(),
            Ending::Running | Ending::CutOff => self.dumps.latest_unasked(),
        }
    }

    /// The dump whose values are shown: while the attempt runs the last one, and then its result.
    pub fn shown(&self) -> Option<&'d Dump> {
        if self.ending == Ending::Running { self.dumps.latest() } else { self.result() }
    }

    /// The last dump, which tells how far the attempt came, whoever asked for it.
    pub fn latest(&self) -> Option<&'d Dump> {
        self.dumps.latest()
    }

    /// The dump whose text is looked at: the shown one, and where no dump is a result the last one, marked as
    /// [`Self::is_asked`] tells.
    pub fn to_look_at(&self) -> Option<&'d Dump> {
        self.shown().or_else(|| self.latest())
    }

    /// Whether the dump shows only how far the attempt had come when somebody asked.
    pub fn is_asked(&self, dump: &Dump) -> bool {
        let is_result = self.result().is_some_and(|result| result.number == dump.number);
        dump.requested && !is_result
    }

    /// The shown value for every glob of the watch, in their order: a row of a table.
    pub fn row(&self) -> Vec<Option<f64>> {
        self.shown().map_or_else(|| vec![None; self.dumps.watch().globs().len()], Dump::row)
    }

    /// The shown value of the stat of this name.
    pub fn value(&self, name: &str) -> Option<f64> {
        self.shown()?.value(self.dumps.place(name)?)
    }

    /// Every watched stat that the shown dump has, with its value and its unit.
    pub fn all_with_units(&self) -> impl Iterator<Item = (&'d str, f64, Option<&'d str>)> + use<'d> {
        let (shown, dumps) = (self.shown(), self.dumps);
        let value =
            move |(index, name): (usize, &'d String)| Some((name.as_str(), shown?.value(index)?, dumps.unit(index)));
        self.dumps.names().iter().enumerate().filter_map(value)
    }

    /// Every watched stat that the shown dump has, with its value.
    pub fn all(&self) -> impl Iterator<Item = (&'d str, f64)> + use<'d> {
        let shown = self.shown();
        let value = move |(index, name): (usize, &'d String)| Some((name.as_str(), shown?.value(index)?));
        self.dumps.names().iter().enumerate().filter_map(value)
    }
}

/// What the stats of an attempt tell at a look.
#[derive(Debug)]
pub(crate) struct Reading {
    /// The dumps that were read: those that count, and not all of them.
    dumps: Dumps,
    ending: Ending,
    /// Where they were read.
    pub file: PathBuf,
    of_file: Option<Note>,
    /// Which dump is meant.
    choice: Choice,
    /// The record of what was asked for, where there is one.
    requests: Option<PathBuf>,
    /// The place of the dump that is meant among those that count, where looking for it told.
    number: Option<u32>,
    /// Whether the file was there and could be looked through.
    is_read: bool,
}

/// What else there is to know about stats, such as why there are none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Note {
    /// They are in a form that is not read.
    NotRead(StatsForm),
    /// They are compressed, and complete only when gem5 has ended.
    NotYet,
    /// There are dumps, and none is a result.
    AllAsked,
    /// The shown dump was asked for.
    Asked,
    /// The dump that is meant is not there.
    Missing(Missing),
    /// The compressed file is damaged, for this reason: dumps behind the place may have been lost.
    Damaged(String),
    /// There are more dumps than are held at once, of which so many were read.
    TooMuch(u32),
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotRead(form) => write!(f, "its stats are {}, which is not read", form.word()),
            Self::NotYet => f.write_str("compressed stats can be read when it has ended"),
            Self::AllAsked => f.write_str("every dump was asked for while it ran, so none is a result"),
            Self::Asked => f.write_str("this dump was asked for"),
            Self::Missing(missing) => missing.fmt(f),
            Self::TooMuch(dumps) => write!(
                f,
                "its stats are more than can be taken together: its first {} alone hold too many values; choose one dump, or fewer \
                 stats",
                human::plural(u64::from(*dumps), "dump")
            ),
            Self::Damaged(why) => write!(f, "the file is cut off or damaged, later dumps may be lost: {why}"),
        }
    }
}

/// Why stats could not be read.
#[derive(Debug, thiserror::Error)]
#[error("could not read {}", as_named(path).display())]
pub(crate) struct ReadError {
    /// The file.
    pub path: PathBuf,
    /// Why.
    pub source: io::Error,
}

/// Reads what counts of an attempt's stats, and no more of them than it takes to know: of those that count, the dump that is meant.
pub(crate) fn read(
    outputs: &Outputs,
    ending: Ending,
    choice: &Choice,
    watch: &Arc<Watch>,
) -> Result<Reading, ReadError> {
    match locate(outputs, ending, choice, watch) {
        Ok(Place { path, requests }) => {
            read_file(&path, requests, ending, choice, watch).map_err(|source| ReadError { path, source })
        }
        Err(nothing) => Ok(*nothing),
    }
}

/// A file of stats that can be read, and the record of what was asked for.
#[derive(Debug)]
struct Place {
    path: PathBuf,
    requests: Option<PathBuf>,
}

/// Finds the stats of an attempt, or tells what there is in their place.
fn locate(outputs: &Outputs, ending: Ending, choice: &Choice, watch: &Arc<Watch>) -> Result<Place, Box<Reading>> {
    let nothing = |path, note| Err(Box::new(Reading::nothing(path, ending, choice, watch, note)));
    let (path, form) = match outputs.find_stats() {
        FoundStats::File { path, form } => (path, form),
        FoundStats::NotRead { path, form } => return nothing(path, Some(Note::NotRead(form))),
        FoundStats::Missing => return nothing(outputs.stats(), None),
    };
    // Of a compressed file it cannot be told what was asked for.
    let is_gzip = form == StatsForm::Gzip || stats_file::is_gzip(&path);
    if is_gzip && ending == Ending::Running {
        return nothing(path, Some(Note::NotYet));
    }
    let asked = outputs.attempt().requested_dumps();
    Ok(Place { path, requests: Some(asked).filter(|_| !is_gzip) })
}

/// The same for a file of a gem5 that is none of ours: nobody knows what was asked for, so that what it wrote last counts.
pub(crate) fn read_foreign(path: &Path, choice: &Choice, watch: &Arc<Watch>) -> Result<Reading, ReadError> {
    let failed = |source| ReadError { path: path.to_owned(), source };
    read_file(path, None, Ending::WroteStats, choice, watch).map_err(failed)
}

/// The same of a file whose last dumps were read already, as somebody does who reads it from its start to its end.
pub(crate) fn of_foreign(path: PathBuf, dumps: Dumps) -> Reading {
    let (ending, choice) = (Ending::WroteStats, Choice::LAST);
    Reading { dumps, ending, file: path, of_file: None, choice, requests: None, number: None, is_read: true }
}

fn read_file(
    path: &Path,
    requests: Option<PathBuf>,
    ending: Ending,
    choice: &Choice,
    watch: &Arc<Watch>,
) -> io::Result<Reading> {
    let asked = || requests.as_deref().map(read_requests).unwrap_or_default();
    let mut of_file = None;
    let mut number = None;
    let dumps = if !choice.is_last() {
        let survey = stats_file::survey(path, asked(), choice, Reach::Found)?;
        if let Integrity::CutOff(why) = &survey.integrity {
            of_file = Some(Note::Damaged(why.clone()));
        }
        match survey.chosen(ending.wrote_stats()) {
            Ok(chosen) => {
                // What was looked for from the end knows how many there are only if it came to the start.
                let is_counted = chosen.of.is_some() || !matches!(choice, Choice::FromEnd(_));
                number = is_counted.then_some(chosen.dump.place);
                Some(stats_file::read_one(path, &chosen.dump.dump, Arc::clone(watch))?)
            }
            Err(missing) => {
                if missing != Missing::NoDump {
                    of_file = Some(Note::Missing(missing));
                }
                None
            }
        }
    } else if stats_file::is_gzip(path) {
        let whole = stats_file::read_whole(path, Arc::clone(watch), Requests::default())?;
        if let Integrity::CutOff(why) = whole.integrity {
            of_file = Some(Note::Damaged(why));
        }
        Some(whole.dumps)
    } else {
        match ending {
            Ending::Running => stats_file::read_last(path, Arc::clone(watch), asked())?,
            Ending::WroteStats => stats_file::read_last(path, Arc::clone(watch), Requests::default())?,
            Ending::CutOff => stats_file::read_last_unasked(path, Arc::clone(watch), asked())?,
        }
    };
    let dumps = dumps.unwrap_or_else(|| Dumps::new(Arc::clone(watch)));
    let (file, choice) = (path.to_owned(), choice.clone());
    Ok(Reading { dumps, ending, file, of_file, choice, requests, number, is_read: true })
}

impl Reading {
    /// Of stats that cannot be read, or are not there.
    fn nothing(file: PathBuf, ending: Ending, choice: &Choice, watch: &Arc<Watch>, of_file: Option<Note>) -> Self {
        let (dumps, choice) = (Dumps::new(Arc::clone(watch)), choice.clone());
        Self { dumps, ending, file, of_file, choice, requests: None, number: None, is_read: false }
    }

    /// The place of the shown dump among those that count, from one, as far as this look at the file told it. [`Self::place`] looks
    /// once more.
    pub(crate) fn number(&self) -> Option<u32> {
        /// gem5 writes an empty line in front of each dump.
        const FIRST: u64 = 1;
        let results = self.results();
        let shown = results.shown().filter(|dump| !results.is_asked(dump))?;
        self.number.or_else(|| (shown.start <= FIRST).then_some(1))
    }

    /// The same, for which the file is looked through once more where that tells it and does not take long.
    pub(crate) fn place(&self) -> Option<u32> {
        let results = self.results();
        let shown = results.shown().filter(|dump| self.is_read && !results.is_asked(dump))?;
        let count = || {
            let requests = self.requests.as_deref().map(read_requests).unwrap_or_default();
            stats_file::dumps_before(&self.file, shown.start, &requests).ok()?.map(|before| before + 1)
        };
        self.number().or_else(count).or_else(|| self.chosen()?.place().map(|(place, _)| place))
    }

    /// Which of the dumps that count is shown, and what it counts beside the others. Looks through the file once more, from its
    /// end where that is enough and the file is large. None where no such dump is shown.
    pub(crate) fn chosen(&self) -> Option<Chosen> {
        let results = self.results();
        let shown = results.shown().filter(|dump| self.is_read && !results.is_asked(dump))?;
        let requests = self.requests.as_deref().map(read_requests).unwrap_or_default();
        let survey = stats_file::survey(&self.file, requests, &self.choice, Reach::Told).ok()?;
        let chosen = survey.chosen(self.ending.wrote_stats()).ok()?;
        // Another one by now, if it runs.
        (chosen.dump.dump.start == shown.start).then_some(chosen)
    }

    /// The results in it.
    pub(crate) fn results(&self) -> Results<'_> {
        Results::of(&self.dumps, self.ending)
    }

    /// The whole text of the dump that is to be looked at.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(crate) fn text(&self) -> io::Result<Option<String>> {
        self.results().to_look_at().map_or(Ok(None), |dump| stats_file::read_text(&self.file, &dump.summary()))
    }

    /// Whether there are dumps and none is a result.
    pub(crate) fn is_all_asked(&self) -> bool {
        self.dumps.count() > 0 && self.results().result().is_none()
    }

    /// What else there is to know.
    pub(crate) fn note(&self) -> Option<Note> {
        let results = self.results();
        match results.shown() {
            None if self.dumps.count() > 0 => Some(Note::AllAsked),
            Some(dump) if results.is_asked(dump) => Some(Note::Asked),
            _ => self.of_file.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write as _;

    use super::*;

    /// An attempt's directory with the stats of a gem5 that was watched and asked.
    struct Bench {
        dir: tempfile::TempDir,
    }

    impl Bench {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            fs::create_dir(dir.path().join("m5out")).unwrap();
            Self { dir }
        }

        fn attempt(&self) -> AttemptDir {
            AttemptDir::new(self.dir.path())
        }

        fn stats(&self) -> PathBuf {
            self.dir.path().join("m5out/stats.txt")
        }

        fn append(path: &std::path::Path, text: &str) {
            fs::OpenOptions::new().append(true).create(true).open(path).unwrap().write_all(text.as_bytes()).unwrap();
        }

        /// gem5 writes a dump in which IPC has this value.
        fn dump(&self, ipc: f64) {
            let text = format!(
                "\n---------- Begin Simulation Statistics ----------\nsystem.cpu.ipc {ipc}\nsystem.l2.ipc 9\n\n\
                 ---------- End Simulation Statistics   ----------\n"
            );
            Self::append(&self.stats(), &text);
        }

        /// Somebody asks for a dump.
        fn ask(&self) {
            let bytes = fs::metadata(self.stats()).map_or(0, |facts| facts.len());
            let at = serde_json::json!({"unix_ms": 0, "boot_ms": 0});
            let line = serde_json::json!({"at": at, "stats_bytes": bytes}).to_string() + "\n";
            Self::append(&self.attempt().requested_dumps(), &line);
        }

        /// The place of the dump that is chosen, as a look tells it and as a second one does.
        fn places(&self, choice: &str, ending: Ending) -> (Option<u32>, Option<(u32, u32)>) {
            let outputs = Outputs::unknown(&self.attempt());
            let reading = read(&outputs, ending, &choice.parse().unwrap(), &Arc::default()).unwrap();
            let known = reading.chosen().and_then(|chosen| chosen.place());
            assert_eq!(reading.place(), known.map(|(place, _)| place), "{choice}");
            (reading.number(), known)
        }

        /// The value that is shown, whether it is marked, and what else is said.
        fn shown(&self, ending: Ending) -> (Option<f64>, bool, Option<Note>) {
            let watch = Arc::new(Watch::new(&["*.ipc"]).unwrap());
            let reading = read(&Outputs::unknown(&self.attempt()), ending, &Choice::LAST, &watch).unwrap();
            let results = reading.results();
            let value = results.value("system.cpu.ipc");
            assert_eq!(results.row(), [value], "the value of a glob is that of its first match");
            assert_eq!(results.all().next().map(|(_, value)| value), value);
            // Who follows the file comes to the same.
            let mut file = stats_file::StatsFile::open(&self.stats(), watch);
            file = file.with_requests(&self.attempt().requested_dumps());
            file.refresh(u64::MAX).unwrap();
            let followed = Results::of(file.dumps(), ending);
            assert_eq!((followed.row(), followed.value("system.cpu.ipc")), (vec![value], value));
            let asked = |results: Results<'_>| results.shown().is_some_and(|dump| results.is_asked(dump));
            assert_eq!(asked(followed), asked(results));
            (value, asked(results), reading.note())
        }
    }

    const ALL: [Ending; 3] = [Ending::Running, Ending::WroteStats, Ending::CutOff];

    #[test]
    fn a_look_tells_the_place_of_a_dump_where_it_came_by_all_before_it() {
        let bench = Bench::new();
        bench.dump(1.0);
        assert_eq!(bench.places("last", Ending::WroteStats), (Some(1), Some((1, 1))));
        bench.dump(2.0);
        // The last one is read from the end, and how many there are before it is not seen.
        assert_eq!(bench.places("last", Ending::WroteStats), (None, Some((2, 2))));
        assert_eq!(bench.places("2", Ending::WroteStats), (Some(2), Some((2, 2))));
        assert_eq!(bench.places("-2", Ending::WroteStats), (Some(1), Some((1, 2))));
        bench.ask();
        bench.dump(3.0);
        assert_eq!(bench.places("last", Ending::CutOff), (None, Some((2, 2))));
        assert_eq!(bench.places("last", Ending::WroteStats), (None, Some((3, 3))));
        let asked = Bench::new();
        asked.ask();
        asked.dump(1.0);
        // What was asked for has no place among those that count.
        assert_eq!(asked.places("last", Ending::Running), (None, None));
    }

    #[test]
    fn what_the_script_dumped_last_counts_however_it_ended() {
        let bench = Bench::new();
        assert_eq!(ALL.map(|ending| bench.shown(ending)), [const { (None, false, None) }; 3]);
        bench.dump(0.5);
        bench.ask();
        bench.dump(0.6);
        bench.dump(0.7);
        assert_eq!(ALL.map(|ending| bench.shown(ending)), [const { (Some(0.7), false, None) }; 3]);
    }

    #[test]
    fn a_dump_that_was_asked_for_is_marked_while_it_runs_and_is_no_result_when_it_was_cut_off() {
        let bench = Bench::new();
        bench.dump(0.5);
        bench.ask();
        bench.dump(0.6);
        assert_eq!(bench.shown(Ending::Running), (Some(0.6), true, Some(Note::Asked)));
        assert_eq!(bench.shown(Ending::CutOff), (Some(0.5), false, None));
    }

    #[test]
    fn without_any_other_dump_there_is_no_result() {
        let bench = Bench::new();
        bench.ask();
        bench.dump(0.6);
        assert_eq!(bench.shown(Ending::Running), (Some(0.6), true, Some(Note::Asked)));
        assert_eq!(bench.shown(Ending::CutOff), (None, false, Some(Note::AllAsked)));
        let reading =
            read(&Outputs::unknown(&bench.attempt()), Ending::CutOff, &Choice::LAST, &Arc::default()).unwrap();
        assert!(reading.is_all_asked());
        // It can still be looked at, and is marked.
        let look = reading.results().to_look_at().unwrap();
        assert!(reading.results().is_asked(look) && reading.text().unwrap().unwrap().contains("system.cpu.ipc 0.6"));
    }

    #[test]
    fn what_gem5_writes_at_its_end_is_a_result_even_where_a_dump_was_asked_for() {
        let bench = Bench::new();
        bench.dump(0.5);
        bench.ask();
        bench.dump(0.6);
        assert_eq!(bench.shown(Ending::WroteStats), (Some(0.6), false, None));
    }

    #[test]
    fn only_an_exit_that_is_no_fatal_writes_stats() {
        let exit = |end: serde_json::Value| -> Exit {
            let at = serde_json::json!({"unix_ms": 0, "boot_ms": 0});
            let record = serde_json::json!({"format": 1, "end": end, "at": at, "wall_ms": 0, "paused_ms": 0});
            serde_json::from_value(record).unwrap()
        };
        let exited = exit(serde_json::json!({"how": "exited", "code": 1}));
        let killed = exit(serde_json::json!({"how": "signaled", "signal": 9, "name": "SIGKILL"}));
        assert_eq!(Ending::of(None, None), Ending::Running);
        assert_eq!(Ending::of(Some(OutcomeKind::PythonError), Some(&exited)), Ending::WroteStats);
        assert_eq!(Ending::of(Some(OutcomeKind::Fatal), Some(&exited)), Ending::CutOff);
        assert_eq!(Ending::of(Some(OutcomeKind::Killed), Some(&killed)), Ending::CutOff);
        assert_eq!(Ending::of(Some(OutcomeKind::Lost), None), Ending::CutOff);
    }

    #[test]
    fn stats_that_cannot_be_read_are_told_of() {
        let bench = Bench::new();
        fs::write(bench.dir.path().join("m5out/stats.json"), "{}").unwrap();
        let note = |ending| {
            let reading = read(&Outputs::unknown(&bench.attempt()), ending, &Choice::LAST, &Arc::default()).unwrap();
            assert!(reading.results().to_look_at().is_none());
            reading.note()
        };
        assert_eq!(note(Ending::WroteStats), Some(Note::NotRead(StatsForm::Json)));
        fs::write(bench.dir.path().join("m5out/stats.txt.gz"), b"\x1f\x8b\x08").unwrap();
        assert_eq!(note(Ending::Running), Some(Note::NotYet));
        assert!(matches!(note(Ending::CutOff), Some(Note::Damaged(_))));
    }
}
