//! From a simulation of the plan to an attempt directory that a shim can be started in.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::engine::witness::Witness;
use crate::experiment::{Call, Program, Simulation, secret};
use crate::rundir::record::{End, Exit, FORMAT, FileFacts, Moment, OomKills, Spec, Usage};
use crate::rundir::{AttemptDir, ExperimentDir, SimulationDir, atomic, attempts, beneath};
use crate::spawn::command_line::command_line;
use crate::text::human;

/// How many numbers are tried when attempt directories are in the way. One is enough unless somebody made them by
/// hand while the engine ran.
const NUMBERS_TRIED: u32 = 100;

/// An attempt that is ready for its shim.
#[derive(Debug)]
pub struct Prepared {
    /// The attempt's number: the one that was asked for, or the first free one after it.
    pub number: u32,
    /// Its directory.
    pub dir: AttemptDir,
    /// `spec.json`, open and locked, for the shim's standard input.
    pub spec: File,
    /// What the shim's environment must hold, because no record does.
    pub secrets: Vec<(String, String)>,
    /// Whether it is not to be launched: why is recorded as its end.
    pub refused: bool,
}

/// The attempt of a needed simulation that ended ok.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// The needed simulation.
    pub name: String,
    /// The attempt's directory.
    pub dir: PathBuf,
}

/// Why an attempt could not be launched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaunchError {
    /// A sentence for a person.
    pub reason: String,
    /// Whether the machine is at fault, such as its full disk: the next simulation would fare no better.
    pub of_machine: bool,
}

impl LaunchError {
    /// An error of the system while doing `what` to `path`.
    pub fn io(what: &str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |error| Self {
            of_machine: is_of_machine(&error),
            reason: format!("could not {what} {}: {error}", path.display()),
        }
    }
}

/// Whether an error says something about the machine and not about one path.
fn is_of_machine(error: &io::Error) -> bool {
    use io::ErrorKind::{
        OutOfMemory, QuotaExceeded, ReadOnlyFilesystem, StaleNetworkFileHandle, StorageFull, WouldBlock,
    };
    use nix::libc::{EIO, EMFILE, ENFILE};
    matches!(
        error.kind(),
        OutOfMemory | QuotaExceeded | ReadOnlyFilesystem | StaleNetworkFileHandle | StorageFull | WouldBlock
    ) || matches!(error.raw_os_error(), Some(EIO | EMFILE | ENFILE))
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
    retries_made: u32,
    witness: &Witness,
) -> Result<Prepared, LaunchError> {
    let bound = bind(simulation, outdir, needs);
    if let Some((name, _)) = secret::withheld(&bound.env).find(|(name, value)| secret::is_withheld(name, Some(value))) {
        let reason = format!("the value of `{name}` is not recorded: mend the experiment file, which has it");
        return Err(LaunchError { reason, of_machine: false });
    }
    let secrets = secret::withheld(&bound.env).map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let (provenance, refused) = witness.look(&bound);
    let dir = outdir.simulation(&simulation.name);
    let made = make_attempt(&dir, number);
    let (number, attempt) = made.map_err(LaunchError::io("make", dir.path()))?;
    let version = provenance.executable.as_ref().and_then(|build| build.version.as_deref());
    let argv = command_line(&bound, &attempt.m5out(), version)
        .map_err(|refused| LaunchError { reason: refused.to_string(), of_machine: false })?;
    let Simulation { env, cwd, program, .. } = bound;
    let call = match program {
        Program::Function(call) => Some(call),
        Program::Script { .. } | Program::MultiSim { .. } => None,
    };
    let spec = Spec {
        format: FORMAT,
        simulation: simulation.name.clone(),
        attempt: number,
        argv,
        cwd,
        env: secret::redacted(&env),
        call,
        output_subdir: simulation.program.output_subdir().map(str::to_owned),
        parameters: simulation.parameters.clone(),
        retries_made,
        spec_hash: spec_hash(simulation),
        success: simulation.success.clone(),
        executable: file_facts(&simulation.gem5),
        gem5_tui: env!("CARGO_PKG_VERSION").to_owned(),
        at: Moment::now(),
    };
    let path = attempt.provenance();
    atomic::write_json(&path, &provenance).map_err(LaunchError::io("write", &path))?;
    atomic::write_json(&attempt.spec(), &spec).map_err(LaunchError::io("write", &attempt.spec()))?;
    let spec = attempts::lock_spec(&attempt).map_err(LaunchError::io("lock", &attempt.spec()))?;
    point_latest(&dir, number).map_err(LaunchError::io("set", &dir.latest()))?;
    if let Some(reason) = &refused {
        refuse(&attempt, reason).map_err(LaunchError::io("write", &attempt.exit()))?;
    }
    Ok(Prepared { number, dir: attempt, spec, secrets, refused: refused.is_some() })
}

