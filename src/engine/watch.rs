//! The thread that looks at the files and processes of simulations, so that the loop never waits for a disk.
//!
//! Looking again after a while is the base, because inotify is silent on network filesystems; clients that show a file
//! watch it more closely themselves.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::Sender;

use crate::engine::state::{Event, Observation};
use crate::gem5::Phase;
use crate::gem5::log::{LogFacts, LogScanner};
use crate::gem5::phase::PhaseEvidence;
use crate::gem5::stats::{Dump, Watch};
use crate::rundir::record::{Moment, Started};
use crate::rundir::stats_file::{self, StatsFile};
use crate::rundir::{AttemptDir, atomic};
use crate::spawn::tree::{TreeState, tree_state};

/// Between two looks at everything that runs.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// What has not changed is told again after so many looks, because the engine passes over what it sees around its own
/// signals.
const TELL_AGAIN_AFTER: u32 = 8;

/// Bytes of one file that are read in one look, so that one busy simulation cannot keep the others waiting.
const BYTES_A_LOOK: u64 = 4 << 20;

/// A log that grows faster than it is read is read on from this far before its end.
const MOST_BEHIND: u64 = 32 << 20;

/// What the thread is asked.
enum Ask {
    Follow(Box<Followed>),
    LastLook(u32),
    Glance { sim: u32, attempt: u32, dir: AttemptDir },
}

/// The way to the thread. It ends when this is dropped.
pub struct Watcher {
    ask: mpsc::Sender<Ask>,
    stats: Arc<Watch>,
}

struct Followed {
    sim: u32,
    attempt: u32,
    dir: AttemptDir,
    stats: StatsFile,
    logs: [FollowedLog; 2],
    started: Option<Started>,
    phased: bool,
    last: Option<Observation>,
    looks_untold: u32,
}

struct FollowedLog {
    path: PathBuf,
    offset: u64,
    scanner: LogScanner,
}

impl Watcher {
    /// Starts the thread. `stats` are the columns; observations are sent as events.
    pub fn start(stats: Watch, events: Sender<Event>) -> io::Result<Self> {
        let (ask, asked) = mpsc::channel();
        thread::Builder::new().name("watch".to_owned()).spawn({
            let stats = Arc::new(stats.clone());
            move || run(&asked, &stats, &events)
        })?;
        Ok(Self { ask, stats: Arc::new(stats) })
    }

    /// Looks at an attempt from now on.
    ///
    /// `phased` is whether its files tell phases, which plain Python's do not.
    pub fn follow(&self, sim: u32, attempt: u32, dir: AttemptDir, phased: bool) {
        let log = |path| FollowedLog { path, offset: 0, scanner: LogScanner::new() };
        self.ask(Ask::Follow(Box::new(Followed {
            sim,
            attempt,
            stats: StatsFile::open(&dir.stats(), Arc::clone(&self.stats)),
            logs: [log(dir.simout()), log(dir.simerr())],
            started: None,
            phased,
            last: None,
            looks_untold: 0,
            dir,
        })));
    }

    /// Looks at an attempt once more, after its end, and no longer.
    pub fn last_look(&self, sim: u32) {
        self.ask(Ask::LastLook(sim));
    }

    /// Looks once at an attempt that ended before this engine began.
    pub fn glance(&self, sim: u32, attempt: u32, dir: AttemptDir) {
        self.ask(Ask::Glance { sim, attempt, dir });
    }

    fn ask(&self, ask: Ask) {
        // The thread ends only when this sender does.
        _ = self.ask.send(ask);
    }
}

