//! The engine as a job of its own, where login nodes end what stays there.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use super::script;
use super::slurm::Slurm;
use crate::engine::executor::job::{Answer, Ask, Sought, Stage};
use crate::experiment::Plan;
use crate::experiment::executor::{SlurmJob, StartedBy};
use crate::rundir::{ExperimentDir, trust};

/// What the engine of ten thousand simulations takes is a seventh of it.
const MEMORY: u64 = 1 << 30;

/// What it is handed, for its own eyes. It lies there as long as the job waits, which may be for ever.
const PLAN: &str = ".gem5-tui-engine.plan";

/// The script of the job.
const SCRIPT: &str = ".gem5-tui-engine.sh";

/// What it prints.
const LOG: &str = ".gem5-tui-engine.log";

/// Hands in a job that runs `gem5-tui` with these arguments and `handover` as its standard input, unless there is one. Says which
/// job it is. Blocks.
///
/// # Errors
/// Why there is none.
pub(in crate::engine) fn start(plan: &Plan, arguments: &[String], handover: &[u8]) -> Result<String, String> {
    trust::act();
    if let Some((variable, simulation)) = plan.a_secret() {
        return Err(format!(
            "`{variable}` of {simulation} looks like a secret, and what such an engine is to do lies on disk until its job starts"
        ));
    }
    let outdir = ExperimentDir::new(&plan.outdir);
    let failed = |error: io::Error| format!("could not write in {}: {error}", plan.outdir.display());
    outdir.make().map_err(failed)?;
    let slurm = Slurm::default();
    let name = super::name::engine_name(&outdir);
    let sought = Sought { name: name.clone(), id: None, since_unix_s: 0 };
    if let Some(status) = slurm.list(Duration::ZERO)?.of(&sought).filter(|job| !matches!(job.stage, Stage::Over(_))) {
        return Ok(status.id.clone());
    }
    let program = script::keep_program(&outdir).map_err(failed)?;
    let [plan_file, script_file, log] = [PLAN, SCRIPT, LOG].map(|file| plan.outdir.join(file));
    write_hidden(&plan_file, handover).map_err(failed)?;
    let words: Vec<String> = std::iter::once(program.display().to_string())
        .chain(arguments.iter().cloned())
        .map(|word| script::quoted(&word))
        .collect();
    let from = script::quoted(&plan_file.to_string_lossy());
    // What it reads is gone when it runs.
    let text = format!("#!/bin/sh\nexec 0<{from} && rm -f {from}\nexec {}\n", words.join(" "));
    fs::write(&script_file, text).map_err(failed)?;
    let ask = Ask {
        name: &name,
        comment: "gem5-tui: engine",
        dir: &plan.outdir,
        log: &log,
        script: &script_file,
        memory: Some(MEMORY),
        limit: None,
        int_before: None,
        exclude: &[],
    };
    match Slurm::submit(&settings(plan), &ask, &[]) {
        Answer::Accepted { id } => Ok(id),
        Answer::Refused { words }
        | Answer::Full { words }
        | Answer::Unreached { words }
        | Answer::Unclear { words } => Err(words),
    }
}

/// Where the jobs of the plan go, and nothing of what they need.
fn settings(plan: &Plan) -> SlurmJob {
    let of = |by: &StartedBy| match by {
        StartedBy::Slurm(job) => Some(job.clone()),
        StartedBy::Local | StartedBy::Command(_) => None,
    };
    let job = plan.simulations.iter().find_map(|simulation| of(&simulation.executor)).unwrap_or_default();
    SlurmJob { partition: job.partition, account: job.account, qos: job.qos, ..SlurmJob::default() }
}

fn write_hidden(path: &Path, bytes: &[u8]) -> io::Result<()> {
    _ = fs::remove_file(path);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
