//! What an attempt was made from, and what of that is not the same any more.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::engine::state::growth::NEEDS_CHANGED;
use crate::experiment::{InputRole, Key, RowKind, Simulation};
use crate::rundir::atomic;
use crate::rundir::inputs::Inputs;
use crate::rundir::record::{InputFile, Spec, UsedNeed};

/// What an attempt was made from, as its `spec.json` tells.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct MadeFrom {
    /// Its key, in one hash.
    pub key_hash: String,
    /// Its key. None where only the hash was kept; then the record tells it.
    pub key: Option<Key>,
    /// The record.
    pub record: PathBuf,
    /// When it was launched, in milliseconds since the Unix epoch.
    pub launched_unix_ms: i64,
    /// The files.
    pub inputs: Vec<InputFile>,
    /// The attempts of other simulations.
    pub needs: Vec<UsedNeed>,
}

impl MadeFrom {
    /// What a record tells, which is at `record`.
    pub(super) fn of(spec: Spec, record: PathBuf) -> Self {
        let Spec { key, at, inputs, needs, .. } = spec;
        Self { key_hash: key.hash(), key: Some(key), record, launched_unix_ms: at.unix_ms, inputs, needs }
    }

    /// What has changed since. `ended` is when it ended, in milliseconds since the Unix epoch.
    pub(super) fn changes(&self, simulation: &Simulation, ended: Option<i64>, inputs: &Inputs) -> Vec<String> {
        let mut changes = self.changes_of_key(&simulation.key());
        // A file that is not named any more says nothing new: that another one is named has been said.
        let named = simulation.inputs();
        // A step may take away what it was given: it compresses and cleans up.
        let is_taken = |file: &InputFile| {
            simulation.run.kind() == RowKind::Step && file.role == InputRole::Argument && !file.path.exists()
        };
        let is_named = |file: &&InputFile| named.iter().any(|input| input.path == file.path) && !is_taken(file);
        let ran = ended.map(|ended| self.launched_unix_ms..=ended);
        changes.extend(inputs.changes(self.inputs.iter().filter(is_named), ran.as_ref()));
        let needed: BTreeSet<&str> = self.needs.iter().map(|need| need.name.as_str()).collect();
        let needs: BTreeSet<&str> = simulation.needs.iter().map(|need| need.name.as_str()).collect();
        // What is gone from the file needs nothing any more.
        if needed != needs && !simulation.gone {
            changes.push(NEEDS_CHANGED.to_owned());
        }
        changes
    }

    fn changes_of_key(&self, now: &Key) -> Vec<String> {
        if self.key.is_none() && self.key_hash == now.hash() {
            return Vec::new();
        }
        let recorded = || atomic::read_json::<Spec>(&self.record).ok().flatten().map(|spec| spec.key);
        self.key.clone().or_else(recorded).unwrap_or_default().differences(now)
    }
}
