//! What the engine's decisions cost at a thousand and at ten thousand simulations, and what its start does.
//!
//! ```text
//! cargo bench --bench engine [-- ROUNDS]
//! ```
//!
//! Half of the simulations have ended, 64 run, and the rest waits under a memory budget. An event is measured with all that
//! follows from it; a start reads a directory in which every simulation has an attempt that has ended, below the directory
//! for temporary files. Medians are told, since a busy machine makes some rounds long.

#![expect(clippy::print_stdout, reason = "a benchmark says what it has measured")]

mod measure;

use std::fs;
use std::path::Path;

use gem5_tui::engine::state::found::{Fate, Found, FoundAttempt};
use gem5_tui::engine::state::gauges::seen::Seen;
use gem5_tui::engine::state::{Beginning, Effect, Event, Observation, RoomLook, State};
use gem5_tui::experiment::{Concurrency, Plan, Program, Simulation};
use gem5_tui::gem5::{Outcome, OutcomeKind};
use gem5_tui::protocol::{Edits, Handle, QueueState, Request, framing};
use gem5_tui::rundir::evidence::{Ended, conclude};
use gem5_tui::rundir::record::{End, Exit, Moment};
use gem5_tui::rundir::{ExperimentDir, Reach, atomic, attempts};

use measure::{rounds, tell, time};

/// Running simulations, as many as a large machine has.
const RUNNING: u32 = 64;
/// What each simulation declares.
const MEMORY: u64 = 1 << 30;

fn main() {
    let rounds = rounds(51);
    for count in [1_000, 10_000] {
        println!("{count} simulations");
        decisions(count, rounds);
        start(count);
    }
}

fn decisions(count: u32, rounds: u32) {
    let now = Moment::now();
    let first = count / 2;
    let mut state = begun(count, now);
    let mut looks: Vec<f64> = (0..rounds)
        .map(|round| {
            let look = look(first + round % RUNNING, u64::from(round), now);
            time(|| _ = state.handle(Event::Observed(look), now))
        })
        .collect();
    tell("a look at one that runs", &mut looks);
    tell("the next deadline", &mut (0..rounds).map(|_| time(|| _ = state.next_deadline(now))).collect::<Vec<_>>());
    tell("the header", &mut (0..rounds).map(|_| time(|| _ = state.header(now))).collect::<Vec<_>>());
    state.take_changed();
    let mut told = 0;
    let mut ends: Vec<f64> = (0..rounds.min(RUNNING))
        .map(|round| {
            let ended = Event::Ended { sim: first + round, attempt: 1, ended: ok() };
            let mut effects = Vec::new();
            let taken = time(|| effects = state.handle(ended, now));
            told = state.take_changed().0.len();
            for effect in effects {
                if let Effect::Launch { sim, attempt } = effect {
                    let dir = format!("/runs/{sim}").into();
                    state.handle(Event::Prepared { sim, attempt, dir }, now);
                    state.handle(Event::Started { sim, attempt, handle: HANDLE, at: now }, now);
                }
            }
            state.take_changed();
            taken
        })
        .collect();
    tell("an end, and the launch that follows", &mut ends);
    println!("  {:44} {told:10}", "rows to be told again after it");
    let raise = Request::SetCap { cap: RUNNING + 1 };
    state.handle(Event::Request { client: 1, id: 1, request: raise }, now);
    println!("  {:44} {:10}", "rows to be told again after a press of +", state.take_changed().0.len());
    let mut bytes = 0;
    let mut snapshots: Vec<f64> = (0..rounds.div_ceil(10))
        .map(|_| {
            time(|| {
                let lists = framing::lists((0..count).map(|sim| state.view(sim, now)), 256 << 10, |_| None);
                bytes = lists.expect("views can be encoded").iter().map(String::len).sum();
            })
        })
        .collect();
    tell("a snapshot", &mut snapshots);
    println!("  {:44} {bytes:10} bytes", "its length");
}

const HANDLE: Handle = Handle::Process { pid: 100 };

fn ok() -> Ended {
    Ended { ran_ms: Some(60_000), max_rss: Some(MEMORY / 2), ..Ended::of(Outcome::new(OutcomeKind::Ok, "exit code 0")) }
}

