//! `engine.log`: what the engine did, for people who ask why.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Mutex;

use nix::libc;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;

/// Local time to the millisecond, as people read it.
struct LocalTime;

impl FormatTime for LocalTime {
    fn format_time(&self, writer: &mut Writer<'_>) -> std::fmt::Result {
        write!(writer, "{}", jiff::Zoned::now().strftime("%F %T%.3f"))
    }
}

/// Appends to the log from now on, for the rest of the process. Without a log the engine goes on: it is for people,
/// not for the truth.
pub fn start(path: &Path) {
    let mut options = OpenOptions::new();
    // Neither through a link nor into a fifo that nobody reads.
    options.create(true).append(true).mode(0o600).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK);
    let Ok(file) = options.open(path) else { return };
    let subscriber = tracing_subscriber::fmt()
        .with_writer(Mutex::new(file))
        .with_ansi(false)
        .with_target(false)
        .with_timer(LocalTime)
        .with_max_level(tracing::Level::INFO)
        .finish();
    // Set already when tests run several engines in one process; the first one's log then has them all.
    _ = tracing::subscriber::set_global_default(subscriber);
}
