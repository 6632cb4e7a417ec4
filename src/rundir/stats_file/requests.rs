//! The requests for dumps that `requested_dumps.jsonl` tells of.

use std::path::Path;

use crate::gem5::stats::Requests;
use crate::rundir::follow::read_regular;
use crate::rundir::record::DumpRequest;

/// So much of the file is read: a hundred thousand requests, one every five minutes for a year.
const MAX_BYTES: u64 = 16 << 20;

/// The requests in the file at `path`. There are none without the file; a line that makes no sense, such as a torn last
/// one, tells of none: a request is sent only after its line has been written.
pub fn read_requests(path: &Path) -> Requests {
    // What cannot be read tells nothing. Every dump is then taken for the script's own, as before there were requests.
    let text = read_regular(path, MAX_BYTES).unwrap_or_default();
    let request = |line: &[u8]| serde_json::from_slice::<DumpRequest>(line).ok();
    Requests::new(text.split(|byte| *byte == b'\n').filter_map(request).map(|request| request.stats_bytes).collect())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_torn_line_hides_no_other() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("requested_dumps.jsonl");
        assert_eq!(read_requests(&path), Requests::default());
        let line = |bytes: u64| format!("{{\"at\":{{\"unix_ms\":1,\"boot_ms\":1}},\"stats_bytes\":{bytes}}}\n");
        fs::write(&path, line(0) + "no record\n" + &line(120) + "{\"at\":{\"unix_ms\":1,\"bo").unwrap();
        assert_eq!(read_requests(&path), Requests::new(vec![0, 120]));
    }
}
