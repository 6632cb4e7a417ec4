//! One attempt with its shim, as an engine makes it.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use gem5_tui::experiment::{Call, RowKind};
use gem5_tui::rundir::AttemptDir;
use gem5_tui::rundir::atomic::{self, read_json, write_json};
use gem5_tui::rundir::record::{Beat, CallResult, End, Exit, FORMAT, Moment, PauseLine, ResultRecord, Spec, Started};
use gem5_tui::shim::Orders;
use gem5_tui::spawn::call::{MARKER, ONE_LINER};
use gem5_tui::spawn::{identity, tree};
use nix::sys::signal::Signal;
use rustix::fs::{FlockOperation, flock};

/// Far longer than anything here takes on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

pub(crate) fn wait_until<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = condition() {
            return found;
        }
        assert!(Instant::now() < deadline, "waited too long for {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

pub(crate) fn python() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap();
    std::env::split_paths(&path).map(|dir| dir.join("python3")).find(|p| p.exists()).expect("python3 on PATH")
}

/// One attempt with its shim. Whatever still lives when a test ends is killed by identity.
pub(crate) struct Held {
    pub(crate) root: tempfile::TempDir,
    pub(crate) attempt: AttemptDir,
    pub(crate) shim: Option<Child>,
}

/// A shim that is handed `spec`, as an engine starts one.
pub(crate) fn command(attempt: &Path, spec: File) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gem5-tui"));
    command.args(gem5_tui::shim::arguments(attempt, Orders::default())).current_dir("/");
    command.stdin(spec).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

impl Held {
    /// An attempt that is ready to be started, as an engine leaves it.
    pub(crate) fn prepare(argv: Vec<String>, call: Option<Call>, env: &[(&str, Option<&str>)]) -> Self {
        let root = tempfile::tempdir().unwrap();
        let attempt = AttemptDir::new(root.path().join("attempt-1"));
        fs::create_dir(attempt.path()).unwrap();
        let spec = Spec {
            format: FORMAT,
            simulation: "bob".to_owned(),
            attempt: 1,
            argv,
            kind: RowKind::Simulation,
            prefix: 0,
            cwd: root.path().to_owned(),
            env: env.iter().map(|(n, v)| ((*n).to_owned(), v.map(str::to_owned))).collect::<BTreeMap<_, _>>(),
            call,
            suite: None,
            outputs: Vec::new(),
            output_subdir: None,
            parameters: Vec::new(),
            retries_made: 0,
            spec_hash: String::new(),
            success: None,
            batch: None,
            memory: None,
            timeout_ms: None,
            key: gem5_tui::experiment::Key::default(),
            inputs: Vec::new(),
            needs: Vec::new(),
            gem5_tui: env!("CARGO_PKG_VERSION").to_owned(),
            at: Moment::now(),
        };
        write_json(&attempt.spec(), &spec).unwrap();
        Self { root, attempt, shim: None }
    }

    pub(crate) fn python(code: &str) -> Self {
        Self::prepare(vec![python().display().to_string(), "-c".to_owned(), code.to_owned()], None, &[])
    }

    pub(crate) fn call(module: &str, function: &str, arguments: &[serde_json::Value]) -> Self {
        let argv = vec![python().display().to_string(), "-c".to_owned(), ONE_LINER.to_owned(), MARKER.to_owned()];
        let modules = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/modules");
        let call = Call {
            module: module.to_owned(),
            function: function.to_owned(),
            args: arguments.to_vec(),
            kwargs: serde_json::Map::new(),
            search_path: modules,
            pickled: None,
        };
        // The modules lie in the source tree, where a test must leave nothing.
        Self::prepare(argv, Some(call), &[("PYTHONDONTWRITEBYTECODE", Some("1"))])
    }

    pub(crate) fn command(&self) -> Command {
        let spec = OpenOptions::new().read(true).write(true).open(self.attempt.spec()).unwrap();
        flock(&spec, FlockOperation::NonBlockingLockExclusive).unwrap();
        command(self.attempt.path(), spec)
    }

    /// A shim that nobody hands a lock, as a batch system starts one.
    pub(crate) fn command_alone(&self, orders: Orders) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gem5-tui"));
        command.arg("shim").arg(self.attempt.path()).args(orders.arguments());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        command
    }

    pub(crate) fn start_alone(mut self, orders: Orders) -> Self {
        self.shim = Some(self.command_alone(orders).spawn().unwrap());
        self
    }

    pub(crate) fn beats(&self) -> Vec<Beat> {
        atomic::read_lines(&self.attempt.beats())
    }

    pub(crate) fn start(mut self) -> Self {
        self.shim = Some(self.command().spawn().unwrap());
        self
    }

    pub(crate) fn started(&self) -> Started {
        wait_until("started.json", || read_json(&self.attempt.started()).unwrap())
    }

    pub(crate) fn exit(&self) -> Exit {
        wait_until("exit.json", || read_json(&self.attempt.exit()).unwrap())
    }

    pub(crate) fn end(&self) -> End {
        self.exit().end
    }

    pub(crate) fn result(&self) -> CallResult {
        self.exit();
        read_json::<ResultRecord>(&self.attempt.result()).unwrap().expect("result.json comes before exit.json").result
    }

    pub(crate) fn stdout(&self) -> String {
        fs::read_to_string(self.attempt.simout()).unwrap_or_default()
    }

    pub(crate) fn wait_for_output(&self, wanted: &str) -> String {
        wait_until(wanted, || Some(self.stdout()).filter(|out| out.contains(wanted)))
    }

    pub(crate) fn is_locked(&self) -> bool {
        let spec = File::options().read(true).write(true).open(self.attempt.spec()).unwrap();
        flock(&spec, FlockOperation::NonBlockingLockExclusive).is_err()
    }

    pub(crate) fn pauses(&self) -> Vec<PauseLine> {
        let text = fs::read_to_string(self.attempt.pauses()).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Ok(Some(started)) = read_json::<Started>(&self.attempt.started()) {
            let _ = tree::signal_tree(&started.shim, Signal::SIGKILL);
            let _ = identity::send(&started.gem5, Signal::SIGKILL);
        }
        if let Some(mut shim) = self.shim.take() {
            let deadline = Instant::now() + Duration::from_secs(5);
            while matches!(shim.try_wait(), Ok(None)) && Instant::now() < deadline {
                std::thread::sleep(Duration::from_millis(2));
            }
            let _ = shim.kill();
            let _ = shim.wait();
        }
    }
}
