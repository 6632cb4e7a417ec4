//! `gem5-tui demo`: the whole product on a machine without gem5.

use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::Path;

use crate::cli::{self, Look, Target};
use crate::commands::output::Output;
use crate::commands::{Exit, Failure, open, output, run};
use crate::engine::{Options, Rerun};
use crate::rundir::trust::{self, What};
use crate::text::Safe;

/// One file of the demo: where it goes, what is in it.
type DemoFile = (&'static str, &'static str);

macro_rules! demo_files {
    ($($path:literal),+ $(,)?) => { &[$(($path, include_str!(concat!("../../", $path)))),+] };
}

/// The stand-in and the examples that run on it.
const FILES: &[DemoFile] = demo_files![
    "assets/standin/gem5-standin",
    "assets/standin/gem5/__init__.py",
    "assets/standin/gem5/components/__init__.py",
    "assets/standin/gem5/components/boards/__init__.py",
    "assets/standin/gem5/components/boards/standin_board.py",
    "assets/standin/gem5/simulate/__init__.py",
    "assets/standin/gem5/simulate/exit_event.py",
    "assets/standin/gem5/simulate/simulator.py",
    "assets/standin/gem5/utils/__init__.py",
    "assets/standin/gem5/utils/multiprocessing/__init__.py",
    "assets/standin/gem5/utils/multiprocessing/_command_line.py",
    "assets/standin/gem5/utils/multiprocessing/context.py",
    "assets/standin/gem5/utils/multiprocessing/popen_spawn_gem5.py",
    "assets/standin/gem5/utils/multisim/__init__.py",
    "assets/standin/gem5/utils/multisim/__main__.py",
    "assets/standin/gem5/utils/multisim/multisim.py",
    "assets/standin/m5/__init__.py",
    "assets/standin/m5/core.py",
    "assets/standin/m5/endings.py",
    "assets/standin/m5/event.py",
    "assets/standin/m5/main.py",
    "assets/standin/m5/model.py",
    "assets/standin/m5/objects.py",
    "assets/standin/m5/release.py",
    "assets/standin/m5/signals.py",
    "assets/standin/m5/simobject.py",
    "assets/standin/m5/simulate.py",
    "assets/standin/m5/stats.py",
    "assets/standin/m5/stats_files.py",
    "assets/standin/m5/util.py",
    "assets/standin/m5/workloads.py",
    "assets/experiment.schema.json",
    "configs/demo.yaml",
    "configs/cache_sweep.py",
    "configs/suite.yaml",
    "configs/suite.py",
    "configs/suite_sim.py",
    "configs/checkpoint.yaml",
    "configs/boot.py",
    "configs/restore.py",
    "configs/outcomes.yaml",
    "configs/outcomes.py",
    "configs/multisim.py",
    "configs/multisim.yaml",
    "configs/own_pool.yaml",
    "configs/own_pool/script.py",
    "configs/own_pool/sim.py",
    "configs/spawn_example.yaml",
    "configs/paper.yaml",
    "configs/paper/verdict.py",
    "configs/steps.yaml",
    "configs/executors/flux.yaml",
    "configs/executors/htcondor.yaml",
    "configs/executors/hyperqueue.yaml",
    "configs/executors/lsf.yaml",
    "configs/executors/pbs.yaml",
    "configs/executors/sge.yaml",
    "configs/steps/ipc.py",
    "configs/spawn_example/sim.py",
    "configs/labs/lab.py",
    "configs/labs/power.yaml",
    "configs/labs/parsec.yaml",
    "configs/labs/benchmarks.txt",
    "configs/labs/prefetchers.yaml",
    "configs/labs/boots.yaml",
    "configs/labs/boots.csv",
    "configs/labs/memories.yaml",
    "configs/labs/dram/DDR3_8Gb_x8_1600.ini",
    "configs/labs/dram/DDR4_8Gb_x8_2400.ini",
];

/// Unpacks the demo into `dir` and runs its sweep, in the dashboard or without it.
pub(crate) fn demo(dir: &Path, headless: bool, output: &mut Output) -> Result<Exit, Failure> {
    check(dir)?;
    unpack(dir).map_err(Failure::io(format!("could not unpack the demo into {}", dir.display())))?;
    let experiment = dir.join("configs/demo.yaml");
    output::complain(&Safe::line(&format!(
        "the demo is in {}; it runs on a stand-in, not on gem5. Come back with: gem5-tui {}",
        dir.display(),
        experiment.display()
    )));
    let target = Target { experiment, overrides: cli::Overrides::default() };
    if headless {
        run::run(&target, run::How::default(), Options { rerun: Rerun::NOT_OK, ..Options::default() }, output)
    } else {
        open::open(&target, Look::default(), open::Queue::Starts, output)
    }
}

/// Refuses a directory in which somebody else could have put what is run as the stand-in.
fn check(dir: &Path) -> Result<(), Failure> {
    make(dir).map_err(Failure::io(format!("could not make {}", dir.display())))?;
    trust::check_path(dir, What::Demo).map_err(|error| Failure::Usage(error.to_string()))
}

/// Makes a directory that only its user can write, whatever the mask says.
fn make(dir: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o755).create(dir)
}

/// Writes every file that is missing. A file that is there and differs is somebody's work: it is kept.
fn unpack(dir: &Path) -> io::Result<()> {
    if dir.exists() && !dir.join("configs/demo.yaml").exists() && fs::read_dir(dir)?.next().is_some() {
        return Err(io::Error::other("the directory is not empty and holds no earlier demo; name another one"));
    }
    for (path, text) in FILES {
        let path = dir.join(path);
        if path.exists() {
            continue;
        }
        if let Some(parent) = path.parent() {
            make(parent)?;
        }
        fs::write(&path, text)?;
        if text.starts_with("#!") {
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_demo_keeps_what_the_user_changed() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path().join("demo");
        unpack(&dir).unwrap();
        let file = dir.join("configs/demo.yaml");
        fs::write(&file, "name: mine").unwrap();
        unpack(&dir).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "name: mine");
        let mode = fs::metadata(dir.join("assets/standin/gem5-standin")).unwrap().permissions().mode();
        assert_eq!(mode & 0o111, 0o111);
    }

    #[test]
    fn a_directory_of_somebody_elses_files_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("thesis.tex"), "").unwrap();
        assert!(unpack(dir.path()).is_err());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn every_file_of_the_stand_in_is_embedded() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut folders = vec![root.join("assets/standin"), root.join("configs")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let relative = path.strip_prefix(root).unwrap().to_str().unwrap();
                // The demo may have run here, as the first command of README.md does it.
                let made_by_a_run = relative.contains("__pycache__") || relative == "configs/runs";
                let needs_gem5 = relative == "configs/real_gem5.yaml";
                if path.is_dir() && !made_by_a_run {
                    folders.push(path);
                } else if path.is_file() && !needs_gem5 {
                    assert!(FILES.iter().any(|(path, _)| *path == relative), "{relative} is not embedded");
                }
            }
        }
    }
}
