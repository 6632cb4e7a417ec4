//! `gem5-tui plan`: what would run. Starts no simulation and writes nothing into the experiment directory.

use std::path::PathBuf;

use serde::Serialize;

use crate::cli::Target;
use crate::commands::output::Output;
use crate::commands::{Exit, Failure, load, repro};
use crate::experiment::{Plan, Program, Simulation};
use crate::rundir::{ExperimentDir, attempts};
use crate::spawn::builds::Builds;
use crate::spawn::command_line::command_line;
use crate::text::{Safe, human, shell};

#[derive(Debug, Serialize)]
struct Planned<'a> {
    name: &'a str,
    attempt: u32,
    argv: &'a [String],
    cwd: &'a PathBuf,
    env: &'a std::collections::BTreeMap<String, Option<String>>,
    parameters: &'a [(String, String)],
    needs: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    call: Option<&'a crate::experiment::Call>,
    outdir: PathBuf,
}

/// Prints every simulation with its exact command.
pub fn plan(target: &Target, json: bool, output: &mut Output) -> Result<Exit, Failure> {
    let plan = load::load(target)?.redacted();
    if !json {
        header(&plan, output)?;
    }
    let outdir = ExperimentDir::new(&plan.outdir);
    let builds = Builds::default();
    for simulation in &plan.simulations {
        let dir = outdir.simulation(&simulation.name);
        let last = attempts::numbers(&dir).ok().and_then(|numbers| numbers.last().copied());
        let attempt = last.unwrap_or(0) + 1;
        let m5out = dir.attempt(attempt).m5out();
        let known = builds.remembered(&simulation.gem5);
        let version = known.as_ref().and_then(|build| build.version.as_deref());
        let argv = command_line(simulation, &m5out, version).map_err(|refused| Failure::Usage(refused.to_string()))?;
        if json {
            let Simulation { name, cwd, env, parameters, needs, program, .. } = simulation;
            let call = match program {
                Program::Function(call) => Some(call),
                Program::Script { .. } | Program::MultiSim { .. } => None,
            };
            let argv = &argv;
            output.json(&Planned { name, attempt, argv, cwd, env, parameters, needs, call, outdir: m5out })?;
        } else {
            one(simulation, &argv, output)?;
        }
    }
    Ok(Exit::Ok)
}

fn header(plan: &Plan, output: &mut Output) -> Result<(), Failure> {
    let Plan { name, outdir, concurrency, memory, simulations, .. } = plan;
    let total = human::plural(simulations.len() as u64, "simulation");
    let memory = memory.map_or_else(String::new, |memory| format!(", memory {}", human::bytes(memory)));
    output.line(&Safe::line(&format!("# {name}: {total}, concurrency {concurrency}{memory}")))?;
    output.line(&Safe::line(&format!("# outdir {}", outdir.display())))?;
    Ok(())
}

fn one(simulation: &Simulation, argv: &[String], output: &mut Output) -> Result<(), Failure> {
    let Simulation { name, cwd, env, needs, .. } = simulation;
    let needs = if needs.is_empty() { String::new() } else { format!(", after {}", needs.join(", ")) };
    output.line(&Safe::plain(""))?;
    output.line(&Safe::line(&format!("# {name}{needs}")))?;
    if let Program::Function(call) = &simulation.program {
        let args = serde_json::to_string(&call.args).unwrap_or_default();
        let kwargs = serde_json::to_string(&call.kwargs).unwrap_or_default();
        output.line(&Safe::line(&format!("# calls {}:{} with {args} {kwargs}", call.module, call.function)))?;
    }
    let words = ["env".to_owned(), "-C".to_owned(), cwd.display().to_string()];
    let mut line = shell::join(&words);
    line.push(&Safe::plain(" "));
    line.push(&repro::changes(env));
    line.push(&shell::join(argv));
    output.line(&line)?;
    Ok(())
}
