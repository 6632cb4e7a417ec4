//! The verbs: one file for each, or for each family that differs only in a word.
//!
//! A verb parses nothing and draws nothing. It finds or starts an engine (`attach`), or reads the directory where no
//! engine is needed, and prints through `output::Output`, the only way to standard output.

pub(crate) mod act;
pub(crate) mod analyse;
pub(crate) mod attach;
mod bridge;
mod check_executor;
pub(crate) mod compare;
mod config;
pub(crate) mod demo;
pub(crate) mod dump;
pub(crate) mod engine;
pub(crate) mod grep;
pub(crate) mod init;
pub(crate) mod inspect;
pub(crate) mod intent;
pub(crate) mod load;
pub(crate) mod logs;
mod meant;
pub(crate) mod open;
pub(crate) mod output;
pub(crate) mod plan;
pub(crate) mod plot;
mod recorded;
pub(crate) mod reference;
pub(crate) mod report;
mod repro;
pub(crate) mod reset_term;
pub(crate) mod results;
pub(crate) mod run;
mod script;
pub(crate) mod select;
mod shards;
pub(crate) mod show;
pub(crate) mod stats;
pub(crate) mod status;
pub(crate) mod stop;
mod until;
mod view;
pub(crate) mod view_only;
mod watched;
mod written;

use std::ffi::OsString;
use std::fmt::Display;
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::process::ExitCode;
use std::str::FromStr;
use std::time::Duration;

use clap::CommandFactory as _;
use clap::error::ErrorKind;
use tokio::runtime::Runtime;

use crate::cli::{self, Cap, Cli, Command, Experiment, OptionalTarget, Word};
use crate::commands::load::FileError;
use crate::commands::output::{Output, PrintError};
use crate::engine::{EngineError, Options, Rerun};
use crate::protocol::{HandoverError, LinkError};
use crate::report::plot::PlotError;
use crate::report::{LayoutError, QuestionError};
use crate::rundir::LeaseError;
use crate::rundir::results::ReadError;
use crate::spawn::limits;
use crate::text::{self, Safe};

/// How a verb ended, as the shell sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// All is ok.
    Ok = 0,
    /// Some simulation is not ok, or what was asked could not be done.
    NotOk = 1,
    /// Bad usage or a bad experiment file; nothing was started.
    Usage = 2,
    /// Another engine holds the experiment.
    Held = 3,
    /// The queue was paused because what ran failed alike; the rest was not run.
    Alike = 4,
    /// The time is up and there is more to do: `EX_TEMPFAIL` of sysexits.h, "try again later".
    MoreToDo = 75,
    /// Cancelled by a signal.
    Cancelled = 130,
}

/// Why a verb stopped early.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// It was told already, on standard error.
    #[error("already told")]
    Told(Exit),
    /// Standard output was closed, as `head` does: leave quietly.
    #[error("standard output is closed")]
    Closed,
    /// Bad usage, in a sentence.
    #[error("{0}")]
    Usage(String),
    /// A path on the command line cannot be used.
    #[error(transparent)]
    File(#[from] FileError),
    /// What was asked could not be done, in a sentence.
    #[error("{0}")]
    Refused(String),
    /// The engine ended before it answered.
    #[error("the engine ended before it answered: {0}")]
    EngineLeft(String),
    /// The experiment can be looked at, but not written, so there is no engine for it.
    #[error("{0}")]
    ViewOnly(String),
    /// The experiment belongs to somebody else: it can be looked at, and there is no engine for it.
    #[error("{0}")]
    Foreign(String),
    /// No engine.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// No plan from the client that started this engine.
    #[error(transparent)]
    Handover(#[from] HandoverError),
    /// No link to an engine.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// No dashboard.
    #[error(transparent)]
    Dashboard(#[from] crate::tui::Error),
    /// The system said no.
    #[error("{what}")]
    Io {
        /// What could not be done.
        what: String,
        /// What the system said.
        source: std::io::Error,
    },
}

impl From<QuestionError> for Failure {
    fn from(error: QuestionError) -> Self {
        Self::Usage(error.to_string())
    }
}

impl From<LayoutError> for Failure {
    fn from(error: LayoutError) -> Self {
        Self::Usage(error.to_string())
    }
}

impl From<PlotError> for Failure {
    fn from(error: PlotError) -> Self {
        Self::Usage(error.to_string())
    }
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        Self::Io { what: error.to_string(), source: error.source }
    }
}

impl From<PrintError> for Failure {
    fn from(error: PrintError) -> Self {
        match error {
            PrintError::Closed => Self::Closed,
            PrintError::Io(source) => Self::Io { what: "could not write to standard output".to_owned(), source },
        }
    }
}

impl Failure {
    /// An input or output error with what was being done.
    pub fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        |source| Self::Io { what: what.into(), source }
    }

    /// Whether the experiment is had by an engine of another host, or by several that share it, so that there is none to ask for
    /// all of it.
    pub fn is_elsewhere(&self) -> bool {
        matches!(self, Self::Engine(EngineError::Lease(LeaseError::Elsewhere(_) | LeaseError::Shards(_))))
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Told(exit) => *exit,
            Self::Closed => Exit::Ok,
            Self::Usage(_) | Self::File(_) | Self::Foreign(_) | Self::Engine(EngineError::Unusable(_)) => Exit::Usage,
            Self::Engine(EngineError::Lease(
                LeaseError::Held(_) | LeaseError::Elsewhere(_) | LeaseError::Shards(_),
            )) => Exit::Held,
            Self::Refused(_)
            | Self::ViewOnly(_)
            | Self::EngineLeft(_)
            | Self::Engine(_)
            | Self::Handover(_)
            | Self::Link(_)
            | Self::Dashboard(_)
            | Self::Io { .. } => Exit::NotOk,
        }
    }
}

