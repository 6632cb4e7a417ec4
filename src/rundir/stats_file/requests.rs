//! The requests for dumps that `requested_dumps.jsonl` tells of.

use std::path::Path;

use crate::gem5::stats::Requests;
use crate::rundir::atomic;
use crate::rundir::record::DumpRequest;

/// The requests in the file at `path`. There are none without the file; a line that makes no sense, such as a torn last
/// one, tells of none: a request is sent only after its line has been written.
pub fn read_requests(path: &Path) -> Requests {
    let requests: Vec<DumpRequest> = atomic::read_lines(path);
    Requests::new(requests.into_iter().map(|request| request.stats_bytes).collect())
}