/// Records the end of an attempt whose executable cannot run, in place of the shim that is not started.
fn refuse(attempt: &AttemptDir, reason: &str) -> io::Result<()> {
    atomic::write_json(
        &attempt.exit(),
        &Exit {
            format: FORMAT,
            end: End::NotStarted { reason: reason.to_owned() },
            at: Moment::now(),
            wall_ms: 0,
            paused_ms: 0,
            usage: Usage::default(),
            oom_kills: OomKills::default(),
        },
    )
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

/// Points `latest` at the attempt by a rename, so that it never points nowhere.
fn point_latest(dir: &SimulationDir, number: u32) -> io::Result<()> {
    let new = dir.path().join(".latest.new");
    match fs::remove_file(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    symlink(format!("attempt-{number}"), &new)?;
    fs::rename(&new, dir.latest())
}

/// Replaces `<outdir>/<need>/latest` by the attempt that ended ok: a later retry of the needed simulation must not
/// move the ground under one that already runs, and the record must say what was really read.
fn bind(simulation: &Simulation, outdir: &ExperimentDir, needs: &[Need]) -> Simulation {
    let mut bound = simulation.clone();
    for need in needs {
        let latest = outdir.simulation(&need.name).latest();
        let (Some(from), Some(to)) = (latest.to_str(), need.dir.to_str()) else { continue };
        let swap = |text: &mut String| *text = text.replace(from, to);
        match &mut bound.program {
            Program::Script { args, .. } => args.iter_mut().for_each(swap),
            // Its id says everything; a script that reads what another one wrote finds it by `env`.
            Program::MultiSim { .. } => {}
            Program::Function(Call { args, kwargs, .. }) => {
                args.iter_mut().chain(kwargs.values_mut()).for_each(|value| bind_value(value, from, to));
            }
        }
        bound.gem5_args.iter_mut().for_each(swap);
        bound.env.values_mut().flatten().for_each(swap);
    }
    bound
}

fn bind_value(value: &mut Value, from: &str, to: &str) {
    match value {
        Value::String(text) => *text = text.replace(from, to),
        Value::Array(items) => items.iter_mut().for_each(|item| bind_value(item, from, to)),
        Value::Object(map) => map.values_mut().for_each(|item| bind_value(item, from, to)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The hash of what decides a simulation's result. Names, limits and the output directory are not part of it, so that
/// a renamed experiment or a longer timeout reruns nothing; nor are the values of secrets, which a hash could give away.
pub fn spec_hash(simulation: &Simulation) -> String {
    #[derive(serde::Serialize)]
    struct Key<'a> {
        gem5: &'a Path,
        gem5_args: &'a [String],
        program: &'a Program,
        env: &'a BTreeMap<String, Option<String>>,
        cwd: &'a Path,
        parameters: &'a [(String, String)],
    }
    let Simulation { gem5, gem5_args, program, env, cwd, parameters, .. } = simulation;
    let env = &secret::redacted(env);
    let key = Key { gem5, gem5_args, program, env, cwd, parameters };
    let text = serde_json::to_vec(&key).expect("strings, paths of UTF-8 and maps with string keys are JSON");
    human::hex(&Sha256::digest(text))
}

fn file_facts(path: &Path) -> Option<FileFacts> {
    let meta = fs::metadata(path).ok()?;
    let modified_ms = meta.mtime() * 1000 + meta.mtime_nsec() / 1_000_000;
    Some(FileFacts { path: path.to_owned(), bytes: meta.len(), modified_ms })
}
