//! `gem5-tui pause`, `resume`, `cancel` and `retry`: the dashboard's keys for the shell.

use crate::cli::Selection;
use crate::commands::attach;
use crate::commands::output::Output;
use crate::commands::select::Kinds;
use crate::commands::{Exit, Failure, load, runtime, select, status};
use crate::protocol::{Link, QueueState, Reply, Request, ServerMessage};
use crate::text::Safe;

/// What to do to the selected simulations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
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
    /// The cancel ladder.
    Cancel,
    /// A new attempt.
    Retry,
}

/// Asks the engine, and starts one if the request needs it.
pub fn act(verb: Verb, selection: &Selection, output: &mut Output) -> Result<Exit, Failure> {
    let target = &selection.target;
    let plan = load::load_to_look(target)?;
    let about_queue = matches!(verb, Verb::Pause { queue: true } | Verb::Resume { queue: true });
    if !about_queue && selection.names.is_empty() && !selection.failed && !selection.changed {
        let all = "name simulations or globs, `'*'` for all, `--failed` or `--changed`";
        return Err(Failure::Usage(match verb {
            Verb::Pause { .. } | Verb::Resume { .. } => format!("{all}; for the queue, `--queue`"),
            Verb::Cancel | Verb::Retry => all.to_owned(),
        }));
    }
    // Names are checked against the directory before an engine is started for nothing.
    let (snapshot, live) = status::look(plan.clone())?;
    let chosen = {
        let kinds = Kinds { failed: selection.failed, changed: selection.changed };
        select::select(&snapshot.sims, &selection.names, kinds)?
    };
    if chosen.is_empty() && !about_queue {
        let none = if selection.failed { "no simulation has failed" } else { "no result would be made otherwise now" };
        output.line(&Safe::line(&format!("nothing to do: {none}")))?;
        return Ok(Exit::Ok);
    }
    let runs = snapshot.header.counts.running + snapshot.header.counts.paused > 0;
    // An engine that is started only to signal a simulation must not launch others on the way; a retry wants to launch.
    let held = match verb {
        Verb::Retry | Verb::Resume { queue: true } => false,
        Verb::Pause { queue: true } | Verb::Cancel => true,
        _ if live || runs => true,
        Verb::Pause { .. } | Verb::Resume { .. } => {
            return Err(Failure::Refused("nothing runs: this experiment has no engine".to_owned()));
        }
    };
    let request = match verb {
        Verb::Pause { queue: true } => Request::SetQueue { queue: QueueState::Paused },
        Verb::Resume { queue: true } => Request::SetQueue { queue: QueueState::Open },
        Verb::Pause { .. } => Request::Pause { sims: chosen },
        Verb::Resume { .. } => Request::Resume { sims: chosen },
        Verb::Cancel => Request::Cancel { sims: chosen },
        Verb::Retry => Request::Retry { sims: chosen },
    };
    runtime()?.block_on(async {
        let mut tries = 0;
        loop {
            let mut link = attach::find_or_start(target, &plan, held).await?;
            tries += 1;
            match tell(&mut link, request.clone(), output).await {
                // It was just ending and has not heard us: what it answers is done, what it does not answer is not.
                Err(Failure::EngineLeft(_)) if tries < attach::TRIES => tokio::time::sleep(attach::TRY_EVERY).await,
                told => return told,
            }
        }
    })
}

/// Sends one request and prints what became of it.
pub async fn tell(link: &mut Link, request: Request, output: &mut Output) -> Result<Exit, Failure> {
    let sent = link.send(request).await;
    while let Some(message) = link.incoming.recv().await {
        match message {
            ServerMessage::Reply { id, reply } if id == sent => {
                return match reply {
                    Reply::Done { message } => {
                        output.line(&Safe::line(&message))?;
                        Ok(Exit::Ok)
                    }
                    Reply::Refused { reason } => Err(Failure::Refused(reason)),
                };
            }
            ServerMessage::Goodbye { reason } => return Err(Failure::EngineLeft(reason)),
            _ => {}
        }
    }
    Err(Failure::Refused("the connection to the engine broke; see `gem5-tui status` for what became of it".to_owned()))
}
