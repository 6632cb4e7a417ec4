//! `gem5-tui view EXPERIMENT.yaml`: the dashboard for whoever only looks.
//!
//! It starts no engine and no simulation, and asks a living engine for nothing but what there is to see.

use std::sync::Arc;

use crate::cli::{Look, Target};
use crate::commands::intent::{Intent, Source, Unusable};
use crate::commands::output::Output;
use crate::commands::{Exit, Failure, ThreadStays, attach, config, open, runtime_with_thread, view_only};
use crate::experiment::Plan;
use crate::protocol::link::LocalEnd;
use crate::protocol::{ClientMessage, Link, Reply, Request, ServerMessage};
use crate::rundir::trust;
use crate::text::{self, Safe};
use crate::tui::{self, Engines};

/// What is answered to whoever asks for more than a look.
const REFUSAL: &str = "this only looks, so nothing can be changed here; open it without `view` for that";

/// Shows an experiment.
pub(crate) fn view(target: &Target, look: Look, output: &mut Output) -> Result<Exit, Failure> {
    trust::act();
    let source = Source::read(target)?;
    let resolved = source.resolve(Intent::Look).map_err(Unusable::told)?;
    source.complain(&resolved);
    open::require_terminal(target, "status")?;
    let (config, wrong) = config::load();
    let runtime = runtime_with_thread(ThreadStays::ForALook)?;
    let plan = Arc::clone(&resolved.plan);
    let left = runtime.block_on(async {
        let link = see(&plan).await?;
        let options = tui::Options { only_looks: true, notice: wrong, ..open::options(config, look) };
        Box::pin(tui::run(link, engines(target), options)).await.map_err(Failure::from)
    });
    // A thread that waits for a disk which does not answer must not keep the user, who has left.
    runtime.shutdown_background();
    left?;
    output.flush()?;
    Ok(Exit::Ok)
}

/// The engine as it can be looked at, or the directory where there is none.
async fn see(plan: &Plan) -> Result<Link, Failure> {
    match attach::find(plan).await {
        Ok(Some(link)) => Ok(only_looking(link)),
        Ok(None) => Ok(view_only::link(plan.clone(), "view only: no engine runs, so nothing is launched".to_owned())),
        Err(failure) if failure.is_elsewhere() => {
            Ok(view_only::link(plan.clone(), format!("view only: {}", text::safe_error(&failure))))
        }
        Err(failure) => Err(failure),
    }
}

/// A link on which nothing is asked for but a look.
fn only_looking(engine: Link) -> Link {
    let (link, end) = Link::local();
    tokio::spawn(carry(engine, end));
    link
}

async fn carry(mut engine: Link, mut end: LocalEnd) {
    loop {
        tokio::select! {
            request = end.requests.recv() => match request {
                Some(message) if message.request == Request::Subscribe => {
                    if engine.outgoing.send(message).await.is_err() {
                        return;
                    }
                }
                Some(ClientMessage { id, .. }) => {
                    let reply = Reply::Refused { reason: REFUSAL.to_owned() };
                    if end.answers.send(ServerMessage::Reply { id, reply }).await.is_err() {
                        return;
                    }
                }
                None => return,
            },
            told = engine.incoming.recv() => match told {
                Some(message) => {
                    if end.answers.send(message).await.is_err() {
                        return;
                    }
                }
                None => return,
            },
        }
    }
}

/// When the engine is gone, another one is looked for and none is started.
fn engines(target: &Target) -> Engines {
    let (to_connect, to_read) = (target.clone(), target.clone());
    Engines {
        check_file: Box::new(|| Box::pin(async { Err(Safe::plain(REFUSAL)) })),
        connect: Box::new(move || {
            let target = to_connect.clone();
            Box::pin(async move {
                let resolve = move || {
                    let source = Source::read(&target).map_err(|failure| text::safe_error(&failure))?;
                    Ok(source.resolve(Intent::Look).map_err(Unusable::in_line)?.plan)
                };
                let plan = tokio::task::spawn_blocking(resolve).await;
                let plan = plan.unwrap_or_else(|_| Err(Safe::plain("the experiment file could not be read")))?;
                see(&plan).await.map_err(|failure| text::safe_error(&failure))
            })
        }),
        read_sheet: Arc::new(move || open::read_sheet(&to_read)),
        compare: None,
    }
}
