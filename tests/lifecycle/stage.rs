//! A place of its own for every test: a directory, a runtime directory, experiments, gates, and an end for every process.
//!
//! Simulations are small Python scripts that wait at gates: a test opens a gate by making a file, so nothing here
//! depends on how long something takes. [`wait_for`] is the only place with a pause.

#[path = "gates.rs"]
mod gates;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use gem5_tui::rundir::atomic::read_json;
use gem5_tui::rundir::attempts::is_held;
use gem5_tui::rundir::record::{Exit, LeaseRecord, Started};
use gem5_tui::rundir::{AttemptDir, ExperimentDir};
use gem5_tui::spawn::identity::{self, Alive};
use gem5_tui::spawn::tree::{self, Root};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use gates::GATE;
pub(crate) use gates::{WAIT, gate};

/// Far longer than anything here takes on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// How long a start may take to be known, on a loaded machine.
const SETTLES_WITHIN: Duration = Duration::from_secs(5);

/// Waits for a condition; `what` names it when it never comes.
pub(crate) fn wait_for<T>(what: &str, condition: impl FnMut() -> Option<T>) -> T {
    within(PATIENCE, condition).unwrap_or_else(|| panic!("waited too long for {what}"))
}

pub(crate) fn within<T>(patience: Duration, mut condition: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + patience;
    loop {
        if let Some(found) = condition() {
            return Some(found);
        }
        if Instant::now() >= deadline {
            return None;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The directory of the interpreter itself: what is first on PATH may be a wrapper that takes long to find it.
fn python_home() -> &'static Path {
    static HOME: OnceLock<PathBuf> = OnceLock::new();
    HOME.get_or_init(|| {
        let print = "import os, sys; print(os.path.dirname(sys.executable))";
        let output = Command::new("python3").args(["-c", print]).output().expect("python3 is needed for these tests");
        PathBuf::from(String::from_utf8(output.stdout).unwrap().trim())
    })
}

/// One test's place.
pub(crate) struct Stage {
    root: tempfile::TempDir,
    /// Variables besides, such as what tells where a batch system is.
    variables: Vec<(&'static str, PathBuf)>,
}

/// What a finished command left.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    /// The JSON objects of standard output, one a line.
    pub(crate) fn json(&self) -> Vec<Value> {
        json_lines(&self.out)
    }

    /// Asserts the exit code and hands on the rest.
    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }
}

pub(crate) fn json_lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"))).collect()
}

/// Under nohup(1) hang-ups are ignored by all that these tests start, and the program then leaves it so.
fn heed_hangups() {
    #[expect(unsafe_code, reason = "nix cannot say that setting SIG_DFL is safe")]
    // SAFETY: SIG_DFL installs no handler, so no code of ours can run in a signal context.
    unsafe {
        nix::sys::signal::signal(Signal::SIGHUP, nix::sys::signal::SigHandler::SigDfl).unwrap();
    }
}

impl Stage {
    pub(crate) fn new() -> Self {
        heed_hangups();
        let root = tempfile::tempdir().unwrap();
        fs::DirBuilder::new().mode(0o700).create(root.path().join("run")).unwrap();
        let stage = Self { root, variables: Vec::new() };
        stage.script("gate.py", GATE);
        stage
    }

    /// Gives every command this variable, too.
    pub(crate) fn also(&mut self, name: &'static str, value: PathBuf) {
        self.variables.push((name, value));
    }

