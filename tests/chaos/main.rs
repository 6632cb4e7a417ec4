//! Kills clients, engines and shims at random moments until a sweep is done, and then asks what was lost. Every other round is
//! a script that spawns.
//!
//! Some rounds of it belong to every test run. The long version has no end of its own:
//!
//! ```text
//! GEM5_TUI_CHAOS_KILLS=1000 cargo test --release --test chaos -- --nocapture
//! ```
//!
//! `GEM5_TUI_CHAOS_SEED` repeats the choices of an earlier run; moments differ all the same, since the machine's own
//! pace decides where a kill hits.

#![expect(clippy::unwrap_used, reason = "the helpers of a test may panic as the test itself may")]
#![expect(clippy::print_stderr, reason = "a run without an end must say how far it is")]

#[path = "../lifecycle/stage.rs"]
#[expect(dead_code, reason = "this test needs a part of what the lifecycle tests need")]
mod stage;

mod suites;
mod terminal;
mod victims;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::time::{Duration, Instant};

use gem5_tui::rundir::atomic::read_json;
use gem5_tui::rundir::attempts;
use gem5_tui::rundir::record::{End, Exit, Started};

use stage::{PATIENCE, Stage};
use victims::{Chance, Kills, Victim};

const SIMULATIONS: usize = 100;

/// Without a number of kills in the environment, so many rounds.
const ROUNDS: usize = 3;

/// A simulation: refuses to be the second one at once, takes a while, and leaves a proof.
const SIMULATION: &str = r#"import fcntl, os, sys, time
name, tenths = sys.argv[1], int(sys.argv[2])
here = os.path.dirname(os.path.abspath(__file__))
def note(what):
    line = "%s %d\n" % (name, os.getpid())
    handle = os.open(os.path.join(here, what), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(handle, line.encode())
lock = os.open(os.path.join(here, "lock-" + name), os.O_RDWR | os.O_CREAT, 0o600)
try:
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
except OSError:
    note("twice")
    sys.exit(9)
note("begun")
time.sleep(tenths / 10)
note("done")
"#;

#[test]
fn whoever_is_killed_nothing_is_lost_and_nothing_runs_twice_at_once() {
    let wanted: Option<usize> = std::env::var("GEM5_TUI_CHAOS_KILLS").ok().map(|n| n.parse().unwrap());
    let seed = std::env::var("GEM5_TUI_CHAOS_SEED").map_or(1, |seed| seed.parse().unwrap());
    let mut chance = Chance::new(seed);
    let mut kills = Kills::default();
    let mut rounds = 0;
    while wanted.map_or(rounds < ROUNDS, |wanted| kills.all() < wanted) {
        if rounds % 2 == 1 {
            suites::round(&mut chance, &mut kills);
        } else {
            round(&mut chance, &mut kills);
        }
        rounds += 1;
        eprintln!("seed {seed}, {}: {kills}", gem5_tui::text::human::plural(rounds as u64, "round"));
    }
    assert!(kills.all() > 0);
}

/// One sweep to its end, whatever is killed on the way.
fn round(chance: &mut Chance, kills: &mut Kills) {
    let stage = Stage::new();
    stage.write("simulation.py", SIMULATION);
    let names: Vec<String> = (0..SIMULATIONS).map(|n| format!("s{n:03}")).collect();
    let mut simulations = String::new();
    for name in &names {
        let tenths = chance.below(8);
        _ = writeln!(simulations, "  - {{name: {name}, script: simulation.py, args: [{name}, \"{tenths}\"]}}");
    }
    stage.experiment("concurrency: 8", &simulations);

    let mut victims = victims::Victims::new(&stage);
    let end = Instant::now() + 4 * PATIENCE;
    loop {
        assert!(Instant::now() < end, "the round does not end: {:?}", stage.status().summary);
        victims.revive();
        let victim = chance.of(&[Victim::Client, Victim::Engine, Victim::Engine, Victim::Shim]);
        chance.wait(Duration::from_millis(250));
        if victims.kill(victim, chance) {
            kills.count(victim);
        }
        // What a killed shim left behind is lost until somebody asks for it again.
        if chance.below(8) == 0 {
            let said = stage.call("retry exp.yaml --failed");
            assert!(matches!(said.code, Some(0 | 1)), "{said:#?}");
        }
        if stage.status().count("ok") == SIMULATIONS as u64 {
            break;
        }
    }
    drop(victims);
    let proof = |what: &str| -> BTreeSet<String> {
        fs::read_to_string(stage.path(what)).unwrap_or_default().lines().map(str::to_owned).collect()
    };
    assert_eq!(proof("twice"), BTreeSet::new(), "a simulation was started while it ran");
    let done = proof("done");
    for name in &names {
        let number = *attempts::numbers(&stage.outdir().simulation(name)).unwrap().last().unwrap();
        let dir = stage.attempt(name, number);
        let exit: Exit = read_json(&dir.exit()).unwrap().unwrap_or_else(|| panic!("{name} is ok without a record"));
        assert_eq!(exit.end, End::Exited { code: 0 }, "{name}");
        let started: Started = read_json(&dir.started()).unwrap().unwrap();
        let line = format!("{name} {}", started.gem5.pid);
        assert!(done.contains(&line), "{name} is ok, and its process was not done");
    }
    let begun = proof("begun").len();
    eprintln!("  {SIMULATIONS} simulations ok, {begun} processes ran, {} came to their end", done.len());
}
