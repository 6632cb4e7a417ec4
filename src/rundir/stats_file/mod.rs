//! `stats.txt` on disk.
//!
//! [`StatsFile`] follows the file of a simulation that runs. [`read_last`] is for a look at a file: it finds the last
//! complete dump from the end, so that a file of many gigabytes costs no more than one dump. [`survey()`] finds any other, and [`read_every`]
//! takes all of them. A compressed file is read only
//! when it has ended. [`find`] tells which file has the stats, and whether they can be read. Which
//! dump counts is decided in `super::results`.

mod count;
mod every;
mod find;
mod growing;
mod gzip;
mod last;
mod requests;
mod survey;

use std::io;
use std::path::Path;
use std::sync::Arc;

pub use count::dumps_before;
pub use every::{Every, read_every};
pub(crate) use find::usual;
pub use find::{FoundStats, find, find_usual, first_there};
pub use growing::{StatsChange, StatsFile};
pub use gzip::{Integrity, is_gzip, read_gzip};
pub(crate) use gzip::{packed, unpacks_to};
use last::MAX_BACKWARDS;
pub use last::{read_last, read_last_unasked};
pub use requests::read_requests;
pub use survey::{Reach, Survey, read_one, survey};

use super::follow::{Followed, open_regular};
use crate::gem5::stats::{Dumps, Marker, Requests, Summary, TextParser, Watch, marker};

/// A file up to this size is read whole, so that every dump has its number. It takes less than a tenth of a second.
const READ_WHOLE: u64 = 32 << 20;

/// 2 GiB: of a larger file the start is passed over by who would read it whole, which takes less than a second up to there.
const MOST_WHOLE: u64 = 2 << 30;

/// The unit of reading.
const BLOCK: usize = 256 * 1024;

/// The text of a dump is shown up to this size. Large systems write half a megabyte a dump.
pub const MAX_DUMP: u64 = 16 * 1024 * 1024;

fn text_of(file: &Followed, dump: &Summary) -> io::Result<Option<String>> {
    let mut text = vec![0; shown_length(dump)];
    let read = file.read_at(&mut text, dump.start)?;
    text.truncate(read);
    Ok(intact(&text, dump))
}

/// How much of a dump is shown.
fn shown_length(dump: &Summary) -> usize {
    (dump.end - dump.start).min(MAX_DUMP) as usize
}

/// The text, if it can be that of the dump.
fn intact(text: &[u8], dump: &Summary) -> Option<String> {
    let first = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let is_intact = text.len() == shown_length(dump) && marker(first) == Some(Marker::Begin);
    is_intact.then(|| String::from_utf8_lossy(text).into_owned())
}

/// The whole text of a dump of a file, with both markers, up to [`MAX_DUMP`]. `None` when there is no such dump any more. A
/// compressed file is read from its start.
pub fn read_text(path: &Path, dump: &Summary) -> io::Result<Option<String>> {
    if is_gzip(path) {
        let text = gzip::part_of_gzip(path, dump.start, dump.start + shown_length(dump) as u64)?;
        return Ok(intact(&text, dump));
    }
    let mut file = Followed::new(path);
    file.refresh()?;
    text_of(&file, dump)
}

/// How many complete dumps a file has. Reads all of it once.
pub fn count_dumps(path: &Path) -> io::Result<u32> {
    if !path.exists() {
        return Ok(0);
    }
    Ok(read_whole(path, Arc::default(), Requests::default())?.dumps.count())
}

/// A file that was read from its start to its end.
#[derive(Debug)]
pub struct Whole {
    /// The last dumps alone, and how many there are.
    pub dumps: Dumps,
    /// Whether it ends within a dump.
    pub has_open_block: bool,
    /// So many bytes at the start of a large file were not read, so that there may be more dumps.
    pub skipped: u64,
    /// Whether a compressed file could be read to its end. What was lost with the end of a damaged one is not known; the
    /// dumps before it are complete.
    pub integrity: Integrity,
}

/// Reads a file that nobody writes any more from its start, compressed or not.
pub fn read_whole(path: &Path, watch: Arc<Watch>, requests: Requests) -> io::Result<Whole> {
    let mut stats = StatsFile::open(path, Arc::clone(&watch)).last_only().reading_back(MOST_WHOLE);
    stats.dumps.set_requests(requests);
    stats.refresh(u64::MAX)?;
    if stats.is_compressed() {
        let (mut text, mut dumps) = (TextParser::new(), Dumps::new(watch).last_only());
        let integrity = read_gzip(path, |piece| text.feed(piece, &mut dumps))?;
        return Ok(Whole { dumps, has_open_block: text.has_open_block(), skipped: 0, integrity });
    }
    let (has_open_block, skipped) = (stats.has_open_block(), stats.skipped());
    Ok(Whole { has_open_block, skipped, dumps: stats.dumps, integrity: Integrity::Whole })
}
