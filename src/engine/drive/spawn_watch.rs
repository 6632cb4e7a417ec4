//! The thread that reads what the scripts of suites ask for.
//!
//! Looking again after a while is the base, because inotify is silent on network filesystems. Where it speaks, it names the
//! file, so that a suite with ten thousand requests costs no list of all of them for each new one.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::mpsc::UnboundedSender;

use crate::rundir::atomic::RecordError;
use crate::rundir::fault::passes_in_ours;
use crate::rundir::filesystem;
use crate::rundir::spawns::{Spawn, Spawns};

/// Between two looks at a directory of which the system tells what happens: a hint may be lost.
const LOOK_SELDOM: Duration = Duration::from_secs(2);

/// Between two looks at one of which it does not.
const LOOK_OFTEN: Duration = Duration::from_millis(200);

/// A look may take this part of the time, as a divisor: a directory may have tens of thousands of files.
const LOOK_PART: u32 = 20;

/// Files that a hint names are read together when no other has come for so long.
const GATHERED_FOR: Duration = Duration::from_millis(2);

/// What a look shows that was not known, of one attempt of a suite.
#[derive(Debug)]
pub(super) struct Seen {
    /// The suite.
    pub suite: u32,
    /// Its attempt.
    pub attempt: u32,
    /// Where they are.
    pub spawns: Spawns,
    /// The calls, in the order of their numbers, each with whether it was told before.
    pub calls: Vec<(Spawn, bool)>,
}

/// Calls that were told, and of which nothing came for now.
#[derive(Debug)]
pub(super) struct Untaken {
    suite: u32,
    attempt: u32,
    /// Their numbers, each with whether it had been told before that.
    calls: Vec<(u32, bool)>,
}

/// What the thread is asked.
enum Ask {
    Follow {
        suite: u32,
        attempt: u32,
        spawns: Spawns,
    },
    LetGo {
        suite: u32,
    },
    Again(Untaken),
    /// Something has this path by now.
    Hint(PathBuf),
    /// Something has happened, and nobody can say what.
    Unsure,
}

/// The way to the thread. It ends when the last of these is dropped.
#[derive(Debug, Clone)]
pub(super) struct SpawnWatch {
    ask: mpsc::Sender<Ask>,
}

impl Seen {
    /// All that is told by it.
    pub(super) fn untaken(&self) -> Untaken {
        let calls = self.calls.iter().map(|(spawn, was_told)| (spawn.request.number, *was_told)).collect();
        Untaken { suite: self.suite, attempt: self.attempt, calls }
    }
}

impl Untaken {
    /// The numbers of those that were told for the first time.
    pub(super) fn new_ones(&self) -> impl Iterator<Item = u32> {
        self.calls.iter().filter(|(_, was_told)| !was_told).map(|(number, _)| *number)
    }
}

impl SpawnWatch {
    /// Starts the thread. What it sees goes to `seen`.
    pub(super) fn start(seen: UnboundedSender<Seen>) -> io::Result<Self> {
        let (ask, asked) = mpsc::channel();
        let hints = ask.clone();
        thread::Builder::new().name("suites".to_owned()).spawn(move || run(&asked, &hints, &seen))?;
        Ok(Self { ask })
    }

    /// Looks at what an attempt of a suite asks for from now on.
    pub(super) fn follow(&self, suite: u32, attempt: u32, spawns: Spawns) {
        // The thread ends only when this sender does.
        _ = self.ask.send(Ask::Follow { suite, attempt, spawns });
    }

    /// Tells of these once more after a while.
    pub(super) fn tell_again(&self, untaken: Untaken) {
        _ = self.ask.send(Ask::Again(untaken));
    }

    /// Looks no longer.
    pub(super) fn let_go(&self, suite: u32) {
        _ = self.ask.send(Ask::LetGo { suite });
    }
}

/// One directory that is looked at.
struct Followed {
    attempt: u32,
    spawns: Spawns,
    /// The numbers that were told, and whether their stop was told too.
    told: BTreeMap<u32, bool>,
    /// What hints have named.
    hinted: BTreeSet<u32>,
    /// What could not be read yet is tried at each look.
    is_watched: bool,
    next_look: Instant,
}

