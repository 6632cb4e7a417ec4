//! Whether all results come from one build of each executable. Pure.
//!
//! Only the newest start of each simulation counts, since that is what a table shows: once everything was run again with
//! one build, there is nothing more to tell. What each attempt ran is in its record, so the next engine knows it as well,
//! and so does a look without any. The awkward truth: a wrapper is one build for as long as it stays the same itself.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::State;
use super::sim::Sim;
use crate::experiment::Simulation;
use crate::rundir::record::InputFile;

/// What is known of the builds that ran.
#[derive(Debug, Clone, Default)]
pub(super) struct Builds {
    /// For each executable the only build of it that ran; none once there was another one.
    only: BTreeMap<PathBuf, Option<InputFile>>,
    notices: Vec<String>,
}

impl Builds {
    /// What there is to say of executables that were replaced.
    pub(super) fn notices(&self) -> &[String] {
        &self.notices
    }
}

impl State {
    /// Takes note of what the newest start of a simulation ran.
    pub(super) fn note_build(&mut self, sim: u32) {
        let Some(start) = start(&self.plan.simulations[sim as usize], &self.sims[sim as usize]) else { return };
        match self.builds.only.get_mut(&start.executable.path) {
            None => {
                self.builds.only.insert(start.executable.path.clone(), Some(start.executable.clone()));
            }
            Some(Some(only)) if is_same(only, start.executable) => {}
            // All starts are gone through only where there is more than one build to tell of.
            Some(known) => {
                *known = None;
                self.builds.notices = notices(&self.plan.simulations, &self.sims);
            }
        }
    }
}

/// One start.
#[derive(Clone, Copy)]
struct Start<'a> {
    at_unix_ms: i64,
    simulation: &'a str,
    attempt: u32,
    executable: &'a InputFile,
}

/// A sentence for each executable of which more than one build ran. `sims` are in the order of `simulations`.
fn notices(simulations: &[Simulation], sims: &[Sim]) -> Vec<String> {
    let mut first: BTreeMap<&Path, Start<'_>> = BTreeMap::new();
    for start in starts(simulations, sims) {
        let entry = first.entry(&start.executable.path).or_insert(start);
        if start.at_unix_ms < entry.at_unix_ms {
            *entry = start;
        }
    }
    let mut other: BTreeMap<&Path, Start<'_>> = BTreeMap::new();
    for start in starts(simulations, sims) {
        let path = start.executable.path.as_path();
        if first.get(path).is_some_and(|first| !is_same(first.executable, start.executable)) {
            let entry = other.entry(path).or_insert(start);
            if start.at_unix_ms < entry.at_unix_ms {
                *entry = start;
            }
        }
    }
    other.iter().map(|(path, start)| sentence(path, start)).collect()
}

fn starts<'a>(simulations: &'a [Simulation], sims: &'a [Sim]) -> impl Iterator<Item = Start<'a>> {
    simulations.iter().zip(sims).filter_map(|(simulation, sim)| start(simulation, sim))
}

/// The newest start of a simulation.
fn start<'a>(simulation: &'a Simulation, sim: &'a Sim) -> Option<Start<'a>> {
    sim.attempts.iter().rev().find_map(|attempt| {
        let (at, executable) = (attempt.started?, attempt.executable.as_ref()?);
        let (at_unix_ms, attempt) = (at.unix_ms, attempt.number);
        Some(Start { at_unix_ms, simulation: &simulation.name, attempt, executable })
    })
}

/// The content decides where both are known: a copy of the same build is no other one.
fn is_same(a: &InputFile, b: &InputFile) -> bool {
    match (&a.sha256, &b.sha256) {
        (Some(a), Some(b)) => a == b,
        _ => (a.bytes, a.modified_ns) == (b.bytes, b.modified_ns),
    }
}

fn sentence(path: &Path, start: &Start<'_>) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    let Start { simulation, attempt, .. } = start;
    format!("{name} was replaced during the sweep: attempts from {simulation} (attempt {attempt}) on ran another build")
}