    /// A path in the stage.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        path
    }

    /// Writes a script that may [`WAIT`].
    pub(crate) fn script(&self, name: &str, text: &str) {
        self.write(name, &(WAIT.to_owned() + text));
    }

    /// Writes `exp.yaml`: Python scripts beside it, the experiment directory `out`.
    pub(crate) fn experiment(&self, settings: &str, simulations: &str) {
        let head = "name: staged\ngem5: python3\noutdir: out\ndefaults:\n  gem5_args: [-S, -E]\n";
        self.write("exp.yaml", &format!("{head}{settings}\nsimulations:\n{simulations}\n"));
    }

    /// An experiment whose simulations each wait at a gate of their own name.
    pub(crate) fn gates(&self, settings: &str, names: &[&str]) {
        self.experiment(settings, &names.iter().map(|name| gate(name, "")).collect::<String>());
    }

    /// An experiment on the stand-in gem5 with one of the scripts in `configs/`.
    pub(crate) fn stand_in(&self, simulations: &str) {
        let source = Path::new(env!("CARGO_MANIFEST_DIR"));
        let gem5 = source.join("assets/standin/gem5-standin");
        let text = simulations.replace("CONFIGS", source.join("configs").to_str().unwrap());
        let head = format!("name: staged\ngem5: {}\noutdir: out\nsimulations:\n", gem5.display());
        self.write("exp.yaml", &(head + &text));
    }

    /// Opens the gate of a simulation, which then exits with `code`.
    pub(crate) fn open(&self, name: &str, code: i32) {
        let new = self.write(&format!("new-gate-{name}"), &code.to_string());
        fs::rename(new, self.path(&format!("gate-{name}"))).unwrap();
    }

    pub(crate) fn open_all(&self, names: &[&str], code: i32) {
        for name in names {
            self.open(name, code);
        }
    }

    /// How often a simulation came to its gate.
    pub(crate) fn entered(&self, name: &str) -> usize {
        self.count("entered", name)
    }

    /// How often a simulation went through its gate.
    pub(crate) fn left(&self, name: &str) -> usize {
        self.count("left", name)
    }

    fn count(&self, what: &str, name: &str) -> usize {
        fs::read_to_string(self.path(&format!("{what}-{name}"))).map_or(0, |text| text.lines().count())
    }

    pub(crate) fn wait_entered(&self, names: &[&str]) {
        for name in names {
            wait_for(&format!("{name} at its gate"), || (self.entered(name) > 0).then_some(()));
        }
        // Its start may become known a moment later, and until then verbs are refused. Where nobody can know, it is let be.
        _ = within(SETTLES_WITHIN, || {
            let said = self.call("status exp.yaml --json");
            let named = |sim: Value| Some((sim["name"].as_str()?.to_owned(), sim));
            let sims = if matches!(said.code, Some(0 | 1)) { said.json() } else { Vec::new() };
            (!self.is_behind(&sims.into_iter().filter_map(named).collect())).then_some(())
        });
    }

    // ---- the directory

    pub(crate) fn outdir(&self) -> ExperimentDir {
        ExperimentDir::new(self.path("out"))
    }

    pub(crate) fn attempt(&self, name: &str, number: u32) -> AttemptDir {
        self.outdir().simulation(name).attempt(number)
    }

    pub(crate) fn started(&self, name: &str, number: u32) -> Started {
        let path = self.attempt(name, number).started();
        wait_for(&path.display().to_string(), || read_json(&path).unwrap())
    }

    pub(crate) fn exit(&self, name: &str, number: u32) -> Exit {
        let path = self.attempt(name, number).exit();
        wait_for(&path.display().to_string(), || read_json(&path).unwrap())
    }

    pub(crate) fn exit_if_any(&self, name: &str) -> Option<Exit> {
        read_json(&self.attempt(name, 1).exit()).unwrap()
    }

    pub(crate) fn has_attempt(&self, name: &str, number: u32) -> bool {
        self.attempt(name, number).path().exists()
    }

    // ---- commands

    /// The program with this stage's surroundings. `args` are split at spaces.
    pub(crate) fn command(&self, args: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gem5-tui"));
        command.args(args.split_whitespace());
        self.surround(&mut command);
        command
    }

    /// Gives any command this stage's surroundings.
    pub(crate) fn surround(&self, command: &mut Command) {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::join_paths(std::iter::once(python_home().to_owned()).chain(std::env::split_paths(&path)));
        command
            .current_dir(self.root.path())
            .env("XDG_RUNTIME_DIR", self.path("run"))
            .env("XDG_CACHE_HOME", self.path("cache"))
            .env("XDG_CONFIG_HOME", self.path("config"))
            .env("XDG_STATE_HOME", self.path("state"))
            .env("PATH", path.unwrap())
            // The scripts lie in the source tree, where a test must leave nothing.
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::null());
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
    }

    /// Runs the program to its end.
    #[track_caller]
    pub(crate) fn call(&self, args: &str) -> Said {
        self.start(args).finish()
    }

    /// Runs the program with arguments that hold spaces.
    #[track_caller]
    pub(crate) fn call_with<S: AsRef<OsStr>>(&self, args: &[S]) -> Said {
        let mut command = self.command("");
        command.args(args);
        Running::start(command).finish()
    }

    /// Starts the program.
    #[track_caller]
    pub(crate) fn start(&self, args: &str) -> Running {
        Running::start(self.command(args))
    }

    /// Starts an engine as the dashboard does, and waits until it is ready.
    #[track_caller]
    pub(crate) fn engine(&self, args: &str) -> Running {
        let engine = self.start(&format!("engine exp.yaml {args}"));
        let line = engine.line(0);
        assert_eq!(line, r#"{"engine":"ready"}"#);
        engine
    }

    /// `status --json`: the simulations by name, and the summary. What waits at its gate may be there a moment before its
    /// start is recorded and known, and that moment is given; but an engine that cannot know must be seen, too.
    #[track_caller]
    pub(crate) fn status(&self) -> Status {
        let mut last = None;
        // Not settled is an answer, too: it is what the caller then sees.
        _ = within(SETTLES_WITHIN, || {
            let status = last.insert(self.status_now());
            (!self.is_behind(&status.sims)).then_some(())
        });
        last.expect("it was asked at least once")
    }

    /// Whether a simulation is at its gate and still said to be launched.
    fn is_behind(&self, sims: &BTreeMap<String, Value>) -> bool {
        let at_gate = |name: &str| self.entered(name) > self.left(name);
        sims.iter().any(|(name, sim)| sim["status"]["state"] == "launching" && at_gate(name))
    }

    /// The same at once, whatever is just becoming known.
    #[track_caller]
    pub(crate) fn status_now(&self) -> Status {
        let said = self.call("status exp.yaml --json");
        assert!(matches!(said.code, Some(0 | 1)), "{said:#?}");
        let mut lines = said.json();
        let summary = lines.pop().expect("a summary is always printed");
        let sims = lines.into_iter().map(|sim| (sim["name"].as_str().unwrap().to_owned(), sim)).collect();
        Status { sims, summary }
    }

    /// Waits until `status` calls the simulation by this word.
    #[track_caller]
    pub(crate) fn wait_word(&self, name: &str, word: &str) -> Status {
        let mut last = String::new();
        let found = within(PATIENCE, || {
            let status = self.status();
            last = format!("{}: {}", status.word(name), status.reason(name));
            (status.word(name) == word).then_some(status)
        });
        found.unwrap_or_else(|| panic!("waited too long for {name} to be {word}; it is {last}"))
    }

    /// The engine that wrote `engine.lock` last. It writes in place, because the file carries its lock, so half of the
    /// text may be there for a moment.
    pub(crate) fn lease(&self) -> LeaseRecord {
        wait_for("a whole lease", || read_json(&self.outdir().lock()).ok().flatten())
    }
}

