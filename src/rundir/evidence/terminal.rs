//! Whether gem5's own streams are a console of the simulated system.

use std::path::Path;

use memchr::memmem;

use crate::rundir::follow::read_regular;

/// So much of a configuration is read. That of a system of a thousand cores has a few megabytes.
const MOST: u64 = 16 << 20;

/// What gem5's own streams are beside gem5's own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LogIs {
    /// The console of the simulated system: a terminal writes there (`outfile`, `src/dev/serial/Terminal.py`).
    Console,
    /// A full system runs, whose console is in a file of its own as far as is known.
    BesideConsole,
    /// Nothing says that programs write there; some have a serial port of their own that does.
    MaybeConsole,
    /// What simulated programs write (`src/sim/syscall_emul.hh`), or nobody knows.
    OfPrograms,
}

/// What the configuration that gem5 wrote says of that.
pub(super) fn what_logs_are(m5out: &Path) -> LogIs {
    let Ok(config) = read_regular(&m5out.join("config.ini"), MOST) else { return LogIs::OfPrograms };
    let has = |words: &str| memmem::find(&config, words.as_bytes()).is_some();
    if config.is_empty() || has("\ntype=Process\n") {
        LogIs::OfPrograms
    } else if has("\noutfile=stdoutput") || has("\noutfile=stderror") {
        LogIs::Console
    } else if has("\nfull_system=true") {
        LogIs::BesideConsole
    } else {
        LogIs::MaybeConsole
    }
}
