//! The real dashboard in a real terminal: a pty with an emulator behind it.

#![expect(clippy::unwrap_used, reason = "a test that cannot set up its terminal has failed")]

use std::fs;
use std::io::{Read, Write};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};

/// Long enough for a machine that is busy with other tests; a test that succeeds waits for events, not for this.
const DEADLINE: Duration = Duration::from_mins(1);

/// Between two looks at a condition.
const LOOK_EVERY: Duration = Duration::from_millis(20);

fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + DEADLINE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "waited in vain for {what}");
        thread::park_timeout(LOOK_EVERY);
    }
}

/// An experiment in a directory of its own, with a place for its socket. Ends what it started.
struct Lab {
    dir: tempfile::TempDir,
}

impl Lab {
    /// Two simulations that run until they are cancelled and one that ends soon.
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let yaml = format!(
            "name: lab\n\
             gem5: {root}/assets/standin/gem5-standin\n\
             outdir: runs\n\
             concurrency: 3\n\
             defaults: {{grace: 30s, watch: [system.cpu.ipc]}}\n\
             simulations:\n\
             \x20 - name: ${{workload}}\n\
             \x20   script: {root}/configs/cache_sweep.py\n\
             \x20   args: [\"--workload=${{workload}}\", --l2=256KiB, \"--ticks=4000000000000\"]\n\
             \x20   matrix: {{workload: [stream, chase]}}\n\
             \x20   goal: {{ticks: 4_000_000_000_000}}\n\
             \x20 - name: short\n\
             \x20   script: {root}/configs/cache_sweep.py\n\
             \x20   args: [--workload=stream, --l2=256KiB, \"--ticks=800000000\"]\n",
            root = root.display()
        );
        fs::write(dir.path().join("lab.yaml"), yaml).unwrap();
        fs::create_dir(dir.path().join("run")).unwrap();
        Self { dir }
    }

    fn file(&self) -> PathBuf {
        self.dir.path().join("lab.yaml")
    }

    /// A verb of the shell, with what it printed.
    fn shell(&self, verb: &str, args: &[&str]) -> String {
        let output = Command::new(env!("CARGO_BIN_EXE_gem5-tui"))
            .arg(verb)
            .arg(self.file())
            .args(args)
            .env("XDG_RUNTIME_DIR", self.dir.path().join("run"))
            .env("XDG_CACHE_HOME", self.dir.path().join("cache"))
            .output()
            .unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn dashboard(&self, columns: u16, rows: u16) -> Terminal {
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_gem5-tui"));
        command.arg(self.file());
        command.env("XDG_RUNTIME_DIR", self.dir.path().join("run"));
        command.env("XDG_CACHE_HOME", self.dir.path().join("cache"));
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        command.env_remove("NO_COLOR");
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let screen =
            Arc::new(Mutex::new(vt100::Parser::new(NonZero::new(rows).unwrap(), NonZero::new(columns).unwrap(), 0)));
        let mut reader = pair.master.try_clone_reader().unwrap();
        let seen = Arc::clone(&screen);
        let closing = Arc::new(AtomicBool::new(false));
        let close = Arc::clone(&closing);
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            // The pty answers with an error once the program is gone. A terminal that closes lets go of its last
            // descriptor here, at the next byte; the clock on the screen brings one every second.
            while let Ok(count @ 1..) = reader.read(&mut bytes) {
                if close.load(Ordering::Acquire) {
                    return;
                }
                seen.lock().unwrap().process(&bytes[..count]);
            }
        });
        let writer = pair.master.take_writer().unwrap();
        Terminal { master: Some(pair.master), writer: Some(writer), closing, child, screen }
    }

    /// The engine that holds the experiment.
    fn engine(&self) -> nix::unistd::Pid {
        let lease = wait_for("a whole lease", || {
            let text = fs::read(self.dir.path().join("runs/engine.lock")).ok()?;
            serde_json::from_slice::<serde_json::Value>(&text).ok()
        });
        nix::unistd::Pid::from_raw(lease["engine"]["pid"].as_i64().unwrap() as i32)
    }

    /// The state letter of the newest attempt's main process, as proc(5) has it.
    fn process_state(&self, simulation: &str) -> Option<char> {
        let started = self.dir.path().join("runs").join(simulation).join("latest/started.json");
        let started: serde_json::Value = serde_json::from_slice(&fs::read(started).ok()?).ok()?;
        let stat = fs::read_to_string(format!("/proc/{}/stat", started["gem5"]["pid"])).ok()?;
        stat.rsplit_once(')')?.1.trim_start().chars().next()
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        self.shell("stop", &["--cancel"]);
        let gone = || self.shell("status", &[]).contains("no engine").then_some(());
        if !thread::panicking() {
            wait_for("the engine to end", gone);
        }
    }
}

struct Terminal {
    master: Option<Box<dyn MasterPty + Send>>,
    writer: Option<Box<dyn Write + Send>>,
    closing: Arc<AtomicBool>,
    child: Box<dyn Child + Send + Sync>,
    screen: Arc<Mutex<vt100::Parser>>,
}

