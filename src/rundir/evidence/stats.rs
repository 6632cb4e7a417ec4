//! The stats that a process left, wherever it put them.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::gem5::outcome::StatsFacts;
use crate::gem5::stats::{Dumps, Requests, StatsForm, Watch};
use crate::rundir::stats_file::{self, FoundStats, Whole};

use super::output::directories;

/// The stats of one process.
#[derive(Debug)]
pub struct StatsRead {
    /// What they tell of the end.
    pub facts: StatsFacts,
    /// The file with the last dump: the one that gem5 was told to write, or `stats.txt` in the directory that a script of
    /// many simulations gave to this one.
    pub file: PathBuf,
    /// Complete dumps in plain text that gem5 wrote for the output directory itself.
    pub own_dumps: u32,
    /// What was read of [`StatsRead::file`]. `None` if there is no such file.
    pub dumps: Option<Dumps>,
    /// A file of stats in a form that is not read, and what that form is called.
    pub unread: Option<String>,
    /// So many bytes at the start of a large [`StatsRead::file`] were not read, so that there may be more dumps.
    pub skipped: u64,
    /// There are more directories of simulations than were looked at.
    pub more_directories: bool,
}

/// Reads the stats in an output directory. `gem5_args` are gem5's options, as [`stats_file::find`] takes them. Where its own
/// stats have no dump, those of the directories in it count: a script of many simulations (`gem5.utils.multisim`) leaves
/// its own empty.
pub fn find_stats(m5out: &Path, gem5_args: Option<&[String]>, watch: &Arc<Watch>) -> StatsRead {
    read_stats(m5out, stats_file::find(m5out, gem5_args), watch)
}

/// The same of what was found.
pub(super) fn read_stats(m5out: &Path, found: FoundStats, watch: &Arc<Watch>) -> StatsRead {
    let (file, form, unread) = match found {
        FoundStats::File { path, form } => (path, Some(form), None),
        FoundStats::NotRead { path, form } => {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            (path, None, Some(format!("{name} ({})", form.word())))
        }
        FoundStats::Missing => (m5out.join("stats.txt"), None, None),
    };
    let own = form.and_then(|_| read(&file, watch));
    let facts = StatsFacts { stats_txt: own.is_some(), ..facts_of(own.as_ref()) };
    let own_dumps = if form == Some(StatsForm::Text) { facts.dumps } else { 0 };
    let skipped = own.as_ref().map_or(0, |own| own.skipped);
    let mut found =
        StatsRead { facts, own_dumps, dumps: own.map(|own| own.dumps), unread, skipped, more_directories: false, file };
    if found.facts.dumps > 0 || found.facts.open_block || found.unread.is_some() {
        return found;
    }
    let mut ran = 0;
    let inside = directories(m5out);
    found.more_directories = inside.more;
    for directory in inside.paths {
        let file = directory.join("stats.txt");
        let Some(whole) = file.is_file().then(|| read(&file, watch)).flatten() else { continue };
        let inner = facts_of(Some(&whole));
        found.facts.open_block |= inner.open_block;
        if inner.dumps == 0 {
            let name = directory.file_name().unwrap_or_default().to_string_lossy().into_owned();
            found.facts.without_dumps.push(name);
            continue;
        }
        ran += 1;
        found.facts.dumps = found.facts.dumps.saturating_add(inner.dumps);
        // The ticks of different simulations cannot be compared with one exit line.
        found.facts.final_tick = inner.final_tick.filter(|_| ran == 1);
        (found.file, found.skipped, found.dumps) = (file, whole.skipped, Some(whole.dumps));
    }
    found
}

fn read(path: &Path, watch: &Arc<Watch>) -> Option<Whole> {
    stats_file::read_whole(path, Arc::clone(watch), Requests::default()).ok()
}

fn facts_of(whole: Option<&Whole>) -> StatsFacts {
    let dumps = whole.map(|whole| &whole.dumps);
    StatsFacts {
        dumps: dumps.map_or(0, Dumps::count),
        final_tick: dumps.and_then(Dumps::latest).and_then(|dump| dump.final_tick),
        open_block: whole.is_some_and(|whole| whole.has_open_block),
        ..StatsFacts::default()
    }
}

