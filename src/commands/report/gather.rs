//! What the simulations of an experiment left behind.

use std::collections::BTreeMap;

use crate::collect::banner;
use crate::commands::attach::Snapshot;
use crate::experiment::{Plan, RowKind};
use crate::gem5::build::BuildAnswer;
use crate::protocol::SimView;
use crate::rundir::provenance::Provenance;
use crate::rundir::record::Spec;
use crate::rundir::{AttemptDir, atomic};

/// All that a report is made of.
pub(super) struct Gathered {
    pub(super) plan: Plan,
    pub(super) snapshot: Snapshot,
    /// Of each simulation of the snapshot what its newest attempt was launched with; what cannot be read is absent.
    pub(super) launched: Vec<Launched>,
}

/// What an attempt was launched with.
#[derive(Default)]
pub(super) struct Launched {
    pub(super) spec: Option<Spec>,
    pub(super) provenance: Option<Provenance>,
    /// The version that its gem5 tells of itself: in its banner, or else when it was asked.
    pub(super) version: Option<String>,
    pub(super) compiled: Option<String>,
}

/// Reads it.
pub(super) fn gather(plan: Plan, snapshot: Snapshot) -> Gathered {
    let launched = snapshot.sims.iter().map(|sim| {
        sim.latest().map_or_else(Launched::default, |attempt| Launched::read(&AttemptDir::new(&attempt.dir)))
    });
    let launched = launched.collect();
    Gathered { plan, snapshot, launched }
}

impl Launched {
    fn read(dir: &AttemptDir) -> Self {
        let spec: Option<Spec> = atomic::read_json(&dir.spec()).ok().flatten();
        let provenance: Option<Provenance> = atomic::read_json(&dir.provenance()).ok().flatten();
        // Whatever a step has printed is no word of its own gem5.
        let is_step = spec.as_ref().is_some_and(|spec| spec.kind == RowKind::Step);
        let BuildAnswer { version, compiled, .. } = if is_step { BuildAnswer::default() } else { banner(dir) };
        let asked = provenance.as_ref().and_then(|provenance| provenance.executable.as_ref());
        Self {
            version: version.or_else(|| asked?.version.clone()),
            compiled: compiled.or_else(|| asked?.compiled.clone()),
            spec,
            provenance,
        }
    }
}

impl Gathered {
    /// The simulations.
    pub(super) fn sims(&self) -> impl Iterator<Item = &SimView> + Clone {
        self.snapshot.sims.iter()
    }

    /// The hosts on which the newest attempts ran, as `host, Linux 6.8`, each with how many.
    pub(super) fn hosts(&self) -> BTreeMap<String, u64> {
        let mut hosts = BTreeMap::new();
        for provenance in self.launched.iter().filter_map(|launched| launched.provenance.as_ref()) {
            *hosts.entry(format!("{}, Linux {}", provenance.host, provenance.kernel)).or_default() += 1;
        }
        hosts
    }

    /// The versions of gem5.
    pub(super) fn versions(&self) -> Vec<&str> {
        let mut versions: Vec<&str> = self.launched.iter().filter_map(|one| one.version.as_deref()).collect();
        versions.sort_unstable();
        versions.dedup();
        versions
    }
}