impl Terminal {
    fn text(&self) -> String {
        self.screen.lock().unwrap().screen().contents()
    }

    fn press(&mut self, keys: &str) {
        let writer = self.writer.as_mut().unwrap();
        writer.write_all(keys.as_bytes()).unwrap();
        writer.flush().unwrap();
    }

    /// Waits until the screen shows all of `wanted`.
    fn shows(&self, wanted: &[&str]) -> String {
        let end = Instant::now() + DEADLINE;
        loop {
            let text = self.text();
            if wanted.iter().all(|part| text.contains(part)) {
                return text;
            }
            assert!(Instant::now() < end, "waited in vain for {wanted:?} on:\n{text}");
            thread::park_timeout(LOOK_EVERY);
        }
    }

    /// Waits until one line of the screen shows all of `parts`.
    fn shows_line(&self, parts: &[&str]) {
        let end = Instant::now() + DEADLINE;
        loop {
            let text = self.text();
            if text.lines().any(|line| parts.iter().all(|part| line.contains(part))) {
                return;
            }
            assert!(Instant::now() < end, "waited in vain for a line with {parts:?} on:\n{text}");
            thread::park_timeout(LOOK_EVERY);
        }
    }

    /// Hangs up, as a lost ssh connection does.
    fn close(&mut self) {
        self.closing.store(true, Ordering::Release);
        drop(self.writer.take());
        drop(self.master.take());
    }

    fn exit(&mut self) -> ExitStatus {
        wait_for("the dashboard to leave", || self.child.try_wait().unwrap())
    }

    /// The name in the last row of the list.
    fn last_row(&self) -> String {
        let names = ["stream", "chase", "short"];
        let text = self.text();
        let mut last = text.lines().filter_map(|line| {
            let list: String = line.chars().take(30).collect();
            names.iter().find(|name| list.contains(**name))
        });
        last.next_back().map_or_else(String::new, |name| (*name).to_owned())
    }

