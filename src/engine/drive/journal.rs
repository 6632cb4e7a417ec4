//! `engine.log`: what the engine did, for people who ask why.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use nix::libc;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;

use crate::failpoint::point;
use crate::rundir::named::as_named;
use crate::text::Safe;

/// Local time to the millisecond, as people read it.
struct LocalTime;

impl FormatTime for LocalTime {
    fn format_time(&self, writer: &mut Writer<'_>) -> std::fmt::Result {
        write!(writer, "{}", jiff::Zoned::now().strftime("%F %T%.3f"))
    }
}

/// What stands in place of the lines that the disk did not take.
const MISSING: &str = "lines are missing here, because the log could not be written";

/// A log that can do nothing to the terminal on which somebody reads it: paths and causes of ends stand in it. A disk that does
/// not take a line is told of once and not for each line; when it takes lines again, the log goes on.
struct SafeLines {
    path: PathBuf,
    /// None while the log cannot be written: a descriptor may be of a disk that is gone, so another one is needed.
    file: Option<File>,
    /// How many lines were not written since.
    missing: u64,
    complain: Option<fn(&Safe)>,
}

impl SafeLines {
    fn new(path: &Path, complain: Option<fn(&Safe)>) -> Self {
        Self { path: path.to_owned(), file: None, missing: 0, complain }
    }

    fn append(&mut self, line: &str) -> io::Result<()> {
        let (mut file, text) = match self.file.take() {
            Some(file) => (file, format!("{line}\n")),
            None if self.missing == 0 => (open(&self.path)?, format!("{line}\n")),
            // The last one may have been cut off.
            None => (open(&self.path)?, format!("\n{} {MISSING}\n{line}\n", self.missing)),
        };
        point("journal.write", &self.path)?;
        file.write_all(text.as_bytes())?;
        self.file = Some(file);
        Ok(())
    }
}

impl Write for SafeLines {
    /// Takes one event, which comes in one piece. A newline inside of it stays visible and begins no line of its own.
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let line = Safe::bytes(event.strip_suffix(b"\n").unwrap_or(event));
        match self.append(line.as_str()) {
            Ok(()) => self.missing = 0,
            Err(error) => {
                self.missing += 1;
                if self.missing == 1
                    && let Some(complain) = self.complain
                {
                    let path = as_named(&self.path);
                    let path = path.display();
                    let told = format!("note: could not write {path}: {error}; it goes on when it can be written");
                    complain(&Safe::line(&told));
                }
            }
        }
        // It is for people, not for the truth: nobody is to do anything about it.
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    // Neither through a link nor into a fifo that nobody reads.
    options.create(true).append(true).mode(0o600).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK);
    options.open(path)
}

/// Appends to the log from now on, for the rest of the process. Without a log the engine goes on: it is for people,
/// not for the truth. `complain` tells that there is none.
pub(super) fn start(path: &Path, complain: Option<fn(&Safe)>) {
    let subscriber = tracing_subscriber::fmt()
        .with_writer(Mutex::new(SafeLines::new(path, complain)))
        .with_ansi(false)
        .with_target(false)
        .with_timer(LocalTime)
        .with_max_level(tracing::Level::INFO)
        .finish();
    // Set already when tests run several engines in one process; the first one's log then has them all.
    _ = tracing::subscriber::set_global_default(subscriber);
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    static COMPLAINTS: AtomicU32 = AtomicU32::new(0);

    #[test]
    fn a_log_that_cannot_be_written_is_told_of_once_and_goes_on_with_the_disk() {
        let place = tempfile::tempdir().unwrap();
        let (there, away) = (place.path().join("there"), place.path().join("away"));
        fs::create_dir(&there).unwrap();
        let path = there.join("engine.log");
        let count: fn(&Safe) = |_| {
            COMPLAINTS.fetch_add(1, Ordering::Relaxed);
        };
        let mut log = SafeLines::new(&path, Some(count));
        let say = |log: &mut SafeLines, lines: &[&str]| {
            for line in lines {
                assert_eq!(log.write(line.as_bytes()).unwrap(), line.len());
            }
        };
        say(&mut log, &["first\n"]);
        fs::rename(&there, &away).unwrap();
        // The disk of this descriptor is full, and then there is none.
        let full = OpenOptions::new().append(true).open("/dev/full").unwrap();
        log.file = Some(full);
        say(&mut log, &["second\n", "third\n", "fourth\n"]);
        assert_eq!(COMPLAINTS.load(Ordering::Relaxed), 1);
        fs::rename(&away, &there).unwrap();
        say(&mut log, &["fifth\n", "sixth\n"]);
        assert_eq!(fs::read_to_string(&path).unwrap(), format!("first\n\n3 {MISSING}\nfifth\nsixth\n"));
        assert_eq!(COMPLAINTS.load(Ordering::Relaxed), 1);
    }
}
