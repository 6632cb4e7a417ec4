//! `gem5-tui plan --check-executor`: whether a batch system would take the jobs, before any of them is handed in.

use crate::cli::Target;
use crate::commands::intent::{self, Intent};
use crate::commands::output::Output;
use crate::commands::{Exit, Failure};
use crate::engine::executor::{Checked, Executor};
use crate::text::Safe;

/// Asks, and prints each answer as it comes.
pub(super) fn check(target: &Target, output: &mut Output) -> Result<Exit, Failure> {
    let plan = intent::plan(target, Intent::Launch)?;
    if !plan.simulations.iter().any(|simulation| simulation.executor.system().is_some()) {
        return Err(Failure::Usage(
            "everything runs on this machine: the file and the command line name no batch system".to_owned(),
        ));
    }
    let (mut wrong, mut broken) = (0, Ok(()));
    Executor::check(&plan, |Checked { asked, found, is_open }| {
        let (word, said) = match (found, is_open) {
            (Ok(said), false) => ("ok", said),
            (Ok(said), true) => ("open", said),
            (Err(said), _) => ("wrong", said),
        };
        wrong += u32::from(found.is_err());
        // It may take minutes until the next one.
        let line = output.line(&Safe::line(&format!("{word:<6} {asked}: {said}"))).and_then(|()| output.flush());
        if broken.is_ok() {
            broken = line;
        }
    });
    broken?;
    Ok(if wrong == 0 { Exit::Ok } else { Exit::NotOk })
}
