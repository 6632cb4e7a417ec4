//! Which dumps of an attempt of ours are read for what is asked for.

use std::sync::Arc;

use crate::gem5::stats::{ResultDump, Watch};
use crate::rundir::Outputs;
use crate::rundir::results::{self, Ending, ReadError, Reading};

/// Reads what is meant of an attempt of ours. While it runs that is the last dump, or all of those so far.
pub(super) fn read(
    outputs: &Outputs,
    ending: Ending,
    dump: &ResultDump,
    watch: &Arc<Watch>,
) -> Result<Reading, ReadError> {
    match dump {
        ResultDump::One(choice) => results::read(outputs, ending, &ending.choice(choice), watch),
        ResultDump::Each | ResultDump::Sum => results::read_every(outputs, ending, watch),
    }
}
