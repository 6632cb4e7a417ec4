//! Watched stats over the dumps of an attempt.

use crate::gem5::stats::{Dump, Dumps};
use crate::rundir::Results;
use crate::text::Safe;
use crate::tui::reading::History;

/// Each of them in the dumps that the script made, or in all if every one was asked for.
pub(super) fn histories(dumps: &Dumps, results: &Results<'_>) -> Vec<History> {
    let all_asked = dumps.history().iter().all(|dump| results.is_asked(dump));
    let counting: Vec<&Dump> = dumps.history().iter().filter(|dump| all_asked || !results.is_asked(dump)).collect();
    let history = |(index, name): (usize, &String)| History {
        name: Safe::line(name),
        values: counting.iter().map(|dump| dump.value(index)).collect(),
        dumps: counting.iter().map(|dump| (dump.number, dump.final_tick)).collect(),
    };
    dumps.names().iter().enumerate().map(history).collect()
}