/// Does `work`, which reads the command line and does what it asks, under whatever limits there are: one that is reached is
/// told as an error and ends nothing without a word.
pub fn begin(work: impl FnOnce() -> ExitCode + Send) -> ExitCode {
    limits::tell_of_large_files();
    limits::on_a_stack(work).unwrap_or_else(|error| {
        let told = format!("error: there is little stack (`ulimit -s`) and no thread (`ulimit -u`) for more: {error}");
        output::complain(&Safe::line(&told));
        ExitCode::from(Exit::NotOk as u8)
    })
}

/// Does what the command line asks.
pub fn main(cli: Cli) -> ExitCode {
    if let Some(Command::Shim { dir }) = &cli.command {
        return crate::shim::main(dir, crate::shim::Orders::default());
    }
    let mut output = Output::stdout();
    let result = dispatch(cli, &mut output);
    end(result, &mut output)
}

/// Says what clap has to say: the help or the version that was asked for, or what is wrong with the command line.
pub fn say(answer: &clap::Error) -> ExitCode {
    if matches!(answer.kind(), ErrorKind::ArgumentConflict | ErrorKind::UnknownArgument)
        && let mut words = std::env::args_os().skip(1)
        && let Some(told) = unknown_command(words.next(), words.next())
    {
        output::complain(&Safe::multiline(&told));
        return ExitCode::from(Exit::Usage as u8);
    }
    let text = Safe::multiline(answer.render().to_string().trim_end());
    if answer.use_stderr() {
        output::complain(&text);
        return ExitCode::from(Exit::Usage as u8);
    }
    let mut output = Output::stdout();
    let result = output.line(&text).map(|()| Exit::Ok).map_err(Failure::from);
    end(result, &mut output)
}

/// What is wrong with a verb behind a file, or with a first word that is neither a file nor a verb. clap takes the first word for the
/// experiment, and complains of the second.
fn unknown_command(word: Option<OsString>, next: Option<OsString>) -> Option<String> {
    let word = word?.into_string().ok().filter(|word| !word.starts_with('-'))?;
    if Cli::command().get_subcommands().any(|verb| verb.get_name() == word) {
        return None;
    }
    if Path::new(&word).exists() {
        let verb = next?.into_string().ok().filter(|next| meant::verbs().contains(next))?;
        let word = text::shell::quote(&word);
        return Some(format!("error: the verb stands in front of the experiment\n  help: gem5-tui {verb} {word}"));
    }
    let hint = match meant::meant(Path::new(&word)) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("the verbs are {}", meant::verbs().join(", ")),
    };
    Some(format!("error: there is no verb `{word}` and no file of that name\n  help: {hint}"))
}

