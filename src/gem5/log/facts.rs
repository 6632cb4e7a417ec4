//! The few facts of a log.

use super::exit_line::ExitLine;

/// What a log tells about how far a process has come and why it ended. Text in it is raw, not yet sanitised.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LogFacts {
    /// gem5's version, from the banner, such as `24.0.0.1`.
    pub version: Option<String>,
    /// The command line, from the banner, quoted for a shell by gem5.
    pub command: Option<String>,
    /// `Global frequency set at N ticks per second`: objects are being made, so the script got that far.
    pub frequency: Option<u64>,
    /// The tick of the last `Entering event queue @ N`; gem5 25.0 and later do not print it.
    pub event_queue: Option<u64>,
    /// The largest tick that any line told.
    pub tick: Option<u64>,
    /// Instructions that a CPU's last progress event told.
    pub instructions: Option<u64>,
    /// The last `Exiting @ tick N because CAUSE` in any of its forms, which scripts print, not gem5.
    pub exit: Option<ExitLine>,
    /// The code of the exit event, if the last exit line tells it, or `Simulated exit code not 0! Exit code is N` behind it:
    /// `configs/common/Simulation.py` prints it there.
    pub guest_exit_code: Option<i64>,
    /// The last `Exit event called at Tick N: DESCRIPTION`, which the standard library of gem5 25.0 and later prints when
    /// it is asked to.
    pub exit_event: Option<ExitLine>,
    /// The tick of the last `Switched CPUS @ tick N`.
    pub switched_at: Option<u64>,
    /// The last failure: what follows one is either its own text or a newer one.
    pub failure: Option<Failure>,
    /// The last line, if it is an exception that names no place.
    pub exception_at_end: Option<String>,
    /// The last line that is not gem5's own and nothing else: what a script or a loader said before it gave up.
    pub last_words: Option<String>,
    /// A refused command line.
    pub usage: Option<String>,
    /// gem5's help was printed, as it is when no script is named (`src/python/m5/main.py`).
    pub help: bool,
    /// The tick of `Program aborted at tick N`.
    pub aborted_at: Option<u64>,
    /// gem5's own handler of SIGSEGV spoke.
    pub segfault: bool,
    /// How many lines were warnings.
    pub warnings: u64,
}

/// The kinds of failure that a log can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FailureKind {
    /// `fatal:`.
    Fatal,
    /// `panic:`.
    Panic,
    /// A plain `assert`.
    Assertion,
    /// An uncaught Python exception.
    PythonError,
    /// `terminate called …`: an uncaught C++ exception.
    Terminate,
    /// The C library or Python itself gave up, such as `double free or corruption`.
    Runtime,
}

/// A failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Its kind.
    pub kind: FailureKind,
    /// Its first line without the prefix; for an exception with its class.
    pub message: String,
    /// `file:line` of gem5 or of the script, if told.
    pub location: Option<String>,
    /// The lines of the message after the first, in part if there are many.
    pub details: Vec<String>,
}

impl LogFacts {
    /// Joins the facts of standard output, `self`, and standard error of one process.
    ///
    /// gem5 and its scripts tell ends on standard output and failures on standard error, so a simulated program that
    /// imitates one on the other stream is not believed. Where both were sent to one file, as `--redirect-stdout` alone
    /// does, everything counts.
    #[must_use]
    pub fn merged(self, stderr: &Self, in_one_file: bool) -> Self {
        let (out, err) = (self, stderr);
        Self {
            version: out.version.or_else(|| err.version.clone()),
            command: out.command.or_else(|| err.command.clone()),
            frequency: out.frequency.or(err.frequency),
            event_queue: err.event_queue.max(out.event_queue),
            tick: err.tick.max(out.tick),
            instructions: err.instructions.max(out.instructions),
            exit: out.exit.or_else(|| err.exit.clone().filter(|_| in_one_file)),
            guest_exit_code: out.guest_exit_code.or(err.guest_exit_code.filter(|_| in_one_file)),
            exit_event: out.exit_event.or_else(|| err.exit_event.clone()),
            switched_at: out.switched_at.max(err.switched_at),
            failure: err.failure.clone().or_else(|| out.failure.filter(|_| in_one_file)),
            exception_at_end: err.exception_at_end.clone().or_else(|| out.exception_at_end.filter(|_| in_one_file)),
            last_words: err.last_words.clone().or(out.last_words),
            usage: err.usage.clone().or(out.usage),
            help: err.help || out.help,
            aborted_at: err.aborted_at.or(out.aborted_at),
            segfault: err.segfault || out.segfault,
            warnings: out.warnings.saturating_add(err.warnings),
        }
    }

    /// Whether any line shows that the event queue was entered. Objects alone do not: a script may make them and leave.
    pub fn ran(&self) -> bool {
        self.event_queue.is_some()
            || self.exit.is_some()
            || self.exit_event.is_some()
            || self.instructions.is_some()
            || self.tick.is_some_and(|tick| tick > 0)
    }
}

impl Failure {
    /// The failure in one line, without its place.
    pub fn summary(&self) -> &str {
        let message = without_condition(&self.message).trim_end_matches([':', ' ']).trim_start();
        let lines = [message].into_iter().chain(self.details.iter().map(|line| line.trim()));
        lines.into_iter().find(|line| !line.is_empty()).unwrap_or("no message")
    }
}

/// `fatal_if` and `panic_if` put the C++ condition before the message (`src/base/logging.hh`). A reader wants the message.
fn without_condition(message: &str) -> &str {
    let has_condition = message.starts_with("fatal condition ") || message.starts_with("panic condition ");
    match message.split_once(" occurred: ") {
        Some((_, rest)) if has_condition && !rest.is_empty() => rest,
        _ => message,
    }
}
