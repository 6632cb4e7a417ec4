//! From a simulation of the plan to an attempt directory that a shim can be started in.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::engine::attempt::provenance::Surroundings;
use crate::engine::state::retry::Raised;
use crate::experiment::{Call, Gem5Run, Program, Run, Simulation, own_number, secret};
use crate::gem5::argv;
use crate::rundir::declared::{self, PutAside};
use crate::rundir::inputs::executable;
use crate::rundir::named::as_named;
use crate::rundir::record::{Claim, End, Exit, FORMAT, InputFile, Moment, Spec, SuiteCall, UsedNeed};
use crate::rundir::spawns::Spawns;
use crate::rundir::{AttemptDir, ExperimentDir, SimulationDir, atomic, attempts, beneath, fault, latest};
use crate::spawn::command_line::command_line;
use crate::spawn::identity;
use crate::spawn::launch::LaunchError;
use serde_json::Value;

/// How many numbers are tried when attempt directories are in the way. One is enough unless somebody made them by
/// hand while the engine ran.
const NUMBERS_TRIED: u32 = 100;

/// How often a simulation's directory that refuses us is tried.
const REFUSED_TRIES: u32 = 30;

/// Between two of those tries.
const REFUSED_AGAIN: Duration = Duration::from_secs(1);

/// An attempt that is ready for its shim.
#[derive(Debug)]
pub struct Prepared {
    /// The attempt's number: the one that was asked for, or the first free one after it.
    pub number: u32,
    /// Its directory.
    pub dir: AttemptDir,
    /// `spec.json`, open and locked, for the shim's standard input.
    pub spec: File,
    /// What is launched, where that is known.
    pub executable: Option<InputFile>,
    /// What the shim's environment must hold, because no record does.
    pub secrets: Vec<(String, String)>,
    /// Whether it is not to be launched: why is recorded as its end.
    pub refused: bool,
}

/// What another attempt owes to the ones before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Again {
    /// Automatic retries that had led to it since a person last asked for one.
    pub retries_made: u32,
    /// Whether a suite takes nothing from before.
    pub anew: bool,
    /// What it may use: what the file says, raised by what ran out before it.
    pub limits: Raised,
}

/// The attempt of a needed simulation that counts: one that ended ok, or the newest one where it only had to end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// The needed simulation.
    pub name: String,
    /// The attempt; 0 if it had none.
    pub attempt: u32,
    /// The attempt's directory, if it had one.
    pub dir: Option<PathBuf>,
}

