//! Follows a command and what it starts by `ptrace(2)`, and asks at each system call what is to happen.
//!
//! Only the thread that follows a process may ask the kernel about it, so one of these runs in one thread from its beginning
//! to its end, and waits for nobody else's children. What becomes a program other than ours is let go.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use nix::Result;
use nix::errno::Errno;
use nix::libc;
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use crate::kinds::Role;
use crate::registers::{self, Call, Registers, Side};

/// What is to happen to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Pass,
    /// The process gets SIGKILL, and all others are let go.
    Kill,
    Answer(Errno),
    /// All are let go, and go on by themselves.
    LetGo,
}

/// How the command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    Exited(i32),
    Killed(Signal),
    /// It did not end in time, and was killed.
    Hung,
}

/// What the kernel calls `PTRACE_EVENT_STOP`, in a status.
const STOPPED: i32 = 128;

/// A thread that is followed.
#[derive(Debug)]
struct Task {
    role: Role,
    process: Pid,
    /// The call that it is in was spoilt, and this is the answer.
    spoilt: Option<(Registers, Errno)>,
    /// It has stopped, and nobody knows yet whose child it is.
    is_unknown: bool,
}

struct Tracer<'a> {
    root: Pid,
    program: &'a Path,
    judge: &'a mut dyn FnMut(Role, Pid, &Call) -> Verdict,
    tasks: HashMap<Pid, Task>,
    /// No longer followed: told apart from what has not been seen yet.
    gone: HashSet<Pid>,
    leaves: bool,
}

/// A shell that becomes the command when it is followed: so nothing has to be done between fork and exec.
fn start(mut command: Command) -> std::io::Result<Child> {
    command.stdin(Stdio::piped()).spawn()
}

/// The command that [`follow`] takes: `program` with its arguments, once it is told to begin.
pub(crate) fn command(program: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", r#"read begin && exec "$0" "$@" </dev/null"#]).arg(program).args(arguments);
    command
}

/// Why nothing can be followed here, if so.
pub(crate) fn refusal() -> Option<String> {
    if !registers::IS_KNOWN {
        return Some("what a thread asks of the kernel is read on x86_64 and aarch64 with glibc only".to_owned());
    }
    let mut child = start(command(Path::new("true"), &[])).ok()?;
    let seized = ptrace::seize(pid(&child), Options::empty());
    // It reads the end of its input and leaves.
    drop(child.stdin.take());
    _ = child.wait();
    seized.err().map(|error| format!("no process may be followed here by ptrace(2), as in some containers: {error}"))
}

/// Runs a command of [`command`] to its end, and asks `judge` at each call of ours. Ended by force after `seconds`.
pub(crate) fn follow(
    command: Command,
    program: &Path,
    seconds: u64,
    judge: &mut dyn FnMut(Role, Pid, &Call) -> Verdict,
) -> std::io::Result<Ended> {
    let mut child = start(command)?;
    let root = pid(&child);
    let options = Options::PTRACE_O_TRACESYSGOOD
        | Options::PTRACE_O_TRACECLONE
        | Options::PTRACE_O_TRACEFORK
        | Options::PTRACE_O_TRACEVFORK
        | Options::PTRACE_O_TRACEEXEC
        | Options::PTRACE_O_EXITKILL;
    ptrace::seize(root, options)?;
    ptrace::interrupt(root)?;
    // Its end comes in the same way as all else does, so waiting for anything has a deadline.
    let mut alarm = Command::new("sleep").arg(seconds.to_string()).stdin(Stdio::null()).spawn()?;
    child.stdin.take().expect("it is a pipe").write_all(b"\n")?;
    let first = Task { role: Role::Other, process: root, spoilt: None, is_unknown: false };
    let tasks = HashMap::from([(root, first)]);
    let mut tracer = Tracer { root, program, judge, tasks, gone: HashSet::new(), leaves: false };
    let ended = tracer.watch(pid(&alarm))?;
    if ended != Ended::Hung {
        alarm.kill()?;
        alarm.wait()?;
    }
    Ok(ended)
}

fn pid(child: &Child) -> Pid {
    Pid::from_raw(child.id().cast_signed())
}

