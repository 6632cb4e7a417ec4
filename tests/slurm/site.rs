//! A stage whose experiments run on a cluster of their own.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use gem5_tui::rundir::atomic::read_json;
use gem5_tui::rundir::record::{JobEnd, Submitted};
use gem5_tui::spawn::identity::{self, Alive};
use nix::sys::signal::Signal;
use serde_json::Value;

use crate::cluster::Cluster;
use crate::stage::{Running, Said, Stage, json_lines, wait_for, within};

/// Longer than anything that waits for a batch system to be sure.
pub(crate) const LONG: Duration = Duration::from_mins(4);

/// Jobs that are asked for as often as can be.
pub(crate) const SLURM: &str = "executor: {slurm: {poll: 2s}}";

/// The stage is left before the cluster is.
pub(crate) struct Site {
    pub(crate) stage: Stage,
    pub(crate) cluster: Cluster,
}

impl Site {
    /// On a cluster with these settings, if one can be had.
    pub(crate) fn new(settings: &[(&str, &str)]) -> Option<Self> {
        let cluster = Cluster::start(settings)?;
        let stage = Stage::new();
        fs::create_dir(stage.path("bin")).unwrap();
        Some(Self { stage, cluster })
    }

    /// An experiment of gates on the cluster.
    pub(crate) fn gates(&self, settings: &str, names: &[&str]) {
        self.stage.gates(&format!("{SLURM}\n{settings}"), names);
    }

    /// The program with the surroundings of the stage, and the cluster in reach.
    pub(crate) fn command(&self, args: &str) -> Command {
        let mut command = self.stage.command(args);
        let path = command.get_envs().find(|(name, _)| *name == "PATH").and_then(|(_, path)| path).unwrap().to_owned();
        let path = std::iter::once(self.stage.path("bin")).chain(std::env::split_paths(&path));
        command.env("PATH", std::env::join_paths(path).unwrap()).env("SLURM_CONF", self.cluster.conf());
        command
    }

    /// Starts the program.
    pub(crate) fn start(&self, args: &str) -> Running {
        Running::start(self.command(args))
    }

    /// Starts it, and breaks it at these moments.
    pub(crate) fn start_with(&self, args: &str, failpoints: &str) -> Running {
        let mut command = self.command(args);
        command.env("GEM5_TUI_FAILPOINTS", failpoints);
        Running::start(command)
    }

    /// Puts a shell script before one of Slurm's commands. `REAL` stands for that command in it, `STAGE` for the stage.
    pub(crate) fn wrap(&self, program: &str, script: &str) {
        let path = std::env::var_os("PATH").unwrap();
        let real = std::env::split_paths(&path).map(|dir| dir.join(program)).find(|path| path.exists()).unwrap();
        let stage = self.stage.path("");
        let script = script.replace("REAL", real.to_str().unwrap());
        let script = script.replace("STAGE", stage.to_str().unwrap().trim_end_matches('/'));
        let new = self.stage.write(&format!("bin/.{program}"), &format!("#!/bin/bash\n{script}\n"));
        fs::set_permissions(&new, fs::Permissions::from_mode(0o755)).unwrap();
        fs::rename(new, self.stage.path("bin").join(program)).unwrap();
    }

