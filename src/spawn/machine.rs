//! This machine as an experiment file sees it: its disk, what its programs say, and what ended on it.

use std::path::{Path, PathBuf};

use super::multisim;
use crate::experiment::{FileKind, Files, Listing, Simulation};
use crate::rundir::evidence::conclude::conclude_under;
use crate::rundir::files::Disk;
use crate::rundir::user_cache::UserCache;
use crate::rundir::{ExperimentDir, attempts};

/// This machine.
#[derive(Debug)]
pub(crate) struct Machine {
    disk: Disk,
    cache: UserCache,
    /// No file is missing, and what a program said last holds.
    lenient: bool,
}

impl Machine {
    /// As it is.
    pub(crate) fn strict() -> Self {
        Self { disk: Disk::new(), cache: UserCache::new(), lenient: false }
    }

    /// As if nothing were missing.
    pub(crate) fn lenient() -> Self {
        Self { lenient: true, ..Self::strict() }
    }
}

impl Files for Machine {
    fn kind(&self, path: &Path) -> FileKind {
        if self.lenient { FileKind::Unasked } else { self.disk.kind(path) }
    }

    fn find_on_path(&self, name: &str) -> Option<PathBuf> {
        let found = self.disk.find_on_path(name);
        found.or_else(|| self.lenient.then(|| PathBuf::from("/").join(name)))
    }

    fn text(&self, path: &Path) -> Result<String, String> {
        self.disk.text(path)
    }

    fn glob(&self, pattern: &str) -> Result<Vec<PathBuf>, String> {
        self.disk.glob(pattern)
    }

    fn made(&self, outdir: &Path, simulation: &Simulation) -> Option<PathBuf> {
        let dir = ExperimentDir::new(outdir).simulation(&simulation.name);
        let numbers = attempts::numbers(&dir).ok()?;
        numbers.into_iter().rev().find_map(|number| {
            let records = attempts::read(&dir, number).ok().filter(|records| records.exit.is_some())?;
            let is_ok = conclude_under(simulation.success.as_deref(), &records).outcome.kind.is_ok();
            is_ok.then(|| dir.attempt(number).m5out())
        })
    }

    fn multisim_ids(&self, listing: &Listing) -> Result<Vec<String>, String> {
        if self.lenient
            && let Some(ids) = multisim::last_ids(listing, &self.cache)
        {
            return Ok(ids);
        }
        multisim::ids(listing, &self.cache)
    }
}