/// What `status --json` told.
#[derive(Debug)]
pub(crate) struct Status {
    pub(crate) sims: BTreeMap<String, Value>,
    pub(crate) summary: Value,
}

impl Status {
    /// The word for where a simulation is in its life.
    pub(crate) fn word(&self, name: &str) -> &str {
        let status = &self.sims[name]["status"];
        let outcome = status["outcome"]["kind"].as_str();
        outcome.or(status["state"].as_str()).unwrap_or_else(|| panic!("{status}"))
    }

    pub(crate) fn reason(&self, name: &str) -> &str {
        self.sims[name]["reason"].as_str().unwrap()
    }

    pub(crate) fn attempts(&self, name: &str) -> usize {
        self.sims[name]["attempts"].as_array().unwrap().len()
    }

    pub(crate) fn count(&self, what: &str) -> u64 {
        self.summary["counts"][what].as_u64().unwrap()
    }
}

/// A command that runs. Killed when it is dropped.
pub(crate) struct Running {
    child: Child,
    out: Arc<Mutex<String>>,
    readers: Vec<JoinHandle<()>>,
    err: Arc<Mutex<String>>,
}

impl Running {
    #[track_caller]
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (out, err) = (Arc::default(), Arc::default());
        let readers = vec![
            collect(child.stdout.take().unwrap(), Arc::clone(&out)),
            collect(child.stderr.take().unwrap(), Arc::clone(&err)),
        ];
        Self { child, out, readers, err }
    }

    /// Waits for line `index` of standard output.
    #[track_caller]
    pub(crate) fn line(&self, index: usize) -> String {
        let nth = || self.out.lock().unwrap().split_inclusive('\n').nth(index).map(str::to_owned);
        let whole = || nth().filter(|line| line.ends_with('\n'));
        let found = within(PATIENCE, whole);
        found.unwrap_or_else(|| panic!("no line {index}; err: {}", self.err.lock().unwrap())).trim_end().to_owned()
    }

    /// Whether standard output holds `text` by now.
    pub(crate) fn shows(&self, text: &str) -> bool {
        self.out.lock().unwrap().contains(text)
    }

    /// Waits until standard output holds `text`.
    #[track_caller]
    pub(crate) fn wait_output(&self, text: &str) {
        wait_for(text, || self.shows(text).then_some(()));
    }

    pub(crate) fn pid(&self) -> i32 {
        self.child.id().cast_signed()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.pid()), signal).unwrap();
    }

    /// SIGKILL, and waits until it is gone.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub(crate) fn is_alive(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits for the end.
    #[track_caller]
    pub(crate) fn finish(self) -> Said {
        self.finish_within(PATIENCE)
    }

    /// Waits for the end of what has much to do.
    #[track_caller]
    pub(crate) fn finish_within(mut self, patience: Duration) -> Said {
        let status: ExitStatus = match within(patience, || self.child.try_wait().unwrap()) {
            Some(status) => status,
            None => panic!("it does not end; so far: {}{}", self.out.lock().unwrap(), self.err.lock().unwrap()),
        };
        for reader in self.readers.drain(..) {
            reader.join().unwrap();
        }
        let (out, err) = (self.out.lock().unwrap().clone(), self.err.lock().unwrap().clone());
        Said { code: status.code(), out, err }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn collect(from: impl Read + Send + 'static, into: Arc<Mutex<String>>) -> JoinHandle<()> {
    std::thread::spawn(move || {
        let mut from = BufReader::new(from);
        let mut line = Vec::new();
        while from.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
            into.lock().unwrap().push_str(&String::from_utf8_lossy(&line));
            line.clear();
        }
    })
}

