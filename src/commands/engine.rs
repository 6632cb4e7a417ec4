//! `gem5-tui engine`: the background role. Its first line on standard output tells the client that started it whether
//! it is ready.

use std::fs::File;
use std::io;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

use crate::cli::Target;
use crate::commands::attach::Readiness;
use crate::commands::intent::{self, Intent};
use crate::commands::output::Output;
use crate::commands::{Exit, Failure, ThreadStays, runtime_with_thread, until};
use crate::engine::{Engine, EngineError, Options};
use crate::experiment::Plan;
use crate::protocol::handover;
use crate::rundir::fault::passes_in_ours;
use crate::rundir::{LeaseError, trust};
use crate::text;

/// Runs the engine of an experiment in a session of its own, so that no terminal takes it along.
pub(crate) fn engine(target: &Target, held: bool, is_handed: bool, output: &mut Output) -> Result<Exit, Failure> {
    if target.overrides.trust_directory {
        trust::trust_all();
    }
    // Fails only for the leader of a process group, who has no terminal to lose then.
    _ = nix::unistd::setsid();
    let (until, margin) = until::given(&target.overrides)?;
    let takeover = target.overrides.takeover;
    let options = Options { lingers: true, held, until, margin, takeover, ..Options::default() };
    let plan =
        if is_handed { handed() } else { intent::plan(target, if held { Intent::Signal } else { Intent::Launch }) };
    let opened = plan.and_then(|plan| {
        runtime_with_thread(ThreadStays::AMoment).and_then(|runtime| {
            let entered = runtime.enter();
            let engine = Engine::open(plan, options)?;
            drop(entered);
            Ok((runtime, engine))
        })
    });
    let (runtime, engine) = match opened {
        Ok(opened) => opened,
        Err(failure) => {
            let readiness = match &failure {
                Failure::Engine(EngineError::Lease(LeaseError::Held(_))) => Readiness::Held,
                Failure::Engine(
                    EngineError::Directory { source, path: _ } | EngineError::Lease(LeaseError::Io { source, path: _ }),
                ) if passes_in_ours(source) => Readiness::ViewOnly { reason: text::safe_error(&failure).to_string() },
                Failure::Engine(EngineError::Unusable(unusable)) => Readiness::Unusable {
                    reason: text::safe_error(&failure).to_string(),
                    is_foreign: unusable.is_out_of_reach,
                },
                Failure::Told(_) => Readiness::Failed { reason: "the experiment file is not valid".to_owned() },
                other => Readiness::Failed { reason: text::safe_error(other).to_string() },
            };
            announce(&readiness, output);
            return Err(failure);
        }
    };
    // The working directory must not keep a filesystem busy for days; every path of a plan is absolute.
    _ = std::env::set_current_dir("/");
    announce(&Readiness::Ready, output);
    let lease = engine.lease();
    let ended = runtime.block_on(async {
        let (leave, left) = oneshot::channel();
        let mut terminate = signal(SignalKind::terminate()).map_err(Failure::io("could not watch for SIGTERM"))?;
        tokio::spawn(async move {
            terminate.recv().await;
            // The engine may have ended by itself.
            _ = leave.send(());
        });
        engine.run(left).await.map_err(Failure::from)
    });
    // What is under way in its threads comes to its end before another engine may begin.
    drop(runtime);
    drop(lease);
    ended.map(|()| Exit::Ok)
}

/// The plan of the client that has started this engine.
fn handed() -> Result<Plan, Failure> {
    let plan = handover::decode(io::stdin().lock())?;
    let null = File::open("/dev/null").and_then(|null| Ok(rustix::stdio::dup2_stdin(null)?));
    null.map_err(Failure::io("could not close standard input"))?;
    Ok(plan)
}

fn announce(readiness: &Readiness, output: &mut Output) {
    // A client that does not listen any more is no reason not to go on.
    _ = output.json(readiness).and_then(|()| output.flush());
}