impl StatsRead {
    /// The same without its dumps, for who has found these stats and would read them once more: they may be gigabytes. None if
    /// they are others, or if what they tell is not in one file alone.
    pub(super) fn known(&self, found: &FoundStats) -> Option<Self> {
        let FoundStats::File { path, .. } = found else { return None };
        let place = |path: &Path| fs::metadata(path).map(|meta| (meta.dev(), meta.ino())).ok();
        let is_it = self.own_dumps > 0 && place(path).is_some_and(|found| place(&self.file) == Some(found));
        is_it.then(|| Self {
            facts: self.facts.clone(),
            file: path.clone(),
            dumps: None,
            unread: self.unread.clone(),
            ..*self
        })
    }

    /// The globs that match no stat of the last complete dump: a rule about success asks whether gem5 came to write them, and
    /// not which dump a user calls the result, so that another choice makes no other outcome. One that cannot be compiled matches none.
    pub fn missing(&self, globs: &[String]) -> Vec<String> {
        let is_there = |glob: &String| {
            // One at a time, because a reader keeps only so many names: another glob may use them up.
            let Ok(watch) = Watch::new(&[glob]) else { return false };
            let last = stats_file::read_last(&self.file, Arc::new(watch), Requests::default()).ok().flatten();
            last.is_some_and(|last| !last.names().is_empty())
        };
        globs.iter().filter(|glob| !is_there(glob)).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn block(tick: u64) -> String {
        format!(
            "\n---------- Begin Simulation Statistics ----------\nfinalTick {tick} # t\nsystem.cpu.ipc nan\n\n\
             ---------- End Simulation Statistics   ----------\n"
        )
    }

    fn found(dir: &Path) -> StatsRead {
        find_stats(dir, None, &Arc::new(Watch::new(&["finalTick"]).unwrap()))
    }

    #[test]
    fn stats_in_the_directory_of_one_of_many_simulations_are_found() {
        let dir = tempfile::tempdir().unwrap();
        assert!(!found(dir.path()).facts.stats_txt);
        fs::write(dir.path().join("stats.txt"), "").unwrap();
        fs::create_dir(dir.path().join("l1-16KiB")).unwrap();
        fs::write(dir.path().join("l1-16KiB/stats.txt"), block(5) + &block(9)).unwrap();
        let stats = found(dir.path());
        assert_eq!((stats.facts.dumps, stats.facts.final_tick, stats.own_dumps), (2, Some(9.0), 0));
        assert!(stats.file.ends_with("l1-16KiB/stats.txt"));
        fs::create_dir(dir.path().join("l1-32KiB")).unwrap();
        fs::write(dir.path().join("l1-32KiB/stats.txt"), "").unwrap();
        assert_eq!(found(dir.path()).facts.without_dumps, ["l1-32KiB"], "a lost result is told of");
    }

    #[test]
    fn a_dump_of_ones_own_is_the_one_that_counts() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("other")).unwrap();
        fs::write(dir.path().join("other/stats.txt"), block(9)).unwrap();
        fs::write(dir.path().join("stats.txt"), block(5) + "\n---------- Begin Simulation Statistics ----------\n")
            .unwrap();
        let stats = found(dir.path());
        assert_eq!((stats.facts.dumps, stats.facts.final_tick, stats.facts.open_block), (1, Some(5.0), true));
    }

    #[test]
    fn who_has_read_the_stats_reads_them_once_whatever_they_are_called() {
        let dir = tempfile::tempdir().unwrap();
        let (own, other) = (dir.path().join("a"), dir.path().join("b"));
        for dir in [&own, &other] {
            fs::create_dir(dir).unwrap();
            fs::write(dir.join("stats.txt"), block(5) + &block(9)).unwrap();
        }
        let read = found(&own);
        let known =
            |read: &StatsRead, dir: &Path| read.known(&stats_file::find(dir, None)).map(|known| known.facts.dumps);
        assert_eq!(known(&read, &other.join("../a")), Some(2));
        assert_eq!((known(&read, &other), known(&read, dir.path())), (None, None));
        // Of a directory without dumps of its own, other files may count.
        fs::write(own.join("stats.txt"), "").unwrap();
        assert_eq!(known(&found(&own), &own), None);
    }

    #[test]
    fn a_stat_that_is_not_a_number_is_there_and_one_of_another_name_is_missing() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("stats.txt"), block(5)).unwrap();
        let globs = ["*.ipc", "simTicks", "", "final*"].map(ToOwned::to_owned);
        assert_eq!(found(dir.path()).missing(&globs), ["simTicks", ""]);
    }
}
