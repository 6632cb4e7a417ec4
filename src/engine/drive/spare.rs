//! Descriptors that are kept for clients.
//!
//! With too few descriptors launches are held, and then each one that becomes free is taken by the next try. Without some of its own the
//! engine could no longer be asked why nothing is launched, nor be told to cancel something.

use std::fs::File;
use std::sync::{Mutex, PoisonError};

/// So many clients are served when there is no descriptor for anything.
const KEPT: usize = 4;

/// Open files that are nothing by themselves.
#[derive(Debug, Default)]
pub(super) struct Spare(Mutex<Vec<File>>);

impl Spare {
    /// As many as there shall be, as far as there are any.
    pub(super) fn fill(&self) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while kept.len() < KEPT {
            let Ok(file) = File::open("/dev/null") else { return };
            kept.push(file);
        }
    }

    /// Gives one up. False if there is none.
    pub(super) fn give(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop().is_some()
    }
}
