//! The checkpoints in an output directory, or one level further down, where labs put theirs.

use std::collections::HashMap;
use std::fs;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use super::output::MOST_ENTRIES;
use crate::gem5::{Checkpoint, Checkpoints, tick_in};
use crate::rundir::follow::open_regular;
use crate::text::natural;

/// Checkpoints that are kept, the last ones. `gem5-tui inspect` shows them, and a client is told of fewer.
const MOST_CHECKPOINTS: usize = 10_000;

/// So many directories that are no checkpoints by their names are looked into.
const MOST_FOLDERS: usize = 1_024;

/// And so many of those that are none are watched for more.
const MOST_WATCHED: usize = 64;

/// Of so many the tick is read in `m5.cpt` where the name does not tell it.
const MOST_READ: usize = 256;

/// So much is read of each end of an `m5.cpt`, which may have gigabytes.
const CPT_EDGE: u64 = 16 << 10;

/// The coarsest steps of time that a file system counts in are two seconds (FAT).
const TIME_STEP: Duration = Duration::from_secs(2);

/// A listing that takes a while is made again only after so many times that while, so that it costs a hundredth of a core.
const LIST_PART: u32 = 100;

/// The checkpoints in an output directory: every directory with an `m5.cpt`, and those that have names of gem5's own scripts.
pub fn checkpoints(m5out: &Path) -> Checkpoints {
    list(m5out, &Checkpoints::default()).0
}

/// The same, with the directories in which more may come. What is known of ticks already is not read again.
fn list(m5out: &Path, known: &Checkpoints) -> (Checkpoints, Vec<PathBuf>) {
    let mut listing = Listing { left: MOST_ENTRIES, folders_left: MOST_FOLDERS, ..Listing::default() };
    let mut inner = listing.look_into(m5out, "");
    let is_cut = inner.len() > MOST_WATCHED;
    inner.truncate(MOST_WATCHED);
    for folder in &inner {
        // One level, and no further.
        _ = listing.look_into(&m5out.join(folder), folder);
    }
    if holds_checkpoint(m5out) {
        listing.found.push(Checkpoint::of("."));
    }
    let mut found = listing.found;
    read_ticks(m5out, known, &mut found);
    let place = |one: &Checkpoint| (one.tick.unwrap_or(u64::MAX), one.instructions.unwrap_or(u64::MAX));
    found
        .sort_by(|one, other| place(one).cmp(&place(other)).then_with(|| natural::compare(&one.folder, &other.folder)));
    let earlier = found.len().saturating_sub(MOST_CHECKPOINTS);
    found.drain(..earlier);
    let uncounted = is_cut || listing.left == 0 || listing.folders_left == 0;
    (
        Checkpoints { list: found, earlier: earlier as u32, uncounted },
        inner.iter().map(|name| m5out.join(name)).collect(),
    )
}

#[derive(Default)]
struct Listing {
    /// Entries that may still be looked at.
    left: usize,
    /// Directories that may still be looked into.
    folders_left: usize,
    found: Vec<Checkpoint>,
}

impl Listing {
    /// Finds the checkpoints among the entries of a directory, and tells which of them are directories and no checkpoints.
    fn look_into(&mut self, dir: &Path, shown: &str) -> Vec<String> {
        let mut others = Vec::new();
        let Ok(entries) = fs::read_dir(dir) else { return others };
        for entry in entries.flatten() {
            if self.left == 0 {
                break;
            }
            self.left -= 1;
            if !is_directory(&entry) {
                continue;
            }
            let Ok(name) = entry.file_name().into_string() else { continue };
            let folder = if shown.is_empty() { name.clone() } else { format!("{shown}/{name}") };
            if Checkpoint::is_named(&name) {
                self.found.push(Checkpoint::of(folder));
            } else if self.folders_left > 0 {
                self.folders_left -= 1;
                if holds_checkpoint(&entry.path()) {
                    self.found.push(Checkpoint::of(folder));
                } else if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                    // A link may lead anywhere, even back here.
                    others.push(name);
                }
            }
        }
        others.sort();
        others
    }
}

fn holds_checkpoint(dir: &Path) -> bool {
    dir.join("m5.cpt").is_file()
}

