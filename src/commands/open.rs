//! `gem5-tui EXPERIMENT.yaml`: the dashboard.

use std::path::Path;

use crate::cli::Target;
use crate::commands::output::Output;
use crate::commands::{Exit, Failure, attach, load, output, run, runtime, status};
use crate::experiment::Plan;
use crate::protocol::Request;
use crate::rundir::record::ExperimentRecord;
use crate::rundir::{ExperimentDir, atomic};
use crate::text::{Safe, shell};
use crate::tui::{self, Leave};

/// Opens the dashboard of an experiment, with a new engine if none lives.
pub fn open(target: &Target, output: &mut Output) -> Result<Exit, Failure> {
    let plan = load::load(target)?;
    if !output::is_terminal() || std::env::var_os("TERM").is_some_and(|term| term == "dumb") {
        let file = shell::quote(&target.experiment.to_string_lossy());
        return Err(Failure::Usage(format!("the dashboard needs a terminal; without one use `gem5-tui run {file}`")));
    }
    let leave = runtime()?.block_on(async {
        let found = attach::find(&plan).await?;
        let notice = found.as_ref().and_then(|_| changed_since(&plan));
        let mut link = match found {
            Some(link) => link,
            None => attach::find_or_start(target, &plan, false).await?,
        };
        if let Some(cap) = target.overrides.concurrency {
            link.send(Request::SetCap { cap }).await;
        }
        tui::run(link, tui::Options { notice, ..tui::Options::default() }).await.map_err(Failure::from)
    })?;
    let again = again(target);
    let last_words = match leave {
        Leave::TerminalLost => return Ok(Exit::Ok),
        Leave::Idle => {
            let (snapshot, _) = status::look(plan)?;
            output.line(&run::summary(&snapshot.header, None))?;
            let counts = snapshot.header.counts;
            // The engine was killed under the dashboard: what runs goes on, what waits does not start by itself.
            if !counts.all_ended() {
                output.line(&Safe::line(&format!("not all has ended; go on with: {again}")))?;
            }
            return Ok(if counts.ok == counts.total { Exit::Ok } else { Exit::NotOk });
        }
        Leave::CancelledAll => {
            output.line(&Safe::line(&format!("everything was asked to stop; come back with: {again}")))?;
            return Ok(Exit::Cancelled);
        }
        Leave::Draining => "what runs goes on, nothing more is launched",
        Leave::Detached | Leave::Terminated => "the simulations go on",
    };
    output.line(&Safe::line(&format!("{last_words}; come back with: {again}")))?;
    Ok(Exit::Ok)
}

/// A living engine goes on with the plan that it began with. Says so when the file says something else by now.
fn changed_since(plan: &Plan) -> Option<Safe> {
    let path = ExperimentDir::new(&plan.outdir).experiment_record();
    let record: ExperimentRecord = atomic::read_json(&path).ok().flatten()?;
    let differs = record.plan.simulations != plan.redacted().simulations || record.plan.memory != plan.memory;
    differs.then(|| {
        let name = plan.source.file_name().map(Path::new).map_or_else(Safe::default, Safe::path);
        Safe::line(&format!("{name} has changed since the engine started; it holds when the engine starts anew"))
    })
}

/// The command that opens the same experiment again, from where the user stands.
fn again(target: &Target) -> Safe {
    let mut words = vec!["gem5-tui".to_owned(), target.experiment.to_string_lossy().into_owned()];
    let overrides = &target.overrides;
    if let Some(outdir) = &overrides.outdir {
        words.extend(["--outdir".to_owned(), outdir.to_string_lossy().into_owned()]);
    }
    if let Some(gem5) = &overrides.gem5 {
        words.extend(["--gem5".to_owned(), gem5.to_string_lossy().into_owned()]);
    }
    shell::join(&words)
}
