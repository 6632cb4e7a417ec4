//! What a tree uses, as its shim tells it where nobody else can look.

use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use super::follow::open_regular;
use super::record::Beat;

/// The end of the file that is read: several lines, of which the last one may be torn.
const TAIL: u64 = 4 << 10;

/// The last beat in the `beat.jsonl` at `path`; none if there is none, or if it cannot be read.
pub(crate) fn last(path: &Path) -> Option<Beat> {
    let text = tail(path).ok()?;
    text.split(|byte| *byte == b'\n').rev().find_map(|line| serde_json::from_slice(line).ok())
}

fn tail(path: &Path) -> io::Result<Vec<u8>> {
    let mut file = open_regular(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
    let mut text = Vec::new();
    file.take(TAIL).read_to_end(&mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rundir::atomic::append_line;
    use crate::rundir::record::Moment;

    #[test]
    fn the_last_whole_line_counts_however_long_the_file_is() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("beat.jsonl");
        assert_eq!(last(&path), None);
        for cpu_ms in 0..200 {
            append_line(&path, &Beat { at: Moment::now(), cpu_ms, rss: 7, stopped: false, asked: None }).unwrap();
        }
        let torn = [std::fs::read(&path).unwrap(), b"{\"at\":".to_vec()].concat();
        std::fs::write(&path, torn).unwrap();
        assert_eq!(last(&path).unwrap().cpu_ms, 199);
    }
}