    /// Moves the selection to a simulation.
    fn select(&mut self, name: &str) {
        let selected = |terminal: &Self| {
            let text = terminal.text();
            text.lines().find(|line| line.starts_with("│▌")).map(|line| line.chars().take(30).collect::<String>())
        };
        wait_for(&format!("{name} to be selected"), || {
            let before = selected(self)?;
            if before.contains(name) {
                return Some(());
            }
            // Round and round, because the rows move while simulations start and end.
            self.press(if before.contains(self.last_row().as_str()) { "g" } else { "j" });
            let moved = Instant::now() + Duration::from_secs(1);
            while selected(self).as_ref() == Some(&before) && Instant::now() < moved {
                thread::park_timeout(LOOK_EVERY);
            }
            None
        });
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Gone already, in most tests.
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

#[test]
fn a_sweep_is_watched_paused_cancelled_retried_left_and_re_entered() {
    let lab = Lab::new();
    let mut terminal = lab.dashboard(140, 40);
    terminal.shows(&["lab", "stand-in", "stream", "chase", "short"]);
    terminal.shows_line(&["running", "stream"]);
    terminal.shows_line(&["running", "chase"]);

    // Watch: the short one ends by itself, and its log can be read.
    terminal.select("short");
    terminal.shows(&["gem5 Simulator System", "Exiting @ tick 800000000"]);

    // Pause and resume: the process itself is stopped, not only the row.
    terminal.select("stream");
    terminal.press("p");
    terminal.shows_line(&["paused", "stream"]);
    wait_for("the process to stop", || (lab.process_state("stream") == Some('T')).then_some(()));
    terminal.press("p");
    terminal.shows_line(&["running", "stream"]);
    wait_for("the process to go on", || lab.process_state("stream").filter(|state| *state != 'T'));

    // Cancel: the dialog names it, the safe choice is focused, and Enter alone cancels nothing.
    terminal.press("c");
    terminal.shows(&["Cancel stream?", "SIGINT"]);
    terminal.press("\r");
    wait_for("the dialog to close", || (!terminal.text().contains("Cancel stream?")).then_some(()));
    terminal.shows_line(&["running", "stream"]);
    terminal.press("c");
    terminal.shows(&["Cancel stream?"]);
    terminal.press("y");
    terminal.shows_line(&["cancelled", "stream"]);

    // Retry: a second attempt, and the first one's log is still there.
    terminal.select("stream");
    terminal.press("r");
    wait_for("the second attempt", || lab.dir.path().join("runs/stream/attempt-2/started.json").exists().then_some(()));
    terminal.shows_line(&["running", "stream"]);
    terminal.select("stream");
    terminal.press("[");
    terminal.shows(&["attempt 1", "user interrupt received"]);

    // Leave: the simulations go on.
    terminal.press("q");
    terminal.shows(&["stay", "detach", "drain", "cancel all"]);
    terminal.press("j\r");
    assert_eq!(terminal.exit().exit_code(), 0);
    terminal.shows(&["come back with"]);
    assert!(!terminal.screen.lock().unwrap().screen().alternate_screen(), "the shell's screen is back");
    assert!(!terminal.screen.lock().unwrap().screen().hide_cursor(), "the cursor is back");
    assert!(lab.process_state("stream").is_some());

    // Come back: the same state.
    let mut again = lab.dashboard(80, 24);
    again.shows_line(&["running", "chase"]);
    again.shows_line(&["running", "stream"]);
    again.press("q");
    again.shows(&["cancel all"]);
    again.press("jjj\r");
    again.shows(&["Cancel"]);
    again.press("y");
    again.exit();
    wait_for("everything to end", || lab.shell("status", &[]).contains("no engine").then_some(()));
    assert!(!lab.dir.path().join("runs/chase/attempt-2").exists(), "nothing was launched twice");
}

#[test]
fn a_client_that_is_killed_changes_nothing() {
    let lab = Lab::new();
    let mut terminal = lab.dashboard(120, 40);
    terminal.shows_line(&["running", "stream"]);
    terminal.child.kill().unwrap();
    terminal.exit();
    assert!(lab.process_state("stream").is_some());
    let again = lab.dashboard(120, 40);
    again.shows_line(&["running", "stream"]);
    assert!(!lab.dir.path().join("runs/stream/attempt-2").exists());
}

#[test]
fn an_engine_that_was_told_to_leave_leaves_no_claim_that_all_is_well() {
    let lab = Lab::new();
    let mut terminal = lab.dashboard(120, 40);
    terminal.shows_line(&["running", "stream"]);
    nix::sys::signal::kill(lab.engine(), nix::sys::signal::Signal::SIGTERM).unwrap();
    terminal.shows(&["The engine has ended", "simulations go on"]);
    terminal.press("q");
    assert_eq!(terminal.exit().exit_code(), 1);
    terminal.shows(&["not all has ended; go on with: gem5-tui"]);
    assert!(lab.process_state("stream").is_some());
}

#[test]
fn an_engine_that_is_killed_is_replaced_under_the_dashboard_and_so_is_one_whose_file_was_edited() {
    let lab = Lab::new();
    let mut terminal = lab.dashboard(120, 40);
    terminal.shows_line(&["running", "stream"]);
    terminal.shows_line(&["limit", "short"]);
    let first = lab.engine();
    nix::sys::signal::kill(first, nix::sys::signal::Signal::SIGKILL).unwrap();
    let second = wait_for("another engine", || Some(lab.engine()).filter(|engine| *engine != first));
    // The keys reach the new one.
    terminal.shows(&["cap 3"]);
    wait_for("a key that is heard", || {
        terminal.press("+");
        (!terminal.text().contains("cap 3")).then_some(())
    });
    // And the answers have been read: the footer names keys again.
    terminal.shows(&["c cancel"]);
    terminal.shows_line(&["running", "stream"]);
    // A file that is not in order changes nothing.
    let text = fs::read_to_string(lab.file()).unwrap();
    fs::write(lab.file(), format!("{text}nonsense: 1\n")).unwrap();
    terminal.press("L");
    terminal.shows(&["not loaded: lab.yaml:", "nonsense"]);
    assert_eq!(lab.engine(), second);
    // What is only added is added to the engine that is there.
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs/cache_sweep.py");
    let text = format!("{text}  - name: later\n    script: {}\n", script.display());
    fs::write(lab.file(), &text).unwrap();
    terminal.press("L");
    terminal.shows(&["1 simulation added"]);
    terminal.shows_line(&["later"]);
    assert_eq!(lab.engine(), second);
    // Any other edit has another engine begin, and what runs goes on.
    fs::write(lab.file(), text.replace("name: short\n", "name: shorter\n")).unwrap();
    terminal.press("L");
    terminal.shows_line(&["shorter"]);
    terminal.shows_line(&["running", "stream"]);
    terminal.shows(&["1 simulation new since last time. 1 no longer in the file: short; results are kept."]);
    assert_ne!(lab.engine(), second);
    terminal.press("q");
    terminal.shows(&["detach"]);
    terminal.press("G\r");
    terminal.shows(&["Cancel all"]);
    terminal.press("\x1b[C\r");
    terminal.exit();
}

#[test]
fn a_terminal_that_is_closed_takes_the_client_along_and_nothing_else() {
    let lab = Lab::new();
    let mut terminal = lab.dashboard(120, 40);
    terminal.shows_line(&["running", "stream"]);
    terminal.close();
    terminal.exit();
    assert!(lab.process_state("stream").is_some());
    assert!(lab.shell("status", &[]).contains("engine running"));
}

#[test]
fn a_dashboard_without_a_terminal_says_what_to_use_instead() {
    let lab = Lab::new();
    let output = Command::new(env!("CARGO_BIN_EXE_gem5-tui")).arg(lab.file()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("gem5-tui run"));
    assert!(!lab.dir.path().join("runs").exists(), "nothing was started");
}