/// Makes the attempt's directory and writes what to launch.
///
/// # Errors
/// What could not be done and why, and whether the machine or this one simulation is at fault.
pub fn prepare(
    outdir: &ExperimentDir,
    simulation: &Simulation,
    number: u32,
    needs: &[Need],
    again: Again,
    surroundings: &Surroundings,
) -> Result<Prepared, LaunchError> {
    let mut bound = bind(simulation, outdir, needs);
    if let Run::Gem5(Gem5Run { program: Program::Function(call), .. }) = &mut bound.run
        && let Some(pickled) = &mut call.pickled
    {
        pickled.path = outdir.name().join(&pickled.path);
    }
    if let Some((name, _)) = secret::withheld(&bound.env).find(|(_, value)| secret::is_withheld(Some(value))) {
        let reason = format!("the value of `{name}` is not recorded: mend the experiment file, which has it");
        return Err(LaunchError::new(reason));
    }
    let secrets = secret::withheld(&bound.env).map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let dir = outdir.simulation(&simulation.name);
    // Which number is free is known when the directory is made; until then nothing of it is there, whichever it will be.
    let asked = bind_own(bound.clone(), &dir, number);
    let (provenance, refused) = surroundings.look(&asked)?;
    let refused = match refused.map(|reason| LaunchError::new(reason).beside(outdir.path())) {
        Some(error) if error.of_machine => return Err(error),
        refused => refused.map(|error| error.reason),
    };
    let inputs = surroundings.inputs(&asked);
    let executable = executable(&inputs).cloned();
    let (number, attempt) = make_patiently(outdir, &dir, number)?;
    let attempt = attempt.hold().map_err(LaunchError::io("open", attempt.path()))?;
    let bound = bind_own(bound, &dir, number);
    let gem5_args = match &bound.run {
        Run::Gem5(Gem5Run { gem5_args, .. }) => gem5_args.as_slice(),
        Run::Step { .. } => &[],
    };
    let refused = refused.or_else(|| would_overwrite(gem5_args));
    let refused = refused.or_else(|| keep_outputs(&dir, number, &bound.outputs).err());
    let version = provenance.executable.as_ref().and_then(|build| build.version.as_deref());
    // Other processes know it by its name.
    let argv = command_line(&bound, &attempt.let_go().m5out(), version)
        .map_err(|refused| LaunchError::new(refused.to_string()));
    let filled = argv.and_then(|argv| {
        let Simulation { run, env, cwd, outputs, .. } = bound;
        let kind = run.kind();
        let output_subdir = run.program().and_then(Program::output_subdir).map(str::to_owned);
        let (call, suite) = match run {
            Run::Gem5(Gem5Run { program: Program::Function(call), .. }) => (Some(*call), None),
            Run::Gem5(Gem5Run { program: Program::Suite(suite), .. }) => (None, Some(suite)),
            Run::Gem5(_) | Run::Step { .. } => (None, None),
        };
        let suite =
            suite.map(|suite| SuiteCall { script: suite.path, args: suite.args, fresh: suite.fresh || again.anew });
        if suite.is_some() {
            let spawns = Spawns::of(&attempt);
            spawns.make().map_err(LaunchError::io("make", spawns.path()))?;
        }
        let used = |need: &Need| UsedNeed { name: need.name.clone(), attempt: need.attempt };
        let spec = Spec {
            format: FORMAT,
            simulation: simulation.name.clone(),
            attempt: number,
            kind,
            argv,
            prefix: simulation.prefix.len(),
            cwd: cwd.to_path_buf(),
            env: secret::redacted(&env),
            outputs,
            call,
            suite,
            output_subdir,
            parameters: simulation.parameters.clone(),
            retries_made: again.retries_made,
            spec_hash: simulation.key().hash(),
            key: simulation.key(),
            inputs,
            needs: needs.iter().map(used).collect(),
            success: simulation.success.as_deref().cloned(),
            batch: simulation.executor.system().map(str::to_owned),
            memory: again.limits.memory,
            timeout_ms: again.limits.timeout.map(|limit| limit.as_millis() as u64),
            gem5_tui: env!("CARGO_PKG_VERSION").to_owned(),
            at: Moment::now(),
        };
        if *cwd == *attempt.let_go().m5out() {
            fs::create_dir(attempt.m5out()).map_err(LaunchError::io("make", &attempt.m5out()))?;
        }
        let path = attempt.provenance();
        // Its name lasts with that of `started.json`, and whoever records the end has it on disk before.
        atomic::write_for_now(&path, &provenance).map_err(LaunchError::io("write", &path))?;
        let path = attempt.spec();
        let is_ours_to_start = spec.batch.is_none() && refused.is_none();
        // The shim has it on disk before it records the start. Until then nothing has run here, and a power cut ends what had begun; a
        // job may begin elsewhere whatever becomes of this machine, and an end needs what ended.
        let write = if is_ours_to_start { atomic::write_for_now } else { atomic::write_json };
        write(&path, &spec).map_err(LaunchError::io("write", &path))?;
        let locked = attempts::lock_spec(&attempt).map_err(LaunchError::io("lock", &attempt.spec()))?;
        latest::point(&dir, number).map_err(LaunchError::io("set", &dir.latest()))?;
        if let Some(reason) = &refused {
            refuse(&attempt, reason).map_err(LaunchError::io("write", &attempt.exit()))?;
        }
        Ok(locked)
    });
    let spec = match filled {
        Ok(spec) => spec,
        Err(error) => {
            take_back(&dir, number);
            return Err(error);
        }
    };
    Ok(Prepared { number, dir: attempt, spec, executable, secrets, refused: refused.is_some() })
}