    /// Every job waits until somebody lets it go.
    pub(crate) fn holds(&self) {
        self.wrap("sbatch", r#"exec REAL --hold "$@""#);
    }

    /// No script before it any more, so that the command itself is found.
    pub(crate) fn bare(&self, program: &str) {
        fs::remove_file(self.stage.path("bin").join(program)).unwrap();
    }

    /// The lines that wrappers have written into a file of the stage.
    pub(crate) fn lines(&self, file: &str) -> Vec<String> {
        fs::read_to_string(self.stage.path(file)).unwrap_or_default().lines().map(str::to_owned).collect()
    }

    /// The number of the job of an attempt, once it is recorded.
    #[track_caller]
    pub(crate) fn job(&self, name: &str, attempt: u32) -> String {
        let path = self.stage.attempt(name, attempt).submitted();
        let read = || read_json::<Submitted>(&path).ok().flatten();
        within(LONG, read).unwrap_or_else(|| panic!("no {}", path.display())).id
    }

    /// The end of a shim and of what it holds, of which nobody is told.
    pub(crate) fn kill(&self, name: &str, attempt: u32) {
        let started = self.stage.started(name, attempt);
        identity::send(&started.shim, Signal::SIGKILL).unwrap();
        // In a job it ends with its shim, and may have by now.
        _ = identity::send(&started.gem5, Signal::SIGKILL);
        wait_for("its end", || (identity::is_alive(&started.gem5) != Alive::Yes).then_some(()));
    }

    /// How the job of an attempt ended, where the engine had to write that down.
    pub(crate) fn job_end(&self, name: &str, attempt: u32) -> Option<JobEnd> {
        read_json(&self.stage.attempt(name, attempt).job_end()).unwrap()
    }

    /// What the header says that a person should know.
    pub(crate) fn notice(&self) -> String {
        self.stage.status_now().summary["notice"].as_str().unwrap_or_default().to_owned()
    }

    /// Waits until the header says this.
    #[track_caller]
    pub(crate) fn wait_notice(&self, words: &str) -> String {
        let mut last = String::new();
        let found = within(LONG, || {
            last = self.notice();
            last.contains(words).then(|| last.clone())
        });
        found.unwrap_or_else(|| panic!("no notice of {words:?}; it says {last:?}"))
    }

    /// The outcomes of the attempts of a simulation.
    #[track_caller]
    pub(crate) fn outcomes(&self, name: &str) -> Vec<(u64, String)> {
        let status = self.stage.status_now();
        let attempts = status.sims[name]["attempts"].as_array().unwrap().clone();
        let told = |attempt: &Value| {
            let kind = attempt["outcome"]["kind"].as_str().unwrap_or("none").to_owned();
            (attempt["number"].as_u64().unwrap(), kind)
        };
        attempts.iter().map(told).collect()
    }

    /// The one job there ever was is known as that of the first attempt of `name`, and ends well.
    #[track_caller]
    pub(crate) fn ends_as_the_only_job(&self, name: &str, run: Running) {
        self.stage.wait_entered(&[name]);
        let [job] = &self.cluster.ours()[..] else { panic!("{:?}", self.cluster.ours()) };
        assert_eq!(self.job(name, 1), job.id);
        self.stage.open(name, 0);
        finish(run).expect(0);
        self.ran_once(&[name]);
        assert_eq!(self.cluster.ours().len(), 1);
    }

    /// Nothing of these simulations ran twice, and no job is left of them.
    #[track_caller]
    pub(crate) fn ran_once(&self, names: &[&str]) {
        for name in names {
            assert_eq!((self.stage.entered(name), self.stage.left(name)), (1, 1), "{name}");
            assert_eq!(self.outcomes(name), [(1, "ok".to_owned())], "{name}");
        }
        self.is_quiet();
    }

    /// No job of an experiment lives any more.
    #[track_caller]
    pub(crate) fn is_quiet(&self) {
        let living = || self.cluster.ours().into_iter().filter(crate::cluster::Listed::lives).collect::<Vec<_>>();
        wait_for("all jobs to be over", || living().is_empty().then_some(()));
    }
}

/// Waits longer for the end of a command than is usual.
#[track_caller]
pub(crate) fn finish(mut running: Running) -> Said {
    _ = within(LONG, || (!running.is_alive()).then_some(()));
    running.finish()
}

/// The last line of `run --json`.
pub(crate) fn summary(said: &Said) -> Value {
    json_lines(&said.out).pop().unwrap()
}

/// Waits until a program stands at a failpoint.
#[track_caller]
pub(crate) fn wait_here(gate: &Path) {
    let here = PathBuf::from(format!("{}.here", gate.display()));
    wait_for("the failpoint", || here.exists().then_some(()));
}
