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

mod proof;
mod suites;
mod terminal;
mod victims;

use std::time::{Duration, Instant};

use proof::Proven;
use stage::{PATIENCE, Stage};
use victims::{Chance, Kills, Victim};

const SIMULATIONS: usize = 100;

/// Without a number of kills in the environment, so many rounds.
const ROUNDS: usize = 3;

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
    let proven = Proven::new(&stage, SIMULATIONS);
    stage.experiment("concurrency: 8", &proven.yaml(|| chance.below(8), ""));

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
    let (begun, done) = proven.check();
    eprintln!("  {SIMULATIONS} simulations ok, {begun} processes ran, {done} came to their end");
}
