//! `gem5-tui pause`, `resume`, `next`, `cap`, `cancel` and `retry`: the dashboard's keys for the shell.

use crate::cli;
use crate::commands::attach;
use crate::commands::intent::{Intent, Source, Unusable};
use crate::commands::output::Output;
use crate::commands::{Exit, Failure, runtime, select, shards};
use crate::engine;
use crate::experiment::Plan;
use crate::protocol::{Act, Miss, QueueState, Reply, Request, Selection, framing};
use crate::rundir::trust;
use crate::text::Safe;

/// Left free in a line for what surrounds the names.
const AROUND_NAMES: usize = 1 << 10;

/// What to do to the selected simulations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    /// SIGSTOP, or pause the queue.
    Pause {
        /// The queue, not simulations.
        queue: bool,
    },
    /// SIGCONT, or open the queue.
    Resume {
        /// The queue, not simulations.
        queue: bool,
    },
    /// The turn of what waits.
    Next {
        /// It is taken back.
        back: bool,
    },
    /// How many run at once.
    Cap {
        /// So many.
        cap: u32,
    },
    /// The cancel ladder.
    Cancel,
    /// A new attempt.
    Retry,
}

impl Verb {
    /// An engine that is started only to signal a simulation must not launch others on the way; a retry wants to launch.
    fn intent(self) -> Intent {
        match self {
            Self::Retry | Self::Resume { queue: true } => Intent::Launch,
            Self::Cancel
            | Self::Pause { .. }
            | Self::Resume { queue: false }
            | Self::Next { .. }
            | Self::Cap { .. } => Intent::Signal,
        }
    }

    fn request(self, selection: &cli::Selection) -> Result<Request, Failure> {
        let act = match self {
            Self::Pause { queue: true } => return Ok(Request::SetQueue { queue: QueueState::Paused }),
            Self::Resume { queue: true } => return Ok(Request::SetQueue { queue: QueueState::Open }),
            Self::Cap { cap } => return Ok(Request::SetCap { cap }),
            Self::Next { back: false } => Act::First,
            Self::Next { back: true } => Act::InOrder,
            Self::Pause { queue: false } => Act::Pause,
            Self::Resume { queue: false } => Act::Resume,
            Self::Cancel => Act::Cancel,
            Self::Retry => Act::Retry,
        };
        let cli::Selection { names, failed, changed } = selection;
        if names.is_empty() && !failed && !changed {
            let all = "name simulations or globs, `'*'` for all, `--failed` or `--changed`";
            return Err(Failure::Usage(match self {
                Self::Pause { .. } | Self::Resume { .. } => format!("{all}; for the queue, `--queue`"),
                Self::Next { .. } | Self::Cap { .. } | Self::Cancel | Self::Retry => all.to_owned(),
            }));
        }
        let selection = Selection { failed: *failed, changed: *changed, ..Selection::of(names) };
        if framing::encode(&selection).is_ok_and(|line| line.len() > framing::MAX_LINE - AROUND_NAMES) {
            return Err(Failure::Usage("these are more names than one request can hold; use a glob".to_owned()));
        }
        Ok(Request::Named { act, selection })
    }
}

/// Asks the engine, and starts one if the request needs it.
pub(crate) fn act(
    verb: Verb,
    target: &cli::Target,
    selection: &cli::Selection,
    output: &mut Output,
) -> Result<Exit, Failure> {
    trust::act();
    let source = Source::read(target)?;
    let plan = source.plan(Intent::Look)?;
    let request = verb.request(selection)?;
    let sharing = attach::shards(&plan)?;
    if !sharing.is_empty() {
        return match runtime()?.block_on(shards::ask(&plan, &sharing, &request, output))? {
            Ok(exit) => Ok(exit),
            Err(miss) => became(Reply::Missed { miss }, &plan, selection, output),
        };
    }
    let reply = runtime()?.block_on(async {
        let mut tries = 0;
        loop {
            let answer = match attach::find(&plan).await {
                Ok(Some(mut link)) => attach::ask(&mut link, request.clone()).await,
                Ok(None) => ask_without_engine(verb, &request, &source).await,
                Err(failure) if failure.is_elsewhere() => ask_without_engine(verb, &request, &source).await,
                Err(failure) => Err(failure),
            };
            tries += 1;
            match answer {
                // It was just ending and has not heard us: what it answers is done, what it does not answer is not.
                Err(Failure::EngineLeft(_)) if tries < attach::TRIES => tokio::time::sleep(attach::TRY_EVERY).await,
                told => return told,
            }
        }
    })?;
    became(reply, &plan, selection, output)
}

/// Prints what became of what was asked of a selection.
fn became(reply: Reply, plan: &Plan, selection: &cli::Selection, output: &mut Output) -> Result<Exit, Failure> {
    match reply {
        Reply::Missed { miss: Miss::NoneOfKind } => {
            let none =
                if selection.failed { "no simulation has failed" } else { "no result would be made otherwise now" };
            output.line(&Safe::line(&format!("nothing to do: {none}")))?;
            Ok(Exit::Ok)
        }
        reply => told(reply, plan, output),
    }
}

/// What an engine would answer, as far as the directory tells; only for what that does not tell is one started.
async fn ask_without_engine(verb: Verb, request: &Request, source: &Source) -> Result<Reply, Failure> {
    let resolved = source.resolve(verb.intent()).map_err(Unusable::told)?;
    attach::check(&resolved.plan)?;
    if let Request::Named { act, selection } = request {
        let state = engine::look(Plan::clone(&resolved.plan));
        let mut sims = match state.select(selection) {
            Ok(sims) => sims.into_iter(),
            Err(miss) => return Ok(Reply::Missed { miss }),
        };
        // What waits can be held back, and put first.
        let is_about_turns = matches!(act, Act::Pause | Act::Resume | Act::First | Act::InOrder);
        if is_about_turns && sims.all(|sim| state.sim(sim).ended().is_some()) {
            let reason = "all of that has ended, and this experiment has no engine".to_owned();
            return Ok(Reply::Refused { reason });
        }
    }
    let mut link = attach::find_or_begin(&resolved, source.target()).await?;
    attach::ask(&mut link, request.clone()).await
}

/// Prints what became of a request.
pub(crate) fn told(reply: Reply, plan: &Plan, output: &mut Output) -> Result<Exit, Failure> {
    match reply {
        Reply::Done { message } => {
            output.line(&Safe::line(&message))?;
            Ok(Exit::Ok)
        }
        Reply::Refused { reason } => Err(Failure::Refused(reason)),
        Reply::Missed { miss } => Err(select::missed(&miss, &plan.outdir)),
    }
}
