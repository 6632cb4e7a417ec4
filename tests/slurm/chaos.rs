//! Kills clients, engines, shims and Slurm's own daemons at random moments until a sweep of jobs is done, and then asks what was lost.
//!
//! A short round belongs to every test run that has a Slurm. The long version:
//!
//! ```text
//! GEM5_TUI_CHAOS_JOBS=300 GEM5_TUI_SLURM_START=… cargo test --test slurm chaos -- --nocapture
//! ```

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::time::{Duration, Instant};

use gem5_tui::rundir::atomic::read_json;
use gem5_tui::rundir::attempts;
use gem5_tui::rundir::record::{End, Exit, Started};

use crate::cluster::Cluster;
use crate::stage::{PATIENCE, Stage};
use crate::victims::{Chance, Kills, Victim, Victims};

/// Without a number in the environment.
const JOBS: usize = 24;

/// A simulation: refuses to be the second one at once, takes a while, and leaves a proof.
const SIMULATION: &str = r#"import fcntl, os, sys, time
name, tenths = sys.argv[1], int(sys.argv[2])
here = os.path.dirname(os.path.abspath(__file__))
def note(what):
    handle = os.open(os.path.join(here, what), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(handle, ("%s %d\n" % (name, os.getpid())).encode())
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
    stage.write("simulation.py", SIMULATION);
    let names: Vec<String> = (0..jobs).map(|n| format!("s{n:03}")).collect();
    let mut simulations = String::new();
    for name in &names {
        let tenths = 1 + chance.below(40);
        _ = writeln!(
            simulations,
            "  - {{name: {name}, script: simulation.py, args: [{name}, \"{tenths}\"], memory: 50MiB}}"
        );
    }
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
    eprintln!(
        "seed {seed}: {jobs} jobs ok, {kills}, {blows} of Slurm's daemons; {begun} processes ran, {} came to their end",
        done.len()
    );
}
