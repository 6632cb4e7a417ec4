//! An experiment in a directory of its own, and a terminal that shows its dashboard.

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
use vt100::MouseProtocolMode;

/// Long enough for a machine that is busy with other tests; a test that succeeds waits for events, not for this.
const DEADLINE: Duration = Duration::from_mins(1);

/// In which a key is answered that was heard, also on a busy machine.
const A_WHILE: Duration = Duration::from_secs(5);

/// Between two looks at a condition.
const LOOK_EVERY: Duration = Duration::from_millis(20);

pub(crate) fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
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
pub(crate) struct Lab {
    pub(crate) dir: tempfile::TempDir,
}

impl Lab {
    /// Two simulations that run until they are cancelled and one that ends soon.
    pub(crate) fn new() -> Self {
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

    pub(crate) fn file(&self) -> PathBuf {
        self.dir.path().join("lab.yaml")
    }

    /// A verb of the shell, with what it printed.
    pub(crate) fn shell(&self, verb: &str, args: &[&str]) -> String {
        let output = Command::new(env!("CARGO_BIN_EXE_gem5-tui"))
            .arg(verb)
            .arg(self.file())
            .args(args)
            .env("XDG_RUNTIME_DIR", self.dir.path().join("run"))
            .env("XDG_CACHE_HOME", self.dir.path().join("cache"))
            .env("XDG_CONFIG_HOME", self.dir.path().join("config"))
            .env("XDG_STATE_HOME", self.dir.path().join("state"))
            .output()
            .unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    pub(crate) fn dashboard(&self, columns: u16, rows: u16) -> Terminal {
        self.dashboard_with(columns, rows, &[])
    }

    pub(crate) fn dashboard_with(&self, columns: u16, rows: u16, options: &[&str]) -> Terminal {
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_gem5-tui"));
        command.args([self.file().as_os_str(), "--start".as_ref()]);
        command.args(options);
        command.env("XDG_RUNTIME_DIR", self.dir.path().join("run"));
        command.env("XDG_CACHE_HOME", self.dir.path().join("cache"));
        command.env("XDG_CONFIG_HOME", self.dir.path().join("config"));
        command.env("XDG_STATE_HOME", self.dir.path().join("state"));
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        command.env_remove("NO_COLOR");
        command.env_remove("VISUAL");
        command.env("EDITOR", self.dir.path().join("editor"));
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
    pub(crate) fn engine(&self) -> nix::unistd::Pid {
        let lease = wait_for("a whole lease", || {
            let text = fs::read(self.dir.path().join("runs/engine.lock")).ok()?;
            serde_json::from_slice::<serde_json::Value>(&text).ok()
        });
        nix::unistd::Pid::from_raw(lease["engine"]["pid"].as_i64().unwrap() as i32)
    }

    /// The state letter of the newest attempt's main process, as proc(5) has it.
    pub(crate) fn process_state(&self, simulation: &str) -> Option<char> {
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

pub(crate) struct Terminal {
    master: Option<Box<dyn MasterPty + Send>>,
    writer: Option<Box<dyn Write + Send>>,
    closing: Arc<AtomicBool>,
    pub(crate) child: Box<dyn Child + Send + Sync>,
    pub(crate) screen: Arc<Mutex<vt100::Parser>>,
}

impl Terminal {
    pub(crate) fn text(&self) -> String {
        self.screen.lock().unwrap().screen().contents()
    }

    pub(crate) fn press(&mut self, keys: &str) {
        let writer = self.writer.as_mut().unwrap();
        writer.write_all(keys.as_bytes()).unwrap();
        writer.flush().unwrap();
    }

    /// Waits until the screen shows all of `wanted`.
    pub(crate) fn shows(&self, wanted: &[&str]) -> String {
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

    /// Waits a while for the screen not to show this any more. Says whether it came to that.
    pub(crate) fn changes_from(&self, shown: &str) -> bool {
        let end = Instant::now() + A_WHILE;
        while self.text().contains(shown) {
            if Instant::now() >= end {
                return false;
            }
            thread::park_timeout(LOOK_EVERY);
        }
        true
    }

    /// Waits until one line of the screen shows all of `parts`.
    pub(crate) fn shows_line(&self, parts: &[&str]) {
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

    /// Clicks on the first place where a text stands.
    pub(crate) fn click(&mut self, text: &str) {
        let (x, y) = wait_for(&format!("{text} to click on"), || {
            let shown = self.text();
            shown.lines().enumerate().find_map(|(y, line)| {
                let (before, _) = line.split_once(text)?;
                Some((before.chars().count() + 1, y + 1))
            })
        });
        self.press(&format!("\x1b[<0;{x};{y}M\x1b[<0;{x};{y}m"));
    }

    /// Waits until the terminal was asked to tell this of the mouse.
    pub(crate) fn tells_of_mouse(&self, wanted: MouseProtocolMode) {
        let mode = || self.screen.lock().unwrap().screen().mouse_protocol_mode();
        wait_for(&format!("{wanted:?}, and not {:?}", mode()), || (mode() == wanted).then_some(()));
    }

    /// Hangs up, as a lost ssh connection does.
    pub(crate) fn close(&mut self) {
        self.closing.store(true, Ordering::Release);
        drop(self.writer.take());
        drop(self.master.take());
    }

    pub(crate) fn exit(&mut self) -> ExitStatus {
        wait_for("the dashboard to leave", || self.child.try_wait().unwrap())
    }

    /// The name in the last row of the list.
    pub(crate) fn last_row(&self) -> String {
        let names = ["stream", "chase", "short"];
        let text = self.text();
        let mut last = text.lines().filter_map(|line| {
            let list: String = line.chars().take(30).collect();
            names.iter().find(|name| list.contains(**name))
        });
        last.next_back().map_or_else(String::new, |name| (*name).to_owned())
    }

    /// Moves the selection to a simulation.
    pub(crate) fn select(&mut self, name: &str) {
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
