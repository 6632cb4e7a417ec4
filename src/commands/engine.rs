//! `gem5-tui engine`: the background role. Its first line on standard output tells the client that started it whether
//! it is ready.

use std::io::Write;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

use crate::cli::Target;
use crate::commands::attach::Readiness;
use crate::commands::{Exit, Failure, load, runtime};
use crate::engine::{Engine, EngineError, Options};
use crate::rundir::LeaseError;
use crate::text;

/// Runs the engine of an experiment in a session of its own, so that no terminal takes it along.
pub fn engine(target: &Target, held: bool) -> Result<Exit, Failure> {
    // Fails only for the leader of a process group, who has no terminal to lose then.
    _ = nix::unistd::setsid();
    let options = Options { lingers: true, held, retry_not_ok: false };
    let plan = if held { load::load_to_signal(target) } else { load::load(target) };
    let opened = plan.and_then(|plan| {
        runtime().and_then(|runtime| {
            let entered = runtime.enter();
            let engine = Engine::open(plan, options)?;
            drop(entered);
            Ok((runtime, engine))
        })
    });
    let (runtime, engine) = match opened {
        Ok(opened) => opened,
        Err(failure) => {
            announce(&match &failure {
                Failure::Engine(EngineError::Lease(LeaseError::Held(_))) => Readiness::Held,
                Failure::Told(_) => Readiness::Failed { reason: "the experiment file is not valid".to_owned() },
                other => Readiness::Failed { reason: text::safe_error(other).to_string() },
            });
            return Err(failure);
        }
    };
    // The working directory must not keep a filesystem busy for days; every path of a plan is absolute.
    _ = std::env::set_current_dir("/");
    announce(&Readiness::Ready);
    runtime.block_on(async {
        let (leave, left) = oneshot::channel();
        let mut terminate = signal(SignalKind::terminate()).map_err(Failure::io("could not watch for SIGTERM"))?;
        tokio::spawn(async move {
            terminate.recv().await;
            // The engine may have ended by itself.
            _ = leave.send(());
        });
        engine.run(left).await.map_err(Failure::from)
    })?;
    Ok(Exit::Ok)
}

fn announce(readiness: &Readiness) {
    let mut stdout = std::io::stdout();
    // A client that does not listen any more is no reason not to go on.
    _ = serde_json::to_string(readiness).map(|line| writeln!(stdout, "{line}").and_then(|()| stdout.flush()));
}