/// Whether an entry is a directory, or a link to one. Most file systems tell it with the name.
fn is_directory(entry: &fs::DirEntry) -> bool {
    entry.file_type().is_ok_and(|kind| kind.is_dir() || (kind.is_symlink() && entry.path().is_dir()))
}

fn read_ticks(m5out: &Path, known: &Checkpoints, found: &mut [Checkpoint]) {
    let known: HashMap<&str, u64> =
        known.list.iter().filter_map(|one| Some((one.folder.as_str(), one.tick?))).collect();
    let mut reads = 0;
    for one in found.iter_mut().filter(|one| one.tick.is_none()) {
        one.tick = known.get(one.folder.as_str()).copied();
        if one.tick.is_none() && reads < MOST_READ {
            reads += 1;
            one.tick = tick(&m5out.join(&one.folder).join("m5.cpt")).ok().flatten();
        }
    }
}

/// The tick that an `m5.cpt` tells at one of its ends.
fn tick(path: &Path) -> io::Result<Option<u64>> {
    let mut file = open_regular(path)?;
    let length = file.metadata()?.len();
    let mut edge = |from: u64| {
        file.seek(SeekFrom::Start(from))?;
        let mut bytes = Vec::new();
        Read::by_ref(&mut file).take(CPT_EDGE).read_to_end(&mut bytes)?;
        Ok::<_, io::Error>(tick_in(&String::from_utf8_lossy(&bytes)))
    };
    Ok(edge(length.saturating_sub(CPT_EDGE))?.or(edge(0)?))
}

/// The checkpoints in a directory that is looked at again and again. It is listed only after it has changed, and seldom where
/// a listing takes long.
#[derive(Debug, Default)]
pub struct WatchedCheckpoints {
    listed: Checkpoints,
    /// The directories in it in which more may come.
    inner: Vec<PathBuf>,
    /// The changes of the directories that the listing has seen.
    changed: Option<Vec<SystemTime>>,
    again: Option<Instant>,
}

impl WatchedCheckpoints {
    /// What is known of them now.
    pub fn look(&mut self, m5out: &Path) -> &Checkpoints {
        let now = Instant::now();
        // A new name in a directory changes its time. Without a directory there is nothing to list.
        let Some(changed) = self.changes(m5out) else { return &self.listed };
        let is_known = self.changed.as_ref() == Some(&changed);
        if !is_known && self.again.is_none_or(|again| now >= again) {
            (self.listed, self.inner) = list(m5out, &self.listed);
            // File systems count time in steps, so a change in the same step as the listing may have been missed.
            let is_old = |time: &SystemTime| time.elapsed().is_ok_and(|age| age > TIME_STEP);
            // gem5 writes the tick last, behind gigabytes of memory perhaps.
            let is_whole = self.listed.list.iter().take(MOST_READ).all(|one| one.tick.is_some());
            self.changed = self.changes(m5out).filter(|now| is_whole && *now == changed && now.iter().all(is_old));
            self.again = Some(now + now.elapsed() * LIST_PART);
        }
        &self.listed
    }

