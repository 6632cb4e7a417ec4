//! From an experiment file's path to its plan, or to messages on standard error.

use std::path::{Path, PathBuf};

use crate::cli::{OverrideArgs, Target};
use crate::commands::{Exit, Failure, output};
use crate::diagnostic::Diagnostics;
use crate::experiment::{self, Concurrency, FileKind, Files, Loaded, Overrides, Plan};
use crate::rundir::files::Disk;

/// Larger files are refused before they are read. A plan of 100,000 simulations fits into a few KiB of YAML.
const MAX_FILE: u64 = 4 << 20;

/// Reads and checks the experiment file, for a verb that may launch something. Everything that is wrong with it is told
/// on standard error at once.
pub fn load(target: &Target) -> Result<Plan, Failure> {
    let (text, source) = read(target)?;
    told(experiment::load(&text, &source, &overrides(&target.overrides)?, &Disk::new()))
}

/// The same for a verb that looks at what ran, or signals it. A script or a gem5 that is not there right now, because it
/// is being built or is on the PATH of another shell, must not keep a person from a cancel.
pub fn load_to_look(target: &Target) -> Result<Plan, Failure> {
    let (text, source) = read(target)?;
    let overrides = overrides(&target.overrides)?;
    let disk = Disk::new();
    match experiment::load(&text, &source, &overrides, &disk) {
        Ok(loaded) => Ok(loaded.plan),
        Err(_) => told(experiment::load(&text, &source, &overrides, &Assumed(disk))),
    }
}

/// A disk on which no file is missing.
struct Assumed(Disk);

impl Files for Assumed {
    fn kind(&self, path: &Path) -> FileKind {
        match self.0.kind(path) {
            FileKind::Directory => FileKind::Directory,
            FileKind::Missing | FileKind::File | FileKind::Executable => FileKind::Executable,
        }
    }

    fn find_on_path(&self, name: &str) -> Option<PathBuf> {
        self.0.find_on_path(name).or_else(|| Some(PathBuf::from("/").join(name)))
    }
}

fn told(loaded: Result<Loaded, Diagnostics>) -> Result<Plan, Failure> {
    match loaded {
        Ok(loaded) => {
            if !loaded.warnings.is_empty() {
                output::complain_block(&loaded.warnings.render(output::stderr_look()));
            }
            Ok(loaded.plan)
        }
        Err(diagnostics) => {
            output::complain_block(&diagnostics.render(output::stderr_look()));
            Err(Failure::Told(Exit::Usage))
        }
    }
}

fn read(target: &Target) -> Result<(String, PathBuf), Failure> {
    let shown = target.experiment.display();
    let reading = |error: std::io::Error| {
        // A word without a dot or a slash may have been meant as a verb.
        let is_word = target.experiment.components().count() == 1 && target.experiment.extension().is_none();
        let verb = if is_word { "; there is no such command either, see --help" } else { "" };
        Failure::Usage(format!("could not read {shown}: {error}{verb}"))
    };
    let source = resolved(&target.experiment).map_err(reading)?;
    let length = std::fs::metadata(&source).map_err(reading)?.len();
    if length > MAX_FILE {
        return Err(Failure::Usage(format!("{shown} is larger than 4 MiB, so it is no experiment file")));
    }
    let bytes = std::fs::read(&source).map_err(reading)?;
    Ok((String::from_utf8_lossy(&bytes).into_owned(), source))
}

fn overrides(args: &OverrideArgs) -> Result<Overrides, Failure> {
    let path = |path: &Option<PathBuf>| path.as_deref().map(absolute).transpose();
    Ok(Overrides {
        outdir: path(&args.outdir)?,
        // A plain name is looked up on PATH; anything with a slash is relative to where the user stands.
        gem5: match &args.gem5 {
            Some(gem5) if gem5.components().count() == 1 && !gem5.exists() => Some(gem5.clone()),
            gem5 => path(gem5)?,
        },
        concurrency: args.concurrency.map(Concurrency::Fixed),
    })
}

/// The absolute path without links and `..`: whichever way a user names the file, the simulations in it are the same.
fn resolved(path: &Path) -> std::io::Result<PathBuf> {
    let absolute = std::path::absolute(path)?;
    match (absolute.parent(), absolute.file_name()) {
        // The file itself may be a link to one that is shared; what is relative in it is relative to the link.
        (Some(parent), Some(name)) => Ok(std::fs::canonicalize(parent)?.join(name)),
        _ => Ok(absolute),
    }
}

fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    std::path::absolute(path).map_err(Failure::io(format!("could not tell where {} is", path.display())))
}
