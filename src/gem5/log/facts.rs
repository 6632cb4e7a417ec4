//! The few facts of a log.

use super::exit_line::ExitLine;
use super::last_word::LastWord;
use super::outside::Killer;

/// What a log tells about how far a process has come and why it ended. Text in it is raw, not yet sanitised.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LogFacts {
    /// gem5's version, from the banner, such as `24.0.0.1`.
    pub version: Option<String>,
    /// When it was compiled, from the banner, such as `Apr 10 2019 12:33:30`: before 20.0 it tells no version.
    pub compiled: Option<String>,
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
    /// How gem5 itself said that it ends, unless an exit line behind it shows that it did not. The first of several.
    pub last_word: Option<LastWord>,
    /// Who says that they ended it from outside.
    pub killer: Option<Killer>,
    /// What gem5 itself waits for, if that is its last line.
    pub waits: Option<String>,
    /// The last line that tells of no end.
    pub last_line: Option<String>,
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

impl FailureKind {
    /// What gem5 writes in front of its message.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Fatal => "fatal: ",
            Self::Panic => "panic: ",
            Self::Terminate => "an uncaught C++ exception ",
            Self::Assertion | Self::PythonError | Self::Runtime => "",
        }
    }
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
    /// What the end of the process then brought about, such as a fault while its objects are destroyed.
    pub then: Option<String>,
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
        // Of two streams nobody knows which spoke last, and a simulated program may say `fatal:`. An end that gem5 came to
        // excuses that.
        let has_ended_well = !in_one_file && out.exit.as_ref().is_some_and(ExitLine::is_final);
        let excused = |word| has_ended_well && matches!(word, LastWord::Fatal | LastWord::Refused);
        Self {
            version: out.version.or_else(|| err.version.clone()),
            compiled: out.compiled.or_else(|| err.compiled.clone()),
            command: out.command.or_else(|| err.command.clone()),
            frequency: out.frequency.or(err.frequency),
            event_queue: err.event_queue.max(out.event_queue),
            tick: err.tick.max(out.tick),
            instructions: err.instructions.max(out.instructions),
            exit: out.exit.or_else(|| err.exit.clone().filter(|exit| in_one_file || exit.is_on_stderr)),
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
            last_word: err
                .last_word
                .or(out.last_word.filter(|word| in_one_file || *word == LastWord::Fault))
                .filter(|word| !excused(*word)),
            killer: err.killer.clone().or(out.killer),
            waits: err.waits.clone().or(out.waits),
            last_line: last_line(out.last_line, err.last_line.as_ref()),
            warnings: out.warnings.saturating_add(err.warnings),
        }
    }

    /// Whether anything in it is gem5's own. A stream without that may have been sent elsewhere.
    pub fn has_words_of_gem5(&self) -> bool {
        self.tells_run() || self.usage.is_some() || self.last_word.is_some() || self.help || self.warnings > 0
    }

    /// Whether gem5 has told in it what it runs, or how that went. Where only warnings came, the rest may have been sent elsewhere.
    pub fn tells_run(&self) -> bool {
        self.version.is_some()
            || self.command.is_some()
            || self.frequency.is_some()
            || self.failure.is_some()
            || self.ran()
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

/// The line that tells most of what a process does: what it says on standard error is news, unless it is a warning.
fn last_line(out: Option<String>, err: Option<&String>) -> Option<String> {
    let is_warning = |line: &&String| line.contains("warn: ");
    err.filter(|line| !is_warning(line)).cloned().or(out).or_else(|| err.cloned())
}

impl Failure {
    /// The failure in one line, without its place: with what belongs to it, and with what it brought about.
    pub fn summary(&self) -> String {
        let message = without_condition(&self.message).trim_end_matches([':', ' ']).trim_start();
        let details: Vec<&str> = self.details.iter().map(|line| line.trim()).filter(|line| !line.is_empty()).collect();
        let mut text = match (message.is_empty(), details.first()) {
            (false, _) => [&[message], belonging(message, &details)].concat().join(" "),
            (true, Some(first)) => (*first).to_owned(),
            (true, None) => "no message".to_owned(),
        };
        if let Some(then) = &self.then {
            text.push_str("; then ");
            text.push_str(then);
        }
        text
    }
}

/// The lines behind the first that tell what happened: the event and the state of a Ruby controller
/// (`src/mem/slicc/symbols/StateMachine.py`), the two ports of a crossbar (`src/mem/xbar.cc`). A whole sentence needs none, more than
/// a few are a dump of state, and what asks the reader to do something is none.
fn belonging<'a, 'b>(message: &str, details: &'b [&'a str]) -> &'b [&'a str] {
    const MOST: usize = 3;
    let is_sentence = message.ends_with(['.', '!', '?']);
    let is_advice = details
        .first()
        .is_some_and(|line| ["Use ", "This ", "Please ", "See ", "{"].iter().any(|word| line.starts_with(word)));
    if is_sentence || is_advice || details.len() > MOST { &[] } else { details }
}

/// `fatal_if` and `panic_if` put the C++ condition before the message (`src/base/logging.hh`). A reader wants the message.
fn without_condition(message: &str) -> &str {
    let has_condition = message.starts_with("fatal condition ") || message.starts_with("panic condition ");
    match message.split_once(" occurred: ") {
        Some((_, rest)) if has_condition && !rest.is_empty() => rest,
        _ => message,
    }
}
