//! `/proc/PID/stat`, as far as we read it (proc(5)).

use std::path::Path;
use std::{fs, io};

use crate::rundir::kernel_file;
use crate::rundir::machine::Machine;
use crate::rundir::record::Identity;

/// The fields of `/proc/PID/stat` that identity, tree and usage are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stat {
    /// The process number.
    pub pid: i32,
    /// The state letter: `R` running, `S` sleeping, `T` stopped, `Z` ended and not yet reaped, … Of a process whose main
    /// thread has ended before the others, that of one that goes on.
    pub state: char,
    /// The parent.
    pub ppid: i32,
    /// The session.
    pub session: i32,
    /// How many threads it has. A main thread that has ended counts until the last one has.
    pub threads: u64,
    /// Clock ticks after boot at which it started.
    pub start_ticks: u64,
    /// CPU time in user mode and in the kernel, in clock ticks.
    pub own_ticks: u64,
    /// The same of children that it has waited for.
    pub reaped_ticks: u64,
    /// Resident pages.
    pub resident_pages: u64,
}

impl Stat {
    /// Reads the facts of process `pid`. An error of kind `NotFound` means that there is no such process.
    pub(crate) fn read(pid: i32) -> io::Result<Self> {
        let stat = Self::read_at(Path::new(&format!("/proc/{pid}/stat")))?;
        Ok(if stat.has_lost_its_main_thread() { stat.as_the_others_are() } else { stat })
    }

    fn read_at(path: &Path) -> io::Result<Self> {
        let text = match kernel_file::bytes(path) {
            Ok(text) => text,
            // A process that ends between open and read answers ESRCH.
            Err(e) if e.raw_os_error() == Some(nix::libc::ESRCH) => return Err(io::ErrorKind::NotFound.into()),
            Err(e) => return Err(e),
        };
        Self::parse(&text).ok_or_else(|| io::Error::other(format!("{} is not what proc(5) says", path.display())))
    }

    /// Whether the main thread has ended and others go on, as `pthread_exit(3)` lets a `main` do. The state and the memory that
    /// proc(5) tells of the process are then those of the thread that is gone: a zombie that uses nothing.
    fn has_lost_its_main_thread(&self) -> bool {
        self.state == 'Z' && self.threads > 1
    }

    /// The same with state and memory of the threads that go on. A stop is over for a process as soon as it is for one of them.
    fn as_the_others_are(self) -> Self {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.pid)).into_iter().flatten().flatten();
        let others = tasks.filter_map(|task| Self::read_at(&task.path().join("stat")).ok());
        let alive = others.filter(|thread| !matches!(thread.state, 'Z' | 'X' | 'x'));
        let told = alive.reduce(|told, next| if told.is_stopped() { next } else { told });
        told.map_or(self, |thread| Self { state: thread.state, resident_pages: thread.resident_pages, ..self })
    }

    /// The identity of this process, which is one of `machine`.
    pub(crate) fn identity(&self, machine: &Machine) -> Identity {
        machine.identity(self.pid, self.start_ticks)
    }

    /// Parses one line. The process chooses its own name, which may hold spaces and parentheses: fields are counted
    /// from the last `)`.
    pub(crate) fn parse(line: &[u8]) -> Option<Self> {
        let open = line.iter().position(|&b| b == b'(')?;
        let close = line.iter().rposition(|&b| b == b')')?;
        let pid = std::str::from_utf8(line.get(..open)?).ok()?.trim().parse().ok()?;
        let rest = std::str::from_utf8(line.get(close + 1..)?).ok()?;
        let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
        // proc(5) counts from 1, and the first field after the name is number 3.
        let number = |field: usize| fields.get(field - 3)?.parse::<u64>().ok();
        // Children's times are signed in proc(5) and in practice never negative.
        Some(Self {
            pid,
            state: fields.first()?.chars().next()?,
            ppid: fields.get(1)?.parse().ok()?,
            session: fields.get(3)?.parse().ok()?,
            threads: number(20)?,
            start_ticks: number(22)?,
            own_ticks: number(14)? + number(15)?,
            reaped_ticks: number(16).unwrap_or(0) + number(17).unwrap_or(0),
            resident_pages: number(24).unwrap_or(0),
        })
    }

    /// Whether the process has ended: a zombie still has a number and does nothing any more, unless it has other threads.
    pub(crate) fn is_ended(&self) -> bool {
        matches!(self.state, 'Z' | 'X' | 'x') && !self.has_lost_its_main_thread()
    }

    /// Whether the process is stopped by a signal.
    pub(crate) fn is_stopped(&self) -> bool {
        self.state == 'T'
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_cannot_forge_its_fields_by_its_name() {
        let line = b"42 (evil) R 1 1 (x) T 7 42 41 0 -1 4194304 100 0 0 0 3 4 5 6 20 0 1 0 12345 1000000 77 1844 1\n";
        let stat = Stat::parse(line).unwrap();
        assert_eq!((stat.pid, stat.state, stat.ppid, stat.session, stat.start_ticks), (42, 'T', 7, 41, 12345));
        assert_eq!((stat.own_ticks, stat.reaped_ticks, stat.resident_pages), (7, 11, 77));
        assert!(stat.is_stopped() && !stat.is_ended());
    }

    #[test]
    fn a_zombie_with_other_threads_has_not_ended() {
        let line =
            |state, threads| format!("42 (a) {state} 7 42 41 0 -1 0 1 0 0 0 3 4 5 6 20 0 {threads} 0 12345 0 0 1\n");
        let is_ended = |state, threads| Stat::parse(line(state, threads).as_bytes()).unwrap().is_ended();
        assert!(is_ended('Z', 1) && is_ended('Z', 0) && is_ended('X', 1));
        assert!(!is_ended('Z', 2) && !is_ended('S', 1) && !is_ended('T', 2));
    }

    #[test]
    fn garbage_is_none_and_never_a_panic() {
        for line in [&b""[..], b"1", b"1 (", b"1 )", b")1(", b"1 (a) R", b"x (a) R 1 2 3", b"1 (a) R 1 \xff\xff"] {
            assert_eq!(Stat::parse(line), None);
        }
    }
}