fn run(asked: &mpsc::Receiver<Ask>, stats: &Arc<Watch>, events: &Sender<Event>) {
    let mut followed: BTreeMap<u32, Box<Followed>> = BTreeMap::new();
    // Kept across asks, so that many of them cannot put the looks off for ever.
    let mut next_look = Instant::now();
    loop {
        // With nobody to follow there is nothing to look at, and no reason to wake up.
        let ask = if followed.is_empty() {
            asked.recv().map_err(mpsc::RecvTimeoutError::from)
        } else if Instant::now() >= next_look {
            Err(mpsc::RecvTimeoutError::Timeout)
        } else {
            asked.recv_timeout(next_look.saturating_duration_since(Instant::now()))
        };
        let observations: Vec<Observation> = match ask {
            Ok(Ask::Follow(new)) => {
                followed.insert(new.sim, new);
                Vec::new()
            }
            Ok(Ask::LastLook(sim)) => {
                followed.remove(&sim).and_then(|mut followed| followed.look(true)).into_iter().collect()
            }
            Ok(Ask::Glance { sim, attempt, dir }) => glance(sim, attempt, &dir, stats).into_iter().collect(),
            Err(mpsc::RecvTimeoutError::Timeout) => {
                next_look = Instant::now() + LOOK_EVERY;
                followed.values_mut().filter_map(|one| one.look(false)).collect()
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => return,
        };
        for observation in observations {
            if events.blocking_send(Event::Observed(observation)).is_err() {
                return;
            }
        }
    }
}

impl Followed {
    /// Looks at the files and at the process. `None` when nothing is new.
    fn look(&mut self, ended: bool) -> Option<Observation> {
        loop {
            match self.stats.refresh(BYTES_A_LOOK) {
                // The end of the file, or a file that is not there yet.
                Ok(change) if !change.behind => break,
                // After the end every byte counts; before it, the rest has time until the next look.
                Ok(_) if ended => {}
                Ok(_) | Err(_) => break,
            }
        }
        for log in &mut self.logs {
            // A log that cannot be read now may be readable at the next look.
            _ = log.read();
        }
        if self.started.is_none() {
            self.started = atomic::read_json(&self.dir.started()).ok().flatten();
        }
        let at_ms = Moment::now().boot_ms;
        let process = self.started.as_ref().map(|started| tree_state(&started.gem5));
        let facts = self.facts();
        let reader = self.stats.reader();
        let dump = reader.latest();
        let observation = Observation {
            sim: self.sim,
            attempt: self.attempt,
            at_ms,
            phase: (!ended).then(|| self.phase(&facts, process)),
            stopped: if ended { None } else { process.map(|state| state == TreeState::Stopped) },
            ticks: dump.and_then(ticks).max(facts.tick),
            instructions: dump.and_then(instructions).max(facts.instructions),
            dumps: reader.dumps(),
            values: reader.row(),
        };
        let same = |last: &Observation| *last == Observation { at_ms: last.at_ms, ..observation.clone() };
        self.looks_untold += 1;
        if self.last.as_ref().is_some_and(same) && self.looks_untold < TELL_AGAIN_AFTER && !ended {
            return None;
        }
        self.looks_untold = 0;
        self.last = Some(observation.clone());
        Some(observation)
    }

    fn facts(&self) -> LogFacts {
        let [out, err] = &self.logs;
        out.scanner.facts().clone().merged(err.scanner.facts())
    }

    fn phase(&self, facts: &LogFacts, process: Option<TreeState>) -> Phase {
        if !self.phased && process != Some(TreeState::Gone) {
            return Phase::Running;
        }
        let m5out = self.dir.m5out();
        Phase::from(&PhaseEvidence {
            stats_txt: m5out.join("stats.txt").exists(),
            config_ini: m5out.join("config.ini").exists(),
            citations_bib: m5out.join("citations.bib").exists(),
            event_queue_entered: facts.event_queue.is_some(),
            open_block: self.stats.reader().has_open_block(),
            main_alive: process != Some(TreeState::Gone),
        })
    }
}

impl FollowedLog {
    fn read(&mut self) -> io::Result<()> {
        let mut file = File::open(&self.path)?;
        let length = file.metadata()?.len();
        if length < self.offset {
            // Truncated: what was read is gone, what comes is new.
            self.offset = 0;
        }
        if length - self.offset > MOST_BEHIND {
            self.offset = length - MOST_BEHIND;
        }
        file.seek(SeekFrom::Start(self.offset))?;
        let mut bytes = Vec::new();
        let read = file.take(BYTES_A_LOOK).read_to_end(&mut bytes)?;
        self.offset += read as u64;
        self.scanner.feed(&bytes);
        Ok(())
    }
}

/// What an ended attempt left. Only the last dump is read.
fn glance(sim: u32, attempt: u32, dir: &AttemptDir, stats: &Arc<Watch>) -> Option<Observation> {
    let reader = stats_file::last_values(&dir.stats(), Arc::clone(stats)).ok().flatten()?;
    let dump = reader.latest()?;
    Some(Observation {
        sim,
        attempt,
        at_ms: Moment::now().boot_ms,
        phase: None,
        stopped: None,
        ticks: ticks(dump),
        instructions: instructions(dump),
        dumps: reader.dumps(),
        values: reader.row(),
    })
}

/// `finalTick` counts from the beginning and is never reset; `simTicks` starts anew at a reset (`sim/root.cc`).
fn ticks(dump: &Dump) -> Option<u64> {
    dump.final_tick.or(dump.sim_ticks).map(|ticks| ticks as u64)
}

fn instructions(dump: &Dump) -> Option<u64> {
    dump.sim_insts.map(|instructions| instructions as u64)
}