/// Hands on what is still to be printed, and tells the shell and its user how it went.
fn end(result: Result<Exit, Failure>, output: &mut Output) -> ExitCode {
    let result = result.and_then(|exit| output.flush().map(|()| exit).map_err(Failure::from));
    let exit = result.unwrap_or_else(|failure| {
        if !matches!(failure, Failure::Told(_) | Failure::Closed) {
            output::complain(&Safe::line(&format!("error: {}", text::safe_error(&failure))));
        }
        failure.exit()
    });
    ExitCode::from(exit as u8)
}

fn dispatch(cli: Cli, output: &mut Output) -> Result<Exit, Failure> {
    let Some(command) = cli.command else {
        let OptionalTarget { experiment, paths, cap, time, word, look, queue, script } = cli.target;
        let Some(experiment) = experiment else {
            return Err(Failure::Usage("name an experiment file, or a verb; see --help".to_owned()));
        };
        let target = Experiment { experiment, paths }.given(script, cap, word).in_time(time);
        return open::open(&until::settled(target)?, look, queue.into(), output);
    };
    let no_cap = Cap::default();
    match command {
        Command::Init { how } => init::init(&how, output),
        Command::Run { target, cap, time, word, script, shard, json, quiet, no_progress, changed, keep_going } => {
            let rerun = Rerun { changed, ..Rerun::NOT_OK };
            let target = until::settled(target.given(script, cap, word).in_time(time))?;
            let shard = shard.map(|text| text.parse().map_err(|why| Failure::Usage(format!("--shard {text}: {why}"))));
            let options = Options { rerun, shard: shard.transpose()?, ..Options::default() };
            let how = run::How { told: run::ToldAs::of(json, quiet, no_progress), keep_going };
            run::run(&target, how, options, output)
        }
        Command::View { target, look } => view::view(&target.alone(), look, output),
        Command::Plan { target, cap, script, check_executor: true, .. } => {
            check_executor::check(&target.given(script, cap, Word::default()), output)
        }
        Command::Plan { target, cap, script, json, .. } => {
            plan::plan(&target.given(script, cap, Word::default()), json, output)
        }
        Command::Status { target, selection, json } => status::status(&target.alone(), &selection, json, output),
        Command::Pause { target, word, selection, queue } => {
            act::act(act::Verb::Pause { queue }, &target.with(no_cap, word), &selection, output)
        }
        Command::Resume { target, cap, word, selection, queue } => {
            act::act(act::Verb::Resume { queue }, &target.with(cap, word), &selection, output)
        }
        Command::Next { target, word, selection, back } => {
            act::act(act::Verb::Next { back }, &target.with(no_cap, word), &selection, output)
        }
        Command::Cap { target, word, cap } => {
            act::act(act::Verb::Cap { cap }, &target.with(no_cap, word), &cli::Selection::default(), output)
        }
        Command::Cancel { target, word, selection } => {
            act::act(act::Verb::Cancel, &target.with(no_cap, word), &selection, output)
        }
        Command::Retry { target, cap, word, selection } => {
            act::act(act::Verb::Retry, &target.with(cap, word), &selection, output)
        }
        Command::Logs { target, name, follow, stderr, file, attempt } => {
            logs::logs(&target.alone(), &name, &logs::Which { follow, stderr, file, attempt }, output)
        }
        Command::Grep { pattern, target, how } => grep::grep(&target.alone(), &pattern, &how, output),
        Command::Stats { target, names, watch, dump, json } => {
            let which = stats::Which { watch, dump: chosen(dump.as_deref())? };
            stats::stats(&target.alone(), &names, &which, json, output)
        }
        Command::Results { target, more, how, form, foreign } => {
            let dump = chosen(how.dump.as_deref())?;
            results::results(&target.alone(), &more, &how, &form, &foreign, dump, output)
        }
        Command::Plot { target, name, how, plot } => {
            let dump = chosen(how.dump.as_deref())?;
            plot::plot(&target.alone(), name.as_deref(), &how, &plot, dump, output)
        }
        Command::Compare { how } => compare::compare(&how, chosen(how.dump.as_deref())?, output),
        Command::Report { target, how } => report::report(&target.alone(), &how, output),
        Command::Inspect { dir, log, dump, json } => {
            inspect::inspect(&dir, &log, chosen(dump.as_deref())?, json, output)
        }
        Command::Show { target, name, attempt, repro, json } => {
            show::show(&target.alone(), &name, show::Which { attempt, repro, json }, output)
        }
        Command::Stop { target, word, cancel } => stop::stop(&target.with(no_cap, word), cancel, output),
        Command::Demo { dir, headless } => demo::demo(&dir, headless, output),
        Command::Config { verb } => config::config(verb, output),
        Command::ResetTerm => reset_term::reset_term(),
        Command::Schema => {
            output.block(&Safe::multiline(&crate::experiment::schema::text()))?;
            Ok(Exit::Ok)
        }
        Command::Completions { shell } => reference::completions(shell, output),
        Command::Man { verb } => reference::man(verb.as_deref(), output),
        Command::Bridge { socket } => bridge::bridge(&socket),
        Command::Engine { target, cap, time, word, held, plan_from_stdin } => {
            engine::engine(&target.with(cap, word).in_time(time), held, plan_from_stdin, output)
        }
        Command::Analyse { m5out, command } => analyse::analyse(&m5out, &command),
        // Taken care of before any of this: a shim must stay small.
        Command::Shim { .. } => Ok(Exit::Usage),
    }
}

