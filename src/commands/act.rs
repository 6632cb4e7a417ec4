//! `gem5-tui pause`, `resume`, `cancel` and `retry`: the dashboard's keys for the shell.

use std::collections::HashMap;

use crate::cli::Selection;
use crate::commands::attach;
use crate::commands::intent::{Intent, Source};
use crate::commands::output::Output;
use crate::commands::select::Kinds;
use crate::commands::{Exit, Failure, runtime, select, status};
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
    let source = Source::read(target)?;
    let plan = source.plan(Intent::Look)?;
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
        select::select(&snapshot, &selection.names, kinds)?
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
    let names: Vec<&str> = chosen.iter().map(|&sim| snapshot.sims[sim as usize].name.as_str()).collect();
    runtime()?.block_on(async {
        let mut tries = 0;
        loop {
            let intent = if held { Intent::Signal } else { Intent::Launch };
            let mut link = attach::find_or_begin(&source, &plan, intent).await?;
            tries += 1;
            match ask(verb, &names, &mut link, output).await {
                // It was just ending and has not heard us: what it answers is done, what it does not answer is not.
                Err(Failure::EngineLeft(_)) if tries < attach::TRIES => tokio::time::sleep(attach::TRY_EVERY).await,
                told => return told,
            }
        }
    })
}

/// Asks for what the verb means for the simulations of these names. Their numbers are those of the engine that is asked: its
/// plan may be another one than the file's, which may just be being edited.
async fn ask(verb: Verb, names: &[&str], link: &mut Link, output: &mut Output) -> Result<Exit, Failure> {
    let request = match verb {
        Verb::Pause { queue: true } => Request::SetQueue { queue: QueueState::Paused },
        Verb::Resume { queue: true } => Request::SetQueue { queue: QueueState::Open },
        Verb::Pause { .. } => Request::Pause { sims: numbers(names, link).await? },
        Verb::Resume { .. } => Request::Resume { sims: numbers(names, link).await? },
        Verb::Cancel => Request::Cancel { sims: numbers(names, link).await? },
        Verb::Retry => Request::Retry { sims: numbers(names, link).await? },
    };
    tell(link, request, output).await
}

async fn numbers(names: &[&str], link: &mut Link) -> Result<Vec<u32>, Failure> {
    let snapshot = attach::snapshot(link).await?;
    let known: HashMap<&str, u32> = snapshot.sims.iter().map(|sim| (sim.name.as_str(), sim.id)).collect();
    let number = |name: &&str| {
        let unknown = || format!("the engine does not know `{name}`: it began with another experiment file");
        known.get(name).copied().ok_or_else(|| Failure::Refused(unknown()))
    };
    names.iter().map(number).collect()
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