fn look(sim: u32, tick: u64, at: Moment) -> Observation {
    let seen = Seen { ticks: Some(tick), ..Seen::default() };
    Observation {
        sim,
        attempt: 1,
        at,
        phase: None,
        guest: None,
        stopped: Some(false),
        seen,
        values: vec![Some(1.5)],
        written: Some(tick),
        repeated: 0,
        tree: None,
        output_while_stopped: None,
        output: None,
    }
}

fn begun(count: u32, now: Moment) -> State {
    let found = (0..count).map(|sim| {
        let fate = match sim {
            sim if sim < count / 2 => Fate::Ended { ended: ok(), at: Some(now) },
            sim if sim < count / 2 + RUNNING => {
                Fate::Runs { reach: Reach::Direct, handle: HANDLE, paused_ms: 0, paused_since: None }
            }
            _ => return Found::default(),
        };
        let attempt = FoundAttempt { started: Some(now), ..FoundAttempt::new(1, format!("/runs/{sim}"), fate) };
        Found { attempts: vec![attempt], ..Found::default() }
    });
    let beginning = Beginning {
        notices: gem5_tui::rundir::record::NoticesRecord::default(),
        found: found.collect(),
        here: None,
        cap: RUNNING,
        queue: QueueState::Open,
        wishes: gem5_tui::rundir::record::Wishes::default(),
        lingers: true,
        room: RoomLook::default(),
        edits: Edits::default(),
        deadline: None,
        allocation: None,
        beside: None,
    };
    // The budget is what runs and a little more, so those that wait are looked at for their memory.
    let mut state = State::new(plan(count, "/runs"), beginning, now);
    state.handle(Event::Clients(1), now);
    state
}

fn plan(count: u32, outdir: impl AsRef<Path>) -> Plan {
    let program = Program::Script { path: "/lab/run.py".into(), args: Vec::new() };
    let simulation = |sim: u32| Simulation {
        memory: Some(MEMORY),
        watch: vec!["*.ipc".to_owned()].into(),
        ..Simulation::new(
            format!("mcf-l2_{}KiB-seed_{sim}", 256 << (sim % 6)),
            "/lab/gem5.opt",
            program.clone(),
            "/lab",
        )
    };
    Plan {
        name: "sweep".into(),
        source: "/lab/sweep.yaml".into(),
        outdir: outdir.as_ref().to_owned(),
        concurrency: Concurrency::Fixed(RUNNING),
        memory: Some(u64::from(RUNNING) * MEMORY + MEMORY / 2),
        min_free_disk: None,
        stop_after: gem5_tui::experiment::StopAfter::NEVER,
        notify: Vec::new(),
        results: gem5_tui::experiment::results::ResultsRule::default(),
        courtesy: gem5_tui::experiment::executor::Courtesy::default(),
        awaiting: Vec::new(),
        sources: Vec::new(),
        origin: None,
        simulations: (0..count).map(simulation).collect(),
    }
}

/// A look at a directory in which everything has ended, as an engine begins with and `status` is without one.
fn start(count: u32) {
    let place = tempfile::tempdir().expect("a directory for temporary files");
    let plan = plan(count, place.path());
    let outdir = ExperimentDir::new(place.path());
    for simulation in &plan.simulations {
        let dir = outdir.simulation(&simulation.name);
        let attempt = dir.attempt(1);
        fs::create_dir_all(attempt.m5out()).expect("a directory");
        fs::write(attempt.simout(), "gem5 Simulator System.\n").expect("a log");
        let exit = Exit { wall_ms: 60_000, ..Exit::new(End::Exited { code: 0 }, Moment::now()) };
        // Without syncs: it is the look that is measured.
        fs::write(attempt.exit(), serde_json::to_vec(&exit).expect("JSON")).expect("a record");
        let records = attempts::read(&dir, 1).expect("records");
        conclude::keep(&records, &conclude::conclude(&records));
        assert!(atomic::read_json::<Exit>(&attempt.exit()).expect("a record").is_some());
    }
    let mut looks: Vec<f64> = (0..5).map(|_| time(|| _ = gem5_tui::engine::look(plan.clone()))).collect();
    tell("a start in which everything has ended", &mut looks);
}
