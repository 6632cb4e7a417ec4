//! `engine.log`: what the engine did, for people who ask why.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Mutex;

use nix::libc;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;

use crate::text::Safe;

/// Local time to the millisecond, as people read it.
struct LocalTime;

impl FormatTime for LocalTime {
    fn format_time(&self, writer: &mut Writer<'_>) -> std::fmt::Result {
        write!(writer, "{}", jiff::Zoned::now().strftime("%F %T%.3f"))
    }
}

/// A log that can do nothing to the terminal on which somebody reads it: paths and causes of ends stand in it.
struct SafeLines(File);

impl Write for SafeLines {
    /// Takes one event, which comes in one piece. A newline inside of it stays visible and begins no line of its own.
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let line = Safe::bytes(event.strip_suffix(b"\n").unwrap_or(event));
        self.0.write_all(format!("{line}\n").as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Appends to the log from now on, for the rest of the process. Without a log the engine goes on: it is for people,
/// not for the truth.
pub(super) fn start(path: &Path) {
    let mut options = OpenOptions::new();
    // Neither through a link nor into a fifo that nobody reads.
    options.create(true).append(true).mode(0o600).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK);
    let Ok(file) = options.open(path) else { return };
    let subscriber = tracing_subscriber::fmt()
        .with_writer(Mutex::new(SafeLines(file)))
        .with_ansi(false)
        .with_target(false)
        .with_timer(LocalTime)
        .with_max_level(tracing::Level::INFO)
        .finish();
    // Set already when tests run several engines in one process; the first one's log then has them all.
    _ = tracing::subscriber::set_global_default(subscriber);
}
