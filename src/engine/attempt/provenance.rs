//! Takes down what surrounds every launch.
//!
//! It looks at the executable, the script and their repositories just before the shim starts, off the engine's loop. The
//! awkward truth: a file that is replaced in the moment between this look and its use is not seen.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use nix::sys::utsname::{UtsName, uname};

use crate::experiment::{Gem5Run, Interpreter, Program, Run, Simulation, secret};
use crate::rundir::inputs::Inputs;
use crate::rundir::provenance::{Build, HashedFile, Provenance, Repository};
use crate::rundir::record::{FORMAT, InputFile, Moment};
use crate::spawn::builds::Builds;
use crate::spawn::git;
use crate::spawn::launch::LaunchError;

/// Variables that change what gem5 reads, and so what it simulates: of gem5 (`src/python/importer.py`,
/// `gem5/resources/client.py`, `gem5/resources/resource.py`), of Python, and of the dynamic loader.
const VARIABLES: [&str; 9] = [
    "M5_OVERRIDE_PY_SOURCE",
    "GEM5_CONFIG",
    "GEM5_RESOURCE_DIR",
    "GEM5_RESOURCE_JSON",
    "GEM5_RESOURCE_JSON_APPEND",
    "PYTHONHOME",
    "PYTHONPATH",
    "LD_LIBRARY_PATH",
    "LD_PRELOAD",
];

/// For so long a repository counts as it was found: a thousand launches in a row ask git once.
const REPOSITORY_HOLDS: Duration = Duration::from_secs(30);

/// What the engine knows of the world around its launches.
#[derive(Debug)]
pub struct Surroundings {
    builds: Builds,
    experiment: Option<HashedFile>,
    repositories: Mutex<HashMap<PathBuf, (Instant, Option<Repository>)>>,
    inputs: Inputs,
    /// Executables whose strangeness was told.
    told: Mutex<HashSet<PathBuf>>,
}

impl Surroundings {
    /// For the experiment file `source`, which the engine has just read.
    pub fn new(source: &Path) -> Self {
        Self {
            builds: Builds::default(),
            experiment: HashedFile::of(source),
            repositories: Mutex::default(),
            inputs: Inputs::default(),
            told: Mutex::default(),
        }
    }

    /// What surrounds a launch of `simulation` now, and why it cannot be launched if its executable certainly cannot run.
    ///
    /// # Errors
    /// When the machine has no means to find out just now, such as a process more.
    pub fn look(&self, simulation: &Simulation) -> Result<(Provenance, Option<String>), LaunchError> {
        let Simulation { run, env, cwd, .. } = simulation;
        let is_here = simulation.elsewhere().is_none();
        let build = match run {
            Run::Gem5(Gem5Run { gem5, .. }) => is_here.then(|| self.builds.of(gem5, env)),
            Run::Step { step } => Some(self.builds.unasked(&step.program)),
        };
        let (executable, refused) = match build {
            Some(Ok(build)) => {
                self.tell(&build);
                (Some(build), None)
            }
            Some(Err(error)) if error.of_machine => return Err(error),
            Some(Err(error)) => (None, Some(error.reason)),
            None => (None, None),
        };
        let name = uname();
        let text = |text: Option<&std::ffi::OsStr>| text.unwrap_or_default().to_string_lossy().into_owned();
        let script = run.program().and_then(Program::script);
        let mut repositories: Vec<Repository> = Vec::new();
        // gem5 is built in its repository, and so is the program of a step; that of a Python interpreter, such as pyenv's, tells
        // nothing of a result.
        let is_built = |executable: &&Path| is_here && Interpreter::of(executable) == Interpreter::Gem5;
        let built = Some(run.executable()).filter(is_built);
        for file in [script, built].into_iter().flatten() {
            let repository = file.parent().and_then(|directory| self.repository(directory));
            repositories.extend(repository.filter(|found| !repositories.contains(found)));
        }
        let provenance = Provenance {
            format: FORMAT,
            at: Moment::now(),
            host: text(name.as_ref().ok().map(UtsName::nodename)),
            kernel: text(name.as_ref().ok().map(UtsName::release)),
            executable,
            script: script.and_then(HashedFile::of),
            experiment: self.experiment.clone(),
            repositories,
            variables: variables(env),
            gem5_config: HashedFile::of(&cwd.join("gem5-config.json")),
        };
        Ok((provenance, refused))
    }

    /// The files that a launch of `simulation` reads, as they are now.
    pub fn inputs(&self, simulation: &Simulation) -> Vec<InputFile> {
        self.inputs.take(&simulation.inputs())
    }

    /// Tells once what is strange about an executable.
    fn tell(&self, build: &Build) {
        let Some(note) = &build.note else { return };
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.insert(build.path.clone()) {
            tracing::warn!("{}: {note}", build.path.display());
        }
    }

    fn repository(&self, directory: &Path) -> Option<Repository> {
        let known = |map: &HashMap<PathBuf, (Instant, Option<Repository>)>| {
            map.get(directory).filter(|(at, _)| at.elapsed() < REPOSITORY_HOLDS).map(|(_, found)| found.clone())
        };
        // Held while git is asked, so that launches at the same time ask once.
        let mut repositories = self.repositories.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = known(&repositories) {
            return found;
        }
        let found = git::repository(directory);
        repositories.insert(directory.to_owned(), (Instant::now(), found.clone()));
        found
    }
}

/// The variables as the process will have them, as far as they may be written down.
fn variables(changes: &BTreeMap<String, Option<String>>) -> BTreeMap<String, String> {
    let value = |name: &str| match changes.get(name) {
        Some(changed) => changed.clone(),
        None => std::env::var_os(name).map(|value| value.to_string_lossy().into_owned()),
    };
    VARIABLES
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), secret::shown(name, &value(name)?).to_owned())))
        .collect()
}