fn run(asked: &mpsc::Receiver<Ask>, hints: &mpsc::Sender<Ask>, seen: &UnboundedSender<Seen>) {
    // Most experiments have no suite, and need none.
    let mut watcher: Option<Hints> = None;
    let mut followed: BTreeMap<u32, Followed> = BTreeMap::new();
    let mut gathered: Option<Instant> = None;
    loop {
        let next = followed.values().map(|one| one.next_look).chain(gathered).min();
        let ask = match next {
            // With nobody to follow there is no reason to wake up.
            None => asked.recv().map_err(mpsc::RecvTimeoutError::from),
            Some(next) => asked.recv_timeout(next.saturating_duration_since(Instant::now())),
        };
        match ask {
            Ok(Ask::Follow { suite, attempt, spawns }) => {
                watcher = watcher.or_else(|| hints_to(hints.clone()));
                let is_watched = watch(watcher.as_mut(), spawns.path());
                let one = Followed {
                    attempt,
                    spawns,
                    told: BTreeMap::new(),
                    hinted: BTreeSet::new(),
                    is_watched,
                    next_look: Instant::now(),
                };
                if let Some(before) = followed.insert(suite, one) {
                    unwatch(watcher.as_mut(), &before);
                }
            }
            Ok(Ask::LetGo { suite }) => {
                if let Some(before) = followed.remove(&suite) {
                    unwatch(watcher.as_mut(), &before);
                }
            }
            Ok(Ask::Again(Untaken { suite, attempt, calls })) => {
                if let Some(one) = followed.get_mut(&suite).filter(|one| one.attempt == attempt) {
                    one.forget(calls);
                }
            }
            Ok(Ask::Hint(path)) => {
                let named = followed.values_mut().find(|one| path.parent() == Some(one.spawns.path()));
                if let Some((one, number)) = named.zip(Spawns::number_of(&path)) {
                    one.hinted.insert(number);
                    gathered = Some(Instant::now() + GATHERED_FOR);
                }
            }
            Ok(Ask::Unsure) => followed.values_mut().for_each(|one| one.next_look = Instant::now()),
            Err(mpsc::RecvTimeoutError::Timeout) => {}
            Err(mpsc::RecvTimeoutError::Disconnected) => return,
        }
        let now = Instant::now();
        let is_gathered = gathered.is_some_and(|at| at <= now);
        if is_gathered {
            gathered = None;
        }
        for (&suite, one) in &mut followed {
            let calls = if one.next_look <= now {
                one.look()
            } else if is_gathered {
                one.read_hinted()
            } else {
                continue;
            };
            if !calls.is_empty() {
                let told = Seen { suite, attempt: one.attempt, spawns: one.spawns.clone(), calls };
                if seen.send(told).is_err() {
                    return;
                }
            }
        }
    }
}

impl Followed {
    /// Takes back that these were told, each as far as it was told just now.
    fn forget(&mut self, calls: Vec<(u32, bool)>) {
        for (number, was_told) in calls {
            if was_told {
                self.told.insert(number, false);
            } else {
                self.told.remove(&number);
            }
        }
        // A full disk is not asked at once again.
        self.next_look = Instant::now() + LOOK_SELDOM;
    }

    /// Looks at everything.
    fn look(&mut self) -> Vec<(Spawn, bool)> {
        let begun = Instant::now();
        self.hinted.clear();
        // What cannot be listed is looked at again.
        let listed = self.spawns.list().unwrap_or_default();
        let calls = listed.into_iter().filter_map(|(number, stopped)| self.read(number, stopped)).collect();
        let every = if self.is_watched { LOOK_SELDOM } else { LOOK_OFTEN };
        self.next_look = Instant::now() + every.max(begun.elapsed() * LOOK_PART);
        calls
    }

    /// Looks at what hints have named.
    fn read_hinted(&mut self) -> Vec<(Spawn, bool)> {
        let hinted = std::mem::take(&mut self.hinted);
        hinted.into_iter().filter_map(|number| self.read(number, self.spawns.is_stopped(number))).collect()
    }

