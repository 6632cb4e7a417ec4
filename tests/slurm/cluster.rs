//! A Slurm of a test's own, which the test may break: `GEM5_TUI_SLURM_START` is a program that starts one in a directory of one machine
//! and prints what to put into the environment; `stop-slurm` lies beside it. Its settings are the variables `SLURM_TEST_…`.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::stage::wait_for;

/// One cluster. It ends with its jobs when this is dropped.
pub(crate) struct Cluster {
    dir: tempfile::TempDir,
    start: PathBuf,
}

/// A job as squeue lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) id: String,
    pub(crate) state: String,
    pub(crate) name: String,
}

impl Listed {
    pub(crate) fn lives(&self) -> bool {
        ["PENDING", "RUNNING", "SUSPENDED", "CONFIGURING", "COMPLETING", "STOPPED"].contains(&self.state.as_str())
    }
}

impl Cluster {
    /// Starts one. Without the program for it the test is skipped, and says so.
    pub(crate) fn start(settings: &[(&str, &str)]) -> Option<Self> {
        let Some(start) = std::env::var_os("GEM5_TUI_SLURM_START").map(PathBuf::from) else {
            let test = std::thread::current().name().unwrap_or_default().to_owned();
            eprintln!("skipped: {test} needs a Slurm of its own, GEM5_TUI_SLURM_START=/what/starts/one");
            return None;
        };
        // A short name: there are sockets below it.
        let dir = tempfile::Builder::new().prefix("slurm-").tempdir_in("/tmp").unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let cluster = Self { dir, start };
        cluster.begin(settings);
        Some(cluster)
    }

    fn begin(&self, settings: &[(&str, &str)]) {
        let mut start = Command::new(&self.start);
        let said = start.arg(self.dir.path()).envs(settings.iter().copied()).stdin(Stdio::null()).output().unwrap();
        assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    }

    /// Starts what does not run of it. A controller that has lost the state of a job takes its node out of service, and a site would
    /// put it back.
    pub(crate) fn start_again(&self) {
        let mut start = Command::new(&self.start);
        start.arg(self.dir.path()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut started = start.spawn().unwrap();
        let code = wait_for("the cluster", || {
            let ended = started.try_wait().unwrap();
            if ended.is_none() {
                self.ask("scontrol update nodename=ALL state=resume");
            }
            ended
        });
        assert!(code.success(), "the cluster does not start again");
    }

    /// Stops what these arguments of `stop-slurm` name.
    pub(crate) fn stop(&self, arguments: &[&str]) {
        let stop = self.start.with_file_name("stop-slurm");
        let said = Command::new(stop).arg(self.dir.path()).args(arguments).stdin(Stdio::null()).output().unwrap();
        assert!(said.status.success(), "{said:?}");
    }

    /// Its `slurm.conf`.
    pub(crate) fn conf(&self) -> PathBuf {
        self.dir.path().join("slurm.conf")
    }

    /// Sends a signal to one of its daemons.
    pub(crate) fn signal(&self, daemon: &str, signal: Signal) {
        let pid = fs::read_to_string(self.dir.path().join("run").join(format!("{daemon}.pid"))).unwrap();
        kill(Pid::from_raw(pid.trim().parse().unwrap()), signal).unwrap();
    }

    /// Runs one of Slurm's commands as its administrator does.
    pub(crate) fn ask(&self, words: &str) -> Output {
        let mut words = words.split_whitespace();
        let mut command = Command::new(words.next().unwrap());
        command.args(words).env("SLURM_CONF", self.conf()).stdin(Stdio::null()).output().unwrap()
    }

    /// The same, where it must succeed: what it says.
    #[track_caller]
    pub(crate) fn tell(&self, words: &str) -> String {
        let said = self.ask(words);
        assert!(said.status.success(), "{words}: {said:?}");
        String::from_utf8(said.stdout).unwrap().trim().to_owned()
    }

    /// All jobs that it remembers, in the order of their numbers.
    pub(crate) fn jobs(&self) -> Vec<Listed> {
        let said = self.tell("squeue --noheader --states=all --sort=i --format=%A|%T|%j");
        let read = |line: &str| {
            let mut fields = line.split('|').map(|field| field.trim().to_owned());
            let mut next = || fields.next().unwrap();
            Listed { id: next(), state: next(), name: next() }
        };
        said.lines().map(read).collect()
    }

    /// The same of experiments.
    pub(crate) fn ours(&self) -> Vec<Listed> {
        self.jobs().into_iter().filter(|job| job.name.starts_with("g5-")).collect()
    }

    /// Waits until a job of this number is in this state.
    #[track_caller]
    pub(crate) fn wait_state(&self, id: &str, state: &str) {
        wait_for(&format!("job {id} to be {state}"), || {
            self.jobs().iter().any(|job| job.id == id && job.state == state).then_some(())
        });
    }

    /// Submits a script that is not ours: its number.
    #[track_caller]
    pub(crate) fn submit(&self, options: &str, script: &Path) -> String {
        self.tell(&format!("sbatch --parsable --output=/dev/null {options} {}", script.display()))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let stop = self.start.with_file_name("stop-slurm");
        let stopped = Command::new(stop).arg(self.dir.path()).stdin(Stdio::null()).output();
        if std::thread::panicking() {
            eprintln!("{stopped:?}");
        }
    }
}
