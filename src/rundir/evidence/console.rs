//! The consoles of the simulated system, as gem5 keeps them in its output directory.

use std::fs;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use crate::gem5::log::{GuestState, guest_word};
use crate::gem5::outcome::ConsoleWord;
use crate::rundir::follow::open_regular;

/// How much of the end of a console is looked at. A panic with its trace has a few kilobytes.
const TAIL: u64 = 64 << 10;

/// So many consoles are looked at. A board has one or two, and one message buffer for each kernel.
const MAX_FILES: usize = 32;

/// So many files of an output directory are looked at.
const MAX_ENTRIES: usize = 10_000;

/// The names of the consoles in an output directory, in an order that is always the same: `system.terminal`,
/// `board.platform.terminal` (`dev/serial/terminal.cc`), `board.pc.com_1.device` (`dev/serial/simple.cc`), and the message
/// buffers that gem5 saves when a kernel panics (`board.workload.dmesg`, `kern/linux/events.cc`).
pub fn consoles(m5out: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(m5out) else { return Vec::new() };
    let mut names: Vec<String> = entries
        .take(MAX_ENTRIES)
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| is_console(name))
        .collect();
    // A directory is listed in any order; the same evidence must always give the same cause.
    names.sort();
    names.truncate(MAX_FILES);
    names
}

/// What the simulated system said on one of its consoles when it failed, or else what it waits at.
pub fn console_word(m5out: &Path) -> Option<ConsoleWord> {
    let word = |file: String| {
        let (state, text) = guest_word(&tail(&m5out.join(&file)).ok()?)?;
        Some(ConsoleWord { state, file, text })
    };
    let words: Vec<ConsoleWord> = consoles(m5out).into_iter().filter_map(word).collect();
    let failed = words.iter().position(|word| word.state == GuestState::Failed);
    words.into_iter().nth(failed.unwrap_or_default())
}

/// Watches the consoles of a simulation that runs, and reads them when they have grown.
#[derive(Debug, Default)]
pub struct WatchedConsoles {
    bytes: u64,
    word: Option<ConsoleWord>,
}

impl WatchedConsoles {
    /// Looks again. Says whether anything was ever said, and what is wrong by now.
    pub fn look(&mut self, m5out: &Path) -> (bool, Option<&ConsoleWord>) {
        let size = |name: &String| fs::symlink_metadata(m5out.join(name)).ok().filter(fs::Metadata::is_file);
        let bytes = consoles(m5out).iter().filter_map(size).map(|meta| meta.len()).sum();
        if bytes != self.bytes {
            self.word = console_word(m5out);
            self.bytes = bytes;
        }
        (bytes > 0, self.word.as_ref())
    }
}

/// Whether the simulated system has said anything: only one that runs does.
pub fn has_console_text(m5out: &Path) -> bool {
    consoles(m5out).iter().any(|name| {
        let meta = fs::symlink_metadata(m5out.join(name));
        meta.is_ok_and(|meta| meta.is_file() && meta.len() > 0)
    })
}

fn is_console(name: &str) -> bool {
    let extension = Path::new(name).extension().and_then(|extension| extension.to_str());
    name.contains("terminal") || matches!(extension, Some("device" | "dmesg"))
}

fn tail(path: &Path) -> io::Result<String> {
    let mut file = open_regular(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
    let mut bytes = Vec::new();
    file.take(TAIL).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_console_is_looked_at() {
        const PANIC: &str = "[    1.5] Kernel panic - not syncing: No working init found.";
        for file in ["system.terminal", "board.platform.terminal", "board.pc.com_1.device", "board.workload.dmesg"] {
            let dir = tempfile::tempdir().unwrap();
            assert_eq!(console_word(dir.path()), None);
            fs::write(dir.path().join("simout.txt"), PANIC).unwrap();
            assert_eq!(console_word(dir.path()), None, "a program that prints the words has not panicked");
            fs::write(dir.path().join(file), format!("{}\r\n{PANIC}\r\n", "boot ".repeat(50_000))).unwrap();
            let failure = console_word(dir.path()).unwrap();
            assert_eq!((failure.file.as_str(), &failure.text[..12]), (file, "Kernel panic"));
        }
    }

    #[test]
    fn a_console_that_is_no_file_is_passed_over() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("system.terminal")).unwrap();
        assert_eq!(console_word(dir.path()), None);
    }
}