    /// A call of which something is new, with whether it was told before.
    fn read(&mut self, number: u32, stopped: bool) -> Option<(Spawn, bool)> {
        let told = self.told.get(&number).copied();
        if told.is_some_and(|told_stopped| told_stopped || !stopped) {
            return None;
        }
        match self.spawns.read(number, stopped) {
            Ok(Some(spawn)) => {
                self.told.insert(number, stopped);
                Some((spawn, told.is_some()))
            }
            // It may be there at the next look.
            Ok(None) => None,
            // And so may the disk answer by then.
            Err(RecordError::Read { source, .. }) if passes_in_ours(&source) => None,
            Err(error) => {
                tracing::warn!("what a suite asks for is no request: {error}");
                self.told.insert(number, true);
                if let Err(error) = self.spawns.refuse(number, &error.to_string()) {
                    tracing::warn!("and its script could not be told: {error}");
                }
                None
            }
        }
    }
}

/// What gives hints, for as long as the engine lives: the crate panics when one is dropped whose thread is gone.
type Hints = ManuallyDrop<RecommendedWatcher>;

fn hints_to(hints: mpsc::Sender<Ask>) -> Option<Hints> {
    // The crate does not say whether it got its thread, and panics when one without is used.
    let has_room = thread::Builder::new().spawn(|| ()).is_ok_and(|thread| thread.join().is_ok());
    if !has_room {
        return None;
    }
    let hint = move |event: notify::Result<notify::Event>| match event {
        Ok(event) if event.need_rescan() => _ = hints.send(Ask::Unsure),
        // What the engine writes there itself tells it nothing.
        Ok(event) => {
            for path in event.paths.into_iter().filter(|path| Spawns::number_of(path).is_some()) {
                _ = hints.send(Ask::Hint(path));
            }
        }
        Err(_) => _ = hints.send(Ask::Unsure),
    };
    notify::recommended_watcher(hint).ok().map(ManuallyDrop::new)
}

fn watch(watcher: Option<&mut Hints>, path: &Path) -> bool {
    let is_told = filesystem::hides_changes(path).is_none();
    is_told && watcher.is_some_and(|watcher| watcher.watch(path, RecursiveMode::NonRecursive).is_ok())
}

fn unwatch(watcher: Option<&mut Hints>, one: &Followed) {
    if let Some(watcher) = watcher.filter(|_| one.is_watched) {
        // Gone with its directory, perhaps.
        _ = watcher.unwatch(one.spawns.path());
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::rundir::AttemptDir;

    fn followed(place: &Path) -> Followed {
        let spawns = Spawns::of(&AttemptDir::new(place));
        spawns.make().unwrap();
        let (told, hinted) = Default::default();
        Followed { attempt: 1, spawns, told, hinted, is_watched: false, next_look: Instant::now() }
    }

    fn numbers(calls: &[(Spawn, bool)]) -> Vec<(u32, bool)> {
        calls.iter().map(|(spawn, was_told)| (spawn.request.number, *was_told)).collect()
    }

    #[test]
    fn what_could_not_be_taken_is_told_again_as_it_was() {
        let place = tempfile::tempdir().unwrap();
        let mut one = followed(place.path());
        let write = |name: &str, text: &str| fs::write(place.path().join("spawns").join(name), text).unwrap();
        let request = r#"{"format": 1, "number": 1, "label": "a", "module": "m", "function": "f", "key": "k",
            "occurrence": 1}"#;
        write("1.json", request);
        assert_eq!(numbers(&one.look()), [(1, false)]);
        write("2.json", request);
        write("1.stop.json", "{}");
        assert_eq!(numbers(&one.look()), [(1, true), (2, false)]);
        assert_eq!(numbers(&one.look()), []);
        one.forget(vec![(1, true), (2, false)]);
        assert!(one.next_look > Instant::now(), "a full disk is not asked again at once");
        assert_eq!(numbers(&one.look()), [(1, true), (2, false)]);
    }

    #[test]
    fn what_is_no_request_is_refused_at_once() {
        let place = tempfile::tempdir().unwrap();
        let mut one = followed(place.path());
        let spawns = place.path().join("spawns");
        nix::unistd::mkfifo(&spawns.join("1.json"), nix::sys::stat::Mode::S_IRWXU).unwrap();
        std::os::unix::fs::symlink("/dev/zero", spawns.join("2.json")).unwrap();
        fs::write(spawns.join("3.json"), "{").unwrap();
        fs::write(spawns.join("4.json.tmp"), "{").unwrap();
        assert_eq!(numbers(&one.look()), []);
        let answered = |number: u32| spawns.join(format!("{number}.answer.json")).exists();
        assert_eq!([1, 2, 3, 4].map(answered), [true, true, true, false]);
    }
}