/// What is named on the command line: a dump, or what results are made of.
fn chosen<D: FromStr<Err: Display>>(dump: Option<&str>) -> Result<Option<D>, Failure> {
    let named = |text: &str| text.parse().map_err(|error| Failure::Usage(format!("--dump {text}: {error}")));
    dump.map(named).transpose()
}

/// How long a thread for what may block stays when it has nothing to do. There must always be one: the runtime panics when it
/// has none and can have none, and only waits when it has one.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ThreadStays {
    /// An engine has work for it every two seconds, and those of a burst must go: each counts as a process of the user, of
    /// which simulations need some.
    AMoment,
    /// A client may have none for as long as somebody looks, and never has much.
    ForALook,
}

impl ThreadStays {
    fn duration(self) -> Duration {
        match self {
            Self::AMoment => Duration::from_secs(10),
            Self::ForALook => Duration::from_hours(1000),
        }
    }
}

/// A runtime for one thread: the engine and the clients wait far more than they compute.
pub(crate) fn runtime() -> Result<Runtime, Failure> {
    build(ThreadStays::AMoment)
}

fn build(thread: ThreadStays) -> Result<Runtime, Failure> {
    limits::check_descriptors()
        .map_err(Failure::io("there are too few descriptors; raise the limit on open files (`ulimit -n`)"))?;
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .thread_keep_alive(thread.duration())
        .build()
        .map_err(Failure::io("could not start the async runtime"))
}

/// The same with a thread for what may block, which is there before anything is promised that needs it. What comes later
/// waits for that one where there may be no further one.
pub(crate) fn runtime_with_thread(stays: ThreadStays) -> Result<Runtime, Failure> {
    let runtime = build(stays)?;
    let refused =
        "could not start a thread; the limit on processes (`ulimit -u`) or on memory (`ulimit -v`) is reached";
    let tried = std::thread::Builder::new().spawn(|| ()).map_err(Failure::io(refused))?;
    // It does nothing that could fail.
    _ = tried.join();
    // Others of this user may have taken its place meanwhile, and the runtime has no other way to say so.
    let said = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| ()));
    let first = std::panic::catch_unwind(AssertUnwindSafe(|| runtime.spawn_blocking(|| ())));
    std::panic::set_hook(said);
    match first.map(|first| runtime.block_on(first)) {
        Ok(Ok(())) => Ok(runtime),
        Ok(Err(_)) | Err(_) => Err(Failure::Refused(refused.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verb_behind_the_experiment_is_told_where_it_belongs() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("l2.yaml");
        std::fs::write(&file, "").unwrap();
        let file = file.to_str().unwrap();
        let told = |words: [&str; 2]| {
            let [word, next] = words.map(|word| Some(OsString::from(word)));
            unknown_command(word, next)
        };
        assert!(told([file, "run"]).unwrap().ends_with(&format!("gem5-tui run {file}")));
        assert_eq!((told([file, "x"]), told(["run", file])), (None, None));
        assert!(told(["runn", file]).unwrap().contains("`run`"));
    }
}
