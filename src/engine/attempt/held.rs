//! The directories of the attempts that live, held so that each is reached wherever it goes.
//!
//! The state knows an attempt's directory by its name. Who reads or writes there asks here for the way to it.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::rundir::AttemptDir;

/// The held directories, by their names.
#[derive(Debug, Default)]
pub struct HeldAttempts(Mutex<HashMap<PathBuf, AttemptDir>>);

impl HeldAttempts {
    /// Remembers a directory that is held.
    pub fn keep(&self, dir: &AttemptDir) {
        self.all().insert(dir.name().to_owned(), dir.clone());
    }

    /// The way to a directory: as it is held, or by its name.
    pub fn way_to(&self, dir: AttemptDir) -> AttemptDir {
        self.all().get(dir.name()).cloned().unwrap_or(dir)
    }

    /// Lets a directory go whose attempt has ended: nothing more is written there, and a descriptor is dear.
    pub fn let_go(&self, dir: &AttemptDir) {
        self.all().remove(dir.name());
    }

    fn all(&self) -> MutexGuard<'_, HashMap<PathBuf, AttemptDir>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