/// A process that belongs to nobody's experiment. Killed when it is dropped.
pub(crate) struct Bystander(pub(crate) Child);

impl Bystander {
    pub(crate) fn new() -> Self {
        Self(Command::new("sleep").arg("3600").stdin(Stdio::null()).spawn().unwrap())
    }

    pub(crate) fn pid(&self) -> i32 {
        self.0.id().cast_signed()
    }

    pub(crate) fn is_untouched(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none() && state_of(self.pid()) != Some('T')
    }
}

impl Drop for Bystander {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The state letter of a process, if there is one.
pub(crate) fn state_of(pid: i32) -> Option<char> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    text.rsplit_once(')')?.1.trim_start().chars().next()
}

/// Whether a process is there and not yet a zombie.
pub(crate) fn is_running(pid: i32) -> bool {
    state_of(pid).is_some_and(|state| !matches!(state, 'Z' | 'X'))
}

/// Every file below `dir` with its bytes.
pub(crate) fn contents(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    files_below(dir).into_iter().map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

fn files_below(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                Ok(kind) if kind.is_file() => found.push(entry.path()),
                _ => {}
            }
        }
    }
    found
}

impl Drop for Stage {
    /// Ends every process of every experiment on this stage: each one by its identity, so that nobody else is hit.
    fn drop(&mut self) {
        let is_lock = |path: &&PathBuf| {
            let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
            name.starts_with("engine") && path.extension().is_some_and(|extension| extension == "lock")
        };
        for lock in files_below(self.root.path()).iter().filter(is_lock) {
            if let Ok(Some(lease)) = read_json::<LeaseRecord>(lock) {
                let _ = identity::send(&lease.engine, Signal::SIGKILL);
                within(Duration::from_secs(5), || (identity::is_alive(&lease.engine) != Alive::Yes).then_some(()));
            }
        }
        // A shim that has just been started records its process in a moment; it is gone when its lock is free.
        within(Duration::from_secs(10), || {
            let files = files_below(self.root.path());
            for path in files.iter().filter(|path| path.ends_with("started.json")) {
                let Ok(Some(Started { gem5, shim, .. })) = read_json::<Started>(path) else { continue };
                let _ = tree::signal_tree(Root::Shim(&shim), Signal::SIGKILL);
                let _ = tree::signal_tree(Root::Unheld(&gem5), Signal::SIGKILL);
            }
            (!files.iter().any(|path| path.ends_with("spec.json") && is_held(path))).then_some(())
        });
    }
}
