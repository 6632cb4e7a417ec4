//! The thread that looks at the files and processes of simulations, so that the loop never waits for a disk.
//!
//! Looking again after a while is the base, because inotify is silent on network filesystems; where it tells, it only says whose
//! turn has come, and at what nothing happens is looked at ever more seldom ([`Turn`]). Clients that show a file
//! watch it more closely themselves. All process trees are found in one scan of `/proc`, and the scans are so far apart
//! that they cost little on a machine with many processes.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::Sender;

use super::turn::Turn;
use crate::engine::attempt::observe::{self, Followed, Look, Subject};
use crate::engine::state::Event;
use crate::gem5::OutcomeKind;
use crate::gem5::stats::Watch;
use crate::rundir::changes::Changes;
use crate::rundir::record::Moment;
use crate::rundir::{Ending, filesystem};
use crate::spawn::tree::Snapshot;

/// Between two scans of `/proc`, at least.
const SCAN_EVERY: Duration = Duration::from_secs(2);

/// A scan may take this part of the time, as a divisor: with a thousand simulations there is one in about ten seconds.
const SCAN_PART: u32 = 400;

/// Between two measurements of one attempt's output, in milliseconds, at least.
const MEASURE_EVERY_MS: u64 = 10_000;

/// The time that measurements may take in one look. What is due and does not fit has its turn at the next one.
const MEASURE_FOR: Duration = Duration::from_millis(50);

/// What the thread is asked.
enum Ask {
    Follow(Subject),
    LastLook { sim: u32, kind: OutcomeKind },
    Glance { subject: Subject, kind: OutcomeKind },
}

/// The way to the thread. It ends when this is dropped.
pub(super) struct Observer {
    ask: mpsc::Sender<Ask>,
}

impl Observer {
    /// Starts the thread. `stats` are the columns, `look_every` lies between two looks at everything that runs; observations are sent as events.
    pub(super) fn start(stats: Watch, look_every: Duration, events: Sender<Event>) -> io::Result<Self> {
        let (ask, asked) = mpsc::channel();
        thread::Builder::new().name("observer".to_owned()).spawn({
            let stats = Arc::new(stats);
            move || run(&asked, &stats, look_every, &events)
        })?;
        Ok(Self { ask })
    }

    /// Looks at an attempt from now on.
    pub(super) fn follow(&self, subject: Subject) {
        self.ask(Ask::Follow(subject));
    }

    /// Looks at an attempt once more, after its end of this kind, and no longer.
    pub(super) fn last_look(&self, sim: u32, kind: OutcomeKind) {
        self.ask(Ask::LastLook { sim, kind });
    }

    /// Looks once at an attempt that ended before this engine began.
    pub(super) fn glance(&self, subject: Subject, kind: OutcomeKind) {
        self.ask(Ask::Glance { subject, kind });
    }

    fn ask(&self, ask: Ask) {
        // The thread ends only when this sender does.
        _ = self.ask.send(ask);
    }
}

/// An attempt that is followed, and when it is looked at.
struct Watched {
    followed: Followed,
    turn: Turn,
}

fn run(asked: &mpsc::Receiver<Ask>, stats: &Arc<Watch>, look_every: Duration, events: &Sender<Event>) {
    let mut all: BTreeMap<u32, Watched> = BTreeMap::new();
    let mut changes = Changes::new();
    // Kept across asks, so that many of them cannot put the looks off for ever.
    let mut next_look = Instant::now();
    let mut next_scan = Instant::now();
    loop {
        // With nobody to follow there is nothing to look at, and no reason to wake up.
        let ask = if all.is_empty() {
            asked.recv().map_err(mpsc::RecvTimeoutError::from)
        } else if Instant::now() >= next_look {
            Err(mpsc::RecvTimeoutError::Timeout)
        } else {
            asked.recv_timeout(next_look.saturating_duration_since(Instant::now()))
        };
        let seen: Vec<Event> = match ask {
            Ok(Ask::Follow(subject)) => {
                let sim = subject.sim;
                // Its record, which tells where its stats are, is read here and not on the engine's loop.
                let followed = Followed::new(subject, Arc::clone(stats));
                all.insert(sim, Watched { followed, turn: Turn::new(Instant::now()) });
                Vec::new()
            }
            Ok(Ask::LastLook { sim, kind }) => {
                changes.forget(sim);
                let last = all.remove(&sim).map(|one| one.followed.last_look(kind));
                last.map(Event::Observed).into_iter().collect()
            }
            Ok(Ask::Glance { subject, kind }) => {
                observe::glance(&subject, kind, stats).map(Event::Observed).into_iter().collect()
            }
            Err(mpsc::RecvTimeoutError::Timeout) => {
                next_look = Instant::now() + look_every;
                if Instant::now() >= next_scan {
                    let cost = scan(&mut all);
                    next_scan = Instant::now() + SCAN_EVERY.max(cost * SCAN_PART);
                }
                measure(&mut all);
                for sim in changes.take() {
                    all.get_mut(&sim).into_iter().for_each(|one| one.turn.written());
                }
                let now = Instant::now();
                let due = all.iter_mut().filter(|(_, one)| one.turn.has_come(now));
                due.flat_map(|(sim, one)| look(*sim, one, &mut changes, look_every)).flatten().collect()
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => return,
        };
        for event in seen {
            if events.blocking_send(event).is_err() {
                return;
            }
        }
    }
}

/// Looks at an attempt whose turn has come.
fn look(sim: u32, one: &mut Watched, changes: &mut Changes<u32>, look_every: Duration) -> [Option<Event>; 2] {
    let Watched { followed, turn } = one;
    // Before the look: what is written after it is told.
    let mut watch = |dir: &PathBuf| filesystem::hides_changes(dir).is_none() && changes.watch(sim, dir).is_ok();
    let places = followed.places();
    let is_told = places.iter().fold(!places.is_empty(), |is_told, dir| watch(dir) && is_told);
    let Look { observation, is_news } = followed.look(Ending::Running);
    let is_due = turn.looked(sim, Instant::now(), is_news, &followed.pauses(is_told, look_every));
    [is_due.then_some(Event::Observed(observation)), followed.stray()]
}

/// Finds all trees in one scan. Says how long it took.
fn scan(all: &mut BTreeMap<u32, Watched>) -> Duration {
    let begun = Instant::now();
    let at_ms = Moment::now().boot_ms;
    // Without a scan nothing is known of any tree, until the next one.
    let snapshot = Snapshot::take().ok();
    for one in all.values_mut() {
        if one.followed.find_tree(snapshot.as_ref(), at_ms) {
            one.turn.used();
        }
    }
    begun.elapsed()
}

/// Measures the outputs that are due, the one that waits longest first.
fn measure(all: &mut BTreeMap<u32, Watched>) {
    let begun = Instant::now();
    let now_ms = Moment::now().boot_ms;
    let is_due = |measured_ms: u64| now_ms.saturating_sub(measured_ms) >= MEASURE_EVERY_MS;
    let mut due: Vec<_> = all.values_mut().filter(|one| one.followed.measured_ms().is_some_and(is_due)).collect();
    due.sort_by_key(|one| one.followed.measured_ms());
    for one in due {
        if begun.elapsed() > MEASURE_FOR {
            return;
        }
        if one.followed.measure() {
            one.turn.used();
        }
    }
}