impl Tracer<'_> {
    fn watch(&mut self, alarm: Pid) -> Result<Ended> {
        let mut ended = None;
        let mut is_late = false;
        loop {
            if let Some(ended) = ended
                && self.tasks.is_empty()
            {
                return Ok(if is_late { Ended::Hung } else { ended });
            }
            let status = waitpid(None, Some(WaitPidFlag::__WALL | WaitPidFlag::__WNOTHREAD))?;
            match status {
                WaitStatus::Exited(pid, _) | WaitStatus::Signaled(pid, ..) if pid == alarm => {
                    is_late = true;
                    self.end_all(ended.is_none().then_some(self.root));
                }
                WaitStatus::Exited(pid, code) => {
                    self.forget(pid);
                    if pid == self.root {
                        ended = Some(Ended::Exited(code));
                        self.let_go();
                    }
                }
                WaitStatus::Signaled(pid, signal, _) => {
                    self.forget(pid);
                    if pid == self.root {
                        ended = Some(Ended::Killed(signal));
                        self.let_go();
                    }
                }
                // One that is killed in the meantime is no longer there, and its end is told next.
                _ => match self.stopped(status) {
                    Ok(()) | Err(Errno::ESRCH) => {}
                    Err(error) => return Err(error),
                },
            }
        }
    }

    fn forget(&mut self, thread: Pid) {
        self.tasks.remove(&thread);
        self.gone.insert(thread);
    }

    /// Stops all of them, so that each can be let go when it has stopped.
    fn let_go(&mut self) {
        self.leaves = true;
        for thread in self.tasks.keys() {
            // One that has stopped or is gone is dealt with when that is told.
            _ = ptrace::interrupt(*thread);
        }
        let unknown: Vec<Pid> =
            self.tasks.iter().filter(|(_, task)| task.is_unknown).map(|(thread, _)| *thread).collect();
        for thread in unknown {
            _ = self.detach(thread, None);
        }
    }

    fn end_all(&self, root: Option<Pid>) {
        for process in self.tasks.values().map(|task| task.process).chain(root) {
            _ = kill(process, Signal::SIGKILL);
        }
    }

    fn detach(&mut self, thread: Pid, signal: Option<Signal>) -> Result<()> {
        self.forget(thread);
        ptrace::detach(thread, signal)
    }

    fn go_on(&mut self, thread: Pid, signal: Option<Signal>) -> Result<()> {
        if self.leaves { self.detach(thread, signal) } else { ptrace::syscall(thread, signal) }
    }

    fn stopped(&mut self, status: WaitStatus) -> Result<()> {
        match status {
            WaitStatus::PtraceSyscall(thread) => match registers::side(thread)? {
                Side::Entry if !self.leaves => self.entered(thread),
                Side::Entry => self.go_on(thread, None),
                Side::Exit => {
                    if let Some((asked, error)) = self.tasks.get_mut(&thread).and_then(|task| task.spoilt.take()) {
                        registers::answer(thread, &asked, error)?;
                    }
                    self.go_on(thread, None)
                }
            },
            WaitStatus::PtraceEvent(thread, _, libc::PTRACE_EVENT_EXEC) => self.became(thread),
            WaitStatus::PtraceEvent(thread, _, STOPPED) if !self.tasks.contains_key(&thread) && !self.leaves => {
                // Its parent tells of it in a moment.
                let task = Task { role: Role::Other, process: thread, spoilt: None, is_unknown: true };
                self.tasks.insert(thread, task);
                Ok(())
            }
            WaitStatus::PtraceEvent(
                thread,
                _,
                libc::PTRACE_EVENT_CLONE | libc::PTRACE_EVENT_FORK | libc::PTRACE_EVENT_VFORK,
            ) => {
                self.begot(thread, Pid::from_raw(ptrace::getevent(thread)? as i32))?;
                self.go_on(thread, None)
            }
            WaitStatus::PtraceEvent(thread, ..) => self.go_on(thread, None),
            WaitStatus::Stopped(thread, signal) => self.go_on(thread, Some(signal)),
            _ => Ok(()),
        }
    }

    fn entered(&mut self, thread: Pid) -> Result<()> {
        let (call, asked) = registers::asked(thread)?;
        let Some(task) = self.tasks.get_mut(&thread) else { return self.go_on(thread, None) };
        match (self.judge)(task.role, task.process, &call) {
            Verdict::Pass => {}
            Verdict::Answer(error) => {
                registers::spoil(thread, &asked)?;
                task.spoilt = Some((asked, error));
            }
            Verdict::Kill => {
                kill(task.process, Signal::SIGKILL)?;
                self.let_go();
                return Ok(());
            }
            Verdict::LetGo => self.let_go(),
        }
        self.go_on(thread, None)
    }

    fn begot(&mut self, parent: Pid, child: Pid) -> Result<()> {
        if self.gone.contains(&child) {
            return Ok(());
        }
        let process = process_of(child).unwrap_or(child);
        let parent = self.tasks.get(&parent).map_or(Role::Other, |task| task.role);
        let role = match parent {
            same if process != child => same,
            Role::Shim => Role::Child,
            _ => Role::Other,
        };
        let is_waiting = self.tasks.get(&child).is_some_and(|task| task.is_unknown);
        self.tasks.insert(child, Task { role, process, spoilt: None, is_unknown: false });
        if is_waiting { self.go_on(child, None) } else { Ok(()) }
    }

    /// It has become another program.
    fn became(&mut self, thread: Pid) -> Result<()> {
        let is_ours = fs::read_link(format!("/proc/{thread}/exe")).is_ok_and(|exe| exe == self.program);
        let arguments = fs::read(format!("/proc/{thread}/cmdline")).unwrap_or_default();
        let is_shim = arguments.split(|byte| *byte == 0).nth(1) == Some(b"shim");
        if !is_ours {
            return self.detach(thread, None);
        }
        let role = if is_shim { Role::Shim } else { Role::Engine };
        if let Some(task) = self.tasks.get_mut(&thread) {
            task.role = role;
        }
        self.go_on(thread, None)
    }
}

/// The process that a thread belongs to.
fn process_of(thread: Pid) -> Option<Pid> {
    let status = fs::read_to_string(format!("/proc/{thread}/status")).ok()?;
    let number = status.lines().find_map(|line| line.strip_prefix("Tgid:"))?;
    number.trim().parse().ok().map(Pid::from_raw)
}
