//! The few facts of a log.

/// What a log tells about how far a process has come and why it ended. Text in it is raw, not yet sanitised.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LogFacts {
    /// gem5's version, from the banner, such as `24.0.0.1`.
    pub version: Option<String>,
    /// `Global frequency set at N ticks per second`: objects are being made, so the script got that far.
    pub frequency: Option<u64>,
    /// The tick of the last `Entering event queue @ N`; gem5 25.0 and later do not print it.
    pub event_queue: Option<u64>,
    /// The largest tick that any line told.
    pub tick: Option<u64>,
    /// Instructions that a CPU's last progress event told.
    pub instructions: Option<u64>,
    /// The last `Exiting @ tick N because CAUSE`, which scripts print, not gem5.
    pub exit: Option<ExitLine>,
    /// `Simulated exit code not 0! Exit code is N`.
    pub guest_exit_code: Option<i64>,
    /// The last failure: what follows one is either its own text or a newer one.
    pub failure: Option<Failure>,
    /// A refused command line.
    pub usage: Option<String>,
    /// The tick of `Program aborted at tick N`.
    pub aborted_at: Option<u64>,
    /// gem5's own handler of SIGSEGV spoke.
    pub segfault: bool,
    /// How many lines were warnings.
    pub warnings: u64,
}

/// `Exiting @ tick N because CAUSE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExitLine {
    /// The tick.
    pub tick: u64,
    /// The cause: an open set of phrases.
    pub cause: String,
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
    /// Joins the facts of two streams of one process, standard output and standard error. Where both tell the same
    /// kind of fact, `other` wins, so pass standard error there.
    #[must_use]
    pub fn merged(self, other: &Self) -> Self {
        Self {
            version: other.version.clone().or(self.version),
            frequency: other.frequency.or(self.frequency),
            event_queue: other.event_queue.max(self.event_queue),
            tick: other.tick.max(self.tick),
            instructions: other.instructions.max(self.instructions),
            exit: other.exit.clone().or(self.exit),
            guest_exit_code: other.guest_exit_code.or(self.guest_exit_code),
            failure: other.failure.clone().or(self.failure),
            usage: other.usage.clone().or(self.usage),
            aborted_at: other.aborted_at.or(self.aborted_at),
            segfault: other.segfault || self.segfault,
            warnings: self.warnings.saturating_add(other.warnings),
        }
    }

    /// Whether any line shows that a simulation was begun.
    pub fn simulated(&self) -> bool {
        self.frequency.is_some() || self.event_queue.is_some() || self.exit.is_some()
    }
}

impl Failure {
    /// The failure in one line: the message, and where it comes from.
    pub fn summary(&self) -> String {
        let message = without_condition(&self.message).trim_end_matches([':', ' ']);
        match &self.location {
            Some(location) => format!("{message} ({location})"),
            None => message.to_owned(),
        }
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
