//! Who is killed, and by what chance.

use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, Instant};

use gem5_tui::rundir::atomic::read_json;
use gem5_tui::rundir::attempts;
use gem5_tui::rundir::record::{LeaseRecord, Started};
use gem5_tui::rundir::spawns::Spawns;
use gem5_tui::spawn::identity;
use nix::sys::signal::Signal;

use crate::stage::Stage;
use crate::terminal::Dashboard;

/// What may be killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Victim {
    Client,
    Engine,
    /// The shim of a simulation.
    Shim,
    /// A simulation itself.
    Simulation,
    /// The process of a script that spawns.
    Script,
    ShimOfScript,
}

/// How many of each were killed.
#[derive(Debug, Default)]
pub(crate) struct Kills(BTreeMap<Victim, usize>);

impl Kills {
    pub(crate) fn all(&self) -> usize {
        self.0.values().sum()
    }

    pub(crate) fn count(&mut self, victim: Victim) {
        *self.0.entry(victim).or_default() += 1;
    }
}

impl fmt::Display for Kills {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let each: Vec<String> = self.0.iter().map(|(victim, count)| format!("{victim:?} {count}")).collect();
        write!(f, "{} kills ({})", self.all(), each.join(", "))
    }
}

/// The experiment's processes, as they come and go.
pub(crate) struct Victims<'a> {
    stage: &'a Stage,
    client: Option<Dashboard>,
}

impl<'a> Victims<'a> {
    pub(crate) fn new(stage: &'a Stage) -> Self {
        Self { stage, client: None }
    }

    /// Opens a dashboard where there is none, which starts an engine where there is none.
    pub(crate) fn revive(&mut self) {
        let engine = self.engine();
        let is_deserted = !engine.is_some_and(|lease| identity::is_alive(&lease.engine) == identity::Alive::Yes);
        // A dashboard whose engine was killed does not come back by itself.
        if is_deserted || self.client.as_mut().is_none_or(|client| !client.is_alive()) {
            self.client = Some(Dashboard::open(self.stage));
        }
    }

    /// Whether there was one to kill.
    pub(crate) fn kill(&mut self, victim: Victim, chance: &mut Chance) -> bool {
        match victim {
            Victim::Client => self.client.take().is_some_and(|mut client| {
                let lives = client.is_alive();
                if lives {
                    client.kill();
                }
                lives
            }),
            Victim::Engine => self.engine().is_some_and(|lease| identity::send(&lease.engine, Signal::SIGKILL).is_ok()),
            Victim::Shim | Victim::Simulation | Victim::Script | Victim::ShimOfScript => {
                let of_script = matches!(victim, Victim::Script | Victim::ShimOfScript);
                let living = self.living(of_script);
                if living.is_empty() {
                    return false;
                }
                let Started { gem5, shim, .. } = chance.of(&living);
                let it = if matches!(victim, Victim::Shim | Victim::ShimOfScript) { shim } else { gem5 };
                identity::send(&it, Signal::SIGKILL).is_ok()
            }
        }
    }

    fn engine(&self) -> Option<LeaseRecord> {
        read_json(&self.stage.outdir().lock()).ok().flatten()
    }

    /// The attempts that have not ended: those of scripts that spawn, or all others.
    fn living(&self, of_scripts: bool) -> Vec<Started> {
        let outdir = self.stage.outdir();
        let names = std::fs::read_dir(outdir.path()).into_iter().flatten().flatten();
        let newest = names.filter_map(|entry| {
            let simulation = outdir.simulation(entry.file_name().to_str()?);
            let number = *attempts::numbers(&simulation).ok()?.last()?;
            let dir = simulation.attempt(number);
            let is_script = Spawns::of(&dir).path().exists();
            if dir.exit().exists() || is_script != of_scripts { None } else { read_json(&dir.started()).ok()? }
        });
        newest.collect()
    }
}

/// Numbers that a seed repeats: xorshift with 64 bits.
#[derive(Debug)]
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below `bound`, which is not 0.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }

    /// One of them.
    pub(crate) fn of<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())].clone()
    }

    /// Lets up to `longest` pass: the moment of a kill is what chance is about, not something to wait for.
    pub(crate) fn wait(&mut self, longest: Duration) {
        let end = Instant::now() + longest * self.below(1000) as u32 / 1000;
        while let Some(left) = end.checked_duration_since(Instant::now()) {
            std::thread::park_timeout(left);
        }
    }
}
