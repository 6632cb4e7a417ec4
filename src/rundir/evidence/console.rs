//! The consoles of the simulated system, as gem5 keeps them in its output directory.

use std::cell::OnceCell;
use std::fs;
use std::io;
use std::path::Path;

use crate::gem5::log::{GuestState, guest_word, kernel_panic};
use crate::gem5::outcome::ConsoleWord;

use super::logs::Log;
use super::terminal::{LogIs, what_logs_are};

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

/// What the simulated system said on one of its consoles when it failed, or else what it waits at. `logs` are gem5's own streams,
/// which are its console as well in some systems.
pub(super) fn console_word(m5out: &Path, logs: &[Log<'_>]) -> Option<ConsoleWord> {
    let logs_are = OnceCell::new();
    word_of(m5out, logs, || *logs_are.get_or_init(|| what_logs_are(m5out)))
}

/// `logs_are` is asked only where a log has words that may be those of the simulated system: the configuration may be long.
fn word_of(m5out: &Path, logs: &[Log<'_>], logs_are: impl Fn() -> LogIs) -> Option<ConsoleWord> {
    let of_file = |file: String| {
        let (state, text) = guest_word(&tail(&Log::at(&m5out.join(&file))).ok()?)?;
        Some(ConsoleWord { state, file, text })
    };
    let of_log = |log: &Log<'_>| {
        let text = tail(log).ok()?;
        let (word, panic) = (guest_word(&text), kernel_panic(&text));
        if word.is_none() && panic.is_none() {
            return None;
        }
        let (state, text) = match logs_are() {
            LogIs::Console => word?,
            LogIs::BesideConsole => word.filter(|(state, _)| *state == GuestState::Failed)?,
            LogIs::MaybeConsole => (GuestState::Failed, panic?),
            LogIs::OfPrograms => return None,
        };
        Some(ConsoleWord { state, file: log.path.file_name()?.to_string_lossy().into_owned(), text })
    };
    let logs = logs.iter().filter_map(of_log);
    let words: Vec<ConsoleWord> = consoles(m5out).into_iter().filter_map(of_file).chain(logs).collect();
    let worst = [GuestState::Failed, GuestState::Waits, GuestState::Troubled];
    let at = worst.into_iter().find_map(|state| words.iter().position(|word| word.state == state))?;
    words.into_iter().nth(at)
}

/// Watches the consoles of a simulation that runs, and reads them when they have grown.
#[derive(Debug, Default)]
pub struct WatchedConsoles {
    bytes: u64,
    /// What gem5's own streams are, once its configuration is written.
    logs_are: Option<LogIs>,
    log_bytes: u64,
    word: Option<ConsoleWord>,
}

impl WatchedConsoles {
    /// Looks again. Says how many bytes were ever said on consoles, and what is wrong by now.
    pub fn look(&mut self, m5out: &Path, logs: &[&Path]) -> (u64, Option<&ConsoleWord>) {
        let size = |path: &Path| fs::symlink_metadata(path).ok().filter(fs::Metadata::is_file).map(|meta| meta.len());
        let bytes = consoles(m5out).iter().filter_map(|name| size(&m5out.join(name))).sum();
        if self.logs_are.is_none() && m5out.join("config.ini").exists() {
            self.logs_are = Some(what_logs_are(m5out));
        }
        let logs_are = self.logs_are.unwrap_or(LogIs::OfPrograms);
        let heard = if logs_are == LogIs::OfPrograms { 0 } else { logs.iter().filter_map(|path| size(path)).sum() };
        if bytes != self.bytes || heard != self.log_bytes {
            let logs: Vec<Log<'_>> = logs.iter().map(|path| Log::at(path)).collect();
            self.word = word_of(m5out, &logs, || logs_are);
            (self.bytes, self.log_bytes) = (bytes, heard);
        }
        (bytes, self.word.as_ref())
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

fn tail(log: &Log<'_>) -> io::Result<String> {
    log.tail(TAIL).map(|text| String::from_utf8_lossy(&text).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_console_is_looked_at() {
        const PANIC: &str = "[    1.5] Kernel panic - not syncing: No working init found.";
        for file in ["system.terminal", "board.platform.terminal", "board.pc.com_1.device", "board.workload.dmesg"] {
            let dir = tempfile::tempdir().unwrap();
            let simout = dir.path().join("simout.txt");
            let console_word = |dir| console_word(dir, &[Log::read(&simout)]);
            assert_eq!(console_word(dir.path()), None);
            fs::write(&simout, PANIC).unwrap();
            fs::write(dir.path().join("config.ini"), "[system.cpu.workload]\ntype=Process\n").unwrap();
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
        assert_eq!(console_word(dir.path(), &[]), None);
    }

    #[test]
    fn a_terminal_that_is_gem5s_own_output_is_a_console() {
        const PANIC: &str =
            "[    1.7] Kernel panic - not syncing: VFS\nExiting @ tick 5 because simulate() limit reached\n";
        let dir = tempfile::tempdir().unwrap();
        let simout = dir.path().join("simout.txt");
        let heard = |config: &str, log: &str| {
            fs::write(dir.path().join("config.ini"), config).unwrap();
            fs::write(&simout, log).unwrap();
            console_word(dir.path(), &[Log::read(&simout)]).map(|word| word.state)
        };
        let terminal = "[root]\nfull_system=true\n[system.terminal]\noutfile=stdoutput\n";
        assert_eq!(heard(terminal, PANIC), Some(GuestState::Failed));
        assert_eq!(heard(terminal, "boot\ngem5 login: "), Some(GuestState::Waits));
        assert_eq!(heard("[root]\nfull_system=true\n", "boot\ngem5 login: "), None, "its console is elsewhere");
        // Others have a serial port of their own that writes there.
        assert_eq!(heard("[root]\nfull_system=false\n", PANIC), Some(GuestState::Failed));
        assert_eq!(heard("[root]\nfull_system=false\n", &PANIC.replace("[    1.7] ", "")), None);
        assert_eq!(heard("[system.cpu.workload]\ntype=Process\n", PANIC), None);
    }
}