/// Takes back the directory of an attempt that was never started: a disk that is full for a day must not leave a thousand
/// empty ones. Only what was written here a moment ago is removed, and a directory that holds anything else stays. Says
/// whether it is gone.
pub fn take_back(dir: &SimulationDir, number: u32) -> bool {
    let attempt = dir.attempt(number);
    let records = [
        attempt.provenance(),
        attempt.spec(),
        // Of an attempt that a batch system did not take, or did not start.
        attempt.submitting(),
        attempt.submitted(),
        attempt.job_script(),
        attempt.job_log(),
    ];
    // Of one that a batch system was to start it is ours, so that no shim comes any more. That of a shim stays, and the directory with it.
    let own = |claim: Claim| identity::own().is_ok_and(|own| own == claim.shim);
    let is_claimed = atomic::read_json(&attempt.claim()).ok().flatten().is_some_and(own);
    // Nothing ran, so that the wish to stop it is of no use either.
    let claim = if is_claimed { vec![attempt.stop(), attempt.claim()] } else { Vec::new() };
    let works_there = |spec: Spec| spec.cwd == attempt.m5out();
    if atomic::read_json(&attempt.spec()).ok().flatten().is_some_and(works_there) {
        // We have made it, and what holds anything is not removed.
        _ = fs::remove_dir(attempt.m5out());
    }
    // The same of a suite's.
    _ = fs::remove_dir(Spawns::of(&attempt).path());
    let is_ours = |entry: io::Result<fs::DirEntry>| {
        entry.is_ok_and(|entry| records.iter().chain(&claim).any(|record| *record == entry.path()))
    };
    if !fs::read_dir(attempt.path()).is_ok_and(|mut entries| entries.all(is_ours)) {
        return false;
    }
    // The claim last: until then no shim begins.
    for record in records.iter().chain(&claim) {
        // Not there, most likely.
        _ = fs::remove_file(record);
    }
    if fs::remove_dir(attempt.path()).is_err() {
        return false;
    }
    // `latest` must point to what is there.
    latest::forget(dir, number);
    true
}

/// Why gem5 must not be started with these options: it truncates the files that they name.
fn would_overwrite(gem5_args: &[String]) -> Option<String> {
    let taken = argv::absolute_files(gem5_args).into_iter().find(|(_, path)| fs::symlink_metadata(path).is_ok());
    taken.map(|(_, path)| format!("gem5 would overwrite `{path}`; move it away, or name another file"))
}

/// Keeps what earlier attempts have left of the outputs that this one declares.
fn keep_outputs(dir: &SimulationDir, number: u32, outputs: &[PathBuf]) -> Result<(), String> {
    for PutAside { from, to, attempt } in declared::put_aside(dir, number, outputs)? {
        tracing::info!("{}, which attempt {attempt} wrote, is {} now", from.display(), to.display());
    }
    Ok(())
}

/// Records the end of an attempt whose executable cannot run, in place of the shim that is not started.
pub(super) fn refuse(attempt: &AttemptDir, reason: &str) -> io::Result<()> {
    let end = End::NotStarted { reason: reason.to_owned(), of_machine: false };
    atomic::write_json(&attempt.exit(), &Exit::new(end, Moment::now()))
}

/// Makes the attempt's directory, patiently where only that of its simulation refuses us: somebody may be at work in it, and
/// it is the only one that waits. One that keeps refusing was made by somebody else, which is no fault of the machine.
fn make_patiently(outdir: &ExperimentDir, dir: &SimulationDir, number: u32) -> Result<(u32, AttemptDir), LaunchError> {
    let mut tries = 1;
    loop {
        let error = match make_attempt(dir, number) {
            Ok(made) => return Ok(made),
            Err(error) => error,
        };
        let is_alone = fault::is_refusal(&error) && !fault::refuses(outdir.path());
        if !is_alone {
            return Err(LaunchError::io("make an attempt in", dir.path())(error));
        }
        if tries == REFUSED_TRIES {
            let shown = as_named(dir.path());
            let shown = shown.display();
            return Err(LaunchError::new(format!(
                "could not make an attempt in {shown}: {error}; see who owns it, and its mode"
            )));
        }
        tries += 1;
        std::thread::sleep(REFUSED_AGAIN);
    }
}

