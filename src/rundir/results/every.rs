//! All dumps of an attempt that count.

use std::path::Path;
use std::sync::Arc;

use super::{Ending, Note, Place, ReadError, Reading, locate};
use crate::gem5::stats::{Choice, Dump, Watch};
use crate::rundir::Outputs;
use crate::rundir::stats_file::{self, Integrity, read_requests};

/// Reads what is watched of every dump. See [`Reading::counting`].
pub(crate) fn read_every(outputs: &Outputs, ending: Ending, watch: &Arc<Watch>) -> Result<Reading, ReadError> {
    match locate(outputs, ending, &Choice::LAST, watch) {
        Ok(Place { path, requests }) => of(&path, requests.as_deref(), ending, watch),
        Err(nothing) => Ok(*nothing),
    }
}

/// The same for a file of a gem5 that is none of ours.
pub(crate) fn read_every_foreign(path: &Path, watch: &Arc<Watch>) -> Result<Reading, ReadError> {
    of(path, None, Ending::WroteStats, watch)
}

fn of(path: &Path, requests: Option<&Path>, ending: Ending, watch: &Arc<Watch>) -> Result<Reading, ReadError> {
    let asked = requests.map(read_requests).unwrap_or_default();
    let every = stats_file::read_every(path, asked, Arc::clone(watch))
        .map_err(|source| ReadError { path: path.to_owned(), source })?;
    let of_file = match every.integrity {
        _ if every.is_too_much => Some(Note::TooMuch(every.dumps.count())),
        Integrity::CutOff(why) => Some(Note::Damaged(why)),
        Integrity::Whole => None,
    };
    Ok(Reading {
        dumps: every.dumps,
        ending,
        file: path.to_owned(),
        of_file,
        choice: Choice::LAST,
        requests: requests.map(Path::to_owned),
        number: None,
        is_read: true,
    })
}

impl Reading {
    /// The dumps that count, in their order, each with its place among them: of those that were read, which are all only after
    /// [`read_every`].
    pub(crate) fn counting(&self) -> impl Iterator<Item = (u32, &Dump)> {
        let last = self.dumps.latest().map(|dump| dump.number);
        // As one that is the result does: gem5 wrote it when it came to its end, whatever was asked for before.
        let counts = move |dump: &&Dump| !dump.requested || (self.ending.wrote_stats() && last == Some(dump.number));
        (1..).zip(self.dumps.history().iter().filter(counts))
    }

    /// What there is to know of the file, whichever of its dumps are taken.
    pub(crate) fn of_file(&self) -> Option<&Note> {
        self.of_file.as_ref()
    }

    /// Every watched stat that one of its dumps has, with its value and its unit.
    pub(crate) fn values_of<'r>(&'r self, dump: &'r Dump) -> impl Iterator<Item = (&'r str, f64, Option<&'r str>)> {
        let value =
            move |(index, name): (usize, &'r String)| Some((name.as_str(), dump.value(index)?, self.dumps.unit(index)));
        self.dumps.names().iter().enumerate().filter_map(value)
    }
}
