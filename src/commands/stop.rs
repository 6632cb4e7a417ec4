//! `gem5-tui stop`: end the engine, after what runs or with it.

use crate::cli::Target;
use crate::commands::intent::{Intent, Source, Unusable};
use crate::commands::output::Output;
use crate::commands::{Exit, Failure, act, attach, runtime, shards};
use crate::engine;
use crate::protocol::Request;
use crate::rundir::record::Moment;
use crate::rundir::trust;
use crate::text::{Safe, human};

/// Drains, or cancels everything.
pub(crate) fn stop(target: &Target, cancel: bool, output: &mut Output) -> Result<Exit, Failure> {
    trust::act();
    let source = Source::read(target)?;
    let plan = source.plan(Intent::Look)?;
    let request = if cancel { Request::CancelAll } else { Request::Drain };
    let sharing = attach::shards(&plan)?;
    if !sharing.is_empty() {
        let asked = runtime()?.block_on(shards::ask(&plan, &sharing, &request, output))?;
        return Ok(asked.unwrap_or(Exit::NotOk));
    }
    runtime()?.block_on(async {
        let mut link = if let Some(link) = attach::find(&plan).await? {
            link
        } else {
            attach::check(&plan)?;
            let counts = engine::look(plan.clone()).header(Moment::now()).counts;
            let left = counts.running + counts.paused;
            if left == 0 {
                output.line(&Safe::plain("no engine runs for this experiment"))?;
                return Ok(Exit::Ok);
            }
            if !cancel {
                let left = human::plural(left.into(), "simulation");
                output.line(&Safe::line(&format!("no engine runs; {left} run on without; --cancel ends them")))?;
                return Ok(Exit::Ok);
            }
            // Somebody has to take them down the ladder.
            let resolved = source.resolve(Intent::Signal).map_err(Unusable::told)?;
            attach::find_or_begin(&resolved, target).await?
        };
        match attach::ask(&mut link, request).await {
            Err(Failure::EngineLeft(_)) => {
                output.line(&Safe::plain("the engine has just ended by itself"))?;
                Ok(Exit::Ok)
            }
            reply => act::told(reply?, &plan, output),
        }
    })
}