fn make_attempt(dir: &SimulationDir, number: u32) -> io::Result<(u32, AttemptDir)> {
    beneath::make_simulation(dir)?;
    for number in number..number.saturating_add(NUMBERS_TRIED) {
        match beneath::make_attempt(dir, number) {
            Ok(attempt) => return Ok((number, attempt)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other("too many attempt directories are in the way"))
}

/// Replaces `<outdir>/<need>/latest` by the attempt that ended ok: a later retry of the needed simulation must not
/// move the ground under one that already runs, and the record must say what was really read.
fn bind(simulation: &Simulation, outdir: &ExperimentDir, needs: &[Need]) -> Simulation {
    let mut bound = simulation.clone();
    for Need { name, dir, .. } in needs {
        let Some(dir) = dir else { continue };
        let latest = ExperimentDir::new(outdir.name()).simulation(name).latest();
        replace_in(&mut bound, &latest, &dir.to_string_lossy());
    }
    bound
}

/// The same for what the simulation says of its own attempt: its directory and its number.
pub(crate) fn bind_own(mut bound: Simulation, dir: &SimulationDir, number: u32) -> Simulation {
    let dir = SimulationDir::new(dir.name());
    replace_in(&mut bound, Path::new(&own_number(&dir.latest())), &number.to_string());
    replace_in(&mut bound, &dir.latest(), &dir.attempt(number).path().to_string_lossy());
    bound
}

/// Replaces a path in all that a process is given.
fn replace_in(bound: &mut Simulation, from: &Path, to: &str) {
    let Some(from) = from.to_str() else { return };
    let swap = |text: &mut String| *text = text.replace(from, to);
    match &mut bound.run {
        Run::Gem5(Gem5Run { gem5_args, program, .. }) => {
            gem5_args.iter_mut().for_each(swap);
            match program {
                Program::Script { args, .. } => args.iter_mut().for_each(swap),
                // Its id says everything; a script that reads what another one wrote finds it by `env`.
                Program::MultiSim { .. } => {}
                Program::Suite(suite) => suite.args.iter_mut().for_each(swap),
                Program::Function(call) => {
                    let Call { args, kwargs, .. } = &mut **call;
                    args.iter_mut().chain(kwargs.values_mut()).for_each(|value| bind_value(value, from, to));
                }
            }
        }
        Run::Step { step } => {
            step.args.iter_mut().for_each(swap);
            if let Some(program) = step.program.to_str().filter(|program| program.contains(from)) {
                step.program = PathBuf::from(program.replace(from, to));
            }
        }
    }
    bound.prefix.iter_mut().for_each(swap);
    bound.env.values_mut().flatten().for_each(swap);
    for output in &mut bound.outputs {
        *output = PathBuf::from(output.to_string_lossy().replace(from, to));
    }
    if let Some(cwd) = bound.cwd.to_str().filter(|cwd| cwd.contains(from)) {
        bound.cwd = Path::new(&cwd.replace(from, to)).into();
    }
}

fn bind_value(value: &mut Value, from: &str, to: &str) {
    match value {
        Value::String(text) => *text = text.replace(from, to),
        Value::Array(items) => items.iter_mut().for_each(|item| bind_value(item, from, to)),
        Value::Object(map) => map.values_mut().for_each(|item| bind_value(item, from, to)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_attempt_that_holds_its_records_and_nothing_else_is_taken_back() {
        let place = tempfile::tempdir().unwrap();
        let dir = ExperimentDir::new(place.path()).simulation("a");
        for number in [1, 2] {
            let (made, attempt) = make_attempt(&dir, number).unwrap();
            fs::write(attempt.spec(), "{}").unwrap();
            latest::point(&dir, made).unwrap();
        }
        let output = dir.attempt(2).m5out();
        fs::create_dir(&output).unwrap();
        assert!(!take_back(&dir, 2));
        assert!(output.exists() && dir.attempt(2).spec().exists(), "a record without which the output says nothing");
        fs::remove_dir(&output).unwrap();
        assert!(take_back(&dir, 2));
        assert!(!dir.attempt(2).path().exists());
        assert_eq!(fs::read_link(dir.latest()).unwrap(), Path::new("attempt-1"));
    }
}
