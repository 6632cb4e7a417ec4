//! Kills clients, engines, shims and Slurm's own daemons at random moments until a sweep of jobs is done, and then asks what was lost.
//!
//! A short round belongs to every test run that has a Slurm. The long version:
//!
//! ```text
//! GEM5_TUI_CHAOS_JOBS=300 GEM5_TUI_SLURM_START=… cargo test --test slurm chaos -- --nocapture
//! ```

use std::time::{Duration, Instant};

use crate::cluster::Cluster;
use crate::proof::Proven;
use crate::stage::{PATIENCE, Stage};
use crate::victims::{Chance, Kills, Victim, Victims};

/// Without a number in the environment.
const JOBS: usize = 24;

/// What is killed of a cluster. It is started again at once, as a site would do it sooner or later.
#[derive(Debug, Clone, Copy)]
enum Blow {
    /// One of ours.
    Ours(Victim),
    /// The controller dies, with what it has not saved.
    ControllerDies,
    /// The controller is restarted.
    ControllerRestarts,
    /// The daemon of a node is restarted; its jobs go on.
    NodeRestarts,
}

/// So many of them, the first ones, are dashboards alone.
const DASHBOARDS: usize = 2;

const BLOWS: [Blow; 10] = [
    Blow::Ours(Victim::Client),
    Blow::Ours(Victim::Client),
    Blow::Ours(Victim::Engine),
    Blow::Ours(Victim::Engine),
    Blow::Ours(Victim::Engine),
    Blow::Ours(Victim::Shim),
    Blow::Ours(Victim::Shim),
    Blow::ControllerDies,
    Blow::ControllerRestarts,
    Blow::NodeRestarts,
];

#[test]
fn whoever_is_killed_no_job_is_lost_and_no_simulation_runs_twice_at_once() {
    let cpus = [("SLURM_TEST_NODES", "2"), ("SLURM_TEST_CPUS", "16")];
    let Some(cluster) = Cluster::start(&cpus) else { return };
    let jobs = std::env::var("GEM5_TUI_CHAOS_JOBS").map_or(JOBS, |jobs| jobs.parse().unwrap());
    let seed = std::env::var("GEM5_TUI_CHAOS_SEED").map_or(1, |seed| seed.parse().unwrap());
    let mut chance = Chance::new(seed);
    let mut stage = Stage::new();
    stage.also("SLURM_CONF", cluster.conf());
    let proven = Proven::new(&stage, jobs);
    let simulations = proven.yaml(|| 1 + chance.below(40), ", memory: 50MiB");
    stage.experiment("concurrency: 24\nexecutor: {slurm: {poll: 2s}}\n", &simulations);

    let mut victims = Victims::new(&stage);
    let (mut kills, mut blows, mut is_nearly_done) = (Kills::default(), 0, false);
    let end = Instant::now() + PATIENCE * (4 + jobs as u32 / 10);
    loop {
        assert!(Instant::now() < end, "it does not end: {:?}", stage.status().summary);
        victims.revive();
        // A node on which a job could not be launched is taken out of service, and a site would put it back.
        cluster.ask("scontrol update nodename=ALL state=resume");
        chance.wait(Duration::from_secs(3));
        // A cluster whose daemons are never left alone never finds out that a job is over, and an engine that lives for seconds does
        // not give one up of which nobody knows anything any more.
        let blows_left = if is_nearly_done { &BLOWS[..DASHBOARDS] } else { &BLOWS[..] };
        match chance.of(blows_left) {
            Blow::Ours(victim) => {
                if victims.kill(victim, &mut chance) {
                    kills.count(victim);
                }
            }
            blow => {
                match blow {
                    Blow::ControllerDies => cluster.stop(&["--crash", "slurmctld"]),
                    Blow::ControllerRestarts => cluster.stop(&["slurmctld"]),
                    _ => cluster.stop(&[chance.of(&["slurmd-node1", "slurmd-node2"])]),
                }
                chance.wait(Duration::from_secs(4));
                cluster.start_again();
                blows += 1;
            }
        }
        // What a killed shim left behind has failed until somebody asks for it again.
        if chance.below(4) == 0 {
            let said = stage.call("retry exp.yaml --failed");
            assert!(matches!(said.code, Some(0 | 1)), "{said:#?}");
        }
        let ok = stage.status().count("ok");
        if ok == jobs as u64 {
            break;
        }
        is_nearly_done = ok * 10 >= jobs as u64 * 9;
    }
    drop(victims);
    let (begun, done) = proven.check();
    eprintln!(
        "seed {seed}: {jobs} jobs ok, {kills}, {blows} of Slurm's daemons; {begun} processes ran, {done} came to their end"
    );
}
