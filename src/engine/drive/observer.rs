//! The thread that looks at the files and processes of simulations, so that the loop never waits for a disk.
//!
//! Looking again after a while is the base, because inotify is silent on network filesystems; clients that show a file
//! watch it more closely themselves. All process trees are found in one scan of `/proc`, and the scans are so far apart
//! that they cost little on a machine with many processes.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::Sender;

use crate::engine::attempt::observe::{self, Followed, Subject};
use crate::engine::state::Event;
use crate::gem5::OutcomeKind;
use crate::gem5::stats::Watch;
use crate::rundir::Ending;
use crate::rundir::record::Moment;
use crate::spawn::tree::Snapshot;

/// Between two scans of `/proc`, at least.
const SCAN_EVERY: Duration = Duration::from_secs(2);

/// A scan may take this part of the time, as a divisor.
const SCAN_PART: u32 = 100;

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

fn run(asked: &mpsc::Receiver<Ask>, stats: &Arc<Watch>, look_every: Duration, events: &Sender<Event>) {
    let mut followed: BTreeMap<u32, Followed> = BTreeMap::new();
    // Kept across asks, so that many of them cannot put the looks off for ever.
    let mut next_look = Instant::now();
    let mut next_scan = Instant::now();
    loop {
        // With nobody to follow there is nothing to look at, and no reason to wake up.
        let ask = if followed.is_empty() {
            asked.recv().map_err(mpsc::RecvTimeoutError::from)
        } else if Instant::now() >= next_look {
            Err(mpsc::RecvTimeoutError::Timeout)
        } else {
            asked.recv_timeout(next_look.saturating_duration_since(Instant::now()))
        };
        let seen: Vec<Event> = match ask {
            Ok(Ask::Follow(subject)) => {
                // Its record, which tells where its stats are, is read here and not on the engine's loop.
                followed.insert(subject.sim, Followed::new(subject, Arc::clone(stats)));
                Vec::new()
            }
            Ok(Ask::LastLook { sim, kind }) => {
                let last = followed.remove(&sim).and_then(|followed| followed.last_look(kind));
                last.map(Event::Observed).into_iter().collect()
            }
            Ok(Ask::Glance { subject, kind }) => {
                observe::glance(&subject, kind, stats).map(Event::Observed).into_iter().collect()
            }
            Err(mpsc::RecvTimeoutError::Timeout) => {
                next_look = Instant::now() + look_every;
                if Instant::now() >= next_scan {
                    let cost = scan(&mut followed);
                    next_scan = Instant::now() + SCAN_EVERY.max(cost * SCAN_PART);
                }
                measure(&mut followed);
                let look = |one: &mut Followed| [one.look(Ending::Running).map(Event::Observed), one.stray()];
                followed
                    .values_mut()
                    .filter_map(|one| one.takes_turn().then(|| look(one)))
                    .flatten()
                    .flatten()
                    .collect()
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

/// Finds all trees in one scan. Says how long it took.
fn scan(followed: &mut BTreeMap<u32, Followed>) -> Duration {
    let begun = Instant::now();
    let at_ms = Moment::now().boot_ms;
    // Without a scan nothing is known of any tree, until the next one.
    let snapshot = Snapshot::take().ok();
    for one in followed.values_mut() {
        one.find_tree(snapshot.as_ref(), at_ms);
    }
    begun.elapsed()
}

/// Measures the outputs that are due, the one that waits longest first.
fn measure(followed: &mut BTreeMap<u32, Followed>) {
    let begun = Instant::now();
    let now_ms = Moment::now().boot_ms;
    let is_due = |measured_ms: u64| now_ms.saturating_sub(measured_ms) >= MEASURE_EVERY_MS;
    let mut due: Vec<_> = followed.values_mut().filter(|one| one.measured_ms().is_some_and(is_due)).collect();
    due.sort_by_key(|one| one.measured_ms());
    for one in due {
        if begun.elapsed() > MEASURE_FOR {
            return;
        }
        one.measure();
    }
}
