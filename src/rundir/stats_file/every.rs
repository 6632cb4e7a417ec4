//! Every dump of a file, for who takes them together.

use std::io;
use std::path::Path;
use std::sync::Arc;

use super::{BLOCK, Integrity, is_gzip, read_gzip};
use crate::gem5::stats::{Dumps, Requests, TextParser, Watch};
use crate::rundir::follow::{Change, Followed};

/// 4 Mi values are held of one file at most, which take 64 MiB.
const MAX_VALUES: usize = 4 << 20;

/// What a dump takes besides its values, in values.
const OVERHEAD: usize = 16;

/// All that is watched of all dumps of a file.
#[derive(Debug)]
pub struct Every {
    /// The dumps, unless there are too many.
    pub dumps: Dumps,
    /// There is more in the file than is held: what was read is only its beginning.
    pub is_too_much: bool,
    /// Whether a compressed file could be read to its end.
    pub integrity: Integrity,
}

/// Reads all dumps of a file. One that is not there has none.
///
/// # Errors
/// When the file cannot be read.
pub fn read_every(path: &Path, requests: Requests, watch: Arc<Watch>) -> io::Result<Every> {
    let (mut text, mut dumps) = (TextParser::new(), Dumps::new(watch).every());
    let is_full = |dumps: &Dumps| {
        let each = dumps.names().len() + OVERHEAD;
        dumps.history().len().saturating_mul(each) > MAX_VALUES
    };
    if is_gzip(path) {
        let integrity = read_gzip(path, |piece| {
            if !is_full(&dumps) {
                text.feed(piece, &mut dumps);
            }
        })?;
        return Ok(Every { is_too_much: is_full(&dumps), dumps, integrity });
    }
    dumps.set_requests(requests);
    let mut file = Followed::new(path);
    if file.refresh()? == Change::Appeared {
        let mut buffer = vec![0; BLOCK];
        while text.offset() < file.len() && !is_full(&dumps) {
            let read = file.read_at(&mut buffer, text.offset())?;
            if read == 0 {
                break;
            }
            text.feed(buffer.get(..read).unwrap_or_default(), &mut dumps);
        }
    }
    Ok(Every { is_too_much: is_full(&dumps), dumps, integrity: Integrity::Whole })
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::fs;

    use super::*;

    #[test]
    fn every_dump_has_its_values_however_many_there_are() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("stats.txt");
        let mut text = String::new();
        for tick in 1..=2000 {
            _ = write!(
                text,
                "\n---------- Begin Simulation Statistics ----------\nx.ipc {tick}\n\
                 \n---------- End Simulation Statistics   ----------\n",
            );
        }
        let watch = || Arc::new(Watch::new(&["*.ipc"]).unwrap());
        let none = read_every(&path, Requests::default(), watch()).unwrap();
        assert_eq!((none.dumps.count(), none.is_too_much), (0, false));
        fs::write(&path, text).unwrap();
        let every = read_every(&path, Requests::default(), watch()).unwrap();
        let values: Vec<f64> = every.dumps.history().iter().filter_map(|dump| dump.value(0)).collect();
        assert_eq!((values, every.is_too_much), ((1..=2000).map(f64::from).collect(), false));
    }

    #[test]
    fn more_than_is_held_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("stats.txt");
        let mut text = String::new();
        for _ in 0..=MAX_VALUES / OVERHEAD {
            text.push_str("---------- Begin Simulation Statistics ----------\n---------- End Simulation Statistics   ----------\n");
        }
        fs::write(&path, text).unwrap();
        assert!(read_every(&path, Requests::default(), Arc::default()).unwrap().is_too_much);
    }
}