    fn changes(&self, m5out: &Path) -> Option<Vec<SystemTime>> {
        let change = |path: &Path| fs::metadata(path).and_then(|meta| meta.modified()).ok();
        let inner = self.inner.iter().map(|path| change(path).unwrap_or(SystemTime::UNIX_EPOCH));
        Some([change(m5out)?].into_iter().chain(inner).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn make(dir: &Path, name: &str, cpt: Option<&str>) {
        fs::create_dir_all(dir.join(name)).unwrap();
        if let Some(text) = cpt {
            fs::write(dir.join(name).join("m5.cpt"), text).unwrap();
        }
    }

    fn told(found: &Checkpoints) -> Vec<(&str, Option<u64>, Option<u64>)> {
        found.list.iter().map(|one| (one.folder.as_str(), one.tick, one.instructions)).collect()
    }

    #[test]
    fn checkpoints_are_told_by_their_names_or_by_what_is_in_them() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["cpt.1000", "cpt.50", "cpt.x", "cpt.", "ckpt.7", "cpt.99999999999999999999999", "fs/proc"] {
            make(dir.path(), name, None);
        }
        fs::write(dir.path().join("cpt.3"), "").unwrap();
        let plain = vec![("cpt.50", Some(50), None), ("cpt.1000", Some(1000), None)];
        assert_eq!(told(&checkpoints(dir.path())), plain);
        let text = |tick| {
            format!("## checkpoint generated: x\n{}\n[root.globals]\ncurTick={tick}\n", "[a]\nb=1\n".repeat(9_000))
        };
        make(dir.path(), "cpt.SimPoint0", Some(&text(70)));
        make(dir.path(), "after-boot", Some(&text(60)));
        make(dir.path(), "ckpts/cpt.simpoint_00_inst_1000_weight_0.3_interval_1000_warmup_0", Some("torn"));
        make(dir.path(), "ckpts/mine", Some(&text(40)));
        make(dir.path(), "one/two/three", Some(&text(1)));
        assert_eq!(
            told(&checkpoints(dir.path())),
            [
                ("ckpts/mine", Some(40), None),
                ("cpt.50", Some(50), None),
                ("after-boot", Some(60), None),
                ("cpt.SimPoint0", Some(70), None),
                ("cpt.1000", Some(1000), None),
                ("ckpts/cpt.simpoint_00_inst_1000_weight_0.3_interval_1000_warmup_0", None, Some(1000)),
            ]
        );
        assert_eq!(checkpoints(&dir.path().join("absent")), Checkpoints::default());
    }

    #[test]
    fn a_checkpoint_of_any_size_is_read_at_its_ends_only() {
        let dir = tempfile::tempdir().unwrap();
        make(dir.path(), "big", Some("## checkpoint generated: x\n\n[Globals]\ncurTick=77\n"));
        fs::OpenOptions::new().write(true).open(dir.path().join("big/m5.cpt")).unwrap().set_len(1 << 40).unwrap();
        let begun = Instant::now();
        assert_eq!(told(&checkpoints(dir.path())), [("big", Some(77), None)]);
        assert!(begun.elapsed() < Duration::from_secs(5));
    }

    /// Gives a directory a time of change that lies in the past.
    fn set_changed(dir: &Path, secs: u64) {
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(secs);
        fs::File::open(dir).unwrap().set_times(fs::FileTimes::new().set_modified(time)).unwrap();
    }

    fn wait_for(watched: &mut WatchedCheckpoints, dir: &Path, count: usize) {
        let deadline = Instant::now() + Duration::from_mins(1);
        while watched.look(dir).count() != count {
            assert!(Instant::now() < deadline, "the change is never seen");
        }
    }

    #[test]
    fn a_directory_that_has_not_changed_is_not_listed_again() {
        let dir = tempfile::tempdir().unwrap();
        let mut watched = WatchedCheckpoints::default();
        assert_eq!(watched.look(&dir.path().join("absent")).count(), 0);
        fs::create_dir(dir.path().join("cpt.1")).unwrap();
        set_changed(dir.path(), 1_000);
        wait_for(&mut watched, dir.path(), 1);
        fs::create_dir(dir.path().join("cpt.2")).unwrap();
        set_changed(dir.path(), 1_000);
        assert_eq!(watched.look(dir.path()).count(), 1);
        set_changed(dir.path(), 2_000);
        wait_for(&mut watched, dir.path(), 2);
        assert_eq!(told(&watched.listed), [("cpt.1", Some(1), None), ("cpt.2", Some(2), None)]);
    }

    #[test]
    fn a_checkpoint_further_down_and_a_tick_that_comes_last_are_seen_when_they_come() {
        let dir = tempfile::tempdir().unwrap();
        make(dir.path(), "ckpts", None);
        let mut watched = WatchedCheckpoints::default();
        wait_for(&mut watched, dir.path(), 0);
        make(dir.path(), "ckpts/mine", Some("## checkpoint generated: x\n"));
        wait_for(&mut watched, dir.path(), 1);
        make(dir.path(), "ckpts/mine", Some("[root.globals]\ncurTick=5\n"));
        let deadline = Instant::now() + Duration::from_mins(1);
        while watched.look(dir.path()).list[0].tick != Some(5) {
            assert!(Instant::now() < deadline, "its tick is never seen");
        }
    }
}
