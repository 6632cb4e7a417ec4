//! One process of a context, with the verbs of Python's multiprocessing.

use std::fs;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, killpg};
use rustix::process::{Pid, PidfdFlags, WaitOptions, pidfd_open, waitpid};
use serde_json::{Map, Value};

use super::call::{self, CallError, Exchange};
use super::command_line::build;
use super::context::Context;
use super::ended::{end_of, in_words};
use super::launch::{Launch, LaunchError, Reached, launch};
use crate::experiment::{Call, Program};
use crate::gem5::argv::RefusedOption;
use crate::rundir::layout::{SIMERR, SIMOUT};
use crate::rundir::record::{CallResult, End};

/// How often a process is looked at on kernels that cannot tell when it ends (before 5.3).
const GLANCE: Duration = Duration::from_millis(10);

/// What a process is to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A configuration script. Arguments that are not text are passed as JSON.
    Script(PathBuf),
    /// A Python function, imported in the fresh process.
    Function {
        /// The module. Never `__main__`.
        module: String,
        /// The function in that module.
        function: String,
    },
}

impl Target {
    /// The function `function` of module `module`.
    pub fn function(module: impl Into<String>, function: impl Into<String>) -> Self {
        Self::Function { module: module.into(), function: function.into() }
    }
}

/// Why a process was not started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A process can be started once.
    #[error("process `{name}` was started before; make a new one, a gem5 is never used twice")]
    Twice {
        /// Its name.
        name: String,
    },
    /// The name cannot be the name of a directory.
    #[error("`{name}` cannot be the name of a process: it is also the name of its output directory")]
    Name {
        /// The name.
        name: String,
    },
    /// The output directory cannot be made, or is already there.
    #[error("could not make the output directory `{}`: {source}; give the process another name or outdir", path.display())]
    Outdir {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Arguments are text here, and another path must not be taken for this one.
    #[error("the path `{}` is not UTF-8; rename it, or use another directory", .0.to_string_lossy())]
    Path(PathBuf),
    /// An option that cannot work here.
    #[error("{0}")]
    Option(RefusedOption),
    /// A function that cannot be called.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The system refused.
    #[error(transparent)]
    Launch(#[from] LaunchError),
    /// There was no place for the arguments or the result of a call.
    #[error("could not prepare the arguments of a call: {0}")]
    Arguments(io::Error),
}

/// One fresh gem5 or Python process.
///
/// Dropping a process does not end it.
#[derive(Debug)]
pub struct Process {
    context: Context,
    target: Target,
    args: Vec<Value>,
    kwargs: Map<String, Value>,
    name: String,
    gem5_args: Vec<String>,
    state: State,
}

#[derive(Debug)]
enum State {
    New,
    Running { pid: Pid, ending: Option<OwnedFd>, exchange: Option<Exchange> },
    Ended { pid: Pid, end: End, result: CallResult },
}

impl Process {
    /// A process that will run `target`. Its name is the context's next one, `Process-1`, `Process-2`, …
    pub fn new(context: &Context, target: Target) -> Self {
        Self {
            name: context.next_name(),
            gem5_args: context.gem5_args.clone(),
            context: context.clone(),
            target,
            args: Vec::new(),
            kwargs: Map::new(),
            state: State::New,
        }
    }

    /// Positional arguments.
    #[must_use]
    pub fn args(mut self, args: impl IntoIterator<Item = Value>) -> Self {
        self.args = args.into_iter().collect();
        self
    }

    /// Keyword arguments. A script has none.
    #[must_use]
    pub fn kwargs(mut self, kwargs: Map<String, Value>) -> Self {
        self.kwargs = kwargs;
        self
    }

    /// Another name, which is also the name of the output directory.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// More options for this gem5, after the context's.
    #[must_use]
    pub fn gem5_args<S: Into<String>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.gem5_args.extend(args.into_iter().map(Into::into));
        self
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The output directory: gem5's own files, `simout.txt` and `simerr.txt`.
    pub fn outdir(&self) -> PathBuf {
        absolute(&self.context.outdir.join(&self.name))
    }

    /// The process number, once it was started.
    pub fn pid(&self) -> Option<i32> {
        match &self.state {
            State::New => None,
            State::Running { pid, .. } | State::Ended { pid, .. } => Some(pid.as_raw_nonzero().get()),
        }
    }

    /// Starts the process in an output directory of its own, which must not exist.
    pub fn start(&mut self) -> Result<(), StartError> {
        if !matches!(self.state, State::New) {
            return Err(StartError::Twice { name: self.name.clone() });
        }
        if Path::new(&self.name).file_name() != Some(self.name.as_ref()) {
            return Err(StartError::Name { name: self.name.clone() });
        }
        let outdir = self.outdir();
        let program = self.program()?;
        let executable = self.context.resolved_executable();
        for path in [executable.as_path(), &outdir].into_iter().chain(program.script()) {
            if path.to_str().is_none() {
                return Err(StartError::Path(path.to_owned()));
            }
        }
        let argv = build(&executable, &self.gem5_args, &program, &outdir).map_err(StartError::Option)?;
        let made = fs::create_dir_all(&self.context.outdir).and_then(|()| fs::create_dir(&outdir));
        made.map_err(|source| StartError::Outdir { path: outdir.clone(), source })?;
        let (exchange, call) = match &program {
            Program::Script { .. } | Program::MultiSim { .. } | Program::Suite(_) => (None, None),
            Program::Function(call) => {
                let (exchange, ends) = Exchange::open(call, None).map_err(StartError::Arguments)?;
                (Some(exchange), Some(ends))
            }
        };
        let child = launch(&Launch {
            argv: &argv,
            cwd: &absolute(&self.context.cwd),
            env: &self.context.env,
            stdin: None,
            stdout: &outdir.join(SIMOUT),
            stderr: &outdir.join(SIMERR),
            call,
            group: None,
            reached: Reached::ByUs,
        })?;
        let pid = Pid::from_raw(child.as_raw()).expect("a child has a process number");
        // Without it we look from time to time; see `wait_for_any`.
        let ending = pidfd_open(pid, PidfdFlags::empty()).ok();
        self.state = State::Running { pid, ending, exchange };
        Ok(())
    }

    fn program(&self) -> Result<Program, StartError> {
        Ok(match &self.target {
            Target::Script(path) => {
                let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                Program::Script { path: absolute(path), args: self.args.iter().map(text).collect() }
            }
            Target::Function { module, function } => {
                let call = Call {
                    module: module.clone(),
                    function: function.clone(),
                    args: self.args.clone(),
                    kwargs: self.kwargs.clone(),
                    search_path: absolute(&self.context.search_path),
                    pickled: None,
                };
                call::check(&call)?;
                Program::Function(Box::new(call))
            }
        })
    }

    /// Waits until the process has ended, at most for `timeout`. Says whether it has.
    pub fn join(&mut self, timeout: Option<Duration>) -> bool {
        let deadline = timeout.and_then(|t| Instant::now().checked_add(t));
        while self.is_alive() {
            let left = deadline.map(|d| d.saturating_duration_since(Instant::now()));
            if left == Some(Duration::ZERO) {
                return false;
            }
            wait_for_any([&*self], left);
        }
        matches!(self.state, State::Ended { .. })
    }

    /// Whether it was started and has not ended.
    pub fn is_alive(&mut self) -> bool {
        self.step();
        matches!(self.state, State::Running { .. })
    }

    /// The exit code, or minus the number of the signal that ended it. `None` before the start and while it runs.
    pub fn exitcode(&mut self) -> Option<i32> {
        self.step();
        match &self.state {
            State::Ended { end: End::Exited { code }, .. } => Some(*code),
            State::Ended { end: End::Signaled { signal, .. }, .. } => Some(-signal),
            _ => None,
        }
    }

    /// Waits for the end and says what the function returned or raised. Of a script there is never a result.
    pub fn result(&mut self) -> CallResult {
        self.join(None);
        match &self.state {
            State::Ended { result, .. } => result.clone(),
            _ => CallResult::None { reason: "the process was not started".to_owned() },
        }
    }

    /// Sends SIGTERM. gem5 ends at once then and writes no stats.
    pub fn terminate(&mut self) -> io::Result<()> {
        self.signal(Signal::SIGTERM)
    }

    /// Sends SIGKILL.
    pub fn kill(&mut self) -> io::Result<()> {
        self.signal(Signal::SIGKILL)
    }

    /// Sends `signal` to the process and to what it started in its session. To one that has ended, nothing is sent.
    pub fn signal(&mut self, signal: Signal) -> io::Result<()> {
        self.step();
        let State::Running { pid, .. } = &self.state else { return Ok(()) };
        // It leads its group, and as long as we have not waited for it, nobody else can have its number.
        match killpg(nix::unistd::Pid::from_raw(pid.as_raw_nonzero().get()), signal) {
            Ok(()) | Err(nix::errno::Errno::ESRCH) => Ok(()),
            Err(e) => Err(e.into()),
        }
    }

    /// Takes note of the end, without waiting.
    fn step(&mut self) {
        let State::Running { pid, exchange, .. } = &mut self.state else { return };
        let (end, words) = match waitpid(Some(*pid), WaitOptions::NOHANG) {
            Ok(None) | Err(rustix::io::Errno::INTR) => return,
            Ok(Some((_, status))) => {
                let end = end_of(status);
                let words = in_words(&end);
                (end, words)
            }
            Err(e) => {
                // Somebody else in this program waited for our child.
                let reason = format!("its end was not seen: {e}");
                (End::NotStarted { reason: reason.clone(), of_machine: false }, reason)
            }
        };
        let result = match exchange.take() {
            Some(exchange) => exchange.finish(&words),
            None => CallResult::None { reason: format!("a script returns no value ({words})") },
        };
        self.state = State::Ended { pid: *pid, end, result };
    }
}

/// Sleeps until one of the running `processes` has ended, at most for `timeout`.
pub(super) fn wait_for_any<'a>(processes: impl IntoIterator<Item = &'a Process>, timeout: Option<Duration>) {
    let mut descriptors = Vec::new();
    let mut timeout = timeout;
    for process in processes {
        let State::Running { ending, .. } = &process.state else { continue };
        match ending {
            Some(ending) => descriptors.push(PollFd::new(ending.as_fd(), PollFlags::POLLIN)),
            None => timeout = Some(timeout.map_or(GLANCE, |t| t.min(GLANCE))),
        }
    }
    // Rounded up, so that the last wait is not a busy one; a wait of more than 24 days comes back early, which is fine.
    let timeout = match timeout {
        None => PollTimeout::NONE,
        Some(t) => i32::try_from(t.as_micros().div_ceil(1000))
            .ok()
            .and_then(|ms| PollTimeout::try_from(ms).ok())
            .unwrap_or(PollTimeout::MAX),
    };
    // An interrupted wait is as good as a short one: the caller looks and waits again.
    let _ = poll(&mut descriptors, timeout);
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
